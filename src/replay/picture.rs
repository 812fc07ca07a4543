//! A finished picture: the painted scene with its captions.
//!
//! Owns the layout: names on boxes that have room for them, outlines of what was expected, and around
//! them the [`captions`]. Everything scales with the picture's height.

mod captions;

use tiny_skia::{IntSize, PathBuilder, Pixmap, Stroke, Transform};

use super::camera::{self, Camera};
use super::draw::{Painter, Painting};
use super::lettering::{ink, width_px, write};
use super::{RecordedFrame, Recording, look, viewpoint};
use crate::pose::Pose;

/// The picture's size, px.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PictureSize {
    /// Pixels in a row.
    pub width: u16,
    /// Rows.
    pub height: u16,
}

/// The largest edge of a picture, px: more would only eat memory.
pub const LARGEST_PX: u16 = 4096;
/// The smallest edge, px: below it the captions do not fit.
pub const SMALLEST_PX: u16 = 64;
/// Dark ink.
const INK: look::Rgb = [29, 36, 48];

impl Default for PictureSize {
    fn default() -> Self {
        Self {
            width: 480,
            height: 360,
        }
    }
}

impl PictureSize {
    /// A size that a picture can have.
    ///
    /// # Errors
    /// When an edge is shorter than [`SMALLEST_PX`] or longer than [`LARGEST_PX`]: the edge.
    pub fn new(width: u16, height: u16) -> Result<Self, u16> {
        for edge in [width, height] {
            if !(SMALLEST_PX..=LARGEST_PX).contains(&edge) {
                return Err(edge);
            }
        }
        Ok(Self { width, height })
    }
}

/// Takes pictures of one recording.
#[derive(Clone, Debug)]
pub struct Studio<'a> {
    recording: &'a Recording,
    painter: Painter<'a>,
    size: PictureSize,
    /// Shown beside the clock when time does not run as it did.
    speed: f64,
}

impl<'a> Studio<'a> {
    /// For pictures of `size`; `speed` is what the clip that they belong to is played at.
    pub fn new(recording: &'a Recording, size: PictureSize, speed: f64) -> Self {
        let unit = f64::from(size.height) / 360.0;
        let (top, bottom) = ((30.0 * unit) as u32, (44.0 * unit) as u32);
        let (w, h) = (u32::from(size.width), u32::from(size.height));
        let azimuth_rad = viewpoint::clearest_azimuth_rad(recording);
        let camera = Camera::fitted(recording, azimuth_rad, [w, h], [top, bottom]);
        Self {
            recording,
            painter: Painter::new(recording, camera, [w, h]),
            size,
            speed,
        }
    }

    /// The picture at time `t`: opaque RGBA.
    pub fn picture(&self, t: f64) -> Pixmap {
        let moment = self.recording.at(t);
        let painting = self.painter.paint(&moment);
        let mut canvas = self.developed(&painting);
        self.ghosts(&mut canvas, &moment);
        self.names(&mut canvas, &painting);
        self.captions(&mut canvas, &moment);
        self.banner(&mut canvas, t);
        canvas
    }

    fn unit(&self) -> f32 {
        f32::from(self.size.height) / 360.0
    }

    fn developed(&self, painting: &Painting) -> Pixmap {
        let bytes = painting
            .colours
            .iter()
            .flat_map(|&[r, g, b]| [r, g, b, 255]);
        let (w, h) = (u32::from(self.size.width), u32::from(self.size.height));
        let size = IntSize::from_wh(w, h);
        size.and_then(|size| Pixmap::from_vec(bytes.collect(), size))
            .expect("the painter fills every pixel of a size that was checked")
    }

    /// The outline of what was expected, where it is not what happened.
    fn ghosts(&self, canvas: &mut Pixmap, moment: &RecordedFrame) {
        let Some(expected) = self.recording.imagined_at(moment.t, moment.step) else {
            return;
        };
        let mut lines = PathBuilder::new();
        let boxes = self.recording.boxes.iter().zip(&expected.boxes);
        for ((b, ghost), real) in boxes.zip(&moment.boxes) {
            let (Some(ghost), Some(real)) = (ghost, real) else {
                continue;
            };
            if !differ_to_the_eye(ghost, real) {
                continue;
            }
            let corners = camera::corners(b.size, ghost);
            let at = corners.map(|c| self.painter.camera().project(&c));
            if at.iter().any(|p| p[2] < 0.05) {
                continue;
            }
            for (from, to) in (0..8).flat_map(|k| [1, 2, 4].map(|bit| (k, k | bit))) {
                if from != to {
                    lines.move_to(at[from][0] as f32, at[from][1] as f32);
                    lines.line_to(at[to][0] as f32, at[to][1] as f32);
                }
            }
        }
        let stroke = Stroke {
            width: 1.2 * self.unit(),
            ..Stroke::default()
        };
        if let Some(path) = lines.finish() {
            let paint = ink(look::GHOST, 255);
            canvas.stroke_path(&path, &paint, &stroke, Transform::identity(), None);
        }
    }

    /// The name of each box in the middle of what is seen of it, where there is room.
    fn names(&self, canvas: &mut Pixmap, painting: &Painting) {
        let width = usize::from(self.size.width);
        let mut seen = vec![(0usize, 0usize, 0usize); self.recording.boxes.len()];
        for (at, index) in painting.boxes.iter().enumerate() {
            if let Some(index) = index {
                let (count, x, y) = &mut seen[*index];
                *count += 1;
                *x += at % width;
                *y += at / width;
            }
        }
        let tall = 7.0 * self.unit();
        for (index, (b, (count, x, y))) in self.recording.boxes.iter().zip(seen).enumerate() {
            let wide = width_px(&b.id, tall);
            if count == 0 || (count as f32) < 3.0 * wide * tall {
                continue;
            }
            let (x, y) = (x / count, y / count);
            let (left, right) = (x as f32 - 0.5 * wide - 2.0, x as f32 + 0.5 * wide + 2.0);
            let own = |px: f32| {
                let px = (px.max(0.0) as usize).min(width - 1);
                painting.boxes[y * width + px] == Some(index)
            };
            if own(left) && own(x as f32) && own(right) {
                write(canvas, &b.id, left + 2.0, y as f32 - 0.5 * tall, tall, INK);
            }
        }
    }
}

/// More than a centimetre or some five degrees apart.
fn differ_to_the_eye(a: &Pose, b: &Pose) -> bool {
    let apart = (a.translation.vector - b.translation.vector).norm();
    apart + 0.1 * a.rotation.angle_to(&b.rotation) > 0.01
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::replay::tests::two_boxes;

    fn size() -> PictureSize {
        PictureSize::new(160, 120).unwrap()
    }

    #[test]
    fn the_banner_is_up_while_the_accident_is_fresh_only() {
        let recording = two_boxes();
        let mut quiet = recording.clone();
        quiet.events[0].box_index = None;
        let mut silent = quiet.clone();
        silent.events.clear();
        let differ = |t: f64| {
            let a = Studio::new(&quiet, size(), 1.0).picture(t);
            let b = Studio::new(&silent, size(), 1.0).picture(t);
            let rows = 14 * 160 * 4; // below the title and above the progress line
            a.data()[rows..16_000] != b.data()[rows..16_000]
        };
        assert!(!differ(0.9) && differ(1.1));
    }

    #[test]
    fn every_pixel_of_a_picture_is_opaque() {
        let recording = two_boxes();
        let picture = Studio::new(&recording, size(), 2.0).picture(0.3);
        assert!(picture.pixels().iter().all(|p| p.alpha() == 255));
    }

    #[test]
    fn a_size_that_cannot_be_drawn_is_refused() {
        assert_eq!(PictureSize::new(480, 3), Err(3));
        assert_eq!(PictureSize::new(60000, 480), Err(60000));
    }
}
