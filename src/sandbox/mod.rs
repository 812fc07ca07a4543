//! The rapier world: the ground truth that everything is measured against.
