//! Episodes from a source to disk: in parallel, resumable, the same bytes whatever the threads.
//!
//! Owns [`generate`]. Stacks are made in parallel within a file and put down
//! in order. A second file is under way at the same time (more of them where there are more than
//! 16 threads), so that the last stacks of one do not keep threads waiting; memory is therefore
//! that of a few files, however long the set.

use std::path::Path;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use rayon::ThreadPool;
use rayon::prelude::*;

use super::files::FileNumber;
use super::info::Plan;
use super::shard::Shard;
use super::writer::DatasetWriter;
use super::{DatasetError, Episode, EpisodeSource};

/// Threads for each file beside the first that is being made at the same time.
const THREADS_PER_FILE: usize = 16;

/// How far the work is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Progress {
    /// Episodes made by this call, whether on disk yet or not.
    pub made: u64,
    /// Episodes that were on disk when it began.
    pub found: u64,
    /// Episodes that there will be, the found ones included.
    pub total: u64,
}

/// How the work ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ending {
    /// The data set, or the shard, is complete.
    Complete,
    /// It was asked to stop; files that are finished stay, the same call goes on after them.
    Stopped,
}

/// What was done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Report {
    /// How it ended.
    pub ending: Ending,
    /// Episodes on disk now.
    pub episodes: u64,
    /// Of these, how many were there before.
    pub found: u64,
    /// Episodes that there are to be.
    pub total: u64,
}

/// Makes the first `stacks` stacks of `source`, or a shard of them, into the data set in `dir`.
///
/// A second call with the same source goes on where an interrupted one stopped. Bytes depend on
/// the source alone. `stop` is looked at before each stack.
///
/// # Errors
/// When `dir` holds something else, the disk is full, or the source breaks its promises. Files
/// finished before that stay.
pub fn generate(
    source: &impl EpisodeSource,
    dir: &Path,
    stacks: u64,
    threads: usize,
    shard: Option<Shard>,
    stop: &AtomicBool,
    progress: impl Fn(Progress) + Sync,
) -> Result<Report, DatasetError> {
    let plan = Plan {
        seed: source.seed(),
        config: source.config_json(),
        stacks,
        episodes_per_stack: source.episodes_per_stack(),
        shard,
    };
    let writer = DatasetWriter::begin(dir, &plan)?;
    let missing = writer.missing()?;
    let total = writer.info().episodes_in(writer.info().files());
    let found = total - writer.info().episodes_in(missing.iter().copied());
    let work = Work {
        source,
        writer: &writer,
        pool: pool(threads)?,
        made: AtomicU64::new(0),
        stop,
        progress: |made| progress(Progress { made, found, total }),
    };
    (work.progress)(0);
    let written = work.all(&missing)?;
    let episodes = found + writer.info().episodes_in(written.iter().copied());
    let ending = if written.len() == missing.len() {
        writer.finish()?;
        Ending::Complete
    } else {
        Ending::Stopped
    };
    Ok(Report {
        ending,
        episodes,
        found,
        total,
    })
}

fn pool(threads: usize) -> Result<ThreadPool, DatasetError> {
    rayon::ThreadPoolBuilder::new()
        .num_threads(threads)
        .build()
        .map_err(|e| DatasetError::Threads {
            threads,
            reason: e.to_string(),
        })
}

/// Sets its flag when a panic passes by: no error tells the other lanes of one.
struct ToldOfPanic<'a>(&'a AtomicBool);

impl Drop for ToldOfPanic<'_> {
    fn drop(&mut self) {
        if std::thread::panicking() {
            self.0.store(true, Ordering::Relaxed);
        }
    }
}

struct Work<'a, S, P> {
    source: &'a S,
    writer: &'a DatasetWriter,
    pool: ThreadPool,
    made: AtomicU64,
    stop: &'a AtomicBool,
    progress: P,
}

impl<S: EpisodeSource, P: Fn(u64) + Sync> Work<'_, S, P> {
    /// Makes `missing` in order, and gives those that are on disk when it ends.
    fn all(&self, missing: &[FileNumber]) -> Result<Vec<FileNumber>, DatasetError> {
        let queue = Mutex::new(missing.iter().copied());
        // The lock is held for one step of an iterator over numbers, which cannot panic.
        let next = || queue.lock().ok().and_then(|mut files| files.next());
        let failed = AtomicBool::new(false);
        let lane = || {
            let mut written = Vec::new();
            while let Some(file) = next() {
                match self.one(file, &failed) {
                    Ok(Some(())) => written.push(file),
                    Ok(None) => break,
                    Err(e) => {
                        failed.store(true, Ordering::Relaxed);
                        return Err(e);
                    }
                }
            }
            Ok(written)
        };
        let lanes: Vec<_> = std::thread::scope(|scope| {
            let count = 1 + self.pool.current_num_threads().div_ceil(THREADS_PER_FILE);
            let lanes: Vec<_> = (0..count).map(|_| scope.spawn(lane)).collect();
            lanes.into_iter().map(|lane| lane.join()).collect()
        });
        let mut written = Vec::new();
        for lane in lanes {
            // A panic of the source is its defect, and goes on as one.
            written.extend(lane.unwrap_or_else(|panic| std::panic::resume_unwind(panic))?);
        }
        Ok(written)
    }

    /// Makes one file; `None` when it was dropped because it is time to stop.
    fn one(&self, file: FileNumber, failed: &AtomicBool) -> Result<Option<()>, DatasetError> {
        let has_to_stop = || self.stop.load(Ordering::Relaxed) || failed.load(Ordering::Relaxed);
        let stacks: Vec<u64> = self.writer.info().stacks_of(file).collect();
        let made: Option<Vec<Result<Vec<Episode>, DatasetError>>> = self.pool.install(|| {
            stacks
                .par_iter()
                .with_max_len(1)
                .map(|&stack| {
                    let _told = ToldOfPanic(failed);
                    match has_to_stop() {
                        true => None,
                        false => self.stack(stack).transpose(),
                    }
                })
                .collect()
        });
        let Some(made) = made else {
            return Ok(None);
        };
        let made = made.into_iter().collect::<Result<Vec<_>, _>>()?;
        let episodes: Vec<Episode> = made.into_iter().flatten().collect();
        self.writer.write(file, &episodes)?;
        Ok(Some(()))
    }

    /// One stack's episodes, numbered; `None` where it was broken off because it is time to stop.
    fn stack(&self, stack: u64) -> Result<Option<Vec<Episode>>, DatasetError> {
        let wanted = self.writer.info().episodes_per_stack;
        let made = self.source.stack_until(stack, self.stop);
        let made = made.map_err(|cause| DatasetError::Source { stack, cause })?;
        let Some(mut episodes) = made else {
            return Ok(None);
        };
        let found = episodes.len() as u64;
        if found != wanted {
            return Err(DatasetError::WrongCount {
                stack,
                found,
                wanted,
            });
        }
        for (episode, index) in episodes.iter_mut().zip(stack * wanted..) {
            episode.index = index;
            episode.stack = stack;
        }
        (self.progress)(self.made.fetch_add(wanted, Ordering::Relaxed) + wanted);
        Ok(Some(episodes))
    }
}

#[cfg(test)]
mod tests {
    use std::panic::{AssertUnwindSafe, catch_unwind};

    use serde_json::{Value, json};

    use super::*;
    use crate::dataset::SourceError;

    /// A source with a defect.
    struct Broken;

    impl EpisodeSource for Broken {
        fn config_json(&self) -> Value {
            json!({})
        }

        fn seed(&self) -> u64 {
            1
        }

        fn episodes_per_stack(&self) -> u64 {
            1
        }

        fn stack(&self, _: u64) -> Result<Vec<Episode>, SourceError> {
            panic!("a defect")
        }
    }

    #[test]
    fn a_source_that_panics_stops_what_is_made_at_the_same_time() {
        let dir = tempfile::tempdir().unwrap();
        let plan = Plan {
            seed: Broken.seed(),
            config: Broken.config_json(),
            stacks: 40,
            episodes_per_stack: Broken.episodes_per_stack(),
            shard: None,
        };
        let work = Work {
            source: &Broken,
            writer: &DatasetWriter::begin(dir.path(), &plan).unwrap(),
            pool: pool(1).unwrap(),
            made: AtomicU64::new(0),
            stop: &AtomicBool::new(false),
            progress: |_: u64| {},
        };
        let failed = AtomicBool::new(false);
        let made = catch_unwind(AssertUnwindSafe(|| work.one(FileNumber(0), &failed)));
        assert!(made.is_err());
        // Other files see this before each of their stacks.
        assert!(failed.load(Ordering::Relaxed));
    }
}
