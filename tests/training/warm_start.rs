//! Runs that go on from a finished model (`train --from`).

use std::sync::atomic::{AtomicBool, Ordering};

use topple::model::folder::{hash, le_bytes, serialise};
use topple::model::{Start, TrainConfig, TrainError, TrainingData, WarmStart, train};

use super::rule::{data, samples};
use super::runs::{Impatient, Silent, resume, run, small, weights};

/// Other episodes of the same rule, to go on with from the model in `folder`.
fn more(folder: &std::path::Path) -> TrainingData {
    let mut more = data(0);
    more.train = samples(1280, 7);
    more.source.train = more.train.len();
    more.source.hash = "more of the rule".into();
    more.warm_start = Some(WarmStart::load(folder).unwrap());
    more
}

#[test]
fn a_run_goes_on_from_a_model_and_an_interrupted_one_ends_in_the_same_bits() {
    let [first, whole, broken] = [(); 3].map(|()| tempfile::tempdir().unwrap());
    let old = run(&data(640), &small(2), first.path());
    let data = more(first.path());
    let config = small(2);
    let card = run(&data, &config, whole.path());

    assert!(card.epoch > 0, "more of the rule makes no worse model");
    assert!(weights(whole.path()) != weights(first.path()));
    assert_eq!(card.ancestors.len(), 1);
    assert_eq!(card.ancestors[0].weights_hash, old.weights_hash);
    assert_eq!(card.ancestors[0].data, old.data);
    assert_eq!(card.trained_on(), 640 + 1280);
    let (of_old, of_new) = (&old.normaliser.action, &card.normaliser.action);
    assert_eq!(of_old.mean, of_new.mean);
    let columns = 0..of_old.min.len();
    let holds = |k: usize| of_new.min[k] <= of_old.min[k] && of_new.max[k] >= of_old.max[k];
    assert!(columns.clone().all(holds));
    let is_wider = |k: usize| of_new.min[k] < of_old.min[k] || of_new.max[k] > of_old.max[k];
    assert!(columns.clone().any(is_wider), "twice as many reach farther");

    let stop = AtomicBool::new(false);
    let seen = Impatient::new(&stop);
    let first_part = train(&data, &config, broken.path(), Start::Fresh, &stop, &seen);
    assert!(matches!(first_part, Err(TrainError::Interrupted { .. })));
    let told = seen.told.into_inner().unwrap();
    // Before anything is learned it is worth what the old one was, which was validated on the same episodes.
    assert_eq!((told[0].epoch, told.len()), (0, 2));
    let before = topple::model::log::read(first.path()).unwrap();
    let was = before[old.epoch - 1].validation.log_loss;
    assert!((told[0].validation.log_loss - was).abs() < 1e-12);
    assert!(told[1].validation.log_loss < told[0].validation.log_loss);

    stop.store(false, Ordering::Relaxed);
    let anew = TrainingData {
        warm_start: None,
        ..data.clone()
    };
    let other = train(&anew, &config, broken.path(), Start::Resume, &stop, &Silent);
    assert!(matches!(other, Err(TrainError::Resume(_))), "{other:?}");
    let resumed = train(&data, &config, broken.path(), Start::Resume, &stop, &Silent);
    assert_eq!(resumed.unwrap().card, card);
    assert!(weights(whole.path()) == weights(broken.path()));
    let log = |folder: &std::path::Path| topple::model::log::read(folder).unwrap().len();
    assert_eq!((log(whole.path()), log(broken.path())), (3, 3));
}

#[test]
fn where_no_epoch_is_better_the_model_that_was_gone_on_from_is_kept() {
    let [first, second] = [(); 2].map(|()| tempfile::tempdir().unwrap());
    let old = run(&data(640), &small(4), first.path());
    // The highest that there is, so that no device's rounding makes a better model of it by chance.
    let wild = TrainConfig {
        lr: 1.0,
        ..small(1)
    };
    let card = run(&more(first.path()), &wild, second.path());
    assert_eq!(card.epoch, 0);
    assert_eq!(card.trained_on(), 640);
    // What no weight followed is no more known than before.
    assert_eq!(card.normaliser, old.normaliser);
    assert!(weights(first.path()) == weights(second.path()));
}

#[test]
fn a_model_of_another_kind_is_not_gone_on_from() {
    let [first, second] = [(); 2].map(|()| tempfile::tempdir().unwrap());
    run(&data(320), &small(1), first.path());
    let wider = TrainConfig {
        width: 24,
        ..small(1)
    };
    let stop = AtomicBool::new(false);
    let data = more(first.path());
    let refused = train(&data, &wider, second.path(), Start::Fresh, &stop, &Silent);
    let Err(TrainError::Unlike(unlike)) = refused else {
        panic!("{refused:?}")
    };
    assert_eq!((unlike.of_model, unlike.wanted), (16, 24));
}

#[test]
fn a_finished_model_without_a_checkpoint_is_not_trained_over() {
    let folder = tempfile::tempdir().unwrap();
    run(&data(320), &small(1), folder.path());
    std::fs::remove_file(folder.path().join("checkpoint.safetensors")).unwrap();
    let before = weights(folder.path());
    let data = more(folder.path());
    let refused = resume(&data, &small(1), folder.path());
    assert!(matches!(refused, Err(TrainError::Finished(_))));
    assert!(weights(folder.path()) == before);
    assert_eq!(topple::model::log::read(folder.path()).unwrap().len(), 1);
}

/// The numbers of a model's variables, by name.
fn tables(folder: &std::path::Path) -> topple::model::folder::Tables {
    topple::model::folder::read_tensors(&weights(folder)).unwrap()
}

#[test]
fn an_imagination_that_learns_alone_leaves_the_judgement_and_its_limits_as_they_were() {
    let [first, second, broken] = [(); 3].map(|()| tempfile::tempdir().unwrap());
    let old = run(&data(640), &small(2), first.path());
    let alone = TrainConfig {
        keep_judgement: true,
        ..small(2)
    };
    let data = more(first.path());
    let card = run(&data, &alone, second.path());
    assert!(
        card.epoch > 0,
        "more of the rule makes no worse imagination"
    );
    assert_eq!(card.calibration, old.calibration);
    assert_eq!(card.promise, old.promise);
    assert_eq!(card.normaliser, old.normaliser);
    assert_eq!(card.trained_on(), old.trained_on());
    let (before, after) = (tables(first.path()), tables(second.path()));
    for (name, numbers) in &before {
        let is_imagining = name.contains(".imagining.");
        assert_eq!(after[name] != *numbers, is_imagining, "{name}");
    }
    let log = topple::model::log::read(second.path()).unwrap();
    let loss = |k: usize| log[k].validation.poses.loss.unwrap();
    assert!(
        loss(card.epoch) < loss(0),
        "{} {}",
        loss(card.epoch),
        loss(0)
    );

    let stop = AtomicBool::new(false);
    let seen = Impatient::new(&stop);
    let stopped = train(&data, &alone, broken.path(), Start::Fresh, &stop, &seen);
    assert!(matches!(stopped, Err(TrainError::Interrupted { .. })));
    resume(&data, &alone, broken.path()).unwrap();
    assert!(weights(second.path()) == weights(broken.path()));
}

#[test]
fn from_a_model_of_another_make_of_imagination_the_judgement_is_taken_and_nothing_else() {
    let [first, second] = [(); 2].map(|()| tempfile::tempdir().unwrap());
    run(&data(640), &small(2), first.path());
    // As one that was written before there was anything to be led by.
    let tables = age(first.path(), 9, &["stride_led", "stride_lead"]);
    assert!(topple::model::WorldModel::load(first.path()).is_err());
    let refused = stopped_at_once(&more(first.path()), &small(1), second.path());
    assert!(matches!(
        refused,
        Err(TrainError::Imagination { version: 9 })
    ));
    // So fast that nothing is learned: what was drawn at random is not kept all the same.
    let alone = TrainConfig {
        keep_judgement: true,
        lr: 1.0,
        ..small(1)
    };
    let card = run(&more(first.path()), &alone, second.path());
    assert_eq!(card.epoch, 1);
    let after = self::tables(second.path());
    for (name, numbers) in &tables {
        assert_eq!(
            after[name] != *numbers,
            name.contains(".imagining."),
            "{name}"
        );
    }
    assert!(topple::model::WorldModel::load(second.path()).is_ok());
}

#[test]
fn without_a_model_to_go_on_from_there_is_no_judgement_to_keep() {
    let folder = tempfile::tempdir().unwrap();
    let alone = TrainConfig {
        keep_judgement: true,
        ..small(1)
    };
    let refused = stopped_at_once(&data(320), &alone, folder.path());
    assert!(matches!(refused, Err(TrainError::NothingToKeep)));
}

#[test]
fn from_a_model_whose_risk_was_weighed_otherwise_both_halves_are_taken_and_weighing_is_learned_anew()
 {
    let [first, second] = [(); 2].map(|()| tempfile::tempdir().unwrap());
    let old = run(&data(640), &small(1), first.path());
    let log = topple::model::log::read(first.path()).unwrap();
    let was = log[old.epoch - 1].validation.poses.loss.unwrap();
    // Its variables had other names.
    let tables = age(first.path(), 12, &["weigh.round", "weigh.told"]);
    assert!(topple::model::WorldModel::load(first.path()).is_err());
    let alone = TrainConfig {
        keep_judgement: true,
        ..small(1)
    };
    let card = run(&more(first.path()), &alone, second.path());
    assert!(card.epoch > 0, "one that nothing weighs is no model's");
    let log = topple::model::log::read(second.path()).unwrap();
    let before = log[0].validation.poses.loss.unwrap();
    assert!((before - was).abs() < 1e-9, "{before} {was}");
    let after = self::tables(second.path());
    for (name, numbers) in &tables {
        let is_judging = !name.contains(".imagining.");
        assert_eq!(after[name] == *numbers, is_judging, "{name}");
    }
    assert!(after.len() > tables.len());
    assert!(topple::model::WorldModel::load(second.path()).is_ok());
}

/// Has the model in `folder` be one of an older version, without the variables of which a name has one of `parts` in it.
/// Returns what is left of its numbers.
fn age(folder: &std::path::Path, version: u32, parts: &[&str]) -> topple::model::folder::Tables {
    let card = folder.join("model.json");
    let text = std::fs::read_to_string(&card).unwrap();
    let now = format!("\"version\": {}", topple::model::card::MODEL_VERSION);
    let text = text.replacen(&now, &format!("\"version\": {version}"), 1);
    let mut tables = tables(folder);
    tables.retain(|name, _| !parts.iter().any(|part| name.contains(part)));
    let entries = tables
        .iter()
        .map(|(name, table)| (name.clone(), vec![table.len()], le_bytes(table)));
    let bytes = serialise(entries.collect(), None).unwrap();
    let text = text.replacen(&hash(&weights(folder)), &hash(&bytes), 1);
    std::fs::write(folder.join("model.safetensors"), bytes).unwrap();
    std::fs::write(&card, text).unwrap();
    tables
}

/// What a run says that nobody would let go on.
fn stopped_at_once(
    data: &TrainingData,
    config: &TrainConfig,
    folder: &std::path::Path,
) -> Result<topple::model::Trained, TrainError> {
    let stop = AtomicBool::new(true);
    train(data, config, folder, Start::Fresh, &stop, &Silent)
}
