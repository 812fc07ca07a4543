//! A scene while it is being built: true values only, before the robot's ignorance is added.
//!
//! Owns [`Draft`] and the dice that all families share. Refuses beliefs and grippers.

use rand::Rng;

use super::statics::{self, Footing};
use crate::pose::{Pose, Quat, Vec3, level};
use crate::scene::Fixture;
use crate::scene::geometry::{Obb, overlaps};

/// The lightest and the heaviest carton, kg.
pub(super) const MASS_KG: (f64, f64) = (0.2, 30.0);
/// The lightest and the densest filling, kg/m³.
pub(super) const DENSITY: (f64, f64) = (60.0, 600.0);
/// The least distance of a resultant from the edge of its support for a draft to be kept, m.
const MARGIN_MIN_M: f64 = 0.001;
/// Depth that rounding may leave between boxes that touch, m.
const OVERLAP_SLACK_M: f64 = 1e-5;

/// One box with its true values.
#[derive(Clone, Debug)]
pub(super) struct Part {
    /// Full edge lengths, m.
    pub size: Vec3,
    /// Pose of the centre.
    pub pose: Pose,
    /// kg.
    pub mass: f64,
    /// Friction coefficient.
    pub friction: f64,
    /// Centre of mass in the box's frame, m.
    pub com: Vec3,
}

impl Part {
    /// Its volume in space.
    pub fn obb(&self) -> Obb {
        Obb::new(self.size, self.pose)
    }
}

/// From where the hand comes.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Access {
    /// From above.
    Above,
    /// From the side that this point lies on, m: a shelf is open only at its front.
    Front(Vec3),
}

/// How well poses have to be known for the scene to make sense.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Packing {
    /// Millimetres do not matter.
    Loose,
    /// Neighbours are closer than the default noise of an observation.
    Tight,
}

/// A scene with true values.
#[derive(Clone, Debug)]
pub(super) struct Draft {
    /// What never moves.
    pub fixtures: Vec<Fixture>,
    /// The boxes.
    pub parts: Vec<Part>,
    /// Indices into `parts`, hardest first.
    pub targets: Vec<usize>,
    /// Boxes that can be crushed for certain; others may be, by chance.
    pub fragile: Vec<usize>,
    /// Friction of the ground.
    pub ground_friction: f64,
    /// From where the hand comes.
    pub access: Access,
    /// How well poses have to be known.
    pub packing: Packing,
    /// The heaviest box that this kind of scene may hold, kg.
    pub mass_max_kg: f64,
}

impl Draft {
    /// An empty floor.
    pub fn new(rng: &mut impl Rng) -> Self {
        Self {
            fixtures: Vec::new(),
            parts: Vec::new(),
            targets: Vec::new(),
            fragile: Vec::new(),
            ground_friction: between(rng, 0.3, 0.8),
            access: Access::Above,
            packing: Packing::Loose,
            mass_max_kg: MASS_KG.1,
        }
    }

    /// Adds a fixture called `id`.
    pub fn fix(&mut self, id: String, size: Vec3, pose: Pose, rng: &mut impl Rng) {
        self.fixtures.push(Fixture {
            id,
            size,
            pose,
            friction: between(rng, 0.3, 0.7),
        });
    }

    /// Adds a box with a filling drawn from [`DENSITY`]; its index.
    pub fn put(&mut self, size: Vec3, pose: Pose, rng: &mut impl Rng) -> usize {
        let mass = mass_of(size, rng);
        self.parts.push(Part {
            size,
            pose,
            mass,
            friction: between(rng, 0.25, 0.7),
            com: Vec3::zeros(),
        });
        self.parts.len() - 1
    }

    /// Adds a level box whose bottom is at height `bottom_z`; its index.
    pub fn stand(
        &mut self,
        size: Vec3,
        x: f64,
        y: f64,
        bottom_z: f64,
        rng: &mut impl Rng,
    ) -> usize {
        let centre = Vec3::new(x, y, bottom_z + 0.5 * size.z);
        self.put(size, level(centre, 0.0), rng)
    }

    /// The height of the top of a level box, m.
    pub fn top(&self, index: usize) -> f64 {
        let part = &self.parts[index];
        part.pose.translation.vector.z + 0.5 * part.size.z
    }

    /// Whether `obb` is clear of all boxes and fixtures by `gap` metres.
    pub fn is_free(&self, obb: &Obb, gap: f64) -> bool {
        let grown = obb.grown(gap);
        let boxes = self.parts.iter().map(Part::obb);
        let fixtures = self.fixtures.iter().map(Fixture::obb);
        boxes
            .chain(fixtures)
            .all(|other| !overlaps(&grown, &other, OVERLAP_SLACK_M))
    }

    /// The forces that each box carries, and how far each is from tipping off its support.
    pub fn footings(&self) -> Vec<Footing> {
        statics::footings(self)
    }

    /// Whether nothing overlaps and every level box stands, by statics, at these values.
    pub fn is_sound(&self) -> bool {
        let obbs: Vec<Obb> = self.parts.iter().map(Part::obb).collect();
        let apart = |i: usize| {
            obbs[..i]
                .iter()
                .all(|other| !overlaps(other, &obbs[i], OVERLAP_SLACK_M))
                && self
                    .fixtures
                    .iter()
                    .all(|f| !overlaps(&f.obb(), &obbs[i], OVERLAP_SLACK_M))
                && obbs[i].aabb().0.z > -OVERLAP_SLACK_M
        };
        self.parts.len() >= 3
            && self
                .parts
                .iter()
                .all(|p| (MASS_KG.0..=self.mass_max_kg).contains(&p.mass))
            && (0..obbs.len()).all(apart)
            && self.footings().iter().all(|f| f.margin_m > MARGIN_MIN_M)
    }

    /// Turns and shifts everything, so that no family always faces the same way.
    pub fn turn(&mut self, rng: &mut impl Rng) {
        let yaw = between(rng, -std::f64::consts::PI, std::f64::consts::PI);
        let shift = Vec3::new(between(rng, -0.3, 0.3), between(rng, -0.3, 0.3), 0.0);
        self.move_by(&level(shift, yaw));
    }

    /// Moves everything rigidly; `by` has to keep the ground where it is.
    pub fn move_by(&mut self, by: &Pose) {
        for part in &mut self.parts {
            part.pose = by * part.pose;
        }
        for fixture in &mut self.fixtures {
            fixture.pose = by * fixture.pose;
        }
        if let Access::Front(point) = &mut self.access {
            *point = (by * nalgebra::Point3::from(*point)).coords;
        }
    }

    /// Adds up to two more targets by chance, removes duplicates.
    pub fn complete_targets(&mut self, rng: &mut impl Rng) {
        for _ in 0..2 {
            self.targets.push(rng.random_range(0..self.parts.len()));
        }
        let mut seen = Vec::new();
        self.targets.retain(|t| {
            let fresh = !seen.contains(t);
            seen.push(*t);
            fresh
        });
    }

    /// Stands up to `count` boxes on the floor close beside what stands there.
    pub fn crowd(&mut self, count: usize, rng: &mut impl Rng) {
        let mut left = count;
        for _ in 0..12 * count {
            if left == 0 {
                return;
            }
            if self.stand_beside(rng) {
                left -= 1;
            }
        }
    }

    /// One attempt of [`Self::crowd`].
    fn stand_beside(&mut self, rng: &mut impl Rng) -> bool {
        let host_index = rng.random_range(0..self.parts.len());
        let host = &self.parts[host_index];
        let bottom = host.pose.translation.vector.z - 0.5 * host.size.z;
        if !is_level(&host.pose.rotation) || bottom > 1e-6 {
            return false;
        }
        let size = carton(rng, 0.08, 0.3);
        let gap = if rng.random_bool(0.6) {
            between(rng, 0.0002, 0.004)
        } else {
            between(rng, 0.004, 0.04)
        };
        let axis = rng.random_range(0..2);
        let sign = if rng.random_bool(0.5) { 1.0 } else { -1.0 };
        let mut local = Vec3::zeros();
        local[axis] = sign * (0.5 * (host.size[axis] + size[axis]) + gap);
        local[1 - axis] = between(rng, -0.4, 0.4) * host.size[1 - axis];
        local.z = 0.5 * (size.z - host.size.z);
        let pose = host.pose * Pose::translation(local.x, local.y, local.z);
        if !self.is_free(&Obb::new(size, pose), 0.0001) {
            return false;
        }
        let added = self.put(size, pose, rng);
        if rng.random_bool(0.25) {
            self.targets.push(added);
        }
        true
    }
}

/// Whether a rotation keeps z up within 3°.
pub(super) fn is_level(rotation: &Quat) -> bool {
    (rotation * Vec3::z()).z > 3f64.to_radians().cos()
}

/// A number between `low` and `high`, equally likely.
pub(super) fn between(rng: &mut impl Rng, low: f64, high: f64) -> f64 {
    low + (high - low) * rng.random::<f64>()
}

/// A number between `low` and `high`, its logarithm equally likely.
pub(super) fn log_between(rng: &mut impl Rng, low: f64, high: f64) -> f64 {
    between(rng, low.ln(), high.ln()).exp()
}

/// One or minus one.
pub(super) fn sign(rng: &mut impl Rng) -> f64 {
    if rng.random_bool(0.5) { 1.0 } else { -1.0 }
}

/// A carton with edges between `low` and `high` metres, not taller than 1.6 times its narrower side.
pub(super) fn carton(rng: &mut impl Rng, low: f64, high: f64) -> Vec3 {
    let x = between(rng, low, high);
    let y = between(rng, low, high);
    let z = between(rng, low, high).min(1.6 * x.min(y));
    Vec3::new(x, y, z.max(0.08))
}

/// The mass of a box of `size` with a filling drawn from [`DENSITY`], within [`MASS_KG`].
pub(super) fn mass_of(size: Vec3, rng: &mut impl Rng) -> f64 {
    (log_between(rng, DENSITY.0, DENSITY.1) * size.product()).clamp(MASS_KG.0, MASS_KG.1)
}

/// Two of the first to one of the second.
pub(super) fn interleave(first: Vec<usize>, second: Vec<usize>) -> Vec<usize> {
    let mut out = Vec::new();
    let mut second = second.into_iter();
    for (k, index) in first.into_iter().enumerate() {
        out.push(index);
        if k % 2 == 1 {
            out.extend(second.next());
        }
    }
    out.extend(second);
    out
}
