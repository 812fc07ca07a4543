//! The largest nudge or push in a direction that is still safe.
//!
//! Owns [`largest_safe`]: a ladder of sizes in one batch, then a finer ladder between the last
//! safe rung and the first unsafe one; what lies beyond an unsafe rung does not count, however
//! safe it looks. Who imagined it, looking more closely, and a second physics take it down rung by rung
//! until they agree; where they never do, no size is called safe.

use crate::dynamics::{Dynamics, DynamicsError, Imagined, SceneDynamics};
use crate::pose::Vec3;
use crate::rollout::Action;
use crate::scene::Workcell;

/// Rungs of a ladder.
const RUNGS: usize = 16;
/// Ladders, each within a rung of the one before.
const ROUNDS: usize = 2;
/// Strides of a trajectory that only its risk is asked of.
const HORIZON: usize = 1;
/// How often somebody may object before nothing counts as safe.
const CONFIRMATIONS: usize = 6;

/// What is done to a box, up to its size.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Poke {
    /// A nudge along this direction; its size in metres.
    Nudge,
    /// A push along this direction; its size in newtons.
    Push,
}

impl Poke {
    /// The unit of its size.
    pub fn unit(self) -> &'static str {
        match self {
            Self::Nudge => "m",
            Self::Push => "N",
        }
    }

    /// The largest size that is looked at where no larger one was asked about: half a metre, or 400 N.
    fn largest(self) -> f64 {
        match self {
            Self::Nudge => 0.5,
            Self::Push => 400.0,
        }
    }

    /// The action of this size along the unit vector `direction`.
    pub fn action(self, box_index: usize, direction: Vec3, size: f64) -> Action {
        match self {
            Self::Nudge => Action::Nudge {
                box_index,
                by: direction * size,
            },
            Self::Push => Action::Push {
                box_index,
                force: direction * size,
            },
        }
    }
}

/// What [`largest_safe`] found.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct LargestSafe {
    /// m or N; 0 when not even the smallest rung is safe.
    pub value: f64,
    /// Whether all who were asked agree; `None` when there is no second physics to ask and the first does.
    pub confirmed: Option<bool>,
    /// Whether it is the largest that was looked at, and larger ones may be safe as well.
    pub at_least: bool,
}

/// A size that was asked about, and what was found of it: what is found here must not say otherwise.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Asked {
    /// m or N.
    pub size: f64,
    /// Whether it is safe.
    pub is_safe: bool,
}

/// A poke of one box along one direction, whatever its size.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Line {
    /// Nudge or push.
    pub poke: Poke,
    /// Index into the scene's boxes.
    pub box_index: usize,
    /// Unit vector.
    pub direction: Vec3,
}

/// The largest size along `line` that is safe, and whether `confirm` agrees. Where the `asked` one is safe it is that,
/// or the last rung above it up to which everything is judged safe; where not, the last such rung below it.
///
/// # Errors
/// When the second physics cannot take the scene in.
pub fn largest_safe(
    scene: &dyn SceneDynamics,
    workcell: &Workcell,
    line: &Line,
    asked: Asked,
    confirm: Option<&dyn Dynamics>,
    seed: u64,
) -> Result<LargestSafe, DynamicsError> {
    let max_risk = workcell.safety.max_risk;
    let largest = line.poke.largest();
    let top = match asked.is_safe {
        true => largest.max(asked.size),
        false => largest.min(asked.size),
    };
    let floor = if asked.is_safe { asked.size } else { 0.0 };
    let mut low = floor;
    let mut high = Some(top);
    let mut step = top;
    for _ in 0..ROUNDS {
        let Some(end) = high else { break };
        step = (end - low) / RUNGS as f64;
        let may_be = |size: f64| asked.is_safe || size < asked.size - 0.5 * step;
        (low, high) = climb(scene, line, (low, step), max_risk, may_be);
    }
    let at_least = high.is_none();
    let confirmed = confirm.map(|c| c.believe(workcell, seed)).transpose()?;
    let judge = |action: &Action| {
        let actions = std::slice::from_ref(action);
        let imagined = scene.imagine(actions, HORIZON).pop();
        let safe = |i: &Imagined| i.risk.is_valid() && i.risk.bound <= max_risk;
        imagined.is_some_and(|i| i.as_ref().is_ok_and(safe))
    };
    // Down by a tenth or a rung, whichever is more, each time that somebody objects: who imagined it, looking
    // more closely, or the second physics.
    for tries in 0..CONFIRMATIONS {
        if low <= floor {
            break;
        }
        let action = line.poke.action(line.box_index, line.direction, low);
        let agreed = confirmed.as_ref().map(|second| {
            let mut seen = second.screen(std::slice::from_ref(&action));
            seen.pop()
                .is_some_and(|r| r.is_ok_and(|r| r.risk <= max_risk))
        });
        if agreed != Some(false) && judge(&action) {
            return Ok(LargestSafe {
                value: low,
                confirmed: agreed,
                at_least: at_least && tries == 0,
            });
        }
        low = (low - step.max(0.1 * low)).max(floor);
    }
    if asked.is_safe {
        return Ok(LargestSafe {
            value: floor,
            // Whoever found it safe was asked the same.
            confirmed: confirm.is_some().then_some(true),
            at_least: at_least && floor >= top,
        });
    }
    // That no size at all is safe needs nobody's word; that so many were objected to is no agreement.
    let objected = low > 0.0 || confirmed.is_some();
    Ok(LargestSafe {
        value: 0.0,
        confirmed: objected.then_some(false),
        at_least: false,
    })
}

/// The last safe rung above `low`, and the first after it that is not; none where all are.
fn climb(
    scene: &dyn SceneDynamics,
    line: &Line,
    (low, step): (f64, f64),
    max_risk: f64,
    may_be: impl Fn(f64) -> bool,
) -> (f64, Option<f64>) {
    let sizes: Vec<f64> = (1..=RUNGS).map(|i| low + step * i as f64).collect();
    let actions: Vec<Action> = sizes
        .iter()
        .map(|s| line.poke.action(line.box_index, line.direction, *s))
        .collect();
    let mut safe = low;
    for (size, risk) in sizes.iter().zip(scene.screen(&actions)) {
        let is_safe = risk.is_ok_and(|r| r.is_valid() && r.bound <= max_risk);
        if !is_safe || !may_be(*size) {
            return (safe, Some(*size));
        }
        safe = *size;
    }
    (safe, None)
}
