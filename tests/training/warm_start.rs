//! Runs that go on from a finished model (`train --from`).

use std::sync::atomic::{AtomicBool, Ordering};

use topple::model::{
    EpochLog, Observer, Start, TrainConfig, TrainError, TrainingData, WarmStart, train,
};

use super::rule::{data, samples};
use super::runs::{Silent, run, small, weights};

/// Other episodes of the same rule, to go on with from the model in `folder`.
fn more(folder: &std::path::Path) -> TrainingData {
    let mut more = data(0);
    more.train = samples(640, 7);
    more.source.hash = "more of the rule".into();
    more.warm_start = Some(WarmStart::load(folder).unwrap());
    more
}

/// Presses Ctrl-C in the middle of the second epoch, and keeps what it was told.
struct Impatient<'a>(&'a AtomicBool, std::sync::Mutex<Vec<EpochLog>>);

impl Observer for Impatient<'_> {
    fn batch(&self, epoch: usize, done: usize, _: usize, _: f64) {
        if epoch == 2 && done == 3 {
            self.0.store(true, Ordering::Relaxed);
        }
    }
    fn epoch(&self, log: &EpochLog) {
        self.1.lock().unwrap().push(log.clone());
    }
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
    assert_eq!(card.trained_on(), old.data.train + card.data.train);
    let (of_old, of_new) = (&old.normaliser.action, &card.normaliser.action);
    assert_eq!(of_old.mean, of_new.mean);
    let wider = |k: usize| of_new.min[k] <= of_old.min[k] && of_new.max[k] >= of_old.max[k];
    assert!((0..of_old.min.len()).all(wider));

    let stop = AtomicBool::new(false);
    let seen = Impatient(&stop, Default::default());
    let first_part = train(&data, &config, broken.path(), Start::Fresh, &stop, &seen);
    assert!(matches!(first_part, Err(TrainError::Interrupted { .. })));
    let told = seen.1.into_inner().unwrap();
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
    let old = run(&data(640), &small(2), first.path());
    let wild = TrainConfig {
        lr: 0.5,
        ..small(1)
    };
    let card = run(&more(first.path()), &wild, second.path());
    assert_eq!(card.epoch, 0);
    assert_eq!(card.trained_on(), old.trained_on());
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
    assert!(matches!(refused, Err(TrainError::Unlike { width: 16, .. })));
}
