//! The colours of everything and how a probability is written, in one place: page, pictures and reports look alike.
//!
//! Owns roles and their colours (sRGB), and [`percent`]. A box keeps its tint whatever the format, since it follows
//! from its place in the scene alone.

use super::{RecordedFixture, Recording};

/// sRGB, 0 to 255.
pub type Rgb = [u8; 3];

/// Cardboard comes in more than one brown.
const CARDBOARD: [Rgb; 5] = [
    [206, 164, 112],
    [190, 146, 96],
    [217, 180, 132],
    [198, 154, 100],
    [182, 140, 98],
];
/// What is wanted.
pub const TARGET: Rgb = [64, 148, 204];
/// What had an accident.
pub const ACCIDENT: Rgb = [214, 72, 64];
/// What was expected.
pub const GHOST: Rgb = [120, 92, 220];
/// A pallet or a shelf board.
const WOOD: Rgb = [176, 148, 112];
/// Any other fixture.
const STEEL: Rgb = [150, 158, 168];
/// The hand's metal.
pub const HAND: Rgb = [98, 108, 124];
/// The hand's rubber.
pub const RUBBER: Rgb = [236, 138, 48];
/// The floor.
pub const FLOOR: Rgb = [226, 229, 233];
/// Where the floor ends.
pub const SKY: Rgb = [243, 245, 247];

/// A probability in per cent, with as many digits as it deserves.
pub fn percent(p: f64) -> String {
    let p = 100.0 * p;
    if p > 0.0 && p < 0.1 {
        "<0.1 %".to_owned()
    } else if p < 9.95 {
        format!("{p:.1} %")
    } else {
        format!("{p:.0} %")
    }
}

/// The colour of box `index` before anything happens to it and while it is not acted on.
pub fn box_colour(recording: &Recording, index: usize) -> Rgb {
    if recording.targets.contains(&index) {
        TARGET
    } else {
        // Neighbours in a list often touch; a step of two through five tints parts them.
        CARDBOARD[(index * 2) % CARDBOARD.len()]
    }
}

/// The colour of box `index` at time `t`, during `step`.
pub fn box_colour_at(recording: &Recording, index: usize, t: f64, step: usize) -> Rgb {
    let hurt = recording.events_by(t).iter();
    if hurt.filter_map(|e| e.box_index).any(|b| b == index) {
        return ACCIDENT;
    }
    match recording.steps.get(step).and_then(|s| s.target) {
        Some(target) if target == index => TARGET,
        _ => box_colour(recording, index),
    }
}

/// The colour of a fixture: wood where it is a flat board near level, else steel.
pub fn fixture_colour(fixture: &RecordedFixture) -> Rgb {
    let (thin, wide) = (fixture.size.z, fixture.size.x.max(fixture.size.y));
    if thin < 0.3 * wide { WOOD } else { STEEL }
}
