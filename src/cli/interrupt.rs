//! Ctrl-C and SIGTERM, as a flag that long work looks at between items.
//!
//! Owns the process's signal handlers. The first signal asks for a tidy end; a second one ends
//! the process at once, as a person who presses Ctrl-C twice expects.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use signal_hook::consts::{SIGINT, SIGTERM};

use super::Failure;

/// Set once a signal asked the process to end.
#[derive(Clone, Debug)]
pub struct Interrupt {
    /// What library code looks at.
    pub stop: Arc<AtomicBool>,
    signal: Arc<AtomicUsize>,
}

impl Interrupt {
    /// Installs the handlers.
    ///
    /// # Errors
    /// When the system refuses a handler.
    pub fn install() -> Result<Self, Failure> {
        Self::listen().map_err(|error| {
            Failure::failed_message(
                format!("cannot listen for Ctrl-C: {error}"),
                "Run it where a process may handle signals.",
            )
        })
    }

    fn listen() -> std::io::Result<Self> {
        let stop = Arc::new(AtomicBool::new(false));
        let signal = Arc::new(AtomicUsize::new(0));
        for number in [SIGINT, SIGTERM] {
            // Registered first, so that it sees the flag of the *previous* signal only.
            signal_hook::flag::register_conditional_shutdown(
                number,
                128 + number,
                Arc::clone(&stop),
            )?;
            signal_hook::flag::register_usize(number, Arc::clone(&signal), number as usize)?;
            signal_hook::flag::register(number, Arc::clone(&stop))?;
        }
        Ok(Self { stop, signal })
    }

    /// The signal that came, if one did.
    pub fn signal(&self) -> Option<i32> {
        match self.signal.load(Ordering::Relaxed) {
            0 => None,
            number => Some(number as i32),
        }
    }

    /// `Err(Failure::Interrupted)` once a signal came.
    ///
    /// # Errors
    /// See above; meant for `?` between items of work.
    pub fn check(&self) -> Result<(), Failure> {
        match self.signal() {
            None => Ok(()),
            Some(number) => Err(Failure::Interrupted(number)),
        }
    }
}
