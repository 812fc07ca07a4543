//! What an action does to the belief at its means, in short steps of rigid bodies: what leads the imagination.
//!
//! Owns [`Tumble`] (a belief made ready) and [`Gone`] (how far a body gets). The [`sketch`](super::sketch) asks in five
//! steps what an action bears and stirs at first, for any candidate; this asks where boxes get to, in sixty steps a
//! second, and only for what is imagined. What the hand shoves on its way in, what falls and turns over, what a box that is
//! lost comes down on: all that is seen here, roughly. It is no second sandbox: it knows no draw, its contacts are found
//! sixty times a second, and what nothing has touched sleeps.

mod body;
mod clip;
mod contact;
mod guide;
mod hand;
mod manifold;
mod row;
mod spring;
mod world;

pub use guide::Guide;
pub use hand::HandWay;

use crate::pose::{Pose, Vec3};
use crate::rollout::STRIDE_S;

use super::contacts::SceneGraph;
use body::Body;
use guide::Driven;
use world::{STEP_S, World};

/// Steps in which a belief sinks onto what is below it.
const SETTLING: usize = 15;
/// Steps of a stride.
const STRIDE_STEPS: usize = (STRIDE_S / STEP_S + 0.5) as usize;

/// How far a body has gone.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Gone {
    /// Its middle, m.
    pub moved: Vec3,
    /// Rotation vector, rad.
    pub turned: Vec3,
}

/// A belief made ready: it has sunk together where noise had it hover or overlap.
#[derive(Clone, Debug)]
pub struct Tumble {
    world: World,
    /// Where each body's middle is then.
    starts: Vec<Pose>,
}

impl Tumble {
    /// Takes in a belief, which stands.
    pub fn new(graph: &SceneGraph) -> Self {
        let mut world = World::new(graph.ground_friction);
        for body in &graph.bodies {
            let index = world.bodies.len();
            let (body, shape) = Body::believed(body, index);
            world.bodies.push(body);
            world.shapes.push(shape);
        }
        world.settle(SETTLING);
        let starts = middles(&world, graph.bodies.len());
        Self { world, starts }
    }

    /// Where each body is after each of so many strides, `[strides, N]`, from where it stood, the target from where it
    /// is at the onset; the first ones are the same however many are asked for.
    pub fn follow(&self, target: usize, guide: &Guide<'_>, strides: usize) -> Vec<Vec<Gone>> {
        let mut world = self.world.clone();
        let shape = world.shapes[target];
        world.wake(shape.body);
        let mut driven = Driven::new(&mut world, guide, &shape);
        // Steps before the onset are counted back from it.
        let before = (-guide.begins() / STEP_S).ceil() as i64;
        let mut out = Vec::with_capacity(strides);
        let mut starts = self.starts.clone();
        for step in -before..(strides * STRIDE_STEPS) as i64 {
            if step == 0 {
                // Its course begins here, wherever the hand has shoved it.
                starts[target] = world.bodies[shape.body].frame() * shape.at;
            }
            driven.drive(&mut world, step as f64 * STEP_S);
            world.step();
            if step >= 0 && (step + 1) % STRIDE_STEPS as i64 == 0 {
                out.push(gone(&world, &starts));
            }
        }
        out
    }
}

/// How far the first bodies have gone from `starts`.
fn gone(world: &World, starts: &[Pose]) -> Vec<Gone> {
    let now = middles(world, starts.len());
    let pairs = starts.iter().zip(now);
    pairs
        .map(|(start, now)| Gone {
            moved: now.translation.vector - start.translation.vector,
            turned: (now.rotation * start.rotation.inverse()).scaled_axis(),
        })
        .collect()
}

/// The poses of the middles of the first `count` boxes.
fn middles(world: &World, count: usize) -> Vec<Pose> {
    (world.shapes[..count].iter())
        .map(|s| world.bodies[s.body].frame() * s.at)
        .collect()
}

#[cfg(test)]
mod tests;
