//! The frames table, `data/chunk-000/file-000.parquet`: one row for each stride of each episode, and one for its end, which
//! may be between two strides: `timestamp` says when.
//!
//! Owns the columns of [`Frame`]. `episode_index`, `frame_index`, `timestamp` and `index` are
//! LeRobot's; `index` grows from row to row and is unique, but it is no running count, since a
//! file's bytes must not depend on how many frames the files before it hold. The boxes are ragged
//! lists in the scene's order: `position [3N]`, `rotation [4N]`, `linear [3N]`, `angular [3N]`,
//! `force [N]`. `hand [7]` is null while there is none.

use arrow_array::RecordBatch;

use super::columns::{BuildError, TableBuilder};
use super::table::Table;
use super::{DatasetError, Episode, flat};
use crate::pose::Vec3;
use crate::rollout::{BodyState, Frame};

/// Rows of `index` that each episode has to itself.
const INDEX_SPAN: u64 = 1 << 16;

/// What LeRobot calls the features: name, numbers for each box (or for the row), names of the axes.
pub(super) const FEATURES: [(&str, &str, &[&str]); 8] = [
    ("position", "boxes", &["x", "y", "z"]),
    ("rotation", "boxes", &["x", "y", "z", "w"]),
    ("linear", "boxes", &["x", "y", "z"]),
    ("angular", "boxes", &["x", "y", "z"]),
    ("force", "boxes", &["normal"]),
    ("hand", "row", &["x", "y", "z", "qx", "qy", "qz", "qw"]),
    ("grip_margin", "row", &["share"]),
    ("timestamp", "row", &["s"]),
];

/// The frames of `episodes`, in order.
pub(super) fn to_batch(episodes: &[Episode]) -> Result<RecordBatch, BuildError> {
    let rows: Vec<(u64, u64, &Frame)> = episodes
        .iter()
        .flat_map(|e| (0..).zip(&e.rollout.frames).map(|(i, f)| (e.index, i, f)))
        .collect();
    let frames = || rows.iter().map(|&(_, _, frame)| frame);
    let mut table = TableBuilder::default();
    table.integers("episode_index", rows.iter().map(|r| Some(r.0)));
    table.integers("frame_index", rows.iter().map(|r| Some(r.1)));
    table.integers("index", rows.iter().map(|r| Some(r.0 * INDEX_SPAN + r.1)));
    table.numbers("timestamp", frames().map(|f| Some(f.t)));
    let poses = |f: &Frame| Some(f.boxes.iter().map(|b| b.pose).collect());
    flat::write_poses(&mut table, "", frames().map(poses).collect());
    let lists = |of: fn(&BodyState) -> &Vec3| {
        frames().map(move |f| Some(flat::vectors(f.boxes.iter().map(of))))
    };
    table.number_lists("linear", lists(|b| &b.linear));
    table.number_lists("angular", lists(|b| &b.angular));
    let forces = frames().map(|f| Some(f.boxes.iter().map(|b| b.force).collect()));
    table.number_lists("force", forces);
    table.number_lists("hand", frames().map(|f| f.hand.as_ref().map(flat::pose)));
    table.flags("held", frames().map(|f| f.held));
    table.numbers("grip_margin", frames().map(|f| Some(f.grip_margin)));
    table.finish()
}

/// The frames of each episode, from a table that [`to_batch`] made.
///
/// `expected` gives each episode's index, number of frames and number of boxes, in order.
///
/// # Errors
/// When columns, rows or lists are not what they have to be.
pub(super) fn from_table(
    table: &Table,
    expected: &[(u64, usize, usize)],
) -> Result<Vec<Vec<Frame>>, DatasetError> {
    let episode_index = table.integers("episode_index")?;
    let frame_index = table.integers("frame_index")?;
    // A damaged length may be any number.
    let total = (expected.iter()).fold(0usize, |sum, e| sum.saturating_add(e.1));
    if table.rows() != total {
        let rows = table.rows();
        return Err(table.foreign(format!("it has {rows} frames, its episodes have {total}")));
    }
    let columns = FrameColumns::of(table)?;
    let mut row = 0;
    let mut episodes = Vec::with_capacity(expected.len());
    for &(index, length, boxes) in expected {
        let mut frames = Vec::with_capacity(length);
        for i in 0..length {
            if (episode_index[row], frame_index[row]) != (index, i as u64) {
                return Err(table.foreign(format!("row {row} is not frame {i} of episode {index}")));
            }
            frames.push(columns.row(row, boxes)?);
            row += 1;
        }
        episodes.push(frames);
    }
    Ok(episodes)
}

struct FrameColumns<'a> {
    t: Vec<f64>,
    poses: flat::PoseLists<'a>,
    linear: super::table::NumberLists<'a>,
    angular: super::table::NumberLists<'a>,
    force: super::table::NumberLists<'a>,
    hand: super::table::NumberLists<'a>,
    held: Vec<bool>,
    grip_margin: Vec<f64>,
}

impl<'a> FrameColumns<'a> {
    fn of(table: &'a Table) -> Result<Self, DatasetError> {
        Ok(Self {
            t: table.numbers("timestamp")?,
            poses: flat::PoseLists::of(table, "")?,
            linear: table.number_lists("linear")?,
            angular: table.number_lists("angular")?,
            force: table.number_lists("force")?,
            hand: table.number_lists("hand")?,
            held: table.flags("held")?,
            grip_margin: table.numbers("grip_margin")?,
        })
    }

    fn row(&self, row: usize, boxes: usize) -> Result<Frame, DatasetError> {
        let poses = self.poses.row(row, boxes)?;
        let linear = self.linear.row(row, 3 * boxes)?.chunks_exact(3);
        let angular = self.angular.row(row, 3 * boxes)?.chunks_exact(3);
        let force = self.force.row(row, boxes)?;
        let boxes = poses
            .into_iter()
            .zip(linear.zip(angular))
            .zip(force)
            .map(|((pose, (linear, angular)), &force)| BodyState {
                pose,
                linear: Vec3::from_column_slice(linear),
                angular: Vec3::from_column_slice(angular),
                force,
            })
            .collect();
        Ok(Frame {
            t: self.t[row],
            boxes,
            hand: flat::one_pose(&self.hand, row)?,
            held: self.held[row],
            grip_margin: self.grip_margin[row],
        })
    }
}
