//! What happened, or would happen, so that a person can watch it.
//!
//! Owns [`Recording`], plain values that every format is written from, and the formats: a page
//! ([`html`]), pictures ([`gif`], [`png`]), a log for Foxglove ([`mcap`]) and text ([`screen`]).
//! Refuses physics: a recording is shown as it is, and where it says that poses are imagined, so
//! does every format. The same recording gives the same bytes.

pub mod camera;
pub mod draw;
pub mod export;
pub mod gif;
pub mod hand;
pub mod html;
pub mod lettering;
pub mod look;
pub mod mcap;
pub mod picture;
pub mod plan_file;
mod plan_imagined;
mod plan_played;
pub mod png;
pub mod quantise;
pub mod raster;
pub mod screen;
pub mod source;
pub mod timeline;

use crate::pose::{Pose, Vec3};
use crate::rollout::AccidentKind;
pub use hand::HandShape;

/// Something to watch, of one moment or of many.
#[derive(Clone, Debug, PartialEq)]
pub struct Recording {
    /// One line.
    pub title: String,
    /// Where the poses come from.
    pub origin: Origin,
    /// What can move, `[N]`.
    pub boxes: Vec<RecordedBox>,
    /// What cannot.
    pub fixtures: Vec<RecordedFixture>,
    /// What is wanted: indices into `boxes`.
    pub targets: Vec<usize>,
    /// What is done, in order; empty for a scene that only stands.
    pub steps: Vec<RecordedStep>,
    /// At least one, in order of time.
    pub frames: Vec<RecordedFrame>,
    /// What was expected, beside what happened; the `hand` of these is `None`.
    pub imagined: Vec<RecordedFrame>,
    /// What went wrong, in order of time.
    pub events: Vec<Event>,
}

/// Where a recording's poses come from, which every format says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Origin {
    /// A scene as it is believed to stand.
    Scene,
    /// Measured in the sandbox.
    Sandbox,
    /// Imagined by the planner's dynamics, not carried out.
    Imagined,
}

impl Origin {
    /// As it is shown.
    pub fn name(self) -> &'static str {
        match self {
            Self::Scene => "scene",
            Self::Sandbox => "sandbox",
            Self::Imagined => "imagined",
        }
    }
}

/// A box that can move.
#[derive(Clone, Debug, PartialEq)]
pub struct RecordedBox {
    /// Its name.
    pub id: String,
    /// Full edge lengths, m.
    pub size: Vec3,
}

/// A box that never moves.
#[derive(Clone, Debug, PartialEq)]
pub struct RecordedFixture {
    /// Its name.
    pub id: String,
    /// Full edge lengths, m.
    pub size: Vec3,
    /// Pose of its centre in the world.
    pub pose: Pose,
}

/// One action.
#[derive(Clone, Debug, PartialEq)]
pub struct RecordedStep {
    /// "remove a with suction on its top".
    pub title: String,
    /// The box that is acted on, an index into [`Recording::boxes`].
    pub target: Option<usize>,
    /// The hand, where one takes part.
    pub hand: Option<HandShape>,
    /// P(accident), where it is known.
    pub risk: Option<f64>,
    /// What was held against the limit, where it is known.
    pub risk_bound: Option<f64>,
}

/// Everything at one moment.
#[derive(Clone, Debug, PartialEq)]
pub struct RecordedFrame {
    /// s on the recording's clock.
    pub t: f64,
    /// Index into [`Recording::steps`].
    pub step: usize,
    /// `[N]`; `None` once a box has been carried away.
    pub boxes: Vec<Option<Pose>>,
    /// The hand, while there is one.
    pub hand: Option<Pose>,
}

/// Something that went wrong.
#[derive(Clone, Debug, PartialEq)]
pub struct Event {
    /// s on the recording's clock.
    pub t: f64,
    /// In which way.
    pub kind: AccidentKind,
    /// With which box, an index into [`Recording::boxes`].
    pub box_index: Option<usize>,
    /// Index into [`Recording::steps`].
    pub step: usize,
    /// "tilt: b at 1.25 s".
    pub text: String,
}

/// Why there is nothing to watch.
#[derive(Clone, Debug, PartialEq, thiserror::Error, miette::Diagnostic)]
pub enum ReplayError {
    /// No box, no fixture or no frame.
    #[error("there is nothing to show: no {what}")]
    #[diagnostic(help("record at least one frame of a scene that holds at least one box"))]
    Empty {
        /// What is missing.
        what: &'static str,
    },
    /// A number that cannot be drawn.
    #[error("{what} is not a finite number within {LARGEST_M} m")]
    #[diagnostic(help("the recording is damaged; record it again"))]
    NotDrawable {
        /// Which.
        what: String,
    },
    /// Parts that do not belong together.
    #[error("the recording contradicts itself: {what}")]
    #[diagnostic(help("the recording is damaged; record it again"))]
    Inconsistent {
        /// How.
        what: String,
    },
    /// A plan that cannot be read.
    #[error("{what}")]
    #[diagnostic(help("{remedy}"))]
    Plan {
        /// What is wrong, with line and column where there is one.
        what: String,
        /// What to do about it.
        remedy: String,
    },
}

/// Farther than this from the origin nothing is drawn, m: the size of a warehouse, and far below
/// what would upset the arithmetic of a picture.
pub const LARGEST_M: f64 = 1000.0;

impl Recording {
    /// The recording itself, when everything in it can be drawn.
    ///
    /// # Errors
    /// When it is empty, holds a number that is not finite, or contradicts itself.
    pub fn checked(self) -> Result<Self, ReplayError> {
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

    fn check_frames(&self, frames: &[RecordedFrame]) -> Result<(), ReplayError> {
        let mut before = f64::NEG_INFINITY;
        for (index, frame) in frames.iter().enumerate() {
            if !frame.t.is_finite() || frame.t.abs() > 1e6 {
                let what = format!("the time of frame {index}");
                return Err(ReplayError::NotDrawable { what });
            }
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
        match self.events.iter().find(|e| !e.t.is_finite()) {
            Some(event) => Err(ReplayError::NotDrawable {
                what: format!("the time of the accident '{}'", event.text),
            }),
            None => Ok(()),
        }
    }

    /// The first moment, s.
    pub fn start_s(&self) -> f64 {
        self.frames.first().map_or(0.0, |f| f.t)
    }

    /// The last moment, s.
    pub fn end_s(&self) -> f64 {
        self.frames.last().map_or(0.0, |f| f.t)
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

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use crate::pose::level;

    /// Two boxes on a pallet; the upper one is lifted, the lower one slides and tips.
    pub(crate) fn two_boxes() -> Recording {
        let at = |x: f64, z: f64| level(Vec3::new(x, 0.0, z), 0.0);
        let frame = |t: f64| RecordedFrame {
            t,
            step: 0,
            boxes: vec![
                Some(Pose::new(
                    Vec3::new(0.05 * t, 0.0, 0.25),
                    Vec3::new(0.0, 0.3 * t, 0.0),
                )),
                (t < 1.5).then(|| at(0.0, 0.5 + 0.2 * t)),
            ],
            hand: (t < 1.5).then(|| {
                Pose::from_parts(
                    Vec3::new(0.0, 0.0, 0.6 + 0.2 * t).into(),
                    crate::pose::rotation_with_z(-Vec3::z(), Vec3::x()),
                )
            }),
        };
        let sized = |id: &str| RecordedBox {
            id: id.to_owned(),
            size: Vec3::new(0.4, 0.3, 0.2),
        };
        Recording {
            title: "two boxes".to_owned(),
            origin: Origin::Sandbox,
            boxes: vec![sized("lower"), sized("upper")],
            fixtures: vec![RecordedFixture {
                id: "pallet".to_owned(),
                size: Vec3::new(1.2, 0.8, 0.14),
                pose: at(0.0, 0.07),
            }],
            targets: vec![1],
            steps: vec![RecordedStep {
                title: "remove upper with suction on its top".to_owned(),
                target: Some(1),
                hand: Some(HandShape::Cup { radius_m: 0.04 }),
                risk: Some(0.4),
                risk_bound: Some(0.6),
            }],
            frames: (0..9).map(|k| frame(0.25 * f64::from(k))).collect(),
            imagined: Vec::new(),
            events: vec![Event {
                t: 1.0,
                kind: AccidentKind::Tilt,
                box_index: Some(0),
                step: 0,
                text: "tilt: lower at 1.00 s".to_owned(),
            }],
        }
    }

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
