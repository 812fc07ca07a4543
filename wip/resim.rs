use rayon::prelude::*;
use topple::dataset::Dataset;
use topple::rollout::Action;
use topple::sandbox::{self, Extent, Recording};
use topple::scene::Gripper;
// set files
fn main() {
    let a: Vec<String> = std::env::args().collect();
    let set = Dataset::open(a[1].as_ref()).unwrap();
    let files: usize = a[2].parse().unwrap();
    let only: &str = &a[3]; // c cups, j jaws, n others, a all
    let every: usize = a[4].parse().unwrap();
    for n in 0..files.min(set.file_count()) {
        let eps = set.read_file(n).unwrap();
        let rows: Vec<String> = eps
            .par_iter()
            .enumerate()
            .filter_map(|(k, e)| {
                if k % every != 0 {
                    return None;
                }
                let kind = match e.action {
                    Action::Remove { .. } => 0,
                    Action::Place { .. } => 1,
                    Action::Nudge { .. } => 2,
                    _ => 3,
                };
                let tool = match e.action.grasp() {
                    Some(g) => match e.workcell.robot.grippers[g.gripper] {
                        Gripper::ParallelJaw { .. } => "j",
                        _ => "c",
                    },
                    None => "n",
                };
                if only != "a" && only != tool {
                    return None;
                }
                let world = sandbox::settled(&e.workcell, &e.draw, 1).ok()?;
                let r = sandbox::run(
                    &e.workcell,
                    &world,
                    &e.action,
                    Extent::Whole,
                    Recording::Nothing,
                )
                .ok()?;
                let t = e.action.box_index();
                let y = r.by_kind().map(u8::from);
                Some(format!(
                    "{} {} {} {} {:.3} {}{}{}{}{} {}",
                    e.index,
                    kind,
                    tool,
                    e.family,
                    e.draw.boxes[t].mass,
                    y[0],
                    y[1],
                    y[2],
                    y[3],
                    y[4],
                    e.rollout
                        .by_kind()
                        .map(|b| u8::from(b).to_string())
                        .concat()
                ))
            })
            .collect();
        for r in &rows {
            println!("{r}");
        }
    }
}
