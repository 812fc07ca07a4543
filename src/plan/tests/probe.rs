//! The largest nudge that is still safe.

use std::convert::Infallible;

use crate::plan::probe::{Asked, LargestSafe, Poke, largest_safe};

/// m between the rungs of the finer ladder.
const RUNG: f64 = 0.5 / 256.0;

/// The largest nudge where `is_safe` holds of those that are, and somebody asked about one of `size` and found it so.
fn largest(size: f64, found: bool, is_safe: impl Fn(f64) -> bool) -> LargestSafe {
    let asked = Asked {
        size,
        is_safe: found,
    };
    let Ok(largest) = largest_safe(Poke::Nudge, asked, |s| Ok::<_, Infallible>(is_safe(s)));
    largest
}

#[test]
fn the_largest_safe_nudge_is_found_within_a_rung_and_is_the_same_whatever_was_asked_about() {
    for end in [0.003, 0.025, 0.19, 0.4] {
        let is_safe = |s: f64| s <= end;
        let found =
            [0.001, 0.01, 0.02, 0.1, 0.3, 0.49, 1.5].map(|s| largest(s, is_safe(s), is_safe));
        assert!((end - RUNG..=end).contains(&found[0].value), "{found:?}");
        assert!(
            found.iter().all(|f| *f == found[0] && !f.at_least),
            "{found:?}"
        );
    }
}

#[test]
fn what_was_found_of_the_size_that_was_asked_about_stands() {
    let is_safe = |s: f64| s <= 0.19;
    // Somebody saw it go wrong, or well.
    let under = largest(0.15, false, is_safe);
    assert!((0.15 - RUNG..0.15).contains(&under.value), "{under:?}");
    assert_eq!(largest(0.3, true, is_safe).value, 0.3);
    assert_eq!(largest(0.3, true, |_| false).value, 0.3);
}

#[test]
fn what_lies_beyond_an_unsafe_size_does_not_count() {
    // A rung of the coarser ladder lies in the gap.
    let found = largest(0.1, false, |s| !(0.05..0.07).contains(&s));
    assert!(found.value < 0.05, "{found:?}");
    let nothing = largest(0.1, false, |s| s > 0.06);
    assert_eq!((nothing.value, nothing.at_least), (0.0, false));
}

#[test]
fn where_all_is_safe_it_is_the_largest_that_was_looked_at_or_asked_about() {
    let half = largest(0.1, true, |_| true);
    assert_eq!((half.value, half.at_least), (0.5, true));
    let asked = largest(1.5, true, |_| true);
    assert_eq!((asked.value, asked.at_least), (1.5, true));
}
