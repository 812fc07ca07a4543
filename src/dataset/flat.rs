//! Vectors and poses as flat lists of numbers, the way the ragged columns hold them.
//!
//! Owns the order of the numbers: `[x, y, z]` for a vector, `[x, y, z, w]` for a rotation, one
//! after the other for each box. Rotations keep their bits on the way out and back; one that is
//! not of length 1 is refused.

use nalgebra::Translation3;

use super::DatasetError;
use super::columns::TableBuilder;
use super::table::{NumberLists, Table};
use crate::pose::{Pose, Vec3, rotation_from_normalised};

/// `[3N]`.
pub(super) fn vectors<'a>(vectors: impl IntoIterator<Item = &'a Vec3>) -> Vec<f64> {
    vectors
        .into_iter()
        .flat_map(|v| v.iter().copied())
        .collect()
}

/// `[3N]` positions and `[4N]` rotations of `poses`.
fn split<'a>(poses: impl Iterator<Item = &'a Pose>) -> (Vec<f64>, Vec<f64>) {
    let mut positions = Vec::new();
    let mut rotations = Vec::new();
    for pose in poses {
        positions.extend_from_slice(pose.translation.vector.as_slice());
        rotations.extend_from_slice(pose.rotation.coords.as_slice());
    }
    (positions, rotations)
}

/// `[7]`: position, then rotation.
pub(super) fn pose(pose: &Pose) -> Vec<f64> {
    let (mut flat, rotation) = split(std::iter::once(pose));
    flat.extend(rotation);
    flat
}

/// The vectors of a flat list whose length was checked.
pub(super) fn to_vectors(flat: &[f64]) -> Vec<Vec3> {
    flat.chunks_exact(3).map(Vec3::from_column_slice).collect()
}

/// The pose of three numbers and four.
fn to_pose(column: &NumberLists, row: usize, p: &[f64], q: &[f64]) -> Result<Pose, DatasetError> {
    let rotation = rotation_from_normalised([q[0], q[1], q[2], q[3]])
        .map_err(|e| column.wrong(row, &format!("holds a wrong rotation: {e}")))?;
    let position = Vec3::from_column_slice(p);
    Ok(Pose::from_parts(Translation3::from(position), rotation))
}

/// Two columns, `{prefix}position` and `{prefix}rotation`, of many poses a row.
pub(super) fn write_poses(builder: &mut TableBuilder, prefix: &str, rows: Vec<Option<Vec<Pose>>>) {
    let (positions, rotations): (Vec<_>, Vec<_>) = rows
        .iter()
        .map(|row| row.as_ref().map(|poses| split(poses.iter())).unzip())
        .unzip();
    builder.number_lists(&format!("{prefix}position"), positions.into_iter());
    builder.number_lists(&format!("{prefix}rotation"), rotations.into_iter());
}

/// The two columns that [`write_poses`] wrote.
pub(super) struct PoseLists<'a> {
    positions: NumberLists<'a>,
    rotations: NumberLists<'a>,
}

impl<'a> PoseLists<'a> {
    pub fn of(table: &'a Table, prefix: &str) -> Result<Self, DatasetError> {
        Ok(Self {
            positions: table.number_lists(&format!("{prefix}position"))?,
            rotations: table.number_lists(&format!("{prefix}rotation"))?,
        })
    }

    /// The row's poses, of which there have to be `len`.
    pub fn row(&self, row: usize, len: usize) -> Result<Vec<Pose>, DatasetError> {
        let positions = self.positions.row(row, 3 * len)?.chunks_exact(3);
        let rotations = self.rotations.row(row, 4 * len)?.chunks_exact(4);
        positions
            .zip(rotations)
            .map(|(p, q)| to_pose(&self.rotations, row, p, q))
            .collect()
    }
}

/// A pose in one nullable column of seven numbers.
pub(super) fn one_pose(column: &NumberLists, row: usize) -> Result<Option<Pose>, DatasetError> {
    match column.open_row(row)? {
        None => Ok(None),
        Some(flat) if flat.len() == 7 => to_pose(column, row, &flat[..3], &flat[3..]).map(Some),
        Some(flat) => Err(column.wrong(row, &format!("has {} numbers, not 7", flat.len()))),
    }
}
