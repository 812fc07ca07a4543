//! Which figures of a run go into its event file, and under which names.
//!
//! Names that begin with `step/` are drawn over optimiser steps, those with `epoch/` and `model/`
//! over epochs. An event's wall time is the number of optimiser steps done, as if each took a
//! second: the file has to come out the same whatever the clock. Figures that too few episodes
//! support are left out, not set to zero.

use super::events::{Event, encode, header};
use crate::model::EpochLog;
use crate::model::report::ValidationReport;
use crate::rollout::{AccidentKind, STRIDE_S};

/// The stride whose pose errors are followed: 1.5 s.
const STRIDE: usize = 6;

/// The bytes of an event file of these epochs.
pub fn of_log(logs: &[EpochLog]) -> Vec<u8> {
    let mut out = header();
    let mut steps = 0;
    for log in logs {
        for window in &log.windows {
            let mut scalars = vec![scalar("step/learning_rate", window.rate)];
            let of_step = match log.loss.is_empty() {
                // The imagination learned alone.
                true => "step/imagination_loss",
                false => "step/loss",
            };
            scalars.extend(by_member(of_step, &window.loss));
            steps = window.step;
            out.extend(record(window.step, steps, scalars));
        }
        // Nothing was learned yet where a run goes on from another model.
        let mut scalars = Vec::new();
        if log.epoch > 0 {
            scalars.push(scalar("epoch/learning_rate", log.rate));
        }
        scalars.extend(by_member("epoch/loss", &log.loss));
        scalars.extend(by_member("epoch/imagination_loss", &log.imagination_loss));
        scalars.extend(by_member("epoch/weighing_loss", &log.weighing_loss));
        scalars.extend(figures("epoch/held_out", &log.validation));
        out.extend(record(log.epoch as u64, steps, scalars));
    }
    out
}

/// What is added once the model is finished: its calibrated figures, at the last epoch.
pub fn of_model(logs: &[EpochLog], report: &ValidationReport) -> Vec<u8> {
    let Some(last) = logs.last() else {
        return Vec::new();
    };
    let steps = last.windows.last().map_or(0, |w| w.step);
    let mut scalars = figures("model", report);
    if let Some(side) = report.safe_side {
        scalars.push(scalar("model/coverage", side.coverage));
        scalars.extend(side.false_safe.map(|x| scalar("model/false_safe", x)));
    }
    record(last.epoch as u64, steps, scalars)
}

fn record(step: u64, steps_done: u64, scalars: Vec<(String, f32)>) -> Vec<u8> {
    encode(&Event {
        step,
        wall_time: steps_done as f64,
        scalars,
    })
}

fn scalar(name: impl Into<String>, value: f64) -> (String, f32) {
    (name.into(), value as f32)
}

fn by_member<'a>(name: &'a str, losses: &'a [f64]) -> impl Iterator<Item = (String, f32)> + 'a {
    let named = move |(m, &loss): (usize, &f64)| scalar(format!("{name}/member{m}"), loss);
    losses.iter().enumerate().map(named)
}

fn figures(group: &str, report: &ValidationReport) -> Vec<(String, f32)> {
    let mut out = vec![scalar(format!("{group}/log_loss"), report.log_loss)];
    let mut add = |name: &str, value: Option<f64>| {
        out.extend(value.map(|x| scalar(format!("{group}/{name}"), x)));
    };
    add("auc", report.auc);
    for kind in AccidentKind::ALL {
        let name = format!("auc_{}", kind.name());
        add(&name, report.auc_by_accident[kind.index()]);
    }
    add("brier", report.brier);
    add("calibration_error", report.ece);
    add("calibration_error_floor", report.ece_floor);
    add("imagination_loss", report.poses.loss);
    let weighed = report.weighed.as_ref();
    add("weighed_log_loss", weighed.map(|w| w.log_loss));
    add("weighed_auc", weighed.and_then(|w| w.auc));
    add("weighed_brier", weighed.and_then(|w| w.brier));
    let at = |errors: &[Option<f64>]| errors.get(STRIDE - 1).copied().flatten();
    let t = STRIDE as f64 * STRIDE_S;
    add(
        &format!("still_error_m_at_{t}_s"),
        at(&report.poses.still_m),
    );
    add(
        &format!("moved_error_m_at_{t}_s"),
        at(&report.poses.moved_m),
    );
    add(
        &format!("moved_error_share_at_{t}_s"),
        at(&report.poses.moved_share),
    );
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::WindowLog;

    fn epoch(epoch: usize, seconds: f64) -> EpochLog {
        EpochLog {
            epoch,
            rate: 1e-3,
            loss: vec![0.5, 0.6],
            imagination_loss: vec![1.0, 1.1],
            weighing_loss: Vec::new(),
            validation: ValidationReport::default(),
            seconds,
            windows: vec![WindowLog {
                step: 10 * epoch as u64,
                rate: 1e-3,
                loss: vec![0.4, 0.7],
            }],
        }
    }

    #[test]
    fn events_do_not_depend_on_how_long_an_epoch_took() {
        let quick = of_log(&[epoch(1, 1.0), epoch(2, 1.0)]);
        assert_eq!(quick, of_log(&[epoch(1, 70.0), epoch(2, 0.3)]));
        let first = of_log(&[epoch(1, 1.0)]);
        assert!(quick.starts_with(&first) && quick.len() > first.len());
    }

    #[test]
    fn a_figure_of_too_few_episodes_is_left_out() {
        let mut report = ValidationReport::default();
        let names = |r: &ValidationReport| -> Vec<String> {
            figures("x", r).into_iter().map(|(name, _)| name).collect()
        };
        assert_eq!(names(&report), ["x/log_loss"]);
        report.auc = Some(0.5);
        assert_eq!(names(&report), ["x/log_loss", "x/auc"]);
    }
}
