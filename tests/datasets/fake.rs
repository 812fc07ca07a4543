//! A source of episodes that are random but hang together: no physics, all shapes and cases.

use nalgebra::{UnitQuaternion, Vector3};
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;
use serde_json::{Value, json};
use topple::dataset::{Episode, EpisodeSource, SourceError};
use topple::grasp::GraspCandidate;
use topple::pose::Pose;
use topple::rollout::{
    Accident, AccidentKind, Action, BodyState, Frame, Grip, HandKey, Motion, Rollout,
};
use topple::scene::geometry::Face;
use topple::scene::{
    BoxSpec, CenterOfMass, Draw, DrawnBox, Fixture, Gripper, PoseNoise, Quantity, Reach, Robot,
    Safety, Scene, Workcell,
};

/// Random episodes from a seed, so many for each stack.
pub struct Fake {
    pub seed: u64,
    pub config: Value,
    pub episodes_per_stack: u64,
}

impl Fake {
    pub fn new(seed: u64) -> Self {
        Self {
            seed,
            config: json!({"families": ["fake"], "tilt": 1f64.to_radians(), "third": 1.0 / 3.0}),
            episodes_per_stack: 3,
        }
    }
}

impl EpisodeSource for Fake {
    fn config_json(&self) -> Value {
        self.config.clone()
    }

    fn seed(&self) -> u64 {
        self.seed
    }

    fn episodes_per_stack(&self) -> u64 {
        self.episodes_per_stack
    }

    fn stack(&self, stack: u64) -> Result<Vec<Episode>, SourceError> {
        Ok(self.episodes(stack))
    }
}

impl Fake {
    pub fn episodes(&self, stack: u64) -> Vec<Episode> {
        let mut rng = ChaCha8Rng::seed_from_u64(self.seed);
        rng.set_stream(stack);
        let boxes = rng.random_range(1..6);
        let workcell = workcell(boxes, &mut rng);
        let action = action(boxes, &mut rng);
        (0..self.episodes_per_stack)
            .map(|_| episode(stack, &workcell, &action, &mut rng))
            .collect()
    }
}

fn vector(rng: &mut impl Rng) -> Vector3<f64> {
    Vector3::from_fn(|_, _| rng.random_range(-2.0..2.0))
}

fn pose(rng: &mut impl Rng) -> Pose {
    let turn = UnitQuaternion::from_scaled_axis(vector(rng));
    Pose::from_parts(vector(rng).into(), turn)
}

fn quantity(rng: &mut impl Rng) -> Quantity {
    let x: f64 = rng.random();
    match rng.random_range(0..3) {
        0 => Quantity::Known(x),
        1 => Quantity::Normal { mean: x, std: 0.1 },
        _ => Quantity::Uniform {
            min: x,
            max: x + 1.0,
        },
    }
}

fn workcell(boxes: usize, rng: &mut impl Rng) -> Workcell {
    let box_spec = |i: usize, rng: &mut ChaCha8Rng| BoxSpec {
        id: format!("box ‘{i}’"),
        size: vector(rng).abs(),
        pose: pose(rng),
        mass: quantity(rng),
        friction: quantity(rng),
        com: if rng.random() {
            CenterOfMass::Known(vector(rng))
        } else {
            CenterOfMass::Normal { std: rng.random() }
        },
        max_force_n: rng.random::<bool>().then(|| rng.random_range(100.0..500.0)),
    };
    let mut inner = ChaCha8Rng::from_rng(rng);
    let rng = &mut inner;
    let fixture = |i: usize, rng: &mut ChaCha8Rng| Fixture {
        id: format!("wall {i}"),
        size: vector(rng).abs(),
        pose: pose(rng),
        friction: rng.random(),
    };
    Workcell {
        scene: Scene {
            ground_friction: rng.random(),
            pose_noise: PoseNoise::default(),
            fixtures: (0..rng.random_range(0..3))
                .map(|i| fixture(i, rng))
                .collect(),
            boxes: (0..boxes).map(|i| box_spec(i, rng)).collect(),
        },
        robot: Robot {
            home: pose(rng),
            max_hand_force: 250.0,
            grippers: vec![
                Gripper::Suction {
                    cup_radius: 0.04,
                    max_pull: rng.random(),
                    max_shear: 120.0,
                    max_moment: 3.6,
                },
                Gripper::ParallelJaw {
                    max_opening: 0.45,
                    max_force: 150.0,
                    finger: vector(rng).abs(),
                    pad_friction: 0.8,
                },
            ],
            reach: rng.random::<bool>().then(|| Reach {
                base: vector(rng),
                max: 1.8,
            }),
        },
        safety: Safety {
            max_plan_risk: rng.random::<bool>().then(|| rng.random()),
            ..Safety::default()
        },
    }
}

fn action(boxes: usize, rng: &mut impl Rng) -> Action {
    let box_index = rng.random_range(0..boxes);
    let grasp = GraspCandidate {
        box_index,
        gripper: rng.random_range(0..2),
        face: Face::ALL[rng.random_range(0..6)],
        hand_in_box: pose(rng),
    };
    let key = |i: usize, rng: &mut _| HandKey {
        t: i as f64 / 3.0,
        pose: pose(rng),
        grip: [Grip::Open, Grip::Closed][usize::from(i > 1)],
    };
    let keys = |rng: &mut _| (0..4).map(|i| key(i, rng)).collect();
    match rng.random_range(0..4) {
        0 => Action::Remove {
            grasp,
            motion: Motion { keys: keys(rng) },
        },
        1 => Action::Place {
            grasp,
            motion: Motion { keys: keys(rng) },
            target: pose(rng),
        },
        2 => Action::Nudge {
            box_index,
            by: vector(rng),
        },
        _ => Action::Push {
            box_index,
            force: vector(rng),
        },
    }
}

fn episode(stack: u64, workcell: &Workcell, action: &Action, rng: &mut impl Rng) -> Episode {
    let boxes = workcell.scene.boxes.len();
    let body = |rng: &mut _| BodyState {
        pose: pose(rng),
        // A negative zero has to come back as one.
        linear: Vector3::new(-0.0, 0.0, f64::MIN_POSITIVE / 4.0),
        angular: vector(rng),
        force: Rng::random::<f64>(rng).sqrt(),
    };
    let hand = action.motion().is_some();
    let frame = |i: usize, rng: &mut _| Frame {
        t: i as f64 * 0.25 - 1.0 / 3.0,
        boxes: (0..boxes).map(|_| body(rng)).collect(),
        hand: (hand && i < 2).then(|| pose(rng)),
        held: Rng::random(rng),
        grip_margin: Rng::random(rng),
    };
    let drawn = |rng: &mut _| DrawnBox {
        pose: pose(rng),
        mass: Rng::random(rng),
        friction: Rng::random(rng),
        com: vector(rng),
    };
    let accident = |rng: &mut _| Accident {
        kind: AccidentKind::ALL[Rng::random_range(rng, 0..5)],
        box_index: Rng::random_range(rng, 0..boxes),
        t: Rng::random(rng),
    };
    Episode {
        index: 0,
        stack,
        family: ["bridge", "heap"][stack as usize % 2].to_owned(),
        workcell: workcell.clone(),
        action: action.clone(),
        draw: Draw {
            boxes: (0..boxes).map(|_| drawn(rng)).collect(),
        },
        rollout: Rollout {
            reference: (0..boxes).map(|_| pose(rng)).collect(),
            frames: (0..rng.random_range(0..5)).map(|i| frame(i, rng)).collect(),
            accidents: (0..rng.random_range(0..3)).map(|_| accident(rng)).collect(),
            completed: rng.random(),
            path_length: rng.random(),
            peak_speed: rng.random(),
            physics_steps: rng.random_range(0..10_000),
        },
    }
}
