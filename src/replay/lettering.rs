//! Letters for pictures, as strokes of a pen.
//!
//! Owns a small font of its own, so that no font has to be found, loaded or licensed. A glyph is a
//! list of strokes, a stroke a list of points `xy` on a grid: capitals stand from y = 0 to the
//! baseline at y = 6, small letters from y = 2, tails hang to y = 8. One point alone is a dot.

use tiny_skia::{
    Color, FillRule, LineCap, LineJoin, Paint, PathBuilder, Pixmap, Stroke, Transform,
};

use super::look::Rgb;

/// Width on the grid and strokes.
fn glyph(c: char) -> (f32, &'static str) {
    match c {
        ' ' => (2.0, ""),
        'A' => (4.0, "062046 1434"),
        'B' => (4.0, "06003041423303 3344453606"),
        'C' => (4.0, "4130100105163645"),
        'D' => (4.0, "00304145360600"),
        'E' => (4.0, "40000646 0333"),
        'F' => (4.0, "400006 0333"),
        'G' => (4.0, "41301001051636454323"),
        'H' => (4.0, "0006 4046 0343"),
        'I' => (2.0, "0020 1016 0626"),
        'J' => (4.0, "4045361605"),
        'K' => (4.0, "0006 4004 1346"),
        'L' => (4.0, "000646"),
        'M' => (4.0, "0600234046"),
        'N' => (4.0, "06004640"),
        'O' => (4.0, "103041453616050110"),
        'P' => (4.0, "06003041423303"),
        'Q' => (4.0, "103041453616050110 2446"),
        'R' => (4.0, "06003041423303 2346"),
        'S' => (4.0, "413010010213334445361605"),
        'T' => (4.0, "0040 2026"),
        'U' => (4.0, "000516364540"),
        'V' => (4.0, "002640"),
        'W' => (4.0, "0016233640"),
        'X' => (4.0, "0046 4006"),
        'Y' => (4.0, "002340 2326"),
        'Z' => (4.0, "00400646"),
        'a' => (4.0, "4246 4332120305163645"),
        'b' => (4.0, "0006 0312324345361605"),
        'c' => (4.0, "4332120305163645"),
        'd' => (4.0, "4046 4332120305163645"),
        'e' => (4.0, "04444332120305163645"),
        'f' => (3.0, "30201116 0232"),
        'g' => (4.0, "4247381807 4332120305163645"),
        'h' => (4.0, "0006 0312324346"),
        'i' => (0.0, "0206 00"),
        'j' => (1.0, "121708 10"),
        'k' => (3.0, "0006 3205 1436"),
        'l' => (1.0, "000516"),
        'm' => (6.0, "0206 0312223336 3342526366"),
        'n' => (4.0, "0206 0312324346"),
        'o' => (4.0, "123243453616050312"),
        'p' => (4.0, "0208 0312324345361605"),
        'q' => (4.0, "4248 4332120305163645"),
        'r' => (3.0, "0206 041232"),
        's' => (4.0, "43321203143445361605"),
        't' => (3.0, "10152636 0232"),
        'u' => (4.0, "0205163645 4246"),
        'v' => (4.0, "022642"),
        'w' => (4.0, "0216233642"),
        'x' => (4.0, "0246 4206"),
        'y' => (4.0, "0226 421808"),
        'z' => (4.0, "02420646"),
        '0' => (4.0, "103041453616050110"),
        '1' => (4.0, "012026 0646"),
        '2' => (4.0, "01103041420646"),
        '3' => (4.0, "01103041423313 334445361605"),
        '4' => (4.0, "300444 3036"),
        '5' => (4.0, "400002324345361605"),
        '6' => (4.0, "413010010516364544331304"),
        '7' => (4.0, "004016"),
        '8' => (4.0, "103041423313020110 1304051636454433"),
        '9' => (4.0, "423313020110304145361605"),
        '.' => (0.0, "06"),
        ',' => (1.0, "1607"),
        ':' => (0.0, "02 06"),
        ';' => (1.0, "12 1607"),
        '-' => (3.0, "0434"),
        '–' => (4.0, "0444"),
        '+' => (4.0, "0444 2226"),
        '_' => (4.0, "0646"),
        '/' => (4.0, "4006"),
        '\\' => (4.0, "0046"),
        '(' => (1.0, "10010516"),
        ')' => (1.0, "00111506"),
        '[' => (1.0, "10000616"),
        ']' => (1.0, "00101606"),
        '<' => (3.0, "310435"),
        '>' => (3.0, "013405"),
        '=' => (4.0, "0343 0545"),
        '%' => (4.0, "4006 0010110100 3545463635"),
        '\'' => (0.0, "0002"),
        '"' => (2.0, "0002 2022"),
        '!' => (0.0, "0004 06"),
        '?' => (4.0, "01103041422324 26"),
        '#' => (4.0, "1016 3036 0242 0444"),
        '*' => (4.0, "2125 0143 0341"),
        '·' => (0.0, "04"),
        '°' => (2.0, "1021120110"),
        '×' => (3.0, "0336 3306"),
        '≤' => (4.0, "410345 0646"),
        // What is not known is shown as a box, so that it is seen to be missing.
        _ => UNKNOWN,
    }
}

const UNKNOWN: (f32, &str) = (4.0, "0040460600");

/// The glyphs of `text`; a letter of another alphabet or with marks is written as those that sound like it.
fn glyphs(text: &str) -> impl Iterator<Item = (f32, &'static str)> + '_ {
    text.chars()
        .flat_map(|c| match (glyph(c), deunicode::deunicode_char(c)) {
            (UNKNOWN, Some(plain)) if !plain.is_empty() => plain.chars().map(glyph).collect(),
            (known, _) => vec![known],
        })
}

/// How wide `text` is when a capital is `height` px tall, px.
pub fn width_px(text: &str, height: f32) -> f32 {
    let units: f32 = glyphs(text).map(|(width, _)| width + 2.0).sum();
    (units - 2.0).max(0.0) * height / 6.0
}

/// `text` cut to at most `room` px, with two dots where something is missing.
pub fn fitted(text: &str, height: f32, room: f32) -> String {
    if width_px(text, height) <= room {
        return text.to_owned();
    }
    let mut cut: Vec<char> = text.chars().collect();
    while !cut.is_empty() {
        cut.pop();
        let short = cut.iter().collect::<String>().trim_end().to_owned() + "..";
        if width_px(&short, height) <= room {
            return short;
        }
    }
    String::new()
}

/// Writes `text` with its first capital's top left at `x`, `y`; a capital is `height` px tall.
pub fn write(canvas: &mut Pixmap, text: &str, x: f32, y: f32, height: f32, colour: Rgb) {
    let unit = height / 6.0;
    let pen = (0.15 * height).max(1.0);
    let mut lines = PathBuilder::new();
    let mut dots = PathBuilder::new();
    let mut left = x;
    for (advance, strokes) in glyphs(text) {
        for stroke in strokes.split(' ').filter(|s| !s.is_empty()) {
            let grid: Vec<f32> = stroke
                .bytes()
                .map(|digit| f32::from(digit.saturating_sub(b'0')))
                .collect();
            let points = grid
                .chunks_exact(2)
                .map(|p| (left + p[0] * unit, y + p[1] * unit));
            if grid.len() == 2 {
                for (px, py) in points {
                    dots.push_circle(px, py, 0.6 * pen);
                }
                continue;
            }
            for (k, (px, py)) in points.enumerate() {
                if k == 0 {
                    lines.move_to(px, py);
                } else {
                    lines.line_to(px, py);
                }
            }
        }
        left += (advance + 2.0) * unit;
    }
    let paint = ink(colour, 255);
    let stroke = Stroke {
        width: pen,
        line_cap: LineCap::Round,
        line_join: LineJoin::Round,
        ..Stroke::default()
    };
    if let Some(path) = lines.finish() {
        canvas.stroke_path(&path, &paint, &stroke, Transform::identity(), None);
    }
    if let Some(path) = dots.finish() {
        let rule = FillRule::Winding;
        canvas.fill_path(&path, &paint, rule, Transform::identity(), None);
    }
}

/// A plain colour to draw with.
pub fn ink(colour: Rgb, alpha: u8) -> Paint<'static> {
    let mut paint = Paint::default();
    paint.set_color(Color::from_rgba8(colour[0], colour[1], colour[2], alpha));
    paint.anti_alias = true;
    paint
}

#[cfg(test)]
mod tests {
    use super::*;

    const WRITABLE: &str = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789.,:;-–+_/\\()[]<>=%'\"!?#*·°×≤";

    fn written(text: &str) -> Pixmap {
        let mut canvas = Pixmap::new(40, 40).unwrap();
        write(&mut canvas, text, 6.0, 6.0, 18.0, [0, 0, 0]);
        canvas
    }

    #[test]
    fn every_glyph_is_made_of_whole_points_and_leaves_ink() {
        for c in WRITABLE.chars() {
            for stroke in glyph(c).1.split(' ') {
                assert!(stroke.len().is_multiple_of(2), "'{c}': {stroke}");
                assert!(stroke.bytes().all(|b| (b'0'..=b'8').contains(&b)), "'{c}'");
            }
            let inked = written(&c.to_string())
                .pixels()
                .iter()
                .any(|p| p.alpha() > 128);
            assert!(inked, "'{c}' leaves no ink");
        }
    }

    #[test]
    fn a_letter_with_marks_or_of_another_alphabet_is_written_as_what_it_sounds_like() {
        assert!(written("Äß").data() == written("Ass").data());
        assert!(written("ж").data() == written("zh").data());
        assert_eq!(width_px("é", 12.0), width_px("e", 12.0));
        // What nobody can spell is a box, not nothing.
        assert!(width_px("\u{e000}", 12.0) > 0.0);
    }

    #[test]
    fn no_two_letters_look_the_same() {
        let pictures: Vec<_> = WRITABLE
            .chars()
            .map(|c| (c, written(&c.to_string())))
            .collect();
        for (i, (a, first)) in pictures.iter().enumerate() {
            for (b, second) in &pictures[..i] {
                // A nought and the letter O have always been the same stroke.
                if (*a, *b) != ('0', 'O') {
                    assert!(first.data() != second.data(), "'{a}' and '{b}'");
                }
            }
        }
    }

    #[test]
    fn a_text_that_is_too_long_is_cut_and_says_so() {
        let cut = fitted("remove the longest box of all", 8.0, 100.0);
        assert!(cut.ends_with("..") && width_px(&cut, 8.0) <= 100.0);
        assert_eq!(fitted("ok", 8.0, 100.0), "ok");
    }
}
