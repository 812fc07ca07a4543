//! A whole stack unpacked part of the way, since a robot that takes it down meets it at every height.
//!
//! Owns which boxes can come off, those that nothing lies above, and [`partly_unpacked`], which then looks at the
//! others as a camera does. Refuses what no longer stands.

use rand::Rng;

use crate::dataset::recipe::observe;
use crate::pose::Vec3;
use crate::sandbox::{self, SandboxError};
use crate::scene::geometry::{Face, overlaps};
use crate::scene::{Scene, Workcell};

/// Fewest boxes that unpacking leaves.
pub const BOXES_LEFT: usize = 4;

/// Takes some boxes off the top of a stack, and replaces the others' poses by what a camera would report of one draw.
///
/// # Errors
/// When what is left stands in no draw, or no longer does as it is seen: some loads are near what a face bears.
pub fn partly_unpacked(workcell: &mut Workcell, rng: &mut impl Rng) -> Result<(), SandboxError> {
    unpack(&mut workcell.scene, rng);
    let truth = sandbox::draw(workcell, rng)?;
    observe(workcell, &truth, rng);
    sandbox::draw(workcell, rng).map(drop)
}

/// Takes a random number of boxes off, each time one that nothing lies above.
fn unpack(scene: &mut Scene, rng: &mut impl Rng) {
    let most = scene.boxes.len().saturating_sub(BOXES_LEFT);
    for _ in 0..rng.random_range(0..=most) {
        let free: Vec<usize> = (0..scene.boxes.len())
            .filter(|&i| is_uncovered(scene, i))
            .collect();
        if free.is_empty() {
            return;
        }
        scene.boxes.remove(free[rng.random_range(0..free.len())]);
    }
}

/// Whether no box lies above box `index`, seen from above.
fn is_uncovered(scene: &Scene, index: usize) -> bool {
    let mut column = scene.boxes[index].obb();
    let height = scene.top_m();
    column.pose.translation.z += height;
    // Of a box that lies on its side another edge than its own z stands up.
    let up = Face::nearest(column.pose.rotation.inverse() * Vec3::z());
    column.half[up.axis()] += height;
    let boxes = scene.boxes.iter().enumerate();
    !boxes.filter(|(i, _)| *i != index).any(|(_, other)| {
        other.pose.translation.z > scene.boxes[index].pose.translation.z
            && overlaps(&column, &other.obb(), 0.005)
    })
}

#[cfg(test)]
mod tests {
    use rand::SeedableRng;
    use rand_chacha::ChaCha8Rng;

    use super::super::tests::{ids, orders};
    use super::*;
    use crate::grasp::fixtures_for_tests::{a_box, workcell};
    use crate::pose::Quat;
    use crate::scene::BoxSpec;

    #[test]
    fn unpacking_takes_only_boxes_that_carry_nothing() {
        let mut rng = ChaCha8Rng::seed_from_u64(3);
        let mut taken = 0;
        for whole in orders().iter().cycle().take(8) {
            let mut scene = whole.scene.clone();
            unpack(&mut scene, &mut rng);
            taken += whole.scene.boxes.len() - scene.boxes.len();
            let left = ids(&scene);
            assert!(left.len() >= BOXES_LEFT.min(whole.scene.boxes.len()));
            for spec in &whole.scene.boxes {
                let lies_above = |other: &&BoxSpec| {
                    let pair = Scene {
                        boxes: vec![spec.clone(), (*other).clone()],
                        ..whole.scene.clone()
                    };
                    other.id != spec.id && !is_uncovered(&pair, 0)
                };
                let mut kept = scene.boxes.iter().filter(lies_above);
                assert!(
                    kept.next().is_none() || left.contains(&spec.id),
                    "{} was taken from under another",
                    spec.id
                );
            }
        }
        assert!(taken > 0, "nothing was unpacked, so nothing was shown");
    }

    #[test]
    fn what_lies_on_a_box_covers_it_also_where_the_box_lies_on_its_side() {
        for axis in [Vec3::x_axis(), Vec3::y_axis()] {
            // 0.6 m long and 0.2 m high.
            let mut lying = a_box("lying", [0.2, 0.2, 0.6], [0.0, 0.0, 0.1], 1.0);
            lying.pose.rotation = Quat::from_axis_angle(&axis, std::f64::consts::FRAC_PI_2);
            let on = |at: [f64; 2]| a_box("on", [0.2; 3], [at[0], at[1], 0.3], 1.0);
            let is_uncovered_by = |other: BoxSpec| {
                let scene = workcell(vec![lying.clone(), other], vec![]).scene;
                assert!(is_uncovered(&scene, 1));
                is_uncovered(&scene, 0)
            };
            assert!(!is_uncovered_by(on([0.0, 0.0])));
            // As high, but past its ends and its sides.
            assert!(is_uncovered_by(on([0.45, 0.45])));
            let (along, beside) = if axis == Vec3::x_axis() {
                ([0.0, 0.35], [0.25, 0.0])
            } else {
                ([0.35, 0.0], [0.0, 0.25])
            };
            assert!(!is_uncovered_by(on(along)));
            assert!(is_uncovered_by(on(beside)));
        }
    }
}
