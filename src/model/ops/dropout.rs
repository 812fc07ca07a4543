//! Latents left out at random while training, so that no single one is leaned on.
//!
//! Owns [`Dropout`] (Srivastava et al., JMLR 2014). Its random numbers are the member's own, so
//! that a run is the same on any number of threads and after a resumption.

use candle_core::{CpuStorage, CustomOp1, Device, Layout, Result, Shape, Tensor};
use rand::Rng;
use rand_chacha::ChaCha8Rng;

use super::{numbers, with_numbers};

/// Whether latents are left out.
pub enum Dropout<'a> {
    /// None: when the network is used.
    Off,
    /// Each with this probability, the rest scaled up: when it is trained.
    On {
        /// Probability, under 1.
        rate: f64,
        /// Where the masks come from.
        rng: &'a mut ChaCha8Rng,
    },
}

impl Dropout<'_> {
    /// `x` with some of its numbers zeroed, or `x` itself.
    ///
    /// # Errors
    /// When the tensor library refuses.
    pub fn apply(&mut self, x: Tensor) -> Result<Tensor> {
        let Self::On { rate, rng } = self else {
            return Ok(x);
        };
        if *rate <= 0.0 {
            return Ok(x);
        }
        let keep = 1.0 - *rate;
        let scale = (1.0 / keep) as f32;
        // Four decisions from one number: a byte each is fine enough for a rate.
        let threshold = (keep * 256.0) as u32;
        let count = x.elem_count();
        let mut mask = Vec::with_capacity(count + 3);
        while mask.len() < count {
            let bits: u32 = rng.random();
            for shift in [0, 8, 16, 24] {
                let kept = (bits >> shift & 255) < threshold;
                mask.push(if kept { scale } else { 0.0 });
            }
        }
        mask.truncate(count);
        if x.device().is_cpu() {
            return x.apply_op1(Mask(mask));
        }
        let mask = Tensor::from_vec(mask, x.shape(), x.device())?;
        x * mask
    }
}

struct Mask(Vec<f32>);

impl CustomOp1 for Mask {
    fn name(&self) -> &'static str {
        "dropout"
    }

    fn cpu_fwd(&self, x: &CpuStorage, layout: &Layout) -> Result<(CpuStorage, Shape)> {
        let x = numbers(x, layout)?;
        let y = x.iter().zip(&self.0).map(|(x, m)| x * m).collect();
        Ok((CpuStorage::F32(y), layout.shape().clone()))
    }

    fn bwd(&self, x: &Tensor, _y: &Tensor, grad: &Tensor) -> Result<Option<Tensor>> {
        let dx = with_numbers(grad, |g| {
            Ok(g.iter()
                .zip(&self.0)
                .map(|(g, m)| g * m)
                .collect::<Vec<_>>())
        })?;
        Ok(Some(Tensor::from_vec(dx, x.shape(), &Device::Cpu)?))
    }
}

#[cfg(test)]
mod tests {
    use super::super::numeric::{check, random_var};
    use super::*;
    use rand::SeedableRng;

    #[test]
    fn its_gradients_are_the_numerical_ones() {
        let vars = [random_var(&[6, 5], 1)];
        check(&vars.clone(), || {
            // The same mask each time, as within one step.
            let mut rng = ChaCha8Rng::seed_from_u64(7);
            let mut dropout = Dropout::On {
                rate: 0.3,
                rng: &mut rng,
            };
            dropout.apply(vars[0].as_tensor().clone())
        });
    }

    #[test]
    fn it_leaves_out_its_share_and_keeps_the_mean() {
        let mut rng = ChaCha8Rng::seed_from_u64(7);
        let ones = Tensor::ones((100, 100), candle_core::DType::F32, &Device::Cpu).unwrap();
        let mut dropout = Dropout::On {
            rate: 0.25,
            rng: &mut rng,
        };
        let y = dropout.apply(ones).unwrap().flatten_all().unwrap();
        let y = y.to_vec1::<f32>().unwrap();
        let out = y.iter().filter(|&&v| v == 0.0).count() as f64 / 1e4;
        assert!((out - 0.25).abs() < 0.02);
        assert!((y.iter().sum::<f32>() / 1e4 - 1.0).abs() < 0.02);
    }
}
