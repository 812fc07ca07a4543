//! Few colours in place of many, chosen once for a whole clip.
//!
//! Owns the palette: median cut (Heckbert, "Color image quantization for frame buffer display",
//! SIGGRAPH 1982) over what the frames really show. One palette for all frames keeps what stands
//! still from shimmering, and lets a frame leave out what did not change.

use std::collections::BTreeMap;

use super::look::Rgb;

/// Colours are counted with this many bits a channel.
const BITS: u32 = 6;

/// At most 255 colours, and the nearest of them to any other.
#[derive(Clone, Debug, PartialEq)]
pub struct Palette {
    /// The colours.
    pub colours: Vec<Rgb>,
    nearest: Vec<u8>,
}

/// How often each colour is seen, coarsened to [`BITS`] a channel.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Histogram {
    counts: BTreeMap<u32, [u64; 4]>,
}

impl Histogram {
    /// Counts the colours of a picture in RGBA.
    pub fn add(&mut self, rgba: &[u8]) {
        for p in rgba.chunks_exact(4) {
            let entry = self.counts.entry(cell([p[0], p[1], p[2]])).or_default();
            entry[0] += 1;
            for k in 0..3 {
                entry[k + 1] += u64::from(p[k]);
            }
        }
    }

    /// The `count` colours (1 to 255) that stand for all that were seen.
    pub fn palette(&self, count: usize) -> Palette {
        let entries: Vec<[f64; 4]> = self
            .counts
            .values()
            .map(|e| {
                let n = e[0] as f64;
                // The root keeps a large floor from taking every colour from a small banner.
                [n.sqrt(), e[1] as f64 / n, e[2] as f64 / n, e[3] as f64 / n]
            })
            .collect();
        let mut groups = vec![entries];
        while groups.len() < count.clamp(1, 255) {
            let spreads = groups.iter().map(|g| widest(g).1);
            let most = spreads.enumerate().max_by(|a, b| a.1.total_cmp(&b.1));
            let Some((index, spread)) = most else { break };
            if spread <= 0.0 {
                break;
            }
            let (low, high) = split(groups.swap_remove(index));
            groups.extend([low, high]);
        }
        let colours = groups.iter().filter(|g| !g.is_empty()).map(|g| mean(g));
        Palette::of(colours.collect())
    }
}

impl Palette {
    fn of(mut colours: Vec<Rgb>) -> Self {
        if colours.is_empty() {
            colours.push([0, 0, 0]);
        }
        colours.sort_unstable();
        colours.dedup();
        let side = 1usize << BITS;
        let middle = |i: usize| ((i << (8 - BITS)) + (1 << (7 - BITS))) as i32;
        let nearest = (0..side * side * side)
            .map(|i| {
                let at = [i >> (2 * BITS), (i >> BITS) % side, i % side].map(middle);
                let far = |c: &Rgb| -> i32 {
                    let d = |k: usize| (i32::from(c[k]) - at[k]).pow(2);
                    // Green counts most, as it does to the eye.
                    2 * d(0) + 4 * d(1) + 3 * d(2)
                };
                let best = colours.iter().enumerate().min_by_key(|(_, c)| far(c));
                best.map_or(0, |(index, _)| index as u8)
            })
            .collect();
        Self { colours, nearest }
    }

    /// The index of the colour nearest to `colour`.
    pub fn index(&self, colour: Rgb) -> u8 {
        self.nearest[cell(colour) as usize]
    }
}

fn cell([r, g, b]: Rgb) -> u32 {
    let top = |x: u8| u32::from(x) >> (8 - BITS);
    top(r) << (2 * BITS) | top(g) << BITS | top(b)
}

/// The channel in which a group is widest, and its weighted spread there.
fn widest(group: &[[f64; 4]]) -> (usize, f64) {
    let total: f64 = group.iter().map(|e| e[0]).sum();
    (1..4)
        .map(|k| {
            let mean = group.iter().map(|e| e[0] * e[k]).sum::<f64>() / total.max(1e-9);
            let spread = group
                .iter()
                .map(|e| e[0] * (e[k] - mean).powi(2))
                .sum::<f64>();
            (k, if group.len() < 2 { 0.0 } else { spread })
        })
        .max_by(|a, b| a.1.total_cmp(&b.1))
        .unwrap_or((1, 0.0))
}

/// Two halves of equal weight, neither of them empty.
fn split(mut group: Vec<[f64; 4]>) -> (Vec<[f64; 4]>, Vec<[f64; 4]>) {
    let (channel, _) = widest(&group);
    group.sort_by(|a, b| a[channel].total_cmp(&b[channel]));
    let half = 0.5 * group.iter().map(|e| e[0]).sum::<f64>();
    let mut below = 0.0;
    let cut = group.iter().position(|e| {
        below += e[0];
        below >= half
    });
    let cut = cut.unwrap_or(0).clamp(1, group.len() - 1);
    let high = group.split_off(cut);
    (group, high)
}

fn mean(group: &[[f64; 4]]) -> Rgb {
    let total: f64 = group.iter().map(|e| e[0]).sum();
    std::array::from_fn(|k| {
        let sum: f64 = group.iter().map(|e| e[0] * e[k + 1]).sum();
        (sum / total.max(1e-9)).round().clamp(0.0, 255.0) as u8
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn colours_that_fit_into_the_palette_are_kept() {
        let colours: [Rgb; 4] = [[250, 10, 10], [10, 250, 10], [10, 10, 250], [240, 240, 240]];
        let mut histogram = Histogram::default();
        for [r, g, b] in colours {
            histogram.add(&[r, g, b, 255].repeat(10));
        }
        let palette = histogram.palette(16);
        assert_eq!(palette.colours.len(), 4);
        for c in colours {
            assert_eq!(palette.colours[usize::from(palette.index(c))], c);
        }
    }

    #[test]
    fn a_few_red_pixels_survive_beside_a_million_grey_ones() {
        let mut histogram = Histogram::default();
        for grey in 0..=255u8 {
            histogram.add(&[grey, grey, grey, 255].repeat(4000));
        }
        histogram.add(&[220, 40, 30, 255].repeat(50));
        let palette = histogram.palette(32);
        let [r, g, _] = palette.colours[usize::from(palette.index([220, 40, 30]))];
        assert!(r > 150 && g < 100, "got {r}, {g}");
    }
}
