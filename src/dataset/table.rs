//! Columns out of a batch that was read: Arrow arrays on one side, plain Rust values on the other.
//!
//! Owns [`Table`] and its checks: a column that is missing, of another type, unexpectedly null or
//! holds a number that is not finite is an error that names file and column. The counterpart of
//! [`super::columns`].

use std::path::{Path, PathBuf};

use arrow_array::cast::AsArray;
use arrow_array::types::{Float64Type, Int64Type};
use arrow_array::{
    Array, ArrayRef, BooleanArray, Float64Array, Int64Array, ListArray, RecordBatch, StringArray,
};

use super::DatasetError;

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
