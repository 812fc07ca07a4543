//! Small workcells for the tests of grasps, motions and plans.

use crate::pose::{Pose, Quat, Vec3, level};
use crate::scene::{
    BoxSpec, CenterOfMass, Fixture, Gripper, PoseNoise, Quantity, Robot, Safety, Scene, Workcell,
};

/// A box of `mass` kg whose centre is at `at`.
pub(crate) fn a_box(id: &str, size: [f64; 3], at: [f64; 3], mass: f64) -> BoxSpec {
    BoxSpec {
        id: id.to_owned(),
        size: Vec3::from(size),
        pose: level(Vec3::from(at), 0.0),
        mass: Quantity::Known(mass),
        friction: Quantity::Known(0.5),
        com: CenterOfMass::Known(Vec3::zeros()),
        max_force_n: None,
    }
}

/// A fixture whose centre is at `at`.
pub(crate) fn a_fixture(id: &str, size: [f64; 3], at: [f64; 3]) -> Fixture {
    Fixture {
        id: id.to_owned(),
        size: Vec3::from(size),
        pose: level(Vec3::from(at), 0.0),
        friction: 0.5,
    }
}

/// The suction gripper of the design's example.
pub(crate) fn suction() -> Gripper {
    Gripper::Suction {
        cup_radius: 0.04,
        max_pull: 180.0,
        max_shear: 120.0,
        max_moment: 3.6,
    }
}

/// The jaw of the design's example.
pub(crate) fn jaw() -> Gripper {
    Gripper::ParallelJaw {
        max_opening: 0.45,
        max_force: 150.0,
        finger: Vec3::new(0.02, 0.06, 0.12),
        pad_friction: 0.8,
    }
}

/// A workcell with a suction gripper that starts 1.6 m above the floor, palm down.
pub(crate) fn workcell(boxes: Vec<BoxSpec>, fixtures: Vec<Fixture>) -> Workcell {
    let palm_down = Quat::from_axis_angle(&Vec3::x_axis(), std::f64::consts::PI);
    Workcell {
        scene: Scene {
            ground_friction: 0.6,
            pose_noise: PoseNoise::default(),
            fixtures,
            boxes,
        },
        robot: Robot {
            home: Pose::from_parts(Vec3::new(-0.6, 0.0, 1.6).into(), palm_down),
            max_hand_force: 250.0,
            grippers: vec![suction()],
            reach: None,
        },
        safety: Safety::default(),
    }
}

/// A belief of which one draw in some dozens stands: a box whose middle lies 2.2 standard deviations of its centre of
/// mass beyond the edge of a table.
pub(crate) fn on_the_edge() -> Workcell {
    let mut low = a_box("low", [0.2; 3], [0.022, 0.0, 0.6], 2.0);
    low.com = CenterOfMass::Normal { std: 0.01 };
    let table = a_fixture("table", [0.5; 3], [-0.25, 0.0, 0.25]);
    workcell(vec![low], vec![table])
}
