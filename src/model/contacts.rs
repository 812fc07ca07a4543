//! Who touches whom: bodies of a belief, their neighbours and the patches where they meet.
//!
//! Owns [`SceneGraph`], made once for a belief and shared by all its candidate actions. Knows
//! geometry and the belief's means and spreads; who carries whom is [`super::loads`]'s business, where two
//! meet is [`meeting`]'s.

mod meeting;

pub(super) use meeting::{feature, patch};

use crate::pose::Vec3;
use crate::scene::geometry::{Obb, Separation};
use crate::scene::{PoseNoise, Scene};

use self::meeting::find_contacts;
use super::polygon::{Point2, hull};

/// Boxes farther apart than this do not see each other, m: about the reach of pose noise and a drag.
pub const NEIGHBOUR_GAP_M: f64 = 0.03;
/// Gaps up to this count as touching, m: what settling and 2 mm of noise leave.
pub const CONTACT_GAP_M: f64 = 0.006;
/// Corners within this depth of the outermost one belong to the touching feature, m.
const FEATURE_DEPTH_M: f64 = 0.008;

/// A box or a fixture, with what the belief says of it.
#[derive(Clone, Debug)]
pub struct Body {
    /// Its shape and observed pose.
    pub obb: Obb,
    /// Whether it never moves.
    pub fixed: bool,
    /// Mean mass, kg; 0 for fixtures.
    pub mass_mean: f64,
    /// Its standard deviation, kg.
    pub mass_std: f64,
    /// Mean friction coefficient.
    pub friction_mean: f64,
    /// Its standard deviation.
    pub friction_std: f64,
    /// Mean centre of mass in the world, m.
    pub com: Vec3,
    /// Its standard deviation along each axis, m.
    pub com_std: f64,
    /// N on one face; `None` cannot be crushed.
    pub max_force: Option<f64>,
    /// Height of its lowest corner, m.
    pub lowest: f64,
    /// The corners that stand on the ground, seen from above; empty where it does not.
    pub on_ground: Vec<Point2>,
}

impl Body {
    /// Three times the squared radius of gyration about each of its own axes, m², its density even.
    pub fn gyration(&self) -> Vec3 {
        let square = self.obb.half.component_mul(&self.obb.half);
        Vec3::new(
            square.y + square.z,
            square.x + square.z,
            square.x + square.y,
        )
    }
}

/// Two bodies that touch or nearly do.
#[derive(Clone, Debug)]
pub struct Contact {
    /// Index of the first body.
    pub a: usize,
    /// Index of the second, larger than the first.
    pub b: usize,
    /// Gap and direction from `a` to `b`.
    pub separation: Separation,
    /// The corners of the patch, in the world.
    pub patch: Vec<Vec3>,
    /// Their middle.
    pub centre: Vec3,
}

impl Contact {
    /// Whether the bodies touch, as far as the belief can tell.
    pub fn touches(&self) -> bool {
        self.separation.gap < CONTACT_GAP_M
    }

    /// The body that rests on the other, if the patch is level enough to carry: (upper, lower).
    pub fn upper_lower(&self) -> Option<(usize, usize)> {
        let up = self.separation.axis.z;
        if !self.touches() || up.abs() < 0.5 {
            None
        } else if up > 0.0 {
            Some((self.b, self.a))
        } else {
            Some((self.a, self.b))
        }
    }
}

/// All that candidates share of one belief.
#[derive(Clone, Debug)]
pub struct SceneGraph {
    /// `[N]`: the boxes in the scene's order, then the fixtures.
    pub bodies: Vec<Body>,
    /// How many of the bodies are boxes.
    pub boxes: usize,
    /// All pairs within [`NEIGHBOUR_GAP_M`], in order; fixtures are not paired with each other.
    pub contacts: Vec<Contact>,
    /// Friction of the ground.
    pub ground_friction: f64,
    /// Noise of the observed poses.
    pub pose_noise: PoseNoise,
}

impl SceneGraph {
    /// The graph of a belief.
    pub fn new(scene: &Scene) -> Self {
        let boxes = scene.boxes.iter().map(|b| Body {
            mass_mean: b.mass.mean(),
            mass_std: b.mass.std(),
            friction_mean: b.friction.mean(),
            friction_std: b.friction.std(),
            com: b.pose.translation.vector + b.pose.rotation * b.com.mean(),
            com_std: b.com.std(),
            max_force: b.max_force_n,
            ..Body::still(Obb::new(b.size, b.pose), false)
        });
        let fixtures = scene.fixtures.iter().map(|f| Body {
            friction_mean: f.friction,
            ..Body::still(Obb::new(f.size, f.pose), true)
        });
        let bodies: Vec<Body> = boxes.chain(fixtures).collect();
        let contacts = find_contacts(&bodies);
        Self {
            boxes: scene.boxes.len(),
            bodies,
            contacts,
            ground_friction: scene.ground_friction,
            pose_noise: scene.pose_noise,
        }
    }

    /// Steps along touching pairs from body `from`; `None` where no chain leads.
    ///
    /// Chains do not run through fixtures: two boxes on one pallet are not tied by it.
    pub fn hops_from(&self, from: usize) -> Vec<Option<usize>> {
        let mut hops = vec![None; self.bodies.len()];
        hops[from] = Some(0);
        let mut queue = std::collections::VecDeque::from([from]);
        while let Some(i) = queue.pop_front() {
            if self.bodies[i].fixed {
                continue;
            }
            for contact in &self.contacts {
                let other = match (contact.a == i, contact.b == i) {
                    (true, _) => contact.b,
                    (_, true) => contact.a,
                    _ => continue,
                };
                if hops[other].is_none() {
                    hops[other] = hops[i].map(|h| h + 1);
                    queue.push_back(other);
                }
            }
        }
        hops
    }
}

impl Body {
    fn still(obb: Obb, fixed: bool) -> Self {
        let corners = obb.corners();
        let lowest = corners.iter().map(|c| c.z).fold(f64::INFINITY, f64::min);
        let standing: Vec<Point2> = if lowest < CONTACT_GAP_M {
            corners
                .iter()
                .filter(|c| c.z < lowest + FEATURE_DEPTH_M)
                .map(|c| Point2::new(c.x, c.y))
                .collect()
        } else {
            Vec::new()
        };
        Self {
            obb,
            fixed,
            mass_mean: 0.0,
            mass_std: 0.0,
            friction_mean: 0.0,
            friction_std: 0.0,
            com: obb.pose.translation.vector,
            com_std: 0.0,
            max_force: None,
            lowest,
            on_ground: hull(&standing),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::fixture_scenes::{box_at, scene_of};

    #[test]
    fn a_box_on_two_others_meets_each_in_half_its_base() {
        let scene = scene_of(vec![
            box_at("left", [0.2, 0.2, 0.2], [-0.1, 0.0, 0.1], 2.0),
            box_at("right", [0.2, 0.2, 0.2], [0.1, 0.0, 0.1], 2.0),
            box_at("top", [0.4, 0.2, 0.1], [0.0, 0.0, 0.25], 1.0),
        ]);
        let graph = SceneGraph::new(&scene);
        let on_left = graph
            .contacts
            .iter()
            .find(|c| c.a == 0 && c.b == 2)
            .unwrap();
        assert!((on_left.centre - Vec3::new(-0.1, 0.0, 0.2)).norm() < 1e-9);
        assert_eq!(on_left.upper_lower(), Some((2, 0)));
        assert_eq!(graph.bodies[0].on_ground.len(), 4);
        assert_eq!(graph.bodies[2].on_ground.len(), 0);
    }

    #[test]
    fn no_chain_leads_across_a_gap() {
        let scene = scene_of(vec![
            box_at("a", [0.2, 0.2, 0.2], [0.0, 0.0, 0.1], 2.0),
            box_at("b", [0.2, 0.2, 0.2], [0.0, 0.0, 0.3], 2.0),
            box_at("far", [0.2, 0.2, 0.2], [1.0, 0.0, 0.1], 2.0),
        ]);
        let hops = SceneGraph::new(&scene).hops_from(0);
        assert_eq!(hops, vec![Some(0), Some(1), None]);
    }
}
