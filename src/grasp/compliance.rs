//! How a hand gives: springs and dampers of its drive, its cup and its pads.
//!
//! Owns the numbers that the sandbox's joints are made of and that the model's sketch of a grip
//! reckons with, as a data sheet would give them. `(stiffness, damping)`: N/m and N·s/m along the
//! axes, N·m/rad and N·m·s/rad about them.

use crate::pose::Vec3;
use crate::scene::Gripper;

/// A spring with a damper beside it.
pub type Spring = (f64, f64);

/// The arm's drive along the axes.
pub const DRIVE: Spring = (1.0e5, 2.5e3);
/// The arm's drive about the axes.
pub const TURN: Spring = (4.0e3, 1.0e2);
/// A small cup's bellows.
const LIP: Spring = (2.0e4, 4.0e2);
/// A small cup's bellows that is bent.
const BEND: Spring = (1.2e2, 3.0);
/// The bellows of a stronger cup are as much stiffer that they give no more than this under all that
/// the cup holds, m. Without it no cup held more than [`TRAVEL_M`] of the small one's: 37 kg.
const GIVES_M: f64 = 0.009;
/// The same for a moment, rad.
const BENDS_RAD: f64 = 0.06;
/// No bellows is made for more, N and N·m: limits beyond are as good as none.
const STRONGEST: (f64, f64) = (3.0e3, 120.0);
/// The rubber of a jaw's pads in shear.
pub const SHEAR: Spring = (1.0e5, 8.0e2);
/// The rubber of a jaw's pads when twisted.
pub const TWIST: Spring = (1.0e3, 5.0);

/// A cup stretched this far has left the face, m.
pub const TRAVEL_M: f64 = 0.018;
/// A grip that slipped further is a drop, m (design, section 2).
pub const MAX_SLIP_M: f64 = 0.020;
/// The same for rotation, rad: 15°.
pub const MAX_SLIP_RAD: f64 = 15.0 * std::f64::consts::PI / 180.0;

/// How a box gives in a hand.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Compliance {
    /// Along the axes.
    pub linear: Spring,
    /// About them.
    pub angular: Spring,
}

impl Compliance {
    /// How much of the slip that counts as a drop a load at the grip takes: `force` (N) and `moment`
    /// (N·m) on a box whose centre lies at `centre` from there (m). 1 is the limit.
    pub fn slip(&self, force: &Vec3, moment: &Vec3, centre: &Vec3) -> f64 {
        let stretch = force / self.linear.0;
        let turn = moment / self.angular.0;
        let moved = stretch + turn.cross(centre);
        (moved.norm() / MAX_SLIP_M).max(turn.norm() / MAX_SLIP_RAD)
    }
}

/// Of a box in the tool of `gripper`, relative to the palm.
pub fn tool_compliance(gripper: &Gripper) -> Compliance {
    match *gripper {
        Gripper::Suction {
            max_pull,
            max_shear,
            max_moment,
            ..
        } => cup_compliance(max_pull, max_shear, max_moment),
        Gripper::ParallelJaw { .. } => Compliance {
            linear: SHEAR,
            angular: TWIST,
        },
    }
}

/// Of a cup with its limits in N and N·m.
pub fn cup_compliance(max_pull: f64, max_shear: f64, max_moment: f64) -> Compliance {
    Compliance {
        linear: no_softer(LIP, max_pull.max(max_shear).min(STRONGEST.0), GIVES_M),
        angular: no_softer(BEND, max_moment.min(STRONGEST.1), BENDS_RAD),
    }
}

/// `spring`, or one of its kind that gives no more than `gives` under `load`, and damps the same box by the
/// same share of what is critical.
fn no_softer(spring: Spring, load: f64, gives: f64) -> Spring {
    let stiffer = (load / (spring.0 * gives)).max(1.0);
    (spring.0 * stiffer, spring.1 * stiffer.sqrt())
}

/// Of a box in `gripper`, the arm's own drive included.
pub fn compliance(gripper: &Gripper) -> Compliance {
    let tool = tool_compliance(gripper);
    Compliance {
        linear: in_series(tool.linear, DRIVE),
        angular: in_series(tool.angular, TURN),
    }
}

fn in_series(a: Spring, b: Spring) -> Spring {
    let join = |x: f64, y: f64| x * y / (x + y);
    (join(a.0, b.0), join(a.1, b.1))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_strong_cup_reaches_its_limits_before_its_travel() {
        for pull in [60.0, 180.0, 900.0, 3000.0] {
            let cup = cup_compliance(pull, 0.7 * pull, 0.02 * pull);
            assert!(pull / cup.linear.0 <= GIVES_M + 1e-12);
            assert!(0.02 * pull / cup.angular.0 <= BENDS_RAD + 1e-12);
        }
        assert_eq!(cup_compliance(180.0, 120.0, 3.6).linear, LIP);
    }

    #[test]
    fn a_strong_cup_damps_the_same_box_by_the_same_share_as_a_weak_one() {
        // c/(2·√(k·m)) for one mass.
        let share = |(stiffness, damping): Spring| damping / stiffness.sqrt();
        let [weak, strong] = [180.0, 3000.0].map(|pull| cup_compliance(pull, pull, 0.02 * pull));
        assert!(strong.linear.0 > 2.0 * weak.linear.0);
        assert!((share(strong.linear) - share(weak.linear)).abs() < 1e-9);
        assert!((share(strong.angular) - share(weak.angular)).abs() < 1e-9);
    }

    #[test]
    fn two_springs_in_series_give_as_much_as_both() {
        let joined = in_series((2.0, 3.0), (2.0, 6.0));
        assert_eq!(joined, (1.0, 2.0));
    }
}
