//! What a training run is told: one validated struct behind the flags and the YAML file.

use serde::{Deserialize, Serialize};

use super::device::DeviceChoice;
use super::network::Architecture;

/// The knobs of a training run.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct TrainConfig {
    /// Passes over the training split. Default 16; the learning rate's cosine spans them all, so a
    /// run of few epochs is a whole run, only shorter.
    pub epochs: usize,
    /// Width of every latent. Default 64; the time of a pass grows with its square.
    pub width: usize,
    /// Rounds of messages. Default 3: a consequence reaches that many boxes far.
    pub rounds: usize,
    /// Members of the ensemble. Default 3; time grows in proportion, and two already disagree.
    pub members: usize,
    /// Actions in one gradient step. Default 64; larger is faster a pass and needs more passes.
    pub batch: usize,
    /// Peak learning rate. Default 0.002.
    pub lr: f64,
    /// Weight decay, in shares of the learning rate. Default 0.01.
    pub weight_decay: f64,
    /// Tellings of each training episode: the recorded one, and others with the noise of another look
    /// at the same scene. Default 2; each takes as much memory as the first.
    pub tellings: usize,
    /// Share of latents left out while training. Default 0, as the default model was trained; 0.1
    /// is meant against learning by heart, which shows after five passes over 41 000 episodes.
    pub dropout: f64,
    /// The imagination learns from every n-th batch. Default 4; 1 is best for it, and dearest.
    pub imagine_every: usize,
    /// Whether only the imagination learns. Default false. The judgement, and what was calibrated and certified of it,
    /// stay those of the model that the run goes on from.
    pub keep_judgement: bool,
    /// Seed of weights and order. Default 1. Any number of threads gives the same weights.
    pub seed: u64,
    /// Members that train at once. Default 0: as many as the machine has cores.
    pub threads: usize,
    /// Where it computes. Default auto: the GPU where there is one. A finished model names the kind.
    pub device: DeviceChoice,
}

impl Default for TrainConfig {
    fn default() -> Self {
        Self {
            epochs: 16,
            width: 64,
            rounds: 3,
            members: 3,
            batch: 64,
            lr: 2e-3,
            weight_decay: 0.01,
            tellings: 2,
            dropout: 0.0,
            imagine_every: 4,
            keep_judgement: false,
            seed: 1,
            threads: 0,
            device: DeviceChoice::Auto,
        }
    }
}

/// A knob that cannot be set so.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
#[error("{field} is {value}; it has to be {range}")]
pub struct BadKnob {
    /// Its name.
    pub field: &'static str,
    /// What it was set to.
    pub value: String,
    /// What it can be.
    pub range: &'static str,
}

/// A model of other sizes than a run that goes on from it is told.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the model to go on from has {field} {of_model}, the settings say {wanted}")]
pub struct Unlike {
    /// The knob.
    pub field: &'static str,
    /// The model's.
    pub of_model: usize,
    /// The run's.
    pub wanted: usize,
}

impl TrainConfig {
    /// Whether a run of `wanted` can go on from weights of this one.
    ///
    /// # Errors
    /// The first size in which they differ.
    pub fn can_go_on_as(&self, wanted: &Self) -> Result<(), Unlike> {
        let sizes = [
            ("width", self.width, wanted.width),
            ("rounds", self.rounds, wanted.rounds),
            ("members", self.members, wanted.members),
        ];
        match sizes.into_iter().find(|(_, here, there)| here != there) {
            None => Ok(()),
            Some((field, of_model, wanted)) => Err(Unlike {
                field,
                of_model,
                wanted,
            }),
        }
    }

    /// The sizes of each member.
    pub fn architecture(&self) -> Architecture {
        Architecture {
            width: self.width,
            rounds: self.rounds,
        }
    }

    /// Checks every knob.
    ///
    /// # Errors
    /// The first one that is out of range.
    pub fn validate(&self) -> Result<(), BadKnob> {
        let whole = [
            ("epochs", self.epochs, 1, 10_000, "1 to 10 000"),
            ("width", self.width, 4, 1024, "4 to 1024"),
            ("rounds", self.rounds, 1, 16, "1 to 16"),
            ("members", self.members, 1, 32, "1 to 32"),
            ("batch", self.batch, 1, 4096, "1 to 4096"),
            ("imagine_every", self.imagine_every, 1, 1000, "1 to 1000"),
            ("tellings", self.tellings, 1, 100, "1 to 100"),
            ("threads", self.threads, 0, 1024, "0 to 1024"),
        ];
        for (field, value, low, high, range) in whole {
            if !(low..=high).contains(&value) {
                let value = value.to_string();
                return Err(BadKnob {
                    field,
                    value,
                    range,
                });
            }
        }
        let real = [
            ("lr", self.lr, 1e-7, 1.0, "0.0000001 to 1"),
            ("weight_decay", self.weight_decay, 0.0, 1.0, "0 to 1"),
            ("dropout", self.dropout, 0.0, 0.9, "0 to 0.9"),
        ];
        for (field, value, low, high, range) in real {
            if !(low..=high).contains(&value) {
                let value = value.to_string();
                return Err(BadKnob {
                    field,
                    value,
                    range,
                });
            }
        }
        Ok(())
    }

    /// How many members train at once on this machine.
    pub fn threads_here(&self) -> usize {
        match self.threads {
            0 => std::thread::available_parallelism().map_or(1, usize::from),
            n => n,
        }
    }

    /// Whether another run's weights are of the same kind: all that shapes the result is equal.
    pub fn same_run(&self, other: &Self) -> bool {
        self.shape() == other.shape()
    }

    /// All that shapes the result; runs that do not name their device are of before there was a choice.
    pub fn shape(&self) -> Self {
        Self {
            threads: 0,
            device: match self.device {
                DeviceChoice::Auto => DeviceChoice::Cpu,
                named => named,
            },
            ..self.clone()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_knob_out_of_range_is_named() {
        let config = TrainConfig {
            lr: f64::NAN,
            ..TrainConfig::default()
        };
        assert_eq!(config.validate().unwrap_err().field, "lr");
        assert!(TrainConfig::default().validate().is_ok());
    }
}
