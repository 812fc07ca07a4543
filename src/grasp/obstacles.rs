//! What the hand must not touch: the other boxes, the fixtures and the ground.
//!
//! Owns [`Obstacles`], the clearance that pose noise asks for, and the first thing that a set of
//! boxes runs into. Refuses motion: callers sweep.

use crate::pose::Vec3;
use crate::scene::Scene;
use crate::scene::geometry::{Obb, overlaps, separation};

/// Clearance around the hand before pose noise is added, m.
pub const CLEARANCE_M: f64 = 0.004;

/// How deep a box may be in the hand on the way out before it counts as hit, m.
const GRAZE_M: f64 = 0.005;

/// One thing in the way.
#[derive(Clone, Debug, PartialEq)]
pub struct Obstacle {
    /// The id of the box or fixture.
    pub id: String,
    /// Where it is.
    pub obb: Obb,
    /// The corners of the axis-aligned box around it.
    pub aabb: (Vec3, Vec3),
}

/// Everything in the way of a hand or of a carried box.
#[derive(Clone, Debug, PartialEq)]
pub struct Obstacles {
    /// Fixtures.
    pub fixtures: Vec<Obstacle>,
    /// Boxes but the one that is acted on.
    pub boxes: Vec<Obstacle>,
    /// The box that is acted on.
    pub target: Obstacle,
    /// The distance that the hand keeps, m: 4 mm and two standard deviations of the pose noise.
    pub clearance_m: f64,
}

fn obstacle(id: &str, obb: Obb) -> Obstacle {
    Obstacle {
        id: id.to_owned(),
        aabb: obb.aabb(),
        obb,
    }
}

impl Obstacles {
    /// What stands around box `box_index`.
    ///
    /// # Panics
    /// When there is no such box.
    pub fn around(scene: &Scene, box_index: usize) -> Self {
        let boxes = scene.boxes.iter().enumerate();
        let target = &scene.boxes[box_index];
        Self {
            fixtures: scene
                .fixtures
                .iter()
                .map(|f| obstacle(&f.id, f.obb()))
                .collect(),
            boxes: boxes
                .filter(|(i, _)| *i != box_index)
                .map(|(_, b)| obstacle(&b.id, b.obb()))
                .collect(),
            target: obstacle(&target.id, target.obb()),
            clearance_m: CLEARANCE_M + 2.0 * scene.pose_noise.position_m,
        }
    }

    /// Fixtures and boxes, without the target.
    pub fn others(&self) -> impl Iterator<Item = &Obstacle> {
        self.fixtures.iter().chain(&self.boxes)
    }

    /// The first thing besides the target that `parts` come nearer to than the clearance.
    pub fn hit_by_hand(&self, parts: &[Obb]) -> Option<String> {
        first_hit(parts, self.others(), self.clearance_m)
    }

    /// The first fixture within the clearance, or box deeper in the hand than [`GRAZE_M`].
    ///
    /// On the way out boxes may slide along the hand, or be carried along with what is held:
    /// what that does to them is for the dynamics.
    pub fn hit_on_the_way_out(&self, parts: &[Obb]) -> Option<String> {
        first_hit(parts, self.fixtures.iter(), self.clearance_m)
            .or_else(|| first_hit(parts, self.boxes.iter(), -GRAZE_M))
    }

    /// The same as [`Self::hit_by_hand`], with the target counted as well.
    pub fn hit_by_hand_in_transit(&self, parts: &[Obb]) -> Option<String> {
        let all = self.others().chain(std::iter::once(&self.target));
        first_hit(parts, all, self.clearance_m)
    }

    /// The first fixture that a carried box overlaps by more than `slack` metres, or the ground.
    pub fn fixture_hit_by_box(&self, carried: &Obb, slack: f64) -> Option<String> {
        if carried.aabb().0.z < -slack {
            return Some("the ground".to_owned());
        }
        let hit = self
            .fixtures
            .iter()
            .find(|f| overlaps(carried, &f.obb, slack));
        hit.map(|f| f.id.clone())
    }

    /// Whether `carried` is at least `gap` metres from everything, the ground included.
    pub fn is_clear(&self, carried: &Obb, gap: f64) -> bool {
        let (low, high) = carried.aabb();
        if low.z < gap {
            return false;
        }
        self.others().all(|o| {
            let (lo, hi) = o.aabb;
            let apart = (0..3).any(|k| low[k] > hi[k] + gap || lo[k] > high[k] + gap);
            apart || separation(carried, &o.obb).gap >= gap
        })
    }
}

fn first_hit<'a>(
    parts: &[Obb],
    obstacles: impl Iterator<Item = &'a Obstacle>,
    clearance: f64,
) -> Option<String> {
    let grown: Vec<(Obb, (Vec3, Vec3))> = parts
        .iter()
        .map(|p| p.grown(clearance))
        .map(|p| (p, p.aabb()))
        .collect();
    if grown.iter().any(|(_, (low, _))| low.z < 0.0) {
        return Some("the ground".to_owned());
    }
    for o in obstacles {
        let (lo, hi) = o.aabb;
        for (part, (low, high)) in &grown {
            let near = (0..3).all(|k| low[k] <= hi[k] && lo[k] <= high[k]);
            if near && separation(part, &o.obb).gap < 0.0 {
                return Some(o.id.clone());
            }
        }
    }
    None
}
