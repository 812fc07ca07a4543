//! Task files: one kind of YAML, version 1 (design, section 4), in and out.
//!
//! Owns [`TaskFile`], [`load`], [`parse`], [`to_yaml`] and the list of steps of `vet`
//! ([`parse_steps`]). A file is read whole or refused: every [`TaskError`] names the file, the
//! line, the value and the remedy. What is read passes in this order: text and YAML
//! (`document`), types and ranges (`format`), what goes together (`build`, `robot`, `job`), geometry
//! (`check`). Whether the scene stands still is for the sandbox to say.

mod build;
mod check;
mod document;
mod error;
mod excerpt;
mod explain;
mod format;
mod job;
mod kinds;
mod locate;
mod place;
mod planner;
mod robot;
mod scene_format;
mod schema;
mod step_format;
mod steps;
mod value;
mod write;

use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::pose::{Pose, Quat, Vec3};
use crate::scene::{Gripper, Scene, Workcell};

pub use check::{Fault, Neighbour, find_box_faults, find_faults, tolerance_m};
pub use error::{FileLine, Mistake, MistakeKind, TaskError, no_such_box};
pub use excerpt::visible;
pub use format::{GripperKind, LEAST_LIMIT};
pub use planner::{PlannerKind, PlannerSettings};
pub use schema::{steps_schema, task_schema};
pub use steps::{By, Step, StepAction, load_steps, parse_steps};
pub use write::to_yaml;

use build::Builder;
use document::{read_document, read_text};
use error::mistake;
use format::TaskDocument;
use place::{FieldPath, SourceText};
use schema::DocumentKind;
use value::SceneEntry;

/// The friction of whatever has none written (design, section 4).
pub const DEFAULT_FRICTION: f64 = 0.5;
/// Where the hand's motors give up unless the file says otherwise, N.
pub const DEFAULT_HAND_FORCE_N: f64 = 250.0;
/// How far above the highest thing of the scene the hand starts unless the file says otherwise, m.
pub const DEFAULT_HOME_CLEARANCE_M: f64 = 0.4;

/// How many files may point at each other's scenes in a row.
const MAX_SCENE_HOPS: usize = 8;

/// A task file, read and checked.
#[derive(Clone, Debug, PartialEq)]
pub struct TaskFile {
    /// What reports call it.
    pub name: String,
    /// The belief, the robot and the limits.
    pub workcell: Workcell,
    /// What to do; `None` where the file only has a scene.
    pub task: Option<Task>,
    /// How hard to think; `None` where the file leaves that to whoever plans.
    pub planner: Option<PlannerSettings>,
    /// Whether it names a gripper; [`default_gripper`] is taken where it does not.
    pub names_gripper: bool,
    /// The file that was read, as it was given.
    pub path: PathBuf,
    /// Where its scene was written.
    pub scene_source: SceneSource,
    /// The files that name it between this one and that, in order; none where this one names it itself.
    pub scene_through: Vec<PathBuf>,
}

/// Where a task file's scene was written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SceneSource {
    /// In the file itself.
    Inline,
    /// In this other file.
    File(PathBuf),
}

/// What the robot is to do.
#[derive(Clone, Debug, PartialEq)]
pub enum Task {
    /// Bring one box out of the scene.
    Retrieve {
        /// Index into the scene's boxes.
        box_index: usize,
    },
    /// Take boxes away.
    Clear {
        /// Indices into the scene's boxes, in the order of the file.
        boxes: Vec<usize>,
    },
    /// Put one box somewhere else.
    Move {
        /// Index into the scene's boxes.
        box_index: usize,
        /// Where it is to stand.
        target: Pose,
    },
}

impl Task {
    /// As files write it.
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Retrieve { .. } => "retrieve",
            Self::Clear { .. } => "clear",
            Self::Move { .. } => "move",
        }
    }
}

/// Reads the task file at `path`.
///
/// # Errors
/// When it cannot be read, or anything in it is wrong.
pub fn load(path: &Path) -> Result<TaskFile, TaskError> {
    parse_source(read_text(path)?, path)
}

/// Reads a task file's `text`; `path` names it in errors and tells where other files are sought.
///
/// # Errors
/// When anything in it is wrong.
pub fn parse(text: &str, path: &Path) -> Result<TaskFile, TaskError> {
    let source = SourceText {
        name: path.display().to_string(),
        text: Arc::from(text),
    };
    parse_source(source, path)
}

fn parse_source(source: SourceText, path: &Path) -> Result<TaskFile, TaskError> {
    let (document, located) = read_document::<TaskDocument>(&source, DocumentKind::Task)?;
    let mut builder = Builder {
        located: &located,
        schema: task_schema(),
        mistakes: Vec::new(),
    };
    let mut scene_through = Vec::new();
    let (scene, scene_source) = match &document.scene {
        SceneEntry::Inline(block) => {
            let at = FieldPath::default().key("scene");
            let scene = builder.scene(block, &at);
            if builder.mistakes.is_empty() {
                builder.check_scene(&scene, &at);
            }
            (scene, SceneSource::Inline)
        }
        SceneEntry::Path(other) => scene_of_other(&builder, path, other, &mut scene_through)?,
    };
    let robot = builder.robot(document.robot.as_ref(), &scene);
    let block = document.task.as_ref();
    let task = block.and_then(|block| builder.task(block, &scene));
    let planner = document.planner;
    if let Some(settings) = &planner {
        check_planner(&mut builder, settings);
    }
    if let Some(error) = TaskError::from_mistakes(builder.mistakes) {
        return Err(error);
    }
    Ok(TaskFile {
        name: document.name,
        workcell: Workcell {
            scene,
            robot,
            safety: robot::safety(document.safety.as_ref()),
        },
        task,
        planner,
        names_gripper: document.robot.as_ref().is_some_and(robot::names_gripper),
        path: path.to_owned(),
        scene_source,
        scene_through,
    })
}

fn check_planner(builder: &mut Builder, settings: &PlannerSettings) {
    let at = FieldPath::default().key("planner");
    let pairs = [
        ("imagine", settings.imagine, "screen", settings.screen),
        ("elites", settings.elites, "imagine", settings.imagine),
    ];
    for (few, few_count, many, many_count) in pairs {
        if few_count > many_count {
            let message =
                format!("`planner.{few}` is {few_count}, more than `{many}`: {many_count}");
            let remedy = format!("Lower `{few}` or raise `{many}`.");
            builder.note(MistakeKind::Conflict, &at.key(few), message, remedy);
        }
    }
}

/// The scene of the file that `scene:` names, through as many files as it takes, which `through` is told of.
fn scene_of_other(
    builder: &Builder,
    path: &Path,
    other: &str,
    through: &mut Vec<PathBuf>,
) -> Result<(Scene, SceneSource), TaskError> {
    let at = FieldPath::default().key("scene");
    let refuse = |message: String, remedy: &str| {
        let place = Some(builder.located.place(&at));
        let source = &builder.located.source;
        TaskError::from(mistake(
            source,
            MistakeKind::NotThere,
            place,
            message,
            remedy,
        ))
    };
    let mut from = path.to_owned();
    let mut other = other.to_owned();
    for _ in 0..MAX_SCENE_HOPS {
        let target = from.parent().unwrap_or(Path::new("")).join(&other);
        if !target.is_file() {
            let message = format!("`scene` names {}, which is no file", target.display());
            let remedy = "Give the path of a task file, relative to this one.";
            return Err(refuse(message, remedy));
        }
        let source = read_text(&target)?;
        let (document, located) = read_document::<TaskDocument>(&source, DocumentKind::Task)?;
        let mut builder = Builder {
            located: &located,
            schema: task_schema(),
            mistakes: Vec::new(),
        };
        match document.scene {
            SceneEntry::Path(next) => {
                through.push(target.clone());
                from = target;
                other = next;
            }
            SceneEntry::Inline(block) => {
                let scene = builder.scene(&block, &at);
                if builder.mistakes.is_empty() {
                    builder.check_scene(&scene, &at);
                }
                return match TaskError::from_mistakes(builder.mistakes) {
                    Some(error) => Err(error),
                    None => Ok((scene, SceneSource::File(target))),
                };
            }
        }
    }
    let message = format!("`scene` leads through more than {MAX_SCENE_HOPS} files");
    Err(refuse(message, "Let it name the file that has the boxes."))
}

/// The rotation of a hand whose palm looks down, its x axis along the world's.
pub fn palm_down() -> Quat {
    Quat::from_axis_angle(&Vec3::x_axis(), std::f64::consts::PI)
}

/// The gripper of a robot that has none written: one suction cup of 40 mm radius.
pub fn default_gripper() -> Gripper {
    suction_cup([None; 4])
}

/// A suction cup of a radius (m), and the most pull, shear (N) and moment (N·m) that it holds, in that order, defaults filled
/// in.
fn suction_cup([cup_radius, max_pull, max_shear, max_moment]: [Option<f64>; 4]) -> Gripper {
    let cup_radius = cup_radius.unwrap_or(0.04);
    let max_pull = max_pull.unwrap_or(180.0);
    Gripper::Suction {
        cup_radius,
        max_pull,
        max_shear: max_shear.unwrap_or(120.0),
        max_moment: max_moment.unwrap_or(0.5 * cup_radius * max_pull),
    }
}

/// Where the hand starts when the file does not say: above the middle of the boxes,
/// [`DEFAULT_HOME_CLEARANCE_M`] over the highest thing of the scene, palm down.
pub fn default_home(scene: &Scene) -> Pose {
    let centres = scene.boxes.iter().map(|b| b.pose.translation.vector);
    let (low, high) = centres.fold(
        (Vec3::repeat(f64::MAX), Vec3::repeat(f64::MIN)),
        |(a, b), c| (a.inf(&c), b.sup(&c)),
    );
    let middle = if scene.boxes.is_empty() {
        Vec3::zeros()
    } else {
        0.5 * (low + high)
    };
    let z = scene.top_m() + DEFAULT_HOME_CLEARANCE_M;
    Pose::from_parts(Vec3::new(middle.x, middle.y, z).into(), palm_down())
}
