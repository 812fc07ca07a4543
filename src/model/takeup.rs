//! How a grip takes up its load: the one box on the hand's springs, from the first pull until it hangs.
//!
//! Owns [`take_up`]. At rest the weight is on what stands below; a hand that already moves when it has
//! stretched its bellows so far that the weight comes off throws the box up and catches it, and a weight off
//! the middle swings. What a cup bears then is up to twice what it bears at rest, and of heavy boxes that
//! decides. Statics and the long steps of [`super::sketch`] do not see it. Neighbours beside and on top
//! are not looked at; those features are others'. From key to key the hand goes evenly here.

use nalgebra::Matrix3;

use crate::grasp::{Compliance, GraspCandidate};
use crate::gravity::GRAVITY;
use crate::pose::{Pose, Vec3};
use crate::rollout::Motion;

use super::contacts::{Body, SceneGraph};
use super::course::Carry;
use super::demand::{Demand, Shares};

/// Time step, s.
const DT_S: f64 = 0.002;
/// It ends when the hand has gone this far, m: by then the box hangs.
const FAR_M: f64 = 0.06;
/// Or once it has hung for so long, s.
const HANGS_S: f64 = 0.3;
/// And no later than this after the hand sets out, s.
const LATEST_S: f64 = 2.5;
/// A hand that has not gone this far has not set out, m and rad.
const SET_OUT: f64 = 1e-5;
/// Keys closer in time than this are one, s.
const INSTANT_S: f64 = 1e-6;
/// How long a load has to last to count, in steps: as the sandbox's cup has it, 12.5 ms.
const LASTING: usize = 6;
/// How deep a box sinks into what it stands on, m: a spring in place of a rigid contact.
const SINKS_M: f64 = 1e-3;
/// Share of the critical damping of that spring.
const DAMPED: f64 = 0.4;
/// Friction is in full above this speed, m/s.
const CREEP: f64 = 0.01;
/// Points of support that are looked at, at most.
const POINTS: usize = 12;

/// The box, the hand's springs, and what it stands on.
struct Pendulum {
    gives: Compliance,
    mass: f64,
    /// 1/(kg·m²), the springs' share in a step included.
    inverse_inertia: Matrix3<f64>,
    /// 1/kg, the same.
    inverse_mass: f64,
    /// From the centre of mass to the hand's origin, m.
    arm: Vec3,
    /// From the centre of mass to each point of support, m.
    feet: Vec<Vec3>,
    friction: f64,
    moved: Vec3,
    turned: Vec3,
    linear: Vec3,
    angular: Vec3,
    /// How long it has not stood on anything, s.
    hangs_s: f64,
}

/// The greatest shares of a grasp's grip while `motion` takes its box up, on a hand that `gives` so.
pub fn take_up(
    graph: &SceneGraph,
    grasp: &GraspCandidate,
    demand: &Demand<'_>,
    gives: Compliance,
    motion: &Motion,
) -> Shares {
    let target = grasp.box_index;
    let body = &graph.bodies[target];
    if body.fixed || body.mass_mean <= 0.0 || motion.keys.is_empty() {
        return Shares::default();
    }
    let carry = Carry::new(motion, &body.obb.pose, &grasp.hand_in_box);
    let hand = carry.hand(carry.onset);
    let mut box_on_hand = Pendulum::new(graph, target, &hand, gives);
    let mut worst = Shares::default();
    let mut lately = [0.0; LASTING];
    let mut count = 0;
    let mut started: Option<f64> = None;
    let keys = motion.keys.windows(2).filter(|k| k[1].t > carry.onset);
    for pair in keys {
        let began = pair[0].t.max(carry.onset);
        let lasting = pair[1].t - began;
        let (from, to) = (gone(&carry, &hand, began), gone(&carry, &hand, pair[1].t));
        let rests = (to.0 - from.0).norm() < SET_OUT && (to.1 - from.1).norm() < SET_OUT;
        if lasting < INSTANT_S || (started.is_none() && rests) {
            continue;
        }
        let since = *started.get_or_insert(began);
        // Of a leg that lasts longer than all of it may, the beginning will do.
        let looked_at = lasting.min(LATEST_S);
        let steps = (looked_at / DT_S).round().max(1.0);
        let speed = ((to.0 - from.0) / lasting, (to.1 - from.1) / lasting);
        for n in 1..=steps as usize {
            let share = n as f64 / steps * (looked_at / lasting);
            let at = (from.0.lerp(&to.0, share), from.1.lerp(&to.1, share));
            let (force, moment) = box_on_hand.step(at, speed);
            // As the hand turns, what it bears turns with it only a little: its first turn will do.
            let used = demand.of_load(&-force, &-moment, &hand.rotation);
            lately[count % LASTING] = used.mean;
            count += 1;
            let lasted = lately.iter().copied().fold(f64::INFINITY, f64::min);
            if count >= LASTING && lasted > worst.mean {
                worst = Shares {
                    mean: lasted,
                    high: lasted + (used.high - used.mean),
                };
            }
        }
        let late = pair[1].t - since > LATEST_S;
        if to.0.norm() > FAR_M || box_on_hand.hangs_s > HANGS_S || late {
            break;
        }
    }
    worst
}

/// How far the hand is at `t` from where it was at the onset, `hand`: m, and a rotation vector.
fn gone(carry: &Carry<'_>, hand: &Pose, t: f64) -> (Vec3, Vec3) {
    let now = carry.hand(t);
    (
        now.translation.vector - hand.translation.vector,
        hand.rotation.rotation_to(&now.rotation).scaled_axis(),
    )
}

impl Pendulum {
    fn new(graph: &SceneGraph, target: usize, hand: &Pose, gives: Compliance) -> Self {
        let body = &graph.bodies[target];
        let arm = hand.translation.vector - body.com;
        let feet = feet(graph, target, body);
        // What the springs do by the end of the step, so that light boxes do not make them unstable.
        let in_step = |(k, c): (f64, f64)| DT_S * (c + DT_S * k);
        let lever = arm.norm_squared();
        let stiff = in_step(gives.linear);
        let inertia =
            inertia(body) + Matrix3::identity() * (in_step(gives.angular) + stiff * lever);
        Self {
            gives,
            mass: body.mass_mean,
            inverse_inertia: inertia.try_inverse().unwrap_or_default(),
            inverse_mass: 1.0 / (body.mass_mean + stiff),
            arm,
            feet,
            friction: body.friction_mean,
            moved: Vec3::zeros(),
            turned: Vec3::zeros(),
            linear: Vec3::zeros(),
            angular: Vec3::zeros(),
            hangs_s: 0.0,
        }
    }

    /// One step with the hand at `at` and as fast as `speed`; force and moment of the hand on the box, at the
    /// hand's origin, N and N·m.
    fn step(&mut self, at: (Vec3, Vec3), speed: (Vec3, Vec3)) -> (Vec3, Vec3) {
        let Compliance { linear, angular } = self.gives;
        let arm = self.arm;
        let gap = at.0 - (self.moved + self.turned.cross(&arm));
        let slide = speed.0 - (self.linear + self.angular.cross(&arm));
        let force = gap * linear.0 + slide * linear.1;
        let moment = (at.1 - self.turned) * angular.0 + (speed.1 - self.angular) * angular.1;
        let mut pull = force - Vec3::z() * (self.mass * GRAVITY);
        let mut turn = arm.cross(&force) + moment;
        let stiffness = self.mass * GRAVITY / SINKS_M / self.feet.len().max(1) as f64;
        let damping =
            2.0 * DAMPED * self.mass * (GRAVITY / SINKS_M).sqrt() / self.feet.len().max(1) as f64;
        self.hangs_s += DT_S;
        for foot in &self.feet {
            let sunk = self.moved + self.turned.cross(foot);
            let rate = self.linear + self.angular.cross(foot);
            if sunk.z >= 0.0 {
                continue;
            }
            self.hangs_s = 0.0;
            let normal = (-sunk.z * stiffness - rate.z * damping).max(0.0);
            let rub = Vec3::new(rate.x, rate.y, 0.0) / rate.xy().norm().max(CREEP);
            let on_foot = Vec3::z() * normal - rub * (self.friction * normal);
            pull += on_foot;
            turn += foot.cross(&on_foot);
        }
        self.linear += pull * (self.inverse_mass * DT_S);
        self.angular += self.inverse_inertia * turn * DT_S;
        self.moved += self.linear * DT_S;
        self.turned += self.angular * DT_S;
        (force, moment)
    }
}

/// Where it stands: the corners of its contacts with what is below, from its centre of mass.
fn feet(graph: &SceneGraph, target: usize, body: &Body) -> Vec<Vec3> {
    let ground = body
        .on_ground
        .iter()
        .map(|p| Vec3::new(p.x, p.y, body.lowest));
    let below = graph
        .contacts
        .iter()
        .filter(|c| c.touches() && c.upper_lower().is_some_and(|(upper, _)| upper == target));
    let corners = below.flat_map(|c| c.patch.iter().copied());
    ground
        .chain(corners)
        .take(POINTS)
        .map(|p| p - body.com)
        .collect()
}

/// Of a body of even density about its centre of mass, in the world, kg·m².
fn inertia(body: &Body) -> Matrix3<f64> {
    let r = body.obb.pose.rotation.to_rotation_matrix();
    let local = Matrix3::from_diagonal(&(body.gyration() * (body.mass_mean / 3.0)));
    r.matrix() * local * r.matrix().transpose()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::grasp::compliance;
    use crate::model::fixture_scenes::{box_at, scene_of};
    use crate::pose::rotation_with_z;
    use crate::rollout::{Grip, HandKey};
    use crate::scene::Gripper;
    use crate::scene::geometry::Face;

    /// 12 kg of 180 N in a cup on top, `aside` metres off the middle, lifted by 0.1 m in so many seconds.
    fn share(seconds: f64, aside: f64) -> f64 {
        let scene = scene_of(vec![box_at("a", [0.4; 3], [0.0, 0.0, 0.2], 12.0)]);
        let graph = SceneGraph::new(&scene);
        let gripper = Gripper::Suction {
            cup_radius: 0.03,
            max_pull: 180.0,
            max_shear: 120.0,
            max_moment: 30.0,
        };
        let hand = Pose::from_parts(
            Vec3::new(aside, 0.0, 0.4).into(),
            rotation_with_z(-Vec3::z(), Vec3::x()),
        );
        let keys = (0..=20).map(|i| {
            let s = f64::from(i) / 20.0;
            let risen = 0.1 * s * s * s * (10.0 + s * (6.0 * s - 15.0));
            HandKey {
                t: 1.0 + seconds * s,
                pose: Pose::from_parts(
                    (hand.translation.vector + Vec3::z() * risen).into(),
                    hand.rotation,
                ),
                grip: Grip::Closed,
            }
        });
        let motion = Motion {
            keys: keys.collect(),
        };
        let demand = Demand::new(&gripper, &graph.bodies[0], &hand, 0.0);
        let grasp = GraspCandidate {
            box_index: 0,
            gripper: 0,
            face: Face::Top,
            hand_in_box: scene.boxes[0].pose.inverse() * hand,
        };
        take_up(&graph, &grasp, &demand, compliance(&gripper), &motion).mean
    }

    #[test]
    fn a_slow_lift_bears_the_weight_and_a_quick_one_catches_it() {
        let weight = 12.0 * GRAVITY / 180.0;
        assert!(
            (share(5.0, 0.0) / weight - 1.0).abs() < 0.06,
            "{}",
            share(5.0, 0.0)
        );
        assert!(share(0.25, 0.0) > 1.3 * weight, "{}", share(0.25, 0.0));
        assert!(share(0.25, 0.0) > share(0.6, 0.0));
    }

    #[test]
    fn a_weight_off_the_middle_bends_the_cup() {
        assert!(share(5.0, 0.1) > share(5.0, 0.0) + 0.2);
    }

    #[test]
    fn a_leg_of_a_year_is_looked_at_for_seconds() {
        assert!(share(3.0e7, 0.0).is_finite());
    }
}
