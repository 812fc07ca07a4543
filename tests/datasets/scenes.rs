//! Data sets of scenes that somebody gives.

use std::collections::BTreeMap;
use std::path::Path;
use std::process::Output;

use serde_json::Value;
use tempfile::TempDir;
use topple::dataset::given::GivenScene;
use topple::dataset::{Dataset, Split};
use topple::scene::task;

use super::commands::{text, topple};
use super::contents;

const ORDERS: [&str; 2] = ["bed-bpp-00100001", "bed-bpp-00100408"];

/// A folder of real orders.
fn orders() -> TempDir {
    let dir = TempDir::new().unwrap();
    for order in ORDERS {
        std::fs::copy(scenario(order), dir.path().join(format!("{order}.yaml"))).unwrap();
    }
    dir
}

fn scenario(name: &str) -> std::path::PathBuf {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    root.join(format!("scenarios/{name}.yaml"))
}

fn generate(out: &Path, scenes: &[&Path], more: &[&str]) -> Output {
    let mut arguments = vec!["generate", "--out", text(out), "--episodes", "24"];
    arguments.push("--scenes");
    arguments.extend(scenes.iter().map(|s| text(s)));
    arguments.extend(more);
    topple(&arguments)
}

#[test]
fn given_scenes_make_the_same_set_however_they_are_named_and_each_is_on_one_side() {
    let (orders, dir) = (orders(), TempDir::new().unwrap());
    let at = |name: &str| dir.path().join(name);
    let [first, second] = ORDERS.map(|o| orders.path().join(format!("{o}.yaml")));
    let made = [
        generate(&at("folder"), &[orders.path()], &[]),
        generate(
            &at("files"),
            &[&second, &first, &first],
            &["--threads", "1"],
        ),
    ];
    for output in made {
        assert_eq!(output.status.code(), Some(0), "{output:?}");
    }
    assert!(contents(&at("folder")) == contents(&at("files")));

    let inspected = topple(&["inspect", text(&at("files")), "--json"]);
    let summary: Value = serde_json::from_slice(&inspected.stdout).unwrap();
    assert_eq!(summary["config"]["source"], "scenes");
    let scenes = summary["config"]["scenes"].as_array().unwrap();
    let names: Vec<_> = scenes.iter().map(|s| s["name"].clone()).collect();
    assert_eq!(names, ORDERS.map(Value::from));
    // Three stacks of eight: two of the first order, one of the second, each for what its order is for.
    let set = Dataset::open(&at("files")).unwrap();
    let given = ORDERS.map(|order| {
        let file = task::load(&scenario(order)).unwrap();
        GivenScene::new(file.name, "orders".into(), file.workcell)
    });
    let wanted = [0, 1, 0].map(|order: usize| given[order].split());
    assert_eq!([0, 1, 2].map(|stack| set.split_of(stack)), wanted);
    let mut splits: BTreeMap<&str, u64> = BTreeMap::new();
    for split in wanted {
        let name = match split {
            Split::Train => "train",
            Split::Validation => "validation",
            Split::Calibration => "calibration",
        };
        *splits.entry(name).or_default() += 8;
    }
    assert_eq!(summary["splits"], serde_json::json!(splits));
    let packings = scenes.iter().map(|s| s["packing"].as_str().unwrap());
    assert!(packings.eq(set.packings().unwrap()));
    let told = topple(&["inspect", text(&at("files"))]);
    assert!(String::from_utf8_lossy(&told.stdout).contains("\"scenes\":2"));
}

#[test]
fn a_set_of_one_scene_is_not_gone_on_with_by_another() {
    let (orders, dir) = (orders(), TempDir::new().unwrap());
    let [first, second] = ORDERS.map(|o| orders.path().join(format!("{o}.yaml")));
    let out = dir.path().join("set");
    assert_eq!(generate(&out, &[&first], &[]).status.code(), Some(0));
    let other = generate(&out, &[&second], &[]);
    assert_eq!(other.status.code(), Some(2));
    let said = String::from_utf8_lossy(&other.stderr).into_owned();
    // The end of each name: lines are broken at hyphens.
    let numbers = ["00100001", "00100408"];
    assert!(numbers.iter().all(|n| said.contains(n)), "{said}");
}

#[test]
fn what_is_no_standing_scene_is_refused_before_anything_is_written() {
    let (orders, dir) = (orders(), TempDir::new().unwrap());
    let out = dir.path().join("set");
    let empty = dir.path().join("empty");
    std::fs::create_dir(&empty).unwrap();
    let leaning = orders.path().join("leaning.yaml");
    let hung = "version: 1\nname: hung\nscene:\n  boxes:\n    - {id: low, size: [0.2, 0.2, 0.2], position: [0, 0, 0.1], mass: 2}\n    - {id: high, size: [0.2, 0.2, 0.2], position: [0.15, 0, 0.3], mass: 2}\nrobot:\n  grippers:\n    - {kind: suction, cup_radius: 0.03, max_pull: 90}\n";
    std::fs::write(&leaning, hung).unwrap();
    let refusals = [
        (generate(&out, &[&empty], &[]), "holds no task file"),
        (
            generate(&out, &[&dir.path().join("none.yaml")], &[]),
            "none.yaml",
        ),
        (generate(&out, &[orders.path()], &[]), "hung"),
        (
            generate(&out, &[orders.path()], &["--max-boxes", "6"]),
            "--max-boxes",
        ),
    ];
    for (output, named) in refusals {
        assert_eq!(output.status.code(), Some(2), "{output:?}");
        let said = String::from_utf8_lossy(&output.stderr);
        assert!(said.contains(named), "{said}");
    }
    assert!(!out.exists());
}
