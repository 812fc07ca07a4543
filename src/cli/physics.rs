//! Which physics the planning commands ask: the world model or the sandbox, and the shield.
//!
//! Owns [`Physics`], the seam between the planner, which knows only the traits, and those that
//! implement them. The flags that ask for it are [`args`]'s.

mod args;

use super::models::{refuse_idle, world_model};
use super::{Failure, print};
use crate::dynamics::{Dynamics, DynamicsError};
use crate::eval::plant::{SandboxPlant, witness};
use crate::model::ensemble::Price;
use crate::model::limits::Limits;
use crate::model::{LearnedDynamics, ModelCard};
use crate::plan::report::{Asked, ModelReport};
use crate::plan::{Objective, Planner, Plant, SHIELD_DRAWS, Shield, gripper_in_words};
use crate::sandbox::exact::standing_draws;
use crate::sandbox::{Recording, SANDBOX_VERSION, SandboxDynamics};
use crate::scene::Workcell;
use crate::scene::task::{PlannerKind, PlannerSettings, TaskFile, default_gripper};

pub use args::{DynamicsKind, PhysicsArgs, load_task};

/// Physics steps between two recorded frames of an execution: 10 a second.
const FRAME_STEPS: u64 = 24;

/// The budget on the sandbox where the task file leaves it open: a candidate costs a hundred times
/// what it costs the world model, so there are few, in all rounds.
const SANDBOX_SETTINGS: PlannerSettings = PlannerSettings {
    kind: PlannerKind::Cem,
    horizon: 8,
    screen: 48,
    imagine: 9,
    iterations: 2,
    elites: 3,
    untried: 8,
    patience: 2,
};

/// Keeps the draw that a scene is checked with apart from all others.
const STANDS_SALT: u64 = 0x7374_616e_6473;

/// The sandbox as a second opinion.
pub struct Agreeing {
    /// Draws that have to agree on a clear case.
    pub draws: usize,
    /// For the shield, which asks for them batch by batch.
    by_batches: SandboxDynamics,
}

impl Agreeing {
    fn under(draws: usize) -> Self {
        Self {
            draws,
            by_batches: witness(draws),
        }
    }
}

/// The physics of one command.
pub struct Physics {
    /// What imagines.
    pub dynamics: Box<dyn Dynamics>,
    /// What has to agree.
    pub shield: Option<Agreeing>,
    /// Which one exactly, for reports.
    pub model: ModelReport,
    kind: DynamicsKind,
    learned: Option<Learned>,
}

/// What a model's card says of what it is good for.
struct Learned {
    /// Whether it certifies a limit on risk.
    certifies: bool,
    /// The most boxes in a made-up stack that it or an ancestor learned from.
    most_boxes: u64,
    /// What counted as an accident there.
    limits: Limits,
}

impl Learned {
    fn of(card: &ModelCard) -> Self {
        let sets = card
            .line()
            .into_iter()
            .flat_map(|ancestor| ancestor.data.sets);
        Self {
            // What is imagined decides, of what was screened as safe or nearly so.
            certifies: !card.calibration_at(Price::Imagining).ladder.is_empty(),
            limits: Limits::of(&card.normaliser.action),
            most_boxes: sets
                .filter_map(|set| set.config.get("boxes_max")?.as_u64())
                .max()
                // Of one that learned from given scenes alone nobody kept count.
                .unwrap_or(u64::MAX),
        }
    }
}

impl Physics {
    /// The physics that the flags ask for.
    ///
    /// # Errors
    /// When a model cannot be read, or the flags contradict each other.
    pub fn open(args: &PhysicsArgs) -> Result<Self, Failure> {
        let draws = args.verify.unwrap_or(match args.dynamics {
            DynamicsKind::Learned => SHIELD_DRAWS,
            DynamicsKind::Sandbox => 0,
        });
        let (dynamics, model, learned) = match args.dynamics {
            DynamicsKind::Learned => learned(args)?,
            DynamicsKind::Sandbox => sandbox(args)?,
        };
        Ok(Self {
            dynamics,
            shield: (draws > 0).then(|| Agreeing::under(draws)),
            model,
            kind: args.dynamics,
            learned,
        })
    }

    /// The same for a command that tells a risk and chooses nothing: where the sandbox imagines, no draw is spared.
    #[must_use]
    pub fn unhurried(self) -> Self {
        match self.kind {
            DynamicsKind::Learned => self,
            DynamicsKind::Sandbox => Self {
                dynamics: Box::new(SandboxDynamics::default().unhurried()),
                ..self
            },
        }
    }

    /// Whether what imagines is the sandbox itself.
    pub fn is_exact(&self) -> bool {
        self.kind == DynamicsKind::Sandbox
    }

    /// Who asks it about what, for reports.
    pub fn asked(&self, file: &TaskFile, seed: u64) -> Asked {
        Asked {
            task: file.name.clone(),
            seed,
            dynamics: self.dynamics.name().to_owned(),
            model: self.model.clone(),
        }
    }

    /// Says which gripper is taken where `file` names none: a grasp is only as good as what is known of the hand.
    pub fn warn_of_gripper(file: &TaskFile) {
        if !file.names_gripper {
            print::note(format!(
                "{} names no gripper, so {} is assumed; write `robot: {{gripper: …}}` for the one that is there",
                file.path.display(),
                gripper_in_words(&default_gripper())
            ));
        }
    }

    /// Says what a person should know before an answer about this scene is believed.
    pub fn warn_of(&self, workcell: &Workcell) {
        let Some(learned) = &self.learned else {
            return;
        };
        if !learned.certifies {
            print::note(format!(
                "the model {} certifies no limit on risk, so by itself it calls nothing safe, and what is called safe the check by the sandbox alone vouches for (`topple inspect` tells what it was calibrated on)",
                self.model.name
            ));
        }
        let boxes = workcell.scene.boxes.len();
        if boxes as u64 > learned.most_boxes {
            print::note(format!(
                "the model learned from made-up stacks of up to {} boxes, here are {boxes}: that its limits hold is not promised; the check by the sandbox (--verify) does not rest on it",
                learned.most_boxes
            ));
        }
        if !learned.limits.hold(&workcell.safety) {
            print::note(format!(
                "a limit of `safety` is stricter than what the model {} learned from ({}), so by itself it calls nothing safe: the check by the sandbox (--verify) alone decides",
                self.model.name, learned.limits
            ));
        }
    }

    /// A planner on this physics, with the budget that the task file gives, or else the physics' own.
    pub fn planner(&self, given: Option<PlannerSettings>, seed: u64) -> Planner<'_> {
        let settings = given.unwrap_or_else(|| match self.kind {
            DynamicsKind::Learned => PlannerSettings::default(),
            DynamicsKind::Sandbox => SANDBOX_SETTINGS,
        });
        Planner {
            dynamics: self.dynamics.as_ref(),
            shield: self.shield.as_ref().map(|agreeing| Shield {
                physics: &agreeing.by_batches,
                draws: agreeing.draws,
            }),
            settings,
            objective: Objective::default(),
            seed,
        }
    }
}

/// A physics, which one exactly, and what the card says of a learned one.
type Opened = (Box<dyn Dynamics>, ModelReport, Option<Learned>);

fn learned(args: &PhysicsArgs) -> Result<Opened, Failure> {
    let model = world_model(args.model.as_deref(), args.device.unwrap_or_default())?;
    let name = match &args.model {
        Some(folder) => folder.display().to_string(),
        None => "default".to_owned(),
    };
    let report = ModelReport {
        name,
        hash: model.card.weights_hash.clone(),
    };
    let card = Learned::of(&model.card);
    Ok((Box::new(LearnedDynamics::new(model)), report, Some(card)))
}

fn sandbox(args: &PhysicsArgs) -> Result<Opened, Failure> {
    refuse_idle("--dynamics sandbox", args.model.as_deref(), args.device)?;
    let report = ModelReport {
        name: "sandbox".to_owned(),
        hash: format!("v{SANDBOX_VERSION}"),
    };
    Ok((Box::new(SandboxDynamics::default()), report, None))
}

/// That the scene stands by itself in some draw of the belief, whoever imagines it.
///
/// # Errors
/// Which box moves first, and how.
pub fn check_stands(workcell: &Workcell, seed: u64) -> Result<(), DynamicsError> {
    standing_draws(workcell, seed ^ STANDS_SALT, 1)?;
    Ok(())
}

/// A true world to carry a plan out in: one draw of the belief.
///
/// # Errors
/// When no draw stands.
pub fn plant(workcell: &Workcell, seed: u64) -> Result<impl Plant + use<>, Failure> {
    let recording = Recording::EverySteps(FRAME_STEPS);
    // Another stream than the planner's and the shield's: what is executed was not looked at.
    SandboxPlant::of_belief(workcell, seed ^ 0x6578_6563_7574_6521, recording).map_err(|error| {
        Failure::failed_message(
            format!("the plan cannot be carried out: {error}"),
            "Another --seed draws another world.",
        )
    })
}
