//! What is seen while a model is trained, on stderr.
//!
//! Owns [`Display`]: a bar over all epochs on a terminal, lines now and then in a log, and a line for each epoch.

use std::io::IsTerminal;
use std::path::Path;
use std::sync::Mutex;
use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressStyle};

use super::print;
use crate::model::{EpochLog, Observer};
use crate::plots;

/// A bar on a terminal; nothing to be seen elsewhere.
pub(super) fn bar(length: u64, template: &str) -> ProgressBar {
    if !std::io::stderr().is_terminal() {
        return ProgressBar::hidden();
    }
    let bar = ProgressBar::new(length);
    // The template is a constant; the default serves if it were ever wrong.
    if let Ok(style) = ProgressStyle::with_template(template) {
        bar.set_style(style);
    }
    bar
}

/// A bar over all epochs on a terminal, lines in a log, events for TensorBoard.
pub(super) struct Display<'a> {
    folder: &'a Path,
    bar: ProgressBar,
    epochs: usize,
    began: Instant,
    last: Mutex<Instant>,
}

impl<'a> Display<'a> {
    pub(super) fn new(epochs: usize, folder: &'a Path) -> Self {
        let bar = bar(0, "{wide_bar} {msg}, {eta} left");
        bar.enable_steady_tick(Duration::from_millis(500));
        Self {
            folder,
            bar,
            epochs,
            began: Instant::now(),
            last: Mutex::new(Instant::now()),
        }
    }

    /// Clears the bar away.
    pub(super) fn finish(&self) {
        self.bar.finish_and_clear();
    }

    fn say(&self, line: String) {
        if self.bar.is_hidden() {
            print::note(line);
        } else {
            self.bar.println(line);
        }
    }
}

impl Observer for Display<'_> {
    fn batch(&self, epoch: usize, done: usize, total: usize, loss: f64) {
        let all = (total * self.epochs) as u64;
        let position = ((epoch - 1) * total + done) as u64;
        if !self.bar.is_hidden() {
            if self.bar.length() != Some(all) {
                self.bar.set_length(all);
                // Epochs of an earlier run took no time of this one.
                self.bar.set_position(position);
                self.bar.reset_eta();
            }
            self.bar.set_position(position);
            self.bar
                .set_message(format!("epoch {epoch}/{}, loss {loss:.3}", self.epochs));
            return;
        }
        let Ok(mut last) = self.last.lock() else {
            return;
        };
        if last.elapsed() > Duration::from_secs(30) {
            *last = Instant::now();
            print::note(format!(
                "epoch {epoch}/{}: {done}/{total} batches, loss {loss:.3}",
                self.epochs
            ));
        }
    }

    fn epoch(&self, log: &EpochLog) {
        // Only looking on fails here; the run's end writes the file again, and minds.
        if let Err(e) = plots::follow(self.folder) {
            self.say(format!("no events for TensorBoard: {e}"));
        }
        let v = &log.validation;
        let show = |x: Option<f64>| x.map_or("-".to_owned(), |x| format!("{x:.4}"));
        if log.epoch == 0 {
            self.say(format!(
                "the model to go on from: held out {:.4}; AUC {}, Brier {}; poses held out {}",
                v.log_loss,
                show(v.auc),
                show(v.brier),
                show(v.poses.loss)
            ));
            return;
        }
        let mean = |v: &[f64]| v.iter().sum::<f64>() / v.len().max(1) as f64;
        let kinds = v.auc_by_accident.map(show).join(" ");
        let share = v.poses.moved_share.get(5).copied().flatten();
        let still = v.poses.still_m.get(5).copied().flatten();
        let judged = match log.loss.is_empty() {
            // The imagination learned alone.
            true => String::new(),
            false => format!(
                "loss {:.4}, held out {:.4}; AUC {} ({kinds}), Brier {}; ",
                mean(&log.loss),
                v.log_loss,
                show(v.auc),
                show(v.brier),
            ),
        };
        self.say(format!(
            "epoch {}/{}: {judged}poses {:.4}, held out {}, still {} m, moved {}; weighed {:.4}, held out {}, AUC {}, Brier {}; {:.0} s, {:.0} s in all",
            log.epoch,
            self.epochs,
            mean(&log.imagination_loss),
            show(v.poses.loss),
            show(still),
            show(share),
            mean(&log.weighing_loss),
            show(v.weighed.as_ref().map(|w| w.log_loss)),
            show(v.weighed.as_ref().and_then(|w| w.auc)),
            show(v.weighed.as_ref().and_then(|w| w.brier)),
            log.seconds,
            self.began.elapsed().as_secs_f64(),
        ));
    }
}
