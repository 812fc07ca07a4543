//! Training runs small enough for a test, and what looks on.

use std::path::Path;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering};

use topple::model::{
    EpochLog, ModelCard, Observer, Start, TrainConfig, TrainError, Trained, TrainingData, train,
};
use topple::plots;

pub fn small(epochs: usize) -> TrainConfig {
    TrainConfig {
        epochs,
        width: 16,
        rounds: 2,
        members: 2,
        batch: 32,
        dropout: 0.1,
        ..TrainConfig::default()
    }
}

pub struct Silent;

impl Observer for Silent {
    fn batch(&self, _: usize, _: usize, _: usize, _: f64) {}
    fn epoch(&self, _: &EpochLog) {}
}

/// Presses Ctrl-C in the middle of the second epoch, and keeps what it was told.
pub struct Impatient<'a> {
    pub stop: &'a AtomicBool,
    pub told: Mutex<Vec<EpochLog>>,
}

impl<'a> Impatient<'a> {
    pub fn new(stop: &'a AtomicBool) -> Self {
        let told = Mutex::default();
        Self { stop, told }
    }
}

impl Observer for Impatient<'_> {
    fn batch(&self, epoch: usize, done: usize, _: usize, _: f64) {
        if epoch == 2 && done == 3 {
            self.stop.store(true, Ordering::Relaxed);
        }
    }
    fn epoch(&self, log: &EpochLog) {
        self.told.lock().unwrap().push(log.clone());
    }
}

pub fn run(data: &TrainingData, config: &TrainConfig, folder: &Path) -> ModelCard {
    let go_on = AtomicBool::new(false);
    train(data, config, folder, Start::Fresh, &go_on, &Silent)
        .expect("it trains")
        .card
}

/// Goes on with a run that nobody stops.
pub fn resume(
    data: &TrainingData,
    config: &TrainConfig,
    folder: &Path,
) -> Result<Trained, TrainError> {
    let go_on = AtomicBool::new(false);
    train(data, config, folder, Start::Resume, &go_on, &Silent)
}

/// Follows the log as the command does.
pub struct Follower<'a>(pub &'a Path);

impl Observer for Follower<'_> {
    fn batch(&self, _: usize, _: usize, _: usize, _: f64) {}
    fn epoch(&self, _: &EpochLog) {
        plots::follow(self.0).unwrap();
    }
}

/// All files of a run's plots and events, by name.
pub fn drawn(files: &[std::path::PathBuf]) -> Vec<(String, Vec<u8>)> {
    let name = |p: &Path| p.file_name().unwrap().to_string_lossy().into_owned();
    files
        .iter()
        .map(|p| (name(p), std::fs::read(p).unwrap()))
        .collect()
}

pub fn weights(folder: &Path) -> Vec<u8> {
    std::fs::read(folder.join("model.safetensors")).unwrap()
}
