//! What is written around a picture and over it.
//!
//! Owns the captions: title and origin above, step, risk and time below, a line that shows how far the
//! recording has come with accidents marked on it, a banner while one is fresh.

use tiny_skia::{FillRule, PathBuilder, Pixmap, Rect, Transform};

use super::{INK, Studio};
use crate::replay::lettering::{fitted, ink, width_px, write};
use crate::replay::look::{self, percent};
use crate::replay::{Event, RecordedFrame};

/// How long the banner of an accident stays, s on the recording's clock.
const BANNER_S: f64 = 1.5;
/// Quiet ink.
const SOFT: look::Rgb = [96, 106, 122];

impl Studio<'_> {
    pub(super) fn captions(&self, canvas: &mut Pixmap, moment: &RecordedFrame) {
        let (w, h) = (f32::from(self.size.width), f32::from(self.size.height));
        let u = self.unit();
        let (edge, tall, small) = (10.0 * u, 9.0 * u, 7.5 * u);
        let origin = self.recording.origin.name();
        let right = w - edge - width_px(origin, small);
        write(canvas, origin, right, edge + 1.0 * u, small, SOFT);
        let title = fitted(&self.recording.title, tall, right - 2.5 * edge);
        write(canvas, &title, edge, edge, tall, INK);
        if self.recording.frames.len() < 2 {
            return;
        }
        fill(
            canvas,
            [0.0, h - 40.0 * u, w, 40.0 * u],
            [255, 255, 255],
            255,
        );
        let clock = if self.speed == 1.0 {
            format!("{:.2} s", moment.t)
        } else {
            format!("{:.2} s  {:.1}×", moment.t, self.speed)
        };
        let right = w - edge - width_px(&clock, small);
        write(canvas, &clock, right, h - 31.0 * u, small, SOFT);
        if let Some(step) = self.recording.steps.get(moment.step) {
            let mut said = step.title.clone();
            if self.recording.steps.len() > 1 {
                said = format!("{}/{} {said}", moment.step + 1, self.recording.steps.len());
            }
            // Where the line is too long the step's words are cut, not its risk.
            let risk = step.risk.map(|risk| format!(" · risk {}", percent(risk)));
            let risk = risk.unwrap_or_default();
            let room = right - 2.0 * edge - width_px(&risk, small);
            let said = fitted(&said, small, room) + &risk;
            write(canvas, &said, edge, h - 31.0 * u, small, INK);
        }
        self.progress(canvas, moment.t);
    }

    fn progress(&self, canvas: &mut Pixmap, t: f64) {
        let (w, h) = (f32::from(self.size.width), f32::from(self.size.height));
        let u = self.unit();
        let (start, end) = (self.recording.start_s(), self.recording.end_s());
        let share = |t: f64| ((t - start) / (end - start).max(1e-9)).clamp(0.0, 1.0) as f32;
        let (left, wide, y) = (10.0 * u, w - 20.0 * u, h - 13.0 * u);
        fill(canvas, [left, y, wide, 3.0 * u], [222, 227, 233], 255);
        fill(
            canvas,
            [left, y, wide * share(t), 3.0 * u],
            look::TARGET,
            255,
        );
        for event in &self.recording.events {
            let x = left + wide * share(event.t);
            fill(
                canvas,
                [x - 1.5 * u, y - 3.0 * u, 3.0 * u, 9.0 * u],
                look::ACCIDENT,
                255,
            );
        }
    }

    pub(super) fn banner(&self, canvas: &mut Pixmap, t: f64) {
        let fresh = |e: &&Event| t - e.t < BANNER_S;
        let Some(event) = self.recording.events_by(t).iter().rev().find(fresh) else {
            return;
        };
        let u = self.unit();
        let tall = 9.0 * u;
        let room = f32::from(self.size.width) - 60.0 * u;
        let text = fitted(&event.text, tall, room);
        let wide = width_px(&text, tall);
        let left = 0.5 * (f32::from(self.size.width) - wide);
        let (y, pad) = (28.0 * u, 8.0 * u);
        let area = [left - 1.5 * pad, y, wide + 3.0 * pad, tall + 2.0 * pad];
        pill(canvas, area, look::ACCIDENT);
        write(canvas, &text, left, y + pad, tall, [255, 255, 255]);
    }
}

fn fill(canvas: &mut Pixmap, [x, y, w, h]: [f32; 4], colour: look::Rgb, alpha: u8) {
    if let Some(rect) = Rect::from_xywh(x, y, w, h) {
        canvas.fill_rect(rect, &ink(colour, alpha), Transform::identity(), None);
    }
}

/// A bar with round ends.
fn pill(canvas: &mut Pixmap, [x, y, w, h]: [f32; 4], colour: look::Rgb) {
    let r = 0.5 * h;
    let mut path = PathBuilder::new();
    path.push_circle(x + r, y + r, r);
    path.push_circle(x + w - r, y + r, r);
    if let Some(rect) = Rect::from_xywh(x + r, y, w - 2.0 * r, h) {
        path.push_rect(rect);
    }
    if let Some(path) = path.finish() {
        let (paint, rule) = (ink(colour, 255), FillRule::Winding);
        canvas.fill_path(&path, &paint, rule, Transform::identity(), None);
    }
}
