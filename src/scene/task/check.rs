//! Whether a scene can be as it is written: no two things in one place, nothing in the air.
//!
//! Owns [`find_faults`] and [`find_box_faults`], geometry alone: that a scene also stands still
//! is for the sandbox to say. Tolerance: a millimetre plus twice the pose noise (design,
//! section 4), since observed poses overlap and hover by about that.

use crate::pose::{Pose, Vec3};
use crate::scene::Scene;
use crate::scene::geometry::{Obb, overlaps, separation};

/// What a box shares space with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Neighbour {
    /// Index into the scene's boxes.
    Box(usize),
    /// Index into the scene's fixtures.
    Fixture(usize),
    /// The plane z = 0.
    Ground,
}

/// Something that cannot be.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Fault {
    /// A box shares space with something.
    Overlap {
        /// Index into the scene's boxes.
        box_index: usize,
        /// With what; of two boxes the later one is reported.
        with: Neighbour,
        /// How deep, m.
        depth: f64,
    },
    /// Nothing is under a box.
    Hover {
        /// Index into the scene's boxes.
        box_index: usize,
        /// How far it would fall, m.
        height: f64,
    },
}

impl Fault {
    /// What its box does in `scene`, as what follows the box's name in a sentence.
    pub fn in_words(&self, scene: &Scene) -> String {
        match *self {
            Self::Overlap { with, depth, .. } => {
                let other = neighbour_name(scene, with);
                format!("overlaps {other} by {:.1} mm", depth * 1000.0)
            }
            Self::Hover { height, .. } => {
                format!("hovers {:.1} mm above what is under it", height * 1000.0)
            }
        }
    }
}

/// What something runs into, as sentences name it.
pub(super) fn neighbour_name(scene: &Scene, with: Neighbour) -> String {
    match with {
        Neighbour::Box(i) => format!("box `{}`", scene.boxes[i].id),
        Neighbour::Fixture(i) => format!("fixture `{}`", scene.fixtures[i].id),
        Neighbour::Ground => "the ground".to_owned(),
    }
}

/// How far a box may overlap or hover before it is called wrong, m.
pub fn tolerance_m(scene: &Scene) -> f64 {
    0.001 + 2.0 * scene.pose_noise.position_m
}

/// Every overlap and every hovering box of `scene`, in the order of its boxes.
pub fn find_faults(scene: &Scene) -> Vec<Fault> {
    (0..scene.boxes.len())
        .flat_map(|index| {
            let pose = scene.boxes[index].pose;
            find_box_faults(scene, index, &pose)
                .into_iter()
                // Two boxes that overlap are one fault, told of the later one.
                .filter(move |fault| {
                    !matches!(fault, Fault::Overlap { with: Neighbour::Box(other), .. } if *other > index)
                })
        })
        .collect()
}

/// What is wrong with box `box_index` standing at `pose`, the others as they are.
pub fn find_box_faults(scene: &Scene, box_index: usize, pose: &Pose) -> Vec<Fault> {
    let slack = tolerance_m(scene);
    let spec = &scene.boxes[box_index];
    let body = Obb::new(spec.size, *pose);
    let mut faults = Vec::new();
    let lowest = body.aabb().0.z;
    if lowest < -slack {
        faults.push(Fault::Overlap {
            box_index,
            with: Neighbour::Ground,
            depth: -lowest,
        });
    }
    let mut held = lowest <= slack;
    let mut height = lowest;
    let near = body.grown(2.0 * slack);
    for (with, other) in neighbours(scene, box_index) {
        height = height.min(drop_onto(&body, &other).unwrap_or(height));
        if !overlaps(&near, &other, 0.0) {
            continue;
        }
        if overlaps(&body, &other, slack) {
            let depth = -separation(&body, &other).gap;
            faults.push(Fault::Overlap {
                box_index,
                with,
                depth,
            });
        }
        held = held || holds_up(&body, &other, slack);
    }
    if !held && faults.is_empty() {
        faults.push(Fault::Hover { box_index, height });
    }
    faults
}

fn neighbours(scene: &Scene, but: usize) -> impl Iterator<Item = (Neighbour, Obb)> + '_ {
    let boxes = scene
        .boxes
        .iter()
        .enumerate()
        .filter(move |(i, _)| *i != but);
    let boxes = boxes.map(|(i, b)| (Neighbour::Box(i), b.obb()));
    let fixtures = scene.fixtures.iter().enumerate();
    boxes.chain(fixtures.map(|(i, f)| (Neighbour::Fixture(i), f.obb())))
}

/// Whether `body`, let down by `slack`, is stopped by `other`.
///
/// A wall beside it does not stop it: letting it down brings the two no closer. What a leaning
/// box touches does, since their contact is not upright.
fn holds_up(body: &Obb, other: &Obb, slack: f64) -> bool {
    let mut lowered = *body;
    lowered.pose.translation.vector.z -= slack + 1e-6;
    if !overlaps(&lowered, other, 0.0) {
        return false;
    }
    separation(&lowered, other).gap < separation(body, other).gap - 0.1 * slack
}

/// How far `body` would fall onto `other`, judged by the boxes around them; `None` if beside it.
fn drop_onto(body: &Obb, other: &Obb) -> Option<f64> {
    let (low, high) = body.aabb();
    let (other_low, other_high) = other.aabb();
    let beside = (0..2).any(|k| low[k] >= other_high[k] || other_low[k] >= high[k]);
    let gap = low.z - other_high.z;
    (!beside && gap >= 0.0).then_some(gap)
}

/// Whether the point `at` lies inside a box or a fixture, and in which.
pub(super) fn inside_of(scene: &Scene, at: &Vec3) -> Option<Neighbour> {
    neighbours(scene, usize::MAX)
        .find(|(_, body)| {
            let local = body.pose.inverse() * nalgebra::Point3::from(*at);
            local.coords.abs() <= body.half
        })
        .map(|(with, _)| with)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pose::{Quat, level};
    use crate::scene::geometry::SEPARATIONS;
    use crate::scene::{BoxSpec, CenterOfMass, PoseNoise, Quantity};

    fn scene(boxes: &[(Vec3, Pose)]) -> Scene {
        Scene {
            ground_friction: 0.5,
            pose_noise: PoseNoise::default(),
            fixtures: vec![],
            boxes: boxes
                .iter()
                .enumerate()
                .map(|(i, (size, pose))| BoxSpec {
                    id: format!("b{i}"),
                    size: *size,
                    pose: *pose,
                    mass: Quantity::Known(1.0),
                    friction: Quantity::Known(0.5),
                    com: CenterOfMass::Known(Vec3::zeros()),
                    max_force_n: None,
                })
                .collect(),
        }
    }

    fn cube_at(x: f64, z: f64) -> (Vec3, Pose) {
        (Vec3::repeat(0.2), level(Vec3::new(x, 0.0, z), 0.0))
    }

    #[test]
    fn a_stack_of_three_has_no_fault() {
        let stack = [cube_at(0.0, 0.1), cube_at(0.02, 0.3), cube_at(0.0, 0.5)];
        assert_eq!(find_faults(&scene(&stack)), vec![]);
    }

    #[test]
    fn a_box_that_hovers_by_more_than_the_tolerance_is_a_fault_and_just_less_is_none() {
        assert_eq!(find_faults(&scene(&[cube_at(0.0, 0.1049)])), vec![]);
        let faults = find_faults(&scene(&[cube_at(0.0, 0.1051)]));
        assert!(
            matches!(faults[..], [Fault::Hover { box_index: 0, height }] if (height - 0.0051).abs() < 1e-9)
        );
    }

    #[test]
    fn a_wall_beside_a_box_does_not_hold_it_up() {
        for gap in [0.0, 0.001, -0.002] {
            let beside = [cube_at(0.0, 0.1), cube_at(0.2 + gap, 0.25)];
            let faults = find_faults(&scene(&beside));
            assert!(
                matches!(faults[..], [Fault::Hover { box_index: 1, .. }]),
                "{faults:?}"
            );
        }
    }

    #[test]
    fn an_overlap_of_two_boxes_is_told_once_with_its_depth() {
        let faults = find_faults(&scene(&[cube_at(0.0, 0.1), cube_at(0.19, 0.1)]));
        let [
            Fault::Overlap {
                box_index,
                with,
                depth,
            },
        ] = faults[..]
        else {
            panic!("{faults:?}");
        };
        assert_eq!((box_index, with), (1, Neighbour::Box(0)));
        assert!((depth - 0.01).abs() < 1e-9);
    }

    #[test]
    fn a_box_among_a_thousand_is_compared_with_its_neighbours_alone() {
        let boxes: Vec<_> = (0..1000)
            .map(|i| {
                let (column, row) = (i % 100, i / 100);
                cube_at(0.201 * f64::from(column), 0.1 + 0.2 * f64::from(row))
            })
            .collect();
        let before = SEPARATIONS.get();
        assert_eq!(find_faults(&scene(&boxes)), vec![]);
        // At most five for each of eight neighbours; all pairs would be a million and more.
        let asked = SEPARATIONS.get() - before;
        assert!((1000..40_000).contains(&asked), "{asked}");
    }

    #[test]
    fn a_box_in_the_ground_is_a_fault() {
        let faults = find_faults(&scene(&[cube_at(0.0, 0.05)]));
        assert!(matches!(
            faults[..],
            [Fault::Overlap {
                with: Neighbour::Ground,
                ..
            }]
        ));
    }

    #[test]
    fn a_box_that_leans_on_another_with_one_edge_has_no_fault() {
        // A plank, 0.6 m long and 0.1 thick, one edge on the ground, its side on a cube's edge.
        let angle = 0.6f64;
        let turn = Quat::from_axis_angle(&Vec3::y_axis(), -angle);
        let lowest = 0.3 * angle.sin() + 0.05 * angle.cos();
        let plank = Pose::from_parts(Vec3::new(0.0, 0.0, lowest).into(), turn);
        assert_eq!(
            find_faults(&scene(&[(Vec3::new(0.6, 0.2, 0.1), plank)])),
            vec![]
        );
        // Raised, it has only the cube's upper edge under its lower side.
        let (cube_size, cube) = cube_at(0.0, 0.1);
        let edge = Vec3::new(0.1, 0.0, 0.2);
        let along = turn * Vec3::x();
        let normal = turn * Vec3::z();
        let centre = edge + normal * 0.05 + along * 0.1;
        let raised = Pose::from_parts(centre.into(), turn);
        let faults = find_faults(&scene(&[
            (cube_size, cube),
            (Vec3::new(0.6, 0.2, 0.1), raised),
        ]));
        assert!(
            !faults.iter().any(|f| matches!(f, Fault::Hover { .. })),
            "{faults:?}"
        );
    }
}
