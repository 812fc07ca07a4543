//! `y = asinh(x)`, which candle lacks: the scale of imagined poses.

use candle_core::{CpuStorage, CustomOp1, Layout, Result, Shape, Tensor};

use super::numbers;

/// The inverse hyperbolic sine of each number.
///
/// # Errors
/// When the tensor library refuses.
pub fn asinh(x: &Tensor) -> Result<Tensor> {
    if x.device().is_cpu() {
        return x.contiguous()?.apply_op1(Asinh);
    }
    plain(x)
}

/// The same of candle's own operators, for devices that the fused one has no kernel for: of the magnitude, since
/// `x + √(x² + 1)` has nothing left of a large negative number.
fn plain(x: &Tensor) -> Result<Tensor> {
    let size = x.abs()?;
    let root = (size.sqr()? + 1.0)?.sqrt()?;
    (size + root)?.log()? * x.sign()?.detach()
}

struct Asinh;

impl CustomOp1 for Asinh {
    fn name(&self) -> &'static str {
        "asinh"
    }

    fn cpu_fwd(&self, x: &CpuStorage, layout: &Layout) -> Result<(CpuStorage, Shape)> {
        let y = numbers(x, layout)?.iter().map(|x| x.asinh()).collect();
        Ok((CpuStorage::F32(y), layout.shape().clone()))
    }

    fn bwd(&self, x: &Tensor, _y: &Tensor, grad: &Tensor) -> Result<Option<Tensor>> {
        Ok(Some((grad / (x.sqr()? + 1.0)?.sqrt()?)?))
    }
}

#[cfg(test)]
mod tests {
    use super::super::numeric::{agree, check, random_var};
    use super::*;

    #[test]
    fn it_is_what_plain_operators_compute() {
        let vars = [random_var(&[5, 3], 4)];
        let wide = || vars[0].affine(1e3, 0.0);
        agree(&vars, || asinh(&wide()?), || plain(&wide()?));
    }

    #[test]
    fn its_gradients_are_the_numerical_ones() {
        let vars = [random_var(&[4, 3], 5)];
        check(&vars.clone(), || asinh(&vars[0]));
    }
}
