//! What counts as a fall: one rule for the label that the model learns and for what the sandbox counts.
//!
//! Owns [`Rollout::falls`], and beside it [`Rollout::moves`] and [`Rollout::way`]. They look at the frames that were
//! recorded, so a fall is told from any time of an episode, not from its end alone; a tilt between two frames is known
//! from its accident.

use super::{AccidentKind, Rollout};
use crate::pose::{Vec3, tilt_between};
use crate::scene::geometry::Obb;

impl Rollout {
    /// Whether box `box_index` is disturbed, or its centre is at any time farther than `max_displacement` m from where
    /// it was in the first frame: what a hand does counts like what happens.
    pub fn moves(&self, box_index: usize, max_displacement: f64) -> bool {
        let disturbed =
            |a: &super::Accident| a.kind == AccidentKind::Disturb && a.box_index == box_index;
        self.accidents.iter().any(disturbed)
            || (self.frames.iter()).any(|f| self.way(box_index, f) > max_displacement)
    }

    /// How far the centre of box `box_index` is in `frame` from where it was in the first one, m.
    pub fn way(&self, box_index: usize, frame: &super::Frame) -> f64 {
        let at = |frame: &super::Frame| frame.boxes[box_index].pose.translation.vector;
        self.frames
            .first()
            .map_or(0.0, |first| (at(frame) - at(first)).norm())
    }

    /// Whether box `box_index`, of edges `size`, tilts by more than `max_tilt` rad at any time, or its centre
    /// sinks by more than half its height: how far it reaches down from its centre in the first frame.
    ///
    /// What a hand does counts like what happens: a box that is put down on a lower place has sunk.
    pub fn falls(&self, box_index: usize, size: Vec3, max_tilt: f64) -> bool {
        let tilted = |a: &super::Accident| a.kind == AccidentKind::Tilt && a.box_index == box_index;
        if self.accidents.iter().any(tilted) {
            return true;
        }
        let Some(first) = self.frames.first() else {
            return false;
        };
        let start = &first.boxes[box_index].pose;
        let half_height = Obb::new(size, *start).support(&Vec3::z());
        self.frames.iter().any(|frame| {
            let now = &frame.boxes[box_index].pose;
            let moved = now.translation.vector - start.translation.vector;
            tilt_between(&start.rotation, &now.rotation) > max_tilt || -moved.z > half_height
        })
    }
}

#[cfg(test)]
pub(crate) mod fixture {
    use super::*;
    use crate::pose::Pose;
    use crate::rollout::{BodyState, Frame};

    /// What comes of a single box that is at `poses` one stride after the other, without an accident.
    pub(crate) fn one_box(poses: &[Pose]) -> Rollout {
        let frames = poses.iter().enumerate().map(|(k, &pose)| Frame {
            t: 0.25 * k as f64,
            boxes: vec![BodyState {
                pose,
                linear: Vec3::zeros(),
                angular: Vec3::zeros(),
                force: 0.0,
            }],
            hand: None,
            held: false,
            grip_margin: 1.0,
        });
        Rollout {
            reference: poses[..1].to_vec(),
            frames: frames.collect(),
            accidents: Vec::new(),
            completed: true,
            path_length: 0.0,
            peak_speed: 0.0,
            physics_steps: 0,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::fixture::one_box;
    use super::*;
    use crate::pose::{Pose, Quat, level};
    use crate::rollout::Accident;

    fn at(z: f64) -> Pose {
        level(Vec3::new(0.0, 0.0, z), 0.0)
    }

    /// Of an upright box, 0.2 m by 0.2 m by 0.6 m.
    fn falls(rollout: &Rollout) -> bool {
        rollout.falls(0, Vec3::new(0.2, 0.2, 0.6), 0.2)
    }

    #[test]
    fn an_upright_box_falls_when_it_sinks_by_half_its_height_not_by_half_its_shortest_edge() {
        assert!(!falls(&one_box(&[at(1.3), at(1.1)])));
        assert!(falls(&one_box(&[at(1.3), at(0.99)])));
    }

    #[test]
    fn a_box_that_lies_falls_when_it_sinks_by_half_of_what_stands_up() {
        let lying = |z: f64| {
            let turn = Quat::from_axis_angle(&Vec3::x_axis(), std::f64::consts::FRAC_PI_2);
            Pose::from_parts(Vec3::new(0.0, 0.0, z).into(), turn)
        };
        assert!(falls(&one_box(&[lying(1.3), lying(1.1)])));
    }

    #[test]
    fn a_fall_that_is_over_at_the_end_was_one() {
        let tilted = Pose::from_parts(at(1.3).translation, Quat::from_euler_angles(0.3, 0.0, 0.0));
        assert!(falls(&one_box(&[at(1.3), tilted, at(1.3)])));
        assert!(!falls(&one_box(&[at(1.3), at(1.3)])));
    }

    #[test]
    fn a_tilt_between_two_frames_is_a_fall() {
        let mut between = one_box(&[at(1.3), at(1.3)]);
        between.accidents.push(Accident {
            kind: AccidentKind::Tilt,
            box_index: 0,
            t: 0.1,
        });
        assert!(falls(&between));
    }
}
