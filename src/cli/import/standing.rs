//! From a packing to a stack that stands: settled in the sandbox, without what falls.
//!
//! Packing algorithms do not ask whether a box stands. Owns the search for the box that starts a
//! fall, and what is done about it. Refuses to move a box anywhere but where it settles.

use clap::ValueEnum;
use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;
use serde::Serialize;

use crate::rollout::AccidentKind;
use crate::sandbox::{self, SandboxError};
use crate::scene::import::ImportedStack;

/// How long a stack may take to sink into place, s.
const SETTLE_S: f64 = 10.0;
/// In a stack that falls, the first box tilted by this starts it: more than settling tilts, rad.
const CULPRIT_TILT_RAD: f64 = 0.06;
/// The fewest boxes that are still a stack once some fell.
const BOXES_MIN: usize = 3;

/// What becomes of a stack in which a box falls.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Falling {
    /// The box is left out, and what rests on it; the rest is tried again
    LeaveOut,
    /// The stack gets no file
    Skip,
}

/// A box that falls, and how.
#[derive(Debug, Serialize)]
pub(super) struct Faller {
    /// Its name.
    #[serde(rename = "box")]
    pub id: String,
    /// In words.
    pub how: String,
}

/// What is left of a stack.
pub(super) struct Standing {
    /// It settled, so that a draw of its belief stands; or why there is no such stack.
    pub stack: Result<ImportedStack, String>,
    /// What was left out on the way, in the order in which it fell.
    pub fallers: Vec<Faller>,
}

/// What goes wrong first.
enum Fault {
    /// This box falls, in these words.
    Falls(usize, String),
    /// This box is crushed while it only stands.
    Crushed(usize),
}

/// `stack` settled; `seed` is that of the draw that has to stand afterwards.
pub(super) fn stand(mut stack: ImportedStack, falling: Falling, seed: u64) -> Standing {
    let mut fallers = Vec::new();
    let stack = loop {
        match settle(&stack, seed) {
            Err(why) => break Err(why),
            Ok((settled, None)) => break Ok(settled),
            // The data's own packing crushes it, so what the data says it bears cannot be meant so.
            Ok((_, Some(Fault::Crushed(index)))) => {
                let spec = &mut stack.workcell.scene.boxes[index];
                spec.max_force_n = None;
                stack.overloaded.push(spec.id.clone());
            }
            Ok((_, Some(Fault::Falls(index, how)))) => {
                let id = stack.workcell.scene.boxes[index].id.clone();
                fallers.push(Faller { id, how });
                if falling == Falling::Skip {
                    break Err("a box falls".into());
                }
                stack = stack.without(index);
                if stack.workcell.scene.boxes.len() < BOXES_MIN {
                    break Err("too few boxes stand".into());
                }
            }
        }
    };
    Standing { stack, fallers }
}

/// The stack after it sank into place, and what went wrong on the way or in every draw.
fn settle(stack: &ImportedStack, seed: u64) -> Result<(ImportedStack, Option<Fault>), String> {
    let settled = sandbox::settle(&stack.workcell, SETTLE_S).map_err(|e| e.to_string())?;
    let mut rest = stack.clone();
    for (spec, pose) in rest.workcell.scene.boxes.iter_mut().zip(settled.poses) {
        spec.pose = pose;
    }
    if settled.first_mover.is_some() {
        let culprit = culprit(stack)?.or(settled.first_mover);
        return Ok((rest, culprit.map(|(index, how)| Fault::Falls(index, how))));
    }
    let rng = &mut ChaCha8Rng::seed_from_u64(seed);
    match sandbox::draw(&rest.workcell, rng) {
        Ok(_) => Ok((rest, None)),
        Err(SandboxError::DoesNotStand { id, kind, tries }) => {
            let index = rest.workcell.scene.box_index(&id);
            let index = index.ok_or_else(|| format!("`{id}` {}", kind.verb()))?;
            let crushable = rest.workcell.scene.boxes[index].max_force_n.is_some();
            let fault = if kind == AccidentKind::Crush && crushable {
                Fault::Crushed(index)
            } else {
                let verb = kind.verb();
                let how = format!("most often {verb} first in {tries} draws, and none stands");
                Fault::Falls(index, how)
            };
            Ok((rest, Some(fault)))
        }
        Err(other) => Err(other.to_string()),
    }
}

/// The box that starts a fall, which is seldom the one that has moved farthest: the first that
/// tilts a little.
fn culprit(stack: &ImportedStack) -> Result<Option<(usize, String)>, String> {
    let mut strict = stack.workcell.clone();
    strict.safety.max_tilt = CULPRIT_TILT_RAD;
    let settled = sandbox::settle(&strict, SETTLE_S).map_err(|e| e.to_string())?;
    Ok(settled.first_mover)
}
