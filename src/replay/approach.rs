//! The hand's flight to a box.
//!
//! Owns the frames that are put before those of a recorded episode, which begin when the grip closes: the hand comes in,
//! and the scene stands still meanwhile.

use super::RecordedFrame;
use crate::pose::Pose;

/// How often the flight is shown, s.
const SHOWN_EVERY_S: f64 = 0.1;
/// A flight of more than a minute is shown coarser, not longer.
const MOST_FRAMES: f64 = 600.0;

/// A flight that is over when its step's own frames begin.
pub(super) struct Approach<'a> {
    /// Index into [`super::Recording::steps`].
    pub step: usize,
    /// When the step starts on the recording's clock, s.
    pub start_s: f64,
    /// How long it lasts, s.
    pub until_s: f64,
    /// Where everything stands meanwhile, `[N]`.
    pub standing: &'a [Option<Pose>],
}

impl Approach<'_> {
    /// Its frames; `hand` is asked for times on the step's own clock.
    pub(super) fn frames(&self, hand: impl Fn(f64) -> Option<Pose>) -> Vec<RecordedFrame> {
        if !self.until_s.is_finite() {
            return Vec::new();
        }
        let count = (self.until_s / SHOWN_EVERY_S)
            .ceil()
            .clamp(0.0, MOST_FRAMES) as usize;
        let times = (0..count).map(|k| self.until_s * k as f64 / count as f64);
        times
            .map(|t| RecordedFrame {
                t: self.start_s + t,
                step: self.step,
                boxes: self.standing.to_vec(),
                hand: hand(t),
            })
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn frames(until_s: f64) -> Vec<RecordedFrame> {
        let flight = Approach {
            step: 1,
            start_s: 2.0,
            until_s,
            standing: &[Some(Pose::identity())],
        };
        flight.frames(|_| Some(Pose::identity()))
    }

    #[test]
    fn a_flight_ends_before_its_step_begins_and_a_long_one_is_shown_coarser() {
        let shown = frames(0.95);
        assert_eq!((shown.len(), shown[0].t, shown[0].step), (10, 2.0, 1));
        assert!(shown.iter().all(|f| f.t < 2.95));
        assert_eq!(frames(3600.0).len(), 600);
        for none in [0.0, -1.0, f64::NAN, f64::INFINITY] {
            assert!(frames(none).is_empty(), "{none}");
        }
    }
}
