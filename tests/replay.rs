//! What `topple replay` writes, from outside: every format from one plan, and bad files refused.

use std::fs;
use std::path::Path;

use clap::Parser;
use serde_json::{Value, json};
use topple::cli::replay::{ReplayArgs, run};
use topple::cli::replay_source::read_recording;
use topple::cli::{Exit, Failure};

#[derive(Parser)]
struct Line {
    #[command(flatten)]
    replay: ReplayArgs,
}

fn replay(arguments: &[&str]) -> Result<Exit, Failure> {
    let line = std::iter::once("replay").chain(arguments.iter().copied());
    run(&Line::try_parse_from(line)
        .expect("the arguments are right")
        .replay)
}

/// A plan that takes a box from the top of another, carried out.
fn plan() -> Value {
    let at = |z: f64| json!({"position": [0, 0, z], "rotation": [0, 0, 0, 1]});
    let hand = |z: f64| json!({"position": [0, 0, z], "rotation": [1, 0, 0, 0]});
    let key = |t: f64, z: f64, grip: &str| json!({"t": t, "position": [0, 0, z], "rotation": [1, 0, 0, 0], "grip": grip});
    let frame = |t: f64, z: f64, lift: f64| {
        json!({
            "t": t, "step": 0, "hand": hand(z),
            "boxes": {"lower": at(0.1), "upper": at(0.3 + lift)},
        })
    };
    // As the hand flies in, and as it lifts.
    let flight = (0..5)
        .map(|k| 0.1 * f64::from(k))
        .map(|t| frame(t, 1.0 - 1.2 * t, 0.0));
    let lift = [(0.5, 0.0), (0.75, 0.1), (1.0, 0.2)].map(|(t, by)| frame(t, 0.4 + by, by));
    let frames: Vec<Value> = flight.chain(lift).collect();
    json!({
        "version": 1, "task": "two-boxes", "verdict": "safe",
        "scene": {
            "fixtures": [{"id": "wall", "size": [0.05, 1, 0.6], "position": [0.5, 0, 0.3], "rotation": [0, 0, 0, 1]}],
            "boxes": {
                "lower": {"size": [0.4, 0.3, 0.2], "position": [0, 0, 0.1], "rotation": [0, 0, 0, 1]},
                "upper": {"size": [0.4, 0.3, 0.2], "position": [0, 0, 0.3], "rotation": [0, 0, 0, 1]},
            },
        },
        "steps": [{
            "action": "remove", "box": "upper", "risk": 0.004, "risk_bound": 0.012,
            "grasp": {"gripper": "suction", "face": "top"},
            "motion": [key(0.0, 1.0, "open"), key(0.5, 0.4, "closed"), key(1.0, 0.7, "closed")],
            "imagined": [{"t": 0.5, "boxes": {"lower": at(0.1), "upper": at(0.3)}}],
        }],
        "executed": {
            "success": true,
            "accidents": [{"kind": "disturb", "box": "lower", "step": 0, "t": 0.75}],
            "frames": frames,
        },
    })
}

fn write_plan(folder: &Path) -> String {
    let path = folder.join("plan.json");
    fs::write(&path, plan().to_string()).unwrap();
    path.display().to_string()
}

#[test]
fn one_plan_becomes_a_page_a_clip_a_picture_and_a_log() {
    let folder = tempfile::tempdir().unwrap();
    let plan = write_plan(folder.path());
    let out = |name: &str| folder.path().join(name).display().to_string();
    let (html, gif, png, mcap) = (out("a.html"), out("a.gif"), out("a.png"), out("a.mcap"));
    let size = ["--size", "120x90"];
    let files = [
        "--html", &html, "--gif", &gif, "--png", &png, "--mcap", &mcap,
    ];
    let arguments: Vec<&str> = [plan.as_str()]
        .into_iter()
        .chain(files)
        .chain(size)
        .collect();
    assert_eq!(replay(&arguments).unwrap(), Exit::Done);

    let page = fs::read_to_string(&html).unwrap();
    assert!(page.contains("\"two-boxes\"") && page.contains("disturb: lower at 0.75 s"));
    assert!(!page.contains("http:") && !page.contains("https:") && !page.contains("src="));
    let clip = fs::read(&gif).unwrap();
    let mut decoder = gif::DecodeOptions::new()
        .read_info(clip.as_slice())
        .unwrap();
    let mut frames = 0;
    while decoder.read_next_frame().unwrap().is_some() {
        frames += 1;
    }
    assert_eq!(
        frames, 21,
        "one second at twenty frames a second, and the last"
    );
    assert_eq!(&fs::read(&png).unwrap()[..8], b"\x89PNG\r\n\x1a\n");
    let log = fs::read(&mcap).unwrap();
    let messages = mcap::MessageStream::new(&log).unwrap();
    let scenes = messages.filter(|m| m.as_ref().unwrap().channel.topic == "/scene");
    assert_eq!(
        scenes.count(),
        5 + 3,
        "five frames of the flight, three of the lift"
    );

    let first: Vec<_> = [&html, &gif, &png, &mcap]
        .map(|p| fs::read(p).unwrap())
        .into();
    replay(&arguments).unwrap();
    let second: Vec<_> = [&html, &gif, &png, &mcap]
        .map(|p| fs::read(p).unwrap())
        .into();
    assert!(first == second, "the same plan gives the same bytes");
}

#[test]
fn a_task_file_is_shown_with_what_is_wanted() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("task.yaml");
    let text = "version: 1
name: two
scene:
  boxes:
    - {id: a, size: [0.3, 0.3, 0.2], position: [0, 0, 0.1], mass: 2}
    - {id: b, size: [0.3, 0.3, 0.2], position: [0, 0, 0.3], mass: 2}
task: {kind: retrieve, box: a}
";
    fs::write(&path, text).unwrap();
    let recording = read_recording(&path, None).unwrap_or_else(|e| panic!("{e}"));
    assert_eq!(recording.targets, [0]);
    assert_eq!(recording.frames.len(), 1);
    // JSON is YAML too.
    let in_json = folder.path().join("task.json");
    let task = json!({"version": 1, "name": "two", "task": {"kind": "retrieve", "box": "a"}, "scene": {"boxes": [
        {"id": "a", "size": [0.3, 0.3, 0.2], "position": [0, 0, 0.1], "mass": 2},
        {"id": "b", "size": [0.3, 0.3, 0.2], "position": [0, 0, 0.3], "mass": 2},
    ]}});
    fs::write(&in_json, task.to_string()).unwrap();
    let the_same = read_recording(&in_json, None).unwrap_or_else(|e| panic!("{e}"));
    assert_eq!(the_same.targets, recording.targets);
    assert_eq!(the_same.boxes, recording.boxes);
    // And YAML may be in braces as JSON is, with an ending that says nothing.
    let in_braces = folder.path().join("task.txt");
    let unquoted = task.to_string().replace("\":", ": ").replace('"', "");
    fs::write(&in_braces, unquoted).unwrap();
    let again = read_recording(&in_braces, None).unwrap_or_else(|e| panic!("{e}"));
    assert_eq!(again.targets, recording.targets);
}

#[test]
fn files_that_cannot_be_shown_are_bad_input_that_names_the_file() {
    let folder = tempfile::tempdir().unwrap();
    let whole = plan().to_string();
    let bad: [(&str, &[u8]); 5] = [
        ("cut.json", &whole.as_bytes()[..whole.len() / 2]),
        ("empty.json", b""),
        ("foreign.json", b"{\"hello\": 1}"),
        ("binary.bin", &[0xff, 0xfe, 0x00, 0x80]),
        ("wrong.yaml", b"version: 1\nscene: {boxes: [{id: a}]}\n"),
    ];
    for (name, bytes) in bad {
        let path = folder.path().join(name);
        fs::write(&path, bytes).unwrap();
        let failure = read_recording(&path, None).unwrap_err();
        assert_eq!(failure.code(), 2, "{name}");
        let Failure::Input(report) = failure else {
            panic!("{name}: not bad input");
        };
        assert!(format!("{report:?}").contains(name), "{report:?}");
    }
    let missing = read_recording(&folder.path().join("none.json"), None).unwrap_err();
    assert_eq!(missing.code(), 2);
    let no_data_set = read_recording(folder.path(), Some(3)).unwrap_err();
    assert_eq!(no_data_set.code(), 2);
    let plan = write_plan(folder.path());
    let no_episodes = read_recording(Path::new(&plan), Some(3)).unwrap_err();
    assert_eq!(no_episodes.code(), 2);
}

#[test]
fn an_output_that_cannot_be_written_fails_and_leaves_what_was_there() {
    let folder = tempfile::tempdir().unwrap();
    let plan = write_plan(folder.path());
    let nowhere = folder.path().join("no/such/place.html");
    for no_file in [nowhere.as_path(), folder.path()] {
        let fine = folder.path().join("a.gif").display().to_string();
        let no_file = no_file.display().to_string();
        // Told of before anything is written.
        let refused = replay(&[&plan, "--gif", &fine, "--html", &no_file]).unwrap_err();
        assert_eq!(refused.code(), 2, "{refused}");
    }
    if cfg!(target_os = "linux") {
        let failed = replay(&[&plan, "--html", "/dev/full"]).unwrap_err();
        assert_eq!(failed.code(), 1, "{failed}");
    }
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
}

#[test]
fn a_moment_that_was_not_recorded_is_bad_input_that_tells_which_were() {
    let folder = tempfile::tempdir().unwrap();
    let plan = write_plan(folder.path());
    let picture = folder.path().join("a.png").display().to_string();
    let refused = replay(&[&plan, "--png", &picture, "--at", "900"]).unwrap_err();
    assert_eq!(refused.code(), 2, "{refused}");
    assert!(
        refused.to_string().contains("no moment at 900 s"),
        "{refused}"
    );
    assert!(!Path::new(&picture).exists());
    replay(&[&plan, "--png", &picture, "--at", "0"]).unwrap();
}

#[cfg(target_os = "linux")]
#[test]
fn a_page_goes_to_stdout_by_its_name_and_what_is_said_of_it_to_stderr() {
    use std::process::{Command, Stdio};
    let folder = tempfile::tempdir().unwrap();
    let plan = write_plan(folder.path());
    let file = folder.path().join("file");
    let show = |name: &str, more: &[&str], stdout: Stdio| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_topple"));
        command.args(["replay", &plan, "--html", name]).args(more);
        command.stdout(stdout).output().unwrap()
    };
    for name in ["/dev/stdout", "/dev/fd/1"] {
        let opened = fs::File::create(&file).unwrap();
        for out in [Stdio::from(opened), Stdio::piped()] {
            let ended = show(name, &[], out);
            assert!(ended.status.success(), "{ended:?}");
            // What went to a pipe is in the output, what went to a file is there.
            let mut page = String::from_utf8(ended.stdout).unwrap();
            if page.is_empty() {
                page = fs::read_to_string(&file).unwrap();
            }
            assert!(page.contains("\"two-boxes\""));
            assert!(page.trim_end().ends_with("</html>"), "{name}");
            let said = String::from_utf8(ended.stderr).unwrap();
            assert!(said.contains(&format!("wrote {name}")), "{said}");
        }
        let both = show(name, &["--json"], Stdio::piped());
        assert_eq!(both.status.code(), Some(2), "{both:?}");
        assert!(both.stdout.is_empty());
    }
}

#[test]
fn nothing_is_written_over_the_file_that_it_is_made_from() {
    let folder = tempfile::tempdir().unwrap();
    let plan = write_plan(folder.path());
    let before = fs::read(&plan).unwrap();
    let other_name = folder.path().join("folder/../plan.json");
    fs::create_dir(folder.path().join("folder")).unwrap();
    for out in [plan.as_str(), other_name.to_str().unwrap()] {
        let Err(Failure::Input(report)) = replay(&[&plan, "--html", out]) else {
            panic!("{out} was written");
        };
        assert!(report.to_string().contains("would replace"), "{report}");
        assert_eq!(fs::read(&plan).unwrap(), before);
    }
}

#[test]
fn the_scene_of_a_task_is_not_written_over_and_two_outputs_are_not_one_file() {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name).display().to_string();
    let boxes = "{boxes: [{id: a, size: [0.2, 0.2, 0.2], position: [0, 0, 0.1], mass: 1}]}";
    let base = format!("version: 1\nname: base\nscene: {boxes}\n");
    fs::write(path("base.yaml"), &base).unwrap();
    fs::write(
        path("task.yaml"),
        "version: 1\nname: task\nscene: base.yaml\n",
    )
    .unwrap();
    let refused = |arguments: &[&str], what: &str| {
        let Err(Failure::Input(report)) = replay(arguments) else {
            panic!("{arguments:?} was done");
        };
        assert!(report.to_string().contains(what), "{report}");
    };
    refused(
        &[&path("task.yaml"), "--html", &path("base.yaml")],
        "would replace",
    );
    assert_eq!(fs::read_to_string(path("base.yaml")).unwrap(), base);
    let same = path("same");
    refused(
        &[&path("task.yaml"), "--html", &same, "--gif", &same],
        "both name",
    );
    fs::create_dir(path("d")).unwrap();
    let other_name = path("d/../same");
    let one = ["--html", same.as_str(), "--gif", other_name.as_str()];
    refused(
        &[&[path("task.yaml").as_str()], &one[..]].concat(),
        "both name",
    );
    refused(&[&path("task.yaml"), "--at", "1"], "no --png");
    refused(
        &[&path("task.yaml"), "--size", "100x100"],
        "neither --png nor --gif",
    );
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 3);
}
