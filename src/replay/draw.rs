//! A moment of a recording as pixels: surfaces, light, shadow, edges, floor.
//!
//! Owns the shading. Every pixel is looked up in a [`DepthBuffer`] and lit by one sun with a
//! shadow map (Williams, "Casting curved shadows on curved surfaces", SIGGRAPH 1978), blurred over
//! its neighbours. Edges are drawn where a pixel lies within a line's width of a face's border.
//! Drawn at [`OVERSAMPLE`] times the size and averaged, which smooths every outline.

use super::camera::{Camera, SunView};
use super::look::{self, Rgb};
use super::mesh::{Mesh, Stuff, Surface};
use super::raster::{DepthBuffer, NOTHING};
use super::{RecordedFrame, Recording};
use crate::pose::Vec3;

/// Samples along each edge of a pixel.
pub const OVERSAMPLE: usize = 2;
/// Edge of the shadow map, px.
const SHADOW_PX: u32 = 768;
/// Grid lines on the floor, m.
const GRID_M: f64 = 0.25;

/// One moment, painted.
#[derive(Clone, Debug, PartialEq)]
pub struct Painting {
    /// `[height · width]`, row by row.
    pub colours: Vec<Rgb>,
    /// `[height · width]`: which box is seen there, an index into the recording's boxes.
    pub boxes: Vec<Option<usize>>,
}

/// Draws moments of one recording, always from the same place.
#[derive(Clone, Debug)]
pub struct Painter<'a> {
    recording: &'a Recording,
    camera: Camera,
    sun: SunView,
    width: usize,
    height: usize,
}

impl<'a> Painter<'a> {
    /// For pictures of `width` by `height` px as `camera` takes them.
    pub fn new(recording: &'a Recording, camera: Camera, [width, height]: [u32; 2]) -> Self {
        Self {
            recording,
            camera,
            sun: SunView::fitted(recording, SHADOW_PX),
            width: width as usize,
            height: height as usize,
        }
    }

    /// The picture's camera.
    pub fn camera(&self) -> &Camera {
        &self.camera
    }

    /// One moment.
    pub fn paint(&self, moment: &RecordedFrame) -> Painting {
        let mesh = Mesh::of(self.recording, moment);
        let camera = self.camera.enlarged(OVERSAMPLE as f64);
        let (w, h) = (self.width * OVERSAMPLE, self.height * OVERSAMPLE);
        let mut seen = DepthBuffer::new(w, h);
        for (corners, surface) in &mesh.triangles {
            let p = corners.map(|c| camera.project(&c));
            if p.iter().all(|p| p[2] > 0.02) {
                seen.triangle(p.map(|[x, y, z]| [x, y, 1.0 / z]), *surface);
            }
        }
        let shadow = self.shadow(&mesh);
        let light = Light {
            sun: &self.sun,
            shadow: &shadow,
            camera: &camera,
        };
        let mut colours = Vec::with_capacity(self.width * self.height);
        let mut boxes = Vec::with_capacity(self.width * self.height);
        for y in 0..self.height {
            for x in 0..self.width {
                let (colour, index) = light.pixel(&mesh, &seen, [x, y]);
                colours.push(colour);
                boxes.push(index);
            }
        }
        Painting { colours, boxes }
    }

    fn shadow(&self, mesh: &Mesh) -> DepthBuffer {
        let mut map = DepthBuffer::new(SHADOW_PX as usize, SHADOW_PX as usize);
        for (corners, surface) in &mesh.triangles {
            let p = corners.map(|c| self.sun.project(&c));
            map.triangle(p.map(|[x, y, z]| [x, y, -z]), *surface);
        }
        map
    }
}

struct Light<'a> {
    sun: &'a SunView,
    shadow: &'a DepthBuffer,
    camera: &'a Camera,
}

impl Light<'_> {
    /// The mean over a pixel's samples, and the box that is seen in one of them.
    fn pixel(&self, mesh: &Mesh, seen: &DepthBuffer, at: [usize; 2]) -> (Rgb, Option<usize>) {
        let [x0, y0] = at.map(|k| k * OVERSAMPLE);
        let all = 0..OVERSAMPLE * OVERSAMPLE;
        let samples = all.map(|k| (x0 + k % OVERSAMPLE, y0 + k / OVERSAMPLE));
        let hit = |&(x, y): &(usize, usize)| seen.surface[y * seen.width + x];
        let byte = |x: f64| x.round().clamp(0.0, 255.0) as u8;
        if samples.clone().all(|s| hit(&s) == NOTHING) {
            // Three pixels of four show nothing but floor, which is smooth within a pixel.
            let middle = 0.5 * OVERSAMPLE as f64;
            let ray = self.camera.ray(x0 as f64 + middle, y0 as f64 + middle);
            return (self.floor(&ray).map(byte), None);
        }
        let mut sum = [0.0; 3];
        let mut index = None;
        for (x, y) in samples {
            let ray = self.camera.ray(x as f64 + 0.5, y as f64 + 0.5);
            let colour = match hit(&(x, y)) {
                NOTHING => self.floor(&ray),
                surface => {
                    let surface = &mesh.surfaces[surface as usize];
                    index = surface.index;
                    let depth = 1.0 / f64::from(seen.nearness[y * seen.width + x]);
                    self.surface(surface, &ray, depth)
                }
            };
            for (s, c) in sum.iter_mut().zip(colour) {
                *s += c;
            }
        }
        let share = 1.0 / (OVERSAMPLE * OVERSAMPLE) as f64;
        (sum.map(|s| byte(s * share)), index)
    }

    /// The share of the sun that reaches `point`, 0 to 1, over 3 × 3 texels of the map.
    fn sunlit(&self, point: &Vec3, normal: &Vec3) -> f64 {
        // Off the surface by two texels, so that it does not shade itself.
        let lifted = point + normal * (2.0 * self.sun.pixel_m());
        let [x, y, z] = self.sun.project(&lifted);
        let mut lit = 0;
        for dy in -1..=1 {
            for dx in -1..=1 {
                let (px, py) = (x as i64 + 2 * dx, y as i64 + 2 * dy);
                let (w, h) = (self.shadow.width as i64, self.shadow.height as i64);
                let inside = (0..w).contains(&px) && (0..h).contains(&py);
                let at = (py * w + px) as usize;
                if !inside || f64::from(self.shadow.nearness[at]) <= -z + 2e-3 {
                    lit += 1;
                }
            }
        }
        f64::from(lit) / 9.0
    }

    fn surface(&self, surface: &Surface, ray: &Vec3, depth: f64) -> [f64; 3] {
        let point = self.camera.eye + ray * depth;
        let n = surface.normal;
        let straight = n.dot(&self.sun.towards).max(0.0);
        let sunlit = if straight > 0.0 {
            self.sunlit(&point, &n)
        } else {
            0.0
        };
        let up = 0.5 * n.z + 0.5;
        let near_floor = 0.82 + 0.18 * (point.z / 0.1).clamp(0.0, 1.0);
        let light = (0.58 + 0.16 * up + 0.40 * straight * sunlit) * near_floor;
        let mut colour = surface.colour;
        let mut ink = 1.0;
        if let Some((pose, size, axis)) = &surface.of_box {
            let local = pose.rotation.inverse() * (point - pose.translation.vector);
            let pixel_m = depth / self.camera.focal_px;
            let slant = (n.dot(ray) / ray.norm()).abs().max(0.15);
            if surface.stuff == Stuff::Card && on_tape(&local, size, *axis) {
                for (c, tape) in colour.iter_mut().zip([250.0, 238.0, 210.0]) {
                    *c += 0.34 * (tape - *c);
                }
            }
            // A line of one and a half drawn pixels on each side of an edge.
            let border = (0..3)
                .filter(|k| k != axis)
                .map(|k| 0.5 * size[k] - local[k].abs());
            let line = 1.5 * pixel_m / slant;
            if border.fold(f64::INFINITY, f64::min) < line {
                ink = 0.55;
            }
        }
        colour.map(|c| (c * light * ink).min(255.0))
    }

    fn floor(&self, ray: &Vec3) -> [f64; 3] {
        let sky = look::SKY.map(f64::from);
        if ray.z >= -1e-6 {
            return sky;
        }
        let depth = -self.camera.eye.z / ray.z;
        let point = self.camera.eye + ray * depth;
        let pixel_m = depth / self.camera.focal_px;
        let slant = (-ray.z / ray.norm()).max(0.05);
        // How much of the sample a line covers that is as wide as it.
        let line = |x: f64| {
            let off = (x / GRID_M - (x / GRID_M).round()).abs() * GRID_M;
            (1.5 - off * slant / pixel_m).clamp(0.0, 1.0)
        };
        let lit = self.sunlit(&point, &Vec3::z());
        let grid = 1.0 - 0.06 * line(point.x).max(line(point.y));
        // The floor fades into the sky between three and eight times the camera's height.
        let fade = ((depth / self.camera.eye.z.max(0.1) - 4.0) / 6.0).clamp(0.0, 1.0);
        let shade = (0.68 + 0.32 * lit) * grid;
        std::array::from_fn(|k| {
            let floor = f64::from(look::FLOOR[k]) * shade;
            floor + fade * (sky[k] - floor)
        })
    }
}

/// Whether a point on a box's surface lies on the strip of tape along its longer side.
fn on_tape(local: &Vec3, size: &Vec3, axis: usize) -> bool {
    let (long, across) = if size.x >= size.y { (0, 1) } else { (1, 0) };
    let half = 0.026f64.min(0.12 * size.x.min(size.y));
    let over_the_edge = axis == long && local.z > 0.5 * size.z - 0.07f64.min(0.3 * size.z);
    (axis == 2 || over_the_edge) && local[across].abs() < half
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::replay::tests::two_boxes;

    fn painter(recording: &Recording) -> Painter<'_> {
        let camera = Camera::fitted(recording, -0.95, [96, 72], [0, 0]);
        Painter::new(recording, camera, [96, 72])
    }

    #[test]
    fn a_box_that_moves_changes_pixels_and_one_that_stands_does_not() {
        let recording = two_boxes();
        let painter = painter(&recording);
        let first = painter.paint(&recording.at(0.0));
        assert_eq!(
            first,
            painter.paint(&recording.at(-1.0)),
            "nothing moves before"
        );
        let later = painter.paint(&recording.at(1.25));
        let pairs = first.colours.iter().zip(&later.colours);
        let changed = pairs.filter(|(a, b)| a != b).count();
        assert!(changed > 200, "only {changed} pixels changed");
    }

    #[test]
    fn what_had_an_accident_turns_red_and_what_is_acted_on_is_blue() {
        let recording = two_boxes();
        let painter = painter(&recording);
        let count = |t: f64, like: fn(&Rgb) -> bool| {
            let picture = painter.paint(&recording.at(t));
            picture.colours.iter().filter(|p| like(p)).count()
        };
        let red: fn(&Rgb) -> bool = |[r, g, b]| *r > 110 && *g < *r / 2 && *b < *r / 2;
        let blue: fn(&Rgb) -> bool = |[r, g, b]| *b > *g && *r < *b / 2;
        assert_eq!(count(0.5, red), 0);
        assert!(count(1.0, red) > 50);
        assert!(count(0.5, blue) > 50);
    }

    #[test]
    fn a_box_throws_a_shadow_on_the_floor() {
        let mut recording = two_boxes();
        // Where no box is seen there is nothing but floor.
        recording.fixtures.clear();
        let painter = painter(&recording);
        let mut moment = recording.at(0.0);
        moment.hand = None;
        let boxes = painter.paint(&moment);
        moment.boxes = vec![None, None];
        let bare = painter.paint(&moment);
        let light = |rgb: &Rgb| rgb.iter().map(|c| u32::from(*c)).sum::<u32>();
        let pairs = boxes.colours.iter().zip(&bare.colours);
        let on_floor = pairs.zip(&boxes.boxes).filter(|(_, seen)| seen.is_none());
        let (mut darker, mut lighter) = (0, 0);
        for ((with, without), _) in on_floor {
            darker += usize::from(light(with) < light(without));
            lighter += usize::from(light(with) > light(without));
        }
        assert!(darker > 100, "only {darker} pixels of floor are darker");
        assert_eq!(lighter, 0);
    }
}
