//! The hand against physics that can be written down: where each grip gives up, and where the arm does.
//!
//! Owns the limits of both grippers and of the hand's motors, seen through whole episodes alone.

mod cup;
mod hand;
mod jaw;
mod lifts;
#[path = "../sandbox_support/mod.rs"]
mod sandbox_support;

use crate::jaw::jaw;
use crate::lifts::cup;
use crate::sandbox_support::{BoxOf, fixture, scene, workcell};
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;
use topple::grasp::{GraspCandidate, grip_load, propose};
use topple::gravity::GRAVITY;
use topple::motion;
use topple::pose::{Vec3, level};
use topple::rollout::Action;
use topple::sandbox::{self, Extent, Recording};
use topple::scene::geometry::Face;
use topple::scene::{Gripper, Workcell};

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
                let down = hand.rotation.inverse() * -Vec3::z();
                let margin = 1.0 - grip_load(&cell, &grasp, down, 2.5).used;
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
