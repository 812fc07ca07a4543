//! What a risk costs: the model's one pass beside as many simulated draws as are as good.
//!
//! Owns [`risk_query`]. As good means a Brier score at or under the model's on the same cases and
//! the same labels (design, section 7). Prices are of one thread. Both sides share what candidates
//! of one belief share: the model its encoding, the sandbox the settled worlds of its draws, each
//! over a whole batch. The sandbox stops at the first accident, as it does when it screens.

use std::ops::ControlFlow;
use std::sync::atomic::AtomicBool;

use rayon::prelude::*;
use serde::Serialize;

use super::beliefs::candidates;
use super::clock::{go_on, least_of, on_one_thread};
use super::screening::screen_us;
use super::{BenchError, Effort};
use crate::dynamics::Dynamics;
use crate::eval::choices::Choices;
use crate::eval::open_loop::label;
use crate::eval::own_draw::{SPARE_STREAMS, own_world};
use crate::eval::suite::{Case, DrawPurpose, Suite};
use crate::model::LearnedDynamics;
use crate::model::metrics::brier;
use crate::sandbox::exact::draw_of;
use crate::sandbox::{self, SandboxError};

/// Stacks that prices are measured on, and draws of each.
const TIMED_STACKS: usize = 12;
const TIMED_DRAWS: usize = 4;

/// A price beside another for the same Brier score.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct RiskQuery {
    /// The model: µs for each candidate of a batch.
    pub learned_us: f64,
    /// The model: µs for a candidate that comes alone.
    pub learned_alone_us: f64,
    /// Draws that the sandbox needs; of a belief so tight that fewer stand it is asked under as many.
    pub sandbox_draws: usize,
    /// Whether so many draws were enough; where not, the ratio is a lower limit.
    pub reached: bool,
    /// The sandbox: µs for each candidate under so many draws.
    pub sandbox_us: f64,
    /// `sandbox_us / learned_us`.
    pub ratio: f64,
    /// One episode under one draw, µs.
    pub episode_us: f64,
    /// Drawing a world that stands and settling it, µs.
    pub settle_us: f64,
    /// The model's Brier score.
    pub learned_brier: f64,
    /// The sandbox's under so many draws.
    pub sandbox_brier: f64,
    /// Cases that both were scored on.
    pub cases: usize,
}

/// Measures both sides on the first cases of `suite`.
///
/// # Errors
/// When the sandbox fails, a candidate has no prediction, or `stop` is set.
pub fn risk_query(
    dynamics: &LearnedDynamics,
    suite: Suite,
    effort: &Effort,
    stop: &AtomicBool,
) -> Result<RiskQuery, BenchError> {
    let cases = suite.cases(
        effort.cases.max(1),
        &Choices::of_this_run(),
        |_| match go_on(stop) {
            Ok(()) => ControlFlow::Continue(()),
            Err(_) => ControlFlow::Break(()),
        },
    )?;
    go_on(stop)?;
    let labels: Vec<bool> = cases
        .par_iter()
        .map(|case| Ok(!label(suite, case)?.is_safe()))
        .collect::<Result<_, SandboxError>>()?;
    let risks: Vec<f64> = cases.par_iter().map(|c| forecast(dynamics, c)).collect();
    // There is at least one case, so both scores exist.
    let learned_brier = brier(&risks, &labels).unwrap_or(1.0);
    let enough = draws_for(suite, &cases, &labels, learned_brier, (effort.draws, stop))?;
    let stacks: Vec<&[Case]> = cases.chunk_by(|a, b| a.stack == b.stack).collect();
    let timed = &stacks[..stacks.len().min(TIMED_STACKS)];
    let prices = on_one_thread(|| prices(dynamics, suite, timed, effort, stop))?;
    let shared = prices.settle_us / effort.batch.max(1) as f64;
    let sandbox_us = enough.draws as f64 * (prices.episode_us + shared);
    Ok(RiskQuery {
        learned_us: prices.learned_us,
        learned_alone_us: prices.learned_alone_us,
        sandbox_draws: enough.draws,
        reached: enough.reached,
        sandbox_us,
        ratio: sandbox_us / prices.learned_us,
        episode_us: prices.episode_us,
        settle_us: prices.settle_us,
        learned_brier,
        sandbox_brier: enough.brier,
        cases: cases.len(),
    })
}

/// The model's risk; a prediction that failed counts as certain to go wrong, as in `eval model`.
fn forecast(dynamics: &LearnedDynamics, case: &Case) -> f64 {
    let screen = || {
        let scene = dynamics.believe(&case.workcell, 0).ok()?;
        let actions = std::slice::from_ref(&case.action);
        scene.screen(actions).pop()?.ok()
    };
    screen().map_or(1.0, |risk| risk.risk)
}

/// Draws, and what they came to.
struct Enough {
    draws: usize,
    reached: bool,
    brier: f64,
}

/// The smallest power of two of draws whose Brier score is at or under `goal`, up to `most`.
fn draws_for(
    suite: Suite,
    cases: &[Case],
    labels: &[bool],
    goal: f64,
    (most, stop): (usize, &AtomicBool),
) -> Result<Enough, BenchError> {
    let of_stack = cases.chunk_by(|a, b| a.stack == b.stack);
    let mut counted: Vec<Counted> = of_stack.map(|cases| Counted::new(suite, cases)).collect();
    let mut draws = 1;
    loop {
        counted
            .par_iter_mut()
            .try_for_each(|stack| stack.go_on_to(draws, stop))?;
        let risks: Vec<f64> = counted.iter().flat_map(Counted::shares).collect();
        let score = brier(&risks, labels).unwrap_or(1.0);
        let reached = score <= goal;
        if reached || 2 * draws > most {
            return Ok(Enough {
                draws,
                reached,
                brier: score,
            });
        }
        draws *= 2;
    }
}

/// What the cases of one stack came to under the draws that were looked at so far.
struct Counted<'a> {
    cases: &'a [Case],
    /// The ceiling's.
    seed: u64,
    /// Streams that were looked at.
    streams: usize,
    /// Those of them that have a draw that stands, each a draw of its own.
    draws: usize,
    /// `[B]` of these, how many end in an accident.
    accidents: Vec<usize>,
}

impl<'a> Counted<'a> {
    fn new(suite: Suite, cases: &'a [Case]) -> Self {
        Self {
            cases,
            seed: suite.draw_seed(DrawPurpose::Ceiling, cases[0].stack),
            streams: 0,
            draws: 0,
            accidents: vec![0; cases.len()],
        }
    }

    /// Goes on to `wanted` draws, or to as many as stand of so many streams: one twice would count as what it is not.
    fn go_on_to(&mut self, wanted: usize, stop: &AtomicBool) -> Result<(), BenchError> {
        let workcell = &self.cases[0].workcell;
        while self.draws < wanted && self.streams < wanted.max(SPARE_STREAMS) {
            go_on(stop)?;
            let drawn = draw_of(workcell, self.seed, self.streams as u64);
            self.streams += 1;
            let none_stands = self.draws == 0 && self.streams >= SPARE_STREAMS;
            let draw = match drawn {
                Err(SandboxError::DoesNotStand { .. }) if !none_stands => continue,
                drawn => drawn?,
            };
            let world = sandbox::settled(workcell, &draw, 1)?;
            for (count, case) in self.accidents.iter_mut().zip(self.cases) {
                *count += usize::from(case.goes_wrong(&world)?);
            }
            self.draws += 1;
        }
        Ok(())
    }

    /// `[B]` the share of the draws that end in an accident.
    fn shares(&self) -> impl Iterator<Item = f64> + '_ {
        let draws = self.draws as f64;
        self.accidents.iter().map(move |&k| k as f64 / draws)
    }
}

/// µs.
#[derive(Default)]
struct Prices {
    learned_us: f64,
    learned_alone_us: f64,
    episode_us: f64,
    settle_us: f64,
}

/// Prices on `stacks`, each the mean over stacks and the least of the rounds.
fn prices(
    dynamics: &LearnedDynamics,
    suite: Suite,
    stacks: &[&[Case]],
    effort: &Effort,
    stop: &AtomicBool,
) -> Result<Prices, BenchError> {
    let mut sum = Prices::default();
    let (mut episodes, mut draws, mut batches) = (0.0, 0.0, 0.0);
    for of_stack in stacks {
        go_on(stop)?;
        let case = &of_stack[0];
        let cell = &case.workcell;
        let all: Vec<usize> = (0..cell.scene.boxes.len()).collect();
        let mut actions = candidates(cell, &all, effort.batch);
        if actions.is_empty() {
            // Only nudges and pushes are left.
            let given = of_stack.iter().map(|c| c.action.clone()).cycle();
            actions = given.take(effort.batch.max(1)).collect();
        }
        let alone = std::slice::from_ref(&case.action);
        sum.learned_us += screen_us(dynamics, cell, &actions, effort.rounds)?;
        sum.learned_alone_us += screen_us(dynamics, cell, alone, effort.rounds)?;
        batches += 1.0;
        let seed = suite.draw_seed(DrawPurpose::Ceiling, case.stack);
        for number in 0..effort.draws.clamp(1, TIMED_DRAWS) as u64 {
            let settle = |()| Ok(own_world(cell, seed, number).map(drop)?);
            sum.settle_us += 1e6 * least_of(effort.rounds, || (), settle)?;
            draws += 1.0;
            let world = own_world(cell, seed, number)?;
            for case in *of_stack {
                let once = |()| Ok(case.goes_wrong(&world).map(drop)?);
                sum.episode_us += 1e6 * least_of(effort.rounds, || (), once)?;
                episodes += 1.0;
            }
        }
    }
    Ok(Prices {
        learned_us: sum.learned_us / batches,
        learned_alone_us: sum.learned_alone_us / batches,
        episode_us: sum.episode_us / episodes,
        settle_us: sum.settle_us / draws,
    })
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::Ordering;

    use super::*;
    use crate::eval::own_draw::tight;
    use crate::eval::suite::Split;
    use crate::sandbox::exact::standing_draws;

    #[test]
    fn of_a_tight_belief_no_draw_counts_twice_and_one_that_does_not_stand_ends_nothing() {
        let suite = Suite {
            split: Split::Standard,
            seed: 5,
        };
        let workcell = tight::belief();
        let seed_of = |stack: u64| suite.draw_seed(DrawPurpose::Ceiling, stack);
        let falls = |stack: &u64| tight::falls(&workcell, seed_of(*stack), 0);
        let stack = (0..32).find(falls).unwrap();
        let cases = [Case {
            stack,
            attempt: 0,
            family: "tight".to_owned(),
            action: tight::nudge(),
            workcell: workcell.clone(),
        }];
        let stop = AtomicBool::new(false);
        let mut counted = Counted::new(suite, &cases);
        counted.go_on_to(1, &stop).unwrap();
        assert_eq!(counted.draws, 1);
        counted.go_on_to(20, &stop).unwrap();
        let standing = standing_draws(&workcell, seed_of(stack), 20).unwrap();
        assert_eq!((counted.streams, counted.draws), (20, standing.len()));
        assert!(counted.draws < 20);
        let goes_wrong = |draw| {
            let world = sandbox::settled(&workcell, draw, 1).unwrap();
            cases[0].goes_wrong(&world).unwrap()
        };
        let wrong = standing.iter().filter(|draw| goes_wrong(draw)).count();
        assert_eq!(counted.accidents, [wrong]);
        stop.store(true, Ordering::Relaxed);
        let stopped = counted.go_on_to(64, &stop);
        assert!(matches!(stopped, Err(BenchError::Interrupted)));
    }
}
