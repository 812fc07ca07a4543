//! One round of messages: `out[i] = Σ over edges j→i of relu(p[i] + q[j] + e · W)`.
//!
//! The first layer of a message network over `[receiver, sender, edge]` is three products: two
//! over nodes, made before, and one over edges, made here; its second layer is linear and so
//! commutes with the sum, and is applied to nodes afterwards. Nothing of edge size but the mask
//! is kept. Shapes: `pq` `[N, 2C]` (receiver's half, sender's half), `e` `[E, D]`, `W` `[D, C]`,
//! `out` `[N, C]`.

use std::sync::{Arc, Mutex};

use candle_core::{CpuStorage, CustomOp3, Device, Layout, Result, Shape, Tensor};

use super::matmul::{Read, Write, matmul};
use super::relu::{self, rectified};
use super::{numbers, with_numbers};

/// Who sends to whom.
#[derive(Clone, Debug)]
pub struct Edges {
    /// `[E]` receiving node.
    pub receivers: Arc<[u32]>,
    /// `[E]` sending node.
    pub senders: Arc<[u32]>,
}

/// The summed messages of each node.
///
/// # Errors
/// When shapes do not fit.
pub fn message(pq: &Tensor, e: &Tensor, w: &Tensor, edges: &Edges) -> Result<Tensor> {
    if pq.device().is_cpu() {
        let op = Message {
            edges: edges.clone(),
            mask: Mutex::new(Vec::new()),
            keep_mask: pq.track_op() || e.track_op() || w.track_op(),
        };
        return pq.apply_op3(e, w, op);
    }
    plain(pq, e, w, edges)
}

/// The same of candle's own operators, for devices that the fused one has no kernel for.
fn plain(pq: &Tensor, e: &Tensor, w: &Tensor, edges: &Edges) -> Result<Tensor> {
    let device = pq.device();
    let columns = w.dim(1)?;
    let count = edges.receivers.len();
    if count == 0 {
        // Times zero, so that the variables still get their gradients.
        let nothing = (pq.narrow(1, 0, columns)? * 0.0)?;
        return nothing.broadcast_add(&(w.sum_all()? * 0.0)?);
    }
    let receivers = Tensor::from_slice(&edges.receivers, count, device)?;
    let senders = Tensor::from_slice(&edges.senders, count, device)?;
    let p = pq.narrow(1, 0, columns)?.contiguous()?;
    let q = pq.narrow(1, columns, columns)?.contiguous()?;
    let z = ((e.matmul(w)? + p.index_select(&receivers, 0)?)? + q.index_select(&senders, 0)?)?;
    let zero = Tensor::zeros((pq.dim(0)?, columns), pq.dtype(), device)?;
    zero.index_add(&receivers, &relu::plain(&z)?, 0)
}

struct Message {
    edges: Edges,
    /// `[E, C]`: where the activation let through; kept for the way back.
    mask: Mutex<Vec<u8>>,
    keep_mask: bool,
}

impl Message {
    fn ends(&self) -> impl Iterator<Item = (usize, usize)> + '_ {
        let pairs = self.edges.receivers.iter().zip(self.edges.senders.iter());
        pairs.map(|(&r, &s)| (r as usize, s as usize))
    }
}

impl CustomOp3 for Message {
    fn name(&self) -> &'static str {
        "message"
    }

    fn cpu_fwd(
        &self,
        pq: &CpuStorage,
        lpq: &Layout,
        e: &CpuStorage,
        le: &Layout,
        w: &CpuStorage,
        lw: &Layout,
    ) -> Result<(CpuStorage, Shape)> {
        let (nodes, twice) = lpq.shape().dims2()?;
        let (count, inputs) = le.shape().dims2()?;
        let (w_inputs, columns) = lw.shape().dims2()?;
        let fits =
            inputs == w_inputs && twice == 2 * columns && count == self.edges.receivers.len();
        if !fits || self.ends().any(|(r, s)| r >= nodes || s >= nodes) {
            candle_core::bail!(
                "message: {:?}, {:?} · {:?}",
                lpq.shape(),
                le.shape(),
                lw.shape()
            );
        }
        let (pq, e, w) = (numbers(pq, lpq)?, numbers(e, le)?, numbers(w, lw)?);
        let mut z = vec![0f32; count * columns];
        matmul(
            &mut z,
            (e, Read::Plain),
            (w, Read::Plain),
            count,
            inputs,
            columns,
            Write::Set,
        );
        let mut out = vec![0f32; nodes * columns];
        for ((r, s), z) in self.ends().zip(z.chunks_exact_mut(columns)) {
            let p = &pq[r * twice..r * twice + columns];
            let q = &pq[s * twice + columns..(s + 1) * twice];
            let out = &mut out[r * columns..(r + 1) * columns];
            for (((z, p), q), o) in z.iter_mut().zip(p).zip(q).zip(out) {
                *z = rectified(*z + p + q);
                *o += *z;
            }
        }
        if self.keep_mask {
            let kept = z.iter().map(|&v| u8::from(v > 0.0)).collect();
            *self.mask.lock().expect("no thread panics with it") = kept;
        }
        Ok((CpuStorage::F32(out), (nodes, columns).into()))
    }

    fn bwd(
        &self,
        pq: &Tensor,
        e: &Tensor,
        w: &Tensor,
        _out: &Tensor,
        grad: &Tensor,
    ) -> Result<(Option<Tensor>, Option<Tensor>, Option<Tensor>)> {
        let (nodes, twice) = pq.dims2()?;
        let (inputs, columns) = w.dims2()?;
        let count = self.edges.receivers.len();
        let mask = self.mask.lock().expect("no thread panics with it");
        let mut dz = vec![0f32; count * columns];
        let mut dpq = vec![0f32; nodes * twice];
        with_numbers(grad, |grad| {
            let rows = dz.chunks_exact_mut(columns).zip(mask.chunks_exact(columns));
            for ((r, s), (dz, mask)) in self.ends().zip(rows) {
                let g = &grad[r * columns..(r + 1) * columns];
                for ((d, &m), g) in dz.iter_mut().zip(mask).zip(g) {
                    *d = f32::from(m) * g;
                }
                let p = &mut dpq[r * twice..r * twice + columns];
                p.iter_mut().zip(&*dz).for_each(|(p, d)| *p += d);
                let q = &mut dpq[s * twice + columns..(s + 1) * twice];
                q.iter_mut().zip(&*dz).for_each(|(q, d)| *q += d);
            }
            Ok(())
        })?;
        let mut dw = vec![0f32; inputs * columns];
        with_numbers(e, |e| {
            matmul(
                &mut dw,
                (e, Read::Transposed),
                (&dz, Read::Plain),
                inputs,
                count,
                columns,
                Write::Set,
            );
            Ok(())
        })?;
        let mut de = vec![0f32; count * inputs];
        with_numbers(w, |w| {
            matmul(
                &mut de,
                (&dz, Read::Plain),
                (w, Read::Transposed),
                count,
                columns,
                inputs,
                Write::Set,
            );
            Ok(())
        })?;
        let device = &Device::Cpu;
        Ok((
            Some(Tensor::from_vec(dpq, (nodes, twice), device)?),
            Some(Tensor::from_vec(de, (count, inputs), device)?),
            Some(Tensor::from_vec(dw, (inputs, columns), device)?),
        ))
    }
}

#[cfg(test)]
mod tests {
    use super::super::numeric::{agree, check, random_var};
    use super::*;

    fn edges() -> Edges {
        Edges {
            receivers: Arc::from([0, 0, 1, 2, 2]),
            senders: Arc::from([1, 2, 0, 0, 1]),
        }
    }

    #[test]
    fn its_gradients_are_the_numerical_ones() {
        let vars = [
            random_var(&[3, 8], 1),
            random_var(&[5, 6], 2),
            random_var(&[6, 4], 3),
        ];
        check(&vars.clone(), || {
            message(&vars[0], &vars[1], &vars[2], &edges())
        });
    }

    #[test]
    fn it_is_what_plain_operators_compute() {
        let vars = [
            random_var(&[3, 8], 1),
            random_var(&[5, 6], 2),
            random_var(&[6, 4], 3),
        ];
        let (pq, e, w) = (&vars[0], &vars[1], &vars[2]);
        agree(
            &vars,
            || message(pq, e, w, &edges()),
            || plain(pq, e, w, &edges()),
        );
    }

    #[test]
    fn nodes_without_edges_hear_nothing() {
        let none = Edges {
            receivers: Arc::from([]),
            senders: Arc::from([]),
        };
        let (pq, w) = (random_var(&[3, 8], 1), random_var(&[6, 4], 3));
        let e = Tensor::zeros((0, 6), candle_core::DType::F32, &Device::Cpu).unwrap();
        for out in [message(&pq, &e, &w, &none), plain(&pq, &e, &w, &none)] {
            let heard = out.unwrap().to_vec2::<f32>().unwrap();
            assert_eq!(heard, vec![vec![0.0; 4]; 3]);
        }
    }

    #[test]
    fn a_node_that_is_told_no_number_does_not_hear_zero() {
        let of =
            |x: &[f32], shape: (usize, usize)| Tensor::from_slice(x, shape, &Device::Cpu).unwrap();
        // What the first hears of the second.
        let pq = of(&[0.0, 0.0, 0.0, f32::NAN], (2, 2));
        let (e, w) = (of(&[1.0], (1, 1)), of(&[1.0], (1, 1)));
        let one = Edges {
            receivers: Arc::from([0]),
            senders: Arc::from([1]),
        };
        for out in [message(&pq, &e, &w, &one), plain(&pq, &e, &w, &one)] {
            let heard = out.unwrap().to_vec2::<f32>().unwrap();
            assert!(heard[0][0].is_nan() && heard[1][0] == 0.0);
        }
    }
}
