//! Stacks that somebody has: real packings, task files of a warehouse of one's own.
//!
//! Owns [`GivenScene`]; how a whole stack becomes many beliefs is `unpack`'s ([`partly_unpacked`]), how the config of a
//! data set names such scenes `config`'s. Each packing is on one side of the splits, whatever set it is in: its split
//! follows from where its boxes lie ([`GivenScene::split`]), not from a seed.

mod config;
mod unpack;

use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;
use serde_json::{Value, json};

use super::recipe::{Stack, first_success};
use super::split::{Split, split_of_packing};
use crate::files::sha256;
use crate::gravity::GRAVITY;
use crate::sandbox::{self, SandboxError};
use crate::scene::{Scene, Workcell};

pub use config::{in_brief, is_of_given};
pub(super) use config::{packings, scene_unlike};
pub use unpack::{BOXES_LEFT, partly_unpacked};

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
    use crate::scene::task;

    const ORDERS: [&str; 2] = [
        include_str!("../../scenarios/bed-bpp-00100001.yaml"),
        include_str!("../../scenarios/bed-bpp-00100408.yaml"),
    ];

    pub(super) fn orders() -> Vec<Workcell> {
        let read = |text: &&str| task::parse(text, Path::new("order")).unwrap().workcell;
        ORDERS.iter().map(read).collect()
    }

    pub(super) fn given(workcell: &Workcell) -> GivenScene {
        GivenScene::new("order".into(), "orders".into(), workcell.clone())
    }

    pub(super) fn ids(scene: &Scene) -> Vec<String> {
        scene.boxes.iter().map(|b| b.id.clone()).collect()
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
}
