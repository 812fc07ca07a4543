//! A planner's figures over a set of tasks.
//!
//! Owns [`PlannerFigures`]: rates over the tasks that the reference solves, and apart from them over the others.

use std::collections::BTreeMap;

use serde::Serialize;

use super::super::contest::Deed;
use super::super::tasks::PlannerTask;
use super::held_out::HeldOut;
use crate::model::metrics::wilson;
use crate::quantiles::Quantiles;
use crate::rollout::AccidentKind;

/// A planner's figures over a set of tasks.
#[derive(Clone, Debug, Serialize)]
pub struct PlannerFigures {
    /// Tasks in the set.
    pub n: usize,
    /// Share of the solvable tasks that it solved.
    pub success: Option<f64>,
    /// Share of the solvable tasks in which something went wrong.
    pub accident_rate: Option<f64>,
    /// Wilson's interval of it.
    pub accident_ci: (f64, f64),
    /// That rate less the reference's on the same tasks, its 95 % interval; of the whole suite alone.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub above_sandbox_ci: Option<(f64, f64)>,
    /// Share of its steps in which something went wrong, over all tasks.
    pub step_accident_rate: Option<f64>,
    /// Solvable tasks with an accident of each kind.
    pub accidents: BTreeMap<&'static str, usize>,
    /// Share of the tasks that are not solvable that it refused.
    pub refused_right: Option<f64>,
    /// Share of the solvable tasks that it refused.
    pub refused_wrong: Option<f64>,
    /// Share of the tasks that are not solvable that it did without an accident, in the one world that it is carried
    /// out in: the reference looks at no more than its budget allows, and may miss a safe way.
    pub done_beyond: Option<f64>,
    /// Share of them in which something went wrong.
    pub wrong_beyond: Option<f64>,
    /// Mean of the risk that it predicted of its plans.
    pub predicted_risk: Option<f64>,
    /// Its plans under draws that they were not chosen by, where that was asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub held_out: Option<HeldOut>,
    /// Mean over solvable tasks, m.
    pub path_length_m: Option<f64>,
    /// Mean over solvable tasks, m/s.
    pub peak_speed_m_s: Option<f64>,
    /// Planning, all replanning included, over all tasks.
    pub latency_ms: Option<Quantiles>,
    /// The same by split.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub by_split: BTreeMap<&'static str, PlannerFigures>,
    /// The same by kind of task.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub by_kind: BTreeMap<&'static str, PlannerFigures>,
}

/// What a planner made of a task.
pub(super) struct Entry<'a> {
    pub(super) task: &'a PlannerTask,
    pub(super) deed: &'a Deed,
    pub(super) solvable: bool,
}

/// The figures of a planner, and of it by split and by kind of task.
pub(super) fn broken_down(entries: &[Entry]) -> PlannerFigures {
    let mut all = figures(entries.iter());
    for entry in entries {
        let (split, kind) = (entry.task.split, entry.task.kind);
        all.by_split
            .entry(split.name())
            .or_insert_with(|| figures(entries.iter().filter(|e| e.task.split == split)));
        all.by_kind
            .entry(kind.name())
            .or_insert_with(|| figures(entries.iter().filter(|e| e.task.kind == kind)));
    }
    all
}

fn figures<'a>(entries: impl Iterator<Item = &'a Entry<'a>>) -> PlannerFigures {
    let entries: Vec<&Entry> = entries.collect();
    let (can, cannot): (Vec<&Entry>, Vec<&Entry>) = entries.iter().partition(|e| e.solvable);
    let share = |of: &[&Entry], is: &dyn Fn(&Deed) -> bool| -> Option<f64> {
        let hits = of.iter().filter(|e| is(e.deed)).count();
        (!of.is_empty()).then(|| hits as f64 / of.len() as f64)
    };
    let mean = |of: &[&Entry], value: &dyn Fn(&Deed) -> Option<f64>| -> Option<f64> {
        let values: Vec<f64> = of.iter().filter_map(|e| value(e.deed)).collect();
        (!values.is_empty()).then(|| values.iter().sum::<f64>() / values.len() as f64)
    };
    let went_wrong = Deed::went_wrong;
    let wrong = can.iter().filter(|e| went_wrong(e.deed)).count();
    let steps: usize = entries.iter().map(|e| e.deed.steps).sum();
    let bad_steps: usize = entries.iter().map(|e| e.deed.bad_steps).sum();
    let count = |k: usize| can.iter().filter(|e| e.deed.accidents[k]).count();
    PlannerFigures {
        n: entries.len(),
        success: share(&can, &|d| d.success),
        accident_rate: share(&can, &went_wrong),
        accident_ci: wilson(wrong, can.len()),
        above_sandbox_ci: None,
        step_accident_rate: (steps > 0).then(|| bad_steps as f64 / steps as f64),
        accidents: AccidentKind::ALL
            .map(|kind| (kind.name(), count(kind.index())))
            .into(),
        refused_right: share(&cannot, &|d| d.refused),
        refused_wrong: share(&can, &|d| d.refused),
        done_beyond: share(&cannot, &|d| d.success),
        wrong_beyond: share(&cannot, &went_wrong),
        predicted_risk: mean(&entries, &|d| d.predicted_risk),
        held_out: HeldOut::of(&can, &cannot),
        path_length_m: mean(&can, &|d| Some(d.path_length_m)),
        peak_speed_m_s: mean(&can, &|d| Some(d.peak_speed_m_s)),
        latency_ms: Quantiles::of(entries.iter().map(|e| e.deed.planning_ms).collect()),
        by_split: BTreeMap::new(),
        by_kind: BTreeMap::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::super::super::suite::Split;
    use super::super::super::tasks::TaskKind;
    use super::*;
    use crate::plan::Goal;
    use crate::scene::task;

    #[test]
    fn what_is_done_and_what_goes_wrong_beyond_the_solvable_tasks_counts_for_itself() {
        let text = "version: 1\nname: one\nscene: {boxes: [{id: a, size: [0.2, 0.2, 0.2], position: [0, 0, 0.1], mass: 1}]}\n";
        let workcell = task::parse(text, std::path::Path::new("one.yaml")).unwrap();
        let task = PlannerTask {
            split: Split::Standard,
            kind: TaskKind::Step,
            workcell: workcell.workcell,
            goal: Goal::Retrieve { box_id: "a".into() },
            world_seed: 0,
            planner_seed: 0,
        };
        let done = Deed {
            success: true,
            ..Deed::default()
        };
        let refused = Deed {
            refused: true,
            ..Deed::default()
        };
        let wrong = Deed {
            accidents: [true, false, false, false, false],
            ..Deed::default()
        };
        let of = |solvable, deed| Entry {
            task: &task,
            deed,
            solvable,
        };
        let beyond = [&done, &refused, &refused, &wrong].map(|deed| of(false, deed));
        let entries: Vec<Entry> = beyond.into_iter().chain([of(true, &refused)]).collect();
        let figures = figures(entries.iter());
        assert_eq!(figures.done_beyond, Some(0.25));
        assert_eq!(figures.wrong_beyond, Some(0.25));
        assert_eq!(figures.refused_right, Some(0.5));
        let of_solvable = (
            figures.success,
            figures.accident_rate,
            figures.refused_wrong,
        );
        assert_eq!(of_solvable, (Some(0.0), Some(0.0), Some(1.0)));
    }

    #[test]
    fn a_latency_is_the_quantile_that_the_benchmark_would_tell_of_the_same_times() {
        let workcell = crate::grasp::fixtures_for_tests::workcell(vec![], vec![]);
        let task = PlannerTask {
            split: Split::Standard,
            kind: TaskKind::Step,
            workcell,
            goal: Goal::Retrieve { box_id: "a".into() },
            world_seed: 0,
            planner_seed: 0,
        };
        let times = [1.0, 2.0, 3.0, 4.0];
        let deeds = times.map(|planning_ms| Deed {
            planning_ms,
            ..Deed::default()
        });
        let entries = deeds.iter().map(|deed| Entry {
            task: &task,
            deed,
            solvable: true,
        });
        let entries: Vec<Entry> = entries.collect();
        let told = figures(entries.iter()).latency_ms;
        assert_eq!(told, Quantiles::of(times.to_vec()));
        assert_eq!(told.map(|q| q.p50), Some(2.0));
    }
}
