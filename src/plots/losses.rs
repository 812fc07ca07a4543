//! Losses over epochs: what each member minimises, and what the ensemble is worth on stacks that it
//! was not trained on.

use super::chart::{COLOURS, Drawn, GREY, Panel, Series, Stroke, side_by_side, span};
use crate::model::EpochLog;

/// The plot of a run whose weights are those of epoch `kept`.
pub fn draw(logs: &[EpochLog], kept: usize) -> Drawn {
    let members = logs.iter().map(|l| l.loss.len()).max().unwrap_or(0);
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
    let held_out = vec![
        Series {
            name: "ensemble".into(),
            points: over_epochs(logs, |log| Some(log.validation.log_loss)),
            colour: COLOURS[0],
            stroke: Stroke::Dotted,
        },
        Series {
            name: "base rate".into(),
            points: over_epochs(logs, |log| Some(entropy(log.validation.base_rate))),
            colour: GREY,
            stroke: Stroke::Dashed,
        },
        Series {
            name: format!("kept: epoch {kept}"),
            points: logs
                .iter()
                .filter(|log| log.epoch == kept)
                .map(|log| (log.epoch as f64, log.validation.log_loss))
                .collect(),
            colour: COLOURS[1],
            stroke: Stroke::Dots,
        },
    ];
    let panel = |title: &str, y_label, series: Vec<Series>| Panel {
        title: title.into(),
        x_label: "epoch",
        y_label,
        x: 0.0..logs.last().map_or(1, |l| l.epoch.max(1)) as f64 + 0.4,
        y: span(series.iter().flat_map(|s| &s.points).map(|p| p.1)),
        series,
        intervals: Vec::new(),
    };
    let judged = by_member(&|log, m| log.loss.get(m).copied());
    let imagined = by_member(&|log, m| log.imagination_loss.get(m).copied());
    side_by_side(
        &[
            panel("Training: judging", "loss, weighted sum, nats", judged),
            panel("Training: imagining", "loss, nats a stride", imagined),
            panel(
                "Held out: any accident",
                "cross-entropy, nats an episode",
                held_out,
            ),
        ],
        1140,
        420,
    )
}

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

    #[test]
    fn a_run_without_epochs_has_empty_axes() {
        assert!(draw(&[], 0).unwrap().contains("epoch"));
    }

    #[test]
    fn the_base_rate_costs_a_bit_at_one_half() {
        assert!((entropy(0.5) - 2f64.ln()).abs() < 1e-12);
        assert_eq!(entropy(0.0), 0.0);
    }
}
