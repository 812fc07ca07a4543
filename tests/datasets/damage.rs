//! Files that are truncated, altered, foreign, or of another time.

use super::*;

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

/// A set of the first layout, which has no checksums.
fn first_layout() -> TempDir {
    let dir = TempDir::new().unwrap();
    make(&Fake::new(1), dir.path(), 1, None);
    let path = info_path(dir.path());
    let text = fs::read_to_string(&path).unwrap();
    let first = text.replace("\"schema_version\": 2", "\"schema_version\": 1");
    fs::write(&path, first).unwrap();
    fs::remove_dir_all(dir.path().join("meta/sums")).unwrap();
    dir
}

#[test]
fn a_flipped_bit_in_a_set_without_checksums_never_panics() {
    use rand::{Rng, SeedableRng};
    let mut rng = rand_chacha::ChaCha8Rng::seed_from_u64(8);
    let dir = first_layout();
    let set = Dataset::open(dir.path()).unwrap();
    for path in [frames_file(dir.path(), 2), episodes_file(dir.path(), 2)] {
        let bytes = fs::read(&path).unwrap();
        // In the pages: behind them are the footer, its length and the file's mark.
        let end = bytes.len() - 8;
        let footer: [u8; 4] = bytes[end..end + 4].try_into().unwrap();
        let pages = 4..end - u32::from_le_bytes(footer) as usize;
        for _ in 0..100 {
            let mut broken = bytes.clone();
            let at = rng.random_range(pages.clone());
            broken[at] ^= 1 << rng.random_range(0..8);
            fs::write(&path, broken).unwrap();
            // Some of it looks like other numbers, which nothing tells from those that were written.
            let read = set.read_file(2);
            assert!(matches!(
                read,
                Ok(_) | Err(DatasetError::Damaged { .. } | DatasetError::Foreign { .. })
            ));
        }
        fs::write(&path, &bytes).unwrap();
    }
}

#[test]
fn a_set_of_the_first_layout_without_checksums_is_still_read() {
    let dir = first_layout();
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
        assert!(matches!(open(), DatasetError::BadInfo { .. }), "{foreign}");
        // Nor is a set made there, so that the remedy must not be to make it there again.
        let error = try_make(&Fake::new(1), dir.path()).unwrap_err();
        assert!(matches!(error, DatasetError::BadInfo { .. }), "{foreign}");
        assert!(!error.is_failed_work());
        let help = miette::Diagnostic::help(&error).unwrap().to_string();
        assert!(help.contains("in another folder"), "{help}");
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
