//! Whole motions on scenes whose geometry is known.

use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;

use super::*;
use crate::grasp::fixtures_for_tests::{a_box, a_fixture, workcell};
use crate::grasp::propose;
use crate::pose::{Pose, level};
use crate::rollout::{Grip, Motion};
use crate::scene::geometry::Face;

fn pair() -> crate::scene::Workcell {
    workcell(
        vec![
            a_box("a", [0.3, 0.2, 0.2], [0.0, 0.0, 0.1], 1.0),
            a_box("b", [0.3, 0.2, 0.3], [0.0, 0.21, 0.15], 1.0),
        ],
        vec![],
    )
}

#[test]
fn a_removed_box_ends_clear_of_everything() {
    let cell = pair();
    let grasp = propose(&cell, 0).candidates[0];
    let motion = remove(&cell, &grasp, &default_lift(&cell, &grasp)).unwrap();
    let end = motion.keys.last().unwrap().pose * grasp.hand_in_box.inverse();
    let top_of_b = 0.3;
    assert!(end.translation.z - 0.1 >= top_of_b + 0.12 - 1e-9);
    assert_eq!(motion.keys[0].pose, cell.robot.home);
}

#[test]
fn the_hand_meets_the_box_at_its_contact_slowly_and_then_grips() {
    let cell = pair();
    let grasp = propose(&cell, 0).candidates[0];
    let motion = remove(&cell, &grasp, &default_lift(&cell, &grasp)).unwrap();
    let t = motion.grip_time().unwrap();
    let contact = grasp.hand_in_world(&cell.scene.boxes[0].pose);
    let off = (motion.at(t).pose.translation.vector - contact.translation.vector).norm();
    assert!(off < 1e-9);
    let before = motion.at(t - 0.1).pose.translation.vector - contact.translation.vector;
    assert!(before.norm() < 0.015, "{}", before.norm());
    let gap = |k: &[crate::rollout::HandKey]| k[1].t - k[0].t;
    assert!(
        motion
            .keys
            .windows(2)
            .all(|k| gap(k) > 0.0 && gap(k) <= 0.1)
    );
}

#[test]
fn a_tall_wall_is_flown_over_only_where_it_is_in_the_way() {
    let near = a_fixture("wall", [0.05, 2.0, 1.4], [-0.3, 0.0, 0.7]);
    let far = a_fixture("wall", [0.05, 0.5, 2.4], [3.0, 0.0, 1.2]);
    let peak = |fixture| {
        let boxes = vec![a_box("a", [0.2, 0.2, 0.2], [0.0, 0.0, 0.1], 1.0)];
        let cell = workcell(boxes, vec![fixture]);
        let grasp = propose(&cell, 0).candidates[0];
        let motion = remove(&cell, &grasp, &default_lift(&cell, &grasp)).unwrap();
        let grip = motion.grip_time().unwrap();
        // The height at which the hand passes the near wall's place.
        let over = |k: &&crate::rollout::HandKey| k.t < grip && k.pose.translation.x.abs() < 0.05;
        let keys = motion.keys.iter().filter(over);
        keys.map(|k| k.pose.translation.z).fold(0.0, f64::max)
    };
    assert!(peak(near) > 1.4);
    assert!(peak(far) < 0.8);
}

#[test]
fn a_shelf_keeps_a_box_from_going_up_but_not_from_coming_out() {
    let cell = workcell(
        vec![a_box("a", [0.2, 0.2, 0.2], [-0.1, 0.0, 0.1], 0.5)],
        vec![a_fixture("board", [0.6, 0.6, 0.02], [0.0, 0.0, 0.36])],
    );
    let grasps = propose(&cell, 0).candidates;
    let grasp = grasps.iter().find(|g| g.face == Face::Back).unwrap();
    let up = Lift {
        first: Vec3::new(0.0, 0.0, 0.3),
        then: Vec3::zeros(),
        tilt: [0.0; 2],
        speed: 0.2,
    };
    assert_eq!(
        remove(&cell, grasp, &up),
        Err(Rejection::BoxBlocked { by: "board".into() })
    );
    let out = Lift {
        first: Vec3::new(-0.4, 0.0, 0.03),
        ..up
    };
    assert!(remove(&cell, grasp, &out).is_ok());
}

#[test]
fn a_placed_box_is_let_go_two_millimetres_above_its_target() {
    let cell = pair();
    let grasp = propose(&cell, 0).candidates[0];
    let target = level(Vec3::new(0.8, 0.3, 0.1), 0.5);
    let motion = place(&cell, &grasp, &default_lift(&cell, &grasp), &target).unwrap();
    let closed = motion.grip_time().unwrap();
    let open = motion
        .keys
        .iter()
        .find(|k| k.t > closed && k.grip == Grip::Open)
        .unwrap();
    let there = open.pose * grasp.hand_in_box.inverse();
    let above = there.translation.vector - target.translation.vector;
    assert!((above - Vec3::new(0.0, 0.0, 0.002)).norm() < 1e-9);
    assert!(there.rotation.angle_to(&target.rotation) < 1e-6);
    // The box passes over its neighbour on the way.
    let carried = motion.keys.iter().filter(|k| k.grip == Grip::Closed);
    for key in carried {
        let at: Pose = key.pose * grasp.hand_in_box.inverse();
        let box_b_in_plan = (at.translation.y - 0.21).abs() < 0.2 && at.translation.x.abs() < 0.3;
        let lifted = (at.translation.x - 0.0).abs() > 0.02;
        assert!(!(box_b_in_plan && lifted) || at.translation.z - 0.1 > 0.3);
    }
}

/// A box on the floor and another deep in a shelf, with the back to +x and so much room between the boards; and where beside
/// that the first shall stand.
fn into_a_shelf(room_m: f64) -> (crate::scene::Workcell, Pose) {
    let board = |id: &str, z: f64| a_fixture(id, [0.5, 0.8, 0.03], [0.8, 0.0, z]);
    let (low, floor) = (0.4, 0.415);
    let cell = workcell(
        vec![
            a_box("a", [0.25, 0.25, 0.2], [0.0, 0.0, 0.1], 1.0),
            a_box("in", [0.25, 0.25, 0.2], [0.8, 0.2, floor + 0.1], 1.0),
        ],
        vec![
            board("low", low),
            board("roof", floor + room_m + 0.015),
            a_fixture("back", [0.03, 0.8, 0.6], [1.065, 0.0, 0.6]),
        ],
    );
    (cell, level(Vec3::new(0.8, -0.15, floor + 0.1), 0.0))
}

#[test]
fn a_box_goes_into_a_shelf_from_the_side_that_is_open() {
    let (cell, target) = into_a_shelf(0.3);
    let grasps = propose(&cell, 0).candidates;
    let mut ways = 0;
    let options = |grasp| {
        lift_options(&cell, grasp)
            .into_iter()
            .map(move |l| (grasp, l))
    };
    let from_behind = grasps.iter().filter(|g| g.face == Face::Back);
    for (grasp, lift) in from_behind.flat_map(options) {
        assert!(place(&cell, grasp, &lift, &target).is_err());
        let Ok(motion) = put(&cell, grasp, &lift, &target) else {
            continue;
        };
        ways += 1;
        let let_go = motion.keys.iter().rposition(|k| k.grip == Grip::Closed);
        let there = motion.keys[let_go.unwrap()].pose * grasp.hand_in_box.inverse();
        let off = there.translation.vector - target.translation.vector;
        assert!((off - Vec3::new(0.0, 0.0, 0.002)).norm() < 1e-6, "{off}");
        // Level all the way under the roof, turned as at the target, and slowly.
        let boxes = motion
            .keys
            .iter()
            .map(|k| (k, k.pose * grasp.hand_in_box.inverse()));
        let held = boxes.filter(|(k, _)| k.grip == Grip::Closed);
        let under: Vec<_> = held
            .filter(|(_, at)| at.translation.x + 0.125 > 0.55)
            .map(|(k, at)| (k.t, at.translation.vector, at.rotation))
            .collect();
        assert!(under.len() > 5);
        for pair in under.windows(2) {
            let ((t, from, turn), (later, to, _)) = (pair[0], pair[1]);
            assert!(from.z < target.translation.z + 0.0145, "{from}");
            assert!(turn.angle_to(&target.rotation) < 1e-6);
            assert!((to - from).norm() <= 0.3 * (later - t) + 1e-9);
        }
    }
    assert!(ways > 0);
}

#[test]
fn a_box_goes_into_no_shelf_that_is_too_low_or_that_the_hand_comes_to_from_behind_or_above() {
    let open = |room_m: f64, face: Face| {
        let (cell, target) = into_a_shelf(room_m);
        let mut grasps = propose(&cell, 0).candidates.into_iter();
        grasps.any(|grasp| {
            let mut lifts = lift_options(&cell, &grasp).into_iter();
            let goes_in = |lift: &Lift| put(&cell, &grasp, lift, &target).is_ok();
            grasp.face == face && lifts.any(|lift| goes_in(&lift))
        })
    };
    // As high as it is and 8 mm more will do, 4 will not.
    assert!(open(0.3, Face::Back) && open(0.208, Face::Back));
    assert!(!open(0.204, Face::Back));
    assert!(!open(0.3, Face::Front) && !open(0.3, Face::Top));
}

#[test]
fn a_target_that_is_taken_is_turned_down() {
    let cell = pair();
    let grasp = propose(&cell, 0).candidates[0];
    let target = level(Vec3::new(0.1, 0.21, 0.1), 0.0);
    let refused = place(&cell, &grasp, &default_lift(&cell, &grasp), &target);
    assert_eq!(refused, Err(Rejection::BoxBlocked { by: "b".into() }));
}

#[test]
fn a_tilted_lift_from_the_middle_of_a_carry_turns_the_hand_as_one_from_the_start_does() {
    let boxes = vec![a_box("a", [0.3, 0.2, 0.2], [0.0, 0.0, 0.1], 1.0)];
    let cell = workcell(boxes, vec![]);
    let grasp = propose(&cell, 0).candidates[0];
    let plain = default_lift(&cell, &grasp);
    let tilted = Lift {
        tilt: [0.2, -0.1],
        ..plain
    };
    let under_way = remove(&cell, &grasp, &plain).unwrap();
    let t = under_way.grip_time().unwrap() + 0.5;
    let turned = |motion: &Motion| motion.keys.last().unwrap().pose.rotation;
    let from_the_start = turned(&remove(&cell, &grasp, &tilted).unwrap());
    let from_the_middle = turned(&onward(&cell, &grasp, &under_way, t, &tilted).unwrap());
    assert!(from_the_middle.angle_to(&from_the_start) < 1e-6);
    assert!(from_the_middle.angle_to(&turned(&under_way)) > 0.2);
}

#[test]
fn numbers_that_are_not_finite_are_refused() {
    let cell = pair();
    let grasp = propose(&cell, 0).candidates[0];
    let plain = default_lift(&cell, &grasp);
    let bad = [
        Lift {
            first: Vec3::new(f64::NAN, 0.0, 0.1),
            ..plain
        },
        Lift {
            speed: f64::NAN,
            ..plain
        },
        Lift {
            tilt: [f64::INFINITY, 0.0],
            ..plain
        },
        Lift {
            speed: 0.0,
            ..plain
        },
    ];
    for lift in bad {
        let refused = remove(&cell, &grasp, &lift);
        assert!(
            matches!(refused, Err(Rejection::BadMotion { .. })),
            "{lift:?}"
        );
    }
}

#[test]
fn random_lifts_are_usable_varied_and_the_same_for_the_same_seed() {
    let cell = pair();
    let grasp = propose(&cell, 0).candidates[0];
    let draw = |seed| {
        let mut rng = ChaCha8Rng::seed_from_u64(seed);
        (0..50)
            .map(|_| random_lift(&cell, &grasp, &mut rng))
            .collect::<Vec<_>>()
    };
    let lifts = draw(7);
    assert_eq!(lifts, draw(7));
    assert_ne!(lifts, draw(8));
    assert!(lifts.iter().all(|l| l.checked().is_ok()));
    let usable = lifts.iter().filter(|l| remove(&cell, &grasp, l).is_ok());
    assert!(usable.count() > 30);
    assert!(lifts.iter().any(|l| l.speed < 0.1) && lifts.iter().any(|l| l.speed > 0.5));
    assert!(lifts.iter().any(|l| l.tilt != [0.0; 2]));
}
