//! False-safe against coverage: how often what is judged safe is not, as the limit on the bound goes
//! up and more is judged safe. Definitions: design, section 2.

use super::chart::{COLOURS, Drawn, GREY, Panel, Series, Stroke, side_by_side, span};
use crate::model::metrics::{Forecast, MIN_JUDGED_SAFE, safe_side};
use crate::model::report::LIMIT;

/// A limit on the bound and what comes of it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Point {
    /// Share judged safe.
    pub coverage: f64,
    /// Accidents among them.
    pub false_safe: f64,
}

/// One point for each bound that occurs, from the first that judges enough episodes safe.
pub fn curve(forecasts: &[Forecast]) -> Vec<Point> {
    let mut sorted: Vec<&Forecast> = forecasts.iter().collect();
    sorted.sort_by(|a, b| a.bound.total_cmp(&b.bound));
    let (mut safe, mut accidents) = (0, 0);
    let mut out = Vec::new();
    for group in sorted.chunk_by(|a, b| a.bound == b.bound) {
        safe += group.len();
        accidents += group.iter().filter(|f| f.accident).count();
        if safe >= MIN_JUDGED_SAFE {
            out.push(Point {
                coverage: safe as f64 / sorted.len() as f64,
                false_safe: accidents as f64 / safe as f64,
            });
        }
    }
    out
}

/// The plot of these forecasts, with what the default limit gives.
pub fn draw(forecasts: &[Forecast]) -> Drawn {
    let percent = |x: f64| 100.0 * x;
    let side = safe_side(forecasts, LIMIT);
    let at_limit = side.false_safe.zip(side.false_safe_ci);
    let mut series = vec![
        Series {
            name: format!(
                "judged safe at a limit of {} %, 95 % interval",
                percent(LIMIT)
            ),
            points: at_limit
                .map(|(rate, _)| (percent(side.coverage), percent(rate)))
                .into_iter()
                .collect(),
            colour: COLOURS[1],
            stroke: Stroke::Dots,
        },
        Series {
            name: "as the limit on the bound rises".into(),
            points: curve(forecasts)
                .iter()
                .map(|p| (percent(p.coverage), percent(p.false_safe)))
                .collect(),
            colour: COLOURS[0],
            stroke: Stroke::Plain,
        },
    ];
    series.push(Series {
        name: format!("{} %", percent(LIMIT)),
        points: vec![(0.0, percent(LIMIT)), (100.0, percent(LIMIT))],
        colour: GREY,
        stroke: Stroke::Dashed,
    });
    let tops = series.iter().flat_map(|s| &s.points).map(|p| p.1);
    let panel = Panel {
        title: format!(
            "False-safe against coverage, {} held-out episodes",
            forecasts.len()
        ),
        x_label: "coverage: judged safe, % of all",
        y_label: "false-safe: accidents, % of those judged safe",
        x: 0.0..100.0,
        y: span(tops),
        intervals: at_limit
            .map(|(_, (low, high))| (percent(side.coverage), percent(low), percent(high)))
            .into_iter()
            .collect(),
        series,
    };
    side_by_side(&[panel], 640, 480)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn forecast(bound: f64, accident: bool) -> Forecast {
        Forecast {
            risk: bound,
            bound,
            accident,
            stack: 0,
        }
    }

    #[test]
    fn equal_bounds_are_judged_safe_together_and_too_few_not_at_all() {
        let mut all = vec![forecast(0.1, false); MIN_JUDGED_SAFE];
        all.extend(vec![forecast(0.5, true); MIN_JUDGED_SAFE]);
        let points = curve(&all);
        assert_eq!(points.len(), 2);
        assert_eq!((points[0].coverage, points[0].false_safe), (0.5, 0.0));
        assert_eq!((points[1].coverage, points[1].false_safe), (1.0, 0.5));
        assert!(curve(&all[1..MIN_JUDGED_SAFE]).is_empty());
        assert!(draw(&[]).is_ok());
    }
}
