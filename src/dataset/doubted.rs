//! Actions that a world model is least sure of, of many that could have been asked about.
//!
//! Owns [`Doubted`]: uncertainty sampling (Lewis and Gale, "A sequential algorithm for training text
//! classifiers", SIGIR 1994). What a calibrated judge of risk p still gets wrong is p(1 - p) in its Brier score,
//! and most of what [`super::actions`] draws it knows already; so of many actions on a stack those are carried out
//! that are drawn by that weight, or by one in which each kind of accident counts alike ([`Doubt`]). The choice is
//! made before anything is simulated, and by what the model says alone: whatever comes of an action is as true here
//! as in another set. But it is no sample of what a robot meets, so nothing is validated or calibrated on it
//! ([`super::Dataset::split_of`]). The model is named by the hash of its weights; what it says of them is a matter of
//! 32-bit floats, so the same bytes come from the same kind of processor, as the same weights do.

use rand::Rng;
use serde_json::{Value, json};

use super::actions::random_action;
use super::recipe::{DRAWS_PER_STACK, EPISODES_PER_STACK, Recipe, episode, worlds};
use super::source::retried;
use super::{Episode, EpisodeSource, SourceError};
use crate::dynamics::{Dynamics, DynamicsError, Risk};
use crate::rollout::{AccidentKind, Action};
use crate::scene::Workcell;

/// What its config calls it.
const MIXTURE: &str = "doubted";
/// Actions that are looked at for a stack: eight for each that is carried out.
const LOOKED_AT: usize = 8 * EPISODES_PER_STACK;
/// What an action weighs of which the model is certain: where it is certain of all, some are carried out too.
const LEAST_WEIGHT: f64 = 1e-3;

/// Where the doubts of a kind on a stack come to less than this sum, the kind is given less than its share: else one
/// strike that is hardly in doubt would be given all of it.
const LEAST_DOUBT: f64 = 0.5;

/// Which doubt counts.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Doubt {
    /// Whether there is an accident at all.
    #[default]
    Any,
    /// Half that, half which kinds of it, each kind alike however rare it is. Of what is chosen by [`Self::Any`] 1 %
    /// are strikes, of this 6.
    Kinds,
}

/// Whether a model chose the actions of a set with this config.
pub fn is_of_doubted(config: &Value) -> bool {
    config.get("mixture").and_then(Value::as_str) == Some(MIXTURE)
}

/// A recipe of which a model chooses the actions.
pub struct Doubted<'a> {
    recipe: Recipe,
    dynamics: &'a dyn Dynamics,
    model_hash: String,
    doubt: Doubt,
}

impl<'a> Doubted<'a> {
    /// The stacks of `recipe` with actions that `dynamics` doubts, whose weights have this hash.
    pub fn new(
        recipe: Recipe,
        dynamics: &'a dyn Dynamics,
        model_hash: String,
        doubt: Doubt,
    ) -> Self {
        Self {
            recipe,
            dynamics,
            model_hash,
            doubt,
        }
    }

    fn episodes(&self, recipe: &Recipe, stack: u64) -> Result<Vec<Episode>, SourceError> {
        let (scene, mut rng) = recipe.belief(stack)?;
        let worlds = worlds(&scene.workcell, DRAWS_PER_STACK, &mut rng)?;
        let actions: Vec<Action> = (0..LOOKED_AT)
            .map(|_| random_action(&scene, &mut rng))
            .collect();
        let weights = self.weights(&scene.workcell, &actions, recipe.seed)?;
        let chosen = by_weight(&weights, EPISODES_PER_STACK, &mut rng);
        let carried_out = chosen.into_iter().enumerate().map(|(k, i)| {
            let world = &worlds[k % worlds.len()];
            Ok(episode(&scene, stack, k, actions[i].clone(), world)?)
        });
        carried_out.collect()
    }

    /// p(1 - p) of each action, and a little more.
    fn weights(
        &self,
        workcell: &Workcell,
        actions: &[Action],
        seed: u64,
    ) -> Result<Vec<f64>, DynamicsError> {
        let believed = self.dynamics.believe(workcell, seed)?;
        let judged: Vec<Option<Risk>> = (believed.screen(actions).into_iter())
            .map(|risk| risk.ok().filter(Risk::is_valid))
            .collect();
        if judged.iter().all(Option::is_none) {
            let what = "it can judge no action at all".to_owned();
            return Err(DynamicsError::Model(what));
        }
        // What cannot be judged weighs the least.
        let doubts = self.doubt.of(&judged);
        Ok(doubts.into_iter().map(|d| LEAST_WEIGHT + d).collect())
    }
}

impl Doubt {
    /// Each of them.
    pub const ALL: [Self; 2] = [Self::Any, Self::Kinds];

    /// Its name in commands and configs.
    pub fn name(self) -> &'static str {
        match self {
            Self::Any => "any",
            Self::Kinds => "kinds",
        }
    }

    /// The one of this name.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|doubt| doubt.name() == name)
    }

    /// How much each action is in doubt; 0 for those of which nothing is said.
    fn of(self, judged: &[Option<Risk>]) -> Vec<f64> {
        let spread = |p: f64| p * (1.0 - p);
        let said = |of: &dyn Fn(&Risk) -> f64| -> Vec<f64> {
            (judged.iter())
                .map(|r| r.as_ref().map_or(0.0, |r| spread(of(r))))
                .collect()
        };
        let any = said(&|r| r.risk);
        if self == Self::Any {
            return any;
        }
        let whole: f64 = any.iter().sum();
        let mut doubts: Vec<f64> = any.iter().map(|d| d / 2.0).collect();
        for kind in AccidentKind::ALL {
            let of_kind = said(&|r| r.by_accident[kind.index()]);
            let sum = of_kind.iter().sum::<f64>().max(LEAST_DOUBT);
            let part = 0.5 * whole / (AccidentKind::ALL.len() as f64 * sum);
            for (doubt, d) in doubts.iter_mut().zip(of_kind) {
                *doubt += part * d;
            }
        }
        doubts
    }
}

/// `count` different indices, drawn one after the other in proportion to their weights (Efraimidis and Spirakis,
/// "Weighted random sampling with a reservoir", Information Processing Letters, 2006), in ascending order.
fn by_weight(weights: &[f64], count: usize, rng: &mut impl Rng) -> Vec<usize> {
    let mut keys: Vec<(f64, usize)> = weights
        .iter()
        .enumerate()
        // ln u / w orders as u^(1/w) does, and does not underflow.
        .map(|(i, w)| (rng.random::<f64>().max(f64::MIN_POSITIVE).ln() / w, i))
        .collect();
    keys.sort_by(|a, b| b.0.total_cmp(&a.0));
    let mut chosen: Vec<usize> = keys.into_iter().take(count).map(|(_, i)| i).collect();
    chosen.sort_unstable();
    chosen
}

impl EpisodeSource for Doubted<'_> {
    fn config_json(&self) -> Value {
        let mut config = self.recipe.config_json();
        config["mixture"] = json!(MIXTURE);
        config["doubted_by"] = json!(self.model_hash);
        // Left out where it is the default, as in sets of before there was a choice.
        if self.doubt != Doubt::default() {
            config["doubt"] = json!(self.doubt.name());
        }
        config
    }

    fn seed(&self) -> u64 {
        self.recipe.seed
    }

    fn episodes_per_stack(&self) -> u64 {
        EPISODES_PER_STACK as u64
    }

    fn stack(&self, stack: u64) -> Result<Vec<Episode>, SourceError> {
        retried(&self.recipe, |recipe| self.episodes(recipe, stack))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dataset::recipe::{Mixture, Scenes};
    use crate::dynamics::fixed::{Rule, disturbing};
    use crate::scene::families::Family;
    use rand::SeedableRng;
    use rand_chacha::ChaCha8Rng;

    #[test]
    fn what_a_model_doubts_is_carried_out_rather_than_what_it_is_sure_of() {
        let recipe = Recipe {
            seed: 11,
            scenes: Scenes::generated(&[Family::MixedStack], 6),
            mixture: Mixture::Standard,
        };
        let unsure_of_pushes = Rule(|action| match action {
            Action::Push { .. } => Some(0.4),
            _ => Some(1.0),
        });
        let source = Doubted::new(recipe.clone(), &unsure_of_pushes, "0".into(), Doubt::Any);
        let is_push = |e: &&Episode| matches!(e.action, Action::Push { .. });
        let (mut doubted, mut even) = (0, 0);
        for stack in 0..3 {
            let episodes = source.stack(stack).unwrap();
            assert_eq!(episodes.len(), EPISODES_PER_STACK);
            doubted += episodes.iter().filter(is_push).count();
            even += recipe.stack(stack).unwrap().iter().filter(is_push).count();
        }
        // A tenth of 64 actions are pushes: six or so on each stack, of which nearly all are among the eight.
        assert!(doubted >= 9, "{doubted}");
        assert!(even <= 7, "{even}");
    }

    #[test]
    fn a_model_that_can_judge_nothing_chooses_nothing() {
        let recipe = Recipe {
            seed: 11,
            scenes: Scenes::generated(&[Family::Bridge], 5),
            mixture: Mixture::Standard,
        };
        let made = Doubted::new(recipe, &Rule(|_| None), "0".into(), Doubt::Any).stack(0);
        assert!(made.unwrap_err().to_string().contains("no action at all"));
    }

    #[test]
    fn a_rare_kind_is_chosen_as_often_as_a_common_one_where_it_is_in_doubt() {
        let risk = |by_accident: [f64; 5]| {
            Some(Risk {
                by_accident,
                ..disturbing(0.9, 1.0)
            })
        };
        let [tilt, strike] = [[0.0, 0.5, 0.0, 0.0, 0.0], [0.0, 0.0, 0.0, 0.0, 0.5]].map(risk);
        // What tilts and strikes are given beside what any accident is, of nine actions that may tilt something, a
        // few that may strike something, and one of which nothing is known.
        let given = |strikes: usize| {
            let mut judged = vec![tilt; 9];
            judged.extend(vec![strike; strikes]);
            judged.push(None);
            let any = Doubt::Any.of(&judged);
            assert!((any[0] - any[9]).abs() < 1e-12 && any[9 + strikes] == 0.0);
            let kinds = Doubt::Kinds.of(&judged);
            assert_eq!(kinds[9 + strikes], 0.0);
            let sum = |of: &[f64]| of.iter().map(|d| d - any[0] / 2.0).sum::<f64>();
            sum(&kinds[..9]) / sum(&kinds[9..9 + strikes])
        };
        assert!((given(2) - 1.0).abs() < 1e-9, "{}", given(2));
        assert!((given(1) - 2.0).abs() < 1e-9, "one is hardly a doubt");
    }

    #[test]
    fn weights_are_drawn_in_proportion_and_nothing_twice() {
        let mut rng = ChaCha8Rng::seed_from_u64(1);
        let mut first = [0usize; 3];
        for _ in 0..20_000 {
            first[by_weight(&[0.1, 0.3, 0.6], 1, &mut rng)[0]] += 1;
        }
        for (count, share) in first.iter().zip([0.1, 0.3, 0.6]) {
            assert!(
                (*count as f64 / 20_000.0 - share).abs() < 0.015,
                "{first:?}"
            );
        }
        assert_eq!(by_weight(&[1e-3, 0.25, 1e-3], 3, &mut rng), [0, 1, 2]);
    }
}
