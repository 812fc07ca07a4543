//! The same episode as another look at the scene would have told it.
//!
//! Owns [`retold`]. What came of an episode hangs on where the boxes truly stood, not on the noise of
//! the one glance that was recorded: seen again from the truth, it is another honest example, and a
//! network cannot learn the noise by heart (noise on inputs as in Sanchez-Gonzalez et al., ICML 2020).
//! Refuses to touch masses and frictions: families set those at the brink, so that given a draw not
//! every mean is as likely.

use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;

use super::Sample;
use crate::dataset::Episode;
use crate::dataset::recipe::observe;

/// Look number `look` at the draw behind `episode`; the recorded one is not among them.
///
/// `None` where the episode has no frames to learn from.
pub fn retold(episode: &Episode, seed: u64, look: u64) -> Option<Sample> {
    let mut rng = ChaCha8Rng::seed_from_u64(seed ^ 0x7265_746f_6c64);
    rng.set_stream(episode.index);
    // Looks lie far apart in the stream: none takes four billion words.
    rng.set_word_pos(u128::from(look) << 32);
    let mut again = episode.clone();
    observe(&mut again.workcell, &episode.draw, &mut rng);
    Sample::new(&again)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dataset::EpisodeSource;
    use crate::dataset::recipe::{Recipe, Scenes};
    use crate::scene::families::{BOXES_MAX, Family};

    fn episode() -> Episode {
        let recipe = Recipe {
            seed: 3,
            scenes: Scenes::generated(&[Family::MixedStack], BOXES_MAX),
            mixture: Default::default(),
        };
        recipe.stack(0).unwrap().remove(0)
    }

    /// The node columns of another look.
    fn seen(episode: &Episode, look: u64) -> Vec<half::f16> {
        retold(episode, 1, look).unwrap().node_numbers().to_vec()
    }

    #[test]
    fn another_look_keeps_what_happened_and_changes_what_was_seen() {
        let episode = episode();
        let recorded = Sample::new(&episode).unwrap();
        let again = retold(&episode, 1, 1).unwrap();
        assert_eq!(again.labels.accidents, recorded.labels.accidents);
        assert_ne!(again.node_numbers(), recorded.node_numbers());
        assert_eq!(again.node_numbers(), seen(&episode, 1));
        assert_ne!(again.node_numbers(), seen(&episode, 2));
    }

    #[test]
    fn a_look_without_noise_is_the_truth() {
        let mut episode = episode();
        episode.workcell.scene.pose_noise.position_m = 0.0;
        episode.workcell.scene.pose_noise.rotation_rad = 0.0;
        assert_eq!(seen(&episode, 1), seen(&episode, 2));
    }
}
