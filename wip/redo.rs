use serde_json::{Value, json};
use std::collections::HashMap;
use std::sync::atomic::AtomicBool;
use std::sync::{Arc, Mutex};
use topple::dataset::{Dataset, Episode, EpisodeSource, SourceError, generate};
use topple::grasp::compliance::cup_compliance;
use topple::sandbox::{self, Extent, Recording};
use topple::scene::Gripper;
static COUNTS: Mutex<[[usize; 2]; 3]> = Mutex::new([[0; 2]; 3]);
const SUBSTEP_S: f64 = 1.0 / (4.0 * 240.0);
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
                let target = e.action.box_index();
                let light = cup && {
                    let g = e.action.grasp().map(|g| g.gripper).unwrap_or(0);
                    let Gripper::Suction { max_pull, max_shear, max_moment, .. } = e.workcell.robot.grippers[g] else {
                        unreachable!()
                    };
                    let gives = cup_compliance(max_pull, max_shear, max_moment);
                    // A margin of a tenth under the sandbox's own limit of 1.5.
                    gives.linear.1 * SUBSTEP_S / e.draw.boxes[target].mass > 1.35
                };
                let probe = cup && stack % 97 == 0;
                if light || probe {
                    let world = sandbox::settled(&e.workcell, &e.draw, 1)?;
                    let before = e.rollout.clone();
                    e.rollout = sandbox::run(
                        &e.workcell,
                        &world,
                        &e.action,
                        Extent::Whole,
                        Recording::Strides,
                    )?;
                    let same = e.rollout.is_safe() == before.is_safe() && e.rollout.path_length == before.path_length;
                    let mut n = COUNTS.lock().unwrap();
                    n[usize::from(!light)][usize::from(!same)] += 1;
                    n[2][0] += usize::from(e.rollout.is_safe() != before.is_safe());
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
    eprintln!("{report:?} light same/other, heavy probes same/other, labels changed: {:?}", COUNTS.lock().unwrap());
}
