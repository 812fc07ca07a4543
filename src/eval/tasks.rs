//! What the planners are asked to do: single steps and whole tasks, none of which training saw.
//!
//! Owns the two suites of design, section 7, as functions of a seed. `steps`: one grasp each of a
//! required box; `tasks`: retrieve, clear and move. Their stacks are in turn of the `standard` split, of
//! the `hard` one, where the required box is one whose removal the draws do not agree on, and of the
//! `real` one.

use std::ops::ControlFlow;

use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;
use rayon::prelude::*;

use super::choices::Choices;
use super::suite::{Split, Suite};
use crate::dataset::actions::random_target;
use crate::dataset::recipe::Stack;
use crate::grasp::propose;
use crate::plan::Goal;
use crate::pose::{Pose, Vec3, level};
use crate::sandbox::SandboxError;
use crate::scene::geometry::{Obb, separation};
use crate::scene::{Scene, Workcell};

/// One of the two suites.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum PlannerSuite {
    /// One grasp each of a required box.
    Steps,
    /// Retrieve, clear and move.
    Tasks,
}

impl PlannerSuite {
    /// Both.
    pub const ALL: [Self; 2] = [Self::Steps, Self::Tasks];

    /// As reports name it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Steps => "steps",
            Self::Tasks => "tasks",
        }
    }
}

/// What a task is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum TaskKind {
    /// One grasp of one box.
    Step,
    /// A box out, and first whatever has to go before it.
    Retrieve,
    /// All boxes out.
    Clear,
    /// A box to another place.
    Move,
}

impl TaskKind {
    /// As reports name it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Step => "step",
            Self::Retrieve => "retrieve",
            Self::Clear => "clear",
            Self::Move => "move",
        }
    }
}

/// A task and the seed of the draw that it is carried out in.
#[derive(Clone, Debug, PartialEq)]
pub struct PlannerTask {
    /// Where the stack comes from.
    pub split: Split,
    /// What is asked.
    pub kind: TaskKind,
    /// The belief that the planner is given.
    pub workcell: Workcell,
    /// What shall be reached.
    pub goal: Goal,
    /// Seed of the true world: the same for all planners.
    pub world_seed: u64,
    /// Seed of whatever is random in a planner.
    pub planner_seed: u64,
}

/// Boxes that a `clear` task has at most: its steps are as many.
const CLEAR_BOXES: usize = 6;
/// Stacks looked through in parallel at a time.
const CHUNK: u64 = 16;
/// Where tasks come from, in turn.
const SPLITS: [Split; 3] = [Split::Standard, Split::Hard, Split::Real];

/// The first `count` tasks of a suite; the same for the same seed, whatever the number of threads. `told` is called with
/// how many there are so far, and may break off the search, which takes minutes; then there are fewer.
///
/// # Errors
/// When the sandbox cannot make a stack.
pub fn tasks(
    suite: PlannerSuite,
    seed: u64,
    count: usize,
    choices: &Choices,
    mut told: impl FnMut(usize) -> ControlFlow<()>,
) -> Result<Vec<PlannerTask>, SandboxError> {
    let mut found = Vec::with_capacity(count);
    let mut next = 0;
    while found.len() < count {
        let chunk: Vec<Option<PlannerTask>> = (next..next + CHUNK)
            .into_par_iter()
            .map(|stack| task(suite, seed, stack, choices))
            .collect::<Result<_, _>>()?;
        found.extend(chunk.into_iter().flatten());
        next += CHUNK;
        if told(found.len().min(count)).is_break() {
            break;
        }
    }
    found.truncate(count);
    Ok(found)
}

/// The split that stack `stack` is of.
fn split_of(stack: u64) -> Split {
    SPLITS[(stack % SPLITS.len() as u64) as usize]
}

/// The number of stack `stack` in its split. Packings take turns by their number, so these have numbers without gaps: with
/// every third one, 13 of 39 packings would be all that is asked about.
fn number_in(split: Split, stack: u64) -> u64 {
    match split {
        Split::Real => stack / SPLITS.len() as u64,
        _ => stack,
    }
}

/// The task of stack `stack`, where it has one.
pub(super) fn task(
    suite: PlannerSuite,
    seed: u64,
    stack: u64,
    choices: &Choices,
) -> Result<Option<PlannerTask>, SandboxError> {
    let split = split_of(stack);
    // The model is judged on other stacks of the same splits.
    let cases = Suite {
        split,
        seed: seed ^ 0x7461_736b_0000 ^ (suite as u64) << 8,
    };
    let mut rng = ChaCha8Rng::seed_from_u64(cases.seed);
    rng.set_stream(stack);
    let (belief, required) = match split {
        Split::Hard => match cases.first_undecided(stack, choices)? {
            Some(found) => found,
            None => return Ok(None),
        },
        _ => {
            let belief = cases.belief(number_in(split, stack))?;
            let required = random_target(&belief, &mut rng);
            (belief, required)
        }
    };
    Ok(match suite {
        PlannerSuite::Steps => step(split, belief, required, &mut rng),
        PlannerSuite::Tasks => whole_task(
            split,
            belief,
            required,
            stack / SPLITS.len() as u64,
            &mut rng,
        ),
    })
}

fn step(split: Split, belief: Stack, required: usize, rng: &mut impl Rng) -> Option<PlannerTask> {
    // A box that no hand gets at says nothing about judgement.
    if propose(&belief.workcell, required).candidates.is_empty() {
        return None;
    }
    let goal = Goal::Retrieve {
        box_id: belief.workcell.scene.boxes[required].id.clone(),
    };
    Some(posed(split, TaskKind::Step, belief.workcell, goal, rng))
}

fn whole_task(
    split: Split,
    belief: Stack,
    required: usize,
    number: u64,
    rng: &mut impl Rng,
) -> Option<PlannerTask> {
    let scene = &belief.workcell.scene;
    let box_id = scene.boxes[required].id.clone();
    let (kind, goal) = match number % 5 {
        0..3 => (TaskKind::Retrieve, Goal::Retrieve { box_id }),
        3 if scene.boxes.len() <= CLEAR_BOXES => {
            let box_ids = scene.boxes.iter().map(|b| b.id.clone()).collect();
            (TaskKind::Clear, Goal::Clear { box_ids })
        }
        4 => {
            let target = free_place(scene, required, rng)?;
            (TaskKind::Move, Goal::Move { box_id, target })
        }
        _ => return None,
    };
    Some(posed(split, kind, belief.workcell, goal, rng))
}

fn posed(
    split: Split,
    kind: TaskKind,
    workcell: Workcell,
    goal: Goal,
    rng: &mut impl Rng,
) -> PlannerTask {
    PlannerTask {
        split,
        kind,
        workcell,
        goal,
        world_seed: rng.random(),
        planner_seed: rng.random(),
    }
}

/// A level place on the ground beside the stack where the box fits with 10 cm to spare.
fn free_place(scene: &Scene, index: usize, rng: &mut impl Rng) -> Option<Pose> {
    const SPARE_M: f64 = 0.10;
    let size = scene.boxes[index].size;
    let around = scene.boxes[index].pose.translation.vector;
    let obstacles: Vec<Obb> = scene
        .fixtures
        .iter()
        .map(|f| Obb::new(f.size, f.pose))
        .chain(scene.boxes.iter().map(|b| Obb::new(b.size, b.pose)))
        .collect();
    (0..64).find_map(|_| {
        let angle = rng.random_range(0.0..std::f64::consts::TAU);
        let distance = rng.random_range(0.4..1.1);
        let at = Vec3::new(
            around.x + distance * angle.cos(),
            around.y + distance * angle.sin(),
            0.5 * size.z,
        );
        let pose = level(at, rng.random_range(0.0..std::f64::consts::TAU));
        let there = Obb::new(size, pose);
        obstacles
            .iter()
            .all(|o| separation(&there, o).gap > SPARE_M)
            .then_some(pose)
    })
}

#[cfg(test)]
pub(crate) mod fixture {
    use super::*;
    use crate::grasp::fixtures_for_tests::{a_box, workcell};

    /// One box to fetch.
    pub(crate) fn one_box(planner_seed: u64) -> PlannerTask {
        PlannerTask {
            split: Split::Standard,
            kind: TaskKind::Step,
            workcell: workcell(vec![a_box("low", [0.3; 3], [0.0, 0.0, 0.15], 2.0)], vec![]),
            goal: Goal::Retrieve {
                box_id: "low".into(),
            },
            world_seed: 1,
            planner_seed,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::eval::real::packing;

    #[test]
    fn the_real_third_is_of_all_packings_in_turn() {
        let real = (0..3 * 39).filter(|stack| split_of(*stack) == Split::Real);
        let mut asked: Vec<u64> = real.map(|s| packing(number_in(Split::Real, s))).collect();
        asked.sort_unstable();
        assert_eq!(asked, (0..39).collect::<Vec<u64>>());
    }

    #[test]
    fn a_search_that_is_broken_off_ends_with_the_first_of_the_tasks() {
        let first = tasks(
            PlannerSuite::Steps,
            1,
            1000,
            &Choices::of_this_run(),
            |_| ControlFlow::Break(()),
        );
        let first = first.unwrap();
        assert!((1..=CHUNK as usize).contains(&first.len()));
        let choices = Choices::of_this_run();
        let all = tasks(PlannerSuite::Steps, 1, first.len(), &choices, |_| {
            ControlFlow::Continue(())
        });
        assert_eq!(all, Ok(first));
    }
}
