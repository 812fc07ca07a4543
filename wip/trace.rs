use topple::dataset::Dataset;
use topple::model::features::Encoder;
use topple::scene::{CenterOfMass, Quantity};
fn main() {
    let a: Vec<String> = std::env::args().collect();
    let set = Dataset::open(a[1].as_ref()).unwrap();
    let idx: u64 = a[2].parse().unwrap();
    let truth = a.get(3).map_or(true, |x| x == "1");
    for n in 0..set.file_count() {
        for e in set.read_file(n).unwrap() {
            if u64::from(e.index) != idx { continue }
            let mut e = e.clone();
            if truth {
            for (spec, d) in e.workcell.scene.boxes.iter_mut().zip(&e.draw.boxes) {
                spec.pose = d.pose;
                spec.mass = Quantity::Known(d.mass);
                spec.friction = Quantity::Known(d.friction);
                spec.com = CenterOfMass::Known(d.com);
            }}
            println!("{} target {} {:?}", e.family, e.action.box_index(), e.rollout.accidents);
            for (i, (s, d)) in e.workcell.scene.boxes.iter().zip(&e.draw.boxes).enumerate() {
                let p = s.pose.translation.vector; let q = s.pose.rotation;
                let up = q * topple::pose::Vec3::z();
                println!("{i}: at ({:.3},{:.3},{:.3}) size {:?} yaw {:.0} axis_z ({:.3},{:.3},{:.3}) m{:.2} mu{:.2} com ({:.3},{:.3},{:.3}) limit {:?}", p.x,p.y,p.z, s.size, q.euler_angles().2.to_degrees(), up.x,up.y,up.z, d.mass, d.friction, d.com.x,d.com.y,d.com.z, s.max_force_n);
            }
            let enc = Encoder::new(&e.workcell);
            let c = enc.carry_out(&e.action, 14).unwrap();
            for (k, way) in c.ways.iter().enumerate() {
                let f = e.rollout.frames.get(k+1);
                println!("stride {k}: tumble {} | sandbox {}", way.iter().map(|g| format!("{:.0}/{:.2}", g.moved.norm()*1e3, g.turned.norm())).collect::<Vec<_>>().join(" "),
                  f.map_or(String::new(), |f| f.boxes.iter().zip(&e.rollout.reference).map(|(b,r)| format!("{:.0}/{:.2}", (b.pose.translation.vector-r.translation.vector).norm()*1e3, b.pose.rotation.angle_to(&r.rotation))).collect::<Vec<_>>().join(" ")));
            }
            println!("toll {:?}", c.toll.boxes.iter().map(|b| format!("{:.0}mm {:.2} {:.0}N", b.farthest*1e3, b.tilted, b.pressed)).collect::<Vec<_>>());
            return;
        }
    }
}
