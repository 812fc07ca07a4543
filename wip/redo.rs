use serde_json::{Value, json};
use std::collections::HashMap;
use std::sync::atomic::AtomicBool;
use std::sync::{Arc, Mutex};
use topple::dataset::{Dataset, Episode, EpisodeSource, SourceError, generate};
use topple::sandbox::{self, Extent, Recording};
use topple::scene::Gripper;
struct Old {
    set: Dataset,
    config: Value,
    seed: u64,
    cache: Mutex<HashMap<u64, Arc<Vec<Episode>>>>,
}
impl Old {
    fn file(&self, n: u64) -> Arc<Vec<Episode>> {
        let mut cache = self.cache.lock().unwrap();
        if cache.len() > 8 {
            let least = *cache.keys().min().unwrap();
            if least < n {
                cache.remove(&least);
            }
        }
        cache
            .entry(n)
            .or_insert_with(|| Arc::new(self.set.read_file(n as usize).unwrap()))
            .clone()
    }
}
impl EpisodeSource for Old {
    fn config_json(&self) -> Value {
        self.config.clone()
    }
    fn seed(&self) -> u64 {
        self.seed
    }
    fn episodes_per_stack(&self) -> u64 {
        8
    }
    fn stack(&self, stack: u64) -> Result<Vec<Episode>, SourceError> {
        let file = self.file(stack / 16);
        file.iter()
            .filter(|e| e.stack == stack)
            .map(|e| {
                let mut e = e.clone();
                let cup = e.action.grasp().is_some_and(|g| {
                    matches!(
                        e.workcell.robot.grippers[g.gripper],
                        Gripper::Suction { .. }
                    )
                });
                if cup {
                    let world = sandbox::settled(&e.workcell, &e.draw, 1)?;
                    e.rollout = sandbox::run(
                        &e.workcell,
                        &world,
                        &e.action,
                        Extent::Whole,
                        Recording::Strides,
                    )?;
                }
                Ok(e)
            })
            .collect()
    }
}
fn main() {
    let a: Vec<String> = std::env::args().collect();
    let info: Value =
        serde_json::from_slice(&std::fs::read(format!("{}/meta/info.json", a[1])).unwrap())
            .unwrap();
    let mut config = info["config"].clone();
    config["sandbox_version"] = json!(sandbox::SANDBOX_VERSION);
    let stacks = info["stacks"].as_u64().unwrap();
    let old = Old {
        set: Dataset::open(a[1].as_ref()).unwrap(),
        config,
        seed: info["seed"].as_u64().unwrap(),
        cache: Mutex::new(HashMap::new()),
    };
    let report = generate(
        &old,
        a[2].as_ref(),
        stacks,
        2,
        None,
        &AtomicBool::new(false),
        |p| {
            if p.made % 2000 < 8 {
                eprintln!("{} of {}", p.made, p.total)
            }
        },
    )
    .unwrap();
    eprintln!("{report:?}");
}
