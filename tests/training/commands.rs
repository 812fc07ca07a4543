//! The commands that train, as a person gives them: over several sets, and on from a model.

use std::path::Path;

use topple::model::TrainConfig;
use topple::model::card::MODEL_VERSION;

#[cfg(not(feature = "cuda"))]
#[test]
fn a_gpu_that_the_program_was_not_built_for_is_bad_usage() {
    let folder = tempfile::tempdir().unwrap();
    assert_cmd::Command::cargo_bin("topple")
        .unwrap()
        .args(["train", "nowhere", "--device", "cuda", "--out"])
        .arg(folder.path().join("model"))
        .assert()
        .code(2)
        .stderr(predicates::str::contains("--features cuda"));
}

#[test]
fn a_folder_that_holds_a_run_already_is_told_of_before_the_data_is_read() {
    let folder = tempfile::tempdir().unwrap();
    let dir = folder.path();
    std::fs::create_dir(dir.join("done")).unwrap();
    std::fs::write(dir.join("done/model.json"), "{}").unwrap();
    let no_data = ["train", "nowhere", "--out", "done"];
    topple(&no_data, dir)
        .code(2)
        .stderr(predicates::str::contains("already holds a training run"));
    topple(&[&no_data[..], &["--resume"]].concat(), dir)
        .code(2)
        .stderr(predicates::str::contains("holds a finished model"));
}

#[test]
fn the_help_tells_the_settings_that_hold_where_nothing_is_said() {
    let folder = tempfile::tempdir().unwrap();
    let told = topple(&["train", "--help"], folder.path()).success();
    let text = String::from_utf8_lossy(&told.get_output().stdout).into_owned();
    let text = text.split_whitespace().collect::<Vec<_>>().join(" ");
    let usual = TrainConfig::default();
    for (flag, value) in [
        ("epochs", usual.epochs.to_string()),
        ("width", usual.width.to_string()),
        ("rounds", usual.rounds.to_string()),
        ("members", usual.members.to_string()),
        ("batch", usual.batch.to_string()),
        ("lr", usual.lr.to_string()),
        ("tellings", usual.tellings.to_string()),
        ("imagine-every", usual.imagine_every.to_string()),
        ("dropout", usual.dropout.to_string()),
        ("seed", usual.seed.to_string()),
        ("threads", usual.threads.to_string()),
    ] {
        let of_flag = text.split(&format!("--{flag} <")).nth(1).unwrap();
        let of_flag = of_flag.split(" --").next().unwrap();
        let (_, default) = of_flag.split_once("[default: ").unwrap();
        let end = default.find([',', ']']).unwrap();
        assert_eq!(default[..end], value, "{flag}");
    }
}

#[test]
fn a_setting_that_is_no_number_is_told_with_file_and_line() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("c.yaml"), "epochs: 2\nlr: fast\n").unwrap();
    let asked = ["train", "nowhere", "--out", "model", "--config", "c.yaml"];
    let refused = topple(&asked, folder.path()).code(2);
    refused.stderr(predicates::str::contains("c.yaml:2: lr: invalid"));
}

fn topple(args: &[&str], folder: &Path) -> assert_cmd::assert::Assert {
    assert_cmd::Command::cargo_bin("topple")
        .unwrap()
        .current_dir(folder)
        .args(args)
        .assert()
}

#[test]
fn two_data_sets_are_learned_from_together_and_one_given_twice_is_bad_input() {
    let folder = tempfile::tempdir().unwrap();
    let dir = folder.path();
    for (out, seed) in [("one", "1"), ("two", "2")] {
        let made = ["--episodes", "200", "--families", "bridge", "--seed", seed];
        topple(&[&["generate", "--out", out], &made[..]].concat(), dir).success();
    }
    let small = ["--epochs", "1", "--width", "8", "--members", "1", "--json"];
    let twice = ["train", "one", "one", "--out", "no"];
    topple(&[&twice, &small[..]].concat(), dir)
        .code(2)
        .stderr(predicates::str::contains("repeats the stacks"));
    what_a_model_chose_repeats_the_stacks_of_its_seed(dir, &small);
    let into_a_set = ["train", "one", "two", "--out", "two"];
    topple(&[&into_a_set, &small[..]].concat(), dir)
        .code(2)
        .stderr(predicates::str::contains("no training run made"));
    let both = ["train", "one", "two", "--out", "both"];
    let done = topple(&[&both, &small[..]].concat(), dir).success();
    let card: serde_json::Value = serde_json::from_slice(&done.get_output().stdout).unwrap();
    assert_eq!(card["data"]["episodes"], 400);
    assert_eq!(card["data"]["sets"][0]["seed"], 1);
    assert_eq!(card["data"]["sets"][1]["seed"], 2);
    a_model_is_gone_on_from_with_its_own_sizes(dir);
}

/// Episodes of seed 1 that a model chose are not learned from beside `one`, nor by that model.
fn what_a_model_chose_repeats_the_stacks_of_its_seed(dir: &Path, small: &[&str]) {
    let chosen = ["--episodes", "8", "--families", "bridge", "--seed", "1"];
    let model = concat!(env!("CARGO_MANIFEST_DIR"), "/models/default");
    let by = ["generate", "--out", "chosen", "--doubted-by", model];
    topple(&[&by, &chosen[..]].concat(), dir).success();
    let with_its_like = ["train", "one", "chosen", "--out", "no"];
    topple(&[&with_its_like, small].concat(), dir)
        .code(2)
        .stderr(predicates::str::contains("repeats the stacks"));
    // The default model learned from other stacks of seed 1, whose held-out ones these may be.
    let after = ["train", "two", "chosen", "--from", model, "--out", "no"];
    topple(&[&after, &["--epochs", "1"][..]].concat(), dir)
        .code(2)
        .stderr(predicates::str::contains("go on from learned from"));
}

/// The model `both` goes on, on the set `two`.
fn a_model_is_gone_on_from_with_its_own_sizes(dir: &Path) {
    // A model of width 8 is gone on from without being told its sizes again, and not with others.
    let after = [
        "train", "two", "--from", "both", "--epochs", "1", "--json", "--out", "after",
    ];
    let done = topple(&after, dir).success();
    let card: serde_json::Value = serde_json::from_slice(&done.get_output().stdout).unwrap();
    assert_eq!(card["ancestors"][0]["data"]["episodes"], 400);
    topple(&["inspect", "after"], dir)
        .success()
        .stdout(predicates::str::contains("went on from"));
    std::fs::write(dir.join("wide.yaml"), "width: 64\n").unwrap();
    let wide = [
        "train",
        "two",
        "--from",
        "both",
        "--config",
        "wide.yaml",
        "--out",
        "no",
    ];
    topple(&wide, dir).code(2).stderr(predicates::str::contains(
        "has width 8, the settings say 64",
    ));
    topple(&["train", "two", "--from", "two", "--out", "no"], dir)
        .code(2)
        .stderr(predicates::str::contains("cannot be gone on from"));
}

#[test]
fn a_set_to_calibrate_on_is_that_whole_and_shares_no_stack_with_what_was_learned_from() {
    let folder = tempfile::tempdir().unwrap();
    let dir = folder.path();
    let few = ["--episodes", "200", "--families", "bridge", "--seed"];
    topple(
        &[&["generate", "--out", "one"], &few[..], &["1"]].concat(),
        dir,
    )
    .success();
    topple(
        &[&["generate", "--out", "two"], &few[..], &["2"]].concat(),
        dir,
    )
    .success();
    let small = ["--epochs", "1", "--width", "8", "--members", "1", "--json"];
    let train = |sets: &[&str]| topple(&[&["train"], sets, &small[..]].concat(), dir);

    let done = train(&["one", "--calibrate-on", "two", "--out", "model"]).success();
    let card: serde_json::Value = serde_json::from_slice(&done.get_output().stdout).unwrap();
    let alone = train(&["one", "--out", "alone"]).success();
    let without: serde_json::Value = serde_json::from_slice(&alone.get_output().stdout).unwrap();
    assert_eq!(card["data"]["train"], without["data"]["train"]);
    let count = |card: &serde_json::Value| card["data"]["calibration"].as_u64().unwrap();
    assert_eq!(count(&card), count(&without) + 200);
    assert_eq!(card["weights_hash"], without["weights_hash"]);
    topple(&["inspect", "model"], dir)
        .success()
        .stdout(predicates::str::contains("for calibration alone"));

    train(&["one", "--calibrate-on", "one", "--out", "no"])
        .code(2)
        .stderr(predicates::str::contains("repeats the stacks"));
    let from = ["--from", "alone", "--out", "no"];
    train(&[&["two", "--calibrate-on", "one"], &from[..]].concat())
        .code(2)
        .stderr(predicates::str::contains("go on from learned from"));
    let model = concat!(env!("CARGO_MANIFEST_DIR"), "/models/default");
    let by = ["generate", "--out", "chosen", "--doubted-by", model];
    let eight = ["--episodes", "8", "--families", "bridge", "--seed", "3"];
    topple(&[&by[..], &eight[..]].concat(), dir).success();
    train(&["one", "--calibrate-on", "chosen", "--out", "no"])
        .code(2)
        .stderr(predicates::str::contains("no sample of what will be asked"));
}

#[test]
fn a_model_of_another_make_is_told_how_its_judgement_goes_on() {
    let folder = tempfile::tempdir().unwrap();
    let dir = folder.path();
    let few = ["--episodes", "200", "--families", "bridge", "--seed", "1"];
    topple(&[&["generate", "--out", "one"], &few[..]].concat(), dir).success();
    let small = ["--epochs", "1", "--width", "8", "--members", "1"];
    topple(
        &[&["train", "one", "--out", "old"], &small[..]].concat(),
        dir,
    )
    .success();
    let card = dir.join("old/model.json");
    let text = std::fs::read_to_string(&card).unwrap();
    let now = format!("\"version\": {MODEL_VERSION}");
    std::fs::write(&card, text.replacen(&now, "\"version\": 9", 1)).unwrap();

    let says = |text: &'static str| predicates::str::contains(text);
    topple(&["inspect", "old"], dir).success();
    topple(&["eval", "model", "--model", "old"], dir)
        .code(2)
        .stderr(says("--keep-judgement"));
    let more = [
        "train", "one", "--from", "old", "--epochs", "1", "--out", "new",
    ];
    topple(&more, dir).code(2).stderr(says("--keep-judgement"));
    let alone = [&more[..], &["--keep-judgement"]].concat();
    topple(&[&alone[..], &["--dropout", "0.1"]].concat(), dir)
        .code(2)
        .stderr(says("dropout does nothing"));
    std::fs::write(dir.join("alone.yaml"), "keep_judgement: true\n").unwrap();
    let by_file = ["--config", "alone.yaml"];
    topple(
        &[&["train", "one", "--out", "new"], &by_file[..]].concat(),
        dir,
    )
    .code(2)
    .stderr(says("no judgement to keep"));
    topple(
        &[&more[..], &by_file[..], &["--imagine-every", "2"]].concat(),
        dir,
    )
    .code(2)
    .stderr(says("imagine_every does nothing"));
}
