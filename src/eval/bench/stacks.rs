//! Stacks of cubes that stand in a grid, and how fast the sandbox steps them.
//!
//! Owns [`GridStack`]: the same stacks are easily built in another engine, so that the two can be
//! compared. Cubes of 0.3 m and 5 kg, friction 0.5, on the ground; columns 4 mm apart, as the widest
//! gap of our pallets, or side against side, where every cube has contacts with all its neighbours.

use serde::Serialize;

use super::clock::{least_of, on_one_thread};
use super::{BenchError, Effort};
use crate::grasp::propose;
use crate::motion::{self, default_lift};
use crate::pose::{Pose, Vec3, level, rotation_with_z};
use crate::rollout::Action;
use crate::sandbox::engine::{Engine, STEPS_PER_S};
use crate::sandbox::stand::nominal;
use crate::sandbox::{self, Extent, Recording};
use crate::scene::{
    BoxSpec, CenterOfMass, Gripper, PoseNoise, Quantity, Robot, Safety, Scene, Workcell,
};

/// A cube's edge, m.
const EDGE_M: f64 = 0.3;
/// A cube's mass, kg.
const MASS_KG: f64 = 5.0;
/// Of cubes and ground.
const FRICTION: f64 = 0.5;

/// Columns of cubes, all of one height, side by side.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct GridStack {
    /// Columns along x and y.
    pub columns: [usize; 2],
    /// Cubes in a column.
    pub high: usize,
    /// Between columns, m.
    pub gap_m: f64,
}

/// Between columns that do not touch, m.
pub const GAP_M: f64 = 0.004;

const fn grid(x: usize, y: usize, high: usize) -> GridStack {
    GridStack {
        columns: [x, y],
        high,
        gap_m: GAP_M,
    }
}

/// 8, 20, 60 and 100 cubes, columns [`GAP_M`] apart.
pub const SANDBOX_STACKS: [GridStack; 4] =
    [grid(2, 2, 2), grid(2, 2, 5), grid(4, 3, 5), grid(5, 4, 5)];

/// The sandbox's speed on one stack, one thread, nothing asleep.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct StackSpeed {
    /// Cubes.
    pub boxes: usize,
    /// Columns along x and y, and cubes in each.
    pub grid: [usize; 3],
    /// Between columns, m.
    pub gap_m: f64,
    /// Physics steps a second, all contacts at rest.
    pub steps_per_s: f64,
    /// Seconds simulated in a second.
    pub real_time_factor: f64,
    /// Whole episodes a second: a cube of the top is lifted out, recorded by strides.
    pub episodes_per_s: f64,
}

impl GridStack {
    /// The same cubes, side against side.
    pub fn touching(self) -> Self {
        Self { gap_m: 0.0, ..self }
    }

    /// How many cubes it has.
    pub fn boxes(self) -> usize {
        self.columns[0] * self.columns[1] * self.high
    }

    /// The belief, with a suction hand above it.
    pub fn workcell(self) -> Workcell {
        let [nx, ny] = self.columns;
        let mut boxes = Vec::with_capacity(self.boxes());
        for (ix, iy) in (0..nx).flat_map(|ix| (0..ny).map(move |iy| (ix, iy))) {
            for iz in 0..self.high {
                let pitch = EDGE_M + self.gap_m;
                let at = Vec3::new(
                    ix as f64 * pitch,
                    iy as f64 * pitch,
                    (iz as f64 + 0.5) * EDGE_M,
                );
                boxes.push(cube(format!("c{ix}-{iy}-{iz}"), at));
            }
        }
        let above = Vec3::new(0.0, 0.0, self.high as f64 * EDGE_M + 0.6);
        Workcell {
            scene: Scene {
                ground_friction: FRICTION,
                pose_noise: PoseNoise::default(),
                fixtures: Vec::new(),
                boxes,
            },
            robot: Robot {
                home: Pose::from_parts(above.into(), rotation_with_z(-Vec3::z(), Vec3::x())),
                max_hand_force: 250.0,
                grippers: vec![Gripper::Suction {
                    cup_radius: 0.04,
                    max_pull: 180.0,
                    max_shear: 120.0,
                    max_moment: 3.6,
                }],
                reach: None,
            },
            safety: Safety::default(),
        }
    }

    /// Indices of the cubes that nothing stands on.
    pub fn tops(self) -> Vec<usize> {
        (1..=self.columns[0] * self.columns[1])
            .map(|column| column * self.high - 1)
            .collect()
    }
}

fn cube(id: String, at: Vec3) -> BoxSpec {
    BoxSpec {
        id,
        size: Vec3::repeat(EDGE_M),
        pose: level(at, 0.0),
        mass: Quantity::Known(MASS_KG),
        friction: Quantity::Known(FRICTION),
        com: CenterOfMass::Known(Vec3::zeros()),
        max_force_n: None,
    }
}

/// The first grasp of `target` that can be carried out, lifted plainly.
fn plain_removal(workcell: &Workcell, target: usize) -> Option<Action> {
    propose(workcell, target)
        .candidates
        .into_iter()
        .find_map(|grasp| {
            let lift = default_lift(workcell, &grasp);
            let motion = motion::remove(workcell, &grasp, &lift).ok()?;
            Some(Action::Remove { grasp, motion })
        })
}

/// Steps and episodes a second on `stack`, after a second in which it settles.
///
/// # Errors
/// When the engine loses a body.
pub fn sandbox_speed(stack: GridStack, effort: &Effort) -> Result<StackSpeed, BenchError> {
    on_one_thread(|| {
        let workcell = stack.workcell();
        let draw = nominal(&workcell.scene);
        let mut world = Engine::new(&workcell.scene, &draw, 1);
        for _ in 0..STEPS_PER_S as u64 {
            world.step()?;
        }
        let steps = effort.steps.max(1);
        let stepping = least_of(
            effort.rounds,
            || world.clone(),
            |mut world| {
                for _ in 0..steps {
                    world.step()?;
                }
                Ok(())
            },
        )?;
        let boxes = stack.boxes();
        let target = stack.tops()[0];
        let action = plain_removal(&workcell, target).ok_or(BenchError::NoGrasp { boxes })?;
        let world = sandbox::settled(&workcell, &draw, 1)?;
        let (extent, recording) = (Extent::Whole, Recording::Strides);
        let episode = least_of(
            effort.rounds,
            || (),
            |()| Ok(sandbox::run(&workcell, &world, &action, extent, recording).map(drop)?),
        )?;
        let steps_per_s = steps as f64 / stepping;
        Ok(StackSpeed {
            boxes,
            grid: [stack.columns[0], stack.columns[1], stack.high],
            gap_m: stack.gap_m,
            steps_per_s,
            real_time_factor: steps_per_s / STEPS_PER_S,
            episodes_per_s: 1.0 / episode,
        })
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_stacks_have_8_20_60_and_100_cubes_that_stand_on_each_other() {
        let counts = SANDBOX_STACKS.map(GridStack::boxes);
        assert_eq!(counts, [8, 20, 60, 100]);
        for stack in SANDBOX_STACKS {
            let scene = stack.workcell().scene;
            assert_eq!(scene.boxes.len(), stack.boxes());
            let top = stack.high as f64 * EDGE_M;
            assert!((scene.top_m() - top).abs() < 1e-9);
            for index in stack.tops() {
                let at = scene.boxes[index].pose.translation.vector;
                assert!((at.z + 0.5 * EDGE_M - top).abs() < 1e-9);
            }
        }
    }

    #[test]
    fn a_top_cube_can_be_lifted_out() {
        let stack = SANDBOX_STACKS[0];
        assert!(plain_removal(&stack.workcell(), stack.tops()[0]).is_some());
    }
}
