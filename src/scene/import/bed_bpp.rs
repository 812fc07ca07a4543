//! BED-BPP packing plans: grocery orders on a pallet or a roll container, in millimetres.
//!
//! Kagerer et al., "BED-BPP: Benchmarking dataset for robotic bin packing problems", IJRR 2023.
//! `flb_coordinates` is the front-left-bottom corner; `orientation` 0 keeps the length along x,
//! 1 swaps length and width. A roll container has its cage: walls on three sides, open towards +x.

use std::collections::BTreeMap;
use std::path::Path;

use serde::Deserialize;
use serde_json::value::RawValue;

use super::error::{FilePlace, ImportError, Need, check_numbers};
use super::imported::Imported;
use super::name::{slug, unique};
use super::stack::{Base, Cut, Piece};
use super::unique::Unique;
use crate::pose::Vec3;

/// A EUR pallet: 1200 by 800 by 144 mm.
const PALLET: Base = Base {
    id: "pallet",
    size: Vec3::new(1.2, 0.8, 0.144),
    cage_m: None,
};
/// A roll container: 800 by 700 mm, wheels under its base, a cage of 1.5 m.
const ROLL_CONTAINER: Base = Base {
    id: "rollcontainer",
    size: Vec3::new(0.8, 0.7, 0.2),
    cage_m: Some(1.5),
};
const ORIGIN: &str = "Derived from BED-BPP (packing_plans.json, order {order}): \
    F. Kagerer et al., \"BED-BPP: Benchmarking dataset for robotic bin packing problems\", IJRR 2023, \
    https://github.com/floriankagerer/bed-bpp-env\n\
    MIT licence, Copyright (c) Florian Kagerer.\n\
    Changed: settled in topple's sandbox; friction (0.35 to 0.6, cardboard) and the 2 % spread of \
    masses are assumptions, the data has neither.";

#[derive(Deserialize)]
struct Placed {
    item: Item,
    flb_coordinates: [f64; 3],
    orientation: u8,
}

#[derive(Deserialize)]
struct Item {
    article: String,
    #[serde(rename = "length/mm")]
    length: f64,
    #[serde(rename = "width/mm")]
    width: f64,
    #[serde(rename = "height/mm")]
    height: f64,
    #[serde(rename = "weight/kg")]
    weight: f64,
    sequence: u64,
}

#[derive(Deserialize)]
struct Order {
    properties: OrderProperties,
}

#[derive(Deserialize)]
struct OrderProperties {
    target: String,
}

/// The stacks of a `packing_plans.json`; `orders` is the text of the `orders.json` that belongs to
/// it, which tells what each order is packed on (a pallet where it is left out).
///
/// # Errors
/// When `packing` is truncated, foreign, lacks a key or has numbers that no box has; `path` names it.
pub fn bed_bpp(
    packing: &str,
    orders: Option<&str>,
    path: &Path,
    cut: &Cut,
) -> Result<Imported, ImportError> {
    let Unique(plans): Unique<Vec<Placed>> =
        serde_json::from_str(packing).map_err(|e| malformed(path, &e, plans_remedy(packing)))?;
    let bases = match orders {
        Some(text) => targets(text, path)?,
        None => BTreeMap::new(),
    };
    let mut all = Imported::default();
    for (order, placed) in plans {
        let pieces = placed
            .into_iter()
            .enumerate()
            .map(|(i, p)| {
                piece(p, &order, path).map_err(|e| e.on_line(line_of(packing, &order, i)))
            })
            .collect::<Result<Vec<_>, _>>()?;
        let base = match bases.get(&order).map(String::as_str) {
            Some("rollcontainer") => ROLL_CONTAINER,
            _ => PALLET,
        };
        let order = unique(&order);
        let origin = ORIGIN.replace("{order}", &order);
        let name = format!("bed-bpp-{order}");
        all.add(name, &base, pieces, cut, &origin);
    }
    all.of(path)
}

/// What each order is packed on.
fn targets(orders: &str, path: &Path) -> Result<BTreeMap<String, String>, ImportError> {
    let path = path.with_file_name("orders.json");
    let Unique(orders): Unique<Order> =
        serde_json::from_str(orders).map_err(|e| malformed(&path, &e, ORDERS_REMEDY))?;
    let target = |(id, order): (String, Order)| (id, order.properties.target);
    Ok(orders.into_iter().map(target).collect())
}

fn piece(placed: Placed, order: &str, path: &Path) -> Result<Piece, ImportError> {
    let item = placed.item;
    let id = format!("{}-{}", slug(&item.article), item.sequence);
    let [front, left, bottom] = placed.flb_coordinates;
    let numbers = [
        ("length/mm", item.length, Need::Positive),
        ("width/mm", item.width, Need::Positive),
        ("height/mm", item.height, Need::Positive),
        ("weight/kg", item.weight, Need::Positive),
        ("flb_coordinates[0]", front, Need::Finite),
        ("flb_coordinates[1]", left, Need::Finite),
        ("flb_coordinates[2]", bottom, Need::Finite),
    ];
    check_numbers((&FilePlace::of(path), order, &id), &numbers)?;
    let (x, y) = match placed.orientation {
        0 => (item.length, item.width),
        1 => (item.width, item.length),
        other => {
            return Err(ImportError::BadNumber {
                place: FilePlace::of(path),
                stack: order.to_owned(),
                piece: id,
                field: "orientation",
                value: other.into(),
                need: Need::ZeroOrOne,
            });
        }
    };
    Ok(Piece {
        id,
        size: Vec3::new(x, y, item.height) * 1e-3,
        low: Vec3::new(front, left, bottom) * 1e-3,
        mass_kg: item.weight,
        bears_n: None,
    })
}

/// The line on which piece `index` of an order begins.
fn line_of(packing: &str, order: &str, index: usize) -> Option<usize> {
    let Unique(plans): Unique<Vec<&RawValue>> = serde_json::from_str(packing).ok()?;
    let begins = plans.get(order)?.get(index)?.get().as_ptr().addr() - packing.as_ptr().addr();
    Some(1 + packing[..begins].matches('\n').count())
}

/// What to do about plans that are none.
fn plans_remedy(text: &str) -> &'static str {
    if text.contains("\"item_sequence\"") {
        "this looks like orders.json: pass the packing_plans.json beside it"
    } else {
        "pass a packing_plans.json: an object of orders, each a list of \
         {item, flb_coordinates, orientation}"
    }
}

/// What to do about orders that are none: the plans may be well.
const ORDERS_REMEDY: &str =
    "mend it or move it away: without it every order is taken to stand on a pallet";

fn malformed(path: &Path, error: &serde_json::Error, remedy: &str) -> ImportError {
    let place = FilePlace {
        file: path.to_owned(),
        line: Some(error.line()).filter(|&line| line > 0),
    };
    if error.is_eof() {
        return ImportError::Truncated {
            place,
            detail: error.to_string(),
        };
    }
    ImportError::Malformed {
        place,
        format: "BED-BPP packing",
        detail: error.to_string(),
        remedy: remedy.into(),
    }
}
