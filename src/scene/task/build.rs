//! From a document whose values have the right types to a workcell whose values go together.
//!
//! Owns the defaults that are not in [`crate::scene`] (friction, robot), keys that exclude each
//! other, ids that have to exist, and the words for what `check` finds. Every mistake is
//! collected with its place, so that one run tells them all.

use serde_json::Value;

use super::check::{Fault, Neighbour, find_box_faults, find_faults, inside_of};
use super::error::{Mistake, MistakeKind, mistake, nearest, shown};
use super::format::{
    BoxBlock, FRICTION, FixtureBlock, GRIPPER_KEYS, GripperBlock, GripperKind, KindKeys, MASS_KG,
    PoseBlock, RobotBlock, SafetyBlock, SceneBlock, TASK_KEYS, TaskBlock, TaskKind,
};
use super::locate::{FieldPath, Located};
use super::schema::field_words;
use super::value::{Number, OffsetEntry, QuantityEntry};
use super::{DEFAULT_FRICTION, Task, default_gripper, default_home};
use crate::pose::{Pose, Quat, Vec3, level, rotation_from_xyzw};
use crate::scene::{
    BoxSpec, CenterOfMass, Fixture, Gripper, PoseNoise, Quantity, Reach, Robot, Safety, Scene,
};

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
            let message = format!("`{at}` is {value}, out of its range");
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
                        let message =
                            format!("`{path}` is {}, which lies outside the box", offset[axis]);
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

    fn note_fault(&mut self, scene: &Scene, fault: &Fault, what: &str, path: &FieldPath) {
        match *fault {
            Fault::Overlap { with, depth, .. } => {
                let depth_mm = depth * 1000.0;
                let other = neighbour_name(scene, with);
                let message = format!("{what} overlaps {other} by {depth_mm:.1} mm");
                let remedy = format!("Move them {depth_mm:.1} mm apart; positions are of centres.");
                self.note(MistakeKind::Overlap, path, message, remedy);
            }
            Fault::Hover { height, .. } => {
                let height_mm = height * 1000.0;
                let message = format!("{what} hovers {height_mm:.1} mm above what is under it");
                let remedy = format!(
                    "Lower its z by {height:.4} m; positions are of centres, the ground is z = 0."
                );
                self.note(MistakeKind::Hover, path, message, remedy);
            }
        }
    }

    /// The robot over `scene`, defaults filled in.
    pub fn robot(&mut self, block: Option<&RobotBlock>, scene: &Scene) -> Robot {
        let at = FieldPath::default().key("robot");
        let home = block.and_then(|b| b.home.as_ref());
        let home = match home {
            Some(home) => self.pose_block(home, &at.key("home"), super::palm_down()),
            None => default_home(scene),
        };
        let reach = block.and_then(|b| b.reach.as_ref()).map(|reach| Reach {
            base: vec3(reach.base),
            max: reach.max.0,
        });
        let force = block.and_then(|b| b.max_hand_force);
        let robot = Robot {
            home,
            max_hand_force: force.map_or(super::DEFAULT_HAND_FORCE_N, |f| f.0),
            grippers: self.grippers(block, &at),
            reach,
        };
        self.check_home(&robot, scene, &at);
        robot
    }

    fn check_home(&mut self, robot: &Robot, scene: &Scene, at: &FieldPath) {
        let home = robot.home.translation.vector;
        let path = at.key("home").key("position");
        if let Some(reach) = robot.reach {
            let distance = (home - reach.base).norm();
            if distance > reach.max {
                let max = reach.max;
                let message = format!("the hand's home is {distance:.3} m from the reach's base");
                let remedy = format!("Move `robot.home` within {max} m of it, or raise `max`.");
                self.note(MistakeKind::OutOfRange, &path, message, remedy);
            }
        }
        if let Some(with) = inside_of(scene, &home) {
            let message = format!(
                "the hand's home lies inside {}",
                neighbour_name(scene, with)
            );
            let remedy = "Move `robot.home` to where the hand is free.".to_owned();
            self.note(MistakeKind::Overlap, &path, message, remedy);
        }
    }

    fn grippers(&mut self, block: Option<&RobotBlock>, at: &FieldPath) -> Vec<Gripper> {
        let Some(block) = block else {
            return vec![default_gripper()];
        };
        let (one, many) = (block.gripper.as_ref(), block.grippers.as_ref());
        if one.is_some() && many.is_some() {
            let message = "`robot` has both `gripper` and `grippers`".to_owned();
            let remedy = "Keep `grippers` and list them all there.".to_owned();
            self.note(MistakeKind::Conflict, &at.key("gripper"), message, remedy);
        }
        let one = one.map(|g| (g, at.key("gripper")));
        let list = at.key("grippers");
        let many = many.into_iter().flatten().enumerate();
        let all: Vec<Gripper> = many
            .map(|(i, g)| (g, list.index(i)))
            .chain(one)
            .map(|(gripper, path)| self.gripper(gripper, &path))
            .collect();
        if all.is_empty() {
            vec![default_gripper()]
        } else {
            all
        }
    }

    fn gripper(&mut self, block: &GripperBlock, at: &FieldPath) -> Gripper {
        let given = [
            ("cup_radius", block.cup_radius.is_some()),
            ("max_pull", block.max_pull.is_some()),
            ("max_shear", block.max_shear.is_some()),
            ("max_moment", block.max_moment.is_some()),
            ("max_opening", block.max_opening.is_some()),
            ("max_force", block.max_force.is_some()),
            ("finger", block.finger.is_some()),
            ("pad_friction", block.pad_friction.is_some()),
        ];
        self.keys_of_kind(&GRIPPER_KEYS[block.kind as usize], &given, at);
        let or = |value: Option<Number>, default: f64| value.map_or(default, |v| v.0);
        match block.kind {
            GripperKind::Suction => {
                let cup_radius = or(block.cup_radius, 0.04);
                let max_pull = or(block.max_pull, 180.0);
                Gripper::Suction {
                    cup_radius,
                    max_pull,
                    max_shear: or(block.max_shear, 120.0),
                    max_moment: or(block.max_moment, 0.5 * cup_radius * max_pull),
                }
            }
            GripperKind::ParallelJaw => Gripper::ParallelJaw {
                max_opening: or(block.max_opening, 0.0),
                max_force: or(block.max_force, 0.0),
                finger: block.finger.map_or(Vec3::new(0.02, 0.06, 0.12), vec3),
                pad_friction: or(block.pad_friction, 0.8),
            },
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

    /// The task, its names looked up in `scene`; `None` when it has mistakes.
    pub fn task(&mut self, block: &TaskBlock, scene: &Scene) -> Option<Task> {
        let at = FieldPath::default().key("task");
        let given = [
            ("box", block.r#box.is_some()),
            ("boxes", block.boxes.is_some()),
            ("to", block.to.is_some()),
        ];
        let before = self.mistakes.len();
        self.keys_of_kind(&TASK_KEYS[block.kind as usize], &given, &at);
        let box_path = at.key("box");
        let task = match block.kind {
            TaskKind::Retrieve => Task::Retrieve {
                box_index: self.box_index(block.r#box.as_deref()?, scene, &box_path)?,
            },
            TaskKind::Clear => Task::Clear {
                boxes: self.boxes_to_clear(block.boxes.as_deref(), scene, &at.key("boxes")),
            },
            TaskKind::Move => {
                let box_index = self.box_index(block.r#box.as_deref()?, scene, &box_path)?;
                let path = at.key("to");
                let target = self.pose_block(block.to.as_ref()?, &path, Quat::identity());
                self.check_target(scene, box_index, &target, &path.key("position"));
                Task::Move { box_index, target }
            }
        };
        (self.mistakes.len() == before).then_some(task)
    }

    fn boxes_to_clear(
        &mut self,
        ids: Option<&[String]>,
        scene: &Scene,
        at: &FieldPath,
    ) -> Vec<usize> {
        let Some(ids) = ids else {
            return (0..scene.boxes.len()).collect();
        };
        let mut boxes = Vec::new();
        for (i, id) in ids.iter().enumerate() {
            let path = at.index(i);
            match self.box_index(id, scene, &path) {
                Some(index) if boxes.contains(&index) => {
                    let message = format!("box `{id}` is in the list twice");
                    self.note(
                        MistakeKind::Duplicate,
                        &path,
                        message,
                        "Keep one.".to_owned(),
                    );
                }
                Some(index) => boxes.push(index),
                None => {}
            }
        }
        boxes
    }

    fn check_target(&mut self, scene: &Scene, index: usize, target: &Pose, at: &FieldPath) {
        let what = format!("box `{}`, where it is to stand,", scene.boxes[index].id);
        for fault in find_box_faults(scene, index, target) {
            self.note_fault(scene, &fault, &what, at);
        }
    }

    /// The index of box `id`, noting it when it is not there.
    pub fn box_index(&mut self, id: &str, scene: &Scene, at: &FieldPath) -> Option<usize> {
        let index = scene.box_index(id);
        if index.is_none() {
            let ids: Vec<&str> = scene.boxes.iter().map(|b| b.id.as_str()).collect();
            let is_fixture = scene.fixtures.iter().any(|f| f.id == id);
            let id = shown(id);
            let message = match is_fixture {
                true => format!("`{id}` is a fixture, not a box"),
                false => format!("there is no box `{id}`"),
            };
            let first = ids.iter().take(12).copied().collect::<Vec<_>>().join(", ");
            let remedy = match nearest(&id, &ids) {
                Some(near) => format!("Did you mean `{near}`?"),
                None => format!(
                    "The boxes are {first}{}.",
                    if ids.len() > 12 { ", …" } else { "" }
                ),
            };
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

/// The limits, defaults filled in.
pub(super) fn safety(block: Option<&SafetyBlock>) -> Safety {
    let default = Safety::default();
    let Some(block) = block else {
        return default;
    };
    let or = |value: Option<Number>, default: f64| value.map_or(default, |v| v.0);
    Safety {
        max_risk: or(block.max_risk, default.max_risk),
        max_plan_risk: block.max_plan_risk.map(|r| r.0),
        max_displacement: or(block.max_displacement, default.max_displacement),
        max_tilt: block
            .max_tilt_deg
            .map_or(default.max_tilt, |t| t.0.to_radians()),
        max_strike_force: or(block.max_strike_force, default.max_strike_force),
    }
}

fn neighbour_name(scene: &Scene, with: Neighbour) -> String {
    match with {
        Neighbour::Box(i) => format!("box `{}`", scene.boxes[i].id),
        Neighbour::Fixture(i) => format!("fixture `{}`", scene.fixtures[i].id),
        Neighbour::Ground => "the ground".to_owned(),
    }
}

fn vec3(numbers: [Number; 3]) -> Vec3 {
    Vec3::from(numbers.map(|n| n.0))
}
