//! Files that are no task files, or were damaged: refused, never a panic.

use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;
use topple::scene::task::{self, MistakeKind};

use super::support::{EXAMPLE, parse};

#[test]
fn what_is_no_task_file_at_all_is_told_without_a_panic() {
    for (text, kind) in [
        ("", MistakeKind::Syntax),
        ("  \n\n", MistakeKind::Syntax),
        ("# nothing but a comment\n", MistakeKind::WrongType),
        ("just words", MistakeKind::WrongType),
        ("- 1\n- 2\n", MistakeKind::WrongType),
        ("42", MistakeKind::WrongType),
        ("null", MistakeKind::WrongType),
        ("{\"a\": 1}", MistakeKind::MissingKey),
        (
            "services:\n  web: {image: nginx}\n",
            MistakeKind::MissingKey,
        ),
        ("name: [unclosed\nversion: 1\n", MistakeKind::Syntax),
        ("version: 1\n\tname: x\n", MistakeKind::Syntax),
        ("version: 1\n---\nversion: 1\n", MistakeKind::Syntax),
        ("version: 1\nscene: *nowhere\n", MistakeKind::Syntax),
        ("version: 1\nname: null\nscene: 3\n", MistakeKind::WrongType),
    ] {
        let error = parse(text).expect_err(text);
        assert_eq!(error.kind(), kind, "{text:?}: {error}");
        assert!(!error.first().remedy.is_empty(), "{text:?}");
    }
}

#[test]
fn every_truncation_of_a_file_is_refused_or_read_but_never_panics() {
    let mut refused = 0;
    for end in 0..EXAMPLE.len() {
        refused += usize::from(parse(&EXAMPLE[..end]).is_err());
    }
    // Only from the end of the scene on is a shorter file still whole.
    let scene_end = EXAMPLE.find("std: 1}").unwrap();
    assert!(refused >= scene_end, "{refused} of {}", EXAMPLE.len());
}

#[test]
fn random_damage_is_refused_or_read_but_never_panics_even_when_the_error_is_drawn() {
    let mut rng = ChaCha8Rng::seed_from_u64(7);
    let pieces = [
        "\u{feff}", "\r\n", "\t", "\u{0}", "é", "&a ", "*a", "!!int ", "? ", "<<: ", "- ", ": ",
        "{", "}", "[", "]", "\"", "'", "|", ">", "#", "%", "---\n", "...\n", "1e400", "-0", ".nan",
        "~", ",",
    ];
    for _ in 0..1500 {
        let mut text = EXAMPLE.to_owned();
        for _ in 0..rng.random_range(1..4) {
            let at = rng.random_range(0..text.len());
            if !text.is_char_boundary(at) {
                continue;
            }
            if rng.random::<bool>() {
                text.insert_str(at, pieces[rng.random_range(0..pieces.len())]);
            } else {
                text.remove(at);
            }
        }
        if let Err(error) = parse(&text) {
            let mut told = String::new();
            let handler =
                miette::GraphicalReportHandler::new_themed(miette::GraphicalTheme::none());
            handler.render_report(&mut told, &error).unwrap();
            assert!(!told.contains("Failed to read"), "{told}");
            assert!(!error.first().remedy.is_empty(), "{told}");
        }
    }
}

#[test]
fn a_file_that_unfolds_to_billions_of_values_is_refused_at_once() {
    let mut bomb = String::from("version: 1\nname: bomb\na0: &a0 [x, x, x, x, x, x, x, x, x, x]\n");
    for i in 1..12 {
        let before = format!("*a{}", i - 1);
        let list = vec![before; 10].join(", ");
        bomb.push_str(&format!("a{i}: &a{i} [{list}]\n"));
    }
    let error = parse(&bomb).unwrap_err();
    assert_eq!(error.kind(), MistakeKind::TooLarge, "{error}");
    for nested in [
        "[".repeat(100_000),
        "{a: ".repeat(100_000),
        "- ".repeat(100_000),
    ] {
        let error = parse(&format!("version: 1\nname: deep\nscene:\n  {nested}")).unwrap_err();
        assert_eq!(error.kind(), MistakeKind::TooLarge, "{error}");
    }
}

#[test]
fn what_cannot_be_read_is_told_with_its_reason() {
    let folder = tempfile::tempdir().unwrap();
    let missing = task::load(&folder.path().join("missing.yaml")).unwrap_err();
    assert_eq!(missing.kind(), MistakeKind::Unreadable);
    assert!(missing.to_string().contains("missing.yaml"), "{missing}");
    let is_folder = task::load(folder.path()).unwrap_err();
    assert_eq!(is_folder.kind(), MistakeKind::Unreadable);
    let garbage = folder.path().join("garbage.yaml");
    std::fs::write(&garbage, b"version: 1\nname: \xff\xfe\x00\x01").unwrap();
    let error = task::load(&garbage).unwrap_err();
    assert_eq!(
        (error.kind(), error.line()),
        (MistakeKind::Unreadable, Some(2)),
        "{error}"
    );
    let image = folder.path().join("image.yaml");
    let bytes: Vec<u8> = (0..4000u32).map(|i| (i * 7919 % 251) as u8).collect();
    std::fs::write(&image, bytes).unwrap();
    assert!(task::load(&image).is_err());
}

#[test]
fn what_plan_and_vet_print_is_told_from_what_they_read() {
    let plan = r#"{"version":1,"task":"a","verdict":"safe","steps":[{"action":"remove"}]}"#;
    let vetted = |first: &str| {
        let keys = r#"{"version":1,"task":"a","verdict":"unsafe","steps":[],"first_unsafe":"#;
        format!("{keys}{first},\"repaired\":null}}")
    };
    let of_vet = ["an answer of `topple vet`", "list of steps"];
    for (text, words) in [
        (plan, ["this is a plan", "`topple replay`"]),
        (&vetted("0"), of_vet),
        (&vetted("null"), of_vet),
    ] {
        let error = parse(text).unwrap_err();
        let told = format!("{error} | {}", error.first().remedy);
        assert_eq!(error.kind(), MistakeKind::WrongType, "{told}");
        for word in words {
            assert!(told.contains(word), "`{word}` is not in: {told}");
        }
    }
}

#[test]
fn a_mistake_in_a_line_of_a_hundred_kilobytes_is_drawn_in_a_few_lines() {
    let line = format!("{{\"version\": 1, \"x\": \"{}\u{0}\", ", "x".repeat(50_000));
    let text = format!("{line}\"nam\": 1, \"y\": \"{}\"}}", "y".repeat(50_000));
    let error = parse(&text).unwrap_err();
    let mut told = String::new();
    let handler = miette::GraphicalReportHandler::new_themed(miette::GraphicalTheme::none());
    handler.render_report(&mut told, &error).unwrap();
    assert!(told.len() < 3000, "{} bytes", told.len());
    assert!(!told.contains('\0'), "{told}");
}
