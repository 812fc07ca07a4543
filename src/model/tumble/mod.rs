//! What an action does to the belief at its means, in short steps of rigid bodies: what leads the imagination, and what
//! its risk is weighed by.
//!
//! Owns [`Tumble`] (a belief made ready), [`Outcome`] and [`Gone`] (how far a body gets); what an action takes is
//! [`Toll`]'s. The [`sketch`](super::sketch) asks in five steps what an action bears and stirs at first, for any
//! candidate; this carries it out to its end, in sixty steps a second, and only for what is imagined. What the hand shoves on its
//! way in, what falls and turns over, what a grip bears in each quarter of a step, what a box that is lost comes down on: all
//! that is seen here, roughly. It is no second sandbox: it knows no draw, its contacts are found sixty times a second, and what
//! nothing has touched sleeps.

mod body;
mod clip;
mod contact;
mod guide;
mod hand;
mod manifold;
mod row;
mod run;
mod spring;
mod toll;
mod world;

pub use guide::Guide;
pub use hand::HandWay;
pub use toll::{BoxToll, GripToll, Toll};

use crate::pose::{Pose, Vec3};

use super::contacts::SceneGraph;
use body::Body;
use run::Run;
use world::World;

/// Steps in which a belief sinks onto what is below it.
const SETTLING: usize = 15;

/// How far a body has gone.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Gone {
    /// Its middle, m.
    pub moved: Vec3,
    /// Rotation vector, rad.
    pub turned: Vec3,
}

/// What comes of an action.
#[derive(Clone, Debug)]
pub struct Outcome {
    /// Where each body is after each of so many strides, `[strides, N]`, from where it stood, the target from where it
    /// is at the onset; the first ones are the same however many are asked for.
    pub ways: Vec<Vec<Gone>>,
    /// What it took.
    pub toll: Toll,
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

    /// Carries an action out: to its end, and on until all is still.
    pub fn carry_out(&self, target: usize, guide: &Guide<'_>, strides: usize) -> Outcome {
        Run::new(self, target, guide).finish(strides)
    }
}

/// The poses of the middles of the first `count` boxes.
fn middles(world: &World, count: usize) -> Vec<Pose> {
    (world.shapes[..count].iter())
        .map(|s| world.bodies[s.body].frame() * s.at)
        .collect()
}

#[cfg(test)]
mod tests;
