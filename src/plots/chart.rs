//! What all plots have in common: a title, a legend above the axes, axes with units, lines and bars.
//!
//! Owns the look. The legend has a strip of its own, so that it never hides data. Refuses numbers
//! that are not finite: they are left out of a line.

use std::error::Error;
use std::ops::Range;

use plotters::coord::Shift;
use plotters::prelude::{
    ChartBuilder, Circle, DashedLineSeries, DrawingArea, IntoDrawingArea, IntoFont, LineSeries,
    PathElement, RGBColor, SVGBackend, ShapeStyle, Text, WHITE,
};

/// A finished plot, or what the drawing library said.
pub type Drawn = Result<String, String>;
type Area<'a> = DrawingArea<SVGBackend<'a>, Shift>;
type Failed = Box<dyn Error>;

/// Colours that can be told apart by the colour-blind (Okabe and Ito, 2008).
pub const COLOURS: [RGBColor; 6] = [
    RGBColor(0, 114, 178),
    RGBColor(213, 94, 0),
    RGBColor(0, 158, 115),
    RGBColor(204, 121, 167),
    RGBColor(230, 159, 0),
    RGBColor(86, 180, 233),
];
/// For what is only there to compare with.
pub const GREY: RGBColor = RGBColor(120, 120, 120);
const INK: RGBColor = RGBColor(40, 40, 40);
const FONT: &str = "sans-serif";
/// Width of a letter over its height: the drawing library knows no font to measure with.
const LETTER: f64 = 0.56;

/// How a series is drawn.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stroke {
    /// A line with a dot at each point.
    Dotted,
    /// A line.
    Plain,
    /// A dashed line.
    Dashed,
    /// Dots alone.
    Dots,
}

/// Points that belong together.
pub struct Series {
    /// As the legend has it.
    pub name: String,
    /// In the units of the axes.
    pub points: Vec<(f64, f64)>,
    /// Its colour.
    pub colour: RGBColor,
    /// How it is drawn.
    pub stroke: Stroke,
}

/// One set of axes and what is on it.
pub struct Panel {
    /// Above everything.
    pub title: String,
    /// With its unit.
    pub x_label: &'static str,
    /// With its unit.
    pub y_label: &'static str,
    /// What the axis covers.
    pub x: Range<f64>,
    /// What the axis covers.
    pub y: Range<f64>,
    /// Lines.
    pub series: Vec<Series>,
    /// Upright intervals: x, from, to; of the first series' colour.
    pub intervals: Vec<(f64, f64, f64)>,
}

/// Panels side by side, `width` by `height` pixels in all.
pub fn side_by_side(panels: &[Panel], width: u32, height: u32) -> Drawn {
    let mut text = String::new();
    let draw = |text: &mut String| -> Result<(), Failed> {
        let root = SVGBackend::with_string(text, (width, height)).into_drawing_area();
        root.fill(&WHITE)?;
        for (area, panel) in root.split_evenly((1, panels.len())).iter().zip(panels) {
            draw_panel(area, panel)?;
        }
        Ok(root.present()?)
    };
    draw(&mut text).map_err(|e| e.to_string())?;
    Ok(text)
}

/// From 0, or from below the least value, to above the greatest; 0 to 1 of nothing.
pub fn span(values: impl Iterator<Item = f64>) -> Range<f64> {
    let (low, high) = values
        .filter(|v| v.is_finite())
        .fold((0f64, 0f64), |(low, high), v| (low.min(v), high.max(v)));
    if high - low < 1e-12 {
        return 0.0..1.0;
    }
    1.06 * low..1.06 * high
}

fn draw_panel(area: &Area<'_>, panel: &Panel) -> Result<(), Failed> {
    let (width, _) = area.dim_in_pixel();
    let rows = legend_rows(panel, f64::from(width) - 24.0);
    let head = 38 + 20 * rows.len() as i32;
    let (top, plot) = area.split_vertically(head);
    let title = (FONT, 17).into_font().color(&INK);
    top.draw(&Text::new(panel.title.as_str(), (14, 12), title))?;
    draw_legend(&top, panel, &rows)?;
    let mut chart = ChartBuilder::on(&plot)
        .margin_right(20)
        .margin_bottom(8)
        .margin_left(6)
        .x_label_area_size(44)
        .y_label_area_size(62)
        .build_cartesian_2d(panel.x.clone(), panel.y.clone())?;
    chart
        .configure_mesh()
        .x_desc(panel.x_label)
        .y_desc(panel.y_label)
        .axis_desc_style((FONT, 15))
        .label_style((FONT, 13))
        .light_line_style(WHITE)
        .bold_line_style(RGBColor(225, 225, 225))
        .x_labels(7)
        .y_labels(7)
        .x_label_formatter(&|x| short(*x))
        .y_label_formatter(&|y| short(*y))
        .draw()?;
    let colour = panel.series.first().map_or(INK, |s| s.colour);
    chart.draw_series(
        panel
            .intervals
            .iter()
            .map(|&(x, low, high)| PathElement::new([(x, low), (x, high)], colour)),
    )?;
    for series in &panel.series {
        let finite = |p: &(f64, f64)| p.0.is_finite() && p.1.is_finite();
        let points: Vec<(f64, f64)> = series.points.iter().copied().filter(finite).collect();
        let style = ShapeStyle::from(&series.colour).stroke_width(2);
        match series.stroke {
            Stroke::Plain | Stroke::Dotted => {
                chart.draw_series(LineSeries::new(points.iter().copied(), style))?;
            }
            Stroke::Dashed => {
                let line = DashedLineSeries::new(points.iter().copied(), 6, 5, style);
                chart.draw_series(line)?;
            }
            Stroke::Dots => {}
        }
        if matches!(series.stroke, Stroke::Dotted | Stroke::Dots) {
            let dots = points.iter().map(|&p| Circle::new(p, 3, style.filled()));
            chart.draw_series(dots)?;
        }
    }
    Ok(())
}

/// A number without the noise of binary fractions.
fn short(x: f64) -> String {
    let text = format!("{x:.4}");
    let text = text.trim_end_matches('0').trim_end_matches('.');
    if text == "-0" {
        "0".to_owned()
    } else {
        text.to_owned()
    }
}

/// Which series stand in which row of the legend, each with its left edge in pixels.
fn legend_rows(panel: &Panel, width: f64) -> Vec<Vec<(usize, i32)>> {
    let mut rows: Vec<Vec<(usize, i32)>> = Vec::new();
    let mut x = f64::INFINITY;
    for (i, series) in panel.series.iter().enumerate() {
        let needs = 42.0 + 14.0 * LETTER * series.name.chars().count() as f64;
        if x + needs > width {
            rows.push(Vec::new());
            x = 14.0;
        }
        if let Some(row) = rows.last_mut() {
            row.push((i, x as i32));
        }
        x += needs;
    }
    rows
}

fn draw_legend(area: &Area<'_>, panel: &Panel, rows: &[Vec<(usize, i32)>]) -> Result<(), Failed> {
    for (number, row) in rows.iter().enumerate() {
        let y = 38 + 20 * number as i32;
        for &(i, x) in row {
            let series = &panel.series[i];
            let style = ShapeStyle::from(&series.colour).stroke_width(2);
            match series.stroke {
                Stroke::Plain | Stroke::Dotted => {
                    area.draw(&PathElement::new([(x, y + 7), (x + 22, y + 7)], style))?;
                }
                Stroke::Dashed => {
                    for from in [x, x + 8, x + 16] {
                        let dash = [(from, y + 7), (from + 5, y + 7)];
                        area.draw(&PathElement::new(dash, style))?;
                    }
                }
                Stroke::Dots => {}
            }
            if matches!(series.stroke, Stroke::Dotted | Stroke::Dots) {
                area.draw(&Circle::new((x + 11, y + 7), 3, style.filled()))?;
            }
            let font = (FONT, 14).into_font().color(&INK);
            area.draw(&Text::new(series.name.as_str(), (x + 27, y), font))?;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn panel(names: &[&str]) -> Panel {
        Panel {
            title: "A title".into(),
            x_label: "time, s",
            y_label: "length, m",
            x: 0.0..1.0,
            y: 0.0..1.0,
            series: names
                .iter()
                .map(|name| Series {
                    name: (*name).into(),
                    points: vec![(0.0, 0.5), (1.0, f64::NAN), (1.0, 0.7)],
                    colour: COLOURS[0],
                    stroke: Stroke::Dotted,
                })
                .collect(),
            intervals: Vec::new(),
        }
    }

    #[test]
    fn titles_axes_and_names_are_text_that_can_be_searched() {
        let svg = side_by_side(&[panel(&["one", "two"])], 500, 400).unwrap();
        for words in ["A title", "time, s", "length, m", "one", "two"] {
            assert!(svg.contains(words), "{words} is missing");
        }
        assert!(svg.contains("<text") && !svg.contains("NaN"));
        assert_eq!(
            svg,
            side_by_side(&[panel(&["one", "two"])], 500, 400).unwrap()
        );
    }

    #[test]
    fn a_long_legend_breaks_into_rows() {
        let long = "a name of some thirty letters.";
        let rows = legend_rows(&panel(&[long, long, long]), 400.0);
        assert_eq!(rows.iter().map(Vec::len).collect::<Vec<_>>(), [1, 1, 1]);
        assert!(rows.iter().flatten().all(|&(_, x)| x == 14));
    }

    #[test]
    fn numbers_on_axes_are_short() {
        assert_eq!(short(0.1 + 0.2), "0.3");
        assert_eq!(short(20.0), "20");
        assert_eq!(short(-0.00001), "0");
    }
}
