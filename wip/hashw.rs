use sha2::{Digest, Sha256};
use topple::dataset::Dataset;
use topple::model::features::Encoder;
fn main() {
    let a: Vec<String> = std::env::args().collect();
    let set = Dataset::open(a[1].as_ref()).unwrap();
    let mut h = Sha256::new();
    let t = std::time::Instant::now();
    let mut spent = 0.0;
    for n in 0..a[2].parse().unwrap() {
        for e in set.read_file(n).unwrap() {
            let enc = Encoder::new(&e.workcell);
            let s = std::time::Instant::now();
            if let Some(c) = enc.carry_out(&e.action, 10) {
                spent += s.elapsed().as_secs_f64();
                h.update(format!("{c:?}"));
            }
        }
    }
    println!(
        "{:x} {:.2} of {:.2} s",
        h.finalize(),
        spent,
        t.elapsed().as_secs_f64()
    );
}
