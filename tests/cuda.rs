//! The feature `cuda`: the GPU gives the CPU's answers. Whoever asks for the feature has a device.
#![cfg(feature = "cuda")]

use candle_core::Device;
use topple::dynamics::{Dynamics, Imagined};
use topple::grasp::propose;
use topple::model::{DeviceChoice, LearnedDynamics, WorldModel};
use topple::motion::{self, lift_options};
use topple::rollout::Action;
use topple::scene::task;

/// How far apart a box may be imagined, m and rad: sums in another order, far below what the model errs by.
const POSITION_M: f64 = 1e-3;
const ROTATION_RAD: f64 = 1e-2;

/// The largest distance, m, and the largest angle, rad, between two imaginations of the same action.
fn farthest(a: &Imagined, b: &Imagined) -> (f64, f64) {
    assert_eq!(a.frames.len(), b.frames.len());
    let mut worst = (0.0f64, 0.0f64);
    for (a, b) in a.frames.iter().zip(&b.frames) {
        assert_eq!((a.t, a.boxes.len()), (b.t, b.boxes.len()));
        for (a, b) in a.boxes.iter().zip(&b.boxes) {
            let metres = (a.translation.vector - b.translation.vector).norm();
            worst = (
                worst.0.max(metres),
                worst.1.max(a.rotation.angle_to(&b.rotation)),
            );
        }
    }
    worst
}

#[test]
fn the_gpu_judges_and_imagines_as_the_cpu_does() {
    let gpu = DeviceChoice::Cuda.open().expect("a CUDA device to compare");
    let on = |device: &Device| LearnedDynamics::new(WorldModel::builtin_on(device).unwrap());
    let (here, there) = (on(&Device::Cpu), on(&gpu));
    let mut compared = 0;
    for entry in std::fs::read_dir(concat!(env!("CARGO_MANIFEST_DIR"), "/scenarios")).unwrap() {
        let path = entry.unwrap().path();
        if path.extension().is_none_or(|e| e != "yaml") {
            continue;
        }
        let workcell = task::load(&path).unwrap().workcell;
        let actions: Vec<Action> = (0..workcell.scene.boxes.len())
            .filter_map(|i| propose(&workcell, i).candidates.first().copied())
            .filter_map(|grasp| {
                let lift = *lift_options(&workcell, &grasp).first()?;
                let motion = motion::remove(&workcell, &grasp, &lift).ok()?;
                Some(Action::Remove { grasp, motion })
            })
            .collect();
        let ask = |d: &LearnedDynamics| d.believe(&workcell, 0).unwrap().imagine(&actions, 10);
        for (a, b) in ask(&here).into_iter().zip(ask(&there)) {
            let (a, b) = (a.unwrap(), b.unwrap());
            assert!(
                (a.risk.risk - b.risk.risk).abs() < 1e-3,
                "{}",
                path.display()
            );
            let (metres, radians) = farthest(&a, &b);
            assert!(
                metres < POSITION_M && radians < ROTATION_RAD,
                "{}: {metres} m, {radians} rad",
                path.display()
            );
            compared += 1;
        }
    }
    assert!(compared > 20, "only {compared} actions were compared");
}
