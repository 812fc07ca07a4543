//! The belief back out of the columns that [`super::belief_columns`] describes and writes.
//!
//! Owns [`BeliefColumns`]. Refuses laws and kinds that it does not know, and lists whose lengths do
//! not go with the number of boxes, fixtures or grippers.

use super::table::{NumberLists, Table};
use super::{DatasetError, flat};
use crate::pose::Vec3;
use crate::scene::{
    BoxSpec, CenterOfMass, Draw, DrawnBox, Fixture, Gripper, PoseNoise, Quantity, Reach, Robot,
    Safety, Scene, Workcell,
};

/// The belief's columns, to be read row by row.
pub(super) struct BeliefColumns<'a> {
    table: &'a Table,
    ground_friction: Vec<f64>,
    pose_noise: NumberLists<'a>,
    fixture_id: Vec<Vec<&'a str>>,
    fixture_size: NumberLists<'a>,
    fixture_pose: flat::PoseLists<'a>,
    fixture_friction: NumberLists<'a>,
    box_id: Vec<Vec<&'a str>>,
    box_size: NumberLists<'a>,
    box_pose: flat::PoseLists<'a>,
    mass: QuantityColumn<'a>,
    friction: QuantityColumn<'a>,
    com_law: Vec<Vec<&'a str>>,
    com: NumberLists<'a>,
    max_force: Vec<Vec<Option<f64>>>,
    home: NumberLists<'a>,
    max_hand_force: Vec<f64>,
    reach: NumberLists<'a>,
    gripper_kind: Vec<Vec<&'a str>>,
    gripper: NumberLists<'a>,
    max_risk: Vec<f64>,
    max_plan_risk: Vec<Option<f64>>,
    max_displacement: Vec<f64>,
    max_tilt: Vec<f64>,
    max_strike_force: Vec<f64>,
    draw_pose: flat::PoseLists<'a>,
    draw_mass: NumberLists<'a>,
    draw_friction: NumberLists<'a>,
    draw_com: NumberLists<'a>,
}

struct QuantityColumn<'a> {
    law: Vec<Vec<&'a str>>,
    numbers: NumberLists<'a>,
}

impl<'a> QuantityColumn<'a> {
    fn of(table: &'a Table, name: &str) -> Result<Self, DatasetError> {
        Ok(Self {
            law: table.word_lists(&format!("{name}_law"))?,
            numbers: table.number_lists(name)?,
        })
    }

    fn row(&self, row: usize, len: usize) -> Result<Vec<Quantity>, DatasetError> {
        let numbers = self.numbers.row(row, 2 * len)?.chunks_exact(2);
        let quantity = |(law, n): (&&str, &[f64])| match *law {
            "known" => Ok(Quantity::Known(n[0])),
            "normal" => Ok(Quantity::Normal {
                mean: n[0],
                std: n[1],
            }),
            "uniform" => Ok(Quantity::Uniform {
                min: n[0],
                max: n[1],
            }),
            other => Err(self
                .numbers
                .wrong(row, &format!("has the unknown law `{other}`"))),
        };
        same_length(&self.numbers, row, self.law[row].len(), len)?;
        self.law[row].iter().zip(numbers).map(quantity).collect()
    }
}

fn same_length(
    column: &NumberLists,
    row: usize,
    found: usize,
    wanted: usize,
) -> Result<(), DatasetError> {
    if found == wanted {
        return Ok(());
    }
    Err(column.wrong(row, &format!("has {found} words beside it, not {wanted}")))
}

impl<'a> BeliefColumns<'a> {
    pub fn of(table: &'a Table) -> Result<Self, DatasetError> {
        Ok(Self {
            table,
            ground_friction: table.numbers("ground_friction")?,
            pose_noise: table.number_lists("pose_noise")?,
            fixture_id: table.word_lists("fixture_id")?,
            fixture_size: table.number_lists("fixture_size")?,
            fixture_pose: flat::PoseLists::of(table, "fixture_")?,
            fixture_friction: table.number_lists("fixture_friction")?,
            box_id: table.word_lists("box_id")?,
            box_size: table.number_lists("box_size")?,
            box_pose: flat::PoseLists::of(table, "box_")?,
            mass: QuantityColumn::of(table, "box_mass")?,
            friction: QuantityColumn::of(table, "box_friction")?,
            com_law: table.word_lists("box_com_law")?,
            com: table.number_lists("box_com")?,
            max_force: table.open_number_lists("box_max_force")?,
            home: table.number_lists("robot_home")?,
            max_hand_force: table.numbers("max_hand_force")?,
            reach: table.number_lists("reach")?,
            gripper_kind: table.word_lists("gripper_kind")?,
            gripper: table.number_lists("gripper")?,
            max_risk: table.numbers("max_risk")?,
            max_plan_risk: table.open_numbers("max_plan_risk")?,
            max_displacement: table.numbers("max_displacement")?,
            max_tilt: table.numbers("max_tilt")?,
            max_strike_force: table.numbers("max_strike_force")?,
            draw_pose: flat::PoseLists::of(table, "draw_")?,
            draw_mass: table.number_lists("draw_mass")?,
            draw_friction: table.number_lists("draw_friction")?,
            draw_com: table.number_lists("draw_com")?,
        })
    }

    /// How many boxes the row's scene has.
    pub fn boxes(&self, row: usize) -> usize {
        self.box_id[row].len()
    }

    pub fn workcell(&self, row: usize) -> Result<Workcell, DatasetError> {
        let noise = self.pose_noise.row(row, 2)?;
        Ok(Workcell {
            scene: Scene {
                ground_friction: self.ground_friction[row],
                pose_noise: PoseNoise {
                    position_m: noise[0],
                    rotation_rad: noise[1],
                },
                fixtures: self.fixtures(row)?,
                boxes: self.box_specs(row)?,
            },
            robot: self.robot(row)?,
            safety: Safety {
                max_risk: self.max_risk[row],
                max_plan_risk: self.max_plan_risk[row],
                max_displacement: self.max_displacement[row],
                max_tilt: self.max_tilt[row],
                max_strike_force: self.max_strike_force[row],
            },
        })
    }

    fn fixtures(&self, row: usize) -> Result<Vec<Fixture>, DatasetError> {
        let n = self.fixture_id[row].len();
        let sizes = flat::to_vectors(self.fixture_size.row(row, 3 * n)?);
        let poses = self.fixture_pose.row(row, n)?;
        let friction = self.fixture_friction.row(row, n)?;
        Ok((0..n)
            .map(|i| Fixture {
                id: self.fixture_id[row][i].to_owned(),
                size: sizes[i],
                pose: poses[i],
                friction: friction[i],
            })
            .collect())
    }

    fn box_specs(&self, row: usize) -> Result<Vec<BoxSpec>, DatasetError> {
        let n = self.boxes(row);
        let sizes = flat::to_vectors(self.box_size.row(row, 3 * n)?);
        let poses = self.box_pose.row(row, n)?;
        let masses = self.mass.row(row, n)?;
        let frictions = self.friction.row(row, n)?;
        let coms = self.coms(row, n)?;
        let max_forces = &self.max_force[row];
        if max_forces.len() != n {
            let found = max_forces.len();
            return Err(self.table.foreign(format!(
                "row {row} of column `box_max_force` has {found} entries, not {n}"
            )));
        }
        Ok((0..n)
            .map(|i| BoxSpec {
                id: self.box_id[row][i].to_owned(),
                size: sizes[i],
                pose: poses[i],
                mass: masses[i],
                friction: frictions[i],
                com: coms[i],
                max_force_n: max_forces[i],
            })
            .collect())
    }

    fn coms(&self, row: usize, n: usize) -> Result<Vec<CenterOfMass>, DatasetError> {
        let numbers = flat::to_vectors(self.com.row(row, 3 * n)?);
        same_length(&self.com, row, self.com_law[row].len(), n)?;
        let com = |(law, v): (&&str, Vec3)| match *law {
            "known" => Ok(CenterOfMass::Known(v)),
            "normal" => Ok(CenterOfMass::Normal { std: v.x }),
            other => Err(self
                .com
                .wrong(row, &format!("has the unknown law `{other}`"))),
        };
        self.com_law[row].iter().zip(numbers).map(com).collect()
    }

    fn robot(&self, row: usize) -> Result<Robot, DatasetError> {
        let home =
            flat::one_pose(&self.home, row)?.ok_or_else(|| self.home.wrong(row, "is null"))?;
        let reach = match self.reach.open_row(row)? {
            None => None,
            Some(&[x, y, z, max]) => Some(Reach {
                base: Vec3::new(x, y, z),
                max,
            }),
            Some(_) => return Err(self.reach.wrong(row, "has not four numbers")),
        };
        let kinds = &self.gripper_kind[row];
        let numbers = self.gripper.row(row, 6 * kinds.len())?.chunks_exact(6);
        let gripper = |(kind, n): (&&str, &[f64])| match *kind {
            "suction" => Ok(Gripper::Suction {
                cup_radius: n[0],
                max_pull: n[1],
                max_shear: n[2],
                max_moment: n[3],
            }),
            "parallel_jaw" => Ok(Gripper::ParallelJaw {
                max_opening: n[0],
                max_force: n[1],
                finger: Vec3::new(n[2], n[3], n[4]),
                pad_friction: n[5],
            }),
            other => Err(self
                .gripper
                .wrong(row, &format!("is of the unknown kind `{other}`"))),
        };
        Ok(Robot {
            home,
            max_hand_force: self.max_hand_force[row],
            grippers: kinds
                .iter()
                .zip(numbers)
                .map(gripper)
                .collect::<Result<_, _>>()?,
            reach,
        })
    }

    pub fn draw(&self, row: usize) -> Result<Draw, DatasetError> {
        let n = self.boxes(row);
        let poses = self.draw_pose.row(row, n)?;
        let masses = self.draw_mass.row(row, n)?;
        let frictions = self.draw_friction.row(row, n)?;
        let coms = flat::to_vectors(self.draw_com.row(row, 3 * n)?);
        let boxes = (0..n)
            .map(|i| DrawnBox {
                pose: poses[i],
                mass: masses[i],
                friction: frictions[i],
                com: coms[i],
            })
            .collect();
        Ok(Draw { boxes })
    }
}
