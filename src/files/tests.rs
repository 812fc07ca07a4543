//! Writes that fail half way, and writes to links, pipes, devices and what was handed over open.

use super::*;

fn names(folder: &Path) -> Vec<String> {
    let entries = fs::read_dir(folder).unwrap();
    let name = |e: io::Result<fs::DirEntry>| e.unwrap().file_name().into_string().unwrap();
    let mut names: Vec<_> = entries.map(name).collect();
    names.sort();
    names
}

#[test]
fn a_write_that_fails_half_way_leaves_the_old_file_and_no_temporary_one() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("info.json");
    write_whole(&path, b"old").unwrap();
    let full = write_whole_by(&path, |file| {
        file.write_all(b"ne")?;
        Err(io::ErrorKind::StorageFull.into())
    });
    assert_eq!(full.unwrap_err().kind(), io::ErrorKind::StorageFull);
    assert_eq!(fs::read(&path).unwrap(), b"old");
    assert_eq!(names(dir.path()), ["info.json"]);
}

#[test]
fn what_a_killed_write_left_is_removed_and_nothing_else() {
    let dir = tempfile::tempdir().unwrap();
    for name in [".topple-a1B2c3.part", "model.json", "notes.part"] {
        fs::write(dir.path().join(name), b"x").unwrap();
    }
    remove_parts(dir.path()).unwrap();
    assert_eq!(names(dir.path()), ["model.json", "notes.part"]);
    remove_parts(&dir.path().join("nowhere")).unwrap();
}

#[test]
fn two_files_that_differ_in_their_ending_are_written_side_by_side() {
    let dir = tempfile::tempdir().unwrap();
    let (card, weights) = (dir.path().join("model.json"), dir.path().join("model.bin"));
    write_whole_by(&card, |file| {
        write_whole(&weights, b"weights")?;
        file.write_all(b"card")
    })
    .unwrap();
    assert_eq!(fs::read(&card).unwrap(), b"card");
    assert_eq!(fs::read(&weights).unwrap(), b"weights");
    assert_eq!(names(dir.path()), ["model.bin", "model.json"]);
}

#[test]
fn what_a_killed_write_leaves_is_told_from_what_is_somebody_elses() {
    let dir = tempfile::tempdir().unwrap();
    let mut left = Vec::new();
    write_whole_by(&dir.path().join("a.json"), |_| {
        left = names(dir.path());
        Ok(())
    })
    .unwrap();
    assert!(left.len() == 1 && is_part(Path::new(&left[0])), "{left:?}");
    for other in ["a.json", ".topple-rc", "thesis.part", ".part"] {
        assert!(!is_part(Path::new(other)), "{other}");
    }
}

#[cfg(unix)]
#[test]
fn a_link_stays_a_link_and_a_new_file_is_readable_as_any() {
    use std::os::unix::fs::PermissionsExt;
    let dir = tempfile::tempdir().unwrap();
    let (file, link) = (dir.path().join("file"), dir.path().join("link"));
    fs::write(&file, "before").unwrap();
    std::os::unix::fs::symlink(&file, &link).unwrap();
    let usual = fs::metadata(&file).unwrap().permissions().mode();
    write_whole(&link, b"after").unwrap();
    assert!(fs::symlink_metadata(&link).unwrap().is_symlink());
    assert_eq!(fs::read(&file).unwrap(), b"after");
    assert_eq!(fs::metadata(&file).unwrap().permissions().mode(), usual);
}

#[cfg(unix)]
#[test]
fn a_link_to_what_is_not_there_yet_stays_one_and_a_private_file_stays_private() {
    use std::os::unix::fs::PermissionsExt;
    let dir = tempfile::tempdir().unwrap();
    let link = dir.path().join("link");
    std::os::unix::fs::symlink("file", &link).unwrap();
    write_whole(&link, b"first").unwrap();
    assert!(fs::symlink_metadata(&link).unwrap().is_symlink());
    let file = dir.path().join("file");
    assert_eq!(fs::read(&file).unwrap(), b"first");
    fs::set_permissions(&file, fs::Permissions::from_mode(0o600)).unwrap();
    write_whole(&link, b"second").unwrap();
    assert_eq!(fs::read(&file).unwrap(), b"second");
    let mode = fs::metadata(&file).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
}

#[cfg(target_os = "linux")]
#[test]
fn a_device_is_written_to_as_it_stands_and_a_full_one_is_an_error() {
    write_whole(Path::new("/dev/null"), b"gone").unwrap();
    // Every write to /dev/full ends in "no space left on device".
    let error = write_whole(Path::new("/dev/full"), b"gone").unwrap_err();
    assert!(error.to_string().contains("No space left"), "{error}");
}

#[cfg(target_os = "linux")]
#[test]
fn a_pipe_is_written_to_by_whatever_name_it_has() {
    use std::io::Read;
    use std::os::fd::AsRawFd;
    let dir = tempfile::tempdir().unwrap();
    let (mut reader, writer) = io::pipe().unwrap();
    let number = writer.as_raw_fd();
    let link = dir.path().join("link");
    std::os::unix::fs::symlink(format!("/dev/fd/{number}"), &link).unwrap();
    write_whole(&link, b"by a link, ").unwrap();
    write_whole(Path::new(&format!("/dev/fd/{number}")), b"by its number, ").unwrap();
    let itself = format!("/proc/{}/fd/{number}", std::process::id());
    write_whole(Path::new(&itself), b"as itself").unwrap();
    drop(writer);
    let mut read = String::new();
    reader.read_to_string(&mut read).unwrap();
    assert_eq!(read, "by a link, by its number, as itself");
    assert_eq!(names(dir.path()), ["link"]);
}

#[cfg(target_os = "linux")]
#[test]
fn a_plain_file_that_was_handed_over_open_is_written_on_and_not_replaced() {
    use std::os::fd::AsRawFd;
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("file");
    // As a shell opens what it appends to.
    let opened = OpenOptions::new().create(true).append(true).open(&path);
    let mut handed = opened.unwrap();
    handed.write_all(b"before, ").unwrap();
    let name = format!("/dev/fd/{}", handed.as_raw_fd());
    write_whole(Path::new(&name), b"what is written, ").unwrap();
    handed.write_all(b"after").unwrap();
    assert_eq!(fs::read(&path).unwrap(), b"before, what is written, after");
    assert_eq!(names(dir.path()), ["file"]);
}

#[test]
fn a_hash_is_the_one_that_every_other_program_prints() {
    let of_nothing = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";
    assert_eq!(sha256(b""), of_nothing);
}
