//! Training end to end, on episodes whose outcome follows a rule that can be written down: a pulled
//! box brings down what rests on it, and a cup drops what is heavier than it pulls.

use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};

use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;
use topple::dataset::Episode;
use topple::dynamics::Dynamics;
use topple::grasp::GraspCandidate;
use topple::model::folder::MODEL_VERSION;
use topple::model::{
    DataSource, EpochLog, LearnedDynamics, Observer, Sample, Start, TrainConfig, TrainError,
    TrainingData, WorldModel, train,
};
use topple::plots;
use topple::pose::{Pose, Vec3, level, rotation_with_z};
use topple::rollout::{
    Accident, AccidentKind, Action, BodyState, Frame, Grip, HandKey, Motion, Rollout,
};
use topple::scene::geometry::Face;
use topple::scene::{
    BoxSpec, CenterOfMass, Draw, DrawnBox, Gripper, PoseNoise, Quantity, Robot, Safety, Scene,
    Workcell,
};

const MAX_PULL_N: f64 = 60.0;

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
fn episode(index: u64, rng: &mut ChaCha8Rng) -> Episode {
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

fn samples(count: u64, seed: u64) -> Vec<Sample> {
    let mut rng = ChaCha8Rng::seed_from_u64(seed);
    (0..count)
        .map(|i| Sample::new(&episode(i, &mut rng)).expect("a whole episode"))
        .collect()
}

fn data(train: u64) -> TrainingData {
    TrainingData {
        train: samples(train, 1),
        retold: Vec::new(),
        validation: samples(300, 2),
        calibration: samples(600, 3),
        source: DataSource {
            hash: "rule".into(),
            ..DataSource::default()
        },
    }
}

fn small(epochs: usize) -> TrainConfig {
    TrainConfig {
        epochs,
        width: 16,
        rounds: 2,
        members: 2,
        batch: 32,
        dropout: 0.1,
        ..TrainConfig::default()
    }
}

struct Silent;

impl Observer for Silent {
    fn batch(&self, _: usize, _: usize, _: usize, _: f64) {}
    fn epoch(&self, _: &EpochLog) {}
}

/// Presses Ctrl-C in the middle of the second epoch.
struct Impatient<'a>(&'a AtomicBool);

impl Observer for Impatient<'_> {
    fn batch(&self, epoch: usize, done: usize, _: usize, _: f64) {
        if epoch == 2 && done == 3 {
            self.0.store(true, Ordering::Relaxed);
        }
    }
    fn epoch(&self, _: &EpochLog) {}
}

fn run(data: &TrainingData, config: &TrainConfig, folder: &Path) -> topple::model::ModelCard {
    let go_on = AtomicBool::new(false);
    train(data, config, folder, Start::Fresh, &go_on, &Silent)
        .expect("it trains")
        .card
}

/// Follows the log as the command does.
struct Follower<'a>(&'a Path);

impl Observer for Follower<'_> {
    fn batch(&self, _: usize, _: usize, _: usize, _: f64) {}
    fn epoch(&self, _: &EpochLog) {
        plots::follow(self.0).unwrap();
    }
}

/// All files of a run's plots and events, by name.
fn drawn(files: &[std::path::PathBuf]) -> Vec<(String, Vec<u8>)> {
    let name = |p: &Path| p.file_name().unwrap().to_string_lossy().into_owned();
    files
        .iter()
        .map(|p| (name(p), std::fs::read(p).unwrap()))
        .collect()
}

fn weights(folder: &Path) -> Vec<u8> {
    std::fs::read(folder.join("model.safetensors")).unwrap()
}

#[test]
fn a_rule_is_learned_and_the_model_comes_back_from_its_folder() {
    let folder = tempfile::tempdir().unwrap();
    let card = run(&data(2000), &small(6), folder.path());
    let auc = card.validation.auc.unwrap();
    assert!(auc > 0.97, "AUC {auc}");
    let drop = card.validation.auc_by_accident[AccidentKind::Drop.index()].unwrap();
    assert!(drop > 0.97, "AUC of drop {drop}");

    let physics = LearnedDynamics::new(WorldModel::load(folder.path()).unwrap());
    let mut rng = ChaCha8Rng::seed_from_u64(9);
    let (mut safe, mut unsafe_) = (Vec::new(), Vec::new());
    let mut bounds = Vec::new();
    for i in 0..60 {
        let episode = episode(i, &mut rng);
        let actions = std::slice::from_ref(&episode.action);
        let mut foreign = episode.workcell.clone();
        for gripper in &mut foreign.robot.grippers {
            if let Gripper::Suction { cup_radius, .. } = gripper {
                *cup_radius *= 0.25;
            }
        }
        let scene = physics.believe(&foreign, 0).unwrap();
        // No such cup was learned from.
        assert_eq!(scene.screen(actions)[0].clone().unwrap().bound, 1.0);
        let scene = physics.believe(&episode.workcell, 0).unwrap();
        let risk = scene.screen(actions)[0].clone().unwrap();
        bounds.push(risk.bound);
        let imagined = scene.imagine(actions, 10)[0].clone().unwrap();
        assert_eq!(imagined.fates.len(), episode.workcell.scene.boxes.len());
        assert!((imagined.risk.risk - risk.risk).abs() < 1e-6);
        let side = if episode.rollout.is_safe() {
            &mut safe
        } else {
            &mut unsafe_
        };
        side.push(risk.risk);
    }
    assert!(bounds.iter().any(|&b| b < 0.5), "{bounds:?}");
    let mean = |v: &[f64]| v.iter().sum::<f64>() / v.len() as f64;
    assert!(
        mean(&safe) + 0.5 < mean(&unsafe_),
        "{} {}",
        mean(&safe),
        mean(&unsafe_)
    );
}

#[test]
fn one_thread_and_two_give_the_same_weights() {
    let data = data(320);
    let folders = [tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap()];
    for (folder, threads) in folders.iter().zip([1, 2]) {
        let config = TrainConfig {
            threads,
            ..small(2)
        };
        run(&data, &config, folder.path());
    }
    assert!(weights(folders[0].path()) == weights(folders[1].path()));
}

#[test]
fn a_run_that_was_stopped_and_resumed_ends_in_the_same_bits() {
    let data = data(320);
    let config = small(3);
    let (whole, broken) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let stop = AtomicBool::new(false);
    let follower = Follower(whole.path());
    let trained = train(&data, &config, whole.path(), Start::Fresh, &stop, &follower);
    let at_once = plots::finish(whole.path(), &trained.unwrap()).unwrap();
    let first = train(
        &data,
        &config,
        broken.path(),
        Start::Fresh,
        &stop,
        &Impatient(&stop),
    );
    assert!(
        matches!(first, Err(TrainError::Interrupted { epochs: 1 })),
        "{first:?}"
    );
    stop.store(false, Ordering::Relaxed);
    let again = train(&data, &config, broken.path(), Start::Fresh, &stop, &Silent);
    assert!(matches!(again, Err(TrainError::Occupied(_))));
    let trained = train(&data, &config, broken.path(), Start::Resume, &stop, &Silent);
    let resumed = plots::finish(broken.path(), &trained.unwrap()).unwrap();
    assert_eq!(at_once.len(), 5);
    assert!(drawn(&at_once) == drawn(&resumed));
    assert!(weights(whole.path()) == weights(broken.path()));
    let lines = |f: &Path| {
        std::fs::read_to_string(f.join("train.jsonl"))
            .unwrap()
            .lines()
            .count()
    };
    assert_eq!(lines(whole.path()), 3);
    assert_eq!(lines(broken.path()), 3);
}

#[test]
fn a_model_that_is_cut_foreign_future_or_not_finite_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    run(&data(320), &small(1), folder.path());
    let card = std::fs::read(folder.path().join("model.json")).unwrap();
    let tensors = weights(folder.path());
    assert!(WorldModel::from_bytes(&card, &tensors).is_ok());
    assert!(WorldModel::from_bytes(&card, &tensors[..tensors.len() / 2]).is_err());
    assert!(WorldModel::from_bytes(&card[..card.len() / 2], &tensors).is_err());
    assert!(WorldModel::from_bytes(b"{\"hello\": 1}", &tensors).is_err());
    let text = String::from_utf8(card.clone()).unwrap();
    let now = format!("\"version\": {MODEL_VERSION}");
    let future = text.replacen(&now, "\"version\": 99", 1);
    let error = WorldModel::from_bytes(future.as_bytes(), &tensors).unwrap_err();
    assert!(error.to_string().contains("99"), "{error}");
    let mut poisoned = tensors.clone();
    let end = poisoned.len();
    poisoned[end - 4..].copy_from_slice(&f32::NAN.to_le_bytes());
    assert!(WorldModel::from_bytes(&card, &poisoned).is_err());
}

#[cfg(not(feature = "cuda"))]
#[test]
fn a_gpu_that_the_program_was_not_built_for_is_bad_usage() {
    let folder = tempfile::tempdir().unwrap();
    assert_cmd::Command::cargo_bin("topple")
        .unwrap()
        .args(["train", "nowhere", "--device", "cuda", "--out"])
        .arg(folder.path().join("model"))
        .assert()
        .code(2)
        .stderr(predicates::str::contains("--features cuda"));
}

fn topple(args: &[&str], folder: &Path) -> assert_cmd::assert::Assert {
    assert_cmd::Command::cargo_bin("topple")
        .unwrap()
        .current_dir(folder)
        .args(args)
        .assert()
}

#[test]
fn two_data_sets_are_learned_from_together_and_one_given_twice_is_bad_input() {
    let folder = tempfile::tempdir().unwrap();
    let dir = folder.path();
    for (out, seed) in [("one", "1"), ("two", "2")] {
        let made = ["--episodes", "200", "--families", "bridge", "--seed", seed];
        topple(&[&["generate", "--out", out], &made[..]].concat(), dir).success();
    }
    let small = ["--epochs", "1", "--width", "8", "--members", "1", "--json"];
    let twice = ["train", "one", "one", "--out", "no"];
    topple(&[&twice, &small[..]].concat(), dir)
        .code(2)
        .stderr(predicates::str::contains("repeats the stacks"));
    let chosen = ["--episodes", "8", "--families", "bridge", "--seed", "1"];
    let model = concat!(env!("CARGO_MANIFEST_DIR"), "/models/default");
    let by = ["generate", "--out", "chosen", "--doubted-by", model];
    topple(&[&by, &chosen[..]].concat(), dir).success();
    let with_its_like = ["train", "one", "chosen", "--out", "no"];
    topple(&[&with_its_like, &small[..]].concat(), dir)
        .code(2)
        .stderr(predicates::str::contains("repeats the stacks"));
    let both = ["train", "one", "two", "--out", "both"];
    let done = topple(&[&both, &small[..]].concat(), dir).success();
    let card: serde_json::Value = serde_json::from_slice(&done.get_output().stdout).unwrap();
    assert_eq!(card["data"]["episodes"], 400);
    assert_eq!(card["data"]["sets"][0]["seed"], 1);
    assert_eq!(card["data"]["sets"][1]["seed"], 2);
}
