//! One rapier world: bodies for a draw of a scene, stepped at a fixed rate, branched by copying.
//!
//! Owns the engine's parameters and its steps; what crosses into it and back is `crossing`'s. Nothing outside
//! `sandbox` sees an engine type. The parameters were measured (design, section 6): rapier's defaults let a stack
//! of twenty boxes sink 106 mm, these 7 mm.

use rapier3d::dynamics::{
    CCDSolver, FrictionModel, ImpulseJointHandle, ImpulseJointSet, IntegrationParameters,
    IslandManager, JointAxis, MultibodyJointSet, RigidBodyBuilder, RigidBodyHandle, RigidBodySet,
    SoftBodySet, SpringCoefficients,
};
use rapier3d::geometry::{
    BroadPhaseBvh, ColliderBuilder, ColliderSet, Group, InteractionGroups, InteractionTestMode,
    NarrowPhase,
};
use rapier3d::math::Vector;
use rapier3d::pipeline::PhysicsPipeline;

use super::SandboxError;
use super::crossing::{
    ANGULAR, LINEAR, Part, cuboid, from_engine, from_vector, mass_properties, to_engine, to_vector,
};
use crate::gravity::GRAVITY;
use crate::pose::{Pose, Vec3};
use crate::scene::{Draw, Scene};

/// Physics steps a second.
pub const STEPS_PER_S: f64 = 240.0;
/// One physics step, s.
pub const DT_S: f64 = 1.0 / STEPS_PER_S;
/// How far ahead of a moving body contacts are looked for, m: 4.8 m/s for a step. Without it a box
/// that falls past an edge is inside before it is seen, and is pushed out sideways.
pub(super) const LOOK_AHEAD_M: f32 = 0.02;
/// Sweeps of a substep that also push apart what overlaps, without friction; one with friction and without that push follows.
pub(super) const SWEEPS: usize = 1;
/// Half the ground slab's edge, m: far beyond any scene.
const GROUND_HALF: f32 = 50.0;

/// A rapier world and the handles of a scene's boxes in it.
pub struct Engine {
    pub(super) bodies: RigidBodySet,
    pub(super) colliders: ColliderSet,
    pub(super) joints: ImpulseJointSet,
    pub(super) narrow_phase: NarrowPhase,
    pub(super) islands: IslandManager,
    /// `[N]`, `None` once a box is taken out of the world.
    pub(super) boxes: Vec<Option<RigidBodyHandle>>,
    broad_phase: BroadPhaseBvh,
    multibody_joints: MultibodyJointSet,
    soft_bodies: SoftBodySet,
    parameters: IntegrationParameters,
    pipeline: PhysicsPipeline,
    ccd: CCDSolver,
    steps: u64,
}

impl Clone for Engine {
    /// Branches the world: what comes after is the same to the bit, whichever copy goes on.
    fn clone(&self) -> Self {
        Self {
            bodies: self.bodies.clone(),
            colliders: self.colliders.clone(),
            joints: self.joints.clone(),
            narrow_phase: self.narrow_phase.clone(),
            islands: self.islands.clone(),
            boxes: self.boxes.clone(),
            broad_phase: self.broad_phase.clone(),
            multibody_joints: self.multibody_joints.clone(),
            soft_bodies: self.soft_bodies.clone(),
            parameters: self.parameters,
            // Workspaces only: the engine keeps no state in them between steps.
            pipeline: PhysicsPipeline::new(),
            ccd: CCDSolver::new(),
            steps: self.steps,
        }
    }
}

/// The engine's parameters; `refinement` divides the time step (2 halves it), for convergence checks.
fn parameters(refinement: u32) -> IntegrationParameters {
    // The fixed frequency has to stay at or under half of step rate × iterations (480 Hz here).
    let contacts = |natural_frequency| SpringCoefficients {
        natural_frequency,
        damping_ratio: 10.0,
    };
    IntegrationParameters {
        dt: (DT_S / f64::from(refinement)) as f32,
        num_solver_iterations: 4,
        num_internal_pgs_iterations: SWEEPS,
        contact_softness: contacts(120.0),
        static_contact_softness: contacts(240.0),
        // Neighbours that do not press cost as much as those that do once they are in contact:
        // rapier's 20 mm would tie every box of a pallet to the next. What moves is looked for
        // further ahead, see `LOOK_AHEAD_M`.
        normalized_prediction_distance: 0.002,
        // A pair at rest keeps its points, which ride with the bodies; a tenth of a millimetre is
        // far below what any accident hangs on.
        contact_recycling: true,
        normalized_contact_recycle_distance: 1e-4,
        contact_clustering: false,
        friction_model: FrictionModel::Simplified,
        // Pose noise leaves overlaps of a millimetre or two: push them out gently.
        normalized_max_corrective_velocity: 0.5,
        // Nothing here is fast enough to tunnel in 4 ms through a box of 8 cm.
        max_ccd_substeps: 0,
        ..IntegrationParameters::default()
    }
}

/// Everything but the hand's own pieces collides with everything.
pub(super) fn hand_groups() -> InteractionGroups {
    InteractionGroups::new(
        Group::GROUP_2,
        Group::ALL.difference(Group::GROUP_2),
        InteractionTestMode::And,
    )
}

impl Engine {
    /// A world with the scene's ground, fixtures and boxes as `draw` has them.
    pub fn new(scene: &Scene, draw: &Draw, refinement: u32) -> Self {
        let mut engine = Self {
            bodies: RigidBodySet::new(),
            colliders: ColliderSet::new(),
            joints: ImpulseJointSet::new(),
            narrow_phase: NarrowPhase::new(),
            islands: IslandManager::new(),
            boxes: Vec::with_capacity(scene.boxes.len()),
            broad_phase: BroadPhaseBvh::default(),
            multibody_joints: MultibodyJointSet::new(),
            soft_bodies: SoftBodySet::new(),
            parameters: parameters(refinement),
            pipeline: PhysicsPipeline::new(),
            ccd: CCDSolver::new(),
            steps: 0,
        };
        let ground = ColliderBuilder::cuboid(GROUND_HALF, GROUND_HALF, 0.5)
            .translation(Vector::new(0.0, 0.0, -0.5))
            .friction(scene.ground_friction as f32)
            .user_data(Part::Ground.encode());
        let body = engine.bodies.insert(RigidBodyBuilder::fixed());
        engine
            .colliders
            .insert_with_parent(ground, body, &mut engine.bodies);
        for (i, fixture) in scene.fixtures.iter().enumerate() {
            let body = RigidBodyBuilder::fixed().pose(to_engine(&fixture.pose));
            let collider = cuboid(fixture.size)
                .friction(fixture.friction as f32)
                .user_data(Part::Fixture(i).encode());
            let body = engine.bodies.insert(body);
            engine
                .colliders
                .insert_with_parent(collider, body, &mut engine.bodies);
        }
        for (i, (spec, drawn)) in scene.boxes.iter().zip(&draw.boxes).enumerate() {
            let body = RigidBodyBuilder::dynamic()
                .pose(to_engine(&drawn.pose))
                .soft_ccd_prediction(LOOK_AHEAD_M)
                .can_sleep(false);
            let collider = cuboid(spec.size)
                .friction(drawn.friction as f32)
                .mass_properties(mass_properties(spec.size, drawn.mass, drawn.com))
                .user_data(Part::Box(i).encode());
            let body = engine.bodies.insert(body);
            engine
                .colliders
                .insert_with_parent(collider, body, &mut engine.bodies);
            engine.boxes.push(Some(body));
        }
        engine
    }

    /// Advances by one physics step.
    ///
    /// # Errors
    /// When the engine had to take a body out because its state is no longer finite.
    pub fn step(&mut self) -> Result<(), SandboxError> {
        self.pipeline.step(
            Vector::new(0.0, 0.0, -GRAVITY as f32),
            &self.parameters,
            &mut self.islands,
            &mut self.broad_phase,
            &mut self.narrow_phase,
            &mut self.bodies,
            &mut self.colliders,
            &mut self.joints,
            &mut self.multibody_joints,
            &mut self.soft_bodies,
            &mut self.ccd,
            &(),
            &(),
        );
        self.steps += 1;
        let quarantine = self.pipeline.quarantine();
        if quarantine.is_empty() {
            Ok(())
        } else {
            Err(SandboxError::NotFinite)
        }
    }

    /// Physics steps since the world was made, branches included.
    pub fn steps(&self) -> u64 {
        self.steps
    }

    /// One step's length in this world, s.
    pub fn dt(&self) -> f64 {
        f64::from(self.parameters.dt)
    }

    /// How many sweeps each substep has from now on; [`SWEEPS`] is what it begins with.
    pub(super) fn set_sweeps(&mut self, sweeps: usize) {
        self.parameters.num_internal_pgs_iterations = sweeps;
    }

    /// One substep of the engine's solver, s.
    pub(super) fn substep(&self) -> f64 {
        self.dt() / self.parameters.num_solver_iterations as f64
    }

    /// What the springs of a joint bore in the latest substep, along and about the axes of its first frame: N and N·m,
    /// towards where they are stretched to; `None` where there is no such joint.
    pub(super) fn borne(&self, joint: ImpulseJointHandle) -> Option<(Vec3, Vec3)> {
        let motors = &self.joints.get(joint)?.data.motors;
        let of = |axis: JointAxis| f64::from(motors[axis as usize].impulse) / self.substep();
        Some((Vec3::from(LINEAR.map(of)), Vec3::from(ANGULAR.map(of))))
    }

    /// Pose of box `index`'s geometric centre; `None` once it is gone.
    pub fn box_pose(&self, index: usize) -> Option<Pose> {
        let body = &self.bodies[self.boxes[index]?];
        Some(from_engine(body.position()))
    }

    /// Velocity of box `index`'s geometric centre in m/s, and its angular velocity in rad/s.
    pub fn box_velocity(&self, index: usize) -> Option<(Vec3, Vec3)> {
        let body = &self.bodies[self.boxes[index]?];
        let at_centre = body.velocity_at_point(body.translation());
        Some((from_vector(at_centre), from_vector(body.angvel())))
    }

    /// Lets `force` (N) act on box `index` at `point` (world, m) in each step, in the place of what acted there, until it is
    /// called again.
    ///
    /// No action does this: it is what the tests of contacts push boxes over with, and public because they lie
    /// outside the crate.
    pub fn push_box(&mut self, index: usize, force: Vec3, point: Vec3) {
        if let Some(handle) = self.boxes[index] {
            let body = &mut self.bodies[handle];
            body.reset_forces(true);
            body.reset_torques(true);
            body.add_force_at_point(to_vector(force), to_vector(point), true);
        }
    }

    /// Sets the velocity of box `index`'s centre of mass, m/s, and its spin, rad/s.
    ///
    /// No action does this either: the tests of contacts throw boxes with it.
    pub fn set_box_velocity(&mut self, index: usize, linear: Vec3, angular: Vec3) {
        if let Some(handle) = self.boxes[index] {
            let body = &mut self.bodies[handle];
            body.set_linvel(to_vector(linear), true);
            body.set_angvel(to_vector(angular), true);
        }
    }

    /// Takes a body and all that hangs on it out of the world.
    pub(super) fn remove_body(&mut self, handle: RigidBodyHandle) {
        self.bodies.remove(
            handle,
            &mut self.islands,
            &mut self.colliders,
            &mut self.joints,
            &mut self.multibody_joints,
            &mut self.soft_bodies,
            true,
        );
    }

    /// Takes box `index` out of the world.
    pub fn remove_box(&mut self, index: usize) {
        if let Some(handle) = self.boxes[index].take() {
            self.remove_body(handle);
        }
    }
}
