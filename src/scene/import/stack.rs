//! From placed pieces to a workcell.
//!
//! Owns the cut, what each piece carries, and what is taken for what is not in the data.

use crate::gravity::GRAVITY;
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
/// How far boxes that touch may seem apart once settled, m.
const TOUCH_M: f64 = 0.015;

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

/// What a stack stands on.
pub(super) struct Base {
    pub id: &'static str,
    /// Full edge lengths, m.
    pub size: Vec3,
    /// Height of the walls on three of its sides, m; plans that reach past the base push them out.
    pub cage_m: Option<f64>,
}

/// Thickness of a cage's walls, and the play between them and the boxes, m.
const WALL_M: f64 = 0.02;
const PLAY_M: f64 = 0.01;

/// The base, and the walls of its cage: at -x, -y and +y.
fn fixtures(base: &Base, pieces: &[Piece]) -> Vec<Fixture> {
    let fixture = |id: String, size: Vec3, centre: Vec3| Fixture {
        id,
        size,
        pose: level(centre, 0.0),
        friction: BASE_FRICTION,
    };
    let middle = Vec3::new(0.0, 0.0, 0.5 * base.size.z);
    let mut all = vec![fixture(base.id.into(), base.size, middle)];
    let Some(height) = base.cage_m else {
        return all;
    };
    // Pieces begin at the base's corner, so only their far ends may lie past it.
    let far = |k: usize| {
        let ends = pieces.iter().map(|p| p.low[k] + p.size[k]);
        ends.fold(base.size[k], f64::max) - 0.5 * base.size[k] + PLAY_M
    };
    let near = |k: usize| -0.5 * base.size[k] - PLAY_M;
    let z = base.size.z + 0.5 * height;
    let long = far(0) - near(0);
    let side = Vec3::new(long, WALL_M, height);
    let x = near(0) + 0.5 * long;
    for (name, y) in [
        ("right", near(1) - 0.5 * WALL_M),
        ("left", far(1) + 0.5 * WALL_M),
    ] {
        all.push(fixture(format!("cage-{name}"), side, Vec3::new(x, y, z)));
    }
    let back = Vec3::new(WALL_M, far(1) - near(1), height);
    let y = 0.5 * (far(1) + near(1));
    let at = Vec3::new(near(0) - 0.5 * WALL_M, y, z);
    all.push(fixture("cage-back".into(), back, at));
    all
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
        fixtures: fixtures(base, &pieces),
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

impl ImportedStack {
    /// A target that is worth retrieving: one that carries one or two boxes if there is such a
    /// one, else the one that carries fewest. `None` where nothing is a target.
    pub fn question(&self) -> Option<usize> {
        let key = |&i: &usize| match self.boxes_on(i) {
            few @ 1..=2 => few,
            0 => 3,
            many => many + 1,
        };
        self.targets.iter().copied().min_by_key(key)
    }

    /// The stack, not settled yet, without box `index` and all that rests on it.
    pub fn without(&self, index: usize) -> Self {
        let gone = self.pile_on(index, FLOAT_M);
        let mut rest = self.clone();
        let boxes = &self.workcell.scene.boxes;
        let kept: Vec<usize> = (0..boxes.len()).filter(|i| !gone.contains(i)).collect();
        rest.workcell.scene.boxes = kept.iter().map(|&i| boxes[i].clone()).collect();
        let now_at = |t: &usize| kept.iter().position(|k| k == t);
        rest.targets = self.targets.iter().filter_map(now_at).collect();
        rest.overloaded
            .retain(|id| rest.workcell.scene.boxes.iter().any(|b| b.id == *id));
        rest
    }

    /// How many boxes rest on box `index` of a settled stack, those on those included.
    fn boxes_on(&self, index: usize) -> usize {
        self.pile_on(index, (TOUCH_M, TOUCH_M)).len() - 1
    }

    /// Box `index`, what rests on it, what rests on that: what seems no farther above it, or in it, than `apart`.
    fn pile_on(&self, index: usize, apart: (f64, f64)) -> Vec<usize> {
        let mut on = vec![index];
        let mut next = 0;
        while let Some(&below) = on.get(next) {
            let rests = |i: usize| self.rests_on(i, below, apart);
            let fresh: Vec<usize> = (0..self.workcell.scene.boxes.len())
                .filter(|&i| !on.contains(&i) && rests(i))
                .collect();
            on.extend(fresh);
            next += 1;
        }
        on
    }

    /// Whether box `upper` touches the top of box `lower`, or seems so far above it or in it, m.
    fn rests_on(&self, upper: usize, lower: usize, (above, into): (f64, f64)) -> bool {
        let bounds = |i: usize| self.workcell.scene.boxes[i].obb().aabb();
        let ((ulow, uhigh), (llow, lhigh)) = (bounds(upper), bounds(lower));
        let shared = |k: usize| uhigh[k].min(lhigh[k]) - ulow[k].max(llow[k]);
        (-into..above).contains(&(ulow.z - lhigh.z)) && shared(0) > TOUCH_M && shared(1) > TOUCH_M
    }
}
