//! The beliefs and actions that the model is measured on, none of which training saw.
//!
//! Owns the splits of design, section 7, as functions of a seed: `standard` (the training families
//! on fresh seeds), `real` (imported packings), `hard` (of each stack up to four actions: first those whose outcome the
//! draws do not agree on, then at most as many on which they do), and the `shifted_*` parts. A case is named by its stack and its attempt there, so
//! that stored references can point at it. The draws that select are never those that label.

use std::ops::ControlFlow;

use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;
use rayon::prelude::*;

use super::real;
use crate::dataset::actions::{random_action, random_removal, random_target};
use crate::dataset::recipe::{Recipe, Scenes, Stack, observe};
use crate::rollout::Action;
use crate::sandbox::engine::Engine;
use crate::sandbox::exact::standing_worlds;
use crate::sandbox::{self, SandboxError};
use crate::scene::Workcell;
use crate::scene::families::{Family, Shift, generate_shifted};

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

/// A belief and an action, to be judged.
#[derive(Clone, Debug, PartialEq)]
pub struct Case {
    /// Cases of the same stack are not independent; nor are those of one [`Suite::cluster`].
    pub stack: u64,
    /// Which of the stack's actions.
    pub attempt: u64,
    /// The generator family.
    pub family: String,
    /// The belief.
    pub workcell: Workcell,
    /// What is done.
    pub action: Action,
}

impl Case {
    /// Whether the action ends in an accident in `world`.
    ///
    /// # Errors
    /// When the engine loses a body.
    pub(super) fn goes_wrong(&self, world: &Engine) -> Result<bool, SandboxError> {
        sandbox::goes_wrong(&self.workcell, world, &self.action)
    }

    /// The same in each of `worlds`.
    ///
    /// # Errors
    /// As [`Self::goes_wrong`].
    pub(super) fn goes_wrong_in(&self, worlds: &[Engine]) -> Result<Vec<bool>, SandboxError> {
        worlds.iter().map(|world| self.goes_wrong(world)).collect()
    }
}

/// Cases taken from one stack at most.
pub const CASES_PER_STACK: u64 = 4;
/// Actions that are tried on a stack of the `hard` split.
const HARD_ATTEMPTS: u64 = 6;
/// Draws that select there.
const SELECTING_DRAWS: usize = 8;
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

    fn case(self, belief: &Stack, stack: u64, attempt: u64) -> Option<Case> {
        Some(Case {
            stack,
            attempt,
            family: belief.family.clone(),
            workcell: belief.workcell.clone(),
            action: self.action(belief, stack, attempt)?,
        })
    }

    /// The cases of one stack.
    ///
    /// # Errors
    /// When the sandbox cannot make the stack.
    pub fn cases_of(self, stack: u64) -> Result<Vec<Case>, SandboxError> {
        let belief = self.belief(stack)?;
        let all = |count| (0..count).filter_map(|a| self.case(&belief, stack, a));
        if self.split != Split::Hard {
            return Ok(all(CASES_PER_STACK).collect());
        }
        let seed = self.draw_seed(DrawPurpose::Select, stack);
        let worlds = standing_worlds(&belief.workcell, seed, SELECTING_DRAWS)?;
        let (mut undecided, mut decided) = (Vec::new(), Vec::new());
        for case in all(HARD_ATTEMPTS) {
            let goes_wrong = case.goes_wrong_in(&worlds)?;
            // Of a belief of which few draws stand there are fewer of them than were asked for.
            match goes_wrong.iter().all(|wrong| *wrong == goes_wrong[0]) {
                true => decided.push(case),
                false => undecided.push(case),
            }
        }
        decided.truncate(undecided.len());
        undecided.extend(decided);
        undecided.truncate(CASES_PER_STACK as usize);
        Ok(undecided)
    }

    /// The belief of a stack and the first of its removals that the selecting draws do not agree on.
    ///
    /// # Errors
    /// When the sandbox cannot make the stack.
    pub fn first_undecided(self, stack: u64) -> Result<Option<(Stack, usize)>, SandboxError> {
        let belief = self.belief(stack)?;
        let seed = self.draw_seed(DrawPurpose::Select, stack);
        let worlds = standing_worlds(&belief.workcell, seed, SELECTING_DRAWS)?;
        for attempt in 0..HARD_ATTEMPTS {
            let Some(action) = self.action(&belief, stack, attempt) else {
                continue;
            };
            let mut seen = [false; 2];
            for world in &worlds {
                let goes_wrong = sandbox::goes_wrong(&belief.workcell, world, &action)?;
                seen[usize::from(goes_wrong)] = true;
                if seen == [true; 2] {
                    return Ok(Some((belief, action.box_index())));
                }
            }
        }
        Ok(None)
    }

    /// The first `count` cases, in parallel; the same whatever the number of threads. `found` is told how many
    /// there are so far, and may break off the search, which takes minutes on the hard split; then there are fewer.
    ///
    /// # Errors
    /// When the sandbox cannot make a stack.
    pub fn cases(
        self,
        count: usize,
        mut found: impl FnMut(usize) -> ControlFlow<()>,
    ) -> Result<Vec<Case>, SandboxError> {
        /// Stacks that are looked through at a time, at most.
        const CHUNK: u64 = 32;
        // No more than could do, where few cases are asked for.
        let chunk = (count as u64).div_ceil(CASES_PER_STACK).clamp(1, CHUNK);
        let mut cases = Vec::new();
        let mut next = 0;
        while cases.len() < count {
            let of_stacks: Vec<Vec<Case>> = (next..next + chunk)
                .into_par_iter()
                .map(|stack| self.cases_of(stack))
                .collect::<Result<_, _>>()?;
            cases.extend(of_stacks.into_iter().flatten());
            next += chunk;
            if found(cases.len().min(count)).is_break() {
                break;
            }
        }
        cases.truncate(count);
        Ok(cases)
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
