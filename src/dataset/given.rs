//! Stacks that somebody has: real packings, task files of a warehouse of one's own.
//!
//! Owns [`GivenScene`], and how a whole stack becomes many beliefs: [`partly_unpacked`], since a robot that takes a
//! stack down meets it at every height. Each packing is on one side of the splits, whatever set it is in: its split
//! follows from where its boxes lie ([`GivenScene::split`]), not from a seed.

use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;
use serde_json::{Value, json};

use super::recipe::{Stack, first_success, observe};
use super::split::{Split, split_of_packing};
use crate::files::sha256;
use crate::gravity::GRAVITY;
use crate::pose::Vec3;
use crate::sandbox::{self, SandboxError};
use crate::scene::geometry::{Face, overlaps};
use crate::scene::{Scene, Workcell};

/// Fewest boxes that unpacking leaves.
pub const BOXES_LEFT: usize = 4;
/// Ways to unpack a stack that are tried before its seed is moved on.
const TRIES: u64 = 16;
/// Digits of a hash that a config keeps: 64 bits.
const DIGITS: usize = 16;

/// A stack to make episodes from, whole, as its file gives it.
#[derive(Clone, Debug, PartialEq)]
pub struct GivenScene {
    name: String,
    /// Where it comes from, as data sets count their episodes by.
    family: String,
    /// Hash of where its boxes lie and how large they are: which packing it is.
    packing: String,
    /// Hash of everything that a rollout depends on.
    hash: String,
    workcell: Workcell,
}

impl GivenScene {
    /// The scene of a task file called `name`, one of those of `family`.
    pub fn new(name: String, family: String, workcell: Workcell) -> Self {
        Self {
            name,
            family,
            packing: short(&packing_bytes(&workcell.scene)),
            // Every number as exactly as it is read back.
            hash: short(format!("{workcell:?}").as_bytes()),
            workcell,
        }
    }

    /// Its name.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// What it is told apart by: scenes with the same key are the same scene.
    pub fn key(&self) -> (&str, &str, &str) {
        (&self.family, &self.name, &self.hash)
    }

    /// What its episodes are for.
    pub fn split(&self) -> Split {
        split_of_packing(&self.packing)
    }

    /// Whether the whole stack stands, in one of a few draws of its belief.
    ///
    /// # Errors
    /// What the last draw said.
    pub fn stands(&self) -> Result<(), SandboxError> {
        self.until_it_stands(0, 0, |workcell, rng| sandbox::draw(workcell, rng))
            .map(drop)
    }

    /// The belief of stack number `stack`: some boxes taken off, the others as a camera sees them.
    ///
    /// # Errors
    /// When none of a few ways to unpack it leaves what stands.
    pub(super) fn belief(
        &self,
        seed: u64,
        stack: u64,
    ) -> Result<(Stack, ChaCha8Rng), SandboxError> {
        let (workcell, rng) = self.until_it_stands(seed, stack, partly_unpacked)?;
        let stack = Stack {
            targets: targets(&workcell),
            workcell,
            family: self.family.clone(),
        };
        Ok((stack, rng))
    }

    /// What `make` makes of a copy of the scene: the first try in which it can, each with random numbers of its own.
    fn until_it_stands<T>(
        &self,
        seed: u64,
        stack: u64,
        make: impl Fn(&mut Workcell, &mut ChaCha8Rng) -> Result<T, SandboxError>,
    ) -> Result<(Workcell, ChaCha8Rng), SandboxError> {
        first_success(TRIES, |attempt| {
            let mut rng = ChaCha8Rng::seed_from_u64(seed);
            rng.set_stream(stack * TRIES + attempt);
            let mut workcell = self.workcell.clone();
            make(&mut workcell, &mut rng).map(|_| (workcell, rng))
        })
    }

    /// As a data set's config names it.
    pub(super) fn config_json(&self) -> Value {
        let Self { name, family, .. } = self;
        json!({ "name": name, "family": family, "packing": self.packing, "hash": self.hash })
    }
}

/// The packing's hash of each scene of a set with this config, in the order in which its stacks take them in turn;
/// `None` where its scenes are made up.
///
/// # Errors
/// Why it is the config of no set.
pub(super) fn packings(config: &Value) -> Result<Option<Vec<String>>, String> {
    let Some(scenes) = config.get("scenes").and_then(Value::as_array) else {
        return Ok(None);
    };
    let packing = |scene: &Value| Some(scene.get("packing")?.as_str()?.to_owned());
    match scenes.iter().map(packing).collect::<Option<Vec<_>>>() {
        Some(packings) if !packings.is_empty() => Ok(Some(packings)),
        _ => Err("its config names no `packing` for each of its `scenes`".to_owned()),
    }
}

/// Whether a set of this config is made of given scenes.
pub fn is_of_given(config: &Value) -> bool {
    config.get("scenes").is_some()
}

/// A config as a person reads it: of scenes, which may be hundreds, their number alone.
pub fn in_brief(config: &Value) -> Value {
    let mut brief = config.clone();
    if let Some(scenes) = brief.get_mut("scenes")
        && let Some(all) = scenes.as_array()
    {
        *scenes = json!(all.len());
    }
    brief
}

/// The first scene of a config that another one does not have in its place; empty where there is none.
pub(super) fn scene_unlike(config: &Value, other: &Value) -> String {
    let scenes = |config: &Value| config.get("scenes").and_then(Value::as_array).cloned();
    let (ours, theirs) = (
        scenes(config).unwrap_or_default(),
        scenes(other).unwrap_or_default(),
    );
    let unlike = (ours.iter().enumerate()).find(|(i, scene)| theirs.get(*i) != Some(scene));
    unlike.map_or_else(String::new, |(_, scene)| scene.to_string())
}

/// Takes some boxes off the top of a stack, and replaces the others' poses by what a camera would report of one draw.
///
/// # Errors
/// When what is left stands in no draw, or no longer does as it is seen: some loads are near what a face bears.
pub fn partly_unpacked(workcell: &mut Workcell, rng: &mut impl Rng) -> Result<(), SandboxError> {
    unpack(&mut workcell.scene, rng);
    let truth = sandbox::draw(workcell, rng)?;
    observe(workcell, &truth, rng);
    sandbox::draw(workcell, rng).map(drop)
}

/// Takes a random number of boxes off, each time one that nothing lies above.
fn unpack(scene: &mut Scene, rng: &mut impl Rng) {
    let most = scene.boxes.len().saturating_sub(BOXES_LEFT);
    for _ in 0..rng.random_range(0..=most) {
        let free: Vec<usize> = (0..scene.boxes.len())
            .filter(|&i| is_uncovered(scene, i))
            .collect();
        if free.is_empty() {
            return;
        }
        scene.boxes.remove(free[rng.random_range(0..free.len())]);
    }
}

/// Whether no box lies above box `index`, seen from above.
fn is_uncovered(scene: &Scene, index: usize) -> bool {
    let mut column = scene.boxes[index].obb();
    let height = scene.top_m();
    column.pose.translation.z += height;
    // Of a box that lies on its side another edge than its own z stands up.
    let up = Face::nearest(column.pose.rotation.inverse() * Vec3::z());
    column.half[up.axis()] += height;
    let boxes = scene.boxes.iter().enumerate();
    !boxes.filter(|(i, _)| *i != index).any(|(_, other)| {
        other.pose.translation.z > scene.boxes[index].pose.translation.z
            && overlaps(&column, &other.obb(), 0.005)
    })
}

/// Boxes that the hand can lift, the lowest first, since most hangs on those; all where it can lift none.
fn targets(workcell: &Workcell) -> Vec<usize> {
    let boxes = &workcell.scene.boxes;
    let can_lift = |i: &usize| boxes[*i].mass.mean() * GRAVITY <= workcell.robot.max_hand_force;
    let mut targets: Vec<usize> = (0..boxes.len()).filter(can_lift).collect();
    if targets.is_empty() {
        targets = (0..boxes.len()).collect();
    }
    let height = |i: &usize| boxes[*i].pose.translation.z;
    targets.sort_by(|a, b| height(a).total_cmp(&height(b)));
    targets
}

fn packing_bytes(scene: &Scene) -> Vec<u8> {
    let numbers = scene.boxes.iter().flat_map(|b| {
        let (at, turned) = (b.pose.translation, b.pose.rotation);
        let pose = at.vector.iter().chain(turned.coords.iter());
        b.size.iter().chain(pose).copied().collect::<Vec<f64>>()
    });
    numbers.flat_map(f64::to_le_bytes).collect()
}

/// The head of a SHA-256.
fn short(bytes: &[u8]) -> String {
    let mut hash = sha256(bytes);
    hash.truncate(DIGITS);
    hash
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;
    use crate::dataset::recipe::{Recipe, Scenes};
    use crate::grasp::fixtures_for_tests::{a_box, workcell};
    use crate::pose::Quat;
    use crate::scene::{BoxSpec, task};

    const ORDERS: [&str; 2] = [
        include_str!("../../scenarios/bed-bpp-00100001.yaml"),
        include_str!("../../scenarios/bed-bpp-00100408.yaml"),
    ];

    fn orders() -> Vec<Workcell> {
        let read = |text: &&str| task::parse(text, Path::new("order")).unwrap().workcell;
        ORDERS.iter().map(read).collect()
    }

    fn given(workcell: &Workcell) -> GivenScene {
        GivenScene::new("order".into(), "orders".into(), workcell.clone())
    }

    fn ids(scene: &Scene) -> Vec<String> {
        scene.boxes.iter().map(|b| b.id.clone()).collect()
    }

    #[test]
    fn unpacking_takes_only_boxes_that_carry_nothing() {
        let mut rng = ChaCha8Rng::seed_from_u64(3);
        let mut taken = 0;
        for whole in orders().iter().cycle().take(8) {
            let mut scene = whole.scene.clone();
            unpack(&mut scene, &mut rng);
            taken += whole.scene.boxes.len() - scene.boxes.len();
            let left = ids(&scene);
            assert!(left.len() >= BOXES_LEFT.min(whole.scene.boxes.len()));
            for spec in &whole.scene.boxes {
                let lies_above = |other: &&BoxSpec| {
                    let pair = Scene {
                        boxes: vec![spec.clone(), (*other).clone()],
                        ..whole.scene.clone()
                    };
                    other.id != spec.id && !is_uncovered(&pair, 0)
                };
                let mut kept = scene.boxes.iter().filter(lies_above);
                assert!(
                    kept.next().is_none() || left.contains(&spec.id),
                    "{} was taken from under another",
                    spec.id
                );
            }
        }
        assert!(taken > 0, "nothing was unpacked, so nothing was shown");
    }

    #[test]
    fn what_lies_on_a_box_covers_it_also_where_the_box_lies_on_its_side() {
        for axis in [Vec3::x_axis(), Vec3::y_axis()] {
            // 0.6 m long and 0.2 m high.
            let mut lying = a_box("lying", [0.2, 0.2, 0.6], [0.0, 0.0, 0.1], 1.0);
            lying.pose.rotation = Quat::from_axis_angle(&axis, std::f64::consts::FRAC_PI_2);
            let on = |at: [f64; 2]| a_box("on", [0.2; 3], [at[0], at[1], 0.3], 1.0);
            let is_uncovered_by = |other: BoxSpec| {
                let scene = workcell(vec![lying.clone(), other], vec![]).scene;
                assert!(is_uncovered(&scene, 1));
                is_uncovered(&scene, 0)
            };
            assert!(!is_uncovered_by(on([0.0, 0.0])));
            // As high, but past its ends and its sides.
            assert!(is_uncovered_by(on([0.45, 0.45])));
            let (along, beside) = if axis == Vec3::x_axis() {
                ([0.0, 0.35], [0.25, 0.0])
            } else {
                ([0.35, 0.0], [0.0, 0.25])
            };
            assert!(!is_uncovered_by(on(along)));
            assert!(is_uncovered_by(on(beside)));
        }
    }

    #[test]
    fn a_packing_is_told_by_its_boxes_and_a_scene_by_everything() {
        let whole = &orders()[0];
        let scene = given(whole);
        let mut stronger = whole.clone();
        stronger.robot.grippers[0].strengthen(2.0);
        let mut moved = whole.clone();
        moved.scene.boxes[0].pose.translation.x += 1e-9;
        let (stronger, moved) = (given(&stronger), given(&moved));
        assert_eq!(scene.packing, stronger.packing);
        assert_eq!(scene.split(), stronger.split());
        assert_ne!(scene.hash, stronger.hash);
        assert_ne!(scene.packing, moved.packing);
    }

    #[test]
    fn stacks_take_the_scenes_in_turn_and_each_is_another_part_of_its_own() {
        let scenes: Vec<GivenScene> = orders().iter().map(given).collect();
        let recipe = Recipe {
            seed: 4,
            scenes: Scenes::given(scenes.clone().into()).unwrap(),
            mixture: Default::default(),
        };
        let mut sizes = std::collections::BTreeSet::new();
        for stack in 0..6 {
            let (belief, _) = recipe.belief(stack).unwrap();
            let whole = &scenes[stack as usize % 2].workcell;
            let left = ids(&belief.workcell.scene);
            assert!(left.iter().all(|id| ids(&whole.scene).contains(id)));
            assert_eq!(belief.family, "orders");
            let height = |i: &usize| belief.workcell.scene.boxes[*i].pose.translation.z;
            assert!(belief.targets.is_sorted_by(|a, b| height(a) <= height(b)));
            sizes.insert(left.len());
        }
        assert!(sizes.len() > 2, "{sizes:?}");
        assert_eq!(Scenes::given(scenes[..0].to_vec().into()), None);
    }

    #[test]
    fn the_packings_of_a_set_are_those_of_its_scenes() {
        let scenes: Vec<GivenScene> = orders().iter().map(given).collect();
        let config =
            json!({ "scenes": scenes.iter().map(GivenScene::config_json).collect::<Vec<_>>() });
        let expected: Vec<String> = scenes.iter().map(|s| s.packing.clone()).collect();
        assert_eq!(packings(&config), Ok(Some(expected)));
        assert_eq!(in_brief(&config), json!({ "scenes": 2 }));
        assert_eq!(packings(&json!({ "families": [] })), Ok(None));
        for damaged in [
            json!({ "scenes": [] }),
            json!({ "scenes": [{ "name": "a" }] }),
        ] {
            assert!(packings(&damaged).is_err(), "{damaged}");
        }
    }
}
