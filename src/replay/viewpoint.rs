//! From which side a recording is best seen.
//!
//! Owns the choice among four sides: the one from which most of what matters is in sight at the
//! start, at the telling moment and at the end. A wall of a shelf hides everything from one side
//! and nothing from another.

use super::camera::Camera;
use super::draw::Painter;
use super::{Recording, png};

/// The sides, the usual one first; rad about the vertical from +x.
const SIDES_RAD: [f64; 4] = [-0.95, 0.62, -2.52, 2.19];
/// Another side has to show this much more than the usual one.
const WORTH_IT: f64 = 1.25;
/// A picture of this size tells enough.
const SMALL_PX: [u32; 2] = [80, 60];

/// The azimuth of the side that shows most, rad.
pub fn clearest_azimuth_rad(recording: &Recording) -> f64 {
    let mut best = (
        SIDES_RAD[0],
        in_sight(recording, SIDES_RAD[0]) as f64 * WORTH_IT,
    );
    for side in &SIDES_RAD[1..] {
        let seen = in_sight(recording, *side) as f64;
        if seen > best.1 {
            best = (*side, seen);
        }
    }
    best.0
}

/// Pixels that show a box that matters, over three moments.
fn in_sight(recording: &Recording, azimuth_rad: f64) -> usize {
    let camera = Camera::fitted(recording, azimuth_rad, SMALL_PX, [0, 0]);
    let painter = Painter::new(recording, camera, SMALL_PX);
    let telling = png::telling_moment_s(recording);
    let moments = [recording.start_s(), telling, recording.end_s()];
    let shown = if recording.frames.len() > 1 { 3 } else { 1 };
    moments[..shown]
        .iter()
        .map(|&t| {
            let boxes = painter.paint(&recording.at(t)).boxes;
            let seen = boxes.iter().flatten();
            seen.filter(|&&index| matters(recording, index)).count()
        })
        .sum()
}

/// Whether something is done to a box or happened to it; every box where that is true of none.
fn matters(recording: &Recording, index: usize) -> bool {
    let acted = recording.steps.iter().filter_map(|s| s.target);
    let hurt = recording.events.iter().filter_map(|e| e.box_index);
    let mut named = acted
        .chain(hurt)
        .chain(recording.targets.iter().copied())
        .peekable();
    named.peek().is_none() || named.any(|b| b == index)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pose::{Vec3, level};
    use crate::replay::RecordedFixture;
    use crate::replay::tests::two_boxes;

    #[test]
    fn a_wall_in_front_of_the_usual_side_makes_another_side_the_better_one() {
        let mut recording = two_boxes();
        assert_eq!(clearest_azimuth_rad(&recording), SIDES_RAD[0]);
        // Across the line from the usual camera to the boxes.
        let towards = Vec3::new(SIDES_RAD[0].cos(), SIDES_RAD[0].sin(), 0.0);
        recording.fixtures.push(RecordedFixture {
            id: "wall".to_owned(),
            size: Vec3::new(0.05, 2.0, 1.6),
            pose: level(towards * 0.9 + Vec3::new(0.0, 0.0, 0.8), SIDES_RAD[0]),
        });
        assert_ne!(clearest_azimuth_rad(&recording), SIDES_RAD[0]);
    }
}
