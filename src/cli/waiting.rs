//! A sign of life on a terminal, for work of which nobody knows how long it takes.
//!
//! Owns [`Waiting`]. It is drawn on stderr, only where that is a terminal, and is gone when the work is done.

use std::borrow::Cow;
use std::time::Duration;

use indicatif::{ProgressBar, ProgressStyle};

/// Says what is going on, and for how long, until it is dropped.
pub(super) struct Waiting(ProgressBar);

impl Waiting {
    /// What goes on first.
    pub(super) fn new(what: &'static str) -> Self {
        let style = ProgressStyle::with_template("{spinner} {msg} ({elapsed})")
            .unwrap_or_else(|_| ProgressStyle::default_spinner());
        let bar = ProgressBar::new_spinner()
            .with_style(style)
            .with_message(what);
        // Most plans are there before anybody wonders.
        bar.enable_steady_tick(Duration::from_millis(200));
        Self(bar)
    }

    /// What goes on now.
    pub(super) fn now(&self, what: impl Into<Cow<'static, str>>) {
        self.0.set_message(what);
    }
}

impl Drop for Waiting {
    fn drop(&mut self) {
        self.0.finish_and_clear();
    }
}
