//! How far imagined boxes are off, stride by stride: those that stay, and those that move beside how
//! far they moved, which is the error of imagining nothing.

use super::chart::{COLOURS, Drawn, GREY, Panel, Series, Stroke, side_by_side, span};
use crate::model::report::PoseReport;
use crate::rollout::STRIDE_S;

/// The plot of a model's pose errors.
pub fn draw(poses: &PoseReport) -> Drawn {
    let line = |name: &str, metres: &[Option<f64>], colour, stroke| Series {
        name: name.into(),
        points: points(metres),
        colour,
        stroke,
    };
    let strides = poses.still_m.len().max(poses.moved_m.len()).max(1);
    let panel = |title: &str, series: Vec<Series>| Panel {
        title: title.into(),
        x_label: "time since the onset, s",
        y_label: "position, median, mm",
        x: 0.0..(strides as f64 + 0.5) * STRIDE_S,
        y: span(series.iter().flat_map(|s| &s.points).map(|p| p.1)),
        series,
        intervals: Vec::new(),
    };
    let still = line("error", &poses.still_m, COLOURS[0], Stroke::Dotted);
    let moved = line("error", &poses.moved_m, COLOURS[0], Stroke::Dotted);
    let distance = line(
        "how far they moved",
        &poses.moved_distance_m,
        GREY,
        Stroke::Dashed,
    );
    side_by_side(
        &[
            panel("Imagined boxes that stay", vec![still]),
            panel(
                "Imagined boxes that move by over 5 cm",
                vec![moved, distance],
            ),
        ],
        920,
        420,
    )
}

/// Seconds since the onset and millimetres, of the strides that have a figure.
fn points(metres: &[Option<f64>]) -> Vec<(f64, f64)> {
    let of_stride = |(k, metres): (usize, &Option<f64>)| {
        let seconds = (k + 1) as f64 * STRIDE_S;
        metres.map(|m| (seconds, 1e3 * m))
    };
    metres.iter().enumerate().filter_map(of_stride).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stride_that_nothing_moved_in_is_left_out() {
        let told = points(&[None, Some(0.25), None, Some(0.5)]);
        assert_eq!(told, [(2.0 * STRIDE_S, 250.0), (4.0 * STRIDE_S, 500.0)]);
        assert!(points(&[None]).is_empty());
    }

    #[test]
    fn the_plot_of_a_model_has_both_kinds_of_boxes_also_without_a_figure() {
        let poses = PoseReport {
            loss: None,
            still_m: vec![Some(0.001), Some(0.002)],
            moved_m: vec![None, Some(0.02)],
            moved_distance_m: vec![None, Some(0.1)],
            moved_share: vec![None, Some(0.2)],
        };
        let svg = draw(&poses).unwrap();
        assert!(svg.contains("boxes that stay") && svg.contains("how far they moved"));
        assert!(draw(&PoseReport::default()).is_ok());
    }
}
