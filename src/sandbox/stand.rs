//! Does it stand by itself? Draws that do.
//!
//! Owns the condition on every draw: the scene stands two seconds untouched, up to 64 tries, then
//! it is reported as not standing (design, section 2); and when a world counts as still. A scene that crushes a box
//! while it only stands is an error of the scene. Refuses poses that are not those of contact: `settle` mends them.

use rand::Rng;

use super::SandboxError;
use super::contact::Forces;
use super::engine::Engine;
use super::monitor::{Exempt, Monitor};
use crate::pose::Pose;
use crate::rollout::AccidentKind;
use crate::scene::geometry::{Obb, separation};
use crate::scene::{Draw, DrawnBox, Fixture, Scene, Workcell, belief};

/// How long a draw has to stand, s.
const STAND_S: f64 = 2.0;
/// Tries before a scene is reported.
const TRIES: usize = 64;
/// Speeds under which everything counts as still: m/s, and rad/s at a lever of 0.2 m.
const CALM_SPEED: f64 = 0.005;
const CALM_SPIN: f64 = 0.025;
/// How long it has to stay so, s.
const CALM_S: f64 = 0.25;
/// In a stand test stillness has to be deeper and longer before the rest of the two seconds is
/// taken for granted: a box that creeps over an edge does so faster than this.
const ASLEEP_SPEED: f64 = 0.001;
/// s.
const ASLEEP_S: f64 = 0.3;

/// Counts how long everything has been still.
#[derive(Clone, Copy, Debug, Default)]
pub struct Calm {
    steps: u64,
}

impl Calm {
    /// Looks at `engine`; true once it has been calm for 0.25 s.
    pub fn look(&mut self, engine: &Engine) -> bool {
        self.count(engine, CALM_SPEED, CALM_SPIN) >= steps(engine, CALM_S)
    }

    /// Looks at `engine`; true once it has been so still for so long that nothing more is to come.
    pub(super) fn asleep(&mut self, engine: &Engine) -> bool {
        self.count(engine, ASLEEP_SPEED, 5.0 * ASLEEP_SPEED) >= steps(engine, ASLEEP_S)
    }

    fn count(&mut self, engine: &Engine, speed: f64, spin: f64) -> u64 {
        let still = (0..engine.boxes.len()).all(|i| {
            engine
                .box_velocity(i)
                .is_none_or(|(v, w)| v.norm() < speed && w.norm() < spin)
        });
        self.steps = if still { self.steps + 1 } else { 0 };
        self.steps
    }
}

/// How many of `engine`'s steps make up `seconds`.
pub(super) fn steps(engine: &Engine, seconds: f64) -> u64 {
    (seconds / engine.dt()).round() as u64
}

/// Why a draw or a scene does not stand.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Fall {
    /// The first box that moves too far, tilts too far or is crushed.
    pub box_index: usize,
    /// In which way.
    pub kind: AccidentKind,
    /// s.
    pub t: f64,
}

/// A draw that stands: its poses are those after settling.
///
/// # Errors
/// [`SandboxError::DoesNotStand`] when 64 tries fell; it names the box that most often fell first.
pub fn draw(workcell: &Workcell, rng: &mut impl Rng) -> Result<Draw, SandboxError> {
    let scene = &workcell.scene;
    // How often each box was the first to fall, and how the last time.
    let mut first_fallers = vec![(0usize, AccidentKind::Disturb); scene.boxes.len()];
    for _ in 0..TRIES {
        let mut draw = belief::sample(scene, rng);
        part(scene, &mut draw);
        match stands(workcell, &draw, STAND_S)? {
            Ok(poses) => {
                for (drawn, pose) in draw.boxes.iter_mut().zip(poses) {
                    drawn.pose = pose;
                }
                return Ok(draw);
            }
            Err(fall) => {
                let (times, kind) = &mut first_fallers[fall.box_index];
                *times += 1;
                *kind = fall.kind;
            }
        }
    }
    let worst =
        (0..first_fallers.len()).max_by_key(|&i| (first_fallers[i].0, std::cmp::Reverse(i)));
    // A scene without boxes has nothing that could fall.
    let (id, kind) = worst.map_or((String::new(), AccidentKind::Disturb), |i| {
        (scene.boxes[i].id.clone(), first_fallers[i].1)
    });
    Err(SandboxError::DoesNotStand {
        id,
        kind,
        tries: TRIES,
    })
}

/// Lets `draw` stand for `seconds`: the settled poses, or what fell first.
///
/// # Errors
/// When the engine lost a body.
pub fn stands(
    workcell: &Workcell,
    draw: &Draw,
    seconds: f64,
) -> Result<Result<Vec<Pose>, Fall>, SandboxError> {
    let scene = &workcell.scene;
    let mut engine = Engine::new(scene, draw, 1);
    let mut monitor = Monitor::new(scene, &workcell.safety, &engine);
    let mut forces = Forces::new(scene.boxes.len(), &engine);
    let mut calm = Calm::default();
    for step in 0..steps(&engine, seconds) {
        engine.step()?;
        forces.read(&engine, None);
        let t = (step + 1) as f64 * engine.dt();
        monitor.look(&engine, &forces, Exempt::Nobody, t);
        // The first moments press overlaps apart; a crush counts once the boxes have sat down.
        let settled = t > 0.25;
        let fall = monitor
            .accidents
            .iter()
            .find(|a| a.kind != AccidentKind::Crush)
            .map(|a| (a.box_index, a.kind))
            .or_else(|| (settled).then(|| crushed(scene, &forces)).flatten());
        if let Some((box_index, kind)) = fall {
            return Ok(Err(Fall { box_index, kind, t }));
        }
        if calm.asleep(&engine) && settled {
            break;
        }
    }
    let moving = (0..scene.boxes.len()).find(|&i| {
        engine
            .box_velocity(i)
            .is_some_and(|(v, w)| v.norm() > CALM_SPEED || w.norm() > CALM_SPIN)
    });
    if let Some(box_index) = moving {
        return Ok(Err(Fall {
            box_index,
            kind: AccidentKind::Disturb,
            t: seconds,
        }));
    }
    Ok(Ok((0..scene.boxes.len())
        .filter_map(|i| engine.box_pose(i))
        .collect()))
}

fn crushed(scene: &Scene, forces: &Forces) -> Option<(usize, AccidentKind)> {
    (0..scene.boxes.len())
        .find(|&i| {
            scene.boxes[i]
                .max_force_n
                .is_some_and(|limit| forces.worst_face(i) > limit)
        })
        .map(|i| (i, AccidentKind::Crush))
}

/// Takes back pose noise where it drove boxes into each other further than the observation does.
///
/// Two bodies cannot share space, so the belief given that they do not is what is sampled: each
/// pair that overlaps more than it is observed to is moved halfway back towards where it was seen.
fn part(scene: &Scene, draw: &mut Draw) {
    const ROUNDS: usize = 4;
    const SLACK_M: f64 = 5e-4;
    let obb = |i: usize, pose: Pose| Obb::new(scene.boxes[i].size, pose);
    let fixtures: Vec<Obb> = scene.fixtures.iter().map(Fixture::obb).collect();
    let n = scene.boxes.len();
    let deeper = |a: &Obb, b: &Obb, seen: f64| {
        let reach = a.half.norm() + b.half.norm();
        let between = a.pose.translation.vector - b.pose.translation.vector;
        between.norm() < reach && separation(a, b).gap < seen.min(0.0) - SLACK_M
    };
    for _ in 0..ROUNDS {
        let mut back = vec![false; n];
        for i in 0..n {
            let here = obb(i, draw.boxes[i].pose);
            let seen = obb(i, scene.boxes[i].pose);
            for fixture in &fixtures {
                if deeper(&here, fixture, separation(&seen, fixture).gap) {
                    back[i] = true;
                }
            }
            for j in i + 1..n {
                let there = obb(j, draw.boxes[j].pose);
                let seen_there = obb(j, scene.boxes[j].pose);
                if deeper(&here, &there, separation(&seen, &seen_there).gap) {
                    back[i] = true;
                    back[j] = true;
                }
            }
        }
        if !back.contains(&true) {
            return;
        }
        for (i, drawn) in draw.boxes.iter_mut().enumerate().filter(|&(i, _)| back[i]) {
            drawn.pose = drawn.pose.lerp_slerp(&scene.boxes[i].pose, 0.5);
        }
    }
}

/// The draw at the belief's means and observed poses.
pub fn nominal(scene: &Scene) -> Draw {
    Draw {
        boxes: scene
            .boxes
            .iter()
            .map(|spec| DrawnBox {
                pose: spec.pose,
                mass: spec.mass.mean(),
                friction: spec.friction.mean(),
                com: spec.com.mean(),
            })
            .collect(),
    }
}
