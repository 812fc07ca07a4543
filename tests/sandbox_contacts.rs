//! Contacts against physics that can be written down: slipping, tipping, falling, colliding, standing.
//!
//! Owns the figures of boxes among themselves and on fixtures; the hand is in `sandbox_grippers`.
//! Each bound is the one that the sandbox promises, not the one that it happens to reach.

mod sandbox_support;

use sandbox_support::{BoxOf, fixture, known, run_for, scene};
use topple::gravity::GRAVITY;
use topple::pose::{Pose, Quat, Vec3, level, tilt_between};
use topple::sandbox::contact::Forces;
use topple::sandbox::engine::Engine;
use topple::scene::geometry::Face;
use topple::scene::{Draw, Scene};

/// A box on a slope of `angle`, its heading turned by `heading` on the slope; how far it slides in 2 s, m.
fn slides_on_a_slope(angle: f64, friction: f64, heading: f64) -> f64 {
    let slope = Quat::from_axis_angle(&Vec3::y_axis(), angle);
    // Half of the mean from either side, so that the mean is what is tested.
    let (slab_friction, box_friction) = (friction - 0.1, friction + 0.1);
    let lift = Vec3::new(0.0, 0.0, 3.0);
    let slab = fixture(
        Vec3::new(4.0, 4.0, 0.2),
        Pose::from_parts(lift.into(), slope),
        slab_friction,
    );
    let normal = slope * Vec3::z();
    let turned = slope * Quat::from_axis_angle(&Vec3::z_axis(), heading);
    let size = Vec3::new(0.3, 0.2, 0.1);
    let at = Pose::from_parts((lift + normal * (0.1 + 0.5 * size.z)).into(), turned);
    let scene = scene(
        vec![slab],
        &[BoxOf::new(size, at, 4.0).friction(box_friction)],
    );
    let mut engine = Engine::new(&scene, &known(&scene), 1);
    run_for(&mut engine, 0.5);
    let from = engine.box_pose(0).unwrap().translation.vector;
    run_for(&mut engine, 2.0);
    (engine.box_pose(0).unwrap().translation.vector - from).norm()
}

#[test]
fn a_box_slips_within_half_a_degree_of_the_friction_angle_whatever_its_heading() {
    for friction in [0.2f64, 0.35, 0.5, 0.65, 0.8] {
        for heading in [0.0f64, 0.3, 0.785, 1.2, 1.57, 2.5] {
            let critical = friction.atan();
            let off = 0.5f64.to_radians();
            let below = slides_on_a_slope(critical - off, friction, heading);
            let above = slides_on_a_slope(critical + off, friction, heading);
            // Half a degree above, two seconds of the surplus acceleration are over 0.1 m.
            assert!(
                below < 0.005,
                "µ {friction}, heading {heading}: slid {below} m below the angle"
            );
            assert!(
                above > 0.05,
                "µ {friction}, heading {heading}: slid {above} m above the angle"
            );
        }
    }
}

/// Whether a steady horizontal force on the centre of a box's side at `height` tips it over in 3 s.
fn tips(size: Vec3, mass: f64, heading: f64, height: f64, force: f64) -> bool {
    let at = level(Vec3::new(0.0, 0.0, 0.5 * size.z), heading);
    let mut scene = scene(Vec::new(), &[BoxOf::new(size, at, mass).friction(1.5)]);
    scene.ground_friction = 1.5;
    let mut engine = Engine::new(&scene, &known(&scene), 1);
    run_for(&mut engine, 0.5);
    let direction = Quat::from_axis_angle(&Vec3::z_axis(), heading) * Vec3::x();
    for step in 0..720 {
        // The force comes on over a second, so that no swing adds to it.
        let share = (f64::from(step) / 240.0).min(1.0);
        let pose = engine.box_pose(0).unwrap();
        let point = pose * nalgebra::Point3::new(0.0, 0.0, height - 0.5 * size.z);
        engine.push_box(0, direction * force * share, point.coords);
        engine.step().unwrap();
    }
    tilt_between(&Quat::identity(), &engine.box_pose(0).unwrap().rotation) > 0.2
}

#[test]
fn a_box_tips_within_two_percent_of_the_force_that_statics_gives() {
    let size = Vec3::new(0.2, 0.3, 0.4);
    for mass in [1.0, 10.0] {
        for (heading, height) in [(0.0, 0.2), (0.0, 0.35), (0.7, 0.3), (2.0, 0.4)] {
            let critical = mass * GRAVITY * size.x / (2.0 * height);
            assert!(
                !tips(size, mass, heading, height, 0.98 * critical),
                "{mass} kg at {height} m tips early"
            );
            assert!(
                tips(size, mass, heading, height, 1.02 * critical),
                "{mass} kg at {height} m does not tip"
            );
        }
    }
}

/// Whether a box whose centre of mass lies `past` metres over a table's edge falls within 4 s.
fn falls_off(past: f64, com: Vec3, heading: f64) -> bool {
    let size = Vec3::new(0.3, 0.2, 0.1);
    let table = fixture(
        Vec3::new(1.0, 1.0, 0.5),
        level(Vec3::new(-0.5, 0.0, 0.25), 0.0),
        0.6,
    );
    let turn = level(Vec3::zeros(), heading);
    let x = past - (turn.rotation * com).x;
    let at = level(Vec3::new(x, 0.0, 0.5 + 0.5 * size.z), heading);
    let scene = scene(vec![table], &[BoxOf::new(size, at, 3.0).com(com)]);
    let mut engine = Engine::new(&scene, &known(&scene), 1);
    run_for(&mut engine, 4.0);
    tilt_between(&Quat::identity(), &engine.box_pose(0).unwrap().rotation) > 0.1
}

#[test]
fn an_overhang_falls_within_a_millimetre_of_the_balance_point() {
    for com in [
        Vec3::zeros(),
        Vec3::new(0.06, 0.0, 0.0),
        Vec3::new(-0.05, 0.03, -0.02),
    ] {
        for heading in [0.0, 0.5, 1.57] {
            assert!(
                !falls_off(-0.001, com, heading),
                "com {com:?}, heading {heading}: falls early"
            );
            assert!(
                falls_off(0.001, com, heading),
                "com {com:?}, heading {heading}: stays"
            );
        }
    }
}

#[test]
fn a_falling_box_keeps_to_half_g_t_squared() {
    let at = level(Vec3::new(0.0, 0.0, 10.0), 0.3);
    let scene = scene(Vec::new(), &[BoxOf::new(Vec3::repeat(0.2), at, 2.0)]);
    let mut engine = Engine::new(&scene, &known(&scene), 1);
    let seconds = 1.0;
    run_for(&mut engine, seconds);
    let fallen = 10.0 - engine.box_pose(0).unwrap().translation.z;
    let (velocity, spin) = engine.box_velocity(0).unwrap();
    assert!(
        (fallen / (0.5 * GRAVITY * seconds * seconds) - 1.0).abs() < 0.005,
        "fell {fallen} m"
    );
    assert!(
        (velocity.z + GRAVITY * seconds).abs() < 0.01,
        "{velocity:?}"
    );
    assert!(spin.norm() < 1e-6);
}

/// Momentum in kg·m/s and kinetic energy in J of all boxes.
fn motion_of(engine: &Engine, scene: &Scene, draw: &Draw) -> (Vec3, f64) {
    let mut momentum = Vec3::zeros();
    let mut energy = 0.0;
    for (i, drawn) in draw.boxes.iter().enumerate() {
        let (v, w) = engine.box_velocity(i).unwrap();
        let pose = engine.box_pose(i).unwrap();
        let sq = scene.boxes[i].size.map(|s| s * s);
        let inertia = Vec3::new(sq.y + sq.z, sq.x + sq.z, sq.x + sq.y) * (drawn.mass / 12.0);
        let own = pose.rotation.inverse() * w;
        momentum += v * drawn.mass;
        energy += 0.5 * drawn.mass * v.norm_squared() + 0.5 * inertia.dot(&own.map(|x| x * x));
    }
    (momentum, energy)
}

#[test]
fn a_collision_keeps_momentum_and_never_adds_energy() {
    for (aside, ratio) in [(0.0, 1.0), (0.08, 1.0), (0.05, 5.0), (0.1, 0.2)] {
        let at = |x, y| level(Vec3::new(x, y, 50.0), 0.2);
        let size = Vec3::new(0.2, 0.2, 0.3);
        let boxes = [
            BoxOf::new(size, at(0.0, 0.0), 2.0),
            BoxOf::new(size, at(0.5, aside), 2.0 * ratio),
        ];
        let scene = scene(Vec::new(), &boxes);
        let draw = known(&scene);
        let mut engine = Engine::new(&scene, &draw, 1);
        engine.set_box_velocity(0, Vec3::new(2.0, 0.0, 0.0), Vec3::zeros());
        let (before, energy_before) = motion_of(&engine, &scene, &draw);
        let steps = 120;
        for _ in 0..steps {
            engine.step().unwrap();
        }
        let t = f64::from(steps) * engine.dt();
        let mass: f64 = draw.boxes.iter().map(|b| b.mass).sum();
        let (after, mut energy) = motion_of(&engine, &scene, &draw);
        let gained = Vec3::new(0.0, 0.0, -mass * GRAVITY * t);
        assert!(
            (after - before - gained).norm() < 0.005 * before.norm(),
            "{before:?} {after:?}"
        );
        // What gravity did is not the collision's: both fall alike.
        energy -= 0.5 * mass * (GRAVITY * t).powi(2);
        let struck = engine.box_velocity(1).unwrap().0.x;
        assert!(struck > 0.1, "they met: {struck}");
        assert!(
            energy < 1.005 * energy_before,
            "{energy} J after {energy_before} J"
        );
        // No restitution: what is left after a central blow is the common motion.
        if aside == 0.0 {
            assert!(
                (energy / (energy_before / (1.0 + ratio)) - 1.0).abs() < 0.05,
                "{energy}"
            );
        }
    }
}

fn tower(n: usize, size: Vec3, mass: f64) -> Scene {
    let boxes: Vec<BoxOf> = (0..n)
        .map(|i| {
            BoxOf::new(
                size,
                level(Vec3::new(0.0, 0.0, (i as f64 + 0.5) * size.z), 0.0),
                mass,
            )
        })
        .collect();
    scene(Vec::new(), &boxes)
}

#[test]
fn a_stack_of_twenty_sinks_less_than_ten_millimetres_and_does_not_wander() {
    let scene = tower(20, Vec3::repeat(0.3), 5.0);
    let mut engine = Engine::new(&scene, &known(&scene), 1);
    run_for(&mut engine, 10.0);
    let mut drift: f64 = 0.0;
    for i in 0..20 {
        let pose = engine.box_pose(i).unwrap();
        drift = drift.max(pose.translation.vector.xy().norm());
    }
    let sunk = 19.5 * 0.3 - engine.box_pose(19).unwrap().translation.z;
    println!("sunk {:.2} mm, drift {:.3} mm", sunk * 1e3, drift * 1e3);
    assert!(sunk < 0.010, "sank {sunk} m");
    assert!(drift < 0.001, "drifted {drift} m");
}

#[test]
fn what_presses_on_the_ground_is_the_weight() {
    let mut scene = tower(6, Vec3::new(0.4, 0.3, 0.2), 3.0);
    scene.boxes[2].mass = topple::scene::Quantity::Known(11.0);
    let draw = known(&scene);
    let weight: f64 = draw.boxes.iter().map(|b| b.mass * GRAVITY).sum();
    let mut engine = Engine::new(&scene, &draw, 1);
    run_for(&mut engine, 3.0);
    let mut forces = Forces::new(6, &engine);
    for _ in 0..3 {
        engine.step().unwrap();
        forces.read(&engine, None);
    }
    let ground = forces.on_face(0, Face::Bottom);
    assert!(
        (ground / weight - 1.0).abs() < 0.01,
        "{ground} N under {weight} N"
    );
    for i in 0..5 {
        let above: f64 = draw.boxes[i + 1..].iter().map(|b| b.mass * GRAVITY).sum();
        let top = forces.on_face(i, Face::Top);
        assert!(
            (top / above - 1.0).abs() < 0.01,
            "box {i}: {top} N under {above} N"
        );
    }
}

#[test]
fn a_box_on_two_piers_loads_each_by_its_lever() {
    let pier = |x: f64| {
        BoxOf::new(
            Vec3::new(0.1, 0.3, 0.3),
            level(Vec3::new(x, 0.0, 0.15), 0.0),
            4.0,
        )
    };
    let com = Vec3::new(0.15, 0.0, 0.0);
    let plank = BoxOf::new(
        Vec3::new(0.9, 0.3, 0.1),
        level(Vec3::new(0.0, 0.0, 0.35), 0.0),
        6.0,
    )
    .com(com);
    let scene = scene(Vec::new(), &[pier(-0.4), pier(0.4), plank]);
    let mut engine = Engine::new(&scene, &known(&scene), 1);
    run_for(&mut engine, 3.0);
    let mut forces = Forces::new(3, &engine);
    for _ in 0..3 {
        engine.step().unwrap();
        forces.read(&engine, None);
    }
    let loads = [0, 1].map(|i| forces.on_face(i, Face::Top));
    let weight = 6.0 * GRAVITY;
    assert!(
        ((loads[0] + loads[1]) / weight - 1.0).abs() < 0.01,
        "{loads:?}"
    );
    // The piers are 0.1 m wide, so the exact lever is known to that only.
    let share = loads[1] / weight;
    assert!((0.62..0.75).contains(&share), "{share}");
}
