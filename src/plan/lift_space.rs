//! A lift as a vector: what the samplers search over.
//!
//! Owns the map between [`Lift`] and the box `[-1, 1]^7`, centred on a base lift, so that the
//! middle of the box is a lift that was already screened.

use crate::motion::Lift;
use crate::pose::Vec3;

/// Length of a sample.
pub const DIMENSIONS: usize = 7;
/// How far the first leg may depart from the base's, m for each axis.
const FIRST_M: f64 = 0.12;
/// How far the hand may tilt, rad.
const TILT: f64 = 0.25;
/// How far the second leg may lean, as a share of its length.
const LEAN: f64 = 0.6;
/// The slowest and the fastest lift that is searched, m/s.
const SPEED: (f64, f64) = (0.05, 0.8);

/// The neighbourhood of one lift.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct LiftSpace {
    base: Lift,
}

impl LiftSpace {
    /// Around `base`.
    pub fn around(base: Lift) -> Self {
        Self { base }
    }

    /// The base itself.
    pub fn origin(&self) -> Vec<f64> {
        vec![0.0; DIMENSIONS]
    }

    /// The lift of a sample: `[first x y z, tilt x y, lean of the second leg, log speed]`.
    pub fn lift(&self, sample: &[f64]) -> Lift {
        let mut first = self.base.first + FIRST_M * Vec3::new(sample[0], sample[1], sample[2]);
        first.z = first.z.max(self.base.first.z.min(0.0));
        // e^(±1.1) is three times faster or slower.
        let speed = self.base.speed * (1.1 * sample[6]).exp();
        Lift {
            first,
            then: self.second_leg(sample[5]),
            tilt: [
                self.base.tilt[0] + TILT * sample[3],
                self.base.tilt[1] + TILT * sample[4],
            ],
            speed: speed.clamp(SPEED.0, SPEED.1),
        }
    }

    /// Leans the second leg from its own direction towards the vertical.
    fn second_leg(&self, lean: f64) -> Vec3 {
        let length = self.base.then.norm();
        if length < 1e-9 || lean <= 0.0 {
            return self.base.then;
        }
        let leaned = self.base.then / length + LEAN * lean * Vec3::z();
        leaned.normalize() * length
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_middle_is_the_base_and_every_corner_is_usable() {
        let base = Lift {
            first: Vec3::new(0.0, 0.0, 0.1),
            then: Vec3::new(0.05, 0.0, 0.0),
            tilt: [0.0; 2],
            speed: 0.2,
        };
        let space = LiftSpace::around(base);
        assert_eq!(space.lift(&space.origin()), base);
        for corner in 0..1 << DIMENSIONS {
            let sample: Vec<f64> = (0..DIMENSIONS)
                .map(|k| if corner >> k & 1 == 1 { 1.0 } else { -1.0 })
                .collect();
            let lift = space.lift(&sample);
            assert!(lift.checked().is_ok());
            assert!(lift.first.z >= 0.0, "a lift never presses down");
        }
    }
}
