//! The other columns of the episodes table: which episode it is, what was done and what came of it.
//!
//! Owns how [`Action`] and the parts of [`Rollout`] that are not frames lie in columns. `action`
//! is `remove`, `place`, `nudge` or `push`, and what does not belong to it is null: `gripper_index`,
//! `face`, `hand_in_box [7]`, `motion_t [K]`, `motion_position [3K]`, `motion_rotation [4K]` and
//! `motion_grip [K]` need a hand, `target [7]` a place, `nudge_by [3]` and `push_force [3]`
//! theirs. `length`, `data/chunk_index` and `data/file_index` are LeRobot's; `data/from_row` and
//! `data/to_row` count the rows of that file.

use super::columns::TableBuilder;
use super::files::FileNumber;
use super::table::{NumberLists, Table};
use super::{DatasetError, Episode, flat};
use crate::grasp::GraspCandidate;
use crate::pose::{Pose, Vec3};
use crate::rollout::{Accident, AccidentKind, Action, Grip, HandKey, Motion, Rollout};
use crate::scene::geometry::Face;

/// Writes which episode each row is, and where its frames lie.
pub(super) fn write_identity(table: &mut TableBuilder, episodes: &[Episode], file: FileNumber) {
    let each = || episodes.iter();
    table.integers("episode_index", each().map(|e| Some(e.index)));
    table.integers("stack", each().map(|e| Some(e.stack)));
    table.words("family", each().map(|e| Some(e.family.as_str())));
    let lengths = || each().map(|e| e.rollout.frames.len() as u64);
    table.integers("length", lengths().map(Some));
    table.integers("data/chunk_index", each().map(|_| Some(file.chunk())));
    table.integers("data/file_index", each().map(|_| Some(file.in_chunk())));
    let ends: Vec<u64> = lengths()
        .scan(0, |end, length| {
            *end += length;
            Some(*end)
        })
        .collect();
    let starts = ends.iter().zip(lengths()).map(|(end, n)| Some(end - n));
    table.integers("data/from_row", starts);
    table.integers("data/to_row", ends.iter().map(|&end| Some(end)));
}

/// Writes the action's columns.
pub(super) fn write_action(table: &mut TableBuilder, episodes: &[Episode]) {
    let actions = || episodes.iter().map(|e| &e.action);
    table.words("action", actions().map(|a| Some(a.name())));
    table.integers("action_box", actions().map(|a| Some(a.box_index() as u64)));
    let grasps = || actions().map(Action::grasp);
    table.integers(
        "gripper_index",
        grasps().map(|g| g.map(|g| g.gripper as u64)),
    );
    table.words("face", grasps().map(|g| g.map(|g| g.face.name())));
    let hands = grasps().map(|g| g.map(|g| flat::pose(&g.hand_in_box)));
    table.number_lists("hand_in_box", hands);
    let motions = || actions().map(Action::motion);
    let times = motions().map(|m| m.map(|m| m.keys.iter().map(|k| k.t).collect()));
    table.number_lists("motion_t", times);
    let poses = motions().map(|m| m.map(|m| m.keys.iter().map(|k| k.pose).collect()));
    flat::write_poses(table, "motion_", poses.collect());
    let grips = motions().map(|m| m.map(|m| m.keys.iter().map(|k| grip_word(k.grip)).collect()));
    table.word_lists("motion_grip", grips);
    let target = |a: &Action| match a {
        Action::Place { target, .. } => Some(flat::pose(target)),
        _ => None,
    };
    table.number_lists("target", actions().map(target));
    let by = |a: &Action| match a {
        Action::Nudge { by, .. } => Some(flat::vectors([by])),
        _ => None,
    };
    table.number_lists("nudge_by", actions().map(by));
    let force = |a: &Action| match a {
        Action::Push { force, .. } => Some(flat::vectors([force])),
        _ => None,
    };
    table.number_lists("push_force", actions().map(force));
}

fn grip_word(grip: Grip) -> &'static str {
    match grip {
        Grip::Open => "open",
        Grip::Closed => "closed",
    }
}

/// Writes the outcome's columns.
pub(super) fn write_outcome(table: &mut TableBuilder, episodes: &[Episode]) {
    let rollouts = || episodes.iter().map(|e| &e.rollout);
    let references = rollouts().map(|r| Some(r.reference.clone())).collect();
    flat::write_poses(table, "reference_", references);
    let kinds = rollouts().map(|r| Some(r.accidents.iter().map(|a| a.kind.name()).collect()));
    table.word_lists("accident_kind", kinds);
    let boxes = rollouts().map(|r| r.accidents.iter().map(|a| a.box_index as u64).collect());
    table.integer_lists("accident_box", boxes);
    let times = rollouts().map(|r| Some(r.accidents.iter().map(|a| a.t).collect()));
    table.number_lists("accident_t", times);
    table.flags("safe", rollouts().map(Rollout::is_safe));
    table.flags("completed", rollouts().map(|r| r.completed));
    table.numbers("path_length", rollouts().map(|r| Some(r.path_length)));
    table.numbers("peak_speed", rollouts().map(|r| Some(r.peak_speed)));
    table.integers("physics_steps", rollouts().map(|r| Some(r.physics_steps)));
}

/// The columns that [`write_action`] wrote, row by row.
pub(super) struct ActionColumns<'a> {
    table: &'a Table,
    action: Vec<Option<&'a str>>,
    box_index: Vec<u64>,
    gripper: Vec<Option<u64>>,
    face: Vec<Option<&'a str>>,
    hand_in_box: NumberLists<'a>,
    motion_t: NumberLists<'a>,
    motion_pose: flat::PoseLists<'a>,
    motion_grip: Vec<Vec<&'a str>>,
    target: NumberLists<'a>,
    nudge_by: NumberLists<'a>,
    push_force: NumberLists<'a>,
}

impl<'a> ActionColumns<'a> {
    pub fn of(table: &'a Table) -> Result<Self, DatasetError> {
        Ok(Self {
            table,
            action: table.words("action")?,
            box_index: table.integers("action_box")?,
            gripper: table.open_integers("gripper_index")?,
            face: table.words("face")?,
            hand_in_box: table.number_lists("hand_in_box")?,
            motion_t: table.number_lists("motion_t")?,
            motion_pose: flat::PoseLists::of(table, "motion_")?,
            motion_grip: table.word_lists("motion_grip")?,
            target: table.number_lists("target")?,
            nudge_by: table.number_lists("nudge_by")?,
            push_force: table.number_lists("push_force")?,
        })
    }

    pub fn row(&self, row: usize) -> Result<Action, DatasetError> {
        let box_index = self.box_index[row] as usize;
        match self.action[row] {
            Some("remove") => Ok(Action::Remove {
                grasp: self.grasp(row)?,
                motion: self.motion(row)?,
            }),
            Some("place") => Ok(Action::Place {
                grasp: self.grasp(row)?,
                motion: self.motion(row)?,
                target: self.pose(&self.target, row)?,
            }),
            Some("nudge") => Ok(Action::Nudge {
                box_index,
                by: Vec3::from_column_slice(self.nudge_by.row(row, 3)?),
            }),
            Some("push") => Ok(Action::Push {
                box_index,
                force: Vec3::from_column_slice(self.push_force.row(row, 3)?),
            }),
            other => {
                let other = other.unwrap_or("null");
                Err(self
                    .table
                    .foreign(format!("row {row} has the unknown action `{other}`")))
            }
        }
    }

    fn pose(&self, column: &NumberLists, row: usize) -> Result<Pose, DatasetError> {
        flat::one_pose(column, row)?.ok_or_else(|| column.wrong(row, "is null"))
    }

    fn grasp(&self, row: usize) -> Result<GraspCandidate, DatasetError> {
        let face = self.face[row].and_then(|name| Face::ALL.into_iter().find(|f| f.name() == name));
        let (Some(face), Some(gripper)) = (face, self.gripper[row]) else {
            return Err(self
                .table
                .foreign(format!("row {row} has no gripper or no known face")));
        };
        Ok(GraspCandidate {
            box_index: self.box_index[row] as usize,
            gripper: gripper as usize,
            face,
            hand_in_box: self.pose(&self.hand_in_box, row)?,
        })
    }

    fn motion(&self, row: usize) -> Result<Motion, DatasetError> {
        let times = self.motion_t.open_row(row)?.unwrap_or_default();
        let poses = self.motion_pose.row(row, times.len())?;
        let grips = &self.motion_grip[row];
        if grips.len() != times.len() || times.is_empty() {
            return Err(self
                .motion_t
                .wrong(row, "has no key, or not as many as there are grips"));
        }
        let key = |((&t, pose), grip): ((&f64, Pose), &&str)| match *grip {
            "open" => Ok(HandKey {
                t,
                pose,
                grip: Grip::Open,
            }),
            "closed" => Ok(HandKey {
                t,
                pose,
                grip: Grip::Closed,
            }),
            other => Err(self
                .motion_t
                .wrong(row, &format!("has the unknown grip `{other}`"))),
        };
        let keys = times.iter().zip(poses).zip(grips).map(key);
        Ok(Motion {
            keys: keys.collect::<Result<_, _>>()?,
        })
    }
}

/// The columns that [`write_outcome`] wrote, row by row.
pub(super) struct OutcomeColumns<'a> {
    reference: flat::PoseLists<'a>,
    accidents: Vec<Vec<Accident>>,
    completed: Vec<bool>,
    path_length: Vec<f64>,
    peak_speed: Vec<f64>,
    physics_steps: Vec<u64>,
}

impl<'a> OutcomeColumns<'a> {
    pub fn of(table: &'a Table) -> Result<Self, DatasetError> {
        Ok(Self {
            reference: flat::PoseLists::of(table, "reference_")?,
            accidents: accidents(table)?,
            completed: table.flags("completed")?,
            path_length: table.numbers("path_length")?,
            peak_speed: table.numbers("peak_speed")?,
            physics_steps: table.integers("physics_steps")?,
        })
    }

    /// The row's rollout, its frames still missing.
    pub fn row(&self, row: usize, boxes: usize) -> Result<Rollout, DatasetError> {
        Ok(Rollout {
            reference: self.reference.row(row, boxes)?,
            frames: Vec::new(),
            accidents: self.accidents[row].clone(),
            completed: self.completed[row],
            path_length: self.path_length[row],
            peak_speed: self.peak_speed[row],
            physics_steps: self.physics_steps[row],
        })
    }
}

/// Every row's accidents.
pub(super) fn accidents(table: &Table) -> Result<Vec<Vec<Accident>>, DatasetError> {
    let kinds = table.word_lists("accident_kind")?;
    let boxes = table.integer_lists("accident_box")?;
    let times = table.number_lists("accident_t")?;
    let row = |r: usize| {
        let times = times.row(r, kinds[r].len())?;
        if boxes[r].len() != times.len() {
            return Err(table.foreign(format!("row {r} has not one box for each accident")));
        }
        let one = |((name, &box_index), &t): ((&&str, &u64), &f64)| {
            let kind = AccidentKind::ALL.into_iter().find(|k| k.name() == *name);
            let kind = kind.ok_or_else(|| {
                table.foreign(format!("row {r} has the unknown accident `{name}`"))
            })?;
            Ok(Accident {
                kind,
                box_index: box_index as usize,
                t,
            })
        };
        kinds[r].iter().zip(&boxes[r]).zip(times).map(one).collect()
    };
    (0..table.rows()).map(row).collect()
}
