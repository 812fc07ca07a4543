//! Where episodes come from: anything that makes a stack's episodes from the stack's number.
//!
//! Owns [`EpisodeSource`], and the [`Recipe`] as one. What such a source says of itself in
//! `config_json` is all that its episodes depend on beside the seed.

use std::sync::atomic::AtomicBool;

use serde_json::{Value, json};

use super::Episode;
use super::given::GivenScene;
use super::recipe::{EPISODES_PER_STACK, Mixture, Recipe, Scenes, first_success};
use crate::rollout::STRIDE_S;
use crate::sandbox::SANDBOX_VERSION;
use crate::seed::INCREMENT;

/// Why a source could not make a stack's episodes.
pub type SourceError = Box<dyn std::error::Error + Send + Sync>;

/// Makes the episodes of a stack from its number.
pub trait EpisodeSource: Sync {
    /// All that the episodes depend on beside the seed: part of the data set's identity.
    fn config_json(&self) -> Value;

    /// What every random number comes from.
    fn seed(&self) -> u64;

    /// How many episodes every stack yields. Fixed, so that an episode's index follows from its
    /// stack alone: `stack · episodes_per_stack + k`.
    fn episodes_per_stack(&self) -> u64;

    /// The episodes of stack `stack`, which depend on nothing but seed, config and `stack`. Their
    /// `index` and `stack` are set by who calls this.
    ///
    /// # Errors
    /// When they cannot be made; that ends the whole data set, so a source should try hard.
    fn stack(&self, stack: u64) -> Result<Vec<Episode>, SourceError>;

    /// The same, of a source whose stacks take long; `None` where it was broken off because `_stop` was set.
    ///
    /// # Errors
    /// As [`Self::stack`].
    fn stack_until(
        &self,
        stack: u64,
        _stop: &AtomicBool,
    ) -> Result<Option<Vec<Episode>>, SourceError> {
        self.stack(stack).map(Some)
    }
}

/// How often a stack is begun anew when its belief turns out to have no draw that stands.
const RETRIES: u64 = 16;

impl EpisodeSource for Recipe {
    fn config_json(&self) -> Value {
        let mut config = match &self.scenes {
            Scenes::Generated {
                families,
                boxes_max,
            } => {
                let families: Vec<_> = families.iter().map(|f| f.name()).collect();
                json!({ "source": "recipe", "families": families, "boxes_max": boxes_max })
            }
            Scenes::Given(scenes) => {
                let scenes: Vec<_> = scenes.iter().map(GivenScene::config_json).collect();
                json!({ "source": "scenes", "scenes": scenes })
            }
        };
        config["sandbox_version"] = json!(SANDBOX_VERSION);
        config["stride_s"] = json!(STRIDE_S);
        if self.mixture == Mixture::Hard {
            config["mixture"] = json!("hard");
        }
        config
    }

    fn seed(&self) -> u64 {
        self.seed
    }

    fn episodes_per_stack(&self) -> u64 {
        EPISODES_PER_STACK as u64
    }

    fn stack(&self, stack: u64) -> Result<Vec<Episode>, SourceError> {
        retried(self, |recipe| recipe.episodes(stack))
    }

    fn stack_until(
        &self,
        stack: u64,
        stop: &AtomicBool,
    ) -> Result<Option<Vec<Episode>>, SourceError> {
        retried(self, |recipe| recipe.episodes_until(stack, stop))
    }
}

/// A stack that cannot be simulated is begun anew from a seed that follows from the first one: one rare misfit
/// among millions must not end the run, nor make it depend on luck.
///
/// # Errors
/// The last failure, when every retry fails.
pub(super) fn retried<T, E: Into<SourceError>>(
    recipe: &Recipe,
    episodes: impl Fn(&Recipe) -> Result<T, E>,
) -> Result<T, SourceError> {
    first_success(RETRIES, |retry| {
        let seed = recipe.seed.wrapping_add(retry.wrapping_mul(INCREMENT));
        let reseeded = Recipe {
            seed,
            ..recipe.clone()
        };
        episodes(&reseeded)
    })
    .map_err(Into::into)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scene::families::Family;

    #[test]
    fn a_search_for_a_hard_stack_is_broken_off_by_a_signal_and_gives_no_other_stack() {
        let recipe = |mixture| Recipe {
            seed: 5,
            scenes: Scenes::generated(&[Family::MixedStack], 6),
            mixture,
        };
        let stopped = AtomicBool::new(true);
        let hard = recipe(Mixture::Hard).stack_until(0, &stopped).unwrap();
        assert_eq!(hard, None);
        let ordinary = recipe(Mixture::Standard);
        let made = ordinary.stack_until(0, &stopped).unwrap();
        assert_eq!(made, Some(ordinary.stack(0).unwrap()));
    }
}
