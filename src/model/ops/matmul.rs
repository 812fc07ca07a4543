//! Products of row-major matrices on one thread.
//!
//! Owns the only unsafe call of the model: the `gemm` crate's, behind checks of every length.

use gemm::Parallelism;

/// How a factor is read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Read {
    /// As it lies.
    Plain,
    /// Rows for columns.
    Transposed,
}

/// What becomes of the numbers already in the product's place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Write {
    /// They are replaced.
    Set,
    /// The product is added to them.
    Add,
}

/// `out[m, n] = a[m, k] · b[k, n]`, each factor as it is `Read`.
///
/// # Panics
/// When a length does not fit its shape: a mistake in an operator, never in its data.
#[allow(clippy::too_many_arguments)]
pub fn matmul(
    out: &mut [f32],
    a: (&[f32], Read),
    b: (&[f32], Read),
    m: usize,
    k: usize,
    n: usize,
    write: Write,
) {
    assert!(out.len() == m * n && a.0.len() == m * k && b.0.len() == k * n);
    if m == 0 || n == 0 {
        return;
    }
    let strides = |read: Read, rows: usize, columns: usize| match read {
        Read::Plain => (1, columns as isize),
        Read::Transposed => (rows as isize, 1),
    };
    let (a_column, a_row) = strides(a.1, m, k);
    let (b_column, b_row) = strides(b.1, k, n);
    // SAFETY: the lengths are checked above, and the strides walk exactly those lengths.
    unsafe {
        gemm::gemm(
            m,
            n,
            k,
            out.as_mut_ptr(),
            1,
            n as isize,
            write == Write::Add,
            a.0.as_ptr(),
            a_column,
            a_row,
            b.0.as_ptr(),
            b_column,
            b_row,
            1.0f32,
            1.0f32,
            false,
            false,
            false,
            Parallelism::None,
        );
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_product_is_the_same_however_its_factors_lie() {
        let a = [1.0, 2.0, 3.0, 4.0, 5.0, 6.0]; // [2, 3]
        let at = [1.0, 4.0, 2.0, 5.0, 3.0, 6.0]; // [3, 2]
        let b = [1.0, 0.0, 2.0, 1.0, 0.0, 3.0]; // [3, 2]
        let mut plain = [0.0; 4];
        matmul(
            &mut plain,
            (&a, Read::Plain),
            (&b, Read::Plain),
            2,
            3,
            2,
            Write::Set,
        );
        assert_eq!(plain, [5.0, 11.0, 14.0, 23.0]);
        let mut turned = [1.0; 4];
        matmul(
            &mut turned,
            (&at, Read::Transposed),
            (&b, Read::Plain),
            2,
            3,
            2,
            Write::Add,
        );
        assert_eq!(turned, [6.0, 12.0, 15.0, 24.0]);
    }
}
