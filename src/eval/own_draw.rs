//! The true world of a case: a draw of its belief that stands, from a stream of its own.
//!
//! Owns what is done where few draws of a belief stand and a stream finds none in its tries: some more streams of
//! the same seed are looked through, so that one tight belief does not end a run of thousands. Refuses a belief of
//! which none of them finds a draw that stands.

use crate::sandbox::engine::Engine;
use crate::sandbox::exact::{draw_of, standing_draws};
use crate::sandbox::{self, SandboxError};
use crate::scene::{Draw, Workcell};

/// Streams that are looked through where a stream has no draw that stands.
pub(super) const SPARE_STREAMS: usize = 16;

/// The draw of stream `stream` of `seed`; where none of its tries stands, the first that does of the spare streams.
///
/// # Errors
/// When no draw of any of them stands, or the engine lost a body.
pub(super) fn own_draw(workcell: &Workcell, seed: u64, stream: u64) -> Result<Draw, SandboxError> {
    match draw_of(workcell, seed, stream) {
        Err(SandboxError::DoesNotStand { .. }) => {
            Ok(standing_draws(workcell, seed, SPARE_STREAMS)?.swap_remove(0))
        }
        drawn => drawn,
    }
}

/// The settled world of [`own_draw`].
///
/// # Errors
/// As [`own_draw`].
pub(super) fn own_world(
    workcell: &Workcell,
    seed: u64,
    stream: u64,
) -> Result<Engine, SandboxError> {
    let draw = own_draw(workcell, seed, stream)?;
    sandbox::settled(workcell, &draw, 1)
}

#[cfg(test)]
pub(super) mod tight {
    //! A belief of which one draw in some dozens stands, so that some streams find one and some do not.

    use super::*;
    pub(in crate::eval) use crate::grasp::fixtures_for_tests::on_the_edge as belief;
    use crate::pose::Vec3;
    use crate::rollout::Action;

    /// Whether a stream of a seed has no draw that stands.
    pub(in crate::eval) fn falls(workcell: &Workcell, seed: u64, stream: u64) -> bool {
        draw_of(workcell, seed, stream).is_err()
    }

    /// A nudge of that box.
    pub(in crate::eval) fn nudge() -> Action {
        Action::Nudge {
            box_index: 0,
            by: Vec3::new(0.0, 0.01, 0.0),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stream_without_a_draw_that_stands_takes_the_first_of_the_spare_ones() {
        let belief = tight::belief();
        let falls = |seed: &u64| tight::falls(&belief, *seed, 1);
        let seed = (0..32).find(falls).unwrap();
        let spare = standing_draws(&belief, seed, SPARE_STREAMS).unwrap();
        assert_eq!(own_draw(&belief, seed, 1).as_ref(), Ok(&spare[0]));
        assert!(own_world(&belief, seed, 1).is_ok());
    }

    #[test]
    fn a_stream_that_has_a_draw_that_stands_keeps_it() {
        let belief = tight::belief();
        let stands = |seed: &u64| !tight::falls(&belief, *seed, 2);
        let seed = (0..32).find(stands).unwrap();
        assert_eq!(own_draw(&belief, seed, 2), draw_of(&belief, seed, 2));
    }
}
