//! The episodes table, `meta/episodes/chunk-000/file-000.parquet`: one row an episode.
//!
//! Owns putting an [`Episode`] together from its row and its frames, and the check that what is
//! written or read hangs together: as many bodies everywhere as the scene has boxes, and indices
//! that point at something.

use arrow_array::RecordBatch;

use super::belief_columns;
use super::belief_rows::BeliefColumns;
use super::columns::{BuildError, TableBuilder};
use super::files::FileNumber;
use super::outcome_columns::{self, ActionColumns, OutcomeColumns};
use super::table::Table;
use super::{DatasetError, Episode};

/// The rows of `episodes`, whose frames lie in `file`.
pub(super) fn to_batch(episodes: &[Episode], file: FileNumber) -> Result<RecordBatch, BuildError> {
    let mut table = TableBuilder::default();
    outcome_columns::write_identity(&mut table, episodes, file);
    outcome_columns::write_action(&mut table, episodes);
    outcome_columns::write_outcome(&mut table, episodes);
    belief_columns::write(&mut table, episodes);
    table.finish()
}

/// Episodes whose frames are still missing, and how many each has.
///
/// # Errors
/// When columns, rows or lists are not what they have to be.
pub(super) fn from_table(table: &Table) -> Result<Vec<(Episode, usize)>, DatasetError> {
    let index = table.integers("episode_index")?;
    let stack = table.integers("stack")?;
    let family = table.words("family")?;
    let length = table.integers("length")?;
    let belief = BeliefColumns::of(table)?;
    let action = ActionColumns::of(table)?;
    let outcome = OutcomeColumns::of(table)?;
    let episode = |row: usize| {
        let episode = Episode {
            index: index[row],
            stack: stack[row],
            family: family[row].unwrap_or_default().to_owned(),
            workcell: belief.workcell(row)?,
            action: action.row(row)?,
            draw: belief.draw(row)?,
            rollout: outcome.row(row, belief.boxes(row))?,
        };
        match misfit(&episode) {
            None => Ok((episode, length[row] as usize)),
            Some(what) => Err(table.foreign(format!("row {row}: {what}"))),
        }
    };
    (0..table.rows()).map(episode).collect()
}

/// What does not hang together in an episode, if anything.
pub(super) fn misfit(episode: &Episode) -> Option<String> {
    let boxes = episode.workcell.scene.boxes.len();
    let grippers = episode.workcell.robot.grippers.len();
    let rollout = &episode.rollout;
    if episode.draw.boxes.len() != boxes || rollout.reference.len() != boxes {
        return Some(format!("the draw or the reference has not {boxes} boxes"));
    }
    if rollout.frames.iter().any(|f| f.boxes.len() != boxes) {
        return Some(format!("a frame has not {boxes} boxes"));
    }
    let acted_on = episode.action.box_index();
    let mut concerned = rollout.accidents.iter().map(|a| a.box_index);
    if acted_on >= boxes || concerned.any(|i| i >= boxes) {
        return Some(format!("a box's index is past the {boxes} boxes"));
    }
    let gripper = episode.action.grasp().map_or(0, |g| g.gripper);
    if episode.action.grasp().is_some() && gripper >= grippers {
        return Some(format!("gripper {gripper} is past the {grippers} grippers"));
    }
    if episode.action.motion().is_some_and(|m| m.keys.is_empty()) {
        return Some("the motion has no keys".into());
    }
    None
}
