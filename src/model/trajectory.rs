//! From what the ensemble decodes to a trajectory in the world, and on to the action's end.
//!
//! Owns what becomes of boxes between and after the strides that are imagined: what lies beyond the
//! last stride is what the action means to do, not a forecast. Boxes that the network had no room for stand
//! still in the frames; that nobody looked at them is told of their fates.

use crate::dynamics::{BoxFate, ImaginedFrame};
use crate::pose::{Pose, Quat, Vec3};
use crate::rollout::{Action, STRIDE_S, nudge_seconds, nudge_travel};

use super::course::Carry;
use super::ensemble::{ImaginedPose, Opinion};
use super::features::Seen;
use super::samples::intended;

/// A box after stride `k`: moved and turned as imagined, the target along its course besides.
pub(super) fn place(
    observed: &Pose,
    seen: &Seen,
    node: usize,
    k: usize,
    at: &ImaginedPose,
) -> Pose {
    let moved = seen
        .frame
        .vector_to_world(&Vec3::new(at.pose[0], at.pose[1], at.pose[2]));
    let turned = seen
        .frame
        .axial_to_world(&Vec3::new(at.pose[3], at.pose[4], at.pose[5]));
    let (course_moved, course_turned) = if node == 0 {
        let strides = &seen.course.strides;
        intended(&strides[0].target, &strides[k + 1].target)
    } else {
        (Vec3::zeros(), Quat::identity())
    };
    Pose::from_parts(
        (observed.translation.vector + moved + course_moved).into(),
        Quat::from_scaled_axis(turned) * course_turned * observed.rotation,
    )
}

/// What comes after the strides that were looked at, as it is meant: a box that is put down gets to its
/// place, a nudged one to the end of its nudge, and the others stay where they were seen last.
pub(super) fn intended_end(
    action: &Action,
    observed: &[Pose],
    frames: &[ImaginedFrame],
) -> Vec<ImaginedFrame> {
    let index = action.box_index();
    let (Some(last), Some(start)) = (frames.last(), observed.get(index)) else {
        return Vec::new();
    };
    let end = match action {
        Action::Place { motion, .. } => motion.duration(),
        Action::Nudge { by, .. } => nudge_seconds(by.norm()),
        Action::Remove { .. } | Action::Push { .. } => last.t,
    };
    let mut out = Vec::new();
    let mut t = last.t;
    while t < end - 1e-6 {
        t = (t + STRIDE_S).min(end);
        let mut frame = ImaginedFrame { t, ..last.clone() };
        frame.boxes[index] = match action {
            Action::Place {
                grasp,
                motion,
                target,
            } => {
                let carry = Carry::new(motion, start, &grasp.hand_in_box);
                match t < carry.end {
                    true => carry.target(&carry.hand(t)),
                    false => *target,
                }
            }
            Action::Nudge { by, .. } => {
                let mut pose = last.boxes[index];
                let way = by.norm();
                let since = nudge_travel(way, t) - nudge_travel(way, last.t);
                pose.translation.vector += by * (since / way.max(1e-9));
                pose
            }
            Action::Remove { .. } | Action::Push { .. } => last.boxes[index],
        };
        out.push(frame);
    }
    out
}

/// What becomes of each box, `[N]` in the scene's order; `last_std` is how sure a node's last position is, m. A box that
/// nothing ties to the action stays.
///
/// One that is tied to it and was cut may do anything: its probabilities are 1, until
/// [`Imagined::allowed_by`](crate::dynamics::Imagined::allowed_by) says how much of that the action's risk allows. It is
/// told to go as far as a box may by `limit`, m (its task's `max_displacement`), and at worst as far as any that was seen.
pub(super) fn fates(
    seen: &Seen,
    opinion: &Opinion,
    last_std: impl Fn(usize) -> f64,
    (observed, limit): (&[Pose], f64),
    frames: &[ImaginedFrame],
) -> Vec<BoxFate> {
    let mut out = vec![BoxFate::default(); observed.len()];
    let last = &frames[frames.len() - 1];
    let mut farthest = limit;
    for (node, &body) in seen.input.bodies.iter().enumerate() {
        let Some(fate) = out.get_mut(body as usize) else {
            continue;
        };
        let body = body as usize;
        let moved = last.boxes[body].translation.vector - observed[body].translation.vector;
        let std = last_std(node);
        *fate = BoxFate {
            p_moves: opinion.fates[node][0],
            p_falls: opinion.fates[node][1],
            displacement_mean: moved.norm(),
            displacement_p95: moved.norm() + 1.645 * std,
            unseen: false,
        };
        if node > 0 {
            farthest = farthest.max(fate.displacement_p95);
        }
    }
    for &body in &seen.cut {
        if let Some(fate) = out.get_mut(body as usize) {
            *fate = BoxFate {
                p_moves: 1.0,
                p_falls: 1.0,
                displacement_mean: limit,
                displacement_p95: farthest,
                unseen: true,
            };
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::grasp::GraspCandidate;
    use crate::pose::level;
    use crate::rollout::{Grip, HandKey, Motion};
    use crate::scene::geometry::Face;

    fn at(x: f64, z: f64) -> Pose {
        level(Vec3::new(x, 0.0, z), 0.0)
    }

    /// Two boxes as they were imagined a second after the onset.
    fn frames(target: Pose) -> Vec<ImaginedFrame> {
        vec![ImaginedFrame {
            t: 1.0,
            boxes: vec![target, at(5.0, 0.1)],
            position_std: vec![0.0; 2],
        }]
    }

    #[test]
    fn a_box_that_is_put_down_is_seen_to_get_to_its_place() {
        let key = |t, x, z, grip| HandKey {
            t,
            pose: at(x, z),
            grip,
        };
        let motion = Motion {
            keys: vec![
                key(0.0, 0.0, 0.1, Grip::Closed),
                key(1.0, 0.0, 0.5, Grip::Closed),
                key(3.0, 1.0, 0.1, Grip::Closed),
                key(3.0, 1.0, 0.1, Grip::Open),
                key(4.0, 1.0, 0.6, Grip::Open),
            ],
        };
        let place = Action::Place {
            grasp: GraspCandidate {
                box_index: 0,
                gripper: 0,
                face: Face::Top,
                hand_in_box: Pose::identity(),
            },
            motion,
            target: at(1.0, 0.1),
        };
        let seen = [at(0.0, 0.1), at(5.0, 0.1)];
        let rest = intended_end(&place, &seen, &frames(at(0.0, 0.5)));
        assert_eq!(rest.last().map(|f| f.t), Some(4.0));
        assert!(rest.windows(2).all(|w| w[1].t - w[0].t <= STRIDE_S + 1e-9));
        assert_eq!(rest.last().unwrap().boxes, [at(1.0, 0.1), at(5.0, 0.1)]);
        // Half of the way over at half of its time.
        let half = rest.iter().find(|f| (f.t - 2.0).abs() < 1e-9).unwrap();
        assert!((half.boxes[0].translation.x - 0.5).abs() < 1e-9);
    }

    #[test]
    fn a_long_nudge_goes_to_its_end_and_a_short_one_adds_nothing() {
        let seen = [at(0.0, 0.1), at(5.0, 0.1)];
        let nudge = |metres: f64| Action::Nudge {
            box_index: 0,
            by: Vec3::new(metres, 0.0, 0.0),
        };
        // A second of it was imagined, in which the drive went 0.095 m and the box 0.09.
        let rest = intended_end(&nudge(0.3), &seen, &frames(at(0.09, 0.1)));
        let last = rest.last().unwrap();
        assert!((last.t - 3.1).abs() < 1e-9);
        assert!((last.boxes[0].translation.x - 0.295).abs() < 1e-9);
        assert!(intended_end(&nudge(0.05), &seen, &frames(at(0.05, 0.1))).is_empty());
    }

    #[test]
    fn a_box_that_was_cut_is_told_as_unknown_and_one_that_nothing_ties_to_the_action_stays() {
        let mut seen = Seen::nothing();
        seen.input.bodies = vec![2, 0];
        // The last is no box: a fixture.
        seen.cut = vec![1, 4];
        let opinion = Opinion {
            logit: 0.0,
            spread: 0.0,
            kinds: [0.0; 5],
            path_length: 0.0,
            peak_speed: 0.0,
            fates: vec![[0.9, 0.8], [0.25, 0.125]],
        };
        let observed = [0.0, 1.0, 2.0, 3.0].map(|x| at(x, 0.1));
        let mut last = observed.to_vec();
        (last[0], last[2]) = (at(0.125, 0.1), at(4.0, 0.1));
        let frames = [ImaginedFrame {
            t: 1.0,
            boxes: last,
            position_std: vec![0.0; 4],
        }];
        let told = |limit: f64| fates(&seen, &opinion, |_| 0.0, (&observed, limit), &frames);
        let fate = |p_moves, p_falls, displacement_mean, displacement_p95| BoxFate {
            p_moves,
            p_falls,
            displacement_mean,
            displacement_p95,
            unseen: p_moves == 1.0,
        };
        let nudged = fate(0.9, 0.8, 2.0, 2.0);
        let beside = fate(0.25, 0.125, 0.125, 0.125);
        let cut = fate(1.0, 1.0, 0.0625, 0.125);
        let untied = BoxFate::default();
        assert_eq!(told(0.0625), [beside, cut, nudged, untied]);
        // How far the box that is acted on goes says nothing of the others.
        assert_eq!(told(0.5)[1], fate(1.0, 1.0, 0.5, 0.5));
    }
}
