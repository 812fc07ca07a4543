//! Task files out: YAML that a person reads and [`super::parse`] takes back.
//!
//! Owns [`to_yaml`]: one line a box, lengths to 0.1 mm, quaternions to 1e-6, everything else to
//! six significant digits. What is left at its default is left out, but for the robot and the
//! limits, which a reader wants to see.

use std::fmt::Write;

use super::{PlannerSettings, Task, TaskFile};
use crate::pose::{Pose, Quat, Vec3};
use crate::scene::{
    BoxSpec, CenterOfMass, Fixture, Gripper, PoseNoise, Quantity, Robot, Safety, Scene,
};

/// `file` as the text of a task file that opens with `comment` (its `#` signs are added).
///
/// The scene is written out, wherever it came from. A name or an id that YAML might take for
/// something else is put into quotes.
pub fn to_yaml(file: &TaskFile, comment: &str) -> String {
    let mut out = String::new();
    for line in comment.lines() {
        push(&mut out, format_args!("{}", format!("# {line}").trim_end()));
    }
    push(&mut out, format_args!("version: 1"));
    push(&mut out, format_args!("name: {}", word(&file.name)));
    scene(&mut out, &file.workcell.scene);
    robot(&mut out, &file.workcell.robot);
    if let Some(the_task) = &file.task {
        let line = task(the_task, &file.workcell.scene);
        push(&mut out, format_args!("task: {line}"));
    }
    safety(&mut out, &file.workcell.safety);
    if let Some(settings) = &file.planner {
        planner(&mut out, settings);
    }
    out
}

fn push(out: &mut String, line: std::fmt::Arguments) {
    // Writing to a String cannot fail.
    let _ = writeln!(out, "{line}");
}

fn scene(out: &mut String, scene: &Scene) {
    push(out, format_args!("scene:"));
    push(
        out,
        format_args!("  ground: {{friction: {}}}", number(scene.ground_friction)),
    );
    let PoseNoise {
        position_m,
        rotation_rad,
    } = scene.pose_noise;
    push(
        out,
        format_args!(
            "  pose_noise: {{position: {}, rotation_deg: {}}}",
            number(position_m),
            number(rotation_rad.to_degrees())
        ),
    );
    if !scene.fixtures.is_empty() {
        push(out, format_args!("  fixtures:"));
    }
    for item in &scene.fixtures {
        push(out, format_args!("    - {{{}}}", fixture(item)));
    }
    push(out, format_args!("  boxes:"));
    for item in &scene.boxes {
        push(out, format_args!("    - {{{}}}", box_line(item)));
    }
}

fn fixture(item: &Fixture) -> String {
    let body = body(&item.id, item.size, &item.pose);
    format!("{body}, friction: {}", number(item.friction))
}

fn box_line(item: &BoxSpec) -> String {
    let mut line = body(&item.id, item.size, &item.pose);
    let _ = write!(line, ", mass: {}", quantity(&item.mass));
    let _ = write!(line, ", friction: {}", quantity(&item.friction));
    match item.com {
        CenterOfMass::Known(offset) if offset == Vec3::zeros() => {}
        CenterOfMass::Known(offset) => {
            let _ = write!(line, ", com_offset: {}", lengths(offset));
        }
        CenterOfMass::Normal { std } => {
            let _ = write!(line, ", com_offset: {{std: {}}}", number(std));
        }
    }
    if let Some(force) = item.max_force_n {
        let _ = write!(line, ", max_force: {}", number(force));
    }
    line
}

fn body(id: &str, size: Vec3, pose: &Pose) -> String {
    let turn = match orientation(&pose.rotation) {
        Some(turn) => format!(", {turn}"),
        None => String::new(),
    };
    let position = lengths(pose.translation.vector);
    format!(
        "id: {}, size: {}, position: {position}{turn}",
        word(id),
        lengths(size)
    )
}

/// `yaw_deg: …` for what stands level, `rotation: …` for what leans, nothing for no turn.
fn orientation(rotation: &Quat) -> Option<String> {
    let up = rotation * Vec3::z();
    if (up - Vec3::z()).norm() < 1e-6 {
        let along = rotation * Vec3::x();
        let yaw_deg = along.y.atan2(along.x).to_degrees();
        let yaw = number(round_to(yaw_deg, 1e3));
        return (yaw != "0").then(|| format!("yaw_deg: {yaw}"));
    }
    let q = rotation.coords;
    let parts = [q.x, q.y, q.z, q.w].map(|c| number(round_to(c, 1e6)));
    Some(format!("rotation: [{}]", parts.join(", ")))
}

fn quantity(quantity: &Quantity) -> String {
    match *quantity {
        Quantity::Known(value) => number(value),
        Quantity::Normal { mean, std } => {
            format!("{{mean: {}, std: {}}}", number(mean), number(std))
        }
        Quantity::Uniform { min, max } => {
            format!("{{min: {}, max: {}}}", number(min), number(max))
        }
    }
}

fn robot(out: &mut String, robot: &Robot) {
    push(out, format_args!("robot:"));
    let position = lengths(robot.home.translation.vector);
    let turn = orientation(&(robot.home.rotation * super::palm_down().inverse()));
    let turn = match turn {
        None => String::new(),
        Some(yaw) if yaw.starts_with("yaw") => format!(", {yaw}"),
        Some(_) => format!(
            ", {}",
            orientation(&robot.home.rotation).unwrap_or_default()
        ),
    };
    push(out, format_args!("  home: {{position: {position}{turn}}}"));
    push(
        out,
        format_args!("  max_hand_force: {}", number(robot.max_hand_force)),
    );
    push(out, format_args!("  grippers:"));
    for item in &robot.grippers {
        push(out, format_args!("    - {{{}}}", gripper(item)));
    }
    if let Some(reach) = &robot.reach {
        let base = lengths(reach.base);
        push(
            out,
            format_args!("  reach: {{base: {base}, max: {}}}", number(reach.max)),
        );
    }
}

fn gripper(gripper: &Gripper) -> String {
    match *gripper {
        Gripper::Suction {
            cup_radius,
            max_pull,
            max_shear,
            max_moment,
        } => format!(
            "kind: suction, cup_radius: {}, max_pull: {}, max_shear: {}, max_moment: {}",
            number(cup_radius),
            number(max_pull),
            number(max_shear),
            number(max_moment)
        ),
        Gripper::ParallelJaw {
            max_opening,
            max_force,
            finger,
            pad_friction,
        } => format!(
            "kind: parallel_jaw, max_opening: {}, max_force: {}, finger: {}, pad_friction: {}",
            number(max_opening),
            number(max_force),
            lengths(finger),
            number(pad_friction)
        ),
    }
}

fn task(task: &Task, scene: &Scene) -> String {
    let id = |index: usize| {
        scene
            .boxes
            .get(index)
            .map_or_else(String::new, |b| word(&b.id))
    };
    match task {
        Task::Retrieve { box_index } => format!("{{kind: retrieve, box: {}}}", id(*box_index)),
        Task::Clear { boxes } if boxes.iter().copied().eq(0..scene.boxes.len()) => {
            "{kind: clear}".to_owned()
        }
        Task::Clear { boxes } => {
            let ids: Vec<String> = boxes.iter().map(|&i| id(i)).collect();
            format!("{{kind: clear, boxes: [{}]}}", ids.join(", "))
        }
        Task::Move { box_index, target } => {
            let position = lengths(target.translation.vector);
            let turn = match orientation(&target.rotation) {
                Some(turn) => format!(", {turn}"),
                None => String::new(),
            };
            let to = format!("{{position: {position}{turn}}}");
            format!("{{kind: move, box: {}, to: {to}}}", id(*box_index))
        }
    }
}

fn safety(out: &mut String, safety: &Safety) {
    let plan = match safety.max_plan_risk {
        Some(risk) => format!(", max_plan_risk: {}", number(risk)),
        None => String::new(),
    };
    push(
        out,
        format_args!(
            "safety: {{max_risk: {}{plan}, max_displacement: {}, max_tilt_deg: {}, max_strike_force: {}}}",
            number(safety.max_risk),
            number(safety.max_displacement),
            number(safety.max_tilt.to_degrees()),
            number(safety.max_strike_force)
        ),
    );
}

fn planner(out: &mut String, p: &PlannerSettings) {
    push(
        out,
        format_args!(
            "planner: {{kind: {}, horizon: {}, screen: {}, imagine: {}, iterations: {}, elites: {}}}",
            p.kind.name(),
            p.horizon,
            p.screen,
            p.imagine,
            p.iterations,
            p.elites
        ),
    );
}

/// `[x, y, z]` to 0.1 mm.
fn lengths(v: Vec3) -> String {
    let parts: [String; 3] = [v.x, v.y, v.z].map(|x| number(round_to(x, 1e4)));
    format!("[{}]", parts.join(", "))
}

fn round_to(value: f64, steps_per_unit: f64) -> f64 {
    (value * steps_per_unit).round() / steps_per_unit
}

/// `value` to six significant digits, as short as can be; never `-0`.
fn number(value: f64) -> String {
    if value == 0.0 || !value.is_finite() {
        // Neither has a logarithm. The reader refuses what is not finite, and says where it stands.
        return if value == 0.0 { "0" } else { ".nan" }.to_owned();
    }
    let digits = 5 - value.abs().log10().floor() as i32;
    let scale = 10f64.powi(digits.clamp(0, 12));
    let rounded = (value * scale).round() / scale;
    format!("{rounded}")
}

/// `text` as YAML, in quotes unless it can only be read as a word.
fn word(text: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '.');
    let starts_well = text.starts_with(|c: char| c.is_ascii_alphabetic());
    let reserved = [
        "y", "n", "yes", "no", "on", "off", "true", "false", "null", "nan", "inf",
    ];
    let is_reserved = reserved.contains(&text.to_ascii_lowercase().as_str());
    if starts_well && text.chars().all(plain) && !is_reserved {
        return text.to_owned();
    }
    serde_json::Value::from(text).to_string()
}
