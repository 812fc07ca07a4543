//! What a task file holds, for `topple inspect`.
//!
//! Owns [`TaskReport`] and how it reads on a screen. Geometry alone: whether the scene stands is
//! for the sandbox to say.

use std::fmt;

use serde::Serialize;

use super::print::id_width;
use crate::scene::geometry::Obb;
use crate::scene::task::{GripperKind, SceneSource, Task, TaskFile};
use crate::scene::{BoxSpec, Safety};

/// A task file in numbers.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct TaskReport {
    /// Its name.
    pub name: String,
    /// The file that its scene comes from.
    pub scene_file: String,
    /// retrieve, clear or move; `None` for a scene alone.
    pub task: Option<&'static str>,
    /// The ids that the task names.
    pub targets: Vec<String>,
    /// How many fixtures.
    pub fixtures: usize,
    /// Each box.
    pub boxes: Vec<BoxReport>,
    /// Expected mass of all boxes, kg.
    pub mass_kg: f64,
    /// Height of the highest corner, m.
    pub top_m: f64,
    /// The kinds of grippers.
    pub grippers: Vec<&'static str>,
    /// The most that a step's risk bound may be.
    pub max_risk: f64,
    /// The most that a plan's risk bound may be.
    pub max_plan_risk: Option<f64>,
}

/// A box in numbers.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct BoxReport {
    /// Its id.
    pub id: String,
    /// Full edge lengths, m.
    pub size_m: [f64; 3],
    /// Centre, m.
    pub position_m: [f64; 3],
    /// Expected mass, kg.
    pub mass_kg: f64,
    /// Standard deviation of the mass, kg.
    pub mass_std_kg: f64,
    /// Expected friction coefficient.
    pub friction: f64,
    /// Standard deviation of the friction coefficient.
    pub friction_std: f64,
    /// What a face bears, N.
    pub max_force_n: Option<f64>,
    /// The ids of the boxes that stand on it or lean on it from above.
    pub under: Vec<String>,
}

/// What `file` holds.
pub fn report(file: &TaskFile) -> TaskReport {
    let scene = &file.workcell.scene;
    let Safety {
        max_risk,
        max_plan_risk,
        ..
    } = file.workcell.safety;
    let id = |index: &usize| scene.boxes[*index].id.clone();
    let targets = match &file.task {
        None => vec![],
        Some(Task::Retrieve { box_index } | Task::Move { box_index, .. }) => vec![id(box_index)],
        Some(Task::Clear { boxes }) => boxes.iter().map(id).collect(),
    };
    let scene_file = match &file.scene_source {
        SceneSource::Inline => &file.path,
        SceneSource::File(path) => path,
    };
    let grippers = file.workcell.robot.grippers.iter();
    TaskReport {
        name: file.name.clone(),
        scene_file: scene_file.display().to_string(),
        task: file.task.as_ref().map(Task::kind),
        targets,
        fixtures: scene.fixtures.len(),
        boxes: scene
            .boxes
            .iter()
            .map(|b| box_report(b, &scene.boxes))
            .collect(),
        mass_kg: scene.boxes.iter().map(|b| b.mass.mean()).sum(),
        top_m: scene.top_m(),
        grippers: grippers.map(|g| GripperKind::of(g).name()).collect(),
        max_risk,
        max_plan_risk,
    }
}

fn box_report(spec: &BoxSpec, all: &[BoxSpec]) -> BoxReport {
    let body = Obb::new(spec.size, spec.pose);
    let on_it = all.iter().filter(|other| {
        let above = other.pose.translation.z > spec.pose.translation.z;
        let other_body = Obb::new(other.size, other.pose);
        let contact = crate::scene::geometry::separation(&body, &other_body);
        // Beside it is not on it: the contact has to look up.
        other.id != spec.id && above && contact.gap < 0.005 && contact.axis.z > 0.1
    });
    BoxReport {
        id: spec.id.clone(),
        size_m: spec.size.into(),
        position_m: spec.pose.translation.vector.into(),
        mass_kg: spec.mass.mean(),
        mass_std_kg: spec.mass.std(),
        friction: spec.friction.mean(),
        friction_std: spec.friction.std(),
        max_force_n: spec.max_force_n,
        under: on_it.map(|other| other.id.clone()).collect(),
    }
}

impl fmt::Display for TaskReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let task = self.task.unwrap_or("a scene without a task");
        writeln!(f, "{}: {task} {}", self.name, self.targets.join(" "))?;
        writeln!(
            f,
            "{} boxes of {:.1} kg, {} fixtures, {:.2} m high; gripper: {}; risk limit {}",
            self.boxes.len(),
            self.mass_kg,
            self.fixtures,
            self.top_m,
            self.grippers.join(", "),
            self.max_risk,
        )?;
        let width = id_width(self.boxes.iter().map(|b| b.id.as_str()));
        writeln!(
            f,
            "{:width$}  size (m)            at (m)                 mass (kg)      friction     carries",
            "box"
        )?;
        for b in &self.boxes {
            let [sx, sy, sz] = b.size_m;
            let [x, y, z] = b.position_m;
            let mass = spread(b.mass_kg, b.mass_std_kg);
            let friction = spread(b.friction, b.friction_std);
            let id = &b.id;
            let under = b.under.join(" ");
            let line = format!(
                "{id:width$}  {sx:.3}×{sy:.3}×{sz:.3}   {x:6.3} {y:6.3} {z:6.3}   {mass:13}  {friction:11}  {under}"
            );
            writeln!(f, "{}", line.trim_end())?;
        }
        Ok(())
    }
}

fn spread(mean: f64, std: f64) -> String {
    if std == 0.0 {
        format!("{mean:.2}")
    } else {
        format!("{mean:.2} ± {std:.2}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_report_says_what_carries_what() {
        let text = "version: 1\nname: two\ntask: {kind: retrieve, box: low}\nscene:\n  boxes:\n\
            \x20   - {id: low, size: [0.2, 0.2, 0.2], position: [0, 0, 0.1], mass: 2}\n\
            \x20   - {id: beside, size: [0.2, 0.2, 0.3], position: [0.2, 0, 0.15], mass: 2}\n\
            \x20   - {id: high, size: [0.1, 0.1, 0.1], position: [0, 0, 0.25], mass: {mean: 1, std: 0.1}}\n";
        let file = crate::scene::task::parse(text, std::path::Path::new("two.yaml")).unwrap();
        let report = report(&file);
        assert_eq!(report.boxes[0].under, ["high"]);
        assert!(report.boxes[2].under.is_empty());
        assert_eq!(
            (report.task, &report.targets[..]),
            (Some("retrieve"), &["low".to_owned()][..])
        );
        assert!((report.mass_kg - 5.0).abs() < 1e-12);
        assert!(report.to_string().contains("1.00 ± 0.10"), "{report}");
    }
}
