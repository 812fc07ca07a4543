//! Boxes, fixtures and the hand at one moment as triangles.
//!
//! Owns which surfaces there are and what each is made of; [`super::draw`] lights them.

use super::hand::PartForm;
use super::look::{self, Rgb};
use super::{RecordedFrame, Recording};
use crate::pose::{Pose, Vec3};

/// Sides of a drawn cylinder.
const SIDES: usize = 20;

/// What a surface is made of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Stuff {
    Card,
    Fixture,
    Hand,
}

/// A face that is lit evenly but for shadow, edges and tape.
#[derive(Clone, Debug)]
pub(super) struct Surface {
    pub(super) stuff: Stuff,
    pub(super) colour: [f64; 3],
    pub(super) normal: Vec3,
    /// The box that it belongs to, for edges and tape; `None` on a cylinder.
    pub(super) of_box: Option<(Pose, Vec3, usize)>,
    /// Index into the recording's boxes, where it is one of them.
    pub(super) index: Option<usize>,
}

/// Triangles and the surfaces they belong to.
#[derive(Default)]
pub(super) struct Mesh {
    pub(super) surfaces: Vec<Surface>,
    pub(super) triangles: Vec<([Vec3; 3], u32)>,
}

impl Mesh {
    /// What `recording` shows at `moment`.
    pub(super) fn of(recording: &Recording, moment: &RecordedFrame) -> Self {
        let mut mesh = Self::default();
        for f in &recording.fixtures {
            let colour = look::fixture_colour(f);
            mesh.add_box(Stuff::Fixture, colour, None, &f.pose, f.size);
        }
        let boxes = recording.boxes.iter().zip(&moment.boxes).enumerate();
        for (i, (b, pose)) in boxes {
            if let Some(pose) = pose {
                let colour = look::box_colour_at(recording, i, moment.t, moment.step);
                mesh.add_box(Stuff::Card, colour, Some(i), pose, b.size);
            }
        }
        let step = recording.steps.get(moment.step);
        if let (Some(hand), Some(shape)) = (moment.hand, step.and_then(|s| s.hand)) {
            for part in shape.parts() {
                let colour = if part.soft { look::RUBBER } else { look::HAND };
                let at = hand * nalgebra::Translation3::from(Vec3::from(part.centre));
                match part.form {
                    PartForm::Box => {
                        mesh.add_box(Stuff::Hand, colour, None, &at, part.size.into());
                    }
                    PartForm::Cylinder => mesh.add_cylinder(colour, &at, part.size.into()),
                }
            }
        }
        mesh
    }

    fn add_box(
        &mut self,
        stuff: Stuff,
        colour: Rgb,
        index: Option<usize>,
        pose: &Pose,
        size: Vec3,
    ) {
        for axis in 0..3 {
            for sign in [-1.0, 1.0] {
                let (u, v) = ((axis + 1) % 3, (axis + 2) % 3);
                let corner = |a: f64, b: f64| {
                    let mut p = Vec3::zeros();
                    p[axis] = 0.5 * sign * size[axis];
                    p[u] = 0.5 * a * size[u];
                    p[v] = 0.5 * b * size[v];
                    pose.rotation * p + pose.translation.vector
                };
                let c = [
                    corner(-1.0, -1.0),
                    corner(1.0, -1.0),
                    corner(1.0, 1.0),
                    corner(-1.0, 1.0),
                ];
                let mut normal = Vec3::zeros();
                normal[axis] = sign;
                let id = self.surfaces.len() as u32;
                self.surfaces.push(Surface {
                    stuff,
                    colour: colour.map(f64::from),
                    normal: pose.rotation * normal,
                    of_box: Some((*pose, size, axis)),
                    index,
                });
                self.triangles.push(([c[0], c[1], c[2]], id));
                self.triangles.push(([c[0], c[2], c[3]], id));
            }
        }
    }

    fn add_cylinder(&mut self, colour: Rgb, pose: &Pose, size: Vec3) {
        let (r, z) = (0.5 * size.x, 0.5 * size.z);
        let world = |p: Vec3| pose.rotation * p + pose.translation.vector;
        let mut face = |normal: Vec3| {
            self.surfaces.push(Surface {
                stuff: Stuff::Hand,
                colour: colour.map(f64::from),
                normal: pose.rotation * normal,
                of_box: None,
                index: None,
            });
            self.surfaces.len() as u32 - 1
        };
        let ends = [(face(Vec3::z()), z), (face(-Vec3::z()), -z)];
        for k in 0..SIDES {
            let angle = |k: usize| std::f64::consts::TAU * k as f64 / SIDES as f64;
            let (a, b) = (angle(k), angle(k + 1));
            let rim = |t: f64, z: f64| world(Vec3::new(r * t.cos(), r * t.sin(), z));
            let mid = 0.5 * (a + b);
            let side = face(Vec3::new(mid.cos(), mid.sin(), 0.0));
            let quad = [rim(a, -z), rim(b, -z), rim(b, z), rim(a, z)];
            self.triangles.push(([quad[0], quad[1], quad[2]], side));
            self.triangles.push(([quad[0], quad[2], quad[3]], side));
            for (end, z) in ends {
                let fan = [world(Vec3::new(0.0, 0.0, z)), rim(a, z), rim(b, z)];
                self.triangles.push((fan, end));
            }
        }
    }
}
