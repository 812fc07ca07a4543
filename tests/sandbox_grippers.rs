//! The hand against physics that can be written down: where each grip gives up, and where the arm does.
//!
//! Owns the limits of both grippers and of the hand's motors, seen through whole episodes alone.
//! Limits are approached by slow lifts: a hand that jumps to speed adds inertia to the load.

mod sandbox_support;

use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;
use sandbox_support::{BoxOf, fixture, known, scene, workcell};
use topple::grasp::{GraspCandidate, propose, statics_margin};
use topple::motion;
use topple::pose::{Pose, Quat, Vec3, level, rotation_with_z};
use topple::rollout::{AccidentKind, Action, Grip, HandKey, Motion, Rollout};
use topple::sandbox::engine::GRAVITY;
use topple::sandbox::{self, Extent, Recording};
use topple::scene::geometry::Face;
use topple::scene::{Gripper, Workcell};

const PLINTH_M: f64 = 0.4;

/// A cup whose limits are so high that only those that a test sets matter.
fn cup(max_pull: f64, max_shear: f64, max_moment: f64) -> Gripper {
    Gripper::Suction {
        cup_radius: 0.03,
        max_pull,
        max_shear,
        max_moment,
    }
}

/// Ten times and more what the tests ask for, N; a bellows is as stiff as its limits are high, so that
/// no real cup has one limit a thousand times another.
const AMPLE_N: f64 = 700.0;
/// The same of a moment, N·m.
const AMPLE_NM: f64 = 30.0;

/// A box alone on a plinth narrower than itself.
fn on_a_plinth(size: Vec3, mass: f64, com: Vec3, gripper: Gripper) -> Workcell {
    let plinth = fixture(
        Vec3::new(0.06, 0.06, PLINTH_M),
        level(Vec3::new(0.0, 0.0, 0.5 * PLINTH_M), 0.0),
        0.5,
    );
    let at = level(Vec3::new(-com.x, -com.y, PLINTH_M + 0.5 * size.z), 0.0);
    workcell(
        scene(vec![plinth], &[BoxOf::new(size, at, mass).com(com)]),
        gripper,
    )
}

/// Appends a leg without jerks.
fn glide(keys: &mut Vec<HandKey>, to: Pose, seconds: f64) {
    let from = keys[keys.len() - 1];
    let steps = (seconds / 0.02).ceil() as usize;
    for i in 1..=steps {
        let s = i as f64 / steps as f64;
        let eased = s * s * s * (10.0 + s * (6.0 * s - 15.0));
        let position = from
            .pose
            .translation
            .vector
            .lerp(&to.translation.vector, eased);
        let rotation = from.pose.rotation.slerp(&to.rotation, eased);
        let pose = Pose::from_parts(position.into(), rotation);
        keys.push(HandKey {
            t: from.t + seconds * s,
            pose,
            ..from
        });
    }
}

/// Heights over the plinth in m, and the seconds that each takes.
const LIFTS: [(f64, f64); 2] = [(0.01, 5.0), (0.06, 3.0)];

/// Grips at `hand_in_box`, waits, lifts by 1 cm in five seconds (at more than 1 cm/s the box's
/// swing on the cup adds 8 % to the load), then by 5 cm, and waits again.
fn slow_lift(cell: &Workcell, hand_in_box: Pose, face: Face) -> Rollout {
    let grasp = GraspCandidate {
        box_index: 0,
        gripper: 0,
        face,
        hand_in_box,
    };
    let contact = grasp.hand_in_world(&cell.scene.boxes[0].pose);
    let start = contact * Pose::translation(0.0, 0.0, -0.15);
    let mut keys = vec![HandKey {
        t: 0.0,
        pose: start,
        grip: Grip::Open,
    }];
    glide(&mut keys, contact, 1.5);
    if let Some(last) = keys.last_mut() {
        last.grip = Grip::Closed;
    }
    glide(&mut keys, contact, 0.6);
    for (height, seconds) in LIFTS {
        glide(
            &mut keys,
            Pose::translation(0.0, 0.0, height) * contact,
            seconds,
        );
    }
    let lifted = keys[keys.len() - 1].pose;
    glide(&mut keys, lifted, 1.0);
    let action = Action::Remove {
        grasp,
        motion: Motion { keys },
    };
    let world = sandbox::settled(cell, &known(&cell.scene), 1).unwrap();
    sandbox::run(
        cell,
        &world,
        &action,
        Extent::FirstAccident,
        Recording::EverySteps(1),
    )
    .unwrap()
}

/// When the grip was lost, if it was lost before the motion ended.
fn dropped(rollout: &Rollout) -> Option<f64> {
    let end = 1.5 + 0.6 + LIFTS[0].1 + LIFTS[1].1 + 1.0;
    let drop = rollout
        .accidents
        .iter()
        .find(|a| a.kind == AccidentKind::Drop)?;
    // A motion that ends with the box in hand is a drop too, but one of the test's own making.
    (drop.t < end - 0.01).then_some(drop.t)
}

/// Holds at 95 % of the mass that `limit` newtons of weight allow, and lets go at 105 %.
fn lets_go_at(limit: f64, what: &str, lift: impl Fn(f64) -> Rollout) {
    let critical = limit / GRAVITY;
    let light = lift(0.95 * critical);
    assert_eq!(
        dropped(&light),
        None,
        "{what}: {:.2} kg of {critical:.2} is lost",
        0.95 * critical
    );
    assert!(light.frames.iter().any(|f| f.held), "{what}: never gripped");
    let heavy = lift(1.05 * critical);
    assert!(
        dropped(&heavy).is_some(),
        "{what}: {:.2} kg of {critical:.2} is held",
        1.05 * critical
    );
}

#[test]
fn a_cup_lets_go_at_its_pull() {
    for max_pull in [60.0, 150.0, 900.0] {
        lets_go_at(max_pull, "pull", |mass| {
            let size = Vec3::new(0.2, 0.2, 0.15);
            let cup = cup(max_pull, max_pull, AMPLE_NM);
            let mut cell = on_a_plinth(size, mass, Vec3::zeros(), cup);
            cell.robot.max_hand_force = cell.robot.max_hand_force.max(3.0 * max_pull);
            let hand = Pose::from_parts(
                Vec3::new(0.0, 0.0, 0.075).into(),
                rotation_with_z(-Vec3::z(), Vec3::x()),
            );
            slow_lift(&cell, hand, Face::Top)
        });
    }
}

#[test]
fn a_cup_lets_go_at_its_shear_in_any_direction() {
    for turn in [0.0, 0.4, 0.785, 1.2, 1.571, 2.6] {
        lets_go_at(70.0, &format!("shear at {turn} rad"), |mass| {
            let size = Vec3::new(0.08, 0.2, 0.2);
            let cell = on_a_plinth(size, mass, Vec3::zeros(), cup(AMPLE_N, 70.0, AMPLE_NM));
            let facing = rotation_with_z(-Vec3::x(), Vec3::y());
            let rotation = facing * Quat::from_axis_angle(&Vec3::z_axis(), turn);
            slow_lift(
                &cell,
                Pose::from_parts(Vec3::new(0.04, 0.0, 0.0).into(), rotation),
                Face::Front,
            )
        });
    }
}

#[test]
fn a_cup_lets_go_where_pull_and_moment_together_pass_their_sum() {
    let (max_pull, max_moment) = (120.0, 3.0);
    for heading in [0.0f64, 0.7, 2.1] {
        for arm in [0.02, 0.06] {
            let limit = 1.0 / (1.0 / max_pull + arm / max_moment);
            lets_go_at(
                limit,
                &format!("pull with an arm of {arm} m towards {heading}"),
                |mass| {
                    let size = Vec3::new(0.3, 0.3, 0.06);
                    // The centre of mass near the cup's height, so that a tilt does not change the arm.
                    let com = Vec3::new(arm * heading.cos(), arm * heading.sin(), 0.02);
                    let cell = on_a_plinth(size, mass, com, cup(max_pull, AMPLE_N, max_moment));
                    let down = rotation_with_z(-Vec3::z(), Vec3::x());
                    slow_lift(
                        &cell,
                        Pose::from_parts(Vec3::new(0.0, 0.0, 0.03).into(), down),
                        Face::Top,
                    )
                },
            );
        }
    }
}

#[test]
fn a_grip_that_forms_off_the_commanded_pose_does_not_kick_the_hand() {
    let size = Vec3::new(0.2, 0.2, 0.15);
    let cell = on_a_plinth(size, 3.0, Vec3::zeros(), cup(150.0, 150.0, AMPLE_NM));
    // Told to be 5 mm inside the box, the hand presses on its face, and that far the grip forms off.
    let inside = Pose::from_parts(
        Vec3::new(0.0, 0.0, 0.07).into(),
        rotation_with_z(-Vec3::z(), Vec3::x()),
    );
    let rollout = slow_lift(&cell, inside, Face::Top);
    let formed = rollout.frames.iter().position(|f| f.held).unwrap();
    let hand = |k: usize| rollout.frames[k].hand.unwrap().translation.vector;
    let fastest = (formed - 2..formed + 12)
        .map(|k| 240.0 * (hand(k + 1) - hand(k)).norm())
        .fold(0.0, f64::max);
    assert!(fastest < 0.03, "{fastest} m/s");
}

fn jaw(max_force: f64, pad_friction: f64) -> Gripper {
    Gripper::ParallelJaw {
        max_opening: 0.4,
        max_force,
        finger: Vec3::new(0.02, 0.06, 0.12),
        pad_friction,
    }
}

#[test]
fn a_jaw_holds_two_mu_f_and_slips_above() {
    for (squeeze, pad, turn) in [(60.0, 0.8, 0.0), (120.0, 0.5, 1.571), (40.0, 1.0, 0.0)] {
        // The box's own coefficient is 0.5; the mean of both is what holds.
        let limit = 2.0 * 0.5 * (pad + 0.5) * squeeze;
        lets_go_at(limit, &format!("a squeeze of {squeeze} N"), |mass| {
            let size = Vec3::new(0.2, 0.16, 0.1);
            let cell = on_a_plinth(size, mass, Vec3::zeros(), jaw(squeeze, pad));
            let down = rotation_with_z(-Vec3::z(), Vec3::x())
                * Quat::from_axis_angle(&Vec3::z_axis(), turn);
            // The middle of the pads at the centre of mass.
            slow_lift(
                &cell,
                Pose::from_parts(Vec3::new(0.0, 0.0, 0.06).into(), down),
                Face::Top,
            )
        });
    }
}

#[test]
fn a_jaw_squeezes_with_its_set_force_from_the_grip_on() {
    let cell = on_a_plinth(
        Vec3::new(0.2, 0.16, 0.1),
        2.0,
        Vec3::zeros(),
        jaw(100.0, 0.8),
    );
    let down = rotation_with_z(-Vec3::z(), Vec3::x());
    let rollout = slow_lift(
        &cell,
        Pose::from_parts(Vec3::new(0.0, 0.0, 0.06).into(), down),
        Face::Top,
    );
    let held: Vec<f64> = rollout
        .frames
        .iter()
        .filter(|f| f.held)
        .map(|f| f.boxes[0].force)
        .collect();
    assert!(held.len() > 1000);
    let peak = held.iter().copied().fold(0.0, f64::max);
    let late = &held[100..];
    let (low, high) = late
        .iter()
        .fold((f64::MAX, 0.0f64), |(l, h), &f| (l.min(f), h.max(f)));
    // While it still stands, the plinth's friction holds against one finger: 0.5 · 2 kg · g.
    let dragged = 0.5 * 2.0 * GRAVITY;
    assert!(
        low > 95.0 && high < 105.0 + dragged,
        "from {low} to {high} N"
    );
    let lifted = &held[held.len() / 2..];
    assert!(lifted.iter().all(|f| (f - 100.0).abs() < 5.0));
    assert!(peak < 150.0, "closing peaks at {peak} N");
}

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
    let action = Action::Remove {
        grasp,
        motion: Motion { keys },
    };
    let world = sandbox::settled(cell, &known(&cell.scene), 1).unwrap();
    sandbox::run(
        cell,
        &world,
        &action,
        Extent::Whole,
        Recording::EverySteps(1),
    )
    .unwrap()
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

/// A random box alone on a plinth, and a hand that has a factor of 1 to 4 of what its weight asks for.
fn random_cell(rng: &mut ChaCha8Rng) -> Workcell {
    let size = Vec3::from_fn(|_, _| rng.random_range(0.1..0.4));
    let mass = rng.random_range(0.3..15.0);
    let com = size.map(|s| s * rng.random_range(-0.1..0.1));
    let radius: f64 = rng.random_range(0.02..0.045);
    let factor: f64 = rng.random_range(1.0..4.0);
    let pull = (mass * GRAVITY * factor).clamp(30.0, 300.0);
    let plinth = fixture(
        Vec3::new(0.09, 0.09, 0.3),
        level(Vec3::new(0.0, 0.0, 0.15), 0.0),
        0.5,
    );
    let at = level(Vec3::new(0.0, 0.0, 0.3 + 0.5 * size.z), 0.0);
    let item = BoxOf::new(size, at, mass)
        .com(com)
        .friction(rng.random_range(0.2..0.9));
    let moment = 0.5 * radius * pull * rng.random_range(0.7..6.0);
    let mut cell = workcell(scene(vec![plinth], &[item]), cup(pull, 0.7 * pull, moment));
    cell.robot.grippers = vec![
        Gripper::Suction {
            cup_radius: radius,
            max_pull: pull,
            max_shear: 0.7 * pull,
            max_moment: moment,
        },
        jaw((mass * GRAVITY * factor).clamp(40.0, 200.0), 0.8),
    ];
    cell
}

#[test]
fn a_plain_lift_with_three_tenths_of_the_capacity_to_spare_never_drops() {
    let mut rng = ChaCha8Rng::seed_from_u64(7);
    let mut lifts = [[0; 2]; 2];
    for k in 0..200 {
        let cell = random_cell(&mut rng);
        let Ok(draw) = sandbox::draw(&cell, &mut rng) else {
            continue;
        };
        let world = sandbox::settled(&cell, &draw, 1).unwrap();
        let candidates = propose(&cell, 0).candidates;
        for (gripper, counts) in lifts.iter_mut().enumerate() {
            for (side, count) in counts.iter_mut().enumerate() {
                let fits = |g: &&GraspCandidate| {
                    g.gripper == gripper && (g.face != Face::Top) == (side == 1)
                };
                let kept: Vec<&GraspCandidate> = candidates.iter().filter(fits).collect();
                if kept.is_empty() {
                    continue;
                }
                let grasp = *kept[rng.random_range(0..kept.len())];
                let hand = grasp.hand_in_world(&cell.scene.boxes[0].pose);
                let margin =
                    statics_margin(&cell, &grasp, hand.rotation.inverse() * -Vec3::z(), 2.5);
                let lift = motion::default_lift(&cell, &grasp);
                let Ok(motion) = motion::remove(&cell, &grasp, &lift) else {
                    continue;
                };
                if margin < 0.3 {
                    continue;
                }
                let action = Action::Remove { grasp, motion };
                let rollout =
                    sandbox::run(&cell, &world, &action, Extent::Whole, Recording::Nothing)
                        .unwrap();
                *count += 1;
                assert!(
                    rollout.is_safe() && rollout.completed,
                    "box {k}, {grasp:?}, margin {margin}: {:?}",
                    rollout.accidents
                );
            }
        }
    }
    println!("lifts: suction from above and the side, jaw likewise: {lifts:?}");
    assert!(lifts.iter().flatten().all(|&n| n > 20), "{lifts:?}");
}
