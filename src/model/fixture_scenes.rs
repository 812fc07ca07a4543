//! Small scenes that the model's tests share.

use crate::pose::{Vec3, level};
use crate::scene::{BoxSpec, CenterOfMass, PoseNoise, Quantity, Scene};

/// A level box of known properties.
pub fn box_at(id: &str, size: [f64; 3], position: [f64; 3], mass_kg: f64) -> BoxSpec {
    BoxSpec {
        id: id.into(),
        size: Vec3::from(size),
        pose: level(Vec3::from(position), 0.0),
        mass: Quantity::Known(mass_kg),
        friction: Quantity::Known(0.5),
        com: CenterOfMass::Known(Vec3::zeros()),
        max_force_n: None,
    }
}

/// Boxes on the bare ground.
pub fn scene_of(boxes: Vec<BoxSpec>) -> Scene {
    Scene {
        ground_friction: 0.5,
        pose_noise: PoseNoise::default(),
        fixtures: Vec::new(),
        boxes,
    }
}

/// A scene with a robot that has one suction cup.
pub fn workcell_of(scene: Scene) -> crate::scene::Workcell {
    crate::scene::Workcell {
        scene,
        robot: crate::scene::Robot {
            home: level(Vec3::new(0.0, 0.0, 1.5), 0.0),
            max_hand_force: 250.0,
            grippers: vec![crate::scene::Gripper::Suction {
                cup_radius: 0.03,
                max_pull: 100.0,
                max_shear: 60.0,
                max_moment: 2.0,
            }],
            reach: None,
        },
        safety: crate::scene::Safety::default(),
    }
}
