//! Shards put together, and those that do not belong together.

use super::*;

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
fn shards_of_another_topple_are_refused_at_once_and_not_called_foreign() {
    let dirs = [(); 3].map(|()| TempDir::new().unwrap());
    let [a, b, out] = dirs.each_ref().map(TempDir::path);
    for (i, dir) in (1..).zip([a, b]) {
        make(&Fake::new(5), dir, 1, shard(i, 2));
    }
    let now = concat!("\"topple_version\": \"", env!("CARGO_PKG_VERSION"), "\"");
    let told = [a, b].map(|dir| fs::read_to_string(info_path(dir)).unwrap());
    for (now, then, why) in [
        (now, "\"topple_version\": \"0.0.1\"", "version is 0.0.1"),
        (
            "\"schema_version\": 2",
            "\"schema_version\": 1",
            "schema version is 1",
        ),
    ] {
        for (dir, text) in [a, b].into_iter().zip(&told) {
            assert!(text.contains(now), "{text}");
            fs::write(info_path(dir), text.replace(now, then)).unwrap();
        }
        let pair = [a.to_path_buf(), b.to_path_buf()];
        let refused = merge(out, &pair, &AtomicBool::new(false), |_, _| {}).unwrap_err();
        assert!(refused.to_string().contains(why), "{refused}");
        let DatasetError::Merge { path, remedy, .. } = &refused else {
            panic!("{refused}");
        };
        assert_eq!(path, a);
        assert!(remedy.contains("the topple that made them"), "{remedy}");
        assert!(contents(out).is_empty());
    }
}
