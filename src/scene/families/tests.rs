//! What every family promises: nothing overlaps, everything touches what it stands on, seeds matter.

use std::collections::BTreeSet;

use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;

use super::*;
use crate::scene::geometry::{Obb, overlaps, separation};
use crate::scene::{BoxSpec, Fixture, Scene};

fn seeded(family: Family, seed: u64) -> Generated {
    generate(family, BOXES_MAX, &mut ChaCha8Rng::seed_from_u64(seed))
}

fn obbs(scene: &Scene) -> Vec<Obb> {
    let boxes = scene.boxes.iter().map(BoxSpec::obb);
    boxes
        .chain(scene.fixtures.iter().map(Fixture::obb))
        .collect()
}

fn first_overlap(scene: &Scene) -> Option<(usize, usize)> {
    let obbs = obbs(scene);
    (0..scene.boxes.len())
        .flat_map(|i| (i + 1..obbs.len()).map(move |j| (i, j)))
        .find(|&(i, j)| overlaps(&obbs[i], &obbs[j], 1e-4))
}

/// The first box that has neither the ground nor anything lower within half a millimetre below it: what is beside it
/// does not hold it up.
fn first_hovering(scene: &Scene) -> Option<usize> {
    let obbs = obbs(scene);
    (0..scene.boxes.len()).find(|&i| {
        let low = obbs[i].aabb().0.z;
        let touches = |other: &Obb| {
            let apart = separation(other, &obbs[i]);
            other.pose.translation.z < obbs[i].pose.translation.z
                && apart.gap.abs() < 5e-4
                && apart.axis.z > 0.5
        };
        let others = obbs.iter().enumerate().filter(|&(j, _)| j != i);
        low.abs() > 5e-4 && !others.map(|(_, o)| o).any(touches)
    })
}

#[test]
fn no_family_lets_boxes_overlap_or_hover() {
    for family in Family::ALL {
        for seed in 0..200 {
            let scene = seeded(family, seed).workcell.scene;
            let overlap = first_overlap(&scene);
            assert_eq!(overlap, None, "{} seed {seed} overlaps", family.name());
            let hovering = first_hovering(&scene);
            assert_eq!(hovering, None, "{} seed {seed} hovers", family.name());
        }
    }
}

#[test]
fn counts_sizes_masses_and_targets_stay_in_range() {
    for family in Family::ALL {
        for seed in 0..200 {
            let Generated { workcell, targets } = seeded(family, seed);
            let scene = &workcell.scene;
            let name = family.name();
            assert!(
                (3..=BOXES_MAX).contains(&scene.boxes.len()),
                "{name} {seed}"
            );
            assert!(!targets.is_empty() && targets.iter().all(|&t| t < scene.boxes.len()));
            for b in &scene.boxes {
                let freight = matches!(family, Family::FreightPacked | Family::FreightRough);
                let (longest, heaviest) = if freight {
                    (3.2, 1500.1)
                } else {
                    (0.65, 30.01)
                };
                assert!(
                    b.size.min() > 0.06 && b.size.max() < longest,
                    "{name} {seed} {}",
                    b.size
                );
                assert!(
                    (0.19..=heaviest).contains(&b.mass.mean()),
                    "{name} {seed} {:?}",
                    b.mass
                );
                assert!(b.mass.lower(0.0) > -1e-9 && b.friction.lower(0.0) > 0.05);
                assert!(b.max_force_n.is_none_or(|f| f > b.mass.mean() * 9.81 * 1.1));
            }
            assert!(!workcell.robot.grippers.is_empty());
            let palm = workcell.robot.home.rotation * crate::pose::Vec3::z();
            assert!(
                palm.z < -0.999,
                "the palm of {name} {seed} does not look down"
            );
        }
    }
}

#[test]
fn the_same_seed_gives_the_same_scene_and_another_a_different_one() {
    for family in Family::ALL {
        let one = seeded(family, 7);
        assert_eq!(one, seeded(family, 7), "{}", family.name());
        assert_ne!(one, seeded(family, 8), "{}", family.name());
    }
}

#[test]
fn small_scenes_can_be_asked_for() {
    let sizes = |family: Family, boxes_max: usize, seeds: u64| -> BTreeSet<usize> {
        (0..seeds)
            .map(|seed| {
                let rng = &mut ChaCha8Rng::seed_from_u64(seed);
                generate(family, boxes_max, rng).workcell.scene.boxes.len()
            })
            .collect()
    };
    for family in Family::ALL {
        let name = family.name();
        for (boxes_max, most) in [(3, 5), (5, 5), (7, 7)] {
            let sizes = sizes(family, boxes_max, 100);
            assert_eq!(sizes.last(), Some(&most), "{name} {boxes_max}: {sizes:?}");
            assert!(sizes.len() > 1, "{name} {boxes_max}: {sizes:?}");
        }
        // Few come to twenty, but what is allowed beyond the usual is made use of.
        let sizes = sizes(family, 20, 40);
        let most = sizes.last().copied().unwrap_or_default();
        assert!((BOXES_MAX + 1..=20).contains(&most), "{name}: {sizes:?}");
    }
}

#[test]
fn names_lead_back_to_their_families_and_shifts() {
    for family in Family::ALL {
        assert_eq!(Family::from_name(family.name()), Some(family));
    }
    for shift in Shift::ALL {
        assert_eq!(Shift::from_name(shift.name()), Some(shift));
    }
    assert_eq!(Family::from_name("tower_of_babel"), None);
}

#[test]
fn many_boxes_are_40_to_100_that_do_not_overlap() {
    for family in Family::ALL {
        // A deep stack late in a row is rare.
        for seed in 0..60 {
            let rng = &mut ChaCha8Rng::seed_from_u64(seed);
            let scene = generate_shifted(Shift::ManyBoxes, family, rng)
                .workcell
                .scene;
            assert!(
                (40..=100).contains(&scene.boxes.len()),
                "{}",
                scene.boxes.len()
            );
            assert_eq!(first_overlap(&scene), None, "{} {seed}", family.name());
            assert_eq!(first_hovering(&scene), None, "{} {seed}", family.name());
        }
    }
}

#[test]
fn twice_the_size_still_touches_and_ten_times_the_mass_is_ten_times() {
    for family in Family::ALL {
        let plain = seeded(family, 5).workcell.scene;
        let shifted = |shift| generate_shifted(shift, family, &mut ChaCha8Rng::seed_from_u64(5));
        let large = shifted(Shift::TwiceTheSize).workcell.scene;
        assert_eq!(large.boxes[0].size, plain.boxes[0].size * 2.0);
        assert_eq!(
            (first_overlap(&large), first_hovering(&large)),
            (None, None)
        );
        let heavy = shifted(Shift::TenTimesTheMass).workcell.scene;
        assert!((heavy.boxes[1].mass.mean() / plain.boxes[1].mass.mean() - 10.0).abs() < 1e-9);
    }
}

/// Whether everything still stands, by statics, once box `index` is gone.
fn stands_without(draft: &Draft, index: usize) -> bool {
    let mut rest = draft.clone();
    rest.parts.remove(index);
    rest.footings().iter().all(|f| f.margin_m > 0.0)
}

#[test]
fn taking_a_target_is_neither_always_safe_nor_never() {
    // Hand statics leaves leaning boxes out, so it cannot tell what holds them.
    let level = |f: &Family| *f != Family::Leaning;
    for family in Family::ALL.into_iter().filter(level) {
        let (mut asked, mut stands) = (0, 0);
        for seed in 0..100 {
            let rng = &mut ChaCha8Rng::seed_from_u64(seed);
            let draft = sound_draft(family, BOXES_MAX, rng);
            for &target in draft.targets.iter().take(4) {
                asked += 1;
                stands += usize::from(stands_without(&draft, target));
            }
        }
        let share = stands as f64 / asked as f64;
        let name = family.name();
        assert!(
            (0.08..0.97).contains(&share),
            "{name}: {share:.2} of {asked}"
        );
    }
}

#[test]
fn balance_families_stand_by_millimetres_to_centimetres() {
    use Family::{CounterweightedOverhang, Heap, MixedStack, OffCentreMass};
    for family in [CounterweightedOverhang, OffCentreMass, Heap, MixedStack] {
        let close = (0..100)
            .filter(|&seed| {
                let rng = &mut ChaCha8Rng::seed_from_u64(seed);
                let footings = sound_draft(family, BOXES_MAX, rng).footings();
                footings.iter().any(|f| f.margin_m < 0.02)
            })
            .count();
        assert!(close >= 30, "{}: {close} of 100", family.name());
    }
}
