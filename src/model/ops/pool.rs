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
    plain(h, segments)
}

/// The same of candle's own operators, for devices that the fused one has no kernel for: graphs
/// filled up to the longest, so that the number of operators does not grow with theirs.
fn plain(h: &Tensor, segments: &Segments) -> Result<Tensor> {
    let (nodes, columns) = h.dims2()?;
    let graphs = segments.count();
    let longest = segments.ranges().map(|r| r.len()).max().unwrap_or(0);
    let mut places = Vec::with_capacity(graphs * longest);
    let mut shares = Vec::with_capacity(graphs * longest);
    for range in segments.ranges() {
        let (first, n) = (range.start as u32, range.len());
        // One row beyond the last stands for "no node": it never is the greatest, and counts nothing.
        places.extend((0..longest).map(|i| {
            if i < n {
                first + i as u32
            } else {
                nodes as u32
            }
        }));
        shares.extend((0..longest).map(|i| if i < n { 1.0 / n as f32 } else { 0.0 }));
    }
    let device = h.device();
    let nothing = Tensor::full(NO_NODE, (1, columns), device)?;
    let places = Tensor::from_vec(places, graphs * longest, device)?;
    let shares = Tensor::from_vec(shares, (graphs, longest, 1), device)?;
    let filled = Tensor::cat(&[h, &nothing], 0)?
        .index_select(&places, 0)?
        .reshape((graphs, longest, columns))?;
    let mean = filled.broadcast_mul(&shares)?.sum(1)?;
    Tensor::cat(&[mean, filled.max(1)?], 1)
}

/// Far below any latent, and still finite, so that no share of it is NaN.
const NO_NODE: f32 = -1e30;

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
                    // Of NaN nothing is greater; it stays, as it does in the mean.
                    if *v > *x || v.is_nan() {
                        *x = *v;
                    }
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
    use super::super::numeric::{agree, check, random_var};
    use super::*;

    #[test]
    fn it_is_what_plain_operators_compute() {
        let segments = Segments(Arc::from([0, 2, 5, 6]));
        let vars = [random_var(&[6, 3], 4)];
        agree(
            &vars,
            || pool(&vars[0], &segments),
            || plain(&vars[0], &segments),
        );
    }

    #[test]
    fn its_gradients_are_the_numerical_ones() {
        let segments = Segments(Arc::from([0, 2, 5]));
        let vars = [random_var(&[5, 3], 4)];
        check(&vars.clone(), || pool(&vars[0], &segments));
    }
}
