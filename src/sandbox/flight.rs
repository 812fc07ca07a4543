//! The hand's way from home, as far as nothing can happen on it.
//!
//! Owns one saving: while every piece of the hand is farther than [`NEAR_M`] from every box and
//! fixture, the scene is at rest and nothing that the engine would compute changes it, so those
//! steps are not taken. They were half of all steps of an episode (664 of 2021, measured, with
//! homes a quarter of a metre above the stack). The approach itself is always simulated.

use super::engine::Engine;
use crate::rollout::Motion;
use crate::scene::geometry::{Obb, separation};
use crate::scene::{Fixture, Scene};

/// Nearer than this the flight is simulated, m: several times what a pose error or a lag makes up.
const NEAR_M: f64 = 0.05;
/// Spacing of the samples, s; at the transit's 1.5 m/s the hand covers 3 cm in it.
const SAMPLE_S: f64 = 0.02;

/// When the hand first comes near anything, less one sample, s; never after the grip closes.
pub fn end_of_free_flight(
    scene: &Scene,
    engine: &Engine,
    motion: &Motion,
    hand_shape: &[Obb],
) -> f64 {
    let fixtures = scene.fixtures.iter().map(Fixture::obb);
    let boxes = scene
        .boxes
        .iter()
        .enumerate()
        .filter_map(|(i, spec)| Some(Obb::new(spec.size, engine.box_pose(i)?)));
    let obstacles: Vec<Obb> = fixtures.chain(boxes).collect();
    let latest = motion.grip_time().unwrap_or(0.0);
    let samples = (latest / SAMPLE_S) as usize;
    let near = |t: f64| {
        let hand = motion.at(t).pose;
        hand_shape.iter().any(|piece| {
            let piece = Obb {
                pose: hand * piece.pose,
                ..*piece
            };
            let reach = piece.half.norm() + NEAR_M;
            piece.aabb().0.z < NEAR_M
                || obstacles.iter().any(|obstacle| {
                    let between = obstacle.pose.translation.vector - piece.pose.translation.vector;
                    between.norm() < reach + obstacle.half.norm()
                        && separation(&piece, obstacle).gap < NEAR_M
                })
        })
    };
    let first = (0..=samples)
        .map(|k| k as f64 * SAMPLE_S)
        .find(|&t| near(t))
        .unwrap_or(latest);
    (first - SAMPLE_S).max(0.0)
}
