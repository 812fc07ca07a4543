//! Regressions of whether something happened on a number or a few: logistic and isotonic.
//!
//! Owns [`logistic`] and [`isotonic`]. Knows nothing of ensembles: what the rows mean is
//! [`super::calibration`]'s.

use serde::{Deserialize, Serialize};

/// A corner of the isotonic curve.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Knot {
    /// Mean score of a block.
    pub score: f64,
    /// Its smoothed rate of accidents.
    pub risk: f64,
}

/// Episodes in one block before the isotonic regression joins blocks.
const BLOCK: usize = 25;
/// Fewest rows that anything is fitted on.
pub const FEWEST_ROWS: usize = 100;

/// 1 / (1 + e^-x).
pub fn sigmoid(x: f64) -> f64 {
    1.0 / (1.0 + (-x).exp())
}

/// The inverse of [`sigmoid`].
pub fn logit(p: f64) -> f64 {
    (p / (1.0 - p)).ln()
}

/// Logistic regression by Newton's method, held near `start` by a weak prior; `start` itself where there are
/// fewer than [`FEWEST_ROWS`]. Rows are `[N, D]`.
pub fn logistic<const D: usize>(rows: &[[f64; D]], labels: &[bool], start: [f64; D]) -> [f64; D] {
    type Square<const D: usize> = nalgebra::SMatrix<f64, D, D>;
    let start = nalgebra::SVector::<f64, D>::from(start);
    if rows.len() < FEWEST_ROWS {
        return start.into();
    }
    let prior = 1.0;
    let objective = |w: &nalgebra::SVector<f64, D>| -> f64 {
        let fit: f64 = rows
            .iter()
            .zip(labels)
            .map(|(x, &y)| {
                let z = w.dot(&nalgebra::SVector::<f64, D>::from(*x));
                z.max(0.0) + (-z.abs()).exp().ln_1p() - if y { z } else { 0.0 }
            })
            .sum();
        fit + 0.5 * prior * (w - start).norm_squared()
    };
    let mut w = start;
    for _ in 0..30 {
        let mut gradient = (w - start) * prior;
        let mut hessian = Square::<D>::identity() * prior;
        for (x, &y) in rows.iter().zip(labels) {
            let x = nalgebra::SVector::<f64, D>::from(*x);
            let p = sigmoid(w.dot(&x));
            gradient += x * (p - f64::from(u8::from(y)));
            hessian += x * x.transpose() * (p * (1.0 - p));
        }
        let Some(step) = hessian.cholesky().map(|c| c.solve(&gradient)) else {
            break;
        };
        let before = objective(&w);
        let mut scale = 1.0;
        while scale > 1e-4 && objective(&(w - step * scale)) > before {
            scale *= 0.5;
        }
        w -= step * scale;
        if step.norm() < 1e-8 {
            break;
        }
    }
    w.into()
}

/// Pools adjacent violators (Ayer et al., 1955) over blocks of rows sorted by score: score, accident, stack.
pub fn isotonic(rows: &[(f64, bool, u64)]) -> Vec<Knot> {
    struct Block {
        count: f64,
        hits: f64,
        score: f64,
    }
    let mut blocks: Vec<Block> = Vec::new();
    for chunk in rows.chunks(BLOCK) {
        blocks.push(Block {
            count: chunk.len() as f64,
            hits: chunk.iter().filter(|r| r.1).count() as f64,
            score: chunk.iter().map(|r| r.0).sum(),
        });
        while let [.., a, b] = &blocks[..] {
            if a.hits * b.count < b.hits * a.count {
                break;
            }
            let last = blocks.pop().expect("two blocks were there");
            let before = blocks.last_mut().expect("two blocks were there");
            before.count += last.count;
            before.hits += last.hits;
            before.score += last.score;
        }
    }
    let mut highest = 0f64;
    blocks
        .iter()
        .map(|b| {
            // Half an accident more and half a safe one more: no block is sure.
            highest = highest.max((b.hits + 0.5) / (b.count + 1.0));
            Knot {
                score: b.score / b.count,
                risk: highest,
            }
        })
        .collect()
}
