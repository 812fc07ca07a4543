//! What moves a hand: its mass, the motors' reach for torque, and how it feels its way.
//!
//! Owns the numbers that the sandbox's hand is made of and that the model's forecasts reckon with; the springs of the
//! drive are [`super::compliance()`]'s.

/// Mass of the palm, kg: of a light end effector; gravity is the arm's business.
pub const PALM_KG: f64 = 2.0;
/// Edge of a cube that is as inert, m.
pub const PALM_EDGE_M: f64 = 0.12;
/// Friction coefficient of the palm and of a cup's stem.
pub const PALM_FRICTION: f64 = 0.5;
/// The arm's lever, m: caps the drive's torque at its force times this.
pub const LEVER_M: f64 = 0.25;
/// The force that the hand feels its way with before the grip has formed, N: a guarded move, as
/// real controllers do, so that a pose error of millimetres does not become a blow.
pub const GUARD_N: f64 = 15.0;
/// How long before the grip the hand feels its way, s.
pub const GUARD_S: f64 = 0.3;
