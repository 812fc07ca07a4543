//! Which cases a suite is made of: of each stack some actions, of hard ones those that the draws do not agree on.
//!
//! Owns [`Case`] and how cases are chosen and found, in parallel and in the same order whatever the number of threads.

use std::ops::ControlFlow;

use rayon::prelude::*;

use super::{DrawPurpose, Split, Suite};
use crate::dataset::recipe::Stack;
use crate::rollout::Action;
use crate::sandbox::engine::Engine;
use crate::sandbox::exact::standing_worlds;
use crate::sandbox::{self, SandboxError};
use crate::scene::Workcell;

/// Cases taken from one stack at most.
pub const CASES_PER_STACK: u64 = 4;
/// Actions that are tried on a stack of the `hard` split.
const HARD_ATTEMPTS: u64 = 6;
/// Draws that select there.
const SELECTING_DRAWS: usize = 8;

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
    pub(in crate::eval) fn goes_wrong(&self, world: &Engine) -> Result<bool, SandboxError> {
        sandbox::goes_wrong(&self.workcell, world, &self.action)
    }

    /// The same in each of `worlds`.
    ///
    /// # Errors
    /// As [`Self::goes_wrong`].
    pub(in crate::eval) fn goes_wrong_in(
        &self,
        worlds: &[Engine],
    ) -> Result<Vec<bool>, SandboxError> {
        worlds.iter().map(|world| self.goes_wrong(world)).collect()
    }
}

impl Suite {
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
