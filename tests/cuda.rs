//! The feature `cuda`: the GPU gives the CPU's answers. Whoever asks for the feature has a device.
#![cfg(feature = "cuda")]

use candle_core::Device;
use topple::dynamics::Dynamics;
use topple::grasp::propose;
use topple::model::{DeviceChoice, LearnedDynamics, WorldModel};
use topple::motion::{self, lift_options};
use topple::rollout::Action;
use topple::scene::task;

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
            compared += 1;
        }
    }
    assert!(compared > 20, "only {compared} actions were compared");
}
