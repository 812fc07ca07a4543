//! AdamW with a state that can be saved: Loshchilov and Hutter, ICLR 2019.
//!
//! Owns the moments of every variable (candle's optimiser keeps its own to itself), clips the
//! gradient's norm, and decays weights but not biases.

use candle_core::backprop::GradStore;
use candle_core::{Result, Tensor};

use super::params::Parameters;

const BETA1: f32 = 0.9;
const BETA2: f32 = 0.99;
const EPSILON: f32 = 1e-8;
/// The largest norm of a whole gradient.
const MAX_NORM: f64 = 2.0;

/// The optimiser's state for one member.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct AdamW {
    /// Steps taken.
    pub step: u64,
    /// Of these, the ones in which the imagination's variables had a gradient.
    pub imagined: u64,
    /// First moments, variable after variable.
    pub first: Vec<Vec<f32>>,
    /// Second moments.
    pub second: Vec<Vec<f32>>,
}

/// Which half of a network a batch teaches; they share no variable.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Halves {
    /// The judgement alone.
    Judging,
    /// The imagination alone.
    Imagining,
    /// Both.
    Both,
}

impl Halves {
    /// Whether the variable of that name is among them.
    fn hold(self, name: &str) -> bool {
        match self {
            Self::Judging => !is_imagining(name),
            Self::Imagining => is_imagining(name),
            Self::Both => true,
        }
    }
}

impl AdamW {
    /// A state of zeros for `parameters`.
    pub fn new(parameters: &Parameters) -> Self {
        let zeros: Vec<Vec<f32>> = parameters
            .iter()
            .map(|(_, v)| vec![0.0; v.elem_count()])
            .collect();
        Self {
            step: 0,
            imagined: 0,
            first: zeros.clone(),
            second: zeros,
        }
    }

    /// One step down `grads`.
    ///
    /// # Errors
    /// When a gradient is missing or not finite: the loss has lost touch with a variable.
    pub fn update(
        &mut self,
        parameters: &Parameters,
        grads: &GradStore,
        taught: Halves,
        (rate, decay): (f64, f64),
    ) -> Result<()> {
        let mut gathered = Vec::with_capacity(self.first.len());
        for (name, var) in parameters.iter() {
            match grads.get(var) {
                Some(g) => gathered.push(Some(g.flatten_all()?.to_vec1::<f32>()?)),
                None if taught.hold(name) => candle_core::bail!("no gradient for {name}"),
                None => gathered.push(None),
            }
        }
        let squares: f64 = gathered
            .iter()
            .flatten()
            .flatten()
            .map(|g| f64::from(*g) * f64::from(*g))
            .sum();
        let norm = squares.sqrt();
        if !norm.is_finite() {
            candle_core::bail!("the gradient is not finite");
        }
        let scale = (MAX_NORM / norm.max(1e-12)).min(1.0) as f32;
        self.step += u64::from(taught != Halves::Imagining);
        self.imagined += u64::from(taught != Halves::Judging);
        for (k, (name, var)) in parameters.iter().enumerate() {
            let Some(grad) = &gathered[k] else { continue };
            // A variable's moments are as old as the number of gradients that it had.
            let age = if is_imagining(name) {
                self.imagined
            } else {
                self.step
            };
            let [bias1, bias2] = [BETA1, BETA2].map(|beta| 1.0 - beta.powi(age.min(10_000) as i32));
            let mut numbers = var.flatten_all()?.to_vec1::<f32>()?;
            let shrink = if var.rank() > 1 {
                1.0 - (rate * decay) as f32
            } else {
                1.0
            };
            let moments = self.first[k].iter_mut().zip(&mut self.second[k]);
            for ((x, g), (m, v)) in numbers.iter_mut().zip(grad).zip(moments) {
                let g = g * scale;
                *m = BETA1 * *m + (1.0 - BETA1) * g;
                *v = BETA2 * *v + (1.0 - BETA2) * g * g;
                *x = *x * shrink - rate as f32 * (*m / bias1) / ((*v / bias2).sqrt() + EPSILON);
            }
            var.set(&Tensor::from_vec(numbers, var.dims(), var.device())?)?;
        }
        Ok(())
    }
}

/// Whether a variable is the imagination's, which learns from some batches only.
pub(super) fn is_imagining(name: &str) -> bool {
    name.starts_with("imagining.")
}

/// Whether it is of what weighs what is imagined, which learns with the imagination.
pub(super) fn is_weighing(name: &str) -> bool {
    name.starts_with("imagining.weigh.")
}

/// The learning rate at `step` of `steps`: a short warm-up, then half a cosine down to a fiftieth.
pub fn learning_rate(peak: f64, step: u64, steps: u64) -> f64 {
    let warm = (steps / 20).clamp(1, 300);
    if step < warm {
        return peak * (step + 1) as f64 / warm as f64;
    }
    let s = (step - warm) as f64 / (steps - warm).max(1) as f64;
    let cosine = 0.5 * (1.0 + (std::f64::consts::PI * s.min(1.0)).cos());
    peak * (0.02 + 0.98 * cosine)
}
