//! Data sets as a whole: exact, the same bytes however they were made, and hard to break.

mod commands;
mod damage;
mod failures;
mod fake;
mod merging;
mod replayed;
mod scenes;

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};

use fake::Fake;
use serde_json::json;
use tempfile::TempDir;
use topple::dataset::{
    Dataset, DatasetError, Ending, Episode, EpisodeSource, Report, STACKS_PER_FILE, Shard,
    SourceError, Summary, generate, info_path, merge,
};
use topple::rollout::AccidentKind;

/// Three files, the last one not full.
const STACKS: u64 = 2 * STACKS_PER_FILE + 5;

fn make(source: &Fake, dir: &Path, threads: usize, shard: Option<Shard>) -> Report {
    let stop = AtomicBool::new(false);
    generate(source, dir, STACKS, threads, shard, &stop, |_| {}).unwrap()
}

fn try_make(source: &Fake, dir: &Path) -> Result<Report, DatasetError> {
    let stop = AtomicBool::new(false);
    generate(source, dir, STACKS, 1, None, &stop, |_| {})
}

/// Every file below `dir` with its bytes.
fn contents(dir: &Path) -> BTreeMap<PathBuf, Vec<u8>> {
    let mut all = BTreeMap::new();
    let mut folders = vec![dir.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else {
                let name = path.strip_prefix(dir).unwrap().to_owned();
                all.insert(name, fs::read(path).unwrap());
            }
        }
    }
    all
}

fn frames_file(dir: &Path, n: u64) -> PathBuf {
    dir.join(format!("data/chunk-000/file-{n:03}.parquet"))
}

fn episodes_file(dir: &Path, n: u64) -> PathBuf {
    dir.join(format!("meta/episodes/chunk-000/file-{n:03}.parquet"))
}

fn sums_file(dir: &Path, n: u64) -> PathBuf {
    dir.join(format!("meta/sums/chunk-000/file-{n:03}.json"))
}

/// Copies all that makes up one file of a set.
fn copy_file(from: (&Path, u64), to: (&Path, u64)) {
    for part in [frames_file, episodes_file, sums_file] {
        fs::copy(part(from.0, from.1), part(to.0, to.1)).unwrap();
    }
}

fn shard(index: u64, count: u64) -> Option<Shard> {
    Some(Shard { index, count })
}

#[test]
fn what_was_written_is_read_back_to_the_bit() {
    let dir = TempDir::new().unwrap();
    let source = Fake::new(1);
    let report = make(&source, dir.path(), 2, None);
    assert_eq!(
        (report.ending, report.episodes),
        (Ending::Complete, STACKS * 3)
    );
    let set = Dataset::open(dir.path()).unwrap();
    assert!(set.is_complete());
    assert_eq!(set.len(), STACKS * 3);
    let read: Vec<Episode> = set.episodes().collect::<Result<_, _>>().unwrap();
    let mut made: Vec<Episode> = (0..STACKS).flat_map(|s| source.episodes(s)).collect();
    for (index, episode) in (0..).zip(&mut made) {
        episode.index = index;
    }
    assert_eq!(read, made);
    // `==` takes -0 for 0; Debug does not.
    assert_eq!(format!("{read:?}"), format!("{made:?}"));
    assert_eq!(set.episode(100).unwrap().as_ref(), Some(&made[100]));
    assert_eq!(set.episode(STACKS * 3).unwrap(), None);
}

#[test]
fn one_and_two_threads_write_the_same_bytes_and_another_seed_others() {
    let dirs = [(); 3].map(|()| TempDir::new().unwrap());
    make(&Fake::new(1), dirs[0].path(), 1, None);
    make(&Fake::new(1), dirs[1].path(), 2, None);
    make(&Fake::new(2), dirs[2].path(), 2, None);
    let [one, two, other] = dirs.each_ref().map(|d| contents(d.path()));
    assert_eq!(
        one.keys().collect::<Vec<_>>(),
        other.keys().collect::<Vec<_>>()
    );
    assert!(one == two);
    assert!(one.iter().all(|(name, bytes)| other[name] != *bytes));
}

#[test]
fn an_interrupted_set_can_be_read_and_is_finished_by_the_same_call() {
    let (whole, cut) = (TempDir::new().unwrap(), TempDir::new().unwrap());
    let source = Fake::new(3);
    make(&source, whole.path(), 2, None);
    let stop = AtomicBool::new(false);
    let stop_late = |p: topple::dataset::Progress| {
        if p.made > 2 * STACKS_PER_FILE * 3 {
            stop.store(true, Ordering::Relaxed);
        }
    };
    let report = generate(&source, cut.path(), STACKS, 1, None, &stop, stop_late).unwrap();
    assert_eq!(report.ending, Ending::Stopped);
    assert!(0 < report.episodes && report.episodes < report.total);
    let set = Dataset::open(cut.path()).unwrap();
    assert!(!set.is_complete());
    assert_eq!(set.len(), report.episodes);
    assert_eq!(
        set.episodes().map(Result::unwrap).count() as u64,
        report.episodes
    );

    // What a killed process leaves behind.
    fs::write(
        frames_file(cut.path(), 2).with_file_name(".topple-a1B2c3.part"),
        "half",
    )
    .unwrap();
    let resumed = make(&source, cut.path(), 1, None);
    assert_eq!(
        (resumed.ending, resumed.found),
        (Ending::Complete, report.episodes)
    );
    assert!(contents(whole.path()) == contents(cut.path()));
    // Nothing is left to do, and nothing changes.
    assert_eq!(make(&source, cut.path(), 2, None).found, resumed.total);
    assert!(contents(whole.path()) == contents(cut.path()));
}

#[test]
fn a_stop_at_once_leaves_a_set_that_can_be_finished() {
    let dir = TempDir::new().unwrap();
    let stop = AtomicBool::new(true);
    let source = Fake::new(3);
    let report = generate(&source, dir.path(), STACKS, 2, None, &stop, |_| {}).unwrap();
    assert_eq!((report.ending, report.episodes), (Ending::Stopped, 0));
    assert!(Dataset::open(dir.path()).unwrap().is_empty());
    assert_eq!(make(&source, dir.path(), 2, None).ending, Ending::Complete);
}

#[test]
fn a_damaged_file_is_made_anew() {
    let (whole, cut) = (TempDir::new().unwrap(), TempDir::new().unwrap());
    for dir in [&whole, &cut] {
        make(&Fake::new(4), dir.path(), 2, None);
    }
    fs::write(frames_file(cut.path(), 1), "PAR1").unwrap();
    assert!(make(&Fake::new(4), cut.path(), 1, None).found < STACKS * 3);
    assert!(contents(whole.path()) == contents(cut.path()));
}

#[test]
fn another_config_seed_or_length_is_refused() {
    let dir = TempDir::new().unwrap();
    make(&Fake::new(1), dir.path(), 1, None);
    let before = contents(dir.path());
    let other_config = Fake {
        config: json!({"families": ["other"]}),
        ..Fake::new(1)
    };
    for (source, differs) in [(Fake::new(2), "seed"), (other_config, "config")] {
        match try_make(&source, dir.path()) {
            Err(DatasetError::OtherConfig { what, .. }) => assert_eq!(what, differs),
            other => panic!("{other:?}"),
        }
    }
    let stop = AtomicBool::new(false);
    let longer = generate(
        &Fake::new(1),
        dir.path(),
        STACKS + 1,
        1,
        None,
        &stop,
        |_| {},
    );
    assert!(matches!(longer, Err(DatasetError::OtherConfig { .. })));
    assert!(contents(dir.path()) == before);
}

#[test]
fn a_folder_full_of_something_else_is_left_alone() {
    let dir = TempDir::new().unwrap();
    fs::write(dir.path().join("thesis.tex"), "years of work").unwrap();
    fs::write(dir.path().join("unsent.parquet.part"), "of another program").unwrap();
    let before = contents(dir.path());
    let refused = try_make(&Fake::new(1), dir.path()).unwrap_err();
    assert!(refused.to_string().contains("thesis.tex"), "{refused}");
    assert!(!refused.is_failed_work());
    assert!(contents(dir.path()) == before);
    // Not even where a set would have it, as long as there is none.
    let theirs = TempDir::new().unwrap();
    let part = frames_file(theirs.path(), 0).with_extension("parquet.part");
    fs::create_dir_all(part.parent().unwrap()).unwrap();
    fs::write(&part, "of another program").unwrap();
    let refused = try_make(&Fake::new(1), theirs.path()).unwrap_err();
    assert!(refused.to_string().contains("parquet.part"), "{refused}");
    assert_eq!(fs::read(&part).unwrap(), b"of another program");
    assert_eq!(contents(theirs.path()).len(), 1);
    let file = dir.path().join("thesis.tex");
    assert!(matches!(
        try_make(&Fake::new(1), &file),
        Err(DatasetError::NotAFolder { .. })
    ));
}

#[test]
fn the_recipe_gives_the_same_bytes_on_one_and_on_two_threads() {
    use topple::dataset::recipe::{Recipe, Scenes};
    use topple::scene::families::Family;
    let recipe = Recipe {
        seed: 11,
        scenes: Scenes::generated(&[Family::Leaning, Family::Bridge], 5),
        mixture: Default::default(),
    };
    let dirs = [(); 2].map(|()| TempDir::new().unwrap());
    for (threads, dir) in (1..).zip(&dirs) {
        let stop = AtomicBool::new(false);
        generate(&recipe, dir.path(), 2, threads, None, &stop, |_| {}).unwrap();
    }
    assert!(contents(dirs[0].path()) == contents(dirs[1].path()));
    let set = Dataset::open(dirs[0].path()).unwrap();
    let episodes: Vec<Episode> = set.episodes().collect::<Result<_, _>>().unwrap();
    assert_eq!(episodes[..8], recipe.episodes(0).unwrap());
}

#[test]
fn the_summary_counts_what_the_episodes_hold() {
    let dir = TempDir::new().unwrap();
    let source = Fake::new(9);
    make(&source, dir.path(), 2, None);
    let episodes: Vec<Episode> = (0..STACKS).flat_map(|s| source.episodes(s)).collect();
    let summary = Summary::of(&Dataset::open(dir.path()).unwrap()).unwrap();
    let share = |part: usize, of: usize| Some(part as f64 / of as f64);
    let unsafe_ones = episodes.iter().filter(|e| !e.rollout.is_safe()).count();
    assert_eq!(summary.all.accidents, share(unsafe_ones, episodes.len()));
    let heaps: Vec<_> = episodes.iter().filter(|e| e.family == "heap").collect();
    let tilted = heaps
        .iter()
        .filter(|e| e.rollout.has(AccidentKind::Tilt))
        .count();
    assert_eq!(summary.by_family["heap"].episodes, heaps.len() as u64);
    assert_eq!(
        Some(summary.by_family["heap"].by_kind["tilt"]),
        share(tilted, heaps.len())
    );
    // Every stack of the fake is one belief under three draws.
    let open = |e: &[Episode]| {
        let safe = e.iter().filter(|e| e.rollout.is_safe()).count();
        0 < safe && safe < e.len()
    };
    let undecided = episodes.chunks(3).filter(|e| open(e)).count();
    assert_eq!(summary.undecided.beliefs, STACKS);
    assert_eq!(summary.undecided.draws, Some(3.0));
    assert_eq!(summary.undecided.share, share(undecided, STACKS as usize));
    let frames: usize = episodes.iter().map(|e| e.rollout.frames.len()).sum();
    assert_eq!(summary.frames, frames as u64);
    assert_eq!(summary.splits.values().sum::<u64>(), STACKS * 3);
}
