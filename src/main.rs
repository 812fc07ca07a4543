//! The `topple` program: parse, run, exit code.

#![deny(clippy::print_stdout)]

use std::process::ExitCode;

use clap::Parser;
use topple::cli::{Cli, Failure, run};
use tracing_subscriber::EnvFilter;

/// Tensors come and go by the hundred kilobytes; the system's allocator gives each back to the kernel.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    let filter = EnvFilter::try_from_env("TOPPLE_LOG").unwrap_or_else(|_| EnvFilter::new("warn"));
    tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(std::io::stderr)
        .init();
    // Usage errors end in clap with code 2, `--help` with 0.
    let cli = Cli::parse();
    match run(cli) {
        Ok(exit) => ExitCode::from(exit.code()),
        Err(failure) => {
            match &failure {
                Failure::Input(report) | Failure::Failed(report) => eprintln!("{report:?}"),
                Failure::Interrupted(_) => eprintln!("interrupted; what was finished is kept"),
            }
            ExitCode::from(failure.code())
        }
    }
}
