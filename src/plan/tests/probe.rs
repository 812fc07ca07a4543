//! The largest nudge that is still safe.

use super::*;
use crate::plan::probe;

#[test]
fn the_largest_safe_nudge_is_found_within_a_rung_and_confirmed() {
    let fake = Fake::default();
    let cell = tower();
    let scene = fake.believe(&cell, 0).unwrap();
    let line = probe::Line {
        poke: probe::Poke::Nudge,
        box_index: 3,
        direction: Vec3::x(),
    };
    // The fake's bound is 0.105 per metre, so the limit of 0.02 is met at 0.190 m.
    let asked = probe::Asked {
        size: 0.1,
        is_safe: true,
    };
    let found = probe::largest_safe(scene.as_ref(), &cell, &line, asked, Some(&fake), 0).unwrap();
    assert!(
        found.value <= 0.02 / 0.105 && found.value > 0.18,
        "{}",
        found.value
    );
    assert_eq!((found.confirmed, found.at_least), (Some(true), false));
    let strict = Fake {
        cursed: vec!["aside".into()],
        ..Fake::default()
    };
    let refused =
        probe::largest_safe(scene.as_ref(), &cell, &line, asked, Some(&strict), 0).unwrap();
    // The size that was asked about stays: it was found safe, and nothing above it is vouched for.
    assert_eq!((refused.confirmed, refused.value), (Some(true), 0.1));
    let asked = probe::Asked {
        size: 0.15,
        is_safe: false,
    };
    let refused =
        probe::largest_safe(scene.as_ref(), &cell, &line, asked, Some(&strict), 0).unwrap();
    assert_eq!((refused.confirmed, refused.value), (Some(false), 0.0));
    // What only draws vouched for is no less than was asked.
    let asked = probe::Asked {
        size: 0.3,
        is_safe: true,
    };
    let vouched = probe::largest_safe(scene.as_ref(), &cell, &line, asked, None, 0).unwrap();
    assert_eq!((vouched.value, vouched.at_least), (0.3, false));
}

#[test]
fn a_size_that_was_found_unsafe_is_above_the_largest_and_one_found_safe_is_looked_up_to() {
    let fake = Fake::default();
    let mut cell = tower();
    let largest = |cell: &Workcell, size: f64, is_safe: bool| {
        let scene = fake.believe(cell, 0).unwrap();
        let line = probe::Line {
            poke: probe::Poke::Nudge,
            box_index: 3,
            direction: Vec3::x(),
        };
        let asked = probe::Asked { size, is_safe };
        probe::largest_safe(scene.as_ref(), cell, &line, asked, None, 0).unwrap()
    };
    // Safe by its bound, but somebody saw it go wrong.
    let under = largest(&cell, 0.1, false);
    assert!(under.value < 0.1 && under.value > 0.08, "{}", under.value);
    assert!(!under.at_least);
    // Everything is safe: what was looked at ends at half a metre, or where was asked.
    cell.safety.max_risk = 0.5;
    let half = largest(&cell, 0.1, true);
    assert_eq!((half.value, half.at_least), (0.5, true));
    let asked = largest(&cell, 1.5, true);
    assert_eq!((asked.value, asked.at_least), (1.5, true));
}
