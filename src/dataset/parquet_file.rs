//! One Parquet file: a batch and a few words of metadata, to bytes and back.
//!
//! Owns compression and encodings. Numbers of frames and motions are laid out byte by byte
//! (`BYTE_STREAM_SPLIT`), since neighbouring poses share their upper bytes and hardly ever a
//! whole value; the episodes' other columns repeat within a stack, so theirs are dictionaries.
//! Measured on 256 episodes: frames 2.3 MB, beside 3.5 MB with dictionaries.

use std::fs::File;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};

use arrow_array::RecordBatch;
use arrow_schema::DataType;
use parquet::arrow::ArrowWriter;
use parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;
use parquet::basic::{Compression, Encoding, ZstdLevel};
use parquet::errors::ParquetError;
use parquet::file::metadata::KeyValue;
use parquet::file::properties::WriterProperties;
use parquet::schema::types::ColumnPath;

use super::DatasetError;
use super::table::Table;

/// The key under which a file says which data set it belongs to.
pub(super) const IDENTITY: &str = "topple.identity";
/// The key under which a file of frames holds its part of `meta/stats.json`.
pub(super) const STATS: &str = "topple.stats";

/// Which of a file's columns of numbers hardly hold a value twice.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Varied {
    /// All of them.
    All,
    /// Those of motions; the others repeat from row to row.
    Motions,
}

impl Varied {
    fn holds(self, column: &str) -> bool {
        self == Self::All || column.starts_with("motion_")
    }
}

/// The file's bytes: they depend on the arguments alone.
pub(super) fn encode(
    batch: &RecordBatch,
    varied: Varied,
    metadata: &[(&str, String)],
) -> Result<Vec<u8>, ParquetError> {
    let metadata = metadata
        .iter()
        .map(|(key, value)| KeyValue::new((*key).to_owned(), value.clone()))
        .collect();
    let mut properties = WriterProperties::builder()
        .set_compression(Compression::ZSTD(ZstdLevel::try_new(3)?))
        .set_created_by(concat!("topple ", env!("CARGO_PKG_VERSION")).to_owned())
        .set_key_value_metadata(Some(metadata));
    for field in batch
        .schema()
        .fields()
        .iter()
        .filter(|f| varied.holds(f.name()))
    {
        let path = match field.data_type() {
            DataType::Float64 => vec![field.name().clone()],
            DataType::List(item) if *item.data_type() == DataType::Float64 => {
                vec![field.name().clone(), "list".into(), item.name().clone()]
            }
            _ => continue,
        };
        let path = ColumnPath::new(path);
        properties = properties
            .set_column_dictionary_enabled(path.clone(), false)
            .set_column_encoding(path, Encoding::BYTE_STREAM_SPLIT);
    }
    let mut writer = ArrowWriter::try_new(Vec::new(), batch.schema(), Some(properties.build()))?;
    writer.write(batch)?;
    writer.into_inner()
}

/// A file that is open: its metadata was read, its columns were not.
pub(super) struct OpenFile {
    path: PathBuf,
    builder: ParquetRecordBatchReaderBuilder<File>,
}

impl OpenFile {
    /// Opens the file and checks that it belongs to the data set `identity`.
    pub fn open(path: &Path, identity: &str) -> Result<Self, DatasetError> {
        let file = File::open(path).map_err(DatasetError::reading(path))?;
        let builder = unless_it_panics(path, || {
            ParquetRecordBatchReaderBuilder::try_new(file)
                .map_err(|e| DatasetError::damaged(path, e))
        })?;
        let open = Self {
            path: path.to_owned(),
            builder,
        };
        match open.metadata(IDENTITY) {
            None => Err(DatasetError::foreign(path, "topple did not write it")),
            Some(found) if found != identity => Err(DatasetError::foreign(
                path,
                "it comes from another seed, config or version than meta/info.json",
            )),
            Some(_) => Ok(open),
        }
    }

    /// What the file says under `key`.
    pub fn metadata(&self, key: &str) -> Option<&str> {
        let pairs = self
            .builder
            .metadata()
            .file_metadata()
            .key_value_metadata()?;
        pairs.iter().find(|p| p.key == key)?.value.as_deref()
    }

    /// Number of rows.
    pub fn rows(&self) -> u64 {
        self.builder.metadata().file_metadata().num_rows().max(0) as u64
    }

    /// All its rows.
    pub fn read(self) -> Result<Table, DatasetError> {
        let Self { path, builder } = self;
        let batch = unless_it_panics(&path, || all_rows(builder, &path))?;
        Ok(Table::new(batch, &path))
    }
}

fn all_rows(
    builder: ParquetRecordBatchReaderBuilder<File>,
    path: &Path,
) -> Result<RecordBatch, DatasetError> {
    let damaged = |e: &dyn std::fmt::Display| DatasetError::damaged(path, e);
    let rows = builder.metadata().file_metadata().num_rows().max(1) as usize;
    let schema = builder.schema().clone();
    let mut reader = builder
        .with_batch_size(rows)
        .build()
        .map_err(|e| damaged(&e))?;
    let batch = match reader.next() {
        Some(batch) => batch.map_err(|e| damaged(&e))?,
        None => RecordBatch::new_empty(schema),
    };
    if batch.num_rows() != rows && reader.next().is_some() {
        return Err(damaged(&"it has more than one batch of rows"));
    }
    Ok(batch)
}

/// What `read` gives. The Parquet reader panics on some damaged bytes, and sets of the first layout have no checksums
/// that tell of them before ([`super::stored`]).
fn unless_it_panics<T>(
    path: &Path,
    read: impl FnOnce() -> Result<T, DatasetError>,
) -> Result<T, DatasetError> {
    // Whatever the reader had in hand is dropped with it.
    catch_unwind(AssertUnwindSafe(read)).unwrap_or_else(|_| {
        Err(DatasetError::damaged(
            path,
            "the Parquet reader gave up on it",
        ))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reader_that_panics_tells_of_a_damaged_file() {
        let path = Path::new("data/chunk-000/file-000.parquet");
        let read = unless_it_panics::<()>(path, || panic!("a page ends early"));
        assert!(matches!(&read, Err(DatasetError::Damaged { path: p, .. }) if p == path));
    }
}
