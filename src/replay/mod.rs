//! What happened, or would happen, so that a person can watch it.
//!
//! Owns [`Recording`], plain values that every format is written from, and the formats: a page
//! ([`html`]), pictures ([`gif`], [`png`]), a log for Foxglove ([`mcap`]) and text ([`screen`]).
//! Refuses physics: a recording is shown as it is, and where it says that poses are imagined, so
//! does every format. The same recording gives the same bytes.
//!
//! - [`source`]: from a file of any kind to a recording; [`plan_file`], `plan_imagined`, `plan_played`: of a plan;
//!   `approach`: the hand's way in, which an episode does not hold; `check`: that a recording hangs together;
//! - [`timeline`]: any moment between the frames; [`export`]: from a recording to files;
//! - [`viewpoint`], [`camera`], `mesh`, [`draw`], [`raster`], [`picture`]: from poses to pixels, of few colours where it is a
//!   clip ([`quantise`]); [`look`], [`lettering`], [`hand`]: colours, words and the gripper in all of them;
//! - `foxglove`: the messages of the log;
//! - `viewer/`: the page's script, style and markup.

mod approach;
pub mod camera;
mod check;
pub mod draw;
pub mod export;
mod foxglove;
pub mod gif;
pub mod hand;
pub mod html;
pub mod lettering;
pub mod look;
pub mod mcap;
mod mesh;
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
pub mod viewpoint;

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
    /// A time that no clock of a recording shows.
    #[error("{what} is not a finite number within {LATEST_S} s")]
    #[diagnostic(help("the recording is damaged; record it again"))]
    OffClock {
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

/// Later than this, or as long before the clock's start, nothing is shown, s: eleven days.
pub const LATEST_S: f64 = 1e6;

impl Recording {
    /// The first moment, s.
    pub fn start_s(&self) -> f64 {
        self.frames.first().map_or(0.0, |f| f.t)
    }

    /// The last moment, s.
    pub fn end_s(&self) -> f64 {
        self.frames.last().map_or(0.0, |f| f.t)
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
}
