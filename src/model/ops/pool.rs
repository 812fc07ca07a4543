//! What a whole graph has in common: the mean and the greatest value of each column over its nodes.
//!
//! Shapes: `h` `[N, C]` with the nodes of a graph in a row, out `[B, 2C]` (mean, then maximum).

use std::sync::Arc;

use candle_core::{CpuStorage, CustomOp1, Device, Layout, Result, Shape, Tensor};

use super::{numbers, with_numbers};

/// Where each graph's nodes begin: `[B + 1]`, the last is the number of nodes.
#[derive(Clone, Debug)]
pub struct Segments(pub Arc<[u32]>);

impl Segments {
    /// How many graphs there are.
    pub fn count(&self) -> usize {
        self.0.len().saturating_sub(1)
    }

    fn ranges(&self) -> impl Iterator<Item = std::ops::Range<usize>> + '_ {
        self.0.windows(2).map(|w| w[0] as usize..w[1] as usize)
    }
}

/// Mean and maximum over each graph's nodes.
///
/// # Errors
/// When the segments do not cover the rows, or one is empty.
pub fn pool(h: &Tensor, segments: &Segments) -> Result<Tensor> {
    if h.device().is_cpu() {
        let op = Pool {
            segments: segments.clone(),
        };
        return h.apply_op1(op);
    }
    let rows: Vec<Tensor> = segments
        .ranges()
        .map(|range| {
            let part = h.narrow(0, range.start, range.len())?;
            Tensor::cat(&[part.mean_keepdim(0)?, part.max_keepdim(0)?], 1)
        })
        .collect::<Result<_>>()?;
    Tensor::cat(&rows, 0)
}

struct Pool {
    segments: Segments,
}

impl CustomOp1 for Pool {
    fn name(&self) -> &'static str {
        "pool"
    }

    fn cpu_fwd(&self, h: &CpuStorage, layout: &Layout) -> Result<(CpuStorage, Shape)> {
        let (nodes, columns) = layout.shape().dims2()?;
        let covered = self.segments.0.last().is_some_and(|&n| n as usize == nodes);
        if !covered || self.segments.ranges().any(|r| r.is_empty()) {
            candle_core::bail!("pool: the segments do not fit {nodes} nodes");
        }
        let h = numbers(h, layout)?;
        let mut out = vec![0f32; self.segments.count() * 2 * columns];
        for (range, out) in self
            .segments
            .ranges()
            .zip(out.chunks_exact_mut(2 * columns))
        {
            let scale = 1.0 / range.len() as f32;
            let (mean, max) = out.split_at_mut(columns);
            max.fill(f32::NEG_INFINITY);
            for row in h[range.start * columns..range.end * columns].chunks_exact(columns) {
                for ((m, x), v) in mean.iter_mut().zip(max.iter_mut()).zip(row) {
                    *m += scale * v;
                    *x = x.max(*v);
                }
            }
        }
        let shape = (self.segments.count(), 2 * columns).into();
        Ok((CpuStorage::F32(out), shape))
    }

    fn bwd(&self, h: &Tensor, out: &Tensor, grad: &Tensor) -> Result<Option<Tensor>> {
        let (nodes, columns) = h.dims2()?;
        let mut dh = vec![0f32; nodes * columns];
        with_numbers(h, |h| {
            with_numbers(out, |out| {
                with_numbers(grad, |grad| {
                    for (b, range) in self.segments.ranges().enumerate() {
                        let at = b * 2 * columns;
                        let scale = 1.0 / range.len() as f32;
                        let mut pending = grad[at + columns..at + 2 * columns].to_vec();
                        for i in range {
                            for c in 0..columns {
                                let k = i * columns + c;
                                dh[k] = scale * grad[at + c];
                                // The first of equals takes the whole gradient.
                                if h[k] == out[at + columns + c] {
                                    dh[k] += std::mem::take(&mut pending[c]);
                                }
                            }
                        }
                    }
                    Ok(())
                })
            })
        })?;
        Ok(Some(Tensor::from_vec(dh, (nodes, columns), &Device::Cpu)?))
    }
}

#[cfg(test)]
mod tests {
    use super::super::numeric::{check, random_var};
    use super::*;

    #[test]
    fn its_gradients_are_the_numerical_ones() {
        let segments = Segments(Arc::from([0, 2, 5]));
        let vars = [random_var(&[5, 3], 4)];
        check(&vars.clone(), || pool(&vars[0], &segments));
    }
}
