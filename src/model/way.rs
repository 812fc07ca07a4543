//! The whole way of a carried box: what it passes until it is clear of everything, and whether it
//! ever is.
//!
//! Owns [`Way`]. The sandbox takes a removed box out of the scene once it is 0.10 m from everything
//! and calls it a drop if the motion ends before (design, section 2): what lies beyond that
//! point does not matter, what lies before it does, however late. Gaps are [`super::sweep::face_gap`]'s,
//! to bodies where the belief has them.

use crate::pose::Pose;
use crate::rollout::{CLEAR_M, HandKey};
use crate::scene::geometry::Obb;

use super::contacts::SceneGraph;
use super::course::Carry;
use super::sweep::{FAR_M, face_gap};

/// Travel between two looks, m.
const STEP_M: f64 = 0.039;
/// Turn between two looks, rad.
const STEP_RAD: f64 = 0.149;
/// Looks at a way, about: a longer one is looked at in longer steps.
const LOOKS: f64 = 48.0;
/// Time between two readings of the motion, s: that of its keys.
const READ_S: f64 = 0.05;
/// Readings of a motion at most: a longer one is read more rarely.
const READINGS: f64 = 400.0;

/// How near one body is passed.
#[derive(Clone, Copy, Debug)]
pub struct Passing {
    /// Least gap to the target after it has left its neighbours, m; [`FAR_M`] where it is farther.
    pub target: f64,
    /// Travel at which that is, m.
    pub at: f64,
    /// Least gap to the hand, m.
    pub hand: f64,
}

/// A carried box's way.
#[derive(Clone, Debug)]
pub struct Way {
    /// `[N]`.
    pub bodies: Vec<Passing>,
    /// Travel and time after the onset at which the target is clear, m and s.
    pub clear: Option<(f64, f64)>,
    /// The most that the target ever is clear, up to the first 0.10 m.
    pub best: f64,
    /// Length of the way that was looked at, m.
    pub length: f64,
}

/// What is carried, and how.
pub struct Carried<'a> {
    /// How it goes.
    pub carry: Carry<'a>,
    /// The closed hand's boxes in its own frame.
    pub hand: &'a [Obb],
    /// Whether it is taken away for good.
    pub is_removed: bool,
}

impl Way {
    /// The way of body `index` past the others.
    pub fn new(graph: &SceneGraph, index: usize, carried: &Carried<'_>) -> Self {
        let Carry { onset, end, .. } = carried.carry;
        let standing = graph.bodies[index].obb;
        let far = Passing {
            target: FAR_M,
            at: 0.0,
            hand: FAR_M,
        };
        let mut out = Self {
            bodies: vec![far; graph.bodies.len()],
            clear: None,
            best: 0.0,
            length: 0.0,
        };
        let mut looked: Option<Pose> = None;
        let mut before = carried.carry.hand(onset);
        // Whether the target has come away from each body that it stood next to.
        let mut left = vec![false; graph.bodies.len()];
        let lasting = (end - onset).max(0.0);
        let readings = (lasting / READ_S).ceil().min(READINGS) as usize;
        let (step_m, step_rad) = steps_along(&carried.carry);
        for n in 0..=readings {
            let t = onset + lasting * (n as f64 / readings.max(1) as f64);
            let hand = carried.carry.hand(t);
            out.length += (hand.translation.vector - before.translation.vector).norm();
            before = hand;
            let new = looked.is_none_or(|last| {
                (hand.translation.vector - last.translation.vector).norm() > step_m
                    || hand.rotation.angle_to(&last.rotation) > step_rad
            });
            if !(new || n == readings) {
                continue;
            }
            looked = Some(hand);
            let target = Obb {
                half: standing.half,
                pose: carried.carry.target(&hand),
            };
            let least = out.look(graph, index, &target, &mut left);
            out.look_with_hand(graph, index, carried.hand, &hand);
            out.best = out.best.max(least.min(CLEAR_M));
            if carried.is_removed && least >= CLEAR_M {
                out.clear = Some((out.length, t - onset));
                break;
            }
        }
        out
    }

    /// Least gap of the target at one pose to anything, the ground included.
    fn look(&mut self, graph: &SceneGraph, index: usize, target: &Obb, left: &mut [bool]) -> f64 {
        let mut least = target.aabb().0.z;
        for (i, body) in graph.bodies.iter().enumerate() {
            if i == index {
                continue;
            }
            let (gap, _) = face_gap(target, &body.obb);
            least = least.min(gap);
            // A neighbour is rubbed along at first; that is the sweep's. Here counts coming back.
            left[i] |= gap > 0.02;
            if left[i] && gap < self.bodies[i].target {
                self.bodies[i].target = gap;
                self.bodies[i].at = self.length;
            }
        }
        least
    }

    fn look_with_hand(&mut self, graph: &SceneGraph, index: usize, parts: &[Obb], hand: &Pose) {
        for part in parts {
            let part = Obb {
                half: part.half,
                pose: hand * part.pose,
            };
            for (i, body) in graph.bodies.iter().enumerate() {
                if i != index {
                    let (gap, _) = face_gap(&part, &body.obb);
                    self.bodies[i].hand = self.bodies[i].hand.min(gap);
                }
            }
        }
    }
}

/// Travel and turn between two looks, m and rad: longer ones on a long way.
fn steps_along(carry: &Carry<'_>) -> (f64, f64) {
    let (mut length, mut turn) = (0.0, 0.0);
    let keys = &carry.motion.keys;
    let on_way = |k: &HandKey| k.t >= carry.onset && k.t <= carry.end;
    for pair in keys.windows(2).filter(|pair| pair.iter().all(on_way)) {
        let (from, to) = (&pair[0].pose, &pair[1].pose);
        length += (to.translation.vector - from.translation.vector).norm();
        turn += to.rotation.angle_to(&from.rotation);
    }
    (STEP_M.max(length / LOOKS), STEP_RAD.max(turn / LOOKS))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::fixture_scenes::{box_at, scene_of};
    use crate::pose::{Vec3, level};
    use crate::rollout::{Grip, Motion};

    /// Up by `height`, then 1 m along x.
    fn way(height: f64) -> Way {
        let scene = scene_of(vec![
            box_at("a", [0.2; 3], [0.0, 0.0, 0.1], 2.0),
            box_at("wall", [0.1, 1.0, 0.5], [0.6, 0.0, 0.25], 20.0),
        ]);
        let graph = SceneGraph::new(&scene);
        let key = |t: f64, x: f64, z: f64| HandKey {
            t,
            pose: level(Vec3::new(x, 0.0, z), 0.0),
            grip: Grip::Closed,
        };
        let motion = Motion {
            keys: vec![
                key(0.0, 0.0, 0.1),
                key(1.0, 0.0, 0.1 + height),
                key(4.0, 1.0, 0.1 + height),
            ],
        };
        Way::new(
            &graph,
            0,
            &Carried {
                carry: Carry::new(&motion, &graph.bodies[0].obb.pose, &Pose::identity()),
                hand: &[],
                is_removed: true,
            },
        )
    }

    #[test]
    fn a_box_lifted_high_enough_is_clear_there() {
        let (travel, t) = way(0.3).clear.unwrap();
        assert!((0.1..0.2).contains(&travel), "{travel}");
        assert!((0.3..0.7).contains(&t), "{t}");
    }

    #[test]
    fn a_box_that_is_dragged_low_comes_to_the_wall_and_is_never_clear() {
        let low = way(0.05);
        assert!(low.clear.is_none());
        assert!(low.bodies[1].target < 0.0);
        assert!(
            (0.3..0.7).contains(&low.bodies[1].at),
            "{}",
            low.bodies[1].at
        );
    }

    #[test]
    fn a_long_way_is_looked_at_to_its_end_and_ends_where_the_box_is_put_down() {
        let scene = scene_of(vec![
            box_at("a", [0.2; 3], [0.0, 0.0, 0.1], 2.0),
            box_at("far", [0.2; 3], [4.0, 0.0, 0.1], 2.0),
        ]);
        let graph = SceneGraph::new(&scene);
        let key = |t: f64, x: f64, z: f64, grip| HandKey {
            t,
            pose: level(Vec3::new(x, 0.0, z), 0.0),
            grip,
        };
        let nearest = |open_at: f64| {
            let grip = |t: f64| match t < open_at {
                true => Grip::Closed,
                false => Grip::Open,
            };
            let keys = vec![
                key(0.0, 0.0, 0.1, Grip::Closed),
                key(1.0, 0.0, 0.15, grip(1.0)),
                key(9.0, 4.0, 0.15, grip(9.0)),
            ];
            let motion = Motion { keys };
            let carry = Carry::new(&motion, &graph.bodies[0].obb.pose, &Pose::identity());
            let carried = Carried {
                carry,
                hand: &[],
                is_removed: false,
            };
            Way::new(&graph, 0, &carried).bodies[1].target
        };
        assert!(nearest(20.0) < 0.0);
        assert!(nearest(1.0) >= FAR_M);
    }
}
