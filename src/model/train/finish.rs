//! What the members are worth after an epoch, and the model that is made of them at the end.
//!
//! Owns [`validate`] and [`finish`]: nothing here moves a weight.

use std::path::Path;

use super::super::calibration::{Calibration, Scored};
use super::super::card::{MODEL_VERSION, ModelCard, Weighed};
use super::super::checkpoint::RunState;
use super::super::config::TrainConfig;
use super::super::course::STRIDES;
use super::super::ensemble::{Ensemble, Price};
use super::super::folder::{WorldModel, hash, weights_bytes};
use super::super::normaliser::Normaliser;
use super::super::promise::Promise;
use super::super::report::{ValidationReport, WeighedReport, forecasts, judge_report, pose_report};
use super::super::samples::Sample;
use super::epoch::Member;
use super::{JUDGE_BATCH, TrainError, Trained, TrainingData};

/// Most validation episodes that an epoch is judged on, and that poses are judged on.
const JUDGED_EACH_EPOCH: usize = 8000;
const IMAGINED_EACH_EPOCH: usize = 1000;
/// The same of poses at the end.
const IMAGINED_AT_THE_END: usize = 4000;

/// What the members as they are would be worth; an error where an answer of theirs is not finite.
pub(super) fn validate(
    members: &[Member],
    normaliser: &Normaliser,
    data: &TrainingData,
) -> Result<ValidationReport, TrainError> {
    let ensemble = Ensemble {
        members: members.iter().map(|m| m.network.clone()).collect(),
        normaliser: normaliser.clone(),
    };
    let part = |most: usize| spread(&data.validation, most);
    let judged = part(JUDGED_EACH_EPOCH);
    let mut report = judge_report(&score(&ensemble, &judged, Price::Screening)?, None);
    let weighed = score(&ensemble, &judged, Price::Imagining)?;
    report.weighed = Some(WeighedReport::new(&weighed, None));
    report.poses = pose_report(&ensemble, &part(IMAGINED_EACH_EPOCH), JUDGE_BATCH)?;
    Ok(report)
}

/// At most `most` of the samples, evenly spread: of several data sets each has its share.
fn spread<T>(samples: &[T], most: usize) -> Vec<&T> {
    let count = samples.len().min(most);
    let chosen = (0..count).map(|i| &samples[i * samples.len() / count]);
    chosen.collect()
}

/// [`Ensemble::score`] in two halves on two threads: the answers do not depend on it. An error where one is not finite:
/// finite weights can be too large to judge by.
fn score(
    ensemble: &Ensemble,
    samples: &[&Sample],
    price: Price,
) -> Result<Vec<Scored>, TrainError> {
    // Cut between batches, so that no batch changes its contents.
    let cut = samples.len() / 2 / JUDGE_BATCH * JUDGE_BATCH;
    let (first, second) = samples.split_at(cut);
    let (first, second) = rayon::join(
        || ensemble.score(first, price, JUDGE_BATCH),
        || ensemble.score(second, price, JUDGE_BATCH),
    );
    let mut out = first?;
    out.extend(second?);
    let is_finite = |s: &Scored| {
        s.logit.is_finite() && s.spread.is_finite() && s.kinds.iter().all(|k| k.is_finite())
    };
    if !out.iter().all(is_finite) {
        return Err(candle_core::Error::Msg("what it judges is not finite".into()).into());
    }
    Ok(out)
}

/// The best weights, calibrated and measured, as a model in `folder`.
pub(super) fn finish(
    folder: &Path,
    state: &RunState,
    members: &mut [Member],
    normaliser: Normaliser,
    data: &TrainingData,
    config: &TrainConfig,
) -> Result<Trained, TrainError> {
    let epoch = state.best.map_or(0, |(epoch, _)| epoch);
    let normaliser = match &data.warm_start {
        // Its weights never followed what is new here.
        Some(model) if epoch == 0 => model.card.normaliser.clone(),
        _ => normaliser,
    };
    for member in members.iter_mut() {
        member.parameters.set(&member.best)?;
    }
    let ensemble = Ensemble {
        members: members.iter().map(|m| m.network.clone()).collect(),
        normaliser: normaliser.clone(),
    };
    let all = |samples| spread(samples, usize::MAX);
    let validation = score(&ensemble, &all(&data.validation), Price::Screening)?;
    let fit = |price, validation: &[Scored]| {
        let kept_apart = score(&ensemble, &all(&data.calibration), price)?;
        Ok::<_, TrainError>(Weighed {
            calibration: Calibration::fit(validation, &kept_apart),
            promise: Promise::test(validation, &kept_apart, config.seed),
        })
    };
    let Weighed {
        calibration,
        promise,
    } = match &data.warm_start {
        Some(model) if config.keep_judgement => Weighed {
            calibration: model.card.calibration.clone(),
            promise: model.card.promise,
        },
        _ => fit(Price::Screening, &validation)?,
    };
    let imagined = score(&ensemble, &all(&data.validation), Price::Imagining)?;
    let weighed = fit(Price::Imagining, &imagined)?;
    let mut report = judge_report(&validation, Some(&calibration));
    report.weighed = Some(WeighedReport::new(&imagined, Some(&weighed.calibration)));
    let part = spread(&data.validation, IMAGINED_AT_THE_END);
    report.poses = pose_report(&ensemble, &part, JUDGE_BATCH)?;
    let best: Vec<Vec<Vec<f32>>> = members.iter().map(|m| m.best.clone()).collect();
    let weights = weights_bytes(&members[0].parameters, &best)?;
    let card = ModelCard {
        version: MODEL_VERSION,
        program: concat!("topple ", env!("CARGO_PKG_VERSION")).into(),
        architecture: config.architecture(),
        members: config.members,
        stride_s: crate::rollout::STRIDE_S,
        strides: STRIDES,
        weights_hash: hash(&weights),
        data: data.source.clone(),
        ancestors: data
            .warm_start
            .as_ref()
            .map_or_else(Vec::new, |m| m.card.line()),
        config: state.config.clone(),
        epoch,
        validation: report,
        calibration,
        promise,
        weighed: Some(weighed),
        normaliser,
    };
    WorldModel::save(folder, &card, &weights)?;
    let forecasts = forecasts(&imagined, Some(card.calibration_at(Price::Imagining)));
    Ok(Trained { card, forecasts })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn of_several_sets_one_after_the_other_each_has_its_share_of_what_is_judged() {
        let samples: Vec<usize> = (0..1000).collect();
        let judged = spread(&samples, 80);
        assert_eq!(judged.len(), 80);
        let of_the_last_tenth = judged.iter().filter(|n| ***n >= 900).count();
        assert_eq!(of_the_last_tenth, 8);
        assert!(judged.is_sorted_by(|a, b| a < b));
        assert!(spread(&samples, usize::MAX).into_iter().eq(&samples));
        assert!(spread::<usize>(&[], 5).is_empty());
    }
}
