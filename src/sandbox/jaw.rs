//! A parallel jaw: two force-limited fingers, and the friction of their pads.
//!
//! Owns when a squeeze counts as a grip, and what the jaw does then; how a finger slides is `finger`'s, what the pads
//! hold is `pads`'. Once the grip has formed, one finger holds its place and the other goes on squeezing with the set
//! force: two fingers that both only push would leave the box free to wander between them, which a real jaw's coupling
//! prevents. The squeeze presses on the box's faces and so counts for `crush`.

mod finger;
mod pads;

use rapier3d::dynamics::RigidBodyHandle;

use super::crossing::from_engine;
use super::engine::Engine;
use crate::grasp::pad_torsion_arm;
use crate::pose::Pose;
use crate::scene::geometry::Obb;
use finger::Finger;
use pads::Hold;

/// Share of the set squeeze that both pads must feel before the grip counts as formed.
const FORMED: f64 = 0.7;

/// Two fingers on a palm.
#[derive(Clone)]
pub struct Jaw {
    palm: RigidBodyHandle,
    fingers: [Finger; 2],
    max_force: f64,
    pad_friction: f64,
    /// The pads' middle in the hand frame.
    pads: Pose,
    /// Thickness of a finger, m.
    thickness: f64,
    /// The arm of a pad's torsional friction, m.
    torsion_arm: f64,
    hold: Option<Hold>,
}

impl Jaw {
    /// Hangs the two `fingers` (in the hand frame, the one on -x first, as [`crate::grasp::hand_shape`] has them)
    /// on `palm`.
    pub fn new(
        engine: &mut Engine,
        palm: RigidBodyHandle,
        hand: &Pose,
        fingers: [&Obb; 2],
        max_force: f64,
        pad_friction: f64,
    ) -> Self {
        let pad = fingers[0].half * 2.0;
        let pads = Pose::translation(0.0, 0.0, fingers[0].pose.translation.z);
        let fingers = fingers.map(|piece| Finger::hang(engine, palm, hand, piece, pad_friction));
        Self {
            palm,
            fingers,
            max_force,
            pad_friction,
            pads,
            thickness: pad.x,
            torsion_arm: pad_torsion_arm(pad.y, pad.z),
            hold: None,
        }
    }

    /// Moves both fingers inwards with the set force.
    pub fn close(&self, engine: &mut Engine) {
        for finger in &self.fingers {
            finger.press(engine, -finger.side, self.max_force);
        }
    }

    /// Whether both pads press on box `target`; if so, the jaw turns from closing to holding.
    pub fn squeeze(&mut self, engine: &mut Engine, target: usize) -> bool {
        let firm = |finger: &Finger| finger.pad_force(engine, target) >= FORMED * self.max_force;
        if !self.fingers.iter().all(firm) {
            return false;
        }
        let palm = from_engine(engine.bodies[self.palm].position());
        self.fingers[0].hold_place(engine, &palm, self.max_force);
        self.stick(engine, target, &palm)
    }

    /// Moves both fingers apart.
    pub fn open(&mut self, engine: &mut Engine) {
        self.unstick(engine);
        for finger in &self.fingers {
            finger.press(engine, finger.side, self.max_force);
        }
    }

    /// Takes the fingers out of the world.
    pub fn vanish(&self, engine: &mut Engine) {
        for finger in &self.fingers {
            engine.remove_body(finger.body);
        }
    }
}
