//! What a recording shows at any moment between its frames.
//!
//! Owns the interpolation: straight for positions, along the great arc for rotations, and none
//! from one step to the next, where the hand jumps home.

use super::{RecordedFrame, Recording};
use crate::pose::{Pose, blend};

/// How long the last thing imagined of a step stays, so that it does not flicker away at once, s.
pub(super) const GRACE_S: f64 = 0.1;

impl Recording {
    /// Everything at time `t`, held still before the first frame and after the last.
    pub fn at(&self, t: f64) -> RecordedFrame {
        moment(&self.frames, t).unwrap_or_else(|| RecordedFrame {
            t,
            step: 0,
            boxes: vec![None; self.boxes.len()],
            hand: None,
        })
    }

    /// What was expected at time `t` of the step that is shown then, if anything was.
    pub fn imagined_at(&self, t: f64, step: usize) -> Option<RecordedFrame> {
        let from = self.imagined.partition_point(|f| f.step < step);
        let to = self.imagined.partition_point(|f| f.step <= step);
        let frames = &self.imagined[from..to.max(from)];
        let (first, last) = (frames.first()?, frames.last()?);
        (t >= first.t - 1e-9 && t <= last.t + GRACE_S)
            .then(|| moment(frames, t))
            .flatten()
    }

    /// The accidents that have happened by time `t`.
    pub fn events_by(&self, t: f64) -> &[super::Event] {
        &self.events[..self.events.partition_point(|e| e.t <= t + 1e-9)]
    }
}

fn moment(frames: &[RecordedFrame], t: f64) -> Option<RecordedFrame> {
    let next = frames.partition_point(|f| f.t <= t);
    let before = frames.get(next.saturating_sub(1))?;
    let same_step = |f: &&RecordedFrame| f.step == before.step;
    let Some(after) = frames.get(next).filter(|_| next > 0).filter(same_step) else {
        return Some(RecordedFrame {
            t,
            ..before.clone()
        });
    };
    let s = ((t - before.t) / (after.t - before.t).max(1e-9)).clamp(0.0, 1.0);
    let mix = |a: &Option<Pose>, b: &Option<Pose>| match (a, b) {
        (Some(a), Some(b)) => Some(blend(a, b, s)),
        (a, _) => *a,
    };
    Some(RecordedFrame {
        t,
        step: before.step,
        boxes: before
            .boxes
            .iter()
            .zip(&after.boxes)
            .map(|(a, b)| mix(a, b))
            .collect(),
        hand: mix(&before.hand, &after.hand),
    })
}

#[cfg(test)]
mod tests {
    use crate::replay::tests::two_boxes;

    #[test]
    fn half_way_between_two_frames_a_box_is_half_way() {
        let recording = two_boxes();
        let x = |t: f64| recording.at(t).boxes[0].unwrap().translation.x;
        assert!((x(0.125) - 0.5 * (x(0.0) + x(0.25))).abs() < 1e-12);
        assert!((x(-5.0) - x(0.0)).abs() < 1e-12);
        assert!((x(99.0) - recording.frames[8].boxes[0].unwrap().translation.x).abs() < 1e-12);
    }

    #[test]
    fn a_box_that_was_carried_away_stays_away() {
        let recording = two_boxes();
        assert!(recording.at(1.4).boxes[1].is_some());
        assert!(recording.at(1.6).boxes[1].is_none());
    }

    #[test]
    fn nothing_is_interpolated_from_one_step_to_the_next() {
        let mut recording = two_boxes();
        recording.steps.push(recording.steps[0].clone());
        for frame in &mut recording.frames[4..] {
            frame.step = 1;
        }
        let held = recording.at(0.9).boxes[0].unwrap();
        assert_eq!(held, recording.frames[3].boxes[0].unwrap());
    }

    #[test]
    fn accidents_count_from_their_moment_on() {
        let recording = two_boxes();
        assert!(recording.events_by(0.99).is_empty());
        assert_eq!(recording.events_by(1.0).len(), 1);
    }
}
