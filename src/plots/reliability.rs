//! The reliability diagram: of the episodes given some risk, how many ended in an accident.
//!
//! Bins of equal count, as in the expected calibration error, each with Wilson's interval. The
//! diagonal is a forecaster whose risks are true (Murphy and Winkler, 1977).

use super::chart::{COLOURS, Drawn, GREY, Panel, Series, Stroke, side_by_side};
use crate::model::metrics::{Forecast, bins_of_equal_count, wilson};

/// Episodes of similar risk.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Bin {
    /// Mean predicted risk.
    pub predicted: f64,
    /// Share that ended in an accident.
    pub observed: f64,
    /// Wilson's 95 % interval of it.
    pub ci: (f64, f64),
}

/// The bins of the calibration error, by risk; fewer where there are fewer episodes.
pub fn bins(forecasts: &[Forecast]) -> Vec<Bin> {
    let risks: Vec<f64> = forecasts.iter().map(|f| f.risk).collect();
    bins_of_equal_count(&risks)
        .into_iter()
        .map(|members| {
            let hits = members.iter().filter(|&&i| forecasts[i].accident).count();
            let m = members.len() as f64;
            Bin {
                predicted: members.iter().map(|&i| risks[i]).sum::<f64>() / m,
                observed: hits as f64 / m,
                ci: wilson(hits, members.len()),
            }
        })
        .collect()
}

/// The diagram of these forecasts.
pub fn draw(forecasts: &[Forecast]) -> Drawn {
    let bins = bins(forecasts);
    let panel = Panel {
        title: format!("Reliability on {} held-out episodes", forecasts.len()),
        x_label: "predicted risk of an accident",
        y_label: "observed share of accidents",
        x: 0.0..1.0,
        y: 0.0..1.0,
        series: vec![
            Series {
                name: format!("{} bins of equal count, 95 % interval", bins.len()),
                points: bins.iter().map(|b| (b.predicted, b.observed)).collect(),
                colour: COLOURS[0],
                stroke: Stroke::Dotted,
            },
            Series {
                name: "as predicted".into(),
                points: vec![(0.0, 0.0), (1.0, 1.0)],
                colour: GREY,
                stroke: Stroke::Dashed,
            },
        ],
        intervals: bins.iter().map(|b| (b.predicted, b.ci.0, b.ci.1)).collect(),
    };
    side_by_side(&[panel], 560, 560)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::metrics::ECE_BINS;

    #[test]
    fn bins_hold_every_episode_once_in_order_of_risk() {
        let forecasts: Vec<Forecast> = (0..100)
            .map(|i| Forecast {
                risk: f64::from((i * 37) % 100) / 100.0,
                bound: 1.0,
                accident: (i * 37) % 100 >= 50,
                stack: 0,
            })
            .collect();
        let bins = bins(&forecasts);
        assert_eq!(bins.len(), ECE_BINS);
        assert!(bins.windows(2).all(|w| w[0].predicted < w[1].predicted));
        assert_eq!((bins[0].observed, bins[14].observed), (0.0, 1.0));
        assert!(super::bins(&[]).is_empty() && draw(&[]).is_ok());
    }
}
