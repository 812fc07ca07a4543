//! What is imagined of one action, and what speaks against it.
//!
//! Owns how an answer comes about: of a nudge or a push, with how much of it would still be safe, and of the best grasp
//! that is found on a face. Refuses a prediction that is not finite.

use crate::cli::Failure;
use crate::cli::physics::{Agreeing, Physics};
use crate::cli::plan::failed;
use crate::cli::poke_args::{BoxFace, BoxVector};
use crate::dynamics::{Dynamics, DynamicsError, Imagined, Prediction, Risk, SceneDynamics};
use crate::plan::probe::{Asked, Line, largest_safe};
use crate::plan::report::{LargestSafeReport, WhatIfAction, WhatIfReport};
use crate::plan::{GraspFilter, PlanError, Wish};
use crate::scene::Workcell;
use crate::scene::task::TaskFile;

/// What was asked about, what is imagined of it, and what speaks against it.
pub(super) struct Answer {
    pub(super) about: WhatIfAction,
    pub(super) risk: Risk,
    pub(super) objection: Option<String>,
    pub(super) imagined: Imagined,
    pub(super) largest: Option<LargestSafeReport>,
}

/// Why there is no report.
pub(super) enum Unanswered {
    Failure(Failure),
    /// The scene does not stand, the grasp does not fit, or nothing can be predicted.
    NoAnswer(String),
}

impl From<DynamicsError> for Unanswered {
    fn from(error: DynamicsError) -> Self {
        match error {
            DynamicsError::DoesNotStand { .. } => Self::NoAnswer(error.to_string()),
            DynamicsError::Model(_) | DynamicsError::Simulation(_) => {
                Self::Failure(failed(&error.into()))
            }
        }
    }
}

impl From<Failure> for Unanswered {
    fn from(failure: Failure) -> Self {
        Self::Failure(failure)
    }
}

fn valid(imagined: Prediction<Imagined>) -> Result<Imagined, Unanswered> {
    match imagined {
        Ok(imagined) if imagined.risk.is_valid() => Ok(imagined),
        Ok(_) => Err(Unanswered::NoAnswer(
            "the prediction is not finite".to_owned(),
        )),
        Err(why) => Err(Unanswered::NoAnswer(why.to_string())),
    }
}

/// A nudge or a push.
pub(super) fn poke(
    file: &TaskFile,
    physics: &Physics,
    line: Line,
    asked: &BoxVector,
    seed: u64,
) -> Result<Answer, Unanswered> {
    let workcell = &file.workcell;
    let planner = physics.planner(file.planner, seed);
    let scene = physics.dynamics.believe(workcell, seed)?;
    let action = line
        .poke
        .action(line.box_index, line.direction, asked.vector.norm());
    let screened = scene.screen(std::slice::from_ref(&action)).pop();
    let imagined = scene
        .imagine(std::slice::from_ref(&action), planner.settings.horizon)
        .pop();
    let imagined = match imagined {
        Some(imagined) => valid(imagined)?,
        None => return Err(Unanswered::NoAnswer("there is no prediction".to_owned())),
    };
    let risk = with_screened(imagined.risk, screened);
    let vouched = planner.guard(workcell, 0).vouch_for(&action, &risk)?;
    let asked_for = Asked {
        size: asked.vector.norm(),
        is_safe: vouched.objection.is_none(),
    };
    let largest = largest(scene.as_ref(), workcell, physics, &line, asked_for, seed)?;
    let max_displacement = workcell.safety.max_displacement;
    let about = WhatIfAction {
        kind: action.name(),
        box_id: asked.id.clone(),
        vector: Some(asked.vector.into()),
        grasp: None,
    };
    Ok(Answer {
        about,
        imagined: imagined.allowed_by(&vouched.risk, line.box_index, max_displacement),
        risk: vouched.risk,
        objection: vouched.objection.map(|why| why.to_string()),
        largest: Some(largest),
    })
}

/// How much of a nudge or a push would still be safe.
fn largest(
    scene: &dyn SceneDynamics,
    workcell: &Workcell,
    physics: &Physics,
    line: &Line,
    asked_for: Asked,
    seed: u64,
) -> Result<LargestSafeReport, DynamicsError> {
    let second = physics.shield.as_ref().map(Agreeing::at_once);
    let confirm = second.as_ref().map(|s| s as &dyn Dynamics);
    let salted = seed ^ 0x6e75_6467;
    let found = largest_safe(scene, workcell, line, asked_for, confirm, salted)?;
    Ok(LargestSafeReport {
        value: found.value,
        unit: line.poke.unit(),
        at_least: found.at_least,
        // The sandbox needs no second opinion of itself.
        confirmed: found.confirmed.unwrap_or(physics.is_exact()),
    })
}

/// The imagined risk, its bound not under the screened one.
fn with_screened(risk: Risk, screened: Option<Prediction<Risk>>) -> Risk {
    match screened {
        Some(Ok(screened)) if screened.is_valid() => Risk {
            bound: risk.bound.max(screened.bound),
            ..risk
        },
        _ => risk,
    }
}

/// The best grasp on one face: of those that may be carried out or, where none may, of all.
pub(super) fn by_face(
    file: &TaskFile,
    physics: &Physics,
    index: usize,
    asked: &BoxFace,
    seed: u64,
) -> Result<Answer, Unanswered> {
    let workcell = &file.workcell;
    let wish = Wish {
        filter: GraspFilter {
            grippers: Vec::new(),
            face: Some(asked.face),
        },
        ..Wish::remove(index)
    };
    let planner = physics.planner(file.planner, seed);
    let judged = match planner.judge(workcell, &wish, (0, 0.0)) {
        Ok(judged) => judged,
        Err(PlanError::Dynamics(why)) => return Err(why.into()),
        Err(why) => return Err(failed(&why).into()),
    };
    let (step, vouched) = judged.best.map_err(|why| {
        Unanswered::NoAnswer(format!(
            "`{}` cannot be gripped by its {} face: {why}",
            asked.id,
            asked.face.name(),
        ))
    })?;
    let about = WhatIfAction {
        kind: step.action.name(),
        box_id: asked.id.clone(),
        vector: None,
        grasp: Some(WhatIfReport::grasp(&step.grasp, workcell)),
    };
    Ok(Answer {
        about,
        imagined: step.imagined.allowed_by(
            &vouched.risk,
            step.grasp.box_index,
            workcell.safety.max_displacement,
        ),
        risk: vouched.risk,
        objection: vouched.objection.map(|why| why.to_string()),
        largest: None,
    })
}
