//! From placed pieces to a workcell: the cut, what each piece carries, and what is not in the data.

use crate::pose::{Vec3, level};
use crate::scene::{
    BoxSpec, CenterOfMass, Fixture, PoseNoise, Quantity, Scene, Workcell, import::robot,
};

/// Friction of cardboard, which neither data set gives.
const FRICTION: (f64, f64) = (0.35, 0.6);
/// Friction of wooden and of metal bases, about the middle of what is measured for them.
const BASE_FRICTION: f64 = 0.5;
/// Relative standard deviation of a mass that the data states.
const MASS_SPREAD: f64 = 0.02;
/// A piece may seem to hang this far above, or reach this far into, what carries it, m.
const FLOAT_M: (f64, f64) = (0.05, 0.03);
/// m/s².
pub(super) const GRAVITY: f64 = 9.81;

/// What is taken of a stack, so that it fits a robot.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Cut {
    /// Pieces whose top is higher above the floor than this are left out, m. What rests on such a
    /// piece is higher still, so it goes too.
    pub max_height_m: Option<f64>,
    /// Heavier pieces stay where they are, but are no targets, kg: taking them out would leave
    /// what they carry in the air.
    pub max_mass_kg: Option<f64>,
}

/// A packing as a scene, not settled yet.
#[derive(Clone, Debug, PartialEq)]
pub struct ImportedStack {
    /// A file name without its ending.
    pub name: String,
    /// The belief with the poses of the data, a robot that suits it, and default limits.
    pub workcell: Workcell,
    /// Indices of the boxes that a robot may be asked for; empty when all are too heavy.
    pub targets: Vec<usize>,
    /// Ids of the pieces on which the data itself puts more than it says that they bear: they are
    /// taken as not crushable, since a scene that crushes while it only stands is no scene.
    pub overloaded: Vec<String>,
    /// How many pieces the cut left out.
    pub left_out: usize,
    /// Where the data comes from, with its licence; for the head of whatever is derived from it.
    pub origin: String,
}

/// A piece as both data sets have it.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Piece {
    /// Unique in its stack.
    pub id: String,
    /// Full edge lengths as it stands, m.
    pub size: Vec3,
    /// Its lowest corner from the base's corner, z from the base's top, m.
    pub low: Vec3,
    /// kg.
    pub mass_kg: f64,
    /// What its top bears, its own weight left out, N.
    pub bears_n: Option<f64>,
}

/// What a stack stands on: full edge lengths, m.
pub(super) struct Base {
    pub id: &'static str,
    pub size: Vec3,
}

/// The stack of `pieces` on `base`; `None` where the cut leaves nothing.
pub(super) fn assemble(
    name: String,
    base: &Base,
    mut pieces: Vec<Piece>,
    cut: &Cut,
    origin: &str,
) -> Option<ImportedStack> {
    let before = pieces.len();
    if let Some(max_height) = cut.max_height_m {
        pieces.retain(|p| base.size.z + p.low.z + p.size.z <= max_height);
    }
    if pieces.is_empty() {
        return None;
    }
    let (boxes, overloaded) = boxes(&pieces, base);
    let scene = Scene {
        ground_friction: BASE_FRICTION,
        pose_noise: PoseNoise::default(),
        fixtures: vec![Fixture {
            id: base.id.into(),
            size: base.size,
            pose: level(Vec3::new(0.0, 0.0, 0.5 * base.size.z), 0.0),
            friction: BASE_FRICTION,
        }],
        boxes,
    };
    let targets: Vec<usize> = (0..pieces.len())
        .filter(|&i| cut.max_mass_kg.is_none_or(|max| pieces[i].mass_kg <= max))
        .collect();
    let robot = robot::for_targets(&scene, &targets);
    Some(ImportedStack {
        name,
        workcell: Workcell {
            scene,
            robot,
            safety: Default::default(),
        },
        targets,
        overloaded,
        left_out: before - pieces.len(),
        origin: origin.to_owned(),
    })
}

/// The belief about each piece, and the ids of those that carry more than they bear.
fn boxes(pieces: &[Piece], base: &Base) -> (Vec<BoxSpec>, Vec<String>) {
    let carried = carried_n(pieces);
    let corner = Vec3::new(-0.5 * base.size.x, -0.5 * base.size.y, base.size.z);
    let mut overloaded = Vec::new();
    let boxes = pieces
        .iter()
        .zip(carried)
        .map(|(piece, carried)| {
            // The lower face bears the piece's own weight as well.
            let max_force = piece.bears_n.map(|n| n + piece.mass_kg * GRAVITY);
            let enough = piece.bears_n.is_none_or(|bears| bears >= carried);
            if !enough {
                overloaded.push(piece.id.clone());
            }
            BoxSpec {
                id: piece.id.clone(),
                size: piece.size,
                pose: level(corner + piece.low + piece.size * 0.5, 0.0),
                mass: Quantity::Normal {
                    mean: piece.mass_kg,
                    std: MASS_SPREAD * piece.mass_kg,
                },
                friction: Quantity::Uniform {
                    min: FRICTION.0,
                    max: FRICTION.1,
                },
                com: CenterOfMass::Known(Vec3::zeros()),
                max_force_n: max_force.filter(|_| enough),
            }
        })
        .collect();
    (boxes, overloaded)
}

/// What each piece carries, N: weights passed down from the top, shared by area of contact.
fn carried_n(pieces: &[Piece]) -> Vec<f64> {
    let mut carried = vec![0.0; pieces.len()];
    let mut order: Vec<usize> = (0..pieces.len()).collect();
    order.sort_by(|&a, &b| pieces[b].low.z.total_cmp(&pieces[a].low.z));
    for i in order {
        let above = &pieces[i];
        let load = carried[i] + above.mass_kg * GRAVITY;
        let shares: Vec<(usize, f64)> = (0..pieces.len())
            .filter(|&j| j != i && pieces[j].low.z < above.low.z)
            .filter(|&j| {
                let gap = above.low.z - (pieces[j].low.z + pieces[j].size.z);
                (-FLOAT_M.1..=FLOAT_M.0).contains(&gap)
            })
            .map(|j| (j, shared_area(above, &pieces[j])))
            .filter(|&(_, area)| area > 1e-4)
            .collect();
        let total: f64 = shares.iter().map(|s| s.1).sum();
        for (j, area) in shares {
            carried[j] += load * area / total;
        }
    }
    carried
}

/// The area that two pieces have in common seen from above, m².
fn shared_area(a: &Piece, b: &Piece) -> f64 {
    let along = |k: usize| {
        let low = a.low[k].max(b.low[k]);
        let high = (a.low[k] + a.size[k]).min(b.low[k] + b.size[k]);
        (high - low).max(0.0)
    };
    along(0) * along(1)
}
