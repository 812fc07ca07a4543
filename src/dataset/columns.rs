//! Columns in: plain Rust values on one side, Arrow arrays on the other.
//!
//! Owns [`TableBuilder`], with the few column shapes that the layout uses (numbers, integers, flags,
//! words, and ragged lists of them). A number that is not finite is never written. Knows nothing
//! of episodes; [`super::table`] reads what this writes.

use std::sync::Arc;

use arrow_array::builder::{Float64Builder, Int64Builder, ListBuilder, StringBuilder};
use arrow_array::{Array, ArrayRef, BooleanArray, Int64Array, RecordBatch, StringArray};
use arrow_schema::{ArrowError, Field, Schema};

/// Collects columns into a batch; the first number that is not finite is remembered.
#[derive(Default)]
pub(super) struct TableBuilder {
    fields: Vec<Field>,
    arrays: Vec<ArrayRef>,
    not_finite: Option<NotFinite>,
}

/// Where a number was not finite.
pub(super) struct NotFinite {
    pub column: String,
    pub row: usize,
}

/// Why a batch could not be made.
pub(super) enum BuildError {
    NotFinite(NotFinite),
    Arrow(ArrowError),
}

impl TableBuilder {
    fn push(&mut self, name: &str, array: ArrayRef) {
        // Nullable whatever the values, so that all files of a set have one schema.
        self.fields
            .push(Field::new(name, array.data_type().clone(), true));
        self.arrays.push(array);
    }

    fn check(&mut self, name: &str, row: usize, values: &[f64]) {
        if self.not_finite.is_none() && values.iter().any(|v| !v.is_finite()) {
            self.not_finite = Some(NotFinite {
                column: name.to_owned(),
                row,
            });
        }
    }

    pub fn integers(&mut self, name: &str, values: impl Iterator<Item = Option<u64>>) {
        let array: Int64Array = values.map(|v| v.map(|v| v as i64)).collect();
        self.push(name, Arc::new(array));
    }

    pub fn numbers(&mut self, name: &str, values: impl Iterator<Item = Option<f64>>) {
        let mut array = Float64Builder::new();
        for (row, value) in values.enumerate() {
            self.check(name, row, value.as_slice());
            array.append_option(value);
        }
        self.push(name, Arc::new(array.finish()));
    }

    pub fn flags(&mut self, name: &str, values: impl Iterator<Item = bool>) {
        let array: BooleanArray = values.map(Some).collect();
        self.push(name, Arc::new(array));
    }

    pub fn words<'a>(&mut self, name: &str, values: impl Iterator<Item = Option<&'a str>>) {
        let array: StringArray = values.collect();
        self.push(name, Arc::new(array));
    }

    /// Lists of numbers; `None` makes a null row.
    pub fn number_lists(&mut self, name: &str, rows: impl Iterator<Item = Option<Vec<f64>>>) {
        let mut array = ListBuilder::new(Float64Builder::new());
        for (row, values) in rows.enumerate() {
            if let Some(values) = &values {
                self.check(name, row, values);
                array.values().append_slice(values);
            }
            array.append(values.is_some());
        }
        self.push(name, Arc::new(array.finish()));
    }

    /// Lists of numbers of which some are left open.
    pub fn open_number_lists(&mut self, name: &str, rows: impl Iterator<Item = Vec<Option<f64>>>) {
        let mut array = ListBuilder::new(Float64Builder::new());
        for (row, values) in rows.enumerate() {
            for value in values {
                self.check(name, row, value.as_slice());
                array.values().append_option(value);
            }
            array.append(true);
        }
        self.push(name, Arc::new(array.finish()));
    }

    pub fn integer_lists(&mut self, name: &str, rows: impl Iterator<Item = Vec<u64>>) {
        let mut array = ListBuilder::new(Int64Builder::new());
        for values in rows {
            for value in values {
                array.values().append_value(value as i64);
            }
            array.append(true);
        }
        self.push(name, Arc::new(array.finish()));
    }

    /// Lists of words; `None` makes a null row.
    pub fn word_lists<'a>(&mut self, name: &str, rows: impl Iterator<Item = Option<Vec<&'a str>>>) {
        let mut array = ListBuilder::new(StringBuilder::new());
        for words in rows {
            let is_there = words.is_some();
            for word in words.into_iter().flatten() {
                array.values().append_value(word);
            }
            array.append(is_there);
        }
        self.push(name, Arc::new(array.finish()));
    }

    /// The batch, or the first number that was not finite.
    pub fn finish(self) -> Result<RecordBatch, BuildError> {
        if let Some(not_finite) = self.not_finite {
            return Err(BuildError::NotFinite(not_finite));
        }
        RecordBatch::try_new(Arc::new(Schema::new(self.fields)), self.arrays)
            .map_err(BuildError::Arrow)
    }
}
