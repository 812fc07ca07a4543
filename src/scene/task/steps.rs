//! Somebody else's plan: the list of steps that `vet` judges.
//!
//! Owns [`parse_steps`] and [`Step`]. A step that names a box which is not there, or which an
//! earlier step took away, is a mistake of the file; whether a step is safe is not asked here.

use std::path::Path;
use std::sync::Arc;

use super::TaskFile;
use super::build::Builder;
use super::document::{read_document, read_text};
use super::error::{MistakeKind, TaskError};
use super::format::GripperKind;
use super::kinds::STEP_KEYS;
use super::place::{FieldPath, SourceText};
use super::schema::{DocumentKind, steps_schema};
use super::step_format::{StepBlock, StepsDocument};
use crate::pose::{Pose, Quat};
use crate::scene::Gripper;
use crate::scene::geometry::Face;

/// One step of somebody's plan.
#[derive(Clone, Debug, PartialEq)]
pub struct Step {
    /// What is done to which box.
    pub action: StepAction,
    /// How it is gripped; `None` leaves that to the planner.
    pub by: Option<By>,
    /// The line of the file in which the step begins, counted from one.
    pub line: usize,
}

/// What a step does.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum StepAction {
    /// Take a box out of the scene.
    Remove {
        /// Index into the task's boxes.
        box_index: usize,
    },
    /// Put a box somewhere else.
    Place {
        /// Index into the task's boxes.
        box_index: usize,
        /// Where it is to stand.
        target: Pose,
    },
}

/// How a step grips its box.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct By {
    /// With which kind of gripper; the robot has one of it.
    pub gripper: GripperKind,
    /// The face that the hand approaches, in the box's own frame.
    pub face: Face,
}

impl GripperKind {
    /// As files write it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Suction => "suction",
            Self::ParallelJaw => "parallel_jaw",
        }
    }

    /// The kind of `gripper`.
    pub fn of(gripper: &Gripper) -> Self {
        match gripper {
            Gripper::Suction { .. } => Self::Suction,
            Gripper::ParallelJaw { .. } => Self::ParallelJaw,
        }
    }
}

/// Reads the list of steps at `path`, meant for `task`.
///
/// # Errors
/// When it cannot be read, or anything in it is wrong.
pub fn load_steps(path: &Path, task: &TaskFile) -> Result<Vec<Step>, TaskError> {
    read_steps(&read_text(path)?, task)
}

/// Reads the `text` of a list of steps, meant for `task`; `path` names it in errors.
///
/// # Errors
/// When anything in it is wrong.
pub fn parse_steps(text: &str, path: &Path, task: &TaskFile) -> Result<Vec<Step>, TaskError> {
    let source = SourceText {
        name: path.display().to_string(),
        text: Arc::from(text),
    };
    read_steps(&source, task)
}

fn read_steps(source: &SourceText, task: &TaskFile) -> Result<Vec<Step>, TaskError> {
    let (document, located) = read_document::<StepsDocument>(source, DocumentKind::Steps)?;
    let mut builder = Builder {
        located: &located,
        schema: steps_schema(),
        mistakes: Vec::new(),
    };
    let list = FieldPath::default().key("steps");
    // The line in which each box was taken away.
    let mut removed = vec![None; task.workcell.scene.boxes.len()];
    let mut steps = Vec::new();
    for (i, block) in document.steps.iter().enumerate() {
        let at = list.index(i);
        let line = located.place(&at).line;
        let Some(step) = read_step(&mut builder, block, &at, line, task) else {
            continue;
        };
        let (StepAction::Remove { box_index } | StepAction::Place { box_index, .. }) = step.action;
        if let Some(before) = removed[box_index] {
            let id = &task.workcell.scene.boxes[box_index].id;
            let message = format!("box `{id}` was already removed by the step in line {before}");
            let remedy = "Take one of the two steps out.".to_owned();
            builder.note(MistakeKind::NotThere, &at, message, remedy);
        } else if matches!(step.action, StepAction::Remove { .. }) {
            removed[box_index] = Some(line);
        }
        steps.push(step);
    }
    match TaskError::from_mistakes(builder.mistakes) {
        Some(error) => Err(error),
        None => Ok(steps),
    }
}

fn read_step(
    builder: &mut Builder,
    block: &StepBlock,
    at: &FieldPath,
    line: usize,
    task: &TaskFile,
) -> Option<Step> {
    let given = [
        ("remove", block.remove.is_some()),
        ("place", block.place.is_some()),
        ("at", block.at.is_some()),
        ("by", block.by.is_some()),
    ];
    if block.remove.is_none() && block.place.is_none() {
        let message = format!("{at} neither removes nor places a box");
        let remedy = "Write `remove: ID`, or `place: ID` with `at: {position: …}`.".to_owned();
        builder.note(MistakeKind::MissingKey, at, message, remedy);
        return None;
    }
    let kind = usize::from(block.remove.is_none());
    let before = builder.mistakes.len();
    builder.keys_of_kind(&STEP_KEYS[kind], &given, at);
    let by = read_by(builder, block, at, task);
    let scene = &task.workcell.scene;
    let action = if let Some(id) = &block.remove {
        let box_index = builder.box_index(id, scene, &at.key("remove"))?;
        StepAction::Remove { box_index }
    } else {
        let id = block.place.as_deref()?;
        let box_index = builder.box_index(id, scene, &at.key("place"))?;
        let pose = block.at.as_ref()?;
        let target = builder.pose_block(pose, &at.key("at"), Quat::identity());
        StepAction::Place { box_index, target }
    };
    (builder.mistakes.len() == before).then_some(Step { action, by, line })
}

fn read_by(
    builder: &mut Builder,
    block: &StepBlock,
    at: &FieldPath,
    task: &TaskFile,
) -> Option<By> {
    let by = block.by.as_ref()?;
    let grippers = &task.workcell.robot.grippers;
    let kinds: Vec<GripperKind> = grippers.iter().map(GripperKind::of).collect();
    if !kinds.contains(&by.gripper) {
        let message = format!("the task's robot has no {} gripper", by.gripper.name());
        let names: Vec<&str> = kinds.iter().map(|k| k.name()).collect();
        let remedy = format!("It has: {}.", names.join(", "));
        let path = at.key("by").key("gripper");
        builder.note(MistakeKind::NotThere, &path, message, remedy);
    }
    Some(By {
        gripper: by.gripper,
        face: by.face,
    })
}
