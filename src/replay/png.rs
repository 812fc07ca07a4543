//! One moment of a recording as a PNG.
//!
//! Owns the choice of the moment: shortly after the first accident where there is one, since that is what a person
//! wants to see in a report; else two thirds through the whole recording, when an only step lifts its box.

use super::Recording;
use super::picture::{PictureSize, Studio};

/// The moment that says most: shortly after the first accident, else two thirds through.
pub fn telling_moment_s(recording: &Recording) -> f64 {
    let (start, end) = (recording.start_s(), recording.end_s());
    match recording.events.first() {
        Some(event) => (event.t + 0.3).min(end),
        None => start + 0.66 * (end - start),
    }
}

/// The bytes of a PNG of the moment `t`.
///
/// # Errors
/// When the encoder refuses, with its words.
pub fn still(recording: &Recording, size: PictureSize, t: f64) -> Result<Vec<u8>, String> {
    let studio = Studio::new(recording, size, 1.0);
    studio.picture(t).encode_png().map_err(|e| e.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::replay::tests::two_boxes;

    #[test]
    fn a_still_is_a_png_of_the_size_asked_for_and_always_the_same_bytes() {
        let recording = two_boxes();
        let size = PictureSize::new(120, 90).unwrap();
        let bytes = still(&recording, size, 0.5).unwrap();
        let decoded = tiny_skia::Pixmap::decode_png(&bytes).unwrap();
        assert_eq!((decoded.width(), decoded.height()), (120, 90));
        assert_eq!(bytes, still(&recording, size, 0.5).unwrap());
        assert_ne!(bytes, still(&recording, size, 1.5).unwrap());
    }

    #[test]
    fn the_telling_moment_is_the_accident() {
        assert_eq!(telling_moment_s(&two_boxes()), 1.3);
    }
}
