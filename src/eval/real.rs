//! Real packings as beliefs: the `real` split of design, section 7.
//!
//! Owns the imported stacks that the program carries (three BED-BPP orders, and of each ACLPP
//! flight the first two stacks, by name, of 6 to 24 boxes with three targets or more; licences and
//! attribution open each file), and [`stack`], which unpacks one of them part of the way. No
//! training data comes from any of them. Of every other flight, by name, from the first on,
//! the default model has learned from other stacks (`models/README.md`): those flights are a family
//! of their own, so that what was learned of a flight's freight can be told from what holds for
//! freight that no model saw.

use std::path::Path;
use std::sync::OnceLock;

use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;

use crate::dataset::given::partly_unpacked;
use crate::dataset::recipe::Stack;
use crate::sandbox::SandboxError;
use crate::scene::{Workcell, task};

/// Heavier boxes are no targets, kg: as the files were imported (`--max-mass 40`).
const TARGET_MASS_KG: f64 = 40.0;
/// Stacks that are tried, one after the other, before a number is given up.
const TRIES: u64 = 64;

macro_rules! scenarios {
    ($($name:literal),* $(,)?) => {
        [$(($name, include_str!(concat!("../../scenarios/", $name, ".yaml")))),*]
    };
}

const SCENARIOS: [(&str, &str); 39] = scenarios![
    "bed-bpp-00100001",
    "bed-bpp-00100002",
    "bed-bpp-00100408",
    "real/aclpp-LH8044-28NOV15-FRA-ORD-pmc_md11f_md-0",
    "real/aclpp-LH8044-28NOV15-FRA-ORD-pmc_md11f_md-1",
    "real/aclpp-LH8048-28NOV15-FRA-LAX-pmc_md11f_md-4",
    "real/aclpp-LH8048-28NOV15-FRA-LAX-pmc_md11f_md-5",
    "real/aclpp-LH8082-28NOV15-FRA-ASB-pmc_md11f_md-5",
    "real/aclpp-LH8082-28NOV15-FRA-HKG-pmc_md11f_md-0",
    "real/aclpp-LH8088-29NOV15-FRA-LEJ-pmc_F_ld-23",
    "real/aclpp-LH8088-29NOV15-FRA-LEJ-pmc_F_ld-25",
    "real/aclpp-LH8098-29NOV15-FRA-LEJ-pmc_md11f_md-5",
    "real/aclpp-LH8164-24NOV15-FRA-IAH-pmc_md11f_md-0",
    "real/aclpp-LH8164-24NOV15-FRA-IAH-pmc_md11f_md-1",
    "real/aclpp-LH8170-29NOV15-FRA-ATL-pmc_md11f_md-2",
    "real/aclpp-LH8170-29NOV15-FRA-ATL-pmc_md11f_md-3",
    "real/aclpp-LH8202-25NOV15-FRA-ORD-pmc_md11f_md-4",
    "real/aclpp-LH8202-25NOV15-FRA-ORD-pmc_md11f_md-7",
    "real/aclpp-LH8222-25NOV15-FRA-GDL-pmc_md11f_md-1",
    "real/aclpp-LH8222-25NOV15-FRA-GDL-pmc_md11f_md-2",
    "real/aclpp-LH8226-24NOV15-FRA-MEX-pmc_F_ld-4",
    "real/aclpp-LH8226-24NOV15-FRA-MEX-pmc_md11f_md-2",
    "real/aclpp-LH8230-29NOV15-FRA-LAX-pmc_md11f_md-10",
    "real/aclpp-LH8230-29NOV15-FRA-LAX-pmc_md11f_md-12",
    "real/aclpp-LH8266-27NOV15-FRA-DKR-pmc_md11f_md-0",
    "real/aclpp-LH8266-27NOV15-FRA-DKR-pmc_md11f_md-1",
    "real/aclpp-LH8272-25NOV15-FRA-VCP-pge_md11f_md-1",
    "real/aclpp-LH8290-29NOV15-FRA-CAI-pmc_md11f_md-10",
    "real/aclpp-LH8290-29NOV15-FRA-CAI-pmc_md11f_md-11",
    "real/aclpp-LH8340-26NOV15-FRA-IST-pmc_md11f_md-10",
    "real/aclpp-LH8340-26NOV15-FRA-IST-pmc_md11f_md-11",
    "real/aclpp-LH8364-25NOV15-FRA-BLR-pmc_md11f_md-1",
    "real/aclpp-LH8364-25NOV15-FRA-BLR-pmc_md11f_md-3",
    "real/aclpp-LH8370-23NOV15-FRA-BOM-pmc_md11f_md-1",
    "real/aclpp-LH8370-23NOV15-FRA-BOM-pmc_md11f_md-2",
    "real/aclpp-LH8380-26NOV15-FRA-KJA-pmc_md11f_md-0",
    "real/aclpp-LH8380-26NOV15-FRA-KJA-pmc_md11f_md-1",
    "real/aclpp-LH8384-27NOV15-FRA-NRT-ake-10",
    "real/aclpp-LH8384-27NOV15-FRA-NRT-pmc_md11f_md-2",
];

/// The flights of which other stacks are learned from.
const LEARNED_FLIGHTS: [&str; 10] = [
    "LH8044", "LH8082", "LH8098", "LH8170", "LH8202", "LH8226", "LH8266", "LH8290", "LH8364",
    "LH8380",
];

/// Where a stack was imported from, as reports name it.
fn family(name: &str) -> &'static str {
    if name.starts_with("bed-bpp") {
        "bed_bpp"
    } else if LEARNED_FLIGHTS.iter().any(|flight| name.contains(flight)) {
        "aclpp_learned_flight"
    } else {
        "aclpp"
    }
}

/// The imported stacks.
///
/// # Panics
/// When a file that is built in cannot be read, which a test rules out.
fn imported() -> &'static [(&'static str, Workcell)] {
    static READ: OnceLock<Vec<(&'static str, Workcell)>> = OnceLock::new();
    READ.get_or_init(|| {
        let read = |(name, text): &(&'static str, &str)| {
            let file = task::parse(text, Path::new(name)).expect("a built-in scenario is valid");
            (family(name), file.workcell)
        };
        SCENARIOS.iter().map(read).collect()
    })
}

/// Which packing stack number `number` is unpacked from: the packings take turns. Where one does not stand the next
/// steps in, and counts as it.
pub fn packing(number: u64) -> u64 {
    number % SCENARIOS.len() as u64
}

/// Stack number `number`: one of the imported ones with some boxes taken off its top, as observed.
///
/// # Errors
/// When none of [`TRIES`] stacks in turn stands.
pub fn stack(seed: u64, number: u64) -> Result<Stack, SandboxError> {
    let all = imported();
    let mut last = SandboxError::NotFinite;
    for attempt in 0..TRIES {
        let (family, whole) = &all[((number + attempt) % all.len() as u64) as usize];
        let mut rng = ChaCha8Rng::seed_from_u64(seed);
        rng.set_stream(number * TRIES + attempt);
        let mut workcell = whole.clone();
        match partly_unpacked(&mut workcell, &mut rng) {
            Ok(()) => {
                let boxes = workcell.scene.boxes.iter().enumerate();
                let light = boxes.filter(|(_, b)| b.mass.mean() <= TARGET_MASS_KG);
                let mut targets: Vec<usize> = light.map(|(i, _)| i).collect();
                if targets.is_empty() {
                    targets = (0..workcell.scene.boxes.len()).collect();
                }
                return Ok(Stack {
                    workcell,
                    family: (*family).to_owned(),
                    targets,
                });
            }
            Err(error) => last = error,
        }
    }
    Err(last)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn about_half_of_the_flights_freight_is_of_flights_that_nobody_learned_from() {
        let of = |wanted| imported().iter().filter(|(f, _)| *f == wanted).count();
        assert_eq!(of("bed_bpp"), 3);
        assert_eq!((of("aclpp_learned_flight"), of("aclpp")), (19, 17));
    }

    #[test]
    fn every_built_in_packing_is_read_and_names_its_licence() {
        assert_eq!(imported().len(), SCENARIOS.len());
        for (name, text) in SCENARIOS {
            assert!(text.contains("icence"), "{name} names no licence");
        }
    }
}
