//! A recording as an animated GIF.
//!
//! Owns the clip's timing and what makes it small: one palette, and of each frame only the
//! rectangle that changed. GIF knows hundredths of a second and viewers slow down below two of
//! them, so the rate is at most 20 a second. A long recording is played faster, and says so.

use gif::{DisposalMethod, Encoder, Frame, Repeat};
use rayon::prelude::*;

use super::Recording;
use super::picture::{PictureSize, Studio};
use super::quantise::{Histogram, Palette};

/// How a clip runs.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct ClipTiming {
    /// Pictures, the last moment included.
    pub count: usize,
    /// Time from one picture to the next, hundredths of a second as it is watched.
    pub delay_cs: u16,
    /// How much faster than it happened.
    pub speed: f64,
}

/// A clip longer than this is played faster, s.
const LONGEST_S: f64 = 20.0;
/// The last picture stays, hundredths of a second.
const LAST_CS: u16 = 150;
/// Pictures are drawn this many at a time, so that memory does not grow with the clip.
const BATCH: usize = 16;
/// Colours; one more index means "as before".
const COLOURS: usize = 127;

impl ClipTiming {
    /// For a recording of `duration_s`: 20 pictures a second while it is short, 12 when long.
    pub fn adapted(duration_s: f64) -> Self {
        let duration_s = duration_s.max(0.0);
        let speed = (duration_s / LONGEST_S).ceil().max(1.0);
        let watched_s = duration_s / speed;
        let delay_cs = match watched_s {
            s if s <= 3.0 => 5,
            s if s <= 8.0 => 6,
            _ => 8,
        };
        let count = (watched_s * 100.0 / f64::from(delay_cs)).ceil() as usize + 1;
        Self {
            count,
            delay_cs,
            speed,
        }
    }

    /// The moment of picture `k` on the recording's clock, s.
    pub fn time_s(&self, recording: &Recording, k: usize) -> f64 {
        let watched = k as f64 * f64::from(self.delay_cs) / 100.0;
        (recording.start_s() + watched * self.speed).min(recording.end_s())
    }
}

/// The bytes of an animated GIF that loops for ever.
///
/// # Errors
/// When the encoder refuses a frame, which a size that was checked does not provoke.
pub fn clip(recording: &Recording, size: PictureSize) -> Result<Vec<u8>, gif::EncodingError> {
    let timing = ClipTiming::adapted(recording.end_s() - recording.start_s());
    let studio = Studio::new(recording, size, timing.speed);
    let palette = palette(&studio, recording, &timing);
    let as_before = palette.colours.len() as u8;
    let mut table: Vec<u8> = palette.colours.iter().flatten().copied().collect();
    table.extend([0, 0, 0]);
    let mut encoder = Encoder::new(Vec::new(), size.width, size.height, &table)?;
    encoder.set_repeat(Repeat::Infinite)?;
    let mut before: Option<Vec<u8>> = None;
    let all: Vec<usize> = (0..timing.count).collect();
    for batch in all.chunks(BATCH) {
        let pictures: Vec<Vec<u8>> = batch
            .par_iter()
            .map(|&k| indexed(&studio, &palette, timing.time_s(recording, k)))
            .collect();
        for (&k, picture) in batch.iter().zip(pictures) {
            let mut frame = changed(before.as_deref(), &picture, size, as_before);
            let last = k + 1 == timing.count;
            frame.delay = if last { LAST_CS } else { timing.delay_cs };
            encoder.write_frame(&frame)?;
            before = Some(picture);
        }
    }
    encoder.into_inner()
}

/// From a few moments, and from each accident while its banner is up.
fn palette(studio: &Studio<'_>, recording: &Recording, timing: &ClipTiming) -> Palette {
    let count = timing.count.min(6);
    let spread = (0..count).map(|k| k * (timing.count - 1) / (count - 1).max(1));
    let mut times: Vec<f64> = spread.map(|k| timing.time_s(recording, k)).collect();
    times.extend(recording.events.iter().take(3).map(|e| e.t + 0.1));
    let pictures: Vec<_> = times.par_iter().map(|&t| studio.picture(t)).collect();
    let mut histogram = Histogram::default();
    for picture in &pictures {
        histogram.add(picture.data());
    }
    histogram.palette(COLOURS)
}

fn indexed(studio: &Studio<'_>, palette: &Palette, t: f64) -> Vec<u8> {
    let picture = studio.picture(t);
    let pixels = picture.data().chunks_exact(4);
    pixels.map(|p| palette.index([p[0], p[1], p[2]])).collect()
}

/// The rectangle of `now` that differs from `before`, with the rest of it left as it was.
fn changed(before: Option<&[u8]>, now: &[u8], size: PictureSize, as_before: u8) -> Frame<'static> {
    let (w, h) = (usize::from(size.width), usize::from(size.height));
    let differs = |x: usize, y: usize| before.is_none_or(|b| b[y * w + x] != now[y * w + x]);
    let rows: Vec<usize> = (0..h).filter(|&y| (0..w).any(|x| differs(x, y))).collect();
    let columns: Vec<usize> = (0..w)
        .filter(|&x| rows.iter().any(|&y| differs(x, y)))
        .collect();
    // A frame needs at least one pixel, even when nothing moved.
    let (top, bottom) = (first_or(&rows, 0), last_or(&rows, 0));
    let (left, right) = (first_or(&columns, 0), last_or(&columns, 0));
    let mut buffer = Vec::with_capacity((bottom - top + 1) * (right - left + 1));
    for y in top..=bottom {
        for x in left..=right {
            let index = now[y * w + x];
            buffer.push(if differs(x, y) { index } else { as_before });
        }
    }
    Frame {
        left: left as u16,
        top: top as u16,
        width: (right - left + 1) as u16,
        height: (bottom - top + 1) as u16,
        dispose: DisposalMethod::Keep,
        transparent: before.map(|_| as_before),
        buffer: buffer.into(),
        ..Frame::default()
    }
}

fn first_or(values: &[usize], otherwise: usize) -> usize {
    values.first().copied().unwrap_or(otherwise)
}

fn last_or(values: &[usize], otherwise: usize) -> usize {
    values.last().copied().unwrap_or(otherwise)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::replay::tests::two_boxes;

    fn small() -> PictureSize {
        PictureSize::new(96, 72).unwrap()
    }

    /// Every frame of a GIF as a viewer shows it, in palette indices.
    fn watched(bytes: &[u8]) -> Vec<Vec<u8>> {
        let mut decoder = gif::DecodeOptions::new().read_info(bytes).unwrap();
        let (w, h) = (usize::from(decoder.width()), usize::from(decoder.height()));
        let mut screen = vec![0u8; w * h];
        let mut shown = Vec::new();
        while let Some(frame) = decoder.read_next_frame().unwrap() {
            let wide = usize::from(frame.width);
            for (i, &index) in frame.buffer.iter().enumerate() {
                let x = usize::from(frame.left) + i % wide;
                let y = usize::from(frame.top) + i / wide;
                if frame.transparent != Some(index) {
                    screen[y * w + x] = index;
                }
            }
            shown.push(screen.clone());
        }
        shown
    }

    #[test]
    fn a_clip_decodes_to_its_number_of_frames_and_shows_what_was_drawn() {
        let recording = two_boxes();
        let timing = ClipTiming::adapted(2.0);
        let frames = watched(&clip(&recording, small()).unwrap());
        assert_eq!(frames.len(), timing.count);
        assert_eq!(timing.count, 41);
        let studio = Studio::new(&recording, small(), 1.0);
        let palette = palette(&studio, &recording, &timing);
        for k in [0, 17, 40] {
            let drawn = indexed(&studio, &palette, timing.time_s(&recording, k));
            assert_eq!(frames[k], drawn, "frame {k}");
        }
        assert_ne!(frames[0], frames[20]);
    }

    #[test]
    fn the_same_recording_gives_the_same_bytes_on_any_number_of_threads() {
        let recording = two_boxes();
        let on = |threads: usize| {
            let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build();
            pool.unwrap().install(|| clip(&recording, small()).unwrap())
        };
        assert_eq!(on(1), on(3));
    }

    #[test]
    fn a_minute_is_played_faster_and_one_moment_is_one_frame() {
        let minute = ClipTiming::adapted(60.0);
        assert_eq!(minute.speed, 3.0);
        assert!(minute.count <= 252);
        let mut still = two_boxes();
        still.frames.truncate(1);
        assert_eq!(watched(&clip(&still, small()).unwrap()).len(), 1);
    }
}
