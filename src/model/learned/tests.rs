//! What is told of an action by a model that learned nothing, or whose weights judge nothing.

use candle_core::Device;

use super::*;
use crate::dynamics::BoxFate;
use crate::model::calibration::Calibration;
use crate::model::card::{DataSource, MODEL_VERSION, ModelCard, Weighed};
use crate::model::config::TrainConfig;
use crate::model::ensemble::Ensemble;
use crate::model::features::{ACTION_FEATURES, MAX_NODES, SAFETY_AT};
use crate::model::fixture_scenes::{box_at, scene_of, workcell_of};
use crate::model::network::{Architecture, Network};
use crate::model::normaliser::Normaliser;
use crate::model::report::ValidationReport;
use crate::pose::Vec3;
use crate::rollout::AccidentKind;

/// A model of one small network that learned nothing; `weight` is set for every number of it where there is one.
fn model(weight: Option<f32>) -> LearnedDynamics {
    let architecture = Architecture {
        width: 16,
        rounds: 2,
    };
    let (network, parameters) = Network::new(architecture, 3, &Device::Cpu).unwrap();
    if let Some(weight) = weight {
        let mut weights = parameters.numbers().unwrap();
        weights.iter_mut().for_each(|table| table.fill(weight));
        parameters.set(&weights).unwrap();
    }
    let normaliser = Normaliser::measure(std::iter::empty());
    let card = ModelCard {
        version: MODEL_VERSION,
        program: String::new(),
        architecture,
        members: 1,
        stride_s: STRIDE_S,
        strides: STRIDES,
        weights_hash: String::new(),
        data: DataSource::default(),
        ancestors: Vec::new(),
        config: TrainConfig::default(),
        epoch: 1,
        validation: ValidationReport::default(),
        calibration: Calibration::fit(&[], &[]),
        promise: None,
        weighed: Some(Weighed {
            calibration: Calibration::fit(&[], &[]),
            promise: None,
        }),
        normaliser: normaliser.clone(),
    };
    let ensemble = Ensemble {
        members: vec![network],
        normaliser,
    };
    LearnedDynamics::new(WorldModel { card, ensemble })
}

/// So many boxes side by side, and last one that stands alone.
fn row(count: usize) -> Workcell {
    let at = |i: usize| [0.2 * i as f64, 0.0, 0.1];
    let row = (0..count).map(|i| box_at(&format!("b{i}"), [0.2; 3], at(i), 1.0));
    let alone = box_at("alone", [0.2; 3], [0.0, 5.0, 0.1], 1.0);
    workcell_of(scene_of(row.chain([alone]).collect()))
}

fn nudge() -> Action {
    Action::Nudge {
        box_index: 0,
        by: Vec3::new(0.0, 0.05, 0.0),
    }
}

#[test]
fn weights_that_are_too_large_to_judge_by_are_a_failure_and_no_risk() {
    let workcell = row(2);
    let told = |weight| {
        let model = model(weight);
        let scene = model.believe(&workcell, 0).unwrap();
        let risk = scene.screen(&[nudge()]).remove(0);
        (risk, scene.imagine(&[nudge()], STRIDES).remove(0))
    };
    let (risk, imagined) = told(None);
    assert!(risk.is_ok() && imagined.is_ok());
    let (risk, imagined) = told(Some(f32::MAX));
    assert_eq!(risk, Err(PredictionFailure::NotFinite));
    assert_eq!(imagined, Err(PredictionFailure::NotFinite));
}

#[test]
fn a_box_that_the_network_has_no_room_for_is_told_what_the_risk_allows_of_it() {
    let workcell = row(MAX_NODES + 2);
    let model = model(None);
    let scene = model.believe(&workcell, 0).unwrap();
    let imagined = scene.imagine(&[nudge()], 2).remove(0).unwrap();
    let disturb = imagined.risk.by_accident[AccidentKind::Disturb.index()];
    for fate in &imagined.fates[MAX_NODES..MAX_NODES + 2] {
        assert!(fate.unseen);
        assert_eq!(
            (fate.p_moves, fate.p_falls),
            (disturb, imagined.risk.risk),
            "{fate:?}"
        );
    }
    assert_eq!(imagined.fates[MAX_NODES + 2], BoxFate::default());
}

#[test]
fn under_limits_laxer_than_were_learned_what_is_told_is_told_for_those_that_were() {
    let mut model = model(None);
    let action = &mut model.model.card.normaliser.action;
    for bounds in [&mut action.min, &mut action.max] {
        *bounds = vec![0.0; ACTION_FEATURES];
        bounds[SAFETY_AT..SAFETY_AT + 3].copy_from_slice(&[0.05, 0.26, 30.0]);
    }
    let mut workcell = row(2);
    for (asked, told) in [(0.2, 0.05), (0.03, 0.03)] {
        workcell.safety.max_displacement = asked;
        let scene = model.believe(&workcell, 0).unwrap();
        let imagined = scene.imagine(&[nudge()], 2).remove(0).unwrap();
        assert!((imagined.told_for.max_displacement - told).abs() < 1e-6);
    }
}
