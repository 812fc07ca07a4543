//! What is imagined of one action, and what speaks against it.
//!
//! Owns how an answer comes about: of a nudge or a push, with how much of it would still be safe, and of the best grasp
//! that is found on a face. Refuses a prediction that is not finite.

use crate::cli::Failure;
use crate::cli::physics::Physics;
use crate::cli::plan::failed;
use crate::cli::poke_args::{BoxFace, BoxVector};
use crate::dynamics::{DynamicsError, Imagined, PredictionFailure, Regard, SceneDynamics};
use crate::plan::probe::{Asked, Line, largest_safe};
use crate::plan::report::{LargestSafeReport, WhatIfAction, WhatIfReport};
use crate::plan::{GraspFilter, PlanError, Vouched, Wish};
use crate::rollout::Action;
use crate::scene::task::TaskFile;

/// What was asked about, what is imagined of it, and what speaks against it.
pub(super) struct Answer {
    pub(super) about: WhatIfAction,
    pub(super) vouched: Vouched,
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

/// What is imagined of an action over `horizon` strides, with what the screening says where that counts too.
fn foreseen(
    scene: &dyn SceneDynamics,
    action: &Action,
    horizon: usize,
) -> Result<Imagined, Unanswered> {
    let action = std::slice::from_ref(action);
    let mut imagined = match scene.imagine(action, horizon).pop() {
        Some(Ok(imagined)) if imagined.is_valid() => imagined,
        Some(Ok(_)) => {
            return Err(Unanswered::NoAnswer(
                PredictionFailure::NotFinite.to_string(),
            ));
        }
        Some(Err(why)) => return Err(Unanswered::NoAnswer(why.to_string())),
        None => return Err(Unanswered::NoAnswer("there is no prediction".to_owned())),
    };
    if scene.regard() == Regard::Another
        && let Some(Ok(screened)) = scene.screen(action).pop()
        && screened.is_valid()
    {
        imagined.risk = Regard::Another.risk(&screened, imagined.risk);
    }
    Ok(imagined)
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
    let mut guard = planner.guard(workcell, 0);
    let horizon = planner.settings.horizon;
    let size = asked.vector.norm();
    let imagined = foreseen(scene.as_ref(), &line.action(size), horizon)?;
    let vouched = guard.vouch_for(&line.action(size), &imagined.risk)?;
    let asked_for = Asked {
        size,
        is_safe: vouched.objection.is_none(),
    };
    // Judged, and checked, as the size that was asked about; of what only its risk is asked one stride is enough.
    let found = largest_safe(line.poke, asked_for, |size| {
        let action = line.action(size);
        match foreseen(scene.as_ref(), &action, 1) {
            Ok(rung) => Ok(guard.vouch_for(&action, &rung.risk)?.objection.is_none()),
            Err(_) => Ok::<_, DynamicsError>(false),
        }
    })?;
    let about = WhatIfAction {
        kind: line.action(size).name(),
        box_id: asked.id.clone(),
        vector: Some(asked.vector.into()),
        grasp: None,
    };
    Ok(Answer {
        about,
        imagined: imagined.allowed_by(&vouched.risk, line.box_index),
        vouched,
        largest: Some(LargestSafeReport {
            value: found.value,
            unit: line.poke.unit(),
            at_least: found.at_least,
            // The sandbox needs no second opinion of itself; that nothing is safe nobody confirms.
            confirmed: found.value > 0.0 && (physics.shield.is_some() || physics.is_exact()),
        }),
    })
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
        imagined: step
            .imagined
            .allowed_by(&vouched.risk, step.grasp.box_index),
        vouched,
        largest: None,
    })
}
