//! `y = act(x · W + b)`: a layer in one pass, forwards and backwards.
//!
//! Shapes: `x` `[R, I]`, `W` `[I, O]`, `b` `[O]`, `y` `[R, O]`.

use candle_core::{CpuStorage, CustomOp3, Device, Layout, Result, Shape, Tensor};

use super::matmul::{Read, Write, matmul};
use super::relu::{self, rectified};
use super::{numbers, with_numbers};

/// What follows the affine map.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Activation {
    /// Nothing.
    None,
    /// max(0, ·), and NaN of NaN: cheap, and its mask is the result itself.
    Relu,
}

/// Whether the layer's input wants a gradient: the features do not, which saves a product.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum InputGrad {
    /// It does.
    Needed,
    /// It does not.
    Skipped,
}

/// The layer.
///
/// # Errors
/// When shapes do not fit.
pub fn linear(
    x: &Tensor,
    w: &Tensor,
    b: &Tensor,
    activation: Activation,
    input_grad: InputGrad,
) -> Result<Tensor> {
    if x.device().is_cpu() {
        return x.contiguous()?.apply_op3(
            w,
            b,
            Linear {
                activation,
                input_grad,
            },
        );
    }
    // Without this, candle would also compute the gradient that is not wanted.
    let x = match input_grad {
        InputGrad::Needed => x.contiguous()?,
        InputGrad::Skipped => x.detach().contiguous()?,
    };
    plain(&x, w, b, activation)
}

/// The same of candle's own operators, for devices that the fused one has no kernel for.
fn plain(x: &Tensor, w: &Tensor, b: &Tensor, activation: Activation) -> Result<Tensor> {
    let y = x.matmul(w)?.broadcast_add(b)?;
    match activation {
        Activation::None => Ok(y),
        Activation::Relu => relu::plain(&y),
    }
}

struct Linear {
    activation: Activation,
    input_grad: InputGrad,
}

impl CustomOp3 for Linear {
    fn name(&self) -> &'static str {
        "linear"
    }

    fn cpu_fwd(
        &self,
        x: &CpuStorage,
        lx: &Layout,
        w: &CpuStorage,
        lw: &Layout,
        b: &CpuStorage,
        lb: &Layout,
    ) -> Result<(CpuStorage, Shape)> {
        let (rows, inputs) = lx.shape().dims2()?;
        let (w_inputs, outputs) = lw.shape().dims2()?;
        if inputs != w_inputs || lb.shape().elem_count() != outputs {
            candle_core::bail!(
                "linear: {:?} · {:?} + {:?}",
                lx.shape(),
                lw.shape(),
                lb.shape()
            );
        }
        let (x, w, b) = (numbers(x, lx)?, numbers(w, lw)?, numbers(b, lb)?);
        let mut y = Vec::with_capacity(rows * outputs);
        for _ in 0..rows {
            y.extend_from_slice(b);
        }
        matmul(
            &mut y,
            (x, Read::Plain),
            (w, Read::Plain),
            rows,
            inputs,
            outputs,
            Write::Add,
        );
        if self.activation == Activation::Relu {
            y.iter_mut().for_each(|v| *v = rectified(*v));
        }
        Ok((CpuStorage::F32(y), (rows, outputs).into()))
    }

    fn bwd(
        &self,
        x: &Tensor,
        w: &Tensor,
        _b: &Tensor,
        y: &Tensor,
        grad: &Tensor,
    ) -> Result<(Option<Tensor>, Option<Tensor>, Option<Tensor>)> {
        let (rows, inputs) = x.dims2()?;
        let outputs = y.dim(1)?;
        let mut dy = with_numbers(grad, |g| Ok(g.to_vec()))?;
        if self.activation == Activation::Relu {
            with_numbers(y, |y| {
                dy.iter_mut()
                    .zip(y)
                    .for_each(|(d, &v)| *d = if v > 0.0 { *d } else { 0.0 });
                Ok(())
            })?;
        }
        let mut db = vec![0f32; outputs];
        for row in dy.chunks_exact(outputs) {
            db.iter_mut().zip(row).for_each(|(s, d)| *s += d);
        }
        let mut dw = vec![0f32; inputs * outputs];
        with_numbers(x, |x| {
            matmul(
                &mut dw,
                (x, Read::Transposed),
                (&dy, Read::Plain),
                inputs,
                rows,
                outputs,
                Write::Set,
            );
            Ok(())
        })?;
        let dx = match self.input_grad {
            InputGrad::Skipped => None,
            InputGrad::Needed => {
                let mut dx = vec![0f32; rows * inputs];
                with_numbers(w, |w| {
                    matmul(
                        &mut dx,
                        (&dy, Read::Plain),
                        (w, Read::Transposed),
                        rows,
                        outputs,
                        inputs,
                        Write::Set,
                    );
                    Ok(())
                })?;
                Some(Tensor::from_vec(dx, (rows, inputs), &Device::Cpu)?)
            }
        };
        Ok((
            dx,
            Some(Tensor::from_vec(dw, (inputs, outputs), &Device::Cpu)?),
            Some(Tensor::from_vec(db, outputs, &Device::Cpu)?),
        ))
    }
}

#[cfg(test)]
mod tests {
    use super::super::numeric::{agree, check, random_var};
    use super::*;

    #[test]
    fn it_is_what_plain_operators_compute() {
        for activation in [Activation::None, Activation::Relu] {
            let vars = [
                random_var(&[7, 5], 1),
                random_var(&[5, 4], 2),
                random_var(&[4], 3),
            ];
            let (x, w, b) = (&vars[0], &vars[1], &vars[2]);
            agree(
                &vars,
                || linear(x, w, b, activation, InputGrad::Needed),
                || plain(x, w, b, activation),
            );
        }
    }

    #[test]
    fn its_gradients_are_the_numerical_ones() {
        for activation in [Activation::None, Activation::Relu] {
            let vars = [
                random_var(&[7, 5], 1),
                random_var(&[5, 4], 2),
                random_var(&[4], 3),
            ];
            check(&vars.clone(), || {
                linear(&vars[0], &vars[1], &vars[2], activation, InputGrad::Needed)
            });
        }
    }

    #[test]
    fn what_is_no_number_does_not_come_out_as_zero() {
        let of = |x: f32| Tensor::from_vec(vec![x], (1, 1), &Device::Cpu).unwrap();
        let (x, w) = (of(f32::NAN), of(1.0));
        let b = Tensor::new(&[0f32], &Device::Cpu).unwrap();
        let fused = linear(&x, &w, &b, Activation::Relu, InputGrad::Needed);
        for y in [fused, plain(&x, &w, &b, Activation::Relu)] {
            assert!(y.unwrap().to_vec2::<f32>().unwrap()[0][0].is_nan());
        }
    }
}
