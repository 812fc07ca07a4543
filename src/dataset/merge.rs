//! Shards of one data set, made apart, into that data set: the same bytes as if made in one go.
//!
//! Owns [`merge`] and what it refuses: gaps, duplicates, unfinished shards, and shards of another
//! seed, config or version.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};

use super::files::FileNumber;
use super::generate::{Ending, Report};
use super::info::{Info, Plan, Status};
use super::shard::Shard;
use super::writer::DatasetWriter;
use super::{Dataset, DatasetError};

/// Merges `shards` into a new data set in `out`, or goes on with an interrupted merge; where the
/// result is there already, nothing is left to do.
///
/// # Errors
/// When the shards do not make up one data set, or `out` cannot be written to or holds something else.
pub fn merge(
    out: &Path,
    shards: &[PathBuf],
    stop: &AtomicBool,
    progress: impl Fn(u64, u64),
) -> Result<Report, DatasetError> {
    let opened = open_all(out, shards)?;
    let (first_path, first) = &opened[0];
    let plan = Plan {
        seed: first.info().seed,
        config: first.info().config.clone(),
        stacks: first.info().stacks,
        episodes_per_stack: first.info().episodes_per_stack,
        shard: None,
    };
    refuse_other_program(first_path, first.info(), &Info::begin(&plan)?)?;
    let writer = DatasetWriter::begin(out, &plan)?;
    let missing = writer.missing()?;
    let total = writer.info().episodes_in(writer.info().files());
    let found = total - writer.info().episodes_in(missing.iter().copied());
    let report = |ending, copied: &[FileNumber]| Report {
        ending,
        episodes: found + writer.info().episodes_in(copied.iter().copied()),
        found,
        total,
    };
    for (done, &file) in missing.iter().enumerate() {
        if stop.load(Ordering::Relaxed) {
            return Ok(report(Ending::Stopped, &missing[..done]));
        }
        progress(done as u64, missing.len() as u64);
        let home = opened.iter().find(|(_, set)| set.info().has(file));
        // The shards were checked to cover every file.
        let (path, _) = home.ok_or_else(|| gap(out, "a file is in none of the shards"))?;
        writer.copy_from(path, file)?;
    }
    let report = report(Ending::Complete, &missing);
    writer.finish()?;
    Ok(report)
}

/// Opens the shards and checks that they are the parts of one data set, each there once.
fn open_all<'a>(
    out: &Path,
    shards: &'a [PathBuf],
) -> Result<Vec<(&'a PathBuf, Dataset)>, DatasetError> {
    let mut opened: Vec<(&PathBuf, Dataset)> = Vec::new();
    let mut seen: BTreeMap<u64, &PathBuf> = BTreeMap::new();
    for path in shards {
        let set = Dataset::open(path)?;
        let shard = shard_of(path, &set)?;
        if let Some((first_path, first)) = opened.first() {
            refuse_other(path, set.info(), first_path, first.info())?;
        }
        if let Some(twin) = seen.insert(shard.index, path) {
            return Err(DatasetError::Merge {
                path: path.clone(),
                reason: format!("it is shard {shard}, as is {}", twin.display()),
                remedy: "give each shard once".into(),
            });
        }
        opened.push((path, set));
    }
    let Some(count) = opened
        .first()
        .and_then(|(_, set)| set.info().shard)
        .map(|s| s.count)
    else {
        return Err(gap(out, "no shards were given"));
    };
    let lacking = (1..=count).find(|index| !seen.contains_key(index));
    match lacking {
        None => Ok(opened),
        Some(index) => Err(gap(out, &format!("shard {index}/{count} is missing"))),
    }
}

fn gap(out: &Path, reason: &str) -> DatasetError {
    DatasetError::Merge {
        path: out.to_owned(),
        reason: reason.to_owned(),
        remedy: "give all shards of the data set; `topple generate --shard i/n` makes them".into(),
    }
}

fn shard_of(path: &Path, set: &Dataset) -> Result<Shard, DatasetError> {
    let refuse = |reason: &str, remedy: &str| DatasetError::Merge {
        path: path.to_owned(),
        reason: reason.to_owned(),
        remedy: remedy.to_owned(),
    };
    if set.info().status != Status::Complete {
        return Err(refuse(
            "it is unfinished",
            "run the `topple generate --shard` that began it again: it finishes the shard",
        ));
    }
    set.info().shard.ok_or_else(|| {
        refuse(
            "it is a whole data set, not a shard",
            "merge takes what `topple generate --shard i/n` wrote",
        )
    })
}

/// Refuses a shard that was not made by the same command as the first, the shard's number aside.
fn refuse_other(
    path: &Path,
    info: &Info,
    first_path: &Path,
    first: &Info,
) -> Result<(), DatasetError> {
    let count = |info: &Info| info.shard.map_or(0, |s| s.count);
    let reason = match whole(info).difference(&whole(first)) {
        Some((what, here, there)) => {
            format!(
                "its {what} is {here}, that of {} is {there}",
                first_path.display()
            )
        }
        None if count(info) != count(first) => format!(
            "it is one of {} shards, {} is one of {}",
            count(info),
            first_path.display(),
            count(first)
        ),
        None => return Ok(()),
    };
    Err(DatasetError::Merge {
        path: path.to_owned(),
        reason,
        remedy: "merge only shards made with the same seed, config, version and number of shards"
            .into(),
    })
}

/// Refuses shards of which this program would make another set: to it their files were foreign ones.
fn refuse_other_program(path: &Path, info: &Info, wanted: &Info) -> Result<(), DatasetError> {
    match whole(info).difference(wanted) {
        None => Ok(()),
        Some((what, found, wanted)) => Err(DatasetError::Merge {
            path: path.to_owned(),
            reason: format!("its {what} is {found}, where this topple writes {wanted}"),
            remedy: "merge with the topple that made them".into(),
        }),
    }
}

/// What a shard's set says of itself as a whole.
fn whole(info: &Info) -> Info {
    Info {
        shard: None,
        ..info.clone()
    }
}
