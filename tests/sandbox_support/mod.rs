//! Small scenes in which everything is known, for the tests of the sandbox.
//!
//! Owns their building and nothing that is asserted.
#![allow(dead_code)] // Each test binary uses its own part.

use topple::pose::{Pose, Vec3, rotation_with_z};
use topple::sandbox::engine::Engine;
use topple::scene::{
    BoxSpec, CenterOfMass, Draw, Fixture, Gripper, PoseNoise, Quantity, Robot, Safety, Scene,
    Workcell,
};

/// A box of which everything is known.
#[derive(Clone, Copy)]
pub struct BoxOf {
    size: Vec3,
    pose: Pose,
    mass: f64,
    friction: f64,
    com: Vec3,
}

impl BoxOf {
    /// Friction 0.5, its mass evenly spread.
    pub fn new(size: Vec3, pose: Pose, mass: f64) -> Self {
        Self {
            size,
            pose,
            mass,
            friction: 0.5,
            com: Vec3::zeros(),
        }
    }

    /// With another friction coefficient.
    pub fn friction(self, friction: f64) -> Self {
        Self { friction, ..self }
    }

    /// With its centre of mass elsewhere.
    pub fn com(self, com: Vec3) -> Self {
        Self { com, ..self }
    }
}

/// A fixture.
pub fn fixture(size: Vec3, pose: Pose, friction: f64) -> Fixture {
    Fixture {
        id: format!("fixture at {:?}", pose.translation.vector),
        size,
        pose,
        friction,
    }
}

/// A scene without noise.
pub fn scene(fixtures: Vec<Fixture>, boxes: &[BoxOf]) -> Scene {
    Scene {
        ground_friction: 0.5,
        pose_noise: PoseNoise {
            position_m: 0.0,
            rotation_rad: 0.0,
        },
        fixtures,
        boxes: boxes
            .iter()
            .enumerate()
            .map(|(i, b)| BoxSpec {
                id: format!("box {i}"),
                size: b.size,
                pose: b.pose,
                mass: Quantity::Known(b.mass),
                friction: Quantity::Known(b.friction),
                com: CenterOfMass::Known(b.com),
                max_force_n: None,
            })
            .collect(),
    }
}

/// The one draw of a scene in which everything is known.
pub fn known(scene: &Scene) -> Draw {
    topple::sandbox::stand::nominal(scene)
}

/// Lets a world run on.
pub fn run_for(engine: &mut Engine, seconds: f64) {
    for _ in 0..(seconds / engine.dt()).round() as u64 {
        engine.step().unwrap();
    }
}

/// A workcell with one gripper, its home above the origin.
pub fn workcell(scene: Scene, gripper: Gripper) -> Workcell {
    Workcell {
        scene,
        robot: Robot {
            home: Pose::from_parts(
                Vec3::new(0.0, 0.0, 1.2).into(),
                rotation_with_z(-Vec3::z(), Vec3::x()),
            ),
            max_hand_force: 400.0,
            grippers: vec![gripper],
            reach: None,
        },
        safety: Safety::default(),
    }
}
