//! A depth buffer and the triangles that fill it.
//!
//! Owns the inner loop of every picture: which surface is nearest at each pixel. Boxes that pass
//! through each other after a fall come out right, which sorting their faces cannot promise.
//! Edge functions after Pineda, "A parallel algorithm for polygon rasterization", SIGGRAPH 1988.

/// Nothing was hit.
pub const NOTHING: u32 = u32::MAX;

/// The nearest surface at each pixel.
#[derive(Clone, Debug, PartialEq)]
pub struct DepthBuffer {
    /// Pixels in a row.
    pub width: usize,
    /// Rows.
    pub height: usize,
    /// One over the depth where perspective is meant, else minus the depth: larger is nearer.
    pub nearness: Vec<f32>,
    /// What was hit, as the caller names it, or [`NOTHING`].
    pub surface: Vec<u32>,
}

impl DepthBuffer {
    /// An empty one.
    pub fn new(width: usize, height: usize) -> Self {
        Self {
            width,
            height,
            nearness: vec![f32::NEG_INFINITY; width * height],
            surface: vec![NOTHING; width * height],
        }
    }

    /// Draws a triangle of corners `[x px, y px, nearness]`. Corners that are not finite draw nothing.
    pub fn triangle(&mut self, corners: [[f64; 3]; 3], surface: u32) {
        if corners.iter().flatten().any(|x| !x.is_finite()) {
            return;
        }
        let [a, b, c] = corners;
        let area = (b[0] - a[0]) * (c[1] - a[1]) - (b[1] - a[1]) * (c[0] - a[0]);
        if area.abs() < 1e-9 {
            return;
        }
        let (x0, x1) = span([a[0], b[0], c[0]], self.width);
        let (y0, y1) = span([a[1], b[1], c[1]], self.height);
        for y in y0..y1 {
            for x in x0..x1 {
                let (px, py) = (x as f64 + 0.5, y as f64 + 0.5);
                let edge = |p: [f64; 3], q: [f64; 3]| {
                    ((q[0] - p[0]) * (py - p[1]) - (q[1] - p[1]) * (px - p[0])) / area
                };
                let (u, v, w) = (edge(b, c), edge(c, a), edge(a, b));
                if u < 0.0 || v < 0.0 || w < 0.0 {
                    continue;
                }
                let nearness = (u * a[2] + v * b[2] + w * c[2]) as f32;
                let at = y * self.width + x;
                if nearness > self.nearness[at] {
                    self.nearness[at] = nearness;
                    self.surface[at] = surface;
                }
            }
        }
    }
}

/// The pixels whose centres may lie between the least and the largest of `at`.
fn span(at: [f64; 3], pixels: usize) -> (usize, usize) {
    let lo = at.iter().copied().fold(f64::INFINITY, f64::min);
    let hi = at.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    let cut = |x: f64| x.clamp(0.0, pixels as f64) as usize;
    (cut(lo.floor()), cut(hi.ceil()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_nearer_triangle_wins_whichever_is_drawn_first() {
        let near = [[0.0, 0.0, 2.0], [8.0, 0.0, 2.0], [0.0, 8.0, 2.0]];
        let far = near.map(|[x, y, _]| [x, y, 1.0]);
        for order in [[(near, 1), (far, 2)], [(far, 2), (near, 1)]] {
            let mut buffer = DepthBuffer::new(8, 8);
            for (corners, surface) in order {
                buffer.triangle(corners, surface);
            }
            assert_eq!(buffer.surface[0], 1);
            assert_eq!(buffer.surface[63], NOTHING, "outside of both");
        }
    }

    #[test]
    fn triangles_that_pass_through_each_other_are_cut_where_they_meet() {
        let level = [[0.0, 0.0, 1.0], [8.0, 0.0, 1.0], [0.0, 8.0, 1.0]];
        let sloped = [[0.0, 0.0, 0.0], [8.0, 0.0, 2.0], [0.0, 8.0, 0.0]];
        let mut buffer = DepthBuffer::new(8, 8);
        buffer.triangle(level, 1);
        buffer.triangle(sloped, 2);
        assert_eq!(buffer.surface[0], 1);
        assert_eq!(buffer.surface[6], 2);
    }

    #[test]
    fn a_corner_that_is_not_finite_draws_nothing() {
        let mut buffer = DepthBuffer::new(4, 4);
        buffer.triangle([[0.0, 0.0, 1.0], [f64::NAN, 0.0, 1.0], [0.0, 4.0, 1.0]], 1);
        assert!(buffer.surface.iter().all(|&s| s == NOTHING));
    }
}
