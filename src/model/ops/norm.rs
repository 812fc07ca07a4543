//! `y = norm(x + r)`: a residual connection and the layer norm after it, in one pass.
//!
//! Owns what candle's own fused norms lack, a gradient. Without gain and bias: the linear layer
//! that follows has its own. Shapes: `x`, `r`, `y` `[R, C]`. Ba, Kiros, Hinton, "Layer
//! normalization", 2016.

use candle_core::{CpuStorage, CustomOp2, Device, Layout, Result, Shape, Tensor};

use super::{numbers, with_numbers};

const EPSILON: f32 = 1e-5;

/// The normalised sum.
///
/// # Errors
/// When shapes differ.
pub fn add_norm(x: &Tensor, r: &Tensor) -> Result<Tensor> {
    if x.device().is_cpu() {
        return x.apply_op2(r, AddNorm);
    }
    plain(x, r)
}

/// The same of candle's own operators, for devices that the fused one has no kernel for.
fn plain(x: &Tensor, r: &Tensor) -> Result<Tensor> {
    let sum = (x + r)?;
    let centred = sum.broadcast_sub(&sum.mean_keepdim(1)?)?;
    let variance = centred.sqr()?.mean_keepdim(1)?;
    centred.broadcast_div(&(variance + f64::from(EPSILON))?.sqrt()?)
}

struct AddNorm;

/// Mean and reciprocal spread of a row.
fn moments(row: &[f32]) -> (f32, f32) {
    let n = row.len() as f32;
    let mean = row.iter().sum::<f32>() / n;
    let variance = row.iter().map(|v| (v - mean) * (v - mean)).sum::<f32>() / n;
    (mean, 1.0 / (variance + EPSILON).sqrt())
}

impl CustomOp2 for AddNorm {
    fn name(&self) -> &'static str {
        "add-norm"
    }

    fn cpu_fwd(
        &self,
        x: &CpuStorage,
        lx: &Layout,
        r: &CpuStorage,
        lr: &Layout,
    ) -> Result<(CpuStorage, Shape)> {
        let (_, columns) = lx.shape().dims2()?;
        if lx.shape() != lr.shape() {
            candle_core::bail!("add-norm: {:?} + {:?}", lx.shape(), lr.shape());
        }
        let mut y: Vec<f32> = numbers(x, lx)?
            .iter()
            .zip(numbers(r, lr)?)
            .map(|(a, b)| a + b)
            .collect();
        for row in y.chunks_exact_mut(columns) {
            let (mean, scale) = moments(row);
            row.iter_mut().for_each(|v| *v = (*v - mean) * scale);
        }
        Ok((CpuStorage::F32(y), lx.shape().clone()))
    }

    fn bwd(
        &self,
        x: &Tensor,
        r: &Tensor,
        y: &Tensor,
        grad: &Tensor,
    ) -> Result<(Option<Tensor>, Option<Tensor>)> {
        let (rows, columns) = x.dims2()?;
        let n = columns as f32;
        let mut dx = vec![0f32; rows * columns];
        let mut sum = with_numbers(x, |x| Ok(x.to_vec()))?;
        with_numbers(r, |r| {
            sum.iter_mut().zip(r).for_each(|(a, b)| *a += b);
            Ok(())
        })?;
        with_numbers(y, |y| {
            with_numbers(grad, |g| {
                let rows = dx
                    .chunks_exact_mut(columns)
                    .zip(y.chunks_exact(columns))
                    .zip(g.chunks_exact(columns))
                    .zip(sum.chunks_exact(columns));
                for (((dx, y), g), sum) in rows {
                    let (_, scale) = moments(sum);
                    let mean_g = g.iter().sum::<f32>() / n;
                    let mean_gy = g.iter().zip(y).map(|(g, y)| g * y).sum::<f32>() / n;
                    for ((d, y), g) in dx.iter_mut().zip(y).zip(g) {
                        *d = scale * (g - mean_g - y * mean_gy);
                    }
                }
                Ok(())
            })
        })?;
        let dx = Tensor::from_vec(dx, (rows, columns), &Device::Cpu)?;
        Ok((Some(dx.clone()), Some(dx)))
    }
}

#[cfg(test)]
mod tests {
    use super::super::numeric::{agree, check, random_var};
    use super::*;

    #[test]
    fn it_is_what_plain_operators_compute() {
        let vars = [random_var(&[4, 6], 1), random_var(&[4, 6], 2)];
        let (x, r) = (&vars[0], &vars[1]);
        agree(&vars, || add_norm(x, r), || plain(x, r));
    }

    #[test]
    fn its_gradients_are_the_numerical_ones() {
        let vars = [random_var(&[4, 6], 1), random_var(&[4, 6], 2)];
        check(&vars.clone(), || add_norm(&vars[0], &vars[1]));
    }

    #[test]
    fn a_row_comes_out_with_mean_zero_and_spread_one() {
        let x = random_var(&[3, 32], 5);
        let y = add_norm(&x, &x.zeros_like().unwrap()).unwrap();
        for row in y.to_vec2::<f32>().unwrap() {
            assert!(row.iter().sum::<f32>().abs() < 1e-4);
            assert!((row.iter().map(|v| v * v).sum::<f32>() - 32.0).abs() < 0.1);
        }
    }
}
