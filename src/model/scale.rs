//! The scale of imagined poses: linear about what a glance sees, logarithmic beyond.
//!
//! Owns [`to_scale`], [`from_scale`] and [`in_units`]. A box that flies 4 m off must not drown those that slide 4 cm; the median,
//! which the loss seeks, is the same on any ascending scale.

use super::samples::POSE_NUMBERS;

/// The unit of length, m: about it the scale turns from linear to logarithmic.
const UNIT_M: f64 = 0.05;
/// The same of turning, rad.
const UNIT_RAD: f64 = 0.2;
/// Numbers are cut here: 27 m.
const NUMBER_MAX: f64 = 7.0;

fn unit(component: usize) -> f64 {
    if component < 3 { UNIT_M } else { UNIT_RAD }
}

/// A displacement (m) and rotation vector (rad) in the scale's units, before it is bent.
pub fn in_units(pose: &[f64; POSE_NUMBERS]) -> [f64; POSE_NUMBERS] {
    std::array::from_fn(|c| pose[c] / unit(c))
}

/// A displacement (m) and rotation vector (rad) on the scale.
pub fn to_scale(pose: &[f64; POSE_NUMBERS]) -> [f32; POSE_NUMBERS] {
    in_units(pose).map(|x| x.asinh().clamp(-NUMBER_MAX, NUMBER_MAX) as f32)
}

/// The metres or radians of a number on the scale for `component`, and how many of them one step on
/// the scale is there.
pub fn from_scale(component: usize, number: f64) -> (f64, f64) {
    let number = number.clamp(-NUMBER_MAX, NUMBER_MAX);
    (
        number.sinh() * unit(component),
        number.cosh() * unit(component),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pose_comes_back_from_the_scale() {
        let pose = [0.001, -0.3, 4.0, 0.01, -3.0, 0.0];
        for (c, number) in to_scale(&pose).into_iter().enumerate() {
            let (back, _) = from_scale(c, f64::from(number));
            assert!((back - pose[c]).abs() < 1e-5 * (1.0 + pose[c].abs()), "{c}");
        }
    }
}
