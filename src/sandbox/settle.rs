//! The settling of stacks that somebody else placed.
//!
//! Owns [`settle`]: imported placements float a few centimetres or overlap a little, so moving is no fault here, but
//! what travels or tilts far is told. Whether what comes of it stands is for [`super::stand`] to say.

use super::SandboxError;
use super::engine::Engine;
use super::stand::{Calm, nominal, steps};
use crate::pose::{Pose, tilt_between};
use crate::scene::Workcell;

/// How far a box may travel while it settles, m.
const FAR_M: f64 = 0.15;

/// What became of a stack that was placed by somebody else.
#[derive(Clone, Debug, PartialEq)]
pub struct SettleReport {
    /// `[N]`: where each box came to rest, or was last seen.
    pub poses: Vec<Pose>,
    /// The box that moved too far first, and how; `None` where nothing fell on the way.
    pub first_mover: Option<(usize, String)>,
}

/// Lets a stack sink into place from its nominal poses (means of mass, friction, centre of mass).
///
/// No box is to tilt more than `max_tilt` or to travel more than 0.15 m.
///
/// # Errors
/// When the engine lost a body.
pub fn settle(workcell: &Workcell, seconds: f64) -> Result<SettleReport, SandboxError> {
    let scene = &workcell.scene;
    let mut engine = Engine::new(scene, &nominal(scene), 1);
    let mut calm = Calm::default();
    let mut first_mover = None;
    for step in 0..steps(&engine, seconds) {
        engine.step()?;
        let t = (step + 1) as f64 * engine.dt();
        if first_mover.is_none() {
            first_mover = gone_far(workcell, &engine, t);
        }
        if t > 0.5 && calm.asleep(&engine) {
            break;
        }
    }
    Ok(SettleReport {
        poses: (0..scene.boxes.len())
            .map(|i| engine.box_pose(i).unwrap_or(scene.boxes[i].pose))
            .collect(),
        first_mover,
    })
}

/// The first box that is too far from its nominal pose after `t` seconds, and how.
fn gone_far(workcell: &Workcell, engine: &Engine, t: f64) -> Option<(usize, String)> {
    let mut boxes = workcell.scene.boxes.iter().enumerate();
    boxes.find_map(|(i, spec)| {
        let pose = engine.box_pose(i)?;
        let moved = (pose.translation.vector - spec.pose.translation.vector).norm();
        let tilt = tilt_between(&spec.pose.rotation, &pose.rotation);
        let how = if tilt > workcell.safety.max_tilt {
            format!("tilts by more than {:.0}°", tilt.to_degrees())
        } else if moved > FAR_M {
            format!("moves by more than {FAR_M} m")
        } else {
            return None;
        };
        Some((i, format!("{how} after {t:.1} s")))
    })
}
