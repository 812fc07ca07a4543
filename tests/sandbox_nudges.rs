//! Nudges against what can be written down: the way, the rest at its end, the robot's force.

mod sandbox_support;

use sandbox_support::{BoxOf, fixture, known, scene, workcell};
use topple::pose::{Vec3, level};
use topple::rollout::{AccidentKind, Action, Rollout, nudge_seconds, nudge_travel};
use topple::sandbox::{self, Extent, Recording};
use topple::scene::{Gripper, Scene};

/// A nudge of the first box along x, every step of it.
fn nudged(scene: Scene, by: f64) -> (Rollout, f64) {
    done(scene, |box_index| Action::Nudge {
        box_index,
        by: Vec3::new(by, 0.0, 0.0),
    })
}

/// What is done to the first box, every step of it, and the robot's force.
fn done(scene: Scene, action: impl Fn(usize) -> Action) -> (Rollout, f64) {
    let cup = Gripper::Suction {
        cup_radius: 0.03,
        max_pull: 180.0,
        max_shear: 120.0,
        max_moment: 3.6,
    };
    let workcell = workcell(scene, cup);
    let draw = known(&workcell.scene);
    let world = sandbox::settled(&workcell, &draw, 1).unwrap();
    let (extent, recording) = (Extent::Whole, Recording::EverySteps(1));
    let rollout = sandbox::run(&workcell, &world, &action(0), extent, recording).unwrap();
    (rollout, workcell.robot.max_hand_force)
}

fn cube(x: f64, mass: f64) -> BoxOf {
    BoxOf::new(Vec3::repeat(0.2), level(Vec3::new(x, 0.0, 0.1), 0.0), mass)
}

#[test]
fn a_nudged_box_goes_the_way_that_is_told_and_is_at_rest_when_it_is_let_go() {
    let way = 0.08;
    for mass in [0.3, 5.0] {
        let (rollout, _) = nudged(scene(vec![], &[cube(0.0, mass)]), way);
        let from = rollout.reference[0].translation.x;
        for frame in &rollout.frames {
            let gone = frame.boxes[0].pose.translation.x - from;
            let told = nudge_travel(way, frame.t);
            assert!(
                (gone - told).abs() < 1e-3,
                "{mass} kg at {}: {gone} {told}",
                frame.t
            );
        }
        let let_go = |f: &&topple::rollout::Frame| f.t >= nudge_seconds(way);
        let after = rollout.frames.iter().find(let_go).unwrap();
        assert!(
            after.boxes[0].linear.norm() < 0.01,
            "{mass} kg: {:?}",
            after.boxes[0].linear
        );
    }
}

#[test]
fn a_nudge_against_a_wall_presses_with_no_more_than_the_robots_force() {
    let wall = fixture(
        Vec3::new(0.2, 1.0, 1.0),
        level(Vec3::new(0.205, 0.0, 0.5), 0.0),
        0.5,
    );
    let (rollout, limit) = nudged(scene(vec![wall], &[cube(0.0, 2.0)]), 0.1);
    let pressed = rollout.frames.iter().map(|f| f.boxes[0].force);
    let most = pressed.fold(0.0, f64::max);
    assert!(
        most > 0.9 * limit && most < 1.05 * limit,
        "{most} of {limit}"
    );
    // Let go, it is not flung back by what the drive had stored.
    let last = rollout.frames.last().unwrap();
    let back = rollout.reference[0].translation.x + 0.005 - last.boxes[0].pose.translation.x;
    assert!(back.abs() < 0.003, "{back}");
}

#[test]
fn what_a_push_throws_so_high_that_nobody_sees_it_land_is_no_clean_end() {
    let pushed = |along: f64, upwards: f64| {
        let push = |box_index| Action::Push {
            box_index,
            force: Vec3::new(along, 0.0, upwards),
        };
        done(scene(vec![], &[cube(0.0, 3.0).friction(0.1)]), push).0
    };
    // Less than it weighs: it stays where it is.
    assert!(pushed(0.0, 20.0).is_safe());
    // It slides for longer than anybody waits, and is on the ground all the time.
    let slid = pushed(120.0, 0.0);
    let last = slid.frames.last().unwrap();
    assert!(
        last.boxes[0].linear.norm() > 1.0 && slid.is_safe(),
        "{:?}",
        slid.accidents
    );
    // At 206 N it is about to come down again when the patience ends, and as good as still.
    for upwards in [150.0, 206.0, 300.0] {
        let thrown = pushed(0.0, upwards);
        assert!(
            thrown.has(AccidentKind::Disturb),
            "{upwards} N: {:?}",
            thrown.accidents
        );
    }
}
