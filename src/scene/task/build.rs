//! From a scene whose values have the right types to one whose values go together.
//!
//! Owns [`Builder`]: keys that exclude each other, ids that have to exist or to be unique, and
//! the words for what `check` finds; `robot` and `job` build the rest of a task file with it. Every mistake is
//! collected with its place, so that one run tells them all.

use serde_json::Value;

use super::DEFAULT_FRICTION;
use super::check::{Fault, find_faults};
use super::error::{Mistake, MistakeKind, mistake, no_such_box, shown_number};
use super::format::PoseBlock;
use super::kinds::KindKeys;
use super::locate::Located;
use super::place::FieldPath;
use super::scene_format::{BoxBlock, FRICTION, FixtureBlock, MASS_KG, SceneBlock};
use super::schema::field_words;
use super::value::{Number, OffsetEntry, QuantityEntry};
use crate::pose::{Pose, Quat, Vec3, level, rotation_from_xyzw};
use crate::scene::{BoxSpec, CenterOfMass, Fixture, PoseNoise, Quantity, Scene};

/// What is found wrong on the way.
pub(super) struct Builder<'a> {
    pub located: &'a Located,
    pub schema: &'a Value,
    pub mistakes: Vec<Mistake>,
}

impl Builder<'_> {
    /// Notes a mistake at `path`.
    pub fn note(&mut self, kind: MistakeKind, path: &FieldPath, message: String, remedy: String) {
        let place = Some(self.located.place(path));
        let found = mistake(&self.located.source, kind, place, message, remedy);
        self.mistakes.push(found);
    }

    /// The scene at `at`, geometry not yet checked.
    pub fn scene(&mut self, block: &SceneBlock, at: &FieldPath) -> Scene {
        let friction = block.ground.as_ref().and_then(|g| g.friction);
        let fixtures = at.key("fixtures");
        let boxes = at.key("boxes");
        let scene = Scene {
            ground_friction: friction.map_or(DEFAULT_FRICTION, |f| f.0),
            pose_noise: pose_noise(block),
            fixtures: (block.fixtures.iter().enumerate())
                .map(|(i, fixture)| self.fixture(fixture, &fixtures.index(i)))
                .collect(),
            boxes: (block.boxes.iter().enumerate())
                .map(|(i, spec)| self.box_spec(spec, &boxes.index(i)))
                .collect(),
        };
        self.duplicate_ids(&scene, at);
        scene
    }

    fn fixture(&mut self, block: &FixtureBlock, at: &FieldPath) -> Fixture {
        Fixture {
            id: block.id.clone(),
            size: vec3(block.size),
            pose: self.pose(
                block.position,
                block.yaw_deg,
                block.rotation,
                at,
                Quat::identity(),
            ),
            friction: block.friction.map_or(DEFAULT_FRICTION, |f| f.0),
        }
    }

    fn box_spec(&mut self, block: &BoxBlock, at: &FieldPath) -> BoxSpec {
        let size = vec3(block.size);
        let friction = block.friction.as_ref();
        BoxSpec {
            id: block.id.clone(),
            size,
            pose: self.pose(
                block.position,
                block.yaw_deg,
                block.rotation,
                at,
                Quat::identity(),
            ),
            mass: self.quantity(&block.mass, MASS_KG, &at.key("mass")),
            friction: friction.map_or(Quantity::Known(DEFAULT_FRICTION), |f| {
                self.quantity(f, FRICTION, &at.key("friction"))
            }),
            com: self.center_of_mass(block.com_offset, size, &at.key("com_offset")),
            max_force_n: block.max_force.map(|f| f.0),
        }
    }

    /// A pose from its parts, turned from `base` where it is only level.
    fn pose(
        &mut self,
        position: [Number; 3],
        yaw_deg: Option<Number>,
        rotation: Option<[Number; 4]>,
        at: &FieldPath,
        base: Quat,
    ) -> Pose {
        let position = vec3(position);
        let turned = level(position, yaw_deg.map_or(0.0, |y| y.0.to_radians()));
        let Some(rotation) = rotation else {
            return Pose::from_parts(turned.translation, turned.rotation * base);
        };
        if yaw_deg.is_some() {
            let message = format!("{at} has both `yaw_deg` and `rotation`");
            let remedy = "Keep one: `yaw_deg` for what stands level, `rotation` for what leans.";
            let path = at.key("rotation");
            self.note(MistakeKind::Conflict, &path, message, remedy.to_owned());
        }
        let xyzw = rotation.map(|c| c.0);
        match rotation_from_xyzw(xyzw) {
            Ok(rotation) => Pose::from_parts(position.into(), rotation),
            Err(error) => {
                let remedy = "Divide it by its length, or write `yaw_deg` for what stands level.";
                let path = at.key("rotation");
                self.note(
                    MistakeKind::OutOfRange,
                    &path,
                    error.to_string(),
                    remedy.to_owned(),
                );
                turned
            }
        }
    }

    /// The pose at `at`; without yaw and rotation it is turned as `base` is.
    pub fn pose_block(&mut self, block: &PoseBlock, at: &FieldPath, base: Quat) -> Pose {
        self.pose(block.position, block.yaw_deg, block.rotation, at, base)
    }

    fn quantity(&mut self, entry: &QuantityEntry, range: (f64, f64), at: &FieldPath) -> Quantity {
        let spread = match *entry {
            QuantityEntry::Known(value) => {
                self.in_range(value, range, at);
                return Quantity::Known(value);
            }
            QuantityEntry::Spread(spread) => spread,
        };
        let [mean, std, min, max] =
            [spread.mean, spread.std, spread.min, spread.max].map(|n| n.map(|n| n.0));
        match (mean, std, min, max) {
            (Some(mean), Some(std), None, None) => {
                self.in_range(mean, range, &at.key("mean"));
                self.in_range(std, (0.0, range.1), &at.key("std"));
                if std > mean {
                    let message = format!("`{at}` has a std of {std}, more than its mean {mean}");
                    let remedy = "Half of such draws would be unphysical: write {min, max}.";
                    self.note(
                        MistakeKind::Conflict,
                        &at.key("std"),
                        message,
                        remedy.to_owned(),
                    );
                }
                Quantity::Normal { mean, std }
            }
            (None, None, Some(min), Some(max)) => {
                self.in_range(min, range, &at.key("min"));
                self.in_range(max, range, &at.key("max"));
                if min > max {
                    let message = format!("`{at}` has its min {min} above its max {max}");
                    let remedy = "Exchange the two.".to_owned();
                    self.note(MistakeKind::Conflict, &at.key("min"), message, remedy);
                }
                Quantity::Uniform { min, max }
            }
            _ => {
                let message = format!("`{at}` is neither {{mean, std}} nor {{min, max}}");
                let remedy = "Write a number, {mean: …, std: …} or {min: …, max: …}.".to_owned();
                self.note(MistakeKind::Conflict, at, message, remedy);
                Quantity::Known(range.0)
            }
        }
    }

    fn in_range(&mut self, value: f64, range: (f64, f64), at: &FieldPath) {
        if !(range.0..=range.1).contains(&value) {
            let message = format!("`{at}` is {}, out of its range", shown_number(value));
            let remedy = format!("From {} to {}.", range.0, range.1);
            self.note(MistakeKind::OutOfRange, at, message, remedy);
        }
    }

    fn center_of_mass(
        &mut self,
        entry: Option<OffsetEntry>,
        size: Vec3,
        at: &FieldPath,
    ) -> CenterOfMass {
        match entry {
            None => CenterOfMass::Known(Vec3::zeros()),
            Some(OffsetEntry::Spread(std)) => {
                self.in_range(std.0, (0.0, 1.0), &at.key("std"));
                CenterOfMass::Normal { std: std.0 }
            }
            Some(OffsetEntry::Known(offset)) => {
                let offset = vec3(offset);
                for axis in 0..3 {
                    let half = 0.5 * size[axis];
                    if offset[axis].abs() > half {
                        let path = at.index(axis);
                        let told = shown_number(offset[axis]);
                        let message = format!("`{path}` is {told}, which lies outside the box");
                        let remedy = format!("From {} to {half}.", -half);
                        self.note(MistakeKind::OutOfRange, &path, message, remedy);
                    }
                }
                CenterOfMass::Known(offset)
            }
        }
    }

    fn duplicate_ids(&mut self, scene: &Scene, at: &FieldPath) {
        let mut seen = std::collections::HashMap::new();
        let boxes = (scene.boxes.iter().enumerate())
            .map(|(i, b)| (&b.id, at.key("boxes").index(i).key("id")));
        let fixtures = (scene.fixtures.iter().enumerate())
            .map(|(i, f)| (&f.id, at.key("fixtures").index(i).key("id")));
        for (id, path) in fixtures.chain(boxes) {
            let line = self.located.place(&path).line;
            if let Some(first) = seen.insert(id, line) {
                let message = format!("the id `{id}` is already taken in line {first}");
                let remedy = "Give each box and each fixture an id of its own.".to_owned();
                self.note(MistakeKind::Duplicate, &path, message, remedy);
            }
        }
    }

    /// Notes what overlaps and what hovers, once everything else of the scene is right.
    pub fn check_scene(&mut self, scene: &Scene, at: &FieldPath) {
        for fault in find_faults(scene) {
            let (Fault::Overlap { box_index, .. } | Fault::Hover { box_index, .. }) = fault;
            let path = at.key("boxes").index(box_index).key("position");
            let what = format!("box `{}`", scene.boxes[box_index].id);
            self.note_fault(scene, &fault, &what, &path);
        }
    }

    pub fn note_fault(&mut self, scene: &Scene, fault: &Fault, what: &str, path: &FieldPath) {
        let message = format!("{what} {}", fault.in_words(scene));
        match *fault {
            Fault::Overlap { depth, .. } => {
                let depth_mm = depth * 1000.0;
                let remedy = format!("Move them {depth_mm:.1} mm apart; positions are of centres.");
                self.note(MistakeKind::Overlap, path, message, remedy);
            }
            Fault::Hover { height, .. } => {
                let remedy = format!(
                    "Lower its z by {height:.4} m; positions are of centres, the ground is z = 0."
                );
                self.note(MistakeKind::Hover, path, message, remedy);
            }
        }
    }

    /// Notes the keys that `kind` lacks and those that do not go with it.
    pub fn keys_of_kind(&mut self, kind: &KindKeys, given: &[(&str, bool)], at: &FieldPath) {
        let (name, needed, allowed) = kind;
        for (key, is_given) in given {
            let needs = needed.contains(key);
            if needs && !is_given {
                let message = format!("`{key}` is missing from {at}, which is `{name}`");
                let words = field_words(self.schema, &at.key(key)).unwrap_or_default();
                let remedy = format!("Add {words}");
                self.note(MistakeKind::MissingKey, at, message, remedy);
            } else if *is_given && !needs && !allowed.contains(key) {
                let message = format!("`{key}` does not go with `{name}` in {at}");
                let keys: Vec<&str> = needed.iter().chain(*allowed).copied().collect();
                let remedy = format!("Take it away; `{name}` has {}.", keys.join(", "));
                self.note(MistakeKind::Conflict, &at.key(key), message, remedy);
            }
        }
    }

    /// The index of box `id`, noting it when it is not there.
    pub fn box_index(&mut self, id: &str, scene: &Scene, at: &FieldPath) -> Option<usize> {
        let index = scene.box_index(id);
        if index.is_none() {
            let (message, remedy) = no_such_box(scene, id);
            self.note(MistakeKind::NotThere, at, message, remedy);
        }
        index
    }
}

fn pose_noise(block: &SceneBlock) -> PoseNoise {
    let noise = block.pose_noise.as_ref();
    let default = PoseNoise::default();
    let position = noise.and_then(|n| n.position);
    let rotation = noise.and_then(|n| n.rotation_deg);
    PoseNoise {
        position_m: position.map_or(default.position_m, |p| p.0),
        rotation_rad: rotation.map_or(default.rotation_rad, |r| r.0.to_radians()),
    }
}

pub(super) fn vec3(numbers: [Number; 3]) -> Vec3 {
    Vec3::from(numbers.map(|n| n.0))
}
