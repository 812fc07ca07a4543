//! Where a picture is taken from, and where the sun stands.
//!
//! Owns [`Camera`], fitted so that everything worth seeing is in the picture, and the sun's
//! parallel projection that shadows are cast by. The page has its own, which a person moves.

use nalgebra::Matrix3;

use super::Recording;
use crate::pose::{Pose, Vec3};

/// The direction towards the sun, not normalised; the page uses the same.
pub const SUN: [f64; 3] = [0.62, -0.30, 1.0];
/// Half the vertical field of view, rad.
const HALF_FOV: f64 = 0.3;
/// How far above the horizon it stands, rad.
const ELEVATION: f64 = 0.42;
/// What flies farther than this off the scene may leave the picture, m.
const ROOM_M: f64 = 0.5;

/// A pinhole camera.
#[derive(Clone, Debug, PartialEq)]
pub struct Camera {
    /// Where it is, m.
    pub eye: Vec3,
    /// World to camera: rows are right, up, forward.
    pub axes: Matrix3<f64>,
    /// Pixels per unit of slope.
    pub focal_px: f64,
    /// The middle of the picture, px.
    pub middle: [f64; 2],
}

impl Camera {
    /// A camera that sees all of `recording` from the side `azimuth_rad` in a picture of `width` by
    /// `height` pixels, of which `top` and `bottom` pixels are left to captions.
    pub fn fitted(
        recording: &Recording,
        azimuth_rad: f64,
        [width, height]: [u32; 2],
        [top, bottom]: [u32; 2],
    ) -> Self {
        let (w, h) = (f64::from(width), f64::from(height));
        let free = (h - f64::from(top) - f64::from(bottom)).max(1.0);
        let focal_px = 0.5 * h / HALF_FOV.tan();
        let back = Vec3::new(
            azimuth_rad.cos() * ELEVATION.cos(),
            azimuth_rad.sin() * ELEVATION.cos(),
            ELEVATION.sin(),
        );
        let right = Vec3::new(-azimuth_rad.sin(), azimuth_rad.cos(), 0.0);
        let forward = -back;
        let up = right.cross(&forward);
        let axes = Matrix3::from_rows(&[right.transpose(), up.transpose(), forward.transpose()]);
        let seen: Vec<Vec3> = points(recording).iter().map(|p| axes * p).collect();
        // Leave 5 % of the picture free on every side.
        let slope = [0.45 * w / focal_px, 0.45 * free / focal_px];
        let (lo, hi) = bounds(&seen);
        let mut centre = 0.5 * (lo + hi);
        let distance_to = |centre: &Vec3| {
            let needed = |p: &Vec3| {
                let d = p - centre;
                (d.x.abs() / slope[0]).max(d.y.abs() / slope[1]) - d.z
            };
            seen.iter().map(needed).fold(0.3, f64::max)
        };
        // Near things look larger, so the middle of the picture is not the middle of the scene:
        // a few rounds of looking where the picture's borders fall put it right.
        for _ in 0..6 {
            let distance = distance_to(&centre);
            let slopes: Vec<Vec3> = seen
                .iter()
                .map(|p| (p - centre) / (p.z - centre.z + distance).max(1e-3))
                .collect();
            let (lo, hi) = bounds(&slopes);
            centre.x += 0.5 * (lo.x + hi.x) * distance;
            centre.y += 0.5 * (lo.y + hi.y) * distance;
        }
        let distance = distance_to(&centre);
        Self {
            eye: axes.transpose() * (centre - Vec3::new(0.0, 0.0, distance)),
            axes,
            focal_px,
            middle: [0.5 * w, f64::from(top) + 0.5 * free],
        }
    }

    /// The same camera for a picture `factor` times as large.
    pub fn enlarged(&self, factor: f64) -> Self {
        Self {
            focal_px: self.focal_px * factor,
            middle: self.middle.map(|m| m * factor),
            ..self.clone()
        }
    }

    /// Pixel and depth (m along the view) of a point; the depth is negative behind the camera.
    pub fn project(&self, point: &Vec3) -> [f64; 3] {
        let p = self.axes * (point - self.eye);
        let z = if p.z.abs() < 1e-9 { 1e-9 } else { p.z };
        [
            self.middle[0] + self.focal_px * p.x / z,
            self.middle[1] - self.focal_px * p.y / z,
            p.z,
        ]
    }

    /// The ray through a pixel, scaled so that its depth grows by one a unit.
    pub fn ray(&self, x: f64, y: f64) -> Vec3 {
        let slope = Vec3::new(
            (x - self.middle[0]) / self.focal_px,
            (self.middle[1] - y) / self.focal_px,
            1.0,
        );
        self.axes.tr_mul(&slope)
    }
}

/// The sun as a camera without perspective.
#[derive(Clone, Debug, PartialEq)]
pub struct SunView {
    /// Towards the sun, length one.
    pub towards: Vec3,
    axes: Matrix3<f64>,
    centre: Vec3,
    pixels_per_m: f64,
    half_px: f64,
}

impl SunView {
    /// Sees all of `recording` on a square map of `pixels`.
    pub fn fitted(recording: &Recording, pixels: u32) -> Self {
        let towards = Vec3::from(SUN).normalize();
        let x = Vec3::y().cross(&towards).normalize();
        let y = towards.cross(&x);
        let axes = Matrix3::from_rows(&[x.transpose(), y.transpose(), (-towards).transpose()]);
        let (lo, hi) = bounds(&points(recording));
        let radius = (0.5 * (hi - lo).norm()).max(0.2) * 1.1;
        let half_px = 0.5 * f64::from(pixels);
        Self {
            towards,
            axes,
            centre: 0.5 * (lo + hi),
            pixels_per_m: half_px / radius,
            half_px,
        }
    }

    /// Pixel and depth (m away from the sun) of a point.
    pub fn project(&self, point: &Vec3) -> [f64; 3] {
        let p = self.axes * (point - self.centre);
        [
            self.half_px + p.x * self.pixels_per_m,
            self.half_px - p.y * self.pixels_per_m,
            p.z,
        ]
    }

    /// The edge of a pixel, m.
    pub fn pixel_m(&self) -> f64 {
        1.0 / self.pixels_per_m
    }
}

/// The corners of everything that should be in the picture, m.
fn points(recording: &Recording) -> Vec<Vec3> {
    let mut points = Vec::new();
    for fixture in &recording.fixtures {
        points.extend(corners(fixture.size, &fixture.pose));
    }
    let standing = recording.frames.first();
    // Of a task, what is imagined is where its box is to stand.
    let goal = (recording.imagined.iter()).filter(|_| recording.frames.len() == 1);
    for frame in standing.into_iter().chain(goal) {
        for (b, pose) in recording.boxes.iter().zip(&frame.boxes) {
            points.extend(pose.iter().flat_map(|p| corners(b.size, p)));
        }
    }
    points.extend(put_down(recording));
    let (lo, hi) = bounds(&points);
    let room = Vec3::repeat(ROOM_M);
    let near = |p: &Vec3| (0..3).all(|k| p[k] >= lo[k] - room[k] && p[k] <= hi[k] + room[k]);
    // Sixty moments are enough to find how far anything goes.
    let every = recording.frames.len().div_ceil(60).max(1);
    for frame in recording.frames.iter().step_by(every) {
        for (b, pose) in recording.boxes.iter().zip(&frame.boxes) {
            let moved = pose.iter().flat_map(|p| corners(b.size, p));
            points.extend(moved.filter(near));
        }
    }
    points
}

/// The corners of what was handled and ends near where the hand was last in that step: put down, however far from where it
/// stood. What flew off is no part of it.
fn put_down(recording: &Recording) -> Vec<Vec3> {
    let Some(last) = recording.frames.last() else {
        return Vec::new();
    };
    let frames = || recording.frames.iter().rev();
    let steps = recording.steps.iter().enumerate();
    let put_down = steps.filter_map(|(k, step)| {
        let index = step.target?;
        let pose = last.boxes[index]?;
        let hand = frames().filter(|f| f.step == k).find_map(|f| f.hand)?;
        let off = hand.translation.vector - pose.translation.vector;
        (off.norm() < ROOM_M).then(|| corners(recording.boxes[index].size, &pose))
    });
    put_down.flatten().collect()
}

/// The eight corners of a box.
pub fn corners(size: Vec3, pose: &Pose) -> [Vec3; 8] {
    std::array::from_fn(|k| {
        let side = |axis: usize| if k >> axis & 1 == 1 { 0.5 } else { -0.5 };
        let local = Vec3::new(side(0) * size.x, side(1) * size.y, side(2) * size.z);
        pose.rotation * local + pose.translation.vector
    })
}

fn bounds(points: &[Vec3]) -> (Vec3, Vec3) {
    let (Some(first), rest) = (points.first(), points) else {
        return (Vec3::repeat(-0.5), Vec3::repeat(0.5));
    };
    rest.iter()
        .fold((*first, *first), |(lo, hi), p| (lo.inf(p), hi.sup(p)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::replay::tests::two_boxes;

    #[test]
    fn everything_worth_seeing_is_inside_the_picture_and_not_small() {
        let recording = two_boxes();
        let camera = Camera::fitted(&recording, -0.95, [480, 360], [30, 40]);
        let pixels: Vec<_> = points(&recording)
            .iter()
            .map(|p| camera.project(p))
            .collect();
        assert!(
            pixels.iter().all(|p| (0.0..480.0).contains(&p[0])
                && (30.0..320.0).contains(&p[1])
                && p[2] > 0.0)
        );
        let span = |k: usize| {
            let values = pixels.iter().map(|p| p[k]);
            values.clone().fold(f64::MIN, f64::max) - values.fold(f64::MAX, f64::min)
        };
        assert!(span(0) > 0.6 * 480.0 || span(1) > 0.6 * 290.0);
    }

    #[test]
    fn what_is_put_down_far_off_is_in_the_picture_and_what_flies_as_far_is_not() {
        let far = crate::pose::level(Vec3::new(3.0, 0.0, 0.1), 0.0);
        let seen = |hand: Pose| {
            let mut recording = two_boxes();
            let target = recording.steps[0].target.unwrap();
            let last = recording.frames.last_mut().unwrap();
            last.boxes[target] = Some(far);
            last.hand = Some(hand);
            points(&recording).iter().any(|p| p.x > 2.5)
        };
        let elsewhere = crate::pose::level(Vec3::new(0.5, 0.0, 0.8), 0.0);
        assert!(seen(far) && !seen(elsewhere));
    }

    #[test]
    fn a_ray_through_a_pixel_meets_the_point_that_projects_there() {
        let camera = Camera::fitted(&two_boxes(), -0.95, [480, 360], [0, 0]);
        let point = Vec3::new(0.1, -0.2, 0.3);
        let [x, y, depth] = camera.project(&point);
        let back = camera.eye + camera.ray(x, y) * depth;
        assert!((back - point).norm() < 1e-9);
    }
}
