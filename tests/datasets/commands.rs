//! The commands over data sets, as a person gives them.

use std::path::Path;
use std::process::{Command, Output, Stdio};
use std::time::{Duration, Instant};

use serde_json::Value;
use tempfile::TempDir;

use super::contents;

pub fn topple(arguments: &[&str]) -> Output {
    let program = env!("CARGO_BIN_EXE_topple");
    Command::new(program).args(arguments).output().unwrap()
}

pub fn text(path: &Path) -> &str {
    path.to_str().unwrap()
}

/// Two stacks of few boxes: what a test can wait for.
fn generate(out: &Path, more: &[&str]) -> Output {
    let mut arguments = vec!["generate", "--out", text(out), "--episodes", "9"];
    arguments.extend(["--families", "leaning,bridge", "--max-boxes", "5"]);
    arguments.extend(more);
    topple(&arguments)
}

#[test]
fn a_generated_set_is_inspected_and_its_shards_merge_into_it() {
    let dir = TempDir::new().unwrap();
    let at = |name: &str| dir.path().join(name);
    let made = generate(&at("whole"), &["--json"]);
    assert_eq!(made.status.code(), Some(0), "{made:?}");
    let report: Value = serde_json::from_slice(&made.stdout).unwrap();
    assert_eq!(report["episodes"], 16);

    let inspected = topple(&["inspect", text(&at("whole")), "--json"]);
    let summary: Value = serde_json::from_slice(&inspected.stdout).unwrap();
    assert_eq!(
        (&summary["episodes"], &summary["stacks"]),
        (&16.into(), &2.into())
    );
    assert_eq!(summary["status"], "complete");

    for i in ["1/2", "2/2"] {
        let shard = generate(&at(&i[..1]), &["--shard", i, "--threads", "1"]);
        assert_eq!(shard.status.code(), Some(0), "{shard:?}");
    }
    let merge = |shards: &[&str]| {
        let paths: Vec<_> = shards.iter().map(|s| at(s)).collect();
        let out = at("merged");
        let mut arguments = vec!["merge", "--out", text(&out)];
        arguments.extend(paths.iter().map(|p| text(p)));
        topple(&arguments).status.code()
    };
    // Sixteen episodes are less than a file, which is not parted.
    let empty = generate(&at("again"), &["--shard", "1/2"]);
    let said = String::from_utf8_lossy(&empty.stderr);
    let of_a_file = 8 * topple::dataset::STACKS_PER_FILE;
    let why = format!("fill fewer files of {of_a_file}");
    assert!(
        said.contains("this shard is empty") && said.contains(&why),
        "{said}"
    );
    let help = String::from_utf8_lossy(&topple(&["generate", "--help"]).stdout).into_owned();
    let help = help.split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(
        help.contains(&format!("Files of {of_a_file} episodes")),
        "{help}"
    );
    assert_eq!(merge(&["1"]), Some(2));
    assert_eq!(merge(&["2", "1"]), Some(0));
    assert!(contents(&at("whole")) == contents(&at("merged")));

    let [out, one, two] = ["merged", "1", "2"].map(at);
    let again = ["merge", text(&one), text(&two), "--out", text(&out)];
    let said = topple(&again);
    assert!(String::from_utf8_lossy(&said.stdout).contains("already holds"));
    let told: Value = serde_json::from_slice(&topple(&[&again[..], &["--json"]].concat()).stdout)
        .expect("one JSON object");
    assert_eq!(
        (&told["episodes"], &told["found"]),
        (&16.into(), &16.into())
    );
    assert_eq!(told["shards"], 2);
}

#[test]
fn what_a_model_doubts_is_the_same_on_one_and_on_two_threads_and_for_training_alone() {
    let dir = TempDir::new().unwrap();
    let at = |name: &str| dir.path().join(name);
    let model = Path::new(env!("CARGO_MANIFEST_DIR")).join("models/default");
    for threads in ["1", "2"] {
        let more = ["--doubted-by", text(&model), "--threads", threads];
        let made = generate(&at(threads), &more);
        assert_eq!(made.status.code(), Some(0), "{made:?}");
    }
    assert!(contents(&at("1")) == contents(&at("2")));
    let inspected = topple(&["inspect", text(&at("1")), "--json"]);
    let summary: Value = serde_json::from_slice(&inspected.stdout).unwrap();
    assert_eq!(summary["splits"], serde_json::json!({"train": 16}));
    let card = std::fs::read(model.join("model.json")).unwrap();
    let card: Value = serde_json::from_slice(&card).unwrap();
    assert_eq!(summary["config"]["doubted_by"], card["weights_hash"]);

    let out = at("model");
    let alone = topple(&["train", text(&at("1")), "--out", text(&out)]);
    assert_eq!(alone.status.code(), Some(2));
    let said = String::from_utf8_lossy(&alone.stderr).into_owned();
    assert!(said.contains("0 to validate on"), "{said}");
}

#[test]
fn a_damaged_file_of_frames_is_named_by_inspect() {
    let dir = TempDir::new().unwrap();
    let out = dir.path().join("set");
    assert_eq!(generate(&out, &[]).status.code(), Some(0));
    let frames = out.join("data/chunk-000/file-000.parquet");
    let whole = std::fs::read(&frames).unwrap();
    let mut flipped = whole.clone();
    flipped[whole.len() / 2] ^= 1;
    for damaged in [&whole[..whole.len() / 2], &flipped, b"words"] {
        std::fs::write(&frames, damaged).unwrap();
        let inspected = topple(&["inspect", text(&out)]);
        assert_eq!(inspected.status.code(), Some(2), "{inspected:?}");
        assert!(inspected.stdout.is_empty());
        let said = String::from_utf8_lossy(&inspected.stderr);
        assert!(said.contains("file-000.parquet"), "{said}");
    }
}

#[cfg(target_os = "linux")]
#[test]
fn a_full_disk_on_stdout_ends_in_code_1_and_a_closed_pipe_is_no_failure() {
    let dir = TempDir::new().unwrap();
    let out = dir.path().join("set");
    assert_eq!(generate(&out, &[]).status.code(), Some(0));
    let program = env!("CARGO_BIN_EXE_topple");
    // The set is there, so that only the report is left to write.
    let into = |more: &[&str], stdout: Stdio| {
        let mut command = Command::new(program);
        command.args(["generate", "--out", text(&out), "--episodes", "9"]);
        command.args(["--families", "leaning,bridge", "--max-boxes", "5"]);
        let child = command.args(more).stdout(stdout).stderr(Stdio::piped());
        child.spawn().unwrap()
    };
    for more in [&[][..], &["--json"]] {
        let full = std::fs::File::options().write(true).open("/dev/full");
        let output = into(more, full.unwrap().into()).wait_with_output().unwrap();
        assert_eq!(output.status.code(), Some(1), "{output:?}");
        let said = String::from_utf8_lossy(&output.stderr);
        assert!(said.contains("cannot write to stdout"), "{said}");

        let mut child = into(more, Stdio::piped());
        drop(child.stdout.take());
        let output = child.wait_with_output().unwrap();
        assert_eq!(output.status.code(), Some(0), "{output:?}");
    }
}

#[test]
fn what_cannot_be_used_ends_in_code_2_and_a_remedy() {
    let dir = TempDir::new().unwrap();
    let file = dir.path().join("notes.txt");
    std::fs::write(&file, "no data set").unwrap();
    let absent = dir.path().join("absent");
    for arguments in [
        vec!["generate", "--out", text(dir.path()), "--episodes", "8"],
        vec!["generate", "--out", text(&absent), "--shard", "0/2"],
        vec!["generate", "--out", text(&absent), "--families", "houses"],
        vec!["generate", "--out", text(&absent), "--episodes", "0"],
        vec!["inspect", text(dir.path())],
        vec!["inspect", text(&absent)],
        vec!["merge", text(dir.path()), "--out", text(&absent)],
    ] {
        let output = topple(&arguments);
        assert_eq!(output.status.code(), Some(2), "{arguments:?} {output:?}");
        assert!(output.stdout.is_empty() && !output.stderr.is_empty());
    }
    let onto_file = topple(&["generate", "--out", text(&file), "--episodes", "8"]);
    let said = String::from_utf8_lossy(&onto_file.stderr);
    assert!(said.contains("is a file, not a folder"), "{said}");
    assert!(!absent.exists());
    assert_eq!(contents(dir.path()).len(), 1);
}

#[cfg(unix)]
#[test]
fn ctrl_c_ends_in_code_130_and_says_how_to_go_on() {
    let dir = TempDir::new().unwrap();
    let out = dir.path().join("set");
    let mut child = Command::new(env!("CARGO_BIN_EXE_topple"))
        .args(["generate", "--episodes", "100000", "--out", text(&out)])
        .stderr(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    // The description is written after the handler is in place.
    let began = Instant::now();
    while !out.join("meta/info.json").exists() && began.elapsed() < Duration::from_secs(30) {
        std::thread::sleep(Duration::from_millis(20));
    }
    let id = child.id().to_string();
    assert!(
        Command::new("kill")
            .args(["-INT", &id])
            .status()
            .unwrap()
            .success()
    );
    let asked = Instant::now();
    while child.try_wait().unwrap().is_none() && asked.elapsed() < Duration::from_secs(60) {
        std::thread::sleep(Duration::from_millis(20));
    }
    // Only does something where the program did not end by itself, which then fails the test.
    let _ = child.kill();
    let output = child.wait_with_output().unwrap();
    assert_eq!(output.status.code(), Some(130), "{output:?}");
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(
        said.contains("give the same command again to go on"),
        "{said}"
    );
    assert!(topple::dataset::Dataset::open(&out).is_ok());
}
