//! Which cases a suite is made of: of each stack some actions, of hard ones those that the draws do not agree on.
//!
//! Owns [`Case`] and how cases are chosen and found, in parallel and in the same order whatever the number of threads. What
//! was chosen in an earlier run is `choices`' to know.

use std::ops::ControlFlow;

use rayon::prelude::*;

use super::{DrawPurpose, Split, Suite};
use crate::dataset::recipe::Stack;
use crate::eval::choices::Choices;
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
    pub fn cases_of(self, stack: u64, choices: &Choices) -> Result<Vec<Case>, SandboxError> {
        let belief = self.belief(stack)?;
        let all = |count| (0..count).filter_map(|a| self.case(&belief, stack, a));
        if self.split != Split::Hard {
            return Ok(all(CASES_PER_STACK).collect());
        }
        let tried: Vec<Case> = all(HARD_ATTEMPTS).collect();
        let rule: (_, Rule) = ("disputed", disputed);
        let chosen = self.chosen(rule, &belief, &tried, choices)?;
        let of = |attempt: &u64| tried.iter().find(|case| case.attempt == *attempt);
        Ok(chosen.iter().filter_map(of).cloned().collect())
    }

    /// What a rule, with its name, chooses of the cases `tried` on a belief, or chose in an earlier run.
    fn chosen(
        self,
        (name, rule): (&str, Rule),
        belief: &Stack,
        tried: &[Case],
        choices: &Choices,
    ) -> Result<Vec<u64>, SandboxError> {
        let Some(first) = tried.first() else {
            return Ok(Vec::new());
        };
        let seed = self.draw_seed(DrawPurpose::Select, first.stack);
        let among: Vec<u64> = tried.iter().map(|case| case.attempt).collect();
        let asked = (name, seed, SELECTING_DRAWS, CASES_PER_STACK, tried);
        choices.of(&asked, &among, || {
            rule(
                tried,
                &standing_worlds(&belief.workcell, seed, SELECTING_DRAWS)?,
            )
        })
    }

    /// The belief of a stack and the first of its removals that the selecting draws do not agree on.
    ///
    /// # Errors
    /// When the sandbox cannot make the stack.
    pub fn first_undecided(
        self,
        stack: u64,
        choices: &Choices,
    ) -> Result<Option<(Stack, usize)>, SandboxError> {
        let belief = self.belief(stack)?;
        let case = |attempt| self.case(&belief, stack, attempt);
        let tried: Vec<Case> = (0..HARD_ATTEMPTS).filter_map(case).collect();
        let rule: (_, Rule) = ("first disputed", first_disputed);
        let chosen = self.chosen(rule, &belief, &tried, choices)?;
        let first = tried
            .iter()
            .find(|case| chosen.first() == Some(&case.attempt));
        let required = first.map(|case| case.action.box_index());
        Ok(required.map(|required| (belief, required)))
    }

    /// The first `count` cases, in parallel; the same whatever the number of threads. `found` is told how many
    /// there are so far, and may break off the search, which takes minutes on the hard split; then there are fewer.
    ///
    /// # Errors
    /// When the sandbox cannot make a stack.
    pub fn cases(
        self,
        count: usize,
        choices: &Choices,
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
                .map(|stack| self.cases_of(stack, choices))
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

/// Which attempts of some cases are chosen for what comes of them in the selecting draws.
type Rule = fn(&[Case], &[Engine]) -> Result<Vec<u64>, SandboxError>;

/// Those that the draws do not agree on, then at most as many on which they do.
fn disputed(tried: &[Case], worlds: &[Engine]) -> Result<Vec<u64>, SandboxError> {
    let (mut undecided, mut decided) = (Vec::new(), Vec::new());
    for case in tried {
        let goes_wrong = case.goes_wrong_in(worlds)?;
        // Of a belief of which few draws stand there are fewer of them than were asked for.
        match goes_wrong.iter().all(|wrong| *wrong == goes_wrong[0]) {
            true => decided.push(case.attempt),
            false => undecided.push(case.attempt),
        }
    }
    decided.truncate(undecided.len());
    undecided.extend(decided);
    undecided.truncate(CASES_PER_STACK as usize);
    Ok(undecided)
}

/// The first that the draws do not agree on, if there is one.
fn first_disputed(tried: &[Case], worlds: &[Engine]) -> Result<Vec<u64>, SandboxError> {
    for case in tried {
        let mut seen = [false; 2];
        for world in worlds {
            seen[usize::from(case.goes_wrong(world)?)] = true;
            if seen == [true; 2] {
                return Ok(vec![case.attempt]);
            }
        }
    }
    Ok(Vec::new())
}

#[cfg(test)]
mod tests {
    use super::*;

    const HARD: Suite = Suite {
        split: Split::Hard,
        seed: 5,
    };

    #[test]
    fn what_is_hard_is_the_same_where_the_choice_is_found_again() {
        let dir = tempfile::tempdir().unwrap();
        let find = |stack, choices: &Choices| {
            let cases = HARD.cases_of(stack, choices).unwrap();
            let first = HARD.first_undecided(stack, choices).unwrap();
            (cases, first.map(|(_, required)| required))
        };
        let hard = (0..20).find_map(|stack| {
            let found = find(stack, &Choices::of_this_run());
            (!found.0.is_empty()).then_some((stack, found))
        });
        let (stack, anew) = hard.expect("one of twenty is hard");
        for _ in 0..2 {
            let choices = Choices::stored_in(dir.path(), "hard", 5).unwrap();
            assert_eq!(find(stack, &choices), anew);
            choices.store().unwrap();
        }
    }

    #[test]
    fn a_choice_that_is_known_is_not_made_again() {
        let choices = Choices::of_this_run();
        // Some stacks have no box that a hand gets at.
        let some = (0..20).find_map(|stack| {
            let belief = HARD.belief(stack).unwrap();
            let case = |attempt| HARD.case(&belief, stack, attempt);
            let tried: Vec<Case> = (0..HARD_ATTEMPTS).filter_map(case).collect();
            (!tried.is_empty()).then_some((belief, tried))
        });
        let (belief, tried) = some.expect("one of twenty can be grasped");
        let last = tried.last().unwrap().clone();
        let the_last: Rule = |tried, _| Ok(tried.last().map(|c| c.attempt).into_iter().collect());
        HARD.chosen(("disputed", the_last), &belief, &tried, &choices)
            .unwrap();
        assert_eq!(HARD.cases_of(last.stack, &choices), Ok(vec![last]));
    }
}
