//! Where the motors of the hand give up.

use crate::lifts::{cup, glide, moved};
use crate::sandbox_support::{BoxOf, fixture, scene, workcell};
use topple::grasp::GraspCandidate;
use topple::gravity::GRAVITY;
use topple::pose::{Pose, Vec3, level, rotation_with_z};
use topple::rollout::{AccidentKind, Grip, HandKey, Rollout};
use topple::sandbox::Extent;
use topple::scene::Workcell;
use topple::scene::geometry::Face;

/// The hand flies 8 cm past a contact at `at`, along `direction`, without gripping.
fn press(cell: &Workcell, at: Vec3, direction: Vec3) -> Rollout {
    let rotation = rotation_with_z(direction, Vec3::y());
    let start = Pose::from_parts((at - 0.1 * direction).into(), rotation);
    let end = Pose::from_parts((at + 0.08 * direction).into(), rotation);
    let mut keys = vec![HandKey {
        t: 0.0,
        pose: start,
        grip: Grip::Open,
    }];
    glide(&mut keys, end, 4.0);
    glide(&mut keys, end, 1.0);
    let grasp = GraspCandidate {
        box_index: 0,
        gripper: 0,
        face: Face::Top,
        hand_in_box: Pose::identity(),
    };
    moved(cell, grasp, keys, Extent::Whole)
}

#[test]
fn the_hand_stalls_at_its_force_on_a_box() {
    for stall in [80.0, 250.0] {
        let size = Vec3::new(0.3, 0.3, 0.3);
        let at = level(Vec3::new(0.0, 0.0, 0.15), 0.0);
        let mut cell = workcell(
            scene(Vec::new(), &[BoxOf::new(size, at, 5.0)]),
            cup(100.0, 100.0, 3.0),
        );
        cell.robot.max_hand_force = stall;
        let rollout = press(&cell, Vec3::new(0.0, 0.0, 0.3), -Vec3::z());
        let force = rollout.frames.iter().filter(|f| (4.5..4.9).contains(&f.t));
        // The bottom face bears the weight too.
        let pressed: Vec<f64> = force.map(|f| f.boxes[0].force - 5.0 * GRAVITY).collect();
        assert!(!pressed.is_empty());
        assert!(
            pressed.iter().all(|f| (f / stall - 1.0).abs() < 0.05),
            "{:?} of {stall} N",
            pressed[0]
        );
    }
}

#[test]
fn a_wall_stops_the_hand_and_feels_its_force() {
    for direction in [Vec3::x(), Vec3::new(0.8, 0.6, 0.0)] {
        let stall = 200.0;
        let turned = rotation_with_z(direction, Vec3::z());
        let wall_at = Vec3::new(0.5, 0.0, 0.8);
        let wall = fixture(
            Vec3::new(1.0, 1.0, 0.1),
            Pose::from_parts((wall_at + 0.05 * direction).into(), turned),
            0.5,
        );
        let far = level(Vec3::new(-2.0, 0.0, 0.1), 0.0);
        let boxes = [BoxOf::new(Vec3::repeat(0.2), far, 2.0)];
        let mut cell = workcell(scene(vec![wall], &boxes), cup(100.0, 100.0, 3.0));
        cell.robot.max_hand_force = stall;
        let mut strikes = |limit: f64| {
            cell.safety.max_strike_force = limit;
            let rollout = press(&cell, wall_at, direction);
            let deepest = rollout
                .frames
                .iter()
                .filter_map(|f| f.hand)
                .map(|h| (h.translation.vector - wall_at).dot(&direction))
                .fold(f64::MIN, f64::max);
            assert!(deepest < 0.003, "the hand is {deepest} m in the wall");
            rollout.has(AccidentKind::Strike)
        };
        assert!(
            strikes(0.95 * stall),
            "less than the stall force arrives along {direction:?}"
        );
        assert!(
            !strikes(1.05 * stall),
            "more than the stall force arrives along {direction:?}"
        );
    }
}
