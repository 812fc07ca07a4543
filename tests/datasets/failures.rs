//! Writes and sources that fail: nothing made is lost, and what is wrong is not written.

use super::*;

/// A source that says it makes eight episodes of each stack, and does something to them.
struct Altered<F>(Fake, F);

impl<F> EpisodeSource for Altered<F>
where
    F: Fn(u64, Vec<Episode>) -> Result<Vec<Episode>, SourceError> + Sync,
{
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
        self.1(stack, self.0.episodes(stack))
    }
}

#[test]
fn a_write_that_fails_keeps_what_is_there_and_can_be_made_good() {
    let (whole, dir) = (TempDir::new().unwrap(), TempDir::new().unwrap());
    let source = Fake::new(1);
    make(&source, whole.path(), 2, None);
    // A folder where the file has to go.
    let blocked = frames_file(dir.path(), 2);
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
    let source = |spoil: fn(&mut Episode)| {
        let fake = Fake {
            episodes_per_stack: 8,
            ..Fake::new(1)
        };
        Altered(fake, move |stack, mut episodes: Vec<Episode>| {
            if stack == STACKS_PER_FILE {
                spoil(&mut episodes[1]);
            }
            Ok(episodes)
        })
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
    let stop = AtomicBool::new(false);
    let short = Altered(Fake::new(1), |_, episodes| Ok(episodes));
    let dir = TempDir::new().unwrap();
    let error = generate(&short, dir.path(), 1, 1, None, &stop, |_| {});
    assert!(matches!(
        error,
        Err(DatasetError::WrongCount {
            found: 3,
            wanted: 8,
            ..
        })
    ));

    let fake = Fake {
        episodes_per_stack: 8,
        ..Fake::new(1)
    };
    let failing = Altered(fake, |stack, episodes| match stack {
        1 => Err("no such scene".into()),
        _ => Ok(episodes),
    });
    let dir = TempDir::new().unwrap();
    let error = generate(&failing, dir.path(), 2, 1, None, &stop, |_| {}).unwrap_err();
    assert!(matches!(error, DatasetError::Source { stack: 1, .. }));
    assert!(error.to_string().contains("no such scene"), "{error}");
    assert!(error.is_failed_work());
    // Both stacks share a file, and it is not written with the first one alone.
    for part in [frames_file, episodes_file, sums_file] {
        assert!(!part(dir.path(), 0).exists());
    }
    assert!(Dataset::open(dir.path()).unwrap().is_empty());
}
