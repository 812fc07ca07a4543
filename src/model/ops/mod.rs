//! The network's operators, fused, each with its own backward pass.
//!
//! Plain candle computes the forward pass as fast as PyTorch but loses a factor of three on the
//! way back (bias gradients, activations, scatter). These do a layer in one pass over the data.
//! They run on one thread each, whatever the machine, so that the order of sums never changes;
//! members are what runs in parallel. On a device other than the CPU the same functions are
//! made of candle's own operators, which have kernels and gradients there; tests hold the two ways
//! against each other. What is no number stays none in all of them, so that no answer is made of it.

mod asinh;
mod dropout;
mod linear;
mod matmul;
mod message;
mod norm;
mod pool;
mod relu;

pub use asinh::asinh;
pub use dropout::Dropout;
pub use linear::{Activation, InputGrad, linear};
pub use message::{Edges, message};
pub use norm::add_norm;
pub use pool::{Segments, pool};
pub use relu::relu;

use candle_core::{CpuStorage, Layout, Result, Tensor};

/// The contiguous numbers of a CPU tensor that a custom operator is given.
fn numbers<'a>(storage: &'a CpuStorage, layout: &Layout) -> Result<&'a [f32]> {
    let all = storage.as_slice::<f32>()?;
    match layout.contiguous_offsets() {
        Some((start, end)) => Ok(&all[start..end]),
        None => candle_core::bail!("a fused operator needs contiguous numbers"),
    }
}

/// Runs `f` on the numbers of a tensor on the CPU, made contiguous where it is not.
fn with_numbers<T>(tensor: &Tensor, f: impl FnOnce(&[f32]) -> Result<T>) -> Result<T> {
    let tensor = tensor.contiguous()?;
    let (storage, layout) = tensor.storage_and_layout();
    match &*storage {
        candle_core::Storage::Cpu(cpu) => f(numbers(cpu, layout)?),
        _ => candle_core::bail!("a fused operator runs on the CPU only"),
    }
}

#[cfg(test)]
pub(crate) mod numeric {
    //! The numerical gradient that every fused operator is held against.

    use candle_core::{Device, Result, Tensor, Var};
    use rand::{Rng, SeedableRng};

    /// A variable of pseudo-random numbers.
    pub fn random_var(shape: &[usize], seed: u64) -> Var {
        let mut rng = rand_chacha::ChaCha8Rng::seed_from_u64(seed);
        let n: usize = shape.iter().product();
        let data: Vec<f32> = (0..n).map(|_| rng.random_range(-1.0f32..1.0)).collect();
        Var::from_tensor(&Tensor::from_vec(data, shape, &Device::Cpu).unwrap()).unwrap()
    }

    /// Compares two ways to compute the same, values and gradients, element by element.
    pub fn agree(vars: &[Var], a: impl Fn() -> Result<Tensor>, b: impl Fn() -> Result<Tensor>) {
        let numbers = |t: &Tensor| t.flatten_all().unwrap().to_vec1::<f32>().unwrap();
        let run = |f: &dyn Fn() -> Result<Tensor>| {
            let y = f().unwrap();
            let weights = random_var(y.dims(), 99).as_tensor().detach();
            let loss = (&y * &weights).unwrap().sum_all().unwrap();
            let grads = loss.backward().unwrap();
            let of_vars = vars
                .iter()
                .map(|v| numbers(grads.get(v).expect("a gradient")));
            std::iter::once(numbers(&y))
                .chain(of_vars)
                .collect::<Vec<_>>()
        };
        for (table, (a, b)) in run(&a).iter().zip(run(&b)).enumerate() {
            assert_eq!(a.len(), b.len());
            for (i, (a, b)) in a.iter().zip(b).enumerate() {
                assert!((a - b).abs() < 1e-5, "table {table}, element {i}: {a}, {b}");
            }
        }
    }

    /// Compares the gradients of `f` (summed with fixed weights) with central differences.
    pub fn check(vars: &[Var], f: impl Fn() -> Result<Tensor>) {
        let weights = {
            let shape = f().unwrap().dims().to_vec();
            random_var(&shape, 99).as_tensor().detach()
        };
        let loss = || (f()? * &weights)?.sum_all();
        let grads = loss().unwrap().backward().unwrap();
        for (v, var) in vars.iter().enumerate() {
            let grad = grads.get(var).expect("a gradient").flatten_all().unwrap();
            let grad = grad.to_vec1::<f32>().unwrap();
            let start = var.flatten_all().unwrap().to_vec1::<f32>().unwrap();
            for i in (0..start.len()).step_by(1 + start.len() / 25) {
                let at = |delta: f32| {
                    let mut moved = start.clone();
                    moved[i] += delta;
                    var.set(&Tensor::from_vec(moved, var.dims(), &Device::Cpu).unwrap())
                        .unwrap();
                    f64::from(loss().unwrap().to_scalar::<f32>().unwrap())
                };
                let numeric = (at(1e-2) - at(-1e-2)) / 2e-2;
                let difference = (numeric - f64::from(grad[i])).abs();
                assert!(
                    difference < 2e-2 * (1.0 + numeric.abs()),
                    "variable {v}, element {i}: numeric {numeric}, analytic {}",
                    grad[i]
                );
            }
            var.set(&Tensor::from_vec(start, var.dims(), &Device::Cpu).unwrap())
                .unwrap();
        }
    }
}
