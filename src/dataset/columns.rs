//! Columns in and out: plain Rust values on one side, Arrow arrays on the other.
//!
//! Owns the few column shapes that the layout uses (numbers, integers, flags, words, and ragged
//! lists of them) and their checks: a number that is not finite is never written, a column that
//! is missing, of another type or unexpectedly null is never read. Knows nothing of episodes.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use arrow_array::builder::{Float64Builder, Int64Builder, ListBuilder, StringBuilder};
use arrow_array::cast::AsArray;
use arrow_array::types::{Float64Type, Int64Type};
use arrow_array::{
    Array, ArrayRef, BooleanArray, Float64Array, Int64Array, ListArray, RecordBatch, StringArray,
};
use arrow_schema::{ArrowError, Field, Schema};

use super::DatasetError;

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

/// A batch that was read, with the file that errors name.
pub(super) struct Table {
    batch: RecordBatch,
    path: PathBuf,
}

impl Table {
    pub fn new(batch: RecordBatch, path: &Path) -> Self {
        Self {
            batch,
            path: path.to_owned(),
        }
    }

    pub fn rows(&self) -> usize {
        self.batch.num_rows()
    }

    pub fn foreign(&self, reason: impl Into<String>) -> DatasetError {
        DatasetError::foreign(&self.path, reason)
    }

    fn column<'a, T>(
        &'a self,
        name: &str,
        wanted: &str,
        cast: impl Fn(&'a ArrayRef) -> Option<&'a T>,
    ) -> Result<&'a T, DatasetError> {
        let array = self
            .batch
            .column_by_name(name)
            .ok_or_else(|| self.foreign(format!("it has no column `{name}`")))?;
        cast(array).ok_or_else(|| {
            let found = array.data_type();
            self.foreign(format!("column `{name}` is {found}, not {wanted}"))
        })
    }

    fn no_nulls(&self, name: &str, array: &dyn Array) -> Result<(), DatasetError> {
        match array.null_count() {
            0 => Ok(()),
            n => Err(self.foreign(format!("column `{name}` has {n} nulls"))),
        }
    }

    pub fn open_integers(&self, name: &str) -> Result<Vec<Option<u64>>, DatasetError> {
        let array: &Int64Array =
            self.column(name, "int64", |a| a.as_primitive_opt::<Int64Type>())?;
        array
            .iter()
            .map(|v| v.map(|v| self.unsigned(name, v)).transpose())
            .collect()
    }

    pub fn integers(&self, name: &str) -> Result<Vec<u64>, DatasetError> {
        self.all_there(name, self.open_integers(name)?)
    }

    pub fn open_numbers(&self, name: &str) -> Result<Vec<Option<f64>>, DatasetError> {
        let array: &Float64Array =
            self.column(name, "float64", |a| a.as_primitive_opt::<Float64Type>())?;
        self.finite(name, array)?;
        Ok(array.iter().collect())
    }

    pub fn numbers(&self, name: &str) -> Result<Vec<f64>, DatasetError> {
        self.all_there(name, self.open_numbers(name)?)
    }

    pub fn flags(&self, name: &str) -> Result<Vec<bool>, DatasetError> {
        let array: &BooleanArray = self.column(name, "bool", |a| a.as_boolean_opt())?;
        self.all_there(name, array.iter().collect())
    }

    pub fn words(&self, name: &str) -> Result<Vec<Option<&str>>, DatasetError> {
        let array: &StringArray = self.column(name, "string", |a| a.as_string_opt::<i32>())?;
        Ok(array.iter().collect())
    }

    pub fn number_lists(&self, name: &str) -> Result<NumberLists<'_>, DatasetError> {
        let (list, values) = self.list(name, "list<float64>", |a| {
            a.as_primitive_opt::<Float64Type>()
        })?;
        self.no_nulls(name, values)?;
        Ok(NumberLists {
            table: self,
            name: name.to_owned(),
            list,
            values: values.values(),
        })
    }

    pub fn open_number_lists(&self, name: &str) -> Result<Vec<Vec<Option<f64>>>, DatasetError> {
        let (list, values) = self.list(name, "list<float64>", |a| {
            a.as_primitive_opt::<Float64Type>()
        })?;
        self.finite(name, values)?;
        let row = |r| range(list, r).map(|i| (!values.is_null(i)).then(|| values.value(i)));
        Ok((0..list.len()).map(|r| row(r).collect()).collect())
    }

    pub fn integer_lists(&self, name: &str) -> Result<Vec<Vec<u64>>, DatasetError> {
        let (list, values) =
            self.list(name, "list<int64>", |a| a.as_primitive_opt::<Int64Type>())?;
        self.no_nulls(name, values)?;
        let row = |r| range(list, r).map(|i| self.unsigned(name, values.value(i)));
        (0..list.len()).map(|r| row(r).collect()).collect()
    }

    pub fn word_lists(&self, name: &str) -> Result<Vec<Vec<&str>>, DatasetError> {
        let (list, values) = self.list(name, "list<string>", |a| a.as_string_opt::<i32>())?;
        self.no_nulls(name, values)?;
        let row = |r| range(list, r).map(|i| values.value(i)).collect();
        Ok((0..list.len()).map(row).collect())
    }

    fn list<'a, T>(
        &'a self,
        name: &str,
        wanted: &str,
        cast: impl Fn(&'a ArrayRef) -> Option<&'a T>,
    ) -> Result<(&'a ListArray, &'a T), DatasetError> {
        let list: &ListArray = self.column(name, wanted, |a| a.as_list_opt::<i32>())?;
        let values = cast(list.values()).ok_or_else(|| {
            let found = list.data_type();
            self.foreign(format!("column `{name}` is {found}, not {wanted}"))
        })?;
        Ok((list, values))
    }

    fn all_there<T>(&self, name: &str, values: Vec<Option<T>>) -> Result<Vec<T>, DatasetError> {
        let all: Option<Vec<T>> = values.into_iter().collect();
        all.ok_or_else(|| self.foreign(format!("column `{name}` has nulls")))
    }

    fn finite(&self, name: &str, array: &Float64Array) -> Result<(), DatasetError> {
        if array.iter().flatten().all(f64::is_finite) {
            return Ok(());
        }
        Err(self.foreign(format!("column `{name}` holds a number that is not finite")))
    }

    fn unsigned(&self, name: &str, value: i64) -> Result<u64, DatasetError> {
        u64::try_from(value)
            .map_err(|_| self.foreign(format!("column `{name}` holds the negative number {value}")))
    }
}

fn range(list: &ListArray, row: usize) -> std::ops::Range<usize> {
    let offsets = list.value_offsets();
    offsets[row] as usize..offsets[row + 1] as usize
}

/// A column of ragged lists of numbers.
pub(super) struct NumberLists<'a> {
    table: &'a Table,
    name: String,
    list: &'a ListArray,
    values: &'a [f64],
}

impl<'a> NumberLists<'a> {
    /// The row's numbers; `None` where it is null.
    ///
    /// # Errors
    /// When one of them is not finite.
    pub fn open_row(&self, row: usize) -> Result<Option<&'a [f64]>, DatasetError> {
        if self.list.is_null(row) {
            return Ok(None);
        }
        let values = &self.values[range(self.list, row)];
        if values.iter().all(|v| v.is_finite()) {
            return Ok(Some(values));
        }
        Err(self.wrong(row, "holds a number that is not finite"))
    }

    /// The row's numbers, of which there have to be `len`.
    pub fn row(&self, row: usize, len: usize) -> Result<&'a [f64], DatasetError> {
        match self.open_row(row)? {
            Some(values) if values.len() == len => Ok(values),
            Some(values) => {
                Err(self.wrong(row, &format!("has {} numbers, not {len}", values.len())))
            }
            None => Err(self.wrong(row, "is null")),
        }
    }

    pub fn wrong(&self, row: usize, what: &str) -> DatasetError {
        self.table
            .foreign(format!("row {row} of column `{}` {what}", self.name))
    }
}
