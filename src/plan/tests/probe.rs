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
    let found = probe::largest_safe(scene.as_ref(), &cell, &line, Some(&fake), 0).unwrap();
    assert!(
        found.value <= 0.02 / 0.105 && found.value > 0.18,
        "{}",
        found.value
    );
    assert_eq!(found.confirmed, Some(true));
    let strict = Fake {
        cursed: vec!["aside".into()],
        ..Fake::default()
    };
    let refused = probe::largest_safe(scene.as_ref(), &cell, &line, Some(&strict), 0).unwrap();
    assert_eq!((refused.confirmed, refused.value), (Some(false), 0.0));
}
