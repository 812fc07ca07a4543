//! `topple import` from outside: what it writes, what it refuses, and its exit codes.

use std::fs;
use std::path::Path;

use assert_cmd::Command;

const PACKING: &str = r#"{"7": [
 {"item": {"article": "donut-001", "length/mm": 600, "width/mm": 400, "height/mm": 220, "weight/kg": 6.5, "sequence": 1},
  "flb_coordinates": [0, 0, 0], "orientation": 0},
 {"item": {"article": "bread-002", "length/mm": 580, "width/mm": 400, "height/mm": 300, "weight/kg": 4.0, "sequence": 2},
  "flb_coordinates": [600, 0, 0], "orientation": 0},
 {"item": {"article": "donut-001", "length/mm": 600, "width/mm": 400, "height/mm": 220, "weight/kg": 6.5, "sequence": 3},
  "flb_coordinates": [0, 0, 230], "orientation": 0},
 {"item": {"article": "cake-003", "length/mm": 300, "width/mm": 200, "height/mm": 150, "weight/kg": 2.0, "sequence": 4},
  "flb_coordinates": [500, 100, 450], "orientation": 0}]}"#;

fn import(folder: &Path, arguments: &[&str]) -> std::process::Output {
    let mut command = Command::cargo_bin("topple").unwrap();
    command.current_dir(folder).args(["import", "bed-bpp"]);
    command.args(arguments).output().unwrap()
}

fn folder_with(packing: &str) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("packing_plans.json"), packing).unwrap();
    folder
}

#[test]
fn a_packing_becomes_a_scenario_with_its_attribution_and_without_what_falls() {
    let folder = folder_with(PACKING);
    let output = import(
        folder.path(),
        &["packing_plans.json", "--out", "s", "--json"],
    );
    assert_eq!(output.status.code(), Some(0), "{output:?}");
    let report: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    let stack = &report["stacks"][0];
    // The cake has no more than 10 cm of its 30 under it, on a box that floats by 10 mm.
    assert_eq!(stack["fallers"][0]["box"], "cake-4", "{report}");
    assert_eq!(stack["boxes"], 3);
    let text = fs::read_to_string(folder.path().join("s/bed-bpp-7.yaml")).unwrap();
    assert!(text.starts_with("# Derived from BED-BPP"));
    assert!(text.contains("MIT licence") && text.contains("cake-4"));
    let path = folder.path().join("s/bed-bpp-7.yaml");
    let file = topple::scene::task::load(&path).unwrap();
    // The floating box has come down on the one below it: 144 + 220 + 110 mm.
    let donut = &file.workcell.scene.boxes[2];
    assert!(
        (donut.pose.translation.z - 0.474).abs() < 0.002,
        "{}",
        donut.pose
    );
}

#[test]
fn an_order_that_is_named_like_a_path_is_written_into_the_folder_all_the_same() {
    let folder = folder_with(&PACKING.replacen("\"7\"", "\"../../7\"", 1));
    let output = import(folder.path(), &["packing_plans.json", "--out", "s"]);
    assert_eq!(output.status.code(), Some(0), "{output:?}");
    let written = fs::read_dir(folder.path().join("s")).unwrap();
    let names: Vec<String> = written
        .map(|file| file.unwrap().file_name().into_string().unwrap())
        .collect();
    // Some digits of a hash come after what is left of the key.
    assert!(
        matches!(&names[..], [name] if name.starts_with("bed-bpp-------7-")),
        "{names:?}"
    );
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 2);
}

#[test]
fn the_same_bytes_come_out_on_one_thread_and_on_two() {
    let folder = folder_with(PACKING);
    let written = |threads: &str, out: &str| {
        let mut command = Command::cargo_bin("topple").unwrap();
        command
            .current_dir(folder.path())
            .env("RAYON_NUM_THREADS", threads);
        command.args(["import", "bed-bpp", "packing_plans.json", "--out", out]);
        assert!(command.output().unwrap().status.success());
        fs::read(folder.path().join(out).join("bed-bpp-7.yaml")).unwrap()
    };
    assert_eq!(written("1", "one"), written("2", "two"));
}

#[test]
fn a_file_of_somebody_else_is_not_replaced_but_an_import_is() {
    let folder = folder_with(PACKING);
    fs::create_dir(folder.path().join("s")).unwrap();
    let file = folder.path().join("s/bed-bpp-7.yaml");
    fs::write(&file, "my own notes").unwrap();
    let output = import(folder.path(), &["packing_plans.json", "--out", "s"]);
    assert_eq!(output.status.code(), Some(2), "{output:?}");
    assert!(String::from_utf8_lossy(&output.stderr).contains("0 of 1 stacks were written to s"));
    assert_eq!(fs::read_to_string(&file).unwrap(), "my own notes");
    fs::remove_file(&file).unwrap();
    for _ in 0..2 {
        let output = import(folder.path(), &["packing_plans.json", "--out", "s"]);
        assert_eq!(output.status.code(), Some(0), "{output:?}");
    }
}

#[test]
fn what_an_earlier_import_made_of_a_stack_goes_where_the_cut_leaves_nothing_of_it() {
    let high = r#", "8": [
 {"item": {"article": "tall-004", "length/mm": 600, "width/mm": 400, "height/mm": 900, "weight/kg": 6.5, "sequence": 1},
  "flb_coordinates": [0, 0, 0], "orientation": 0},
 {"item": {"article": "tall-004", "length/mm": 600, "width/mm": 400, "height/mm": 900, "weight/kg": 6.5, "sequence": 2},
  "flb_coordinates": [600, 0, 0], "orientation": 0}]}"#;
    let two = PACKING.strip_suffix('}').unwrap().to_owned() + high;
    let folder = folder_with(&two);
    let mut arguments = vec!["packing_plans.json", "--out", "s"];
    assert!(import(folder.path(), &arguments).status.success());
    let files = [7, 8].map(|n| folder.path().join(format!("s/bed-bpp-{n}.yaml")));
    assert_eq!(files.each_ref().map(|file| file.is_file()), [true; 2]);
    arguments.extend(["--max-height", "0.9"]);
    let output = import(folder.path(), &arguments);
    assert!(output.status.success(), "{output:?}");
    let told = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(
        told.contains("bed-bpp-8: not written: no box of it is left; the file"),
        "{told}"
    );
    assert_eq!(files.each_ref().map(|file| file.is_file()), [true, false]);
    // Nor is any file left where nothing is left of any stack.
    *arguments.last_mut().unwrap() = "0.1";
    let output = import(folder.path(), &arguments);
    assert_eq!(output.status.code(), Some(3), "{output:?}");
    assert_eq!(files.each_ref().map(|file| file.is_file()), [false; 2]);
}

#[test]
fn bad_input_ends_with_2_and_a_remedy() {
    let folder = folder_with(&PACKING[..300]);
    fs::write(folder.path().join("file"), "x").unwrap();
    for (arguments, word) in [
        (vec!["packing_plans.json", "--out", "s"], "truncated"),
        (vec!["missing.json", "--out", "s"], "missing.json"),
        (vec!["file", "--out", "s"], "packing_plans.json"),
        (
            vec!["packing_plans.json", "--out", "s", "--max-height", "0"],
            "above zero",
        ),
    ] {
        let output = import(folder.path(), &arguments);
        assert_eq!(output.status.code(), Some(2), "{arguments:?} {output:?}");
        let message = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(message.contains(word), "{arguments:?}: {message}");
    }
    let folder = folder_with(PACKING);
    fs::write(folder.path().join("file"), "x").unwrap();
    fs::write(folder.path().join("latin"), b"donut \xe9").unwrap();
    for (arguments, word) in [
        (
            ["packing_plans.json", "--out", "file"],
            "file is a file, not a folder",
        ),
        (["packing_plans.json", "--out", "file/s"], "cannot be made"),
        ([".", "--out", "s"], "is a folder, not a file"),
        (["latin", "--out", "s"], "byte 6 is not UTF-8"),
    ] {
        let output = import(folder.path(), &arguments);
        assert_eq!(output.status.code(), Some(2), "{output:?}");
        let message = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(message.contains(word), "{arguments:?}: {message}");
    }
}

#[cfg(target_os = "linux")]
#[test]
fn a_full_disk_on_stdout_ends_with_1() {
    let folder = folder_with(PACKING);
    for more in [&[][..], &["--json"]] {
        let full = fs::File::options().write(true).open("/dev/full").unwrap();
        let status = std::process::Command::new(env!("CARGO_BIN_EXE_topple"))
            .current_dir(folder.path())
            .args(["import", "bed-bpp", "packing_plans.json", "--out", "s"])
            .args(more)
            .stdout(full)
            .stderr(std::process::Stdio::null())
            .status();
        assert_eq!(status.unwrap().code(), Some(1));
    }
}

#[test]
fn a_file_in_which_no_stack_stands_ends_with_3_when_falls_are_skipped() {
    let folder = folder_with(PACKING);
    let output = import(
        folder.path(),
        &["packing_plans.json", "--out", "s", "--falling", "skip"],
    );
    assert_eq!(output.status.code(), Some(3), "{output:?}");
    assert!(String::from_utf8_lossy(&output.stdout).contains("cake-4"));
}

#[test]
fn what_an_earlier_import_made_of_a_stack_goes_where_a_later_one_makes_nothing_of_it() {
    let folder = folder_with(PACKING);
    let mut arguments = vec!["packing_plans.json", "--out", "s"];
    assert!(import(folder.path(), &arguments).status.success());
    let file = folder.path().join("s/bed-bpp-7.yaml");
    assert!(file.is_file());
    arguments.extend(["--falling", "skip"]);
    assert_eq!(import(folder.path(), &arguments).status.code(), Some(3));
    assert!(!file.exists());
    fs::write(&file, "my own notes").unwrap();
    assert_eq!(import(folder.path(), &arguments).status.code(), Some(3));
    assert_eq!(fs::read_to_string(&file).unwrap(), "my own notes");
}
