//! Procedural stacks whose answer hangs on details: the scenes that rollouts are drawn from.
//!
//! Owns [`Family`], [`generate`] and the [`Shift`]s that evaluation asks about. Everything here is
//! geometry and hand statics; no physics engine is asked, so a few scenes in a hundred do not
//! stand in the sandbox, which rejects them. Random removals from random piles are too easy (98 %
//! of the outcomes stay the same when mass and friction are drawn again; design, section 6), so
//! each family puts some box within millimetres or grams of its balance point.

mod balance;
mod belief;
mod bridge;
mod draft;
mod freight;
mod leaning;
mod pallet;
mod pile;
mod robot;
mod shelf;
mod shifted;
mod statics;

use rand::Rng;
use serde::{Deserialize, Serialize};

use super::Workcell;
use draft::Draft;
pub use shifted::{Shift, generate_shifted};

/// The default of `boxes_max`.
pub const BOXES_MAX: usize = 12;

/// What kind of stack.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Family {
    /// A plank past its pier's edge, held by a weight on its other end.
    CounterweightedOverhang,
    /// Planks that span piers, resting on a few centimetres or millimetres.
    Bridge,
    /// Slabs that lean on a wall or a stack, near the angle at which they slip.
    Leaning,
    /// Layers that cross, or rows over seams, with gaps of 0 to 4 mm.
    BrickPallet,
    /// Columns side by side, each box up to 4 mm inside of where its column ends.
    ColumnPallet,
    /// Boxes between boards, 5 to 40 mm from what is above and beside them.
    Shelf,
    /// Boxes dropped at any angle, each just held by what is below.
    Heap,
    /// Heavy boxes on light ones that they nearly crush.
    HeavyOnLight,
    /// Towers that stand only because their centres of mass are not where they look.
    OffCentreMass,
    /// Wide boxes on narrow posts, with a neighbour that barely props them.
    PropTee,
    /// Orders of few kinds of boxes, roughly aligned.
    MixedStack,
    /// Crates of 0.2 to 3 m, corner to corner on a unit load device.
    FreightPacked,
    /// The same, centimetres apart and over each other's edges.
    FreightRough,
}

impl Family {
    /// All of them, in the order of every array that is indexed by family.
    pub const ALL: [Self; 13] = [
        Self::CounterweightedOverhang,
        Self::Bridge,
        Self::Leaning,
        Self::BrickPallet,
        Self::ColumnPallet,
        Self::Shelf,
        Self::Heap,
        Self::HeavyOnLight,
        Self::OffCentreMass,
        Self::PropTee,
        Self::MixedStack,
        Self::FreightPacked,
        Self::FreightRough,
    ];

    /// As files and the command line name it.
    pub fn name(self) -> &'static str {
        match self {
            Self::CounterweightedOverhang => "counterweighted_overhang",
            Self::Bridge => "bridge",
            Self::Leaning => "leaning",
            Self::BrickPallet => "brick_pallet",
            Self::ColumnPallet => "column_pallet",
            Self::Shelf => "shelf",
            Self::Heap => "heap",
            Self::HeavyOnLight => "heavy_on_light",
            Self::OffCentreMass => "off_centre_mass",
            Self::PropTee => "prop_tee",
            Self::MixedStack => "mixed_stack",
            Self::FreightPacked => "freight_packed",
            Self::FreightRough => "freight_rough",
        }
    }

    /// The family called `name`.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|family| family.name() == name)
    }

    /// One attempt at a scene of at most `boxes_max` boxes; `None` when the dice do not fit together.
    fn draft(self, boxes_max: usize, rng: &mut impl Rng) -> Option<Draft> {
        match self {
            Self::CounterweightedOverhang => balance::counterweighted_overhang(boxes_max, rng),
            Self::Bridge => bridge::bridge(boxes_max, rng),
            Self::Leaning => leaning::leaning(boxes_max, rng),
            Self::BrickPallet => pallet::brick(boxes_max, rng),
            Self::ColumnPallet => pallet::column(boxes_max, rng),
            Self::Shelf => shelf::shelf(boxes_max, rng),
            Self::Heap => pile::heap(boxes_max, rng),
            Self::HeavyOnLight => balance::heavy_on_light(boxes_max, rng),
            Self::OffCentreMass => balance::off_centre_mass(boxes_max, rng),
            Self::PropTee => balance::prop_tee(boxes_max, rng),
            Self::MixedStack => pile::mixed_stack(boxes_max, rng),
            Self::FreightPacked => freight::packed(boxes_max, rng),
            Self::FreightRough => freight::rough(boxes_max, rng),
        }
    }
}

/// A scene, and what is worth asking about it.
#[derive(Clone, Debug, PartialEq)]
pub struct Generated {
    /// Poses are the true nominal ones; whoever records an episode adds the noise of observation.
    pub workcell: Workcell,
    /// Indices of the boxes worth asking about, the hardest first; never empty.
    pub targets: Vec<usize>,
}

/// A scene of `family` with 3 to `boxes_max` boxes (at least 5 are allowed for, whatever it says).
///
/// Boxes touch what they stand on and do not overlap; by statics each stands at nominal values.
pub fn generate(family: Family, boxes_max: usize, rng: &mut impl Rng) -> Generated {
    let draft = sound_draft(family, boxes_max.max(5), rng);
    finish(draft, rng)
}

/// Drafts until one is sound: a matter of a few attempts.
fn sound_draft(family: Family, boxes_max: usize, rng: &mut impl Rng) -> Draft {
    loop {
        if let Some(draft) = family.draft(boxes_max, rng)
            && draft.parts.len() <= boxes_max
            && draft.is_sound()
        {
            return draft;
        }
    }
}

/// Turns a draft to any heading, then adds what the robot does not know, and the robot.
fn finish(mut draft: Draft, rng: &mut impl Rng) -> Generated {
    draft.turn(rng);
    draft.complete_targets(rng);
    let scene = belief::scene(&draft, rng);
    let robot = robot::robot(&draft, &scene, rng);
    Generated {
        workcell: Workcell {
            scene,
            robot,
            safety: Default::default(),
        },
        targets: draft.targets,
    }
}

#[cfg(test)]
mod tests;
