//! Episodes whose outcome follows a rule that can be written down: a pulled box brings down what rests on it, and
//! a cup drops what is heavier than it pulls.

use std::collections::BTreeMap;
use std::sync::Mutex;

use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;
use rayon::prelude::*;
use topple::dataset::Episode;
use topple::grasp::GraspCandidate;
use topple::model::{DataSource, Sample, TrainingData};
use topple::pose::{Pose, Vec3, level, rotation_with_z};
use topple::rollout::{
    Accident, AccidentKind, Action, BodyState, Frame, Grip, HandKey, Motion, Rollout,
};
use topple::scene::geometry::Face;
use topple::scene::{
    BoxSpec, CenterOfMass, Draw, DrawnBox, Gripper, PoseNoise, Quantity, Robot, Safety, Scene,
    Workcell,
};

pub const MAX_PULL_N: f64 = 60.0;

fn cup() -> Gripper {
    Gripper::Suction {
        cup_radius: 0.03,
        max_pull: MAX_PULL_N,
        max_shear: 40.0,
        max_moment: 1.0,
    }
}

fn spec(id: usize, size: [f64; 3], position: [f64; 3], yaw: f64, mass: f64) -> BoxSpec {
    BoxSpec {
        id: format!("b{id}"),
        size: Vec3::from(size),
        pose: level(Vec3::from(position), yaw),
        mass: Quantity::Known(mass),
        friction: Quantity::Known(0.5),
        com: CenterOfMass::Known(Vec3::zeros()),
        max_force_n: None,
    }
}

/// One or two columns of boxes, one of which is taken by its front or its top.
pub fn episode(index: u64, rng: &mut ChaCha8Rng) -> Episode {
    let yaw = rng.random_range(-3.0..3.0);
    let at = Vec3::new(
        rng.random_range(-1.0..1.0),
        rng.random_range(-1.0..1.0),
        0.0,
    );
    let turn = level(at, yaw);
    let mut boxes = Vec::new();
    for column in 0..rng.random_range(1..3) {
        let mut z = 0.0;
        for _ in 0..rng.random_range(1..4) {
            let size = [0.2, 0.2, rng.random_range(0.1..0.2)];
            let local = level(
                Vec3::new(0.0, 0.21 * f64::from(column), z + 0.5 * size[2]),
                0.0,
            );
            let pose = turn * local;
            let position = pose.translation.vector.into();
            boxes.push((
                column,
                spec(boxes.len(), size, position, yaw, rng.random_range(1.0..9.0)),
            ));
            z += size[2];
        }
    }
    let target = rng.random_range(0..boxes.len());
    let loaded = boxes
        .get(target + 1)
        .is_some_and(|b| b.0 == boxes[target].0);
    let boxes: Vec<BoxSpec> = boxes.into_iter().map(|b| b.1).collect();
    let heavy = boxes[target].mass.mean() * 9.81 > MAX_PULL_N;
    let action = lift(&boxes[target], target, rng);
    let rollout = outcome(&boxes, target, loaded, heavy, &action);
    let draw = Draw {
        boxes: boxes
            .iter()
            .map(|b| DrawnBox {
                pose: b.pose,
                mass: b.mass.mean(),
                friction: 0.5,
                com: Vec3::zeros(),
            })
            .collect(),
    };
    Episode {
        index,
        stack: index / 2,
        family: "rule".into(),
        workcell: Workcell {
            scene: Scene {
                ground_friction: 0.5,
                pose_noise: PoseNoise::default(),
                fixtures: Vec::new(),
                boxes,
            },
            robot: Robot {
                home: level(Vec3::new(0.0, 0.0, 1.5), 0.0),
                max_hand_force: 250.0,
                grippers: vec![cup()],
                reach: None,
            },
            safety: Safety::default(),
        },
        action,
        draw,
        rollout,
    }
}

fn lift(target: &BoxSpec, box_index: usize, rng: &mut ChaCha8Rng) -> Action {
    let hand_in_box = Pose::from_parts(
        Vec3::new(rng.random_range(-0.03..0.03), 0.0, 0.5 * target.size.z).into(),
        rotation_with_z(-Vec3::z(), Vec3::x()),
    );
    let at = target.pose * hand_in_box;
    let raised =
        |by: f64| Pose::from_parts((at.translation.vector + Vec3::z() * by).into(), at.rotation);
    let key = |t: f64, pose: Pose, grip: Grip| HandKey { t, pose, grip };
    Action::Remove {
        grasp: GraspCandidate {
            box_index,
            gripper: 0,
            face: Face::Top,
            hand_in_box,
        },
        motion: Motion {
            keys: vec![
                key(0.0, raised(0.5), Grip::Open),
                key(1.0, at, Grip::Open),
                key(1.1, at, Grip::Closed),
                key(3.1, raised(0.4), Grip::Closed),
            ],
        },
    }
}

fn outcome(
    boxes: &[BoxSpec],
    target: usize,
    loaded: bool,
    heavy: bool,
    action: &Action,
) -> Rollout {
    let mut accidents = Vec::new();
    let mut push = |kind, box_index| {
        accidents.push(Accident {
            kind,
            box_index,
            t: 2.0,
        });
    };
    if heavy {
        push(AccidentKind::Drop, target);
    } else if loaded {
        push(AccidentKind::Disturb, target + 1);
    }
    let motion = action.motion().unwrap();
    let frames = (0..10)
        .map(|k| {
            let t = 1.1 + 0.25 * f64::from(k);
            let lifted = motion.at(t).pose.translation.z - motion.at(1.1).pose.translation.z;
            let state = |(i, b): (usize, &BoxSpec)| {
                let mut pose = b.pose;
                let carried = i == target || (i == target + 1 && loaded);
                if carried && !heavy {
                    pose.translation.vector.z += lifted;
                }
                BodyState {
                    pose,
                    linear: Vec3::zeros(),
                    angular: Vec3::zeros(),
                    force: 0.0,
                }
            };
            Frame {
                t,
                boxes: boxes.iter().enumerate().map(state).collect(),
                hand: Some(motion.at(t).pose),
                held: !heavy,
                grip_margin: 1.0,
            }
        })
        .collect();
    Rollout {
        reference: boxes.iter().map(|b| b.pose).collect(),
        frames,
        completed: accidents.is_empty(),
        path_length: if loaded { 0.3 } else { 0.0 },
        peak_speed: 0.0,
        physics_steps: 100,
        accidents,
    }
}

/// The first `count` episodes of a seed. To make one ready takes longer than to learn from it, so each is made once for
/// all tests.
pub fn samples(count: u64, seed: u64) -> Vec<Sample> {
    type Made = BTreeMap<u64, (ChaCha8Rng, Vec<Sample>)>;
    static MADE: Mutex<Made> = Mutex::new(BTreeMap::new());
    let mut made = MADE.lock().unwrap();
    let fresh = || (ChaCha8Rng::seed_from_u64(seed), Vec::new());
    let (rng, samples) = made.entry(seed).or_insert_with(fresh);
    let missing: Vec<Episode> = (samples.len() as u64..count)
        .map(|i| episode(i, rng))
        .collect();
    let ready = |e: &Episode| Sample::new(e).expect("a whole episode");
    samples.par_extend(missing.par_iter().map(ready));
    samples[..count as usize].to_vec()
}

pub fn data(train: u64) -> TrainingData {
    TrainingData {
        train: samples(train, 1),
        retold: Vec::new(),
        validation: samples(300, 2),
        calibration: samples(600, 3),
        source: DataSource {
            hash: "rule".into(),
            train: train as usize,
            ..DataSource::default()
        },
        warm_start: None,
    }
}
