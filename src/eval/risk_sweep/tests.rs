//! What a sweep over risks finds, counts and leaves out.

use super::*;
use crate::dynamics::fixed::{Rule, disturbing};
use crate::dynamics::{DynamicsError, Imagined};
use crate::eval::own_draw::tight;
use crate::eval::suite::Split;
use crate::scene::Safety;

const PLAN: Sweep = Sweep {
    suite: Suite {
        split: Split::Standard,
        seed: 5,
    },
    grasps: 12,
    max_stacks: 32,
    asked: Asked::Deciding,
};

/// Screens everything as safe and imagines that everything goes wrong.
struct SecondThoughts;

impl Dynamics for SecondThoughts {
    fn name(&self) -> &'static str {
        "second thoughts"
    }

    fn believe<'a>(
        &'a self,
        _: &Workcell,
        _: u64,
    ) -> Result<Box<dyn SceneDynamics + 'a>, DynamicsError> {
        Ok(Box::new(Self))
    }
}

impl SceneDynamics for SecondThoughts {
    fn screen(&self, actions: &[Action]) -> Vec<Prediction<Risk>> {
        actions.iter().map(|_| Ok(disturbing(0.05, 0.1))).collect()
    }

    fn imagine(&self, actions: &[Action], _: usize) -> Vec<Prediction<Imagined>> {
        let imagined = Imagined {
            risk: disturbing(0.95, 1.0),
            frames: Vec::new(),
            fates: Vec::new(),
            told_for: Safety::default(),
        };
        actions.iter().map(|_| Ok(imagined.clone())).collect()
    }

    fn regard(&self) -> Regard {
        Regard::Closer
    }
}

fn run(threads: usize) -> RiskReport {
    let pool = rayon::ThreadPoolBuilder::new()
        .num_threads(threads)
        .build()
        .unwrap();
    let go_on = AtomicBool::new(false);
    // By where the hand grips, so that every risk occurs.
    let by_place = Rule(|action| {
        let at = action.grasp()?.hand_in_box.translation.vector;
        Some((7e4 * (at.x + at.y + at.z).abs()).fract())
    });
    pool.install(|| sweep(PLAN, &by_place, &go_on, |_| {}).unwrap())
}

#[test]
fn counts_add_up_and_are_the_same_on_one_and_two_threads() {
    let report = run(1);
    assert_eq!(report, run(2));
    assert_eq!(report.grasps, 12);
    assert_eq!(report.bins.iter().map(|b| b.n).sum::<usize>(), 12);
    assert_eq!((report.bins[0].n, report.bins[9].n), (2, 1));
    for bin in &report.bins {
        let predicted = bin.predicted.unwrap();
        assert!(bin.from <= predicted && predicted < bin.to);
    }
    // The rule looks at where the hand grips and not at what holds, so both outcomes come of it.
    let accidents: usize = report.bins.iter().map(|b| b.accidents).sum();
    assert!((1..12).contains(&accidents), "{accidents}");
    let disagree = report
        .bins
        .iter()
        .filter(|b| b.agrees != Some(true))
        .count();
    assert_eq!(report.agreeing + disagree, report.bins.len());
}

#[test]
fn what_is_imagined_is_held_to_its_word_and_what_is_screened_where_that_is_asked_for() {
    let go_on = AtomicBool::new(false);
    let fullest = |asked| {
        let plan = Sweep {
            asked,
            max_stacks: 2,
            ..PLAN
        };
        let report = sweep(plan, &SecondThoughts, &go_on, |_| {}).unwrap();
        assert!(report.grasps > 0);
        let used = report.bins.iter().position(|b| b.n == report.grasps);
        used.expect("one bin holds all")
    };
    assert_eq!(fullest(Asked::Deciding), 9);
    assert_eq!(fullest(Asked::Screening), 0);
}

#[test]
fn a_grasp_on_a_belief_of_which_few_draws_stand_does_not_end_the_run() {
    let suite = Suite {
        split: Split::Standard,
        seed: 5,
    };
    let workcell = tight::belief();
    let falls = |stack: &u64| {
        let seed = suite.draw_seed(DrawPurpose::Regardless, *stack);
        tight::falls(&workcell, seed, 3)
    };
    let chosen = Chosen {
        stack: (0..32).find(falls).unwrap(),
        bin: 3,
        risk: 0.35,
        action: tight::nudge(),
        workcell: workcell.clone(),
    };
    assert!(carry_out(suite, &chosen).is_ok());
}
