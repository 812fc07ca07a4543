//! Episodes of sets that are not whole, as `topple replay` shows them.

use topple::cli::Failure;
use topple::cli::replay_source::read_recording;

use super::commands::{text, topple};
use super::*;

/// What is said where no episode can be shown, with its remedy.
fn refused(dir: &Path, episode: Option<u64>) -> String {
    let Err(Failure::Input(report)) = read_recording(dir, episode) else {
        panic!("{} was shown", dir.display());
    };
    let remedy = report.help().expect("a remedy");
    format!("{report}: {remedy}")
}

#[test]
fn of_a_shard_its_own_first_episode_is_shown_and_one_of_another_shard_is_refused() {
    let dir = TempDir::new().unwrap();
    let shard = |out: &Path, which: &str, episodes: &str| {
        let few = ["--families", "leaning", "--max-boxes", "5"];
        let part = ["--episodes", episodes, "--shard", which];
        let made = topple(&[&["generate", "--out", text(out)], &part[..], &few].concat());
        assert_eq!(made.status.code(), Some(0), "{made:?}");
    };
    let second = dir.path().join("second");
    shard(&second, "2/2", "136");
    let first = read_recording(&second, None).unwrap();
    assert_eq!(first, read_recording(&second, Some(128)).unwrap());
    for absent in [0, 127, 136] {
        let said = refused(&second, Some(absent));
        assert!(said.contains(&format!("no episode {absent}")), "{said}");
        assert!(said.contains("it holds episodes 128 to 135"), "{said}");
    }
    // The one file that eight episodes take falls to the other shard.
    let none = dir.path().join("none");
    shard(&none, "1/2", "8");
    let said = refused(&none, None);
    assert!(said.contains("holds no episodes"), "{said}");
    assert!(said.contains("give another one"), "{said}");
}

#[test]
fn of_a_set_that_was_only_begun_nothing_is_shown_and_it_is_said_how_to_go_on() {
    let dir = TempDir::new().unwrap();
    let stop = AtomicBool::new(true);
    generate(&Fake::new(1), dir.path(), STACKS, 1, None, &stop, |_| {}).unwrap();
    for episode in [None, Some(0)] {
        let said = refused(dir.path(), episode);
        assert!(said.contains("holds no episodes"), "{said}");
        assert!(said.contains("topple generate"), "{said}");
    }
}
