//! Real packings in: BED-BPP's grocery orders and ACLPP's air cargo, as scenes that still have to settle.
//!
//! Owns [`fn@bed_bpp`] and [`fn@aclpp`], the [`Cut`] that fits a stack to a robot, and what the data does
//! not say: friction (0.35 to 0.6, what is measured for cardboard on cardboard) and a mass spread of
//! 2 %. Refuses physics: placements come from packing algorithms, some float a few centimetres or
//! overlap a little, and the sandbox settles them after this.

mod aclpp;
mod bed_bpp;
mod error;
mod imported;
mod name;
mod robot;
mod stack;
mod unique;

pub use aclpp::aclpp;
pub use bed_bpp::bed_bpp;
pub use error::{FilePlace, ImportError, Need};
pub use imported::Imported;
pub use stack::{Cut, ImportedStack};

#[cfg(test)]
mod tests;
