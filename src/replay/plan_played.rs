//! A plan as it was carried out.
//!
//! Owns the common clock of steps whose own clocks all start at zero, and the moment at which a removed box is gone. The
//! frames of a step begin with the hand's flight to the box. What a step was to be is told by the execution (`taken`); of
//! an older file only the first step is known to be the plan's.

use super::plan_file::{ExecutedFile, MomentFile, Plan, StepFile, pose};
use super::source::event_text;
use super::{Event, HandShape, RecordedFrame, RecordedStep, ReplayError};

/// The pause between two steps, s.
pub(super) const PAUSE_S: f64 = 0.5;

/// What a plan comes to on one clock.
pub(super) struct Played {
    pub(super) steps: Vec<RecordedStep>,
    pub(super) frames: Vec<RecordedFrame>,
    pub(super) ghosts: Vec<RecordedFrame>,
    pub(super) events: Vec<Event>,
}

/// One step of an execution, on its own clock.
struct PlayedStep<'a> {
    moments: &'a [MomentFile],
    /// The box that it was about, where that is known.
    target: Option<usize>,
    /// What it was to be when it began, where that is known.
    taken: Option<&'a StepFile>,
    /// Whether the target was carried out of the scene in the end.
    carried_away: bool,
    /// When it starts on the common clock, s.
    start: f64,
}

impl Played {
    /// What was executed, with what was expected beside it.
    pub(super) fn executed(plan: &Plan<'_>, executed: &ExecutedFile) -> Result<Self, ReplayError> {
        let steps = played_steps(plan, executed)?;
        let mut played = Self {
            steps: (steps.iter())
                .map(|s| s.shown(plan))
                .collect::<Result<_, _>>()?,
            frames: Vec::new(),
            ghosts: Vec::new(),
            events: events(plan, executed, &steps)?,
        };
        for (index, step) in steps.iter().enumerate() {
            played.frames.extend(step.frames(plan, index)?);
            played.ghosts.extend(step.ghosts(plan, index)?);
        }
        Ok(played)
    }
}

fn played_steps<'a>(
    plan: &Plan<'a>,
    executed: &'a ExecutedFile,
) -> Result<Vec<PlayedStep<'a>>, ReplayError> {
    let groups: Vec<&[MomentFile]> = executed.frames.chunk_by(|a, b| a.step == b.step).collect();
    let mut steps: Vec<PlayedStep<'_>> = Vec::new();
    let mut clock = 0.0;
    for (index, moments) in groups.iter().enumerate() {
        if moments[0].step != index {
            let what = format!("the frames of step {index} are not where they should be");
            return Err(ReplayError::Inconsistent { what });
        }
        let next = groups.get(index + 1).map(|g| &g[0]);
        let missing = next.and_then(|next| only_missing(&moments[0], next));
        let taken = match executed.taken.as_slice() {
            [] if index == 0 => plan.file.steps.first(),
            taken => taken.get(index),
        };
        let about = taken.or(plan.file.steps.get(index));
        let id = missing.or(about.map(|step| step.box_id.as_str()));
        let target = id.map(|id| plan.index(id)).transpose()?;
        let removes = about.is_none_or(|s| s.action == "remove");
        // After the last step nothing tells but how it went.
        let ended_well =
            next.is_none() && target.is_some_and(|t| !went_wrong(plan, executed, index, t));
        let start = clock - moments[0].t.min(0.0);
        clock = start + moments.last().map_or(0.0, |m| m.t).max(0.0) + PAUSE_S;
        steps.push(PlayedStep {
            moments,
            target,
            taken: taken.filter(|step| Some(step.box_id.as_str()) == id),
            carried_away: missing.is_some() || (removes && ended_well),
            start,
        });
    }
    Ok(steps)
}

/// The box that is in `before` and not in `after`, where there is exactly one.
fn only_missing<'a>(before: &'a MomentFile, after: &MomentFile) -> Option<&'a str> {
    let mut missing = before
        .boxes
        .keys()
        .filter(|id| !after.boxes.contains_key(*id));
    match (missing.next(), missing.next()) {
        (Some(id), None) => Some(id),
        _ => None,
    }
}

/// Whether `target` was dropped in step `index`.
fn went_wrong(plan: &Plan<'_>, executed: &ExecutedFile, index: usize, target: usize) -> bool {
    let id = &plan.boxes[target].id;
    let mut accidents = executed.accidents.iter();
    accidents.any(|a| {
        a.step == index
            && a.kind == crate::rollout::AccidentKind::Drop
            && a.box_id.as_ref().is_none_or(|b| b == id)
    })
}

fn events(
    plan: &Plan<'_>,
    executed: &ExecutedFile,
    steps: &[PlayedStep<'_>],
) -> Result<Vec<Event>, ReplayError> {
    let mut events = Vec::new();
    for accident in &executed.accidents {
        let box_index = match &accident.box_id {
            Some(id) => Some(plan.index(id)?),
            None => None,
        };
        let Some(step) = steps.get(accident.step) else {
            let what = format!("an accident belongs to step {}", accident.step);
            return Err(ReplayError::Inconsistent { what });
        };
        let t = step.start + accident.t;
        events.push(Event {
            t,
            kind: accident.kind,
            box_index,
            step: accident.step,
            text: event_text(accident.kind.name(), accident.box_id.as_deref(), t),
        });
    }
    events.sort_by(|a, b| a.t.total_cmp(&b.t));
    Ok(events)
}

impl PlayedStep<'_> {
    fn shown(&self, plan: &Plan<'_>) -> Result<RecordedStep, ReplayError> {
        if let (Some(step), Some(target)) = (self.taken, self.target) {
            return plan.shown_step(step, target);
        }
        let title = match self.target {
            Some(target) => format!("remove {}, planned again", plan.boxes[target].id),
            None => "planned again".to_owned(),
        };
        Ok(RecordedStep {
            title,
            target: self.target,
            hand: Some(HandShape::default()),
            risk: None,
            risk_bound: None,
        })
    }

    fn frames(&self, plan: &Plan<'_>, index: usize) -> Result<Vec<RecordedFrame>, ReplayError> {
        let nothing = vec![None; plan.boxes.len()];
        let mut frames = Vec::with_capacity(self.moments.len());
        let mut hand_was_there = false;
        for moment in self.moments {
            let hand = match &moment.hand {
                Some(h) => Some(pose(h.position, h.rotation, "the hand")?),
                None => None,
            };
            hand_was_there |= hand.is_some();
            let mut boxes = plan.poses(moment, &nothing)?;
            if let (true, true, None, Some(target)) =
                (self.carried_away, hand_was_there, hand, self.target)
            {
                boxes[target] = None;
            }
            frames.push(RecordedFrame {
                t: self.start + moment.t,
                step: index,
                boxes,
                hand,
            });
        }
        Ok(frames)
    }

    fn ghosts(&self, plan: &Plan<'_>, index: usize) -> Result<Vec<RecordedFrame>, ReplayError> {
        let Some(step) = self.taken else {
            return Ok(Vec::new());
        };
        let nothing = vec![None; plan.boxes.len()];
        let ends = self.moments.last().map_or(0.0, |m| m.t);
        let shown = step.imagined.iter().filter(|m| m.t >= 0.0 && m.t <= ends);
        shown
            .map(|moment| {
                Ok(RecordedFrame {
                    t: self.start + moment.t,
                    step: index,
                    boxes: plan.poses(moment, &nothing)?,
                    hand: None,
                })
            })
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use crate::replay::plan_file::tests::executed_plan;
    use crate::replay::{Origin, Recording};

    #[test]
    fn steps_with_clocks_of_their_own_follow_each_other_on_one() {
        let recording = Recording::from_plan_json(&executed_plan().to_string()).unwrap();
        assert_eq!(recording.origin, Origin::Sandbox);
        // Step 0 ends at 1.5 s, so step 1 starts at 2 s, and its accident is at 3.2 s.
        assert!((recording.events[0].t - 3.2).abs() < 1e-9);
        assert_eq!(recording.at(1.9).step, 0);
        assert_eq!(recording.at(2.1).step, 1);
        assert!((recording.end_s() - 3.5).abs() < 1e-9);
    }

    #[test]
    fn the_hand_is_shown_on_its_way_to_the_box() {
        let recording = Recording::from_plan_json(&executed_plan().to_string()).unwrap();
        let hand = recording.at(0.5).hand.unwrap().translation.z;
        assert!(
            (hand - 0.7).abs() < 1e-6,
            "half way from 1.0 to 0.4, got {hand}"
        );
    }

    #[test]
    fn a_removed_box_is_gone_when_the_hand_is_but_a_dropped_one_is_not() {
        let recording = Recording::from_plan_json(&executed_plan().to_string()).unwrap();
        assert!(recording.at(1.4).boxes[1].is_some());
        assert!(recording.at(1.5).boxes[1].is_none());
        let mut dropped = executed_plan();
        dropped["executed"]["accidents"] =
            json!([{"kind": "drop", "box": "b", "step": 0, "t": 1.4}]);
        let frames = dropped["executed"]["frames"].as_array_mut().unwrap();
        frames.truncate(4);
        let recording = Recording::from_plan_json(&dropped.to_string()).unwrap();
        assert!(recording.at(1.5).boxes[1].is_some());
    }

    #[test]
    fn a_step_is_shown_as_it_was_taken_and_not_as_it_was_planned() {
        let mut other = executed_plan();
        other["executed"]["taken"][1]["risk"] = json!(0.018);
        other["executed"]["taken"][1]["grasp"] = json!({"gripper": "parallel_jaw", "face": "left"});
        let recording = Recording::from_plan_json(&other.to_string()).unwrap();
        assert_eq!(
            recording.steps[1].title,
            "remove a with parallel jaw on its left"
        );
        assert_eq!(recording.steps[1].risk, Some(0.018));
    }

    #[test]
    fn of_an_older_file_only_the_first_step_is_known_to_be_the_plans() {
        let mut older = executed_plan();
        older["executed"].as_object_mut().unwrap().remove("taken");
        let recording = Recording::from_plan_json(&older.to_string()).unwrap();
        assert_eq!(recording.steps[0].risk, Some(0.01));
        assert_eq!(recording.steps[1].title, "remove a, planned again");
        assert_eq!(recording.steps[1].risk, None);
        assert!(recording.imagined.iter().all(|f| f.step == 0));
        // Nor that, where it took another box.
        older["steps"][0]["box"] = json!("a");
        let recording = Recording::from_plan_json(&older.to_string()).unwrap();
        assert_eq!(recording.steps[0].title, "remove b, planned again");
    }

    #[test]
    fn what_was_expected_runs_beside_what_happened() {
        let recording = Recording::from_plan_json(&executed_plan().to_string()).unwrap();
        let ghost = recording.imagined_at(3.0, 1).unwrap();
        assert!(ghost.boxes[0].is_some() && ghost.boxes[1].is_none());
        assert!(
            recording.imagined_at(2.5, 1).is_none(),
            "nothing was imagined yet"
        );
    }
}
