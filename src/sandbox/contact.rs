//! What presses on what: the normal force on each face of each box, and of the hand on bystanders.
//!
//! Owns the reading of the engine's contact impulses, which are those of the whole step: summed
//! over a pair's points and divided by dt they give the weight to four digits, whatever the number
//! of iterations. Impact peaks depend on how stiff contacts are modelled; the mean over three
//! steps (12.5 ms) takes the edge off, as real force sensors do.

use rapier3d::geometry::ColliderHandle;

use super::crossing::{Part, from_vector};
use super::engine::Engine;
use crate::scene::geometry::Face;

/// What a force is averaged over, s (design, section 2): three steps of the usual length.
const WINDOW_S: f64 = 0.0125;

/// How many of `engine`'s steps a force is averaged over.
pub(super) fn window(engine: &Engine) -> usize {
    (WINDOW_S / engine.dt()).round().max(1.0) as usize
}

/// Forces of the latest step and their means over the window.
#[derive(Clone, Debug)]
pub struct Forces {
    /// `[W][N][6]`, N; slot `cursor` is the latest.
    faces: Vec<Vec<[f64; 6]>>,
    /// `[W]`, N.
    strike: Vec<f64>,
    /// Whether the hand touches each box in the latest step, `[N]`.
    touched: Vec<bool>,
    cursor: usize,
}

impl Forces {
    /// No force on any of the `n` boxes of `engine`, whose step says how many make up the window.
    pub fn new(n: usize, engine: &Engine) -> Self {
        let window = window(engine);
        Self {
            faces: vec![vec![[0.0; 6]; n]; window],
            strike: vec![0.0; window],
            touched: vec![false; n],
            cursor: 0,
        }
    }

    /// Reads the step that `engine` has just made; `target` is the box that the hand is after.
    pub fn read(&mut self, engine: &Engine, target: Option<usize>) {
        self.cursor = (self.cursor + 1) % self.strike.len();
        let faces = &mut self.faces[self.cursor];
        faces.fill([0.0; 6]);
        self.touched.fill(false);
        let mut strike = 0.0;
        let inv_dt = 1.0 / engine.dt();
        for pair in engine.narrow_phase.contact_pairs() {
            if !pair.has_any_active_contact() {
                continue;
            }
            let part = |handle: ColliderHandle| Part::decode(engine.colliders[handle].user_data);
            let (a, b) = (part(pair.collider1), part(pair.collider2));
            let mut pair_force = 0.0;
            for manifold in pair.solver_manifolds() {
                let impulse: f32 = manifold.points.iter().map(|p| p.data.impulse).sum();
                if impulse <= 0.0 {
                    continue;
                }
                let force = f64::from(impulse) * inv_dt;
                pair_force += force;
                // The manifold's normal points from the first collider to the second.
                let normal = from_vector(manifold.data.normal);
                for (part, outward) in [(a, normal), (b, -normal)] {
                    let Part::Box(i) = part else { continue };
                    let Some(pose) = engine.box_pose(i) else {
                        continue;
                    };
                    let face = Face::nearest(pose.rotation.inverse() * outward);
                    faces[i][face as usize] += force;
                }
            }
            if pair_force > 0.0 && (a == Part::Hand) != (b == Part::Hand) {
                let other = if a == Part::Hand { b } else { a };
                if let Part::Box(i) = other {
                    self.touched[i] = true;
                }
                if target.map(Part::Box) != Some(other) {
                    strike += pair_force;
                }
            }
        }
        self.strike[self.cursor] = strike;
    }

    /// The largest force on one face of box `index`, mean of the window, N.
    pub fn worst_face(&self, index: usize) -> f64 {
        let forces = Face::ALL.map(|face| self.on_face(index, face));
        forces.into_iter().fold(0.0, f64::max)
    }

    /// The force on one face of box `index`, mean of the window, N.
    pub fn on_face(&self, index: usize, face: Face) -> f64 {
        self.faces
            .iter()
            .map(|step| step[index][face as usize])
            .sum::<f64>()
            / self.strike.len() as f64
    }

    /// The hand's force on anything but its target, mean of the window, N.
    pub fn strike(&self) -> f64 {
        self.strike.iter().sum::<f64>() / self.strike.len() as f64
    }

    /// Whether the hand touches box `index`.
    pub fn hand_touches(&self, index: usize) -> bool {
        self.touched[index]
    }
}
