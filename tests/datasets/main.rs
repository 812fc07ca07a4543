//! Data sets as a whole: exact, the same bytes however they were made, and hard to break.

mod commands;
mod fake;

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
        frames_file(cut.path(), 2).with_extension("parquet.part"),
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
    fs::write(dir.path().join("theirs.parquet.part"), "of another program").unwrap();
    let before = contents(dir.path());
    let refused = try_make(&Fake::new(1), dir.path()).unwrap_err();
    assert!(refused.to_string().contains("thesis.tex"), "{refused}");
    assert!(!refused.is_failed_work());
    assert!(contents(dir.path()) == before);
    let file = dir.path().join("thesis.tex");
    assert!(matches!(
        try_make(&Fake::new(1), &file),
        Err(DatasetError::NotAFolder { .. })
    ));
}

#[test]
fn merged_shards_are_the_whole_set_byte_for_byte() {
    let dirs = [(); 5].map(|()| TempDir::new().unwrap());
    let [whole, a, b, c, out] = dirs.each_ref().map(TempDir::path);
    let source = Fake::new(5);
    make(&source, whole, 2, None);
    for (i, dir) in (1..).zip([a, b, c]) {
        make(&source, dir, 2, shard(i, 3));
    }
    let merge_all = |shards: &[&Path], out: &Path| {
        let shards: Vec<PathBuf> = shards.iter().map(|p| p.to_path_buf()).collect();
        merge(out, &shards, &AtomicBool::new(false), |_, _| {})
    };
    let first = merge_all(&[c, a, b], out).unwrap();
    assert_eq!((first.ending, first.found), (Ending::Complete, 0));
    assert!(contents(whole) == contents(out));
    // A second merge finds all done.
    let second = merge_all(&[a, b, c], out).unwrap();
    assert_eq!(second.ending, Ending::Complete);
    assert_eq!((second.found, second.episodes), (first.total, first.total));
    assert!(contents(whole) == contents(out));
    // A shard is no such result, though it is of the same set.
    let other = merge_all(&[a, b, c], a).unwrap_err();
    assert!(matches!(other, DatasetError::OtherConfig { .. }), "{other}");

    let fresh = TempDir::new().unwrap();
    let refused = |shards: &[&Path]| merge_all(shards, fresh.path()).unwrap_err().to_string();
    assert!(refused(&[a, c]).contains("shard 2/3 is missing"));
    assert!(refused(&[a, b, c, b]).contains("shard 2/3, as is"));
    assert!(refused(&[whole]).contains("not a shard"));
    assert!(refused(&[]).contains("no shards"));
    assert!(contents(fresh.path()).is_empty());
}

#[test]
fn shards_of_another_seed_or_number_or_unfinished_ones_are_not_merged() {
    let dirs = [(); 4].map(|()| TempDir::new().unwrap());
    let [a, other_seed, other_count, unfinished] = dirs.each_ref().map(TempDir::path);
    make(&Fake::new(5), a, 1, shard(1, 2));
    make(&Fake::new(6), other_seed, 1, shard(2, 2));
    make(&Fake::new(5), other_count, 1, shard(2, 3));
    let stop = AtomicBool::new(true);
    generate(
        &Fake::new(5),
        unfinished,
        STACKS,
        1,
        shard(2, 2),
        &stop,
        |_| {},
    )
    .unwrap();
    let out = TempDir::new().unwrap();
    for (second, why) in [
        (other_seed, "its seed is 6"),
        (other_count, "one of 3 shards"),
        (unfinished, "unfinished"),
    ] {
        let pair = [a.to_path_buf(), second.to_path_buf()];
        let refused = merge(out.path(), &pair, &AtomicBool::new(false), |_, _| {}).unwrap_err();
        assert!(refused.to_string().contains(why), "{refused}");
        assert!(!refused.is_failed_work());
    }
}

#[test]
fn a_truncated_file_is_named_with_its_remedy_and_the_others_stay_readable() {
    let dir = TempDir::new().unwrap();
    make(&Fake::new(1), dir.path(), 1, None);
    for path in [frames_file(dir.path(), 1), episodes_file(dir.path(), 1)] {
        let bytes = fs::read(&path).unwrap();
        for keep in [0, 3, bytes.len() / 2, bytes.len() - 1] {
            fs::write(&path, &bytes[..keep]).unwrap();
            let set = Dataset::open(dir.path()).unwrap();
            let error = set.read_file(1).unwrap_err();
            assert!(matches!(&error, DatasetError::Damaged { path: p, .. } if *p == path));
            assert!(miette::Diagnostic::help(&error).is_some());
            assert!(set.read_file(0).is_ok() && set.read_file(2).is_ok());
        }
        fs::write(&path, &bytes).unwrap();
    }
}

#[test]
fn a_flipped_bit_is_always_noticed_and_never_panics() {
    use rand::{Rng, SeedableRng};
    let mut rng = rand_chacha::ChaCha8Rng::seed_from_u64(7);
    let dir = TempDir::new().unwrap();
    make(&Fake::new(1), dir.path(), 1, None);
    let set = Dataset::open(dir.path()).unwrap();
    for path in [frames_file(dir.path(), 2), episodes_file(dir.path(), 2)] {
        let bytes = fs::read(&path).unwrap();
        for _ in 0..100 {
            let mut broken = bytes.clone();
            let at = rng.random_range(0..broken.len());
            broken[at] ^= 1 << rng.random_range(0..8);
            fs::write(&path, broken).unwrap();
            let error = set.read_file(2).unwrap_err();
            assert!(matches!(&error, DatasetError::Damaged { path: p, .. } if *p == path));
        }
        fs::write(&path, &bytes).unwrap();
    }
    let sums = sums_file(dir.path(), 2);
    for text in ["", "{}", "null", "{\"frames\": 1, \"episodes\": 2}"] {
        fs::write(&sums, text).unwrap();
        assert!(matches!(
            set.read_file(2),
            Err(DatasetError::Damaged { .. })
        ));
    }
}

#[test]
fn a_set_of_the_first_layout_without_checksums_is_still_read() {
    let dir = TempDir::new().unwrap();
    make(&Fake::new(1), dir.path(), 1, None);
    let path = info_path(dir.path());
    let text = fs::read_to_string(&path).unwrap();
    let first = text.replace("\"schema_version\": 2", "\"schema_version\": 1");
    fs::write(&path, first).unwrap();
    fs::remove_dir_all(dir.path().join("meta/sums")).unwrap();
    let set = Dataset::open(dir.path()).unwrap();
    assert_eq!(
        set.episodes().filter(Result::is_ok).count() as u64,
        STACKS * 3
    );
    // But nothing is added to it.
    assert!(matches!(
        try_make(&Fake::new(1), dir.path()),
        Err(DatasetError::OtherConfig { .. })
    ));
}

#[test]
fn foreign_files_are_told_from_damaged_ones() {
    let dirs = [(); 2].map(|()| TempDir::new().unwrap());
    let [mine, theirs] = dirs.each_ref().map(TempDir::path);
    make(&Fake::new(1), mine, 1, None);
    make(&Fake::new(2), theirs, 1, None);
    copy_file((theirs, 0), (mine, 0));
    let error = Dataset::open(mine).unwrap().read_file(0).unwrap_err();
    assert!(
        error
            .to_string()
            .contains("another seed, config or version"),
        "{error}"
    );
    assert!(matches!(
        try_make(&Fake::new(1), mine),
        Err(DatasetError::Foreign { .. })
    ));
    // The right set, but the wrong file of it.
    copy_file((theirs, 1), (theirs, 0));
    let error = Dataset::open(theirs).unwrap().read_file(0).unwrap_err();
    assert!(matches!(error, DatasetError::Foreign { .. }), "{error}");
}

#[test]
fn a_set_without_its_description_or_from_the_future_is_refused() {
    let dir = TempDir::new().unwrap();
    make(&Fake::new(1), dir.path(), 1, None);
    let path = info_path(dir.path());
    let text = fs::read_to_string(&path).unwrap();
    let open = || Dataset::open(dir.path()).unwrap_err();
    fs::write(
        &path,
        text.replace("\"schema_version\": 2", "\"schema_version\": 3"),
    )
    .unwrap();
    assert!(matches!(
        open(),
        DatasetError::Future {
            found: 3,
            known: 2,
            ..
        }
    ));
    for foreign in ["", "{", "[]", "{}", "\u{0}", &text[..text.len() / 2]] {
        fs::write(&path, foreign).unwrap();
        assert!(matches!(open(), DatasetError::Foreign { .. }), "{foreign}");
    }
    fs::remove_file(&path).unwrap();
    assert!(matches!(open(), DatasetError::NotADataset { .. }));
    fs::write(&path, &text).unwrap();
    fs::remove_file(episodes_file(dir.path(), 2)).unwrap();
    let error = open();
    assert!(
        error
            .to_string()
            .contains("episodes/chunk-000/file-002.parquet"),
        "{error}"
    );
}

#[test]
fn the_recipe_gives_the_same_bytes_on_one_and_on_two_threads() {
    use topple::dataset::recipe::Recipe;
    use topple::scene::families::Family;
    let recipe = Recipe {
        seed: 11,
        families: vec![Family::Leaning, Family::Bridge],
        boxes_max: 5,
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

#[test]
fn a_write_that_fails_keeps_what_is_there_and_can_be_made_good() {
    let (whole, dir) = (TempDir::new().unwrap(), TempDir::new().unwrap());
    let source = Fake::new(1);
    make(&source, whole.path(), 2, None);
    // A folder where the temporary file has to go.
    let blocked = frames_file(dir.path(), 2).with_extension("parquet.part");
    fs::create_dir_all(&blocked).unwrap();
    let error = try_make(&source, dir.path()).unwrap_err();
    assert!(error.is_failed_work(), "{error}");
    assert!(error.to_string().contains("file-002.parquet"), "{error}");
    let set = Dataset::open(dir.path()).unwrap();
    assert!(!set.is_complete() && !set.is_empty());
    assert_eq!(
        set.episodes().filter(Result::is_ok).count() as u64,
        set.len()
    );
    fs::remove_dir(&blocked).unwrap();
    make(&source, dir.path(), 2, None);
    assert!(contents(whole.path()) == contents(dir.path()));
}

#[test]
fn an_episode_that_is_not_finite_or_hangs_not_together_is_not_written() {
    struct Spoilt(Fake, fn(&mut Episode));
    impl EpisodeSource for Spoilt {
        fn config_json(&self) -> serde_json::Value {
            self.0.config_json()
        }
        fn seed(&self) -> u64 {
            self.0.seed()
        }
        fn episodes_per_stack(&self) -> u64 {
            8
        }
        fn stack(&self, stack: u64) -> Result<Vec<Episode>, SourceError> {
            let mut episodes = self.0.episodes(stack);
            if stack == STACKS_PER_FILE {
                self.1(&mut episodes[1]);
            }
            Ok(episodes)
        }
    }
    let source = |spoil| {
        let fake = Fake {
            episodes_per_stack: 8,
            ..Fake::new(1)
        };
        Spoilt(fake, spoil)
    };
    let run = |spoil| {
        let dir = TempDir::new().unwrap();
        let stop = AtomicBool::new(false);
        let error = generate(&source(spoil), dir.path(), STACKS, 1, None, &stop, |_| {});
        assert!(!frames_file(dir.path(), 1).exists());
        assert!(Dataset::open(dir.path()).is_ok());
        error.unwrap_err()
    };
    let error = run(|e| e.rollout.path_length = f64::NAN);
    assert!(
        matches!(&error, DatasetError::NotFinite { episode: 129, column } if column == "path_length")
    );
    assert!(error.is_failed_work());
    let error = run(|e| e.draw.boxes[0].com.x = f64::INFINITY);
    assert!(matches!(&error, DatasetError::NotFinite { column, .. } if column == "draw_com"));
    let error = run(|e| e.draw.boxes.truncate(0));
    assert!(matches!(error, DatasetError::Misfit { episode: 129, .. }));
}

#[test]
fn a_source_that_fails_or_breaks_its_promise_of_a_number_is_told_so() {
    struct Short(Fake);
    impl EpisodeSource for Short {
        fn config_json(&self) -> serde_json::Value {
            self.0.config_json()
        }
        fn seed(&self) -> u64 {
            self.0.seed()
        }
        fn episodes_per_stack(&self) -> u64 {
            8
        }
        fn stack(&self, stack: u64) -> Result<Vec<Episode>, SourceError> {
            if stack == 1 {
                return Err("no such scene".into());
            }
            Ok(self.0.episodes(stack))
        }
    }
    let dir = TempDir::new().unwrap();
    let stop = AtomicBool::new(false);
    let error = generate(&Short(Fake::new(1)), dir.path(), 1, 1, None, &stop, |_| {});
    assert!(matches!(
        error,
        Err(DatasetError::WrongCount {
            found: 3,
            wanted: 8,
            ..
        })
    ));
}
