//! The largest nudge or push in a direction that is still safe.
//!
//! Owns [`largest_safe`]: a ladder of sizes, then a finer one between the last safe rung and the first unsafe one. The rungs are
//! the same whatever was asked about, so that the answer is, unless what was found of that contradicts it; what lies beyond an
//! unsafe rung does not count, however safe it looks. Whether a rung is safe is for whoever asks to say: the one who said so of
//! the size that was asked about.

use crate::pose::Vec3;
use crate::rollout::Action;

/// Rungs of a ladder.
const RUNGS: usize = 16;

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

impl Line {
    /// The action of this size, m or N.
    pub fn action(&self, size: f64) -> Action {
        let (box_index, vector) = (self.box_index, self.direction * size);
        match self.poke {
            Poke::Nudge => Action::Nudge {
                box_index,
                by: vector,
            },
            Poke::Push => Action::Push {
                box_index,
                force: vector,
            },
        }
    }
}

/// What [`largest_safe`] found.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct LargestSafe {
    /// m or N; 0 when not even the smallest rung is safe.
    pub value: f64,
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

/// The largest size of a poke up to which each rung `is_safe`; where that says otherwise of the `asked` one, that one
/// if it is safe, and else the last rung below it.
///
/// # Errors
/// Those of `is_safe`.
pub fn largest_safe<E>(
    poke: Poke,
    asked: Asked,
    mut is_safe: impl FnMut(f64) -> Result<bool, E>,
) -> Result<LargestSafe, E> {
    let mut passes = |size: f64| match (asked.is_safe, size <= asked.size) {
        (true, true) => Ok(true),
        (false, false) => Ok(false),
        _ => Ok(is_safe(size)? && (asked.is_safe || size < asked.size)),
    };
    let coarse = poke.largest() / RUNGS as f64;
    let low = climb(0.0, coarse, RUNGS, &mut passes)?;
    let at_least = low == RUNGS;
    let mut value = coarse * low as f64;
    if !at_least {
        // The last of these rungs is the one that was not safe.
        let fine = coarse / RUNGS as f64;
        value += fine * climb(value, fine, RUNGS - 1, &mut passes)? as f64;
    }
    let floor = if asked.is_safe { asked.size } else { 0.0 };
    Ok(LargestSafe {
        value: value.max(floor),
        at_least,
    })
}

/// How many of `rungs` above `low` pass one after the other.
fn climb<E>(
    low: f64,
    step: f64,
    rungs: usize,
    mut passes: impl FnMut(f64) -> Result<bool, E>,
) -> Result<usize, E> {
    for rung in 1..=rungs {
        if !passes(low + step * rung as f64)? {
            return Ok(rung - 1);
        }
    }
    Ok(rungs)
}
