//! `topple what-if`: one action, imagined: who moves, who falls.
//!
//! Owns the flags and what they ask. How an answer comes about is [`answer`]'s, the words are
//! [`super::what_if_text`]'s.

mod answer;

use std::path::PathBuf;

use clap::Args;
use serde_json::{Value, json};

use super::physics::{DynamicsKind, Physics, PhysicsArgs, check_stands, load_task};
use super::poke_args::{self, BoxFace, BoxVector};
use super::print;
use super::what_if_text::in_words;
use super::{Exit, Failure, Outcome};
use crate::plan::probe::{Line, Poke};
use crate::plan::report::{Asked as By, REPORT_VERSION, WhatIfReport};
use crate::scene::task::{TaskFile, no_such_box};
use answer::{Unanswered, by_face, poke};

/// Imagine one action: who moves how far, who falls, and how much of it would still be safe.
///
/// A box that is nudged or pushed is meant to move: of it only its tilt and what presses on it count as an accident,
/// not where it ends up. The risk is that of what imagines (--dynamics) with what draws of the check (--verify) saw; the
/// table of boxes is imagined alone.
///
/// Exit code 0: it is safe. 3: it is not.
#[derive(Args, Debug)]
#[command(group = clap::ArgGroup::new("action").required(true).args(["nudge", "push", "grasp"]))]
pub struct WhatIfArgs {
    /// The task file, or a file with a scene alone.
    pub task: PathBuf,
    /// Drive a box's centre by these metres at up to 0.1 m/s, with no more than the robot's
    /// max_hand_force, and let go; at most 2 m.
    #[arg(long, value_name = "BOX=DX,DY,DZ", value_parser = poke_args::nudge)]
    pub nudge: Option<BoxVector>,
    /// Push on a box's centre with this force for 0.5 s, N; at most 10 000 N.
    #[arg(long, value_name = "BOX=FX,FY,FZ", value_parser = poke_args::push)]
    pub push: Option<BoxVector>,
    /// Take a box out by this face, at the first grasp found there that may be carried out, best first; where none may, at
    /// the best.
    #[arg(long, value_name = "BOX/FACE")]
    pub grasp: Option<BoxFace>,
    /// Physics and output.
    #[command(flatten)]
    pub physics: PhysicsArgs,
}

/// How far from level a direction may be, a share: what rounding leaves.
const LEVEL: f64 = 1e-3;

/// What is asked, of boxes and in directions that there are.
enum Question<'a> {
    /// A nudge or a push.
    Poke(Line, &'a BoxVector),
    /// A grasp of this box.
    Grasp(usize, &'a BoxFace),
}

/// Imagines the action, and prints what becomes of the boxes.
///
/// # Errors
/// On bad input, or when the physics fails.
pub fn run(args: &WhatIfArgs) -> Outcome {
    let file = load_task(&args.task, &args.physics)?;
    // Before the physics: a slip of the pen is one also where the scene falls by itself.
    let question = question(args, &file)?;
    let physics = Physics::open(&args.physics)?.unhurried();
    physics.warn_of(&file.workcell);
    if args.grasp.is_some() {
        Physics::warn_of_gripper(&file);
    }
    let seed = args.physics.seed;
    let answer = match (check_stands(&file.workcell, seed), question) {
        (Err(why), _) => Err(why.into()),
        (Ok(()), Question::Poke(line, asked)) => poke(&file, &physics, line, asked, seed),
        (Ok(()), Question::Grasp(index, asked)) => by_face(&file, &physics, index, asked, seed),
    };
    let by = physics.asked(&file, seed);
    let report = match answer {
        Ok(answer) => WhatIfReport::new(
            by,
            &file.workcell,
            answer.about,
            &answer.vouched,
            (&answer.imagined, physics.is_exact()),
            answer.largest,
        ),
        Err(Unanswered::Failure(failure)) => return Err(failure),
        Err(Unanswered::NoAnswer(reason)) => {
            if args.physics.json {
                print::json(&no_answer(args, by, file.workcell.safety.max_risk, &reason))?;
            } else {
                print::text(&format!("{}: {reason}\n", file.name))?;
            }
            return Ok(Exit::NotSafe);
        }
    };
    if args.physics.json {
        print::json(&report)?;
    } else {
        print::text(&in_words(&file, &report))?;
    }
    Ok(if report.is_safe() {
        Exit::Done
    } else {
        Exit::NotSafe
    })
}

/// The object of an answer that there is none: all keys of a [`WhatIfReport`], and why.
fn no_answer(args: &WhatIfArgs, by: By, max_risk: f64, reason: &str) -> Value {
    let vector = |kind, asked: &BoxVector| {
        let vector: [f64; 3] = asked.vector.into();
        json!({"kind": kind, "box": asked.id, "vector": vector})
    };
    let action = match (&args.nudge, &args.push, &args.grasp) {
        (Some(nudge), ..) => vector("nudge", nudge),
        (_, Some(push), _) => vector("push", push),
        (.., Some(grasp)) => {
            let face = grasp.face.name();
            let grasp_left_open =
                json!({"gripper": null, "face": face, "position": null, "rotation": null});
            json!({"kind": "remove", "box": grasp.id, "grasp": grasp_left_open})
        }
        (None, None, None) => Value::Null,
    };
    json!({
        "version": REPORT_VERSION,
        "task": by.task,
        "seed": by.seed,
        "dynamics": by.dynamics,
        "model": by.model,
        "verdict": "no_answer",
        "reason": reason,
        "max_risk": max_risk,
        "action": action,
        "risk": null,
        "risk_bound": null,
        "risk_by_accident": null,
        "verified_risk": null,
        "verified_draws": 0,
        "moves_beyond_m": null,
        "falls_beyond_deg": null,
        "boxes": {},
        "largest_safe": null,
    })
}

fn index_of(file: &TaskFile, id: &str) -> Result<usize, Failure> {
    let scene = &file.workcell.scene;
    scene.box_index(id).ok_or_else(|| {
        let (message, remedy) = no_such_box(scene, id);
        Failure::input_message(format!("{}: {message}", file.path.display()), remedy)
    })
}

/// What the flags ask.
///
/// # Errors
/// When there is no such box, or the model knows no such direction.
fn question<'a>(args: &'a WhatIfArgs, file: &TaskFile) -> Result<Question<'a>, Failure> {
    let line = |poke, asked: &'a BoxVector| {
        let is_level = asked.vector.z.abs() <= LEVEL * asked.vector.norm();
        if args.physics.dynamics == DynamicsKind::Learned && !is_level {
            return Err(Failure::input_message(
                "the model learned from level nudges and pushes alone, and this one goes up or down",
                "Give 0 for z, or ask the sandbox with --dynamics sandbox.",
            ));
        }
        let line = Line {
            poke,
            box_index: index_of(file, &asked.id)?,
            direction: asked.vector.normalize(),
        };
        Ok(Question::Poke(line, asked))
    };
    match (&args.nudge, &args.push, &args.grasp) {
        (Some(nudge), ..) => line(Poke::Nudge, nudge),
        (_, Some(push), _) => line(Poke::Push, push),
        (.., Some(grasp)) => Ok(Question::Grasp(index_of(file, &grasp.id)?, grasp)),
        // clap asks for one of the three.
        (None, None, None) => Err(Failure::input_message(
            "no action was given",
            "Give --nudge, --push or --grasp.",
        )),
    }
}
