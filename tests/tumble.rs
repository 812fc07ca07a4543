//! The rigid bodies that lead the imagination, beside the sandbox: what pads off a box's middle do to it.

use topple::grasp::GraspCandidate;
use topple::model::features::Encoder;
use topple::pose::{Pose, Vec3};
use topple::rollout::{AccidentKind, Action, Grip, HandKey, Motion, Rollout};
use topple::sandbox::{self, Extent, Recording};
use topple::scene::geometry::Face;
use topple::scene::{Draw, DrawnBox, Workcell};

const TASK: &str = "
version: 1
name: jaw
scene:
  ground: {friction: 0.5}
  pose_noise: {position: 0, rotation_deg: 0}
  boxes:
    - {id: a, size: [0.1, 0.5, 0.1], position: [0, 0, 0.05], mass: 3, friction: 0.5}
robot:
  home: {position: [0, 0, 1.0]}
  max_hand_force: 250
  grippers:
    - {kind: parallel_jaw, max_opening: 0.3, max_force: FORCE, finger: [0.02, 0.04, 0.08], pad_friction: 0.8}
  reach: {base: [-0.9, 0, 0.4], max: 1.8}
";

/// When the grip is told to close, s.
const ONSET: f64 = 1.6;

/// A task whose jaw squeezes with `force` N.
fn cell(force: f64) -> Workcell {
    let text = TASK.replace("FORCE", &force.to_string());
    let file = topple::scene::task::parse(&text, "jaw.yaml".as_ref()).unwrap();
    file.workcell
}

/// The box is gripped from above, `off` metres from its middle along its length, and goes up at 0.1 m/s.
fn lift(cell: &Workcell, off: f64) -> Action {
    let down = Pose::rotation(Vec3::x() * std::f64::consts::PI);
    let hand_in_box = Pose::translation(0.0, off, 0.06) * down;
    let grip = cell.scene.boxes[0].pose * hand_in_box;
    let key = |t, up, grip_is| HandKey {
        t,
        pose: Pose::translation(0.0, 0.0, up) * grip,
        grip: grip_is,
    };
    let mut keys = vec![
        key(0.0, 0.3, Grip::Open),
        key(1.5, 0.0, Grip::Open),
        key(ONSET, 0.0, Grip::Closed),
        key(ONSET + 0.5, 0.0, Grip::Closed),
    ];
    keys.extend((1..=30).map(|k| {
        let t = 0.1 * f64::from(k);
        let up = if t < 0.4 {
            0.125 * t * t
        } else {
            0.1 * (t - 0.2)
        };
        key(ONSET + 0.5 + t, up, Grip::Closed)
    }));
    Action::Remove {
        grasp: GraspCandidate {
            box_index: 0,
            gripper: 0,
            face: Face::Top,
            hand_in_box,
        },
        motion: Motion { keys },
    }
}

fn simulated(cell: &Workcell, action: &Action) -> Rollout {
    let spec = &cell.scene.boxes[0];
    let draw = Draw {
        boxes: vec![DrawnBox {
            pose: spec.pose,
            mass: spec.mass.mean(),
            friction: spec.friction.mean(),
            com: Vec3::zeros(),
        }],
    };
    let world = sandbox::settled(cell, &draw, 1).unwrap();
    sandbox::run(cell, &world, action, Extent::Whole, Recording::Strides).unwrap()
}

#[test]
fn pads_off_a_boxs_middle_turn_and_lose_it_where_they_do_in_the_sandbox() {
    let mut turned_before_it_was_lost = 0;
    for force in [40.0, 100.0, 200.0, 400.0] {
        for off in [0.0, 0.05, 0.15] {
            let cell = cell(force);
            let action = lift(&cell, off);
            let rollout = simulated(&cell, &action);
            let outcome = Encoder::new(&cell).carry_out(&action, 10).unwrap();
            let drops = rollout.by_kind()[AccidentKind::Drop.index()];
            let case = format!("{force} N, {off} m off: {:?}", outcome.toll);
            assert_eq!(outcome.toll.grip.is_lost, drops, "{case}");
            // A second after the onset, before any of them is lost.
            let then = &rollout.frames[4].boxes[0].pose;
            let turned = then.rotation.angle_to(&rollout.reference[0].rotation);
            let foreseen = outcome.ways[3][0].turned.norm();
            assert!(
                (foreseen - turned).abs() < 0.02,
                "{foreseen}, not {turned}: {case}"
            );
            turned_before_it_was_lost += u32::from(drops && foreseen > 0.03);
        }
    }
    assert_eq!(turned_before_it_was_lost, 3, "they turn first");
}
