use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use std::ops::ControlFlow;
use topple::eval::suite::{Split, Suite};
use topple::scene::Gripper;
// takes the cases of cups out of stored ceilings: old new
fn main() {
    let a: Vec<String> = std::env::args().collect();
    for split in [Split::Real] {
        let name = format!("ceiling-{}-20260101.json", split.name());
        let old: Value =
            serde_json::from_slice(&std::fs::read(format!("{}/{name}", a[1])).unwrap()).unwrap();
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
        let cases = suite
            .cases(keys.len(), |_| ControlFlow::Continue(()))
            .unwrap();
        let mut kept = (Vec::new(), Vec::new());
        let mut cups = 0;
        let mut found = 0;
        for case in &cases {
            let hash: String = Sha256::digest(format!("{case:?}"))[..8]
                .iter()
                .map(|b| format!("{b:02x}"))
                .collect();
            let cup = case.action.grasp().is_some_and(|g| {
                matches!(
                    case.workcell.robot.grippers[g.gripper],
                    Gripper::Suction { .. }
                )
            });
            cups += usize::from(cup);
            if let Some(k) = keys.iter().position(|k| *k == hash) {
                found += 1;
                if !cup {
                    kept.0.push(keys[k].clone());
                    kept.1.push(old["accidents"][k].clone());
                }
            }
        }
        println!(
            "{}: {} stored, {} cases, {} found, {} of cups, {} kept",
            split.name(),
            keys.len(),
            cases.len(),
            found,
            cups,
            kept.0.len()
        );
        let mut new = old.clone();
        new["sandbox_version"] = json!(7);
        new["cases"] = json!(kept.0);
        new["accidents"] = json!(kept.1);
        std::fs::write(
            format!("{}/{name}", a[2]),
            serde_json::to_vec(&new).unwrap(),
        )
        .unwrap();
    }
}
