use topple::dataset::recipe::*;
use topple::rollout::*;
use topple::scene::families::Family;
fn main() {
    let n: u64 = std::env::args().nth(1).map_or(50, |s| s.parse().unwrap());
    for fam in Family::ALL {
        let r = Recipe {
            seed: 7,
            families: vec![fam],
            boxes_max: 12,
        };
        let t = std::time::Instant::now();
        let mut acc = [0usize; 5];
        let (mut any, mut total, mut steps, mut rem, mut remacc, mut boxes, mut incomplete) =
            (0, 0, 0u64, 0, 0, 0, 0);
        let mut errs = 0;
        for s in 0..n {
            match r.episodes(s) {
                Ok(es) => {
                    for e in es {
                        total += 1;
                        boxes += e.workcell.scene.boxes.len();
                        for (k, hit) in e.rollout.by_kind().iter().enumerate() {
                            acc[k] += *hit as usize;
                        }
                        any += !e.rollout.is_safe() as usize;
                        steps += e.rollout.physics_steps;
                        if matches!(e.action, Action::Remove { .. }) {
                            rem += 1;
                            remacc += !e.rollout.is_safe() as usize;
                            incomplete += !e.rollout.completed as usize;
                        }
                    }
                }
                Err(e) => {
                    errs += 1;
                    eprintln!("{e}");
                }
            }
        }
        let d = t.elapsed().as_secs_f64();
        println!(
            "{:24} ep {total} boxes {:.1} any {:.2} kinds {:?} removes {rem} acc {:.2} incomplete {incomplete} steps/ep {} us/step {:.1} ep/s {:.1} errs {errs}",
            fam.name(),
            boxes as f64 / total as f64,
            any as f64 / total as f64,
            acc.map(|a| (100.0 * a as f64 / total as f64).round()),
            remacc as f64 / rem.max(1) as f64,
            steps / total.max(1) as u64,
            d * 1e6 / steps as f64,
            total as f64 / d
        );
    }
}
