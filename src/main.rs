//! The `topple` program: parse, run, exit code.

fn main() {}
