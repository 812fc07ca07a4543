//! What the tests of the planning commands share: a tiny scene, a folder with it, and the answer as JSON.

use std::path::PathBuf;

use assert_cmd::Command;
use serde_json::Value;

/// Two boxes on each other, a cup, and a budget of a few rollouts.
pub const SCENE: &str = "
version: 1
name: tiny
scene:
  boxes:
    - {id: low, size: [0.3, 0.3, 0.2], position: [0, 0, 0.1], mass: 1.5}
    - {id: high, size: [0.2, 0.2, 0.2], position: [0.03, 0, 0.3], mass: 1}
robot:
  home: {position: [0, 0, 0.9]}
  gripper: {kind: suction, cup_radius: 0.04, max_pull: 180, max_shear: 120}
planner: {kind: cem, screen: 8, imagine: 3, iterations: 1, elites: 2}
";

/// A folder with `task.yaml` in it, gone when dropped.
pub struct Folder(tempfile::TempDir);

impl Folder {
    pub fn with_task(task: &str) -> Self {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let text = format!("{SCENE}{task}\n");
        std::fs::write(folder.path().join("task.yaml"), text).expect("a task file");
        Self(folder)
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    pub fn topple(&self, command: &str, rest: &[&str]) -> Command {
        let mut run = Command::cargo_bin("topple").expect("the binary");
        run.arg(command).arg(self.path("task.yaml"));
        run.args(rest).args(["--dynamics", "sandbox", "--json"]);
        run
    }
}

pub fn json(output: &[u8]) -> Value {
    serde_json::from_slice(output).expect("one JSON object")
}

/// The object without what is measured.
pub fn without_times(output: &[u8]) -> Value {
    let mut object = json(output);
    object
        .as_object_mut()
        .expect("an object")
        .remove("timing_ms");
    object
}
