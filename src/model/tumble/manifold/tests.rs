//! Where two boxes touch, beside what can be written down.

use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;

use super::*;
use crate::pose::{Quat, level};
use crate::scene::geometry::{Obb, separation};

fn met(a: &Obb, b: &Obb, margin: f64) -> Option<Manifold> {
    between(
        &Laid::new(&a.half, &a.pose),
        &Laid::new(&b.half, &b.pose),
        margin,
    )
}

#[test]
fn two_faces_meet_at_the_corners_of_what_they_share() {
    let below = Obb::new(Vec3::new(0.4, 0.4, 0.2), level(Vec3::zeros(), 0.0));
    let above = Obb::new(
        Vec3::new(0.2, 0.2, 0.2),
        level(Vec3::new(0.15, 0.0, 0.201), 0.0),
    );
    let met = met(&below, &above, 0.01).unwrap();
    assert!((met.normal - Vec3::z()).norm() < 1e-12);
    assert_eq!(met.count, 4);
    for p in &met.points {
        assert!((p.gap - 0.001).abs() < 1e-12);
        assert!((p.at.z - 0.1005).abs() < 1e-12);
        // From 0.05 to where the lower one ends.
        let x = (p.at.x - 0.05).abs().min((p.at.x - 0.2).abs());
        assert!(
            x < 1e-12 && (p.at.y.abs() - 0.1).abs() < 1e-12,
            "{:?}",
            p.at
        );
    }
}

#[test]
fn two_edges_that_cross_meet_in_a_point() {
    let quarter = std::f64::consts::FRAC_PI_4;
    let about = |axis: Vec3, z: f64| {
        let turn = Quat::from_scaled_axis(axis * quarter);
        Obb::new(
            Vec3::repeat(0.2),
            Pose::from_parts(Vec3::new(0.0, 0.0, z).into(), turn),
        )
    };
    let apart = 0.2 * std::f64::consts::SQRT_2;
    let (a, b) = (about(Vec3::x(), 0.0), about(Vec3::y(), apart + 0.002));
    let met = met(&a, &b, 0.01).unwrap();
    assert_eq!(met.count, 1);
    assert!((met.normal - Vec3::z()).norm() < 1e-9);
    assert!((met.points[0].gap - 0.002).abs() < 1e-9);
    let middle = Vec3::new(0.0, 0.0, 0.5 * apart + 0.001);
    assert!((met.points[0].at - middle).norm() < 1e-9);
}

#[test]
fn boxes_meet_where_they_are_separated_by_less_than_the_margin() {
    let mut rng = ChaCha8Rng::seed_from_u64(5);
    let mut some = |near: f64| {
        let size = Vec3::from_fn(|_, _| rng.random_range(0.1..0.4));
        let at = Vec3::from_fn(|_, _| rng.random_range(-near..near));
        let turn = Vec3::from_fn(|_, _| rng.random_range(-1.5..1.5));
        Obb::new(
            size,
            Pose::from_parts(at.into(), Quat::from_scaled_axis(turn)),
        )
    };
    let mut near = 0;
    for _ in 0..2000 {
        let (a, b) = (some(0.2), some(0.3));
        let apart = separation(&a, &b);
        let met = met(&a, &b, 0.02);
        if apart.gap > 0.02 + 1e-9 {
            assert!(met.is_none());
            continue;
        }
        let Some(met) = met else { continue };
        near += 1;
        // A face is preferred to edges that part them by a hair more.
        let along = (b.pose.translation.vector - a.pose.translation.vector).dot(&met.normal);
        let gap = along - a.support(&met.normal) - b.support(&met.normal);
        assert!(
            gap > apart.gap - EDGE_M - SECOND_M - 1e-9,
            "{gap} {apart:?}"
        );
        let deepest = met.points[..met.count].iter().map(|p| p.gap);
        let deepest = deepest.fold(f64::INFINITY, f64::min);
        assert!(deepest > gap - 1e-9, "{deepest} {gap}");
    }
    assert!(near > 500, "{near}");
}
