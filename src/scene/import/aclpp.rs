//! ACLPP flights: pallets and containers of air cargo as they were built, in centimetres.
//!
//! F. Brandt, "The Air Cargo Load Planning Problem", KIT 2017. Each of a segment's `built_ulds`
//! becomes a stack; `lng` is x, `lat` is y. A piece's `stack_*` (kg/cm²) is taken of the axis that
//! stands upright, over its whole top. The contour of a ULD and its net are not modelled.

use std::collections::BTreeMap;
use std::path::Path;

use serde::Deserialize;
use serde_saphyr::{Location, Spanned};

use super::error::{FilePlace, ImportError, Need, check_numbers};
use super::imported::Imported;
use super::name::{plain, unique};
use super::stack::{Base, Cut, Piece};
use crate::gravity::GRAVITY;
use crate::pose::Vec3;

/// Thickness of a cargo pallet, m.
const SHEET_M: f64 = 0.02;
/// Inner length and width of the pallet types by the head of a ULD's name, m (`uld_*.yaml` of the data).
const ULD_SIZES: [(&str, f64, f64); 4] = [
    ("ake", 1.44, 1.95),
    ("pmc_F_ld", 2.43, 4.05),
    ("pmc_md11f_md", 3.17, 2.43),
    ("pge_md11f_md", 6.05, 2.43),
];
const ORIGIN: &str = "Derived from ACLPP (segment {segment}, ULD {uld}): F. Brandt, \
    \"The Air Cargo Load Planning Problem\", KIT 2017, https://github.com/fbrandt/ACLPP\n\
    Licence: CC BY 4.0, https://creativecommons.org/licenses/by/4.0/\n\
    Changed: settled in topple's sandbox; friction (0.35 to 0.6, cardboard) and the 2 % spread of \
    masses are assumptions, the data has neither; max_force is the stated load on the top plus the \
    piece's own weight.";

#[derive(Deserialize)]
struct Schedule {
    segments: BTreeMap<String, Segment>,
}

#[derive(Deserialize)]
struct Segment {
    built_ulds: BTreeMap<String, BuiltUld>,
    shipments: BTreeMap<String, Shipment>,
}

#[derive(Deserialize)]
struct BuiltUld {
    loaded: Vec<Spanned<Loaded>>,
}

#[derive(Deserialize)]
struct Loaded {
    height: f64,
    lat: f64,
    lng: f64,
    piece: String,
    shipment: String,
    start_height: f64,
    start_lat: f64,
    start_lng: f64,
}

#[derive(Deserialize)]
struct Shipment {
    pieces: BTreeMap<String, Spanned<Kind>>,
}

/// A kind of piece as it is described before it is turned and loaded.
#[derive(Deserialize)]
struct Kind {
    height: f64,
    lat: f64,
    lng: f64,
    weight: f64,
    stack_height: Option<f64>,
    stack_lat: Option<f64>,
    stack_lng: Option<f64>,
}

/// The built ULDs of a flight's `*.schedule.yaml`.
///
/// # Errors
/// When `text` is truncated, foreign, lacks a key, loads a piece that it does not describe, or has
/// numbers that no box has; `path` names it.
pub fn aclpp(text: &str, path: &Path, cut: &Cut) -> Result<Imported, ImportError> {
    let schedule: Schedule = serde_saphyr::from_str(text).map_err(|e| malformed(text, path, &e))?;
    let mut all = Imported::default();
    for (segment_name, segment) in &schedule.segments {
        for (uld, built) in &segment.built_ulds {
            let pieces = pieces(segment, uld, built, path)?;
            let base = base(uld, &pieces);
            let (segment, uld) = (unique(segment_name), unique(uld));
            let name = format!("aclpp-{segment}-{uld}");
            let origin = ORIGIN.replace("{segment}", &segment).replace("{uld}", &uld);
            all.add(name, &base, pieces, cut, &origin);
        }
    }
    all.of(path)
}

/// The pieces of one ULD, numbered where there are several of a kind.
fn pieces(
    segment: &Segment,
    uld: &str,
    built: &BuiltUld,
    path: &Path,
) -> Result<Vec<Piece>, ImportError> {
    let mut seen: BTreeMap<String, usize> = BTreeMap::new();
    let mut pieces = Vec::with_capacity(built.loaded.len());
    for entry in &built.loaded {
        let (place, loaded) = (place_at(entry.referenced, path), &entry.value);
        let shipment = segment.shipments.get(&loaded.shipment);
        let kind = shipment
            .and_then(|s| s.pieces.get(&loaded.piece))
            .ok_or_else(|| ImportError::UnknownPiece {
                place: place.clone(),
                stack: uld.to_owned(),
                shipment: loaded.shipment.clone(),
                piece: loaded.piece.clone(),
            })?;
        let (described, kind) = (place_at(kind.referenced, path), &kind.value);
        let id = plain(&loaded.piece);
        let count = seen.entry(id.clone()).or_insert(0);
        *count += 1;
        let id = format!("{id}-{count}");
        let bears_n =
            upright_load(kind, loaded.height).map(|load| load * loaded.lng * loaded.lat * GRAVITY);
        let numbers = [
            ("lng", loaded.lng, Need::Positive),
            ("lat", loaded.lat, Need::Positive),
            ("height", loaded.height, Need::Positive),
            ("start_lng", loaded.start_lng, Need::Finite),
            ("start_lat", loaded.start_lat, Need::Finite),
            ("start_height", loaded.start_height, Need::Finite),
        ];
        check_numbers((&place, uld, &id), &numbers)?;
        let of_kind = [
            ("weight", kind.weight, Need::Positive),
            (
                "what its stack_* come to",
                bears_n.unwrap_or(0.0),
                Need::Finite,
            ),
        ];
        check_numbers((&described, uld, &id), &of_kind)?;
        pieces.push(Piece {
            id,
            size: Vec3::new(loaded.lng, loaded.lat, loaded.height) * 0.01,
            low: Vec3::new(loaded.start_lng, loaded.start_lat, loaded.start_height) * 0.01,
            mass_kg: kind.weight,
            bears_n,
        });
    }
    Ok(pieces)
}

/// A place in the file; the parser counts from one, and says zero where it knows none.
fn place_at(location: Location, path: &Path) -> FilePlace {
    FilePlace {
        file: path.to_owned(),
        line: Some(location.line() as usize).filter(|&line| line > 0),
    }
}

/// The load (kg/cm²) that the axis of length `height` bears, cm; the weakest where several fit.
fn upright_load(kind: &Kind, height: f64) -> Option<f64> {
    [
        (kind.height, kind.stack_height),
        (kind.lat, kind.stack_lat),
        (kind.lng, kind.stack_lng),
    ]
    .into_iter()
    .filter(|&(length, _)| (length - height).abs() < 0.5)
    .filter_map(|(_, load)| load)
    .reduce(f64::min)
}

/// The sheet under a ULD: its type's size, or larger where a piece reaches further.
fn base(uld: &str, pieces: &[Piece]) -> Base {
    let far = |k: usize| {
        let ends = pieces.iter().map(|p| p.low[k] + p.size[k]);
        ends.fold(0.1, f64::max)
    };
    let known = ULD_SIZES.iter().find(|(head, _, _)| uld.starts_with(head));
    let (lng, lat) = known.map_or((0.0, 0.0), |&(_, lng, lat)| (lng, lat));
    Base {
        id: "uld",
        size: Vec3::new(far(0).max(lng), far(1).max(lat), SHEET_M),
        cage_m: None,
    }
}

fn malformed(text: &str, path: &Path, error: &serde_saphyr::Error) -> ImportError {
    let place = error
        .location()
        .map_or_else(|| FilePlace::of(path), |at| place_at(at, path));
    let lines = text.lines().count();
    // The parser opens with "error: line 3 column 1: ", which the place already says.
    let message = error.to_string();
    let message = message.lines().next().unwrap_or_default();
    let detail = message
        .split_once(" column ")
        .and_then(|(_, rest)| rest.split_once(": "))
        .map_or(message, |(_, detail)| detail)
        .to_owned();
    // YAML has no closing bracket: a cut file stops in the middle of its last entry, or lacks the keys that would have come
    // after; where it ends between two units nobody can tell that it was cut.
    let at_end = place.line.is_some_and(|line| line + 1 >= lines);
    if at_end && text.contains("segments:") && !text.ends_with('\n') {
        return ImportError::Truncated { place, detail };
    }
    let remedy = if text.contains("uld_types:") || text.contains("aircraft_types:") {
        "this file describes types: pass a flight's *.schedule.yaml"
    } else if text.contains("flights:") && !text.contains("shipments:") {
        "the shipments are missing, so the file may be truncated: fetch or copy it again"
    } else {
        "pass a flight's *.schedule.yaml, with segments, their built_ulds and their shipments"
    };
    ImportError::Malformed {
        place,
        format: "ACLPP schedule",
        detail,
        remedy: remedy.into(),
    }
}
