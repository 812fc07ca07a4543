use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use std::ops::ControlFlow;
use std::path::Path;
use topple::eval::choices::Choices;
use topple::eval::suite::{Split, Suite};
use topple::grasp::compliance::cup_compliance;
use topple::scene::{Gripper, Quantity};
const SUBSTEP_S: f64 = 1.0 / (4.0 * 240.0);
// takes cases out of stored ceilings that may have changed: v6 v7 new
fn main() {
    let a: Vec<String> = std::env::args().collect();
    for (split, from, version) in [
        (Split::Standard, 2, 7),
        (Split::Real, 1, 6),
        (Split::Hard, 1, 6),
    ] {
        let name = format!("ceiling-{}-20260101.json", split.name());
        let old: Value =
            serde_json::from_slice(&std::fs::read(format!("{}/{name}", a[from])).unwrap()).unwrap();
        let keys: Vec<String> = old["cases"]
            .as_array()
            .unwrap()
            .iter()
            .map(|v| v.as_str().unwrap().to_owned())
            .collect();
        let suite = Suite {
            split,
            seed: 20260101,
        };
        let choices = match split {
            Split::Hard => Choices::stored_in(Path::new(&a[3]), "hard", 20260101).unwrap(),
            _ => Choices::of_this_run(),
        };
        let cases = suite
            .cases(2000, &choices, |n| {
                choices.store().unwrap();
                eprintln!("{} {n}", split.name());
                ControlFlow::Continue(())
            })
            .unwrap();
        choices.store().unwrap();
        let mut kept = (Vec::new(), Vec::new());
        let (mut touched, mut found) = (0, 0);
        for case in &cases {
            let hash: String = Sha256::digest(format!("{case:?}"))[..8]
                .iter()
                .map(|b| format!("{b:02x}"))
                .collect();
            let changes = case.action.grasp().is_some_and(|g| {
                let Gripper::Suction {
                    max_pull,
                    max_shear,
                    max_moment,
                    ..
                } = case.workcell.robot.grippers[g.gripper]
                else {
                    return false;
                };
                let gives = cup_compliance(max_pull, max_shear, max_moment);
                let low = match case.workcell.scene.boxes[case.action.box_index()].mass {
                    Quantity::Known(m) => m,
                    Quantity::Normal { mean, std } => (mean - 3.01 * std).max(1e-3),
                    Quantity::Uniform { min, .. } => min,
                };
                version == 6 || gives.linear.1 * SUBSTEP_S / low > 1.35
            });
            touched += usize::from(changes);
            if let Some(k) = keys.iter().position(|k| *k == hash) {
                found += 1;
                if !changes {
                    kept.0.push(keys[k].clone());
                    kept.1.push(old["accidents"][k].clone());
                }
            }
        }
        println!(
            "{}: {} stored, {} cases, {} found, {} may have changed, {} kept",
            split.name(),
            keys.len(),
            cases.len(),
            found,
            touched,
            kept.0.len()
        );
        let mut new = old.clone();
        new["sandbox_version"] = json!(8);
        new["cases"] = json!(kept.0);
        new["accidents"] = json!(kept.1);
        std::fs::write(
            format!("{}/{name}", a[3]),
            serde_json::to_vec(&new).unwrap(),
        )
        .unwrap();
    }
}
