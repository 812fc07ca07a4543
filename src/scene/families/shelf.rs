//! Shelves: boards and walls that never move, boxes with 5 to 40 mm of clearance between them.
//!
//! The hand gets in only from the front, where it also starts; what stands on a box comes along
//! when it is drawn out, and a tilted lift strikes the board above.

use rand::Rng;

use super::draft::{Access, Draft, between};
use crate::pose::{Vec3, level};

/// Thickness of boards and walls, m.
const BOARD_M: f64 = 0.02;

/// One or two bays on each other, open towards -x.
pub(super) fn shelf(boxes_max: usize, rng: &mut impl Rng) -> Option<Draft> {
    let mut d = Draft::new(rng);
    let width = between(rng, 0.6, 1.1);
    let depth = between(rng, 0.35, 0.55);
    let bays = if boxes_max >= 8 && rng.random_bool(0.4) {
        2
    } else {
        1
    };
    let mut board_top = between(rng, 0.05, 0.5);
    for bay in 0..bays {
        board(
            &mut d,
            format!("board_{bay}"),
            [width, depth],
            board_top,
            rng,
        );
        let share = (boxes_max - d.parts.len()) / (bays - bay);
        let highest = fill(&mut d, [width, depth], board_top, share, rng);
        board_top = highest + between(rng, 0.005, 0.04) + BOARD_M;
    }
    board(&mut d, "lid".into(), [width, depth], board_top, rng);
    walls(&mut d, [width, depth], board_top, rng);
    let height = between(rng, 0.2, board_top + 0.1);
    d.access = Access::Front(Vec3::new(
        -0.5 * depth - between(rng, 0.35, 0.5),
        0.0,
        height + 0.2,
    ));
    Some(d)
}

/// A board whose top is at `top` metres.
fn board(d: &mut Draft, id: String, [width, depth]: [f64; 2], top: f64, rng: &mut impl Rng) {
    let size = Vec3::new(depth, width + 2.0 * BOARD_M, BOARD_M);
    let pose = level(Vec3::new(0.0, 0.0, top - 0.5 * BOARD_M), 0.0);
    d.fix(id, size, pose, rng);
}

/// Sides and back, from the floor to `top` metres.
fn walls(d: &mut Draft, [width, depth]: [f64; 2], top: f64, rng: &mut impl Rng) {
    for (id, side) in [("wall_right", -1.0), ("wall_left", 1.0)] {
        let size = Vec3::new(depth, BOARD_M, top);
        let y = side * (0.5 * width + 1.5 * BOARD_M);
        d.fix(
            id.into(),
            size,
            level(Vec3::new(0.0, y, 0.5 * top), 0.0),
            rng,
        );
    }
    let size = Vec3::new(BOARD_M, width + 4.0 * BOARD_M, top);
    let x = 0.5 * (depth + BOARD_M);
    d.fix(
        "wall_back".into(),
        size,
        level(Vec3::new(x, 0.0, 0.5 * top), 0.0),
        rng,
    );
}

/// Stacks of one to three side by side, some with a second row behind; the highest top, m.
fn fill(
    d: &mut Draft,
    [width, depth]: [f64; 2],
    floor: f64,
    boxes_max: usize,
    rng: &mut impl Rng,
) -> f64 {
    let first = d.parts.len();
    let last = first + boxes_max;
    let mut highest: f64 = floor;
    let mut y = -0.5 * width + between(rng, 0.005, 0.04);
    let tall = between(rng, 0.2, 0.5);
    while d.parts.len() < last {
        let side = between(rng, 0.12, 0.3);
        if y + side > 0.5 * width - 0.005 {
            break;
        }
        let deep = between(rng, 0.12, depth - 0.02);
        let front = -0.5 * depth + between(rng, 0.0, 0.04);
        let room = last - d.parts.len();
        let storeys = rng.random_range(1..=3.min(room));
        let at = Vec3::new(front + 0.5 * deep, y + 0.5 * side, floor);
        let top = stack(d, Vec3::new(deep, side, tall), at, storeys, rng);
        highest = highest.max(top);
        let behind = front + deep + between(rng, 0.001, 0.02);
        if d.parts.len() < last && behind + 0.1 < 0.5 * depth {
            let deep = between(rng, 0.1, 0.5 * depth - behind);
            let at = Vec3::new(behind + 0.5 * deep, y + 0.5 * side, floor);
            highest = highest.max(stack(d, Vec3::new(deep, side, tall), at, 1, rng));
        }
        y += side + between(rng, 0.005, 0.04);
    }
    highest
}

/// Boxes on each other within `room`; the height of the top, m.
fn stack(d: &mut Draft, room: Vec3, at: Vec3, storeys: usize, rng: &mut impl Rng) -> f64 {
    let mut z = at.z;
    for k in 0..storeys {
        let mut size = Vec3::new(
            room.x * between(rng, 0.8, 1.0),
            room.y * between(rng, 0.85, 1.0),
            room.z / storeys as f64 * between(rng, 0.7, 1.0),
        );
        size = size.map(|e| e.max(0.08));
        let index = d.stand(size, at.x, at.y, z, rng);
        z = d.top(index);
        // What carries something and what is on top, half and half at the head of the list.
        if (k + 1 < storeys) == rng.random_bool(0.6) {
            d.targets.insert(0, index);
        } else {
            d.targets.push(index);
        }
    }
    z
}
