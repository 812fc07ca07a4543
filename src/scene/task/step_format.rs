//! Lists of steps exactly as they are written (design, section 3), read, checked and described
//! by the same types, as task files are in `format`.

use garde::Validate;
use schemars::{JsonSchema, Schema, SchemaGenerator};
use serde::Deserialize;

use super::format::{GripperKind, PoseBlock};
use super::kinds::step_kinds;
use crate::scene::geometry::Face;

/// Somebody's plan for a task, to be vetted.
#[derive(Debug, Deserialize, JsonSchema, Validate)]
#[serde(deny_unknown_fields)]
#[schemars(title = "topple step list", rename = "Steps")]
pub(super) struct StepsDocument {
    /// The version of this format: 1.
    #[garde(range(min = 1, max = 1))]
    #[allow(
        dead_code,
        reason = "checked before the typed pass, kept for the schema"
    )]
    pub version: u64,
    /// What to do, in order.
    #[garde(length(min = 1, max = 1000), dive)]
    pub steps: Vec<StepBlock>,
}

/// One step: `remove` a box, or `place` it `at` a pose.
#[derive(Debug, Deserialize, JsonSchema, Validate)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "Step", transform = step_kinds)]
pub(super) struct StepBlock {
    /// The id of the box to take away.
    #[garde(skip)]
    pub remove: Option<String>,
    /// The id of the box to put somewhere else.
    #[garde(skip)]
    pub place: Option<String>,
    /// Where to put it.
    #[garde(dive)]
    pub at: Option<PoseBlock>,
    /// How to grip it. Left out: as topple thinks best.
    #[garde(dive)]
    pub by: Option<ByBlock>,
}

/// How a box is gripped.
#[derive(Debug, Deserialize, JsonSchema, Validate)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "By")]
pub(super) struct ByBlock {
    /// suction or parallel_jaw.
    #[garde(skip)]
    pub gripper: GripperKind,
    /// The face that the hand approaches, in the box's own frame: front is +x, left +y, top +z.
    #[garde(skip)]
    #[schemars(schema_with = "face_schema")]
    pub face: Face,
}

fn face_schema(_: &mut SchemaGenerator) -> Schema {
    schemars::json_schema!({
        "type": "string", "enum": Face::ALL.map(Face::name),
    })
}
