//! The weights' file: named tables of numbers, in safetensors.
//!
//! Owns [`Tables`], their way out of a file's bytes and back, and into a network. Refuses bytes that are foreign or cut
//! short, numbers that are not finite, and tables of other sizes.

use candle_core::Result as CandleResult;
use safetensors::tensor::{Dtype, SafeTensors, TensorView};

use super::super::params::Parameters;
use super::{ModelError, WEIGHTS_FILE};

/// Named tables of numbers, in the order of their names.
pub type Tables = std::collections::BTreeMap<String, Vec<f32>>;

/// The tables of a safetensors file, each of `f32`.
///
/// # Errors
/// When it is foreign or cut short, or numbers are not finite.
pub fn read_tensors(bytes: &[u8]) -> Result<Tables, ModelError> {
    let foreign = |reason: String| ModelError::Foreign {
        file: WEIGHTS_FILE.into(),
        reason,
    };
    let file = SafeTensors::deserialize(bytes).map_err(|e| foreign(e.to_string()))?;
    let mut out = Tables::new();
    for (name, view) in file.tensors() {
        if view.dtype() != Dtype::F32 {
            return Err(foreign(format!("{name} is not of 32-bit floats")));
        }
        let numbers: Vec<f32> = view
            .data()
            .chunks_exact(4)
            .map(|b| f32::from_le_bytes([b[0], b[1], b[2], b[3]]))
            .collect();
        if numbers.iter().any(|x| !x.is_finite()) {
            return Err(ModelError::NotFinite { name });
        }
        out.insert(name, numbers);
    }
    Ok(out)
}

pub(super) fn fill(parameters: &Parameters, m: usize, tables: &Tables) -> Result<(), ModelError> {
    fill_those(parameters, m, tables, |_| true)
}

pub(super) fn fill_those(
    parameters: &Parameters,
    m: usize,
    tables: &Tables,
    is_told: impl Fn(&str) -> bool,
) -> Result<(), ModelError> {
    let mut numbers = Vec::new();
    for ((name, var), own) in parameters.iter().zip(parameters.numbers()?) {
        if !is_told(name) {
            numbers.push(own);
            continue;
        }
        let full = format!("member{m}.{name}");
        match tables.get(&full) {
            Some(table) if table.len() == var.elem_count() => numbers.push(table.clone()),
            Some(_) | None => {
                return Err(ModelError::Foreign {
                    file: WEIGHTS_FILE.into(),
                    reason: format!("{full} is missing or of another size"),
                });
            }
        }
    }
    Ok(parameters.set(&numbers)?)
}

/// The bytes of a safetensors file of all members' weights; `numbers` `[M][variable]`.
///
/// # Errors
/// When the format refuses.
pub fn weights_bytes(parameters: &Parameters, numbers: &[Vec<Vec<f32>>]) -> CandleResult<Vec<u8>> {
    let mut entries = Vec::new();
    for (m, member) in numbers.iter().enumerate() {
        for ((name, var), table) in parameters.iter().zip(member) {
            entries.push((
                format!("member{m}.{name}"),
                var.dims().to_vec(),
                le_bytes(table),
            ));
        }
    }
    serialise(entries, None)
}

/// Bytes of a safetensors file; entries are (name, shape, little-endian `f32`).
pub fn serialise(
    mut entries: Vec<(String, Vec<usize>, Vec<u8>)>,
    state: Option<String>,
) -> CandleResult<Vec<u8>> {
    entries.sort();
    let wrap = |e: safetensors::SafeTensorError| candle_core::Error::Msg(e.to_string());
    let views = entries
        .iter()
        .map(|(name, shape, bytes)| {
            let view = TensorView::new(Dtype::F32, shape.clone(), bytes).map_err(wrap)?;
            Ok((name.as_str(), view))
        })
        .collect::<CandleResult<Vec<_>>>()?;
    // One entry only: more would come out in a hash map's order.
    let metadata = state.map(|s| std::collections::HashMap::from([("state".to_owned(), s)]));
    safetensors::serialize(views, metadata).map_err(wrap)
}

/// Little-endian bytes of numbers.
pub fn le_bytes(numbers: &[f32]) -> Vec<u8> {
    numbers.iter().flat_map(|x| x.to_le_bytes()).collect()
}
