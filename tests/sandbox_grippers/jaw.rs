//! Where a parallel jaw lets slip, and how it squeezes.

use crate::lifts::{lets_go_at, on_a_plinth, slow_lift};
use topple::gravity::GRAVITY;
use topple::pose::{Pose, Quat, Vec3, rotation_with_z};
use topple::scene::Gripper;
use topple::scene::geometry::Face;

pub fn jaw(max_force: f64, pad_friction: f64) -> Gripper {
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
