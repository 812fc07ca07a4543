//! How hard things are pulled down.
//!
//! Owns the one number that the sandbox pulls with, that loads and grips are reckoned with and that the model is told
//! of: were it written twice, a judgement and what it judges could fall apart.

/// The acceleration of gravity, m/s²: the standard one (9.80665) to two decimals.
pub const GRAVITY: f64 = 9.81;
