//! The `topple` program: parse, run, exit code.

#![deny(clippy::print_stdout, clippy::print_stderr)]

use std::process::ExitCode;

use clap::Parser;
use topple::cli::{Cli, Failure, print, run};
use tracing_subscriber::EnvFilter;

/// Tensors come and go by the hundred kilobytes; the system's allocator gives each back to the kernel.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    let filter = EnvFilter::try_from_env("TOPPLE_LOG").unwrap_or_else(|_| EnvFilter::new("warn"));
    tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(std::io::stderr)
        // Where stderr cannot be written there is nowhere to say so.
        .log_internal_errors(false)
        .init();
    // Usage errors end in clap with code 2, `--help` with 0.
    let cli = Cli::parse();
    match run(cli) {
        Ok(exit) => ExitCode::from(exit.code()),
        Err(failure) => {
            match &failure {
                Failure::Input(report) | Failure::Failed(report) => {
                    print::note(format!("{report:?}"));
                }
                // What is kept, where anything is, the command has said.
                Failure::Interrupted(_) => print::note("interrupted"),
            }
            ExitCode::from(failure.code())
        }
    }
}
