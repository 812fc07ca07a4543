//! A true world for the closed loop: the sandbox under one draw, seen through noise.
//!
//! Owns [`SandboxPlant`], and what vouches for a plan before ([`witness`]). The planner never sees the draw: it gets the belief it was given at
//! first, and afterwards what a camera would report. Mass, friction and centre of mass stay what
//! the draw made them, so boxes that are left behave the same in every later step.

use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;

use super::own_draw::own_draw;
use crate::plan::{Plant, PlantError, batch_of};
use crate::rollout::{Action, Glance, Onward, Rollout};
use crate::sandbox::{self, Extent, Recording, SandboxDynamics, SandboxError};
use crate::scene::belief::noisy_pose;
use crate::scene::{Draw, Workcell};

/// The sandbox as the witness of a [`Shield`](crate::plan::Shield) of so many draws: by as many at once as that
/// counts.
pub fn witness(draws: usize) -> SandboxDynamics {
    SandboxDynamics::beside_another(batch_of(draws))
}

/// The sandbox as a world that can be acted on.
pub struct SandboxPlant {
    /// The belief as last observed.
    seen: Workcell,
    draw: Draw,
    rng: ChaCha8Rng,
    /// What is seen while a box is carried has its own noise: how often one looks changes nothing else.
    glance_rng: ChaCha8Rng,
    recording: Recording,
    /// Nothing was done yet, so the belief is the one that was given.
    untouched: bool,
}

impl SandboxPlant {
    /// A world of `draw`, of which the robot was told `workcell`.
    pub fn new(workcell: &Workcell, draw: Draw, seed: u64, recording: Recording) -> Self {
        Self {
            seen: workcell.clone(),
            draw,
            rng: ChaCha8Rng::seed_from_u64(seed),
            glance_rng: ChaCha8Rng::seed_from_u64(seed ^ GLANCE_SALT),
            recording,
            untouched: true,
        }
    }

    /// A world of a draw of `workcell`'s belief ([`own_draw`]).
    ///
    /// # Errors
    /// When the scene does not stand by itself.
    pub fn of_belief(
        workcell: &Workcell,
        seed: u64,
        recording: Recording,
    ) -> Result<Self, SandboxError> {
        let draw = own_draw(workcell, seed, 0)?;
        Ok(Self::new(
            workcell,
            draw,
            seed ^ OBSERVATION_SALT,
            recording,
        ))
    }

    /// Takes over where the boxes came to rest.
    fn settle_into(&mut self, action: &Action, rollout: &Rollout) {
        if let Some(last) = rollout.frames.last() {
            for (drawn, state) in self.draw.boxes.iter_mut().zip(&last.boxes) {
                drawn.pose = state.pose;
            }
        }
        if matches!(action, Action::Remove { .. }) && rollout.completed {
            let gone = action.box_index();
            self.draw.boxes.remove(gone);
            self.seen.scene.boxes.remove(gone);
        }
        self.untouched = false;
    }
}

/// Keeps the noise of glances apart from that of observations.
const GLANCE_SALT: u64 = 0x676c_616e_6365_7331;
/// Keeps the noise of observations apart from the draw.
const OBSERVATION_SALT: u64 = 0x6f62_7365_7276_6531;

impl Plant for SandboxPlant {
    fn observe(&mut self) -> Result<Workcell, PlantError> {
        if !self.untouched {
            let noise = self.seen.scene.pose_noise;
            for (spec, drawn) in self.seen.scene.boxes.iter_mut().zip(&self.draw.boxes) {
                spec.pose = noisy_pose(&drawn.pose, noise, &mut self.rng);
            }
        }
        Ok(self.seen.clone())
    }

    fn step(
        &mut self,
        action: &Action,
        watch: &mut dyn FnMut(&Glance) -> Onward,
    ) -> Result<Rollout, PlantError> {
        let failed = |e: SandboxError| PlantError(e.to_string());
        let world = sandbox::settled(&self.seen, &self.draw, 1).map_err(failed)?;
        let recording = match self.recording {
            // The last frame is where the next step begins, so there has to be one.
            Recording::Nothing => Recording::Strides,
            kept => kept,
        };
        let noise = self.seen.scene.pose_noise;
        let rng = &mut self.glance_rng;
        let mut noisy = |glance: &Glance| {
            let boxes = glance.boxes.iter();
            watch(&Glance {
                t: glance.t,
                boxes: boxes.map(|pose| noisy_pose(pose, noise, rng)).collect(),
            })
        };
        let extent = (Extent::Whole, recording);
        let rollout =
            sandbox::run_watched(&self.seen, &world, action, extent, &mut noisy).map_err(failed)?;
        self.settle_into(action, &rollout);
        Ok(rollout)
    }
}
