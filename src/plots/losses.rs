//! Losses over epochs: what each member minimises, and what the ensemble is worth on stacks that it
//! was not trained on.

use super::chart::{COLOURS, Drawn, GREY, Panel, Series, Stroke, side_by_side, span};
use crate::model::EpochLog;

/// The plot of a run whose weights are those of epoch `kept`.
pub fn draw(logs: &[EpochLog], kept: usize) -> Drawn {
    let members = |log: &EpochLog| log.loss.len().max(log.imagination_loss.len());
    let members = logs.iter().map(members).max().unwrap_or(0);
    let by_member = |of: &dyn Fn(&EpochLog, usize) -> Option<f64>| -> Vec<Series> {
        (0..members)
            .map(|m| Series {
                name: format!("member {m}"),
                points: over_epochs(logs, |log| of(log, m)),
                colour: COLOURS[m % COLOURS.len()],
                stroke: Stroke::Dotted,
            })
            .collect()
    };
    // The loss that chose the epoch.
    let by_epoch = |of: &dyn Fn(&EpochLog) -> Option<f64>| {
        vec![
            Series {
                name: "ensemble".into(),
                points: over_epochs(logs, of),
                colour: COLOURS[0],
                stroke: Stroke::Dotted,
            },
            Series {
                name: format!("kept: epoch {kept}"),
                points: over_epochs(logs, |log| of(log).filter(|_| log.epoch == kept)),
                colour: COLOURS[1],
                stroke: Stroke::Dots,
            },
        ]
    };
    let panel = |title: &str, y_label, series: Vec<Series>| Panel {
        title: title.into(),
        x_label: "epoch",
        y_label,
        x: 0.0..logs.last().map_or(1, |l| l.epoch.max(1)) as f64 + 0.4,
        y: span(series.iter().flat_map(|s| &s.points).map(|p| p.1)),
        series,
        intervals: Vec::new(),
    };
    let imagined = by_member(&|log, m| log.imagination_loss.get(m).copied());
    let imagining = panel("Training: imagining", IMAGINED, imagined);
    let weighed = by_member(&|log, m| log.weighing_loss.get(m).copied());
    let weighing = panel("Training: weighing", JUDGED, weighed);
    let of_weighed = |log: &EpochLog| log.validation.weighed.as_ref().map(|w| w.log_loss);
    let learned = |log: &EpochLog| !log.imagination_loss.is_empty();
    let alone = logs.iter().any(learned) && logs.iter().all(|log| log.loss.is_empty());
    if alone {
        let held_out = by_epoch(&|log| log.validation.poses.loss);
        let held_out = panel("Held out: imagining", IMAGINED, held_out);
        let held_out_weighed = panel("Held out: weighing", HELD_OUT, by_epoch(&of_weighed));
        let panels = [imagining, held_out, weighing, held_out_weighed];
        return side_by_side(&panels, 1520, 420);
    }
    let judged = by_member(&|log, m| log.loss.get(m).copied());
    let mut held_out = by_epoch(&|log| Some(log.validation.log_loss));
    held_out.insert(
        1,
        Series {
            name: "base rate".into(),
            points: over_epochs(logs, |log| Some(entropy(log.validation.base_rate))),
            colour: GREY,
            stroke: Stroke::Dashed,
        },
    );
    held_out.push(Series {
        name: "once imagined".into(),
        points: over_epochs(logs, of_weighed),
        colour: COLOURS[2],
        stroke: Stroke::Dashed,
    });
    let panels = [
        panel("Training: judging", JUDGED, judged),
        imagining,
        weighing,
        panel("Held out: any accident", HELD_OUT, held_out),
    ];
    side_by_side(&panels, 1520, 420)
}

/// What losses of judgements are in.
const JUDGED: &str = "loss, weighted sum, nats";
/// What they are on stacks not trained on.
const HELD_OUT: &str = "cross-entropy, nats an episode";

/// What losses of imagined poses are in.
const IMAGINED: &str = "loss, nats a stride";

fn over_epochs(logs: &[EpochLog], of: impl Fn(&EpochLog) -> Option<f64>) -> Vec<(f64, f64)> {
    let point = |log: &EpochLog| Some((log.epoch as f64, of(log)?));
    logs.iter().filter_map(point).collect()
}

/// What always forecasting the base rate costs.
fn entropy(p: f64) -> f64 {
    let part = |p: f64| if p > 0.0 { -p * p.ln() } else { 0.0 };
    part(p) + part(1.0 - p)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::report::ValidationReport;

    #[test]
    fn a_run_without_epochs_has_empty_axes() {
        let dots = |svg: &str| svg.matches("<circle").count();
        let empty = draw(&[], 0).unwrap();
        assert!(empty.contains("epoch") && !empty.contains("NaN"));
        // Those of the legend, of the ensemble and of what was kept.
        assert_eq!(dots(&empty), 2);
        let before = EpochLog::before(ValidationReport::default());
        assert_eq!(dots(&draw(&[before], 0).unwrap()), 2 + 2);
    }

    #[test]
    fn an_epoch_without_the_figure_is_left_out() {
        let log = |epoch, loss: &[f64]| EpochLog {
            epoch,
            loss: loss.to_vec(),
            ..EpochLog::before(ValidationReport::default())
        };
        let logs = [log(1, &[0.5, 0.25]), log(2, &[]), log(3, &[0.125])];
        let of_member = |m: usize| over_epochs(&logs, |log| log.loss.get(m).copied());
        assert_eq!(of_member(0), [(1.0, 0.5), (3.0, 0.125)]);
        assert_eq!(of_member(1), [(1.0, 0.25)]);
    }

    #[test]
    fn where_the_imagination_learned_alone_its_losses_are_drawn_and_no_judgement() {
        let log = |epoch, loss: &[f64]| EpochLog {
            epoch,
            loss: loss.to_vec(),
            imagination_loss: vec![-1.0, -1.2],
            weighing_loss: vec![0.5, 0.4],
            ..EpochLog::before(ValidationReport::default())
        };
        let alone = draw(&[log(1, &[]), log(2, &[])], 2).unwrap();
        assert!(alone.contains("Held out: imagining") && alone.contains("member 1"));
        assert!(alone.contains("Training: weighing") && alone.contains("Held out: weighing"));
        assert!(!alone.contains("judging") && !alone.contains("any accident"));
        let both = draw(&[log(1, &[0.5, 0.6])], 1).unwrap();
        assert!(both.contains("judging") && both.contains("any accident"));
        assert!(both.contains("Training: weighing") && both.contains("once imagined"));
    }

    #[test]
    fn the_base_rate_costs_a_bit_at_one_half() {
        assert!((entropy(0.5) - 2f64.ln()).abs() < 1e-12);
        assert_eq!(entropy(0.0), 0.0);
    }
}
