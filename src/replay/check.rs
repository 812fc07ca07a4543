//! Whether a recording can be drawn.
//!
//! Owns [`Recording::checked`], which every constructor ends with, so that no format has to look
//! at numbers or words again. What a terminal would obey in words is written out; refuses to repair anything else.

use super::{LARGEST_M, LATEST_S, RecordedFrame, Recording, ReplayError};
use crate::pose::Pose;
use crate::scene::task::visible;

impl Recording {
    /// The recording itself, with all its words visible, when everything in it can be drawn.
    ///
    /// # Errors
    /// When it is empty, holds a number that is not finite or too large, or contradicts itself.
    pub fn checked(mut self) -> Result<Self, ReplayError> {
        // First of all, since errors name boxes too.
        self.words_mut().for_each(|word| *word = visible(word));
        if self.boxes.is_empty() && self.fixtures.is_empty() {
            return Err(ReplayError::Empty { what: "boxes" });
        }
        if self.frames.is_empty() {
            return Err(ReplayError::Empty { what: "frames" });
        }
        let sizes = self.boxes.iter().map(|b| (&b.id, b.size));
        for (id, size) in sizes.chain(self.fixtures.iter().map(|f| (&f.id, f.size))) {
            if !size.iter().all(|&x| x > 0.0 && x < LARGEST_M) {
                let what = format!("the size of {id}");
                return Err(ReplayError::NotDrawable { what });
            }
        }
        for fixture in &self.fixtures {
            check_pose(&fixture.pose, || format!("the pose of {}", fixture.id))?;
        }
        self.check_frames(&self.frames)?;
        self.check_frames(&self.imagined)?;
        self.check_references()?;
        Ok(self)
    }

    /// Everything in it that is read: a plan or a task file from elsewhere may have any sign in it.
    fn words_mut(&mut self) -> impl Iterator<Item = &mut String> {
        let boxes = self.boxes.iter_mut().map(|b| &mut b.id);
        let fixtures = self.fixtures.iter_mut().map(|f| &mut f.id);
        let steps = self.steps.iter_mut().map(|s| &mut s.title);
        let events = self.events.iter_mut().map(|e| &mut e.text);
        let named = boxes.chain(fixtures).chain(steps).chain(events);
        std::iter::once(&mut self.title).chain(named)
    }

    fn check_frames(&self, frames: &[RecordedFrame]) -> Result<(), ReplayError> {
        let mut before = f64::NEG_INFINITY;
        for (index, frame) in frames.iter().enumerate() {
            check_time(frame.t, || format!("the time of frame {index}"))?;
            let problem = if frame.t < before {
                "goes back in time".to_owned()
            } else if frame.boxes.len() != self.boxes.len() {
                format!("has {} of {} boxes", frame.boxes.len(), self.boxes.len())
            } else if frame.step >= self.steps.len().max(1) {
                format!("belongs to step {}, which is not there", frame.step)
            } else {
                String::new()
            };
            if !problem.is_empty() {
                let what = format!("frame {index} {problem}");
                return Err(ReplayError::Inconsistent { what });
            }
            before = frame.t;
            for (spec, pose) in self.boxes.iter().zip(&frame.boxes) {
                if let Some(pose) = pose {
                    check_pose(pose, || format!("the pose of {} in frame {index}", spec.id))?;
                }
            }
            if let Some(hand) = &frame.hand {
                check_pose(hand, || format!("the hand's pose in frame {index}"))?;
            }
        }
        Ok(())
    }

    fn check_references(&self) -> Result<(), ReplayError> {
        let in_steps = self.steps.iter().filter_map(|s| s.target);
        let in_events = self.events.iter().filter_map(|e| e.box_index);
        let all = self
            .targets
            .iter()
            .copied()
            .chain(in_steps)
            .chain(in_events);
        for index in all {
            if index >= self.boxes.len() {
                let what = format!("box {index} is not there");
                return Err(ReplayError::Inconsistent { what });
            }
        }
        self.events.iter().try_for_each(|event| {
            check_time(event.t, || {
                format!("the time of the accident '{}'", event.text)
            })
        })
    }
}

impl ReplayError {
    /// The same with all its words visible, for errors that quote a file.
    pub(super) fn visibly(self) -> Self {
        match self {
            Self::NotDrawable { what } => Self::NotDrawable {
                what: visible(&what),
            },
            Self::OffClock { what } => Self::OffClock {
                what: visible(&what),
            },
            Self::Inconsistent { what } => Self::Inconsistent {
                what: visible(&what),
            },
            Self::Plan { what, remedy } => Self::Plan {
                what: visible(&what),
                remedy,
            },
            Self::Empty { what } => Self::Empty { what },
        }
    }
}

fn check_pose(pose: &Pose, what: impl Fn() -> String) -> Result<(), ReplayError> {
    let near = |x: &f64| x.is_finite() && x.abs() <= LARGEST_M;
    let turn = pose.rotation.coords.norm();
    if pose.translation.vector.iter().all(near) && (turn - 1.0).abs() < 1e-3 {
        Ok(())
    } else {
        Err(ReplayError::NotDrawable { what: what() })
    }
}

fn check_time(t: f64, what: impl Fn() -> String) -> Result<(), ReplayError> {
    // What is no number is not within it either.
    if t.abs() <= LATEST_S {
        Ok(())
    } else {
        Err(ReplayError::OffClock { what: what() })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pose::{Vec3, level};
    use crate::replay::tests::two_boxes;

    #[test]
    fn a_sound_recording_passes_and_a_pose_that_is_not_finite_does_not() {
        assert!(two_boxes().checked().is_ok());
        let mut bad = two_boxes();
        bad.frames[3].boxes[0] = Some(level(Vec3::new(f64::NAN, 0.0, 0.0), 0.0));
        let error = bad.checked().unwrap_err();
        assert_eq!(
            error.to_string(),
            "the pose of lower in frame 3 is not a finite number within 1000 m"
        );
    }

    #[test]
    fn a_time_that_is_not_finite_or_too_large_is_told_in_seconds() {
        for t in [f64::NAN, f64::INFINITY, 1e7, -1e7] {
            let mut frame = two_boxes();
            frame.frames[8].t = t;
            let mut accident = two_boxes();
            accident.events[0].t = t;
            for (bad, what) in [(frame, "frame 8"), (accident, "the accident 'tilt: lower")] {
                let told = bad.checked().unwrap_err().to_string();
                assert!(told.contains(&format!("the time of {what}")), "{told}");
                assert!(told.ends_with("within 1000000 s"), "{told}");
            }
        }
    }

    #[test]
    fn no_frames_and_time_that_runs_backwards_are_typed_errors() {
        let mut empty = two_boxes();
        empty.frames.clear();
        assert_eq!(
            empty.checked().unwrap_err(),
            ReplayError::Empty { what: "frames" }
        );
        let mut backwards = two_boxes();
        backwards.frames[4].t = 0.1;
        assert!(matches!(
            backwards.checked().unwrap_err(),
            ReplayError::Inconsistent { .. }
        ));
        let mut stranger = two_boxes();
        stranger.targets = vec![7];
        assert!(stranger.checked().is_err());
    }
}
