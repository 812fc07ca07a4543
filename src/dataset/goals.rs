//! Where a box may be put down: poses on the ground, on fixtures and on other boxes.
//!
//! Owns [`random_goal`]. Goals touch what is below them and overlap nothing; whether the box then
//! stands there, and whether what is below bears it, is what the episode finds out.

use rand::Rng;

use crate::pose::{Pose, Vec3, level};
use crate::scene::geometry::{Obb, overlaps};
use crate::scene::{Fixture, Scene};

/// Goals that are tried.
const TRIES: usize = 8;
/// Share of the goals that lie on a box or a fixture; the others lie on the ground.
const ON_TOP_SHARE: f64 = 0.55;
/// How far beside the boxes a goal on the ground lies, m.
const BESIDE_M: f64 = 0.5;
/// How much of an overlap is none, m: what a task file forgives where poses are known exactly.
const SLACK_M: f64 = 0.001;
/// Half the height of the column in which supports are looked for, m.
const COLUMN_HALF_M: f64 = 50.0;

/// A level pose for box `target`, resting on what is below it; `None` if none was found at once.
pub fn random_goal(scene: &Scene, target: usize, rng: &mut impl Rng) -> Option<Pose> {
    let size = scene.boxes[target].size;
    let boxes = scene.boxes.iter().enumerate();
    let others: Vec<Obb> = boxes
        .filter(|(i, _)| *i != target)
        .map(|(_, b)| b.obb())
        .chain(scene.fixtures.iter().map(Fixture::obb))
        .collect();
    (0..TRIES).find_map(|_| {
        let at = random_spot(scene, &others, size, rng);
        let own = scene.boxes[target].pose.rotation.euler_angles().2;
        let yaw = match rng.random_range(0..3) {
            0 => own,
            1 => own + std::f64::consts::FRAC_PI_2,
            _ => rng.random_range(0.0..std::f64::consts::TAU),
        };
        let column = Obb::new(
            Vec3::new(size.x, size.y, 2.0 * COLUMN_HALF_M),
            level(Vec3::new(at.x, at.y, 0.0), yaw),
        );
        let below = others.iter().filter(|o| overlaps(&column, o, SLACK_M));
        let top = below.map(|o| o.aabb().1.z).fold(0.0, f64::max);
        let goal = level(Vec3::new(at.x, at.y, top + 0.5 * size.z), yaw);
        let there = Obb::new(size, goal);
        let free = others.iter().all(|o| !overlaps(&there, o, SLACK_M));
        free.then_some(goal)
    })
}

/// Seen from above: on some body, possibly past its edge, or on the ground beside the boxes.
fn random_spot(scene: &Scene, others: &[Obb], size: Vec3, rng: &mut impl Rng) -> Vec3 {
    if !others.is_empty() && rng.random::<f64>() < ON_TOP_SHARE {
        let (low, high) = others[rng.random_range(0..others.len())].aabb();
        let half = (high - low) * 0.5;
        // From the middle to near the edge, and with the box that goes there past balance.
        let reach = half * 0.9;
        let off = |r: f64, rng: &mut dyn rand::RngCore| rng.random_range(-1.0..1.0) * r;
        return (low + high) * 0.5 + Vec3::new(off(reach.x, rng), off(reach.y, rng), 0.0);
    }
    let corners = scene.boxes.iter().map(|b| b.pose.translation.vector);
    let (low, high) = corners.fold(
        (Vec3::repeat(f64::MAX), Vec3::repeat(f64::MIN)),
        |(l, h), p| (l.inf(&p), h.sup(&p)),
    );
    let beside = BESIDE_M + size.norm();
    Vec3::new(
        rng.random_range(low.x - beside..high.x + beside),
        rng.random_range(low.y - beside..high.y + beside),
        0.0,
    )
}
