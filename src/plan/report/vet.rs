//! `vet --json`.

use serde::Serialize;

use super::{Asked, PlanReport, REPORT_VERSION, RiskByAccident, verified};
use crate::plan::planner::Verdict;
use crate::plan::vet::{JudgedStep, StepToVet};

/// A step that was vetted.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct VettedStep {
    /// From 0.
    pub index: usize,
    /// "remove" or "place".
    pub action: &'static str,
    /// The box.
    #[serde(rename = "box")]
    pub box_id: String,
    /// P(accident); 1 where it cannot be carried out.
    pub risk: f64,
    /// What is held against `max_risk`.
    pub risk_bound: f64,
    /// By kind; `null` where it cannot be carried out.
    pub risk_by_accident: Option<RiskByAccident>,
    /// Share of the shield's draws that ended in an accident; `null` where none was simulated.
    pub verified_risk: Option<f64>,
    /// How many draws those were.
    pub verified_draws: usize,
    /// "safe" or "unsafe".
    pub verdict: &'static str,
    /// In a sentence.
    pub why: String,
}

/// `vet --json`.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct VetReport {
    /// 1.
    pub version: u32,
    /// Who was asked about what.
    #[serde(flatten)]
    pub asked: Asked,
    /// "safe" or "unsafe".
    pub verdict: &'static str,
    /// Why no step was judged, where none was.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// The limit that the bound of each step is held against.
    pub max_risk: f64,
    /// In order.
    pub steps: Vec<VettedStep>,
    /// Index of the first unsafe step.
    pub first_unsafe: Option<usize>,
    /// A safe plan with the same effect, where one was asked for and found.
    pub repaired: Option<PlanReport>,
}

impl VetReport {
    /// The report of judged steps, under a limit on the risk of each.
    pub fn new(
        asked: Asked,
        max_risk: f64,
        (steps, judged): (&[StepToVet], &[JudgedStep]),
        repaired: Option<PlanReport>,
    ) -> Self {
        let vetted: Vec<VettedStep> = steps
            .iter()
            .zip(judged)
            .enumerate()
            .map(|(index, (step, judged))| vetted(index, step, judged))
            .collect();
        let first_unsafe = vetted.iter().position(|s| s.verdict == "unsafe");
        Self {
            verdict: if first_unsafe.is_none() {
                "safe"
            } else {
                "unsafe"
            },
            reason: None,
            steps: vetted,
            first_unsafe,
            repaired,
            ..Self::refused(asked, max_risk, String::new())
        }
    }

    /// The report where, for `reason`, no step could be judged.
    pub fn refused(asked: Asked, max_risk: f64, reason: String) -> Self {
        Self {
            version: REPORT_VERSION,
            asked,
            verdict: "unsafe",
            reason: Some(reason),
            max_risk,
            steps: Vec::new(),
            first_unsafe: None,
            repaired: None,
        }
    }
}

fn vetted(index: usize, step: &StepToVet, judged: &JudgedStep) -> VettedStep {
    let risk = judged.step.as_ref().map(|s| s.risk);
    let (verified_risk, verified_draws) = verified(judged.witness);
    VettedStep {
        index,
        action: step.action_name(),
        box_id: step.box_id.clone(),
        risk: risk.map_or(1.0, |r| r.risk),
        risk_bound: risk.map_or(1.0, |r| r.bound),
        risk_by_accident: risk.map(|r| r.by_accident.into()),
        verified_risk,
        verified_draws,
        verdict: match judged.verdict {
            Verdict::Safe => "safe",
            Verdict::NoSafePlan => "unsafe",
        },
        why: judged.why.clone(),
    }
}
