//! What two bodies still share as one slides over the other, and where they press on each other there.
//!
//! Owns [`Spot`], which a patch has one of wherever its first body has slid to. None is left where nothing is shared.

use crate::pose::Vec3;

use super::{POINTS, Patch};

/// From and to along a tangent, m from the patch's centre.
pub(super) type Span = (f64, f64);

/// Faces that miss each other by no more than this still touch, m: edges and corners have no width.
const SLACK_M: f64 = 0.002;

/// What two spans share, the first slid so far; `None` where that is nothing.
fn shared(a: Span, slid: f64, b: Span) -> Option<Span> {
    let (low, high) = ((a.0 + slid).max(b.0), (a.1 + slid).min(b.1));
    if high < low - SLACK_M {
        return None;
    }
    let middle = 0.5 * (low + high);
    Some((low.min(middle), high.max(middle)))
}

/// The points of a patch, in the world and on the second body as it stood, m.
#[derive(Clone, Copy, Debug)]
pub struct Spot {
    /// Where it presses.
    pub points: [Vec3; POINTS],
    /// How many of `points` count.
    pub count: usize,
    /// Their middle.
    pub centre: Vec3,
    /// Lever of the friction against a turn, m.
    pub turn_arm: f64,
}

/// Friction against a turn of a square under even pressure over its friction against a slide, as a share
/// of half its diagonal: 0.3826 of its side.
const EVEN_PRESSURE: f64 = 0.541;

impl Spot {
    pub(super) fn new(points: [Vec3; POINTS], count: usize, centre: Vec3) -> Self {
        let arms = points[..count].iter().map(|p| (p - centre).norm());
        Self {
            points,
            count,
            centre,
            turn_arm: EVEN_PRESSURE * arms.sum::<f64>() / count.max(1) as f64,
        }
    }
}

impl Patch {
    /// What the bodies share once the first has slid so far; `None` where that is nothing.
    pub fn spot_at(&self, slid: [f64; 2]) -> Option<Spot> {
        let overlap = |slid: [f64; 2]| -> Option<[Span; 2]> {
            Some([
                shared(self.face_a[0], slid[0], self.face_b[0])?,
                shared(self.face_a[1], slid[1], self.face_b[1])?,
            ])
        };
        let now = overlap(slid)?;
        let Some(was) = overlap(self.slid) else {
            return Some(self.whole(now));
        };
        let (centre, count) = (self.spot.centre, self.spot.count);
        let mut points = self.spot.points;
        for (k, t) in self.tangents.iter().enumerate() {
            let from = span(&points[..count], &centre, t);
            let low = from.0 + now[k].0 - was[k].0;
            let high = (from.1 + now[k].1 - was[k].1).max(low);
            let width = from.1 - from.0;
            for p in &mut points[..count] {
                let u = (*p - centre).dot(t);
                let share = if width > 1e-9 {
                    (u - from.0) / width
                } else {
                    0.5
                };
                *p += t * (low + share * (high - low) - u);
            }
        }
        let middle = points[..count].iter().sum::<Vec3>() / count as f64;
        Some(Spot::new(points, count, middle))
    }

    /// The whole rectangle of two spans.
    fn whole(&self, spans: [Span; 2]) -> Spot {
        let [(left, right), (low, high)] = spans;
        let at = |u: f64, v: f64| self.spot.centre + self.tangents[0] * u + self.tangents[1] * v;
        let points = [
            at(right, high),
            at(left, high),
            at(left, low),
            at(right, low),
        ];
        Spot::new(points, POINTS, at(0.5 * (left + right), 0.5 * (low + high)))
    }

    /// Whether nothing is shared before anything moves.
    pub fn is_beside(&self) -> bool {
        self.spot_at([0.0; 2]).is_none()
    }
}

/// How far `points` reach along `t` from `centre`.
pub(super) fn span(points: &[Vec3], centre: &Vec3, t: &Vec3) -> Span {
    points
        .iter()
        .map(|p| (p - centre).dot(t))
        .fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), x| {
            (low.min(x), high.max(x))
        })
}
