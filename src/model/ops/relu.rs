//! `y = max(0, x)`, and NaN where `x` is: candle's own makes zero of it, which would pass for an answer.
//!
//! Owns what is rectified alone, and the rule for the operators that rectify on their way.

use candle_core::{CpuStorage, CustomOp1, Device, Layout, Result, Shape, Tensor};

use super::{numbers, with_numbers};

/// Each number where it is above zero, else zero.
///
/// # Errors
/// When the tensor library refuses.
pub fn relu(x: &Tensor) -> Result<Tensor> {
    if x.device().is_cpu() {
        return x.contiguous()?.apply_op1(Relu);
    }
    plain(x)
}

/// The same of candle's own operators, for devices that the fused one has no kernel for.
pub(super) fn plain(x: &Tensor) -> Result<Tensor> {
    // Nothing but NaN is unlike itself.
    x.ne(x)?.where_cond(x, &x.relu()?)
}

/// The same of one number; `f32::max` would make zero of NaN.
pub(super) fn rectified(x: f32) -> f32 {
    if x < 0.0 { 0.0 } else { x }
}

struct Relu;

impl CustomOp1 for Relu {
    fn name(&self) -> &'static str {
        "relu"
    }

    fn cpu_fwd(&self, x: &CpuStorage, layout: &Layout) -> Result<(CpuStorage, Shape)> {
        let y = numbers(x, layout)?.iter().map(|&x| rectified(x)).collect();
        Ok((CpuStorage::F32(y), layout.shape().clone()))
    }

    fn bwd(&self, x: &Tensor, _y: &Tensor, grad: &Tensor) -> Result<Option<Tensor>> {
        let mut dx = with_numbers(grad, |g| Ok(g.to_vec()))?;
        with_numbers(x, |x| {
            // At zero the gradient passes, as candle's own has it.
            dx.iter_mut()
                .zip(x)
                .for_each(|(d, &x)| *d = if x < 0.0 { 0.0 } else { *d });
            Ok(())
        })?;
        Ok(Some(Tensor::from_vec(dx, x.shape(), &Device::Cpu)?))
    }
}

#[cfg(test)]
mod tests {
    use super::super::numeric::{agree, random_var};
    use super::*;

    #[test]
    fn it_is_what_plain_operators_compute() {
        let vars = [random_var(&[5, 3], 4)];
        agree(&vars, || relu(&vars[0]), || plain(&vars[0]));
        agree(&vars, || relu(&vars[0]), || vars[0].relu());
    }

    #[test]
    fn what_is_no_number_does_not_become_zero() {
        let x = Tensor::new(&[f32::NAN, -1.0, 0.0, 2.0], &Device::Cpu).unwrap();
        for y in [relu(&x), plain(&x)] {
            let y = y.unwrap().to_vec1::<f32>().unwrap();
            assert!(y[0].is_nan());
            assert_eq!(y[1..], [0.0, 0.0, 2.0]);
        }
    }
}
