use topple::dataset::Dataset;
use topple::model::features::Encoder;
use topple::rollout::{Action, AccidentKind};
use topple::scene::{CenterOfMass, Quantity};
fn main() {
    let a: Vec<String> = std::env::args().collect();
    let set = Dataset::open(a[1].as_ref()).unwrap();
    for n in 0..a[2].parse::<usize>().unwrap() {
        for e in set.read_file(n).unwrap() {
            let Action::Nudge { by, .. } = e.action else { continue };
            let mut e = e.clone();
            for (spec, d) in e.workcell.scene.boxes.iter_mut().zip(&e.draw.boxes) {
                spec.pose = d.pose;
                spec.mass = Quantity::Known(d.mass);
                spec.friction = Quantity::Known(d.friction);
                spec.com = CenterOfMass::Known(d.com);
            }
            let enc = Encoder::new(&e.workcell);
            let Some(c) = enc.carry_out(&e.action, 10) else { continue };
            let toll = c.toll;
            let nb = e.workcell.scene.boxes.len();
            let ratio: Vec<f64> = (0..nb).map(|i| e.workcell.scene.boxes[i].max_force_n.map_or(0.0, |f| toll.boxes[i].pressed / f)).collect();
            let most = ratio.iter().copied().fold(0.0, f64::max);
            let crush = e.rollout.accidents.iter().find(|x| x.kind == AccidentKind::Crush);
            if crush.is_some() == (most > 1.0) { continue }
            let t = e.action.box_index();
            match crush {
                Some(x) => {
                    let i = x.box_index;
                    println!("MISSED {} {} n{} by ({:.3},{:.3},{:.3}) target {} m{:.2} crushed {} at {:.3}s ratio there {:.2} most {:.2} limit {:.0} m{:.2} f(target) {:.2} frames {:?} end {:.3}", e.index, e.family, nb, by.x, by.y, by.z, t, e.draw.boxes[t].mass, i, x.t, ratio[i], most, e.workcell.scene.boxes[i].max_force_n.unwrap(), e.draw.boxes[i].mass, e.draw.boxes[t].friction,
                        e.rollout.frames.iter().map(|f| (f.boxes[i].force.round())).collect::<Vec<_>>(), topple::rollout::nudge_seconds(by.norm()));
                }
                None => {
                    let i = (0..nb).max_by(|&i,&j| ratio[i].total_cmp(&ratio[j])).unwrap();
                    println!("FALSE {} {} n{} by ({:.3},{:.3},{:.3}) target {} m{:.2} crushed {} ratio {:.2} limit {:.0} m{:.2} moved {:.3} tilted {:.3} frames {:?} acc {:?}", e.index, e.family, nb, by.x, by.y, by.z, t, e.draw.boxes[t].mass, i, ratio[i], e.workcell.scene.boxes[i].max_force_n.unwrap(), e.draw.boxes[i].mass, toll.boxes[i].farthest, toll.boxes[i].tilted,
                        e.rollout.frames.iter().map(|f| (f.boxes[i].force.round())).collect::<Vec<_>>(), e.rollout.by_kind());
                }
            }
        }
    }
}
