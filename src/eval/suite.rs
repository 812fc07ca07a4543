//! The beliefs and actions that the model is measured on, none of which training saw.
//!
//! Owns the splits of design, section 7, as functions of a seed: `standard` (the training families
//! on fresh seeds), `real` (imported packings), `hard` (of each stack up to four actions: first those whose outcome the
//! draws do not agree on, then at most as many on which they do), and the `shifted_*` parts. Which of a stack's actions
//! are cases is `cases`'. A case is named by its stack and its attempt there, so that stored references can point at
//! it. The draws that select are never those that label.

mod cases;

use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;

use super::real;
use crate::dataset::actions::{random_action, random_removal, random_target};
use crate::dataset::recipe::{Recipe, Scenes, Stack, observe};
use crate::rollout::Action;
use crate::sandbox::{self, SandboxError};
use crate::scene::families::{Family, Shift, generate_shifted};

pub use cases::{CASES_PER_STACK, Case};

/// A part of the evaluation.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Split {
    /// The training families, fresh seeds.
    Standard,
    /// At least a quarter of the beliefs are undecided.
    Hard,
    /// Imported packings.
    Real,
    /// 40 to 100 boxes.
    ShiftedMany,
    /// Twice the size.
    ShiftedSize,
    /// Ten times the mass.
    ShiftedMass,
    /// A gripper with other limits.
    ShiftedGripper,
}

impl Split {
    /// In the order of reports.
    pub const ALL: [Self; 7] = [
        Self::Standard,
        Self::Hard,
        Self::Real,
        Self::ShiftedMany,
        Self::ShiftedSize,
        Self::ShiftedMass,
        Self::ShiftedGripper,
    ];

    /// As reports and the command line name it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Standard => "standard",
            Self::Hard => "hard",
            Self::Real => "real",
            Self::ShiftedMany => "shifted_many",
            Self::ShiftedSize => "shifted_size",
            Self::ShiftedMass => "shifted_mass",
            Self::ShiftedGripper => "shifted_gripper",
        }
    }

    fn shift(self) -> Option<Shift> {
        match self {
            Self::Standard | Self::Hard | Self::Real => None,
            Self::ShiftedMany => Some(Shift::ManyBoxes),
            Self::ShiftedSize => Some(Shift::TwiceTheSize),
            Self::ShiftedMass => Some(Shift::TenTimesTheMass),
            Self::ShiftedGripper => Some(Shift::OtherGripper),
        }
    }

    /// Keeps the splits' random streams apart from each other and from training seeds.
    fn salt(self) -> u64 {
        0xe7a1_0000_0000_0000 | (self as u64) << 32
    }
}

/// Scenes that are tried where one does not stand.
const SHIFT_TRIES: u64 = 64;
/// The most boxes in a scene of the splits that are not shifted.
pub const BOXES_MAX: usize = 12;

/// A split under a seed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Suite {
    /// Which part.
    pub split: Split,
    /// The evaluation's seed.
    pub seed: u64,
}

impl Suite {
    fn base_seed(self) -> u64 {
        self.seed ^ self.split.salt()
    }

    /// The belief of stack `stack`.
    ///
    /// # Errors
    /// When no scene of the families stands.
    pub fn belief(self, stack: u64) -> Result<Stack, SandboxError> {
        if self.split == Split::Real {
            return real::stack(self.base_seed(), stack);
        }
        match self.split.shift() {
            None => {
                let recipe = Recipe {
                    seed: self.base_seed(),
                    scenes: Scenes::generated(&Family::ALL, BOXES_MAX),
                    mixture: Default::default(),
                };
                recipe.belief(stack).map(|(belief, _)| belief)
            }
            Some(shift) => self.shifted_belief(shift, stack),
        }
    }

    fn shifted_belief(self, shift: Shift, stack: u64) -> Result<Stack, SandboxError> {
        let mut last = SandboxError::NotFinite;
        for attempt in 0..SHIFT_TRIES {
            let mut rng = ChaCha8Rng::seed_from_u64(self.base_seed());
            rng.set_stream(stack * SHIFT_TRIES + attempt);
            let number = (stack + attempt) as usize % Family::ALL.len();
            let family = Family::ALL[number];
            let generated = generate_shifted(shift, family, &mut rng);
            let mut workcell = generated.workcell;
            let observed = sandbox::draw(&workcell, &mut rng).and_then(|truth| {
                observe(&mut workcell, &truth, &mut rng);
                // Some loads are near what a face bears: as seen, such a scene may stand in no draw.
                sandbox::draw(&workcell, &mut rng)
            });
            match observed {
                Ok(_) => {
                    return Ok(Stack {
                        workcell,
                        family: family.name().to_owned(),
                        targets: generated.targets,
                    });
                }
                Err(error) => last = error,
            }
        }
        Err(last)
    }

    /// What stack `stack` is not independent of: of imported packings, all that is unpacked from the same one.
    pub fn cluster(self, stack: u64) -> u64 {
        match self.split {
            Split::Real => real::packing(stack),
            _ => stack,
        }
    }

    /// The stream of random numbers for one purpose on one stack.
    fn stream(self, purpose: u64, stack: u64) -> ChaCha8Rng {
        let mut rng = ChaCha8Rng::seed_from_u64(self.base_seed() ^ (purpose << 16));
        rng.set_stream(stack);
        rng
    }

    /// Seed of the draws of stack `stack` that are for this purpose.
    pub fn draw_seed(self, purpose: DrawPurpose, stack: u64) -> u64 {
        use rand::Rng;
        self.stream(0x100 + purpose as u64, stack).random()
    }

    /// Action number `attempt` on a stack; `None` where no hand gets at anything.
    pub fn action(self, belief: &Stack, stack: u64, attempt: u64) -> Option<Action> {
        let mut rng = self.stream(1 + attempt, stack);
        match self.split {
            Split::Hard => (0..8).find_map(|_| {
                let target = random_target(belief, &mut rng);
                random_removal(&belief.workcell, target, &mut rng)
            }),
            _ => Some(random_action(belief, &mut rng)),
        }
    }
}

/// What a draw is for; no draw serves two purposes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DrawPurpose {
    /// The outcome that a forecast is held against.
    Label,
    /// The ceiling's own forecast.
    Ceiling,
    /// Choosing cases.
    Select,
    /// Carrying out what was predicted to be of some risk.
    Regardless,
}
