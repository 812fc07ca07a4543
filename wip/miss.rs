use rayon::prelude::*;
use topple::dataset::Dataset;
use topple::model::features::Encoder;
use topple::rollout::Action;
use topple::scene::{CenterOfMass, Gripper, Quantity};
// set files skip truth
fn main() {
    let a: Vec<String> = std::env::args().collect();
    let set = Dataset::open(a[1].as_ref()).unwrap();
    let files: usize = a[2].parse().unwrap();
    let skip: usize = a[3].parse().unwrap();
    let truth = a[4] == "1";
    let every: usize = a[5].parse().unwrap();
    let (m, only) = (
        a.get(6).map_or(0usize, |x| x.parse().unwrap()),
        a.get(7).map_or(9usize, |x| x.parse().unwrap()),
    );
    let _ = m;
    for n in skip..(skip + files).min(set.file_count()) {
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
                if only != 9 && only != kind {
                    return None;
                }
                let mut e = e.clone();
                if truth {
                    for (spec, d) in e.workcell.scene.boxes.iter_mut().zip(&e.draw.boxes) {
                        spec.pose = d.pose;
                        spec.mass = Quantity::Known(d.mass);
                        spec.friction = Quantity::Known(d.friction);
                        spec.com = CenterOfMass::Known(d.com);
                    }
                }
                let e = &e;
                let enc = Encoder::new(&e.workcell);
                let toll = enc.carry_out(&e.action, 10)?.toll;
                let target = e.action.box_index();
                let jaw = e.action.grasp().is_some_and(|g| {
                    matches!(
                        e.workcell.robot.grippers[g.gripper],
                        Gripper::ParallelJaw { .. }
                    )
                });
                let s = &e.workcell.safety;
                let nb = e.workcell.scene.boxes.len();
                let b = &toll.boxes[..nb];
                let exempt = |i: usize| i == target && kind == 0;
                let ratio = |f: &dyn Fn(usize) -> f64| {
                    (0..nb).filter(|&i| !exempt(i)).map(f).fold(0.0, f64::max)
                };
                let far = ratio(&|i| b[i].farthest / s.max_displacement);
                let tilt = ratio(&|i| b[i].tilted / s.max_tilt);
                let far_t = b[target].farthest / s.max_displacement;
                let far_o = (0..nb)
                    .filter(|&i| i != target)
                    .map(|i| b[i].farthest / s.max_displacement)
                    .fold(0.0, f64::max);
                let pressed = (0..nb)
                    .filter_map(|i| {
                        e.workcell.scene.boxes[i]
                            .max_force_n
                            .map(|f| b[i].pressed / f)
                    })
                    .fold(0.0, f64::max);
                let y = e.rollout.by_kind().map(u8::from);
                let mut row = format!(
                    "{},{},{},{},{},{},{},{},{},{}",
                    e.index,
                    kind,
                    u8::from(jaw),
                    e.family,
                    nb,
                    y[0],
                    y[1],
                    y[2],
                    y[3],
                    y[4]
                );
                for c in [
                    far,
                    tilt,
                    f64::from(u8::from(toll.grip.is_lost || toll.grip.is_unclear)),
                    pressed,
                    toll.strike / s.max_strike_force,
                    far_t,
                    far_o,
                    toll.grip.share,
                    toll.grip.slip,
                ] {
                    row += &format!(",{c:.4}");
                }
                Some(row)
            })
            .collect();
        for r in &rows {
            println!("{r}");
        }
    }
}
