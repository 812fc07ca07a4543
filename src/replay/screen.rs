//! A recording as text: what is there, what is done, what went wrong, and a view of the stack.
//!
//! Owns the drawing in characters: seen from the right (along +y), as faces are named, each cell shows the nearest
//! box, and a line is drawn where two neighbouring cells differ, so that tilted boxes show too.

use std::fmt::Write as _;

use super::look::percent;
use super::{RecordedFrame, Recording};
use crate::pose::{Pose, Vec3};

/// Where a view is seen from.
const SEEN: &str = "from the right (along +y)";
/// A terminal's usual width, characters.
const COLUMNS: usize = 78;
/// A view is at most this many lines high.
const LINES: usize = 20;
/// A character is about twice as tall as it is wide.
const ASPECT: f64 = 2.0;
/// What has left a scene is shown within this at least, m.
const LEAST_ROOM_M: f64 = 1.0;
/// What a cell that shows nothing holds.
const NOTHING: usize = usize::MAX;

/// The whole report, ending with a line break.
pub fn text(recording: &Recording) -> String {
    let mut out = String::new();
    let (boxes, fixtures) = (recording.boxes.len(), recording.fixtures.len());
    let seconds = recording.end_s() - recording.start_s();
    // Writing to a string cannot fail.
    let _ = writeln!(out, "{}", recording.title);
    let _ = write!(
        out,
        "{} · {}, {}",
        recording.origin.name(),
        counted(boxes, "box", "boxes"),
        counted(fixtures, "fixture", "fixtures"),
    );
    if recording.frames.len() > 1 {
        let _ = write!(out, " · {} frames, {seconds:.2} s", recording.frames.len());
    }
    out.push('\n');
    if !recording.targets.is_empty() {
        let ids: Vec<&str> = recording
            .targets
            .iter()
            .map(|&i| recording.boxes[i].id.as_str())
            .collect();
        let _ = writeln!(out, "wanted: {}", ids.join(", "));
    }
    for (index, step) in recording.steps.iter().enumerate() {
        let risk = match (step.risk.map(percent), step.risk_bound.map(percent)) {
            (Some(risk), Some(bound)) => format!("  risk {risk} (bound {bound})"),
            (Some(risk), None) => format!("  risk {risk}"),
            _ => String::new(),
        };
        let _ = writeln!(out, "{:>3}. {}{risk}", index + 1, step.title);
    }
    for event in &recording.events {
        let _ = writeln!(out, "  !  {}", event.text);
    }
    for (name, frame) in moments(recording) {
        let _ = writeln!(out, "\n{name}");
        out.push_str(&view(recording, frame));
    }
    out
}

/// One of a thing, or so many.
fn counted(count: usize, one: &str, many: &str) -> String {
    format!("{count} {}", if count == 1 { one } else { many })
}

/// The first moment and the last, or the only one.
fn moments(recording: &Recording) -> Vec<(String, &RecordedFrame)> {
    match recording.frames.as_slice() {
        [] => Vec::new(),
        [only] => vec![(SEEN.to_owned(), only)],
        [first, .., last] => vec![
            (format!("{SEEN}, {:.2} s", first.t), first),
            (format!("{SEEN}, {:.2} s", last.t), last),
        ],
    }
}

/// Everything that is solid at a moment: size, pose, name.
fn solids<'a>(recording: &'a Recording, frame: &RecordedFrame) -> Vec<(Vec3, Pose, &'a str)> {
    let fixtures = recording.fixtures.iter();
    let fixtures = fixtures.map(|f| (f.size, f.pose, f.id.as_str()));
    let boxes = recording.boxes.iter().zip(&frame.boxes);
    let boxes = boxes.filter_map(|(b, pose)| Some((b.size, (*pose)?, b.id.as_str())));
    fixtures.chain(boxes).collect()
}

fn view(recording: &Recording, frame: &RecordedFrame) -> String {
    let corners = |(size, pose, _): &(Vec3, Pose, &str)| super::camera::corners(*size, pose);
    // Both views of a recording have one frame: what the first shows, and what has left that since, but no farther away
    // than all of the first is wide, or a metre, since one box that flies off would leave no room for the others.
    let reach = |frame: &RecordedFrame, k: usize| -> (f64, f64) {
        let points = solids(recording, frame)
            .iter()
            .flat_map(corners)
            .map(|p| p[k])
            .collect::<Vec<_>>();
        let fold = |from: f64, by: fn(f64, f64) -> f64| points.iter().copied().fold(from, by);
        (
            fold(f64::INFINITY, f64::min),
            fold(f64::NEG_INFINITY, f64::max),
        )
    };
    let (first, last) = (
        &recording.frames[0],
        &recording.frames[recording.frames.len() - 1],
    );
    let (low, high) = reach(first, 0);
    let (low_after, high_after) = reach(last, 0);
    let room = (high - low).max(LEAST_ROOM_M);
    let x0 = low.min(low_after.max(low - room)) - 0.15;
    let x1 = high.max(high_after.min(high + room)) + 0.15;
    let top = reach(first, 2).1.max(0.1);
    let top = top.max(reach(last, 2).1.min(top + LEAST_ROOM_M)) + 0.05;
    if !(x1 > x0 && top.is_finite()) {
        return String::new();
    }
    let cell = ((x1 - x0) / COLUMNS as f64).max(top / ASPECT / LINES as f64);
    let wide = ((x1 - x0) / cell).ceil().min(COLUMNS as f64) as usize;
    let high = (top / cell / ASPECT).ceil().min(LINES as f64).max(1.0) as usize;
    let solids = solids(recording, frame);
    let at = |column: usize, line: usize| {
        let x = x0 + (column as f64 + 0.5) * cell;
        let z = (high as f64 - line as f64 - 0.5) * cell * ASPECT;
        nearest(&solids, x, z)
    };
    let cells: Vec<Vec<usize>> = (0..high)
        .map(|line| (0..wide).map(|column| at(column, line)).collect())
        .collect();
    drawn(&cells, &solids)
}

/// Which solid is met first by a ray along +y at `x`, `z`: the slabs of Kay and Kajiya (1986).
fn nearest(solids: &[(Vec3, Pose, &str)], x: f64, z: f64) -> usize {
    let mut best = (f64::INFINITY, NOTHING);
    for (index, (size, pose, _)) in solids.iter().enumerate() {
        let from = pose.rotation.inverse() * (Vec3::new(x, 0.0, z) - pose.translation.vector);
        let along = pose.rotation.inverse() * Vec3::y();
        let (mut enter, mut leave) = (f64::NEG_INFINITY, f64::INFINITY);
        for k in 0..3 {
            if along[k].abs() < 1e-12 {
                if from[k].abs() > 0.5 * size[k] {
                    leave = f64::NEG_INFINITY;
                }
                continue;
            }
            let a = (-0.5 * size[k] - from[k]) / along[k];
            let b = (0.5 * size[k] - from[k]) / along[k];
            enter = enter.max(a.min(b));
            leave = leave.min(a.max(b));
        }
        if enter <= leave && enter < best.0 {
            best = (enter, index);
        }
    }
    best.1
}

fn drawn(cells: &[Vec<usize>], solids: &[(Vec3, Pose, &str)]) -> String {
    let at = |line: usize, column: usize| cells.get(line).map(|row| row[column]);
    let mut rows: Vec<Vec<char>> = Vec::new();
    for (line, row) in cells.iter().enumerate() {
        let drawn = row.iter().enumerate().map(|(column, &here)| {
            let below = at(line + 1, column);
            let left = column.checked_sub(1).map_or(NOTHING, |c| row[c]);
            if below.is_some_and(|b| b != here) || (below.is_none() && here != NOTHING) {
                '_'
            } else if left != here {
                '|'
            } else {
                ' '
            }
        });
        rows.push(drawn.collect());
    }
    for (index, (_, _, id)) in solids.iter().enumerate() {
        name(&mut rows, cells, index, id);
    }
    let mut out = String::new();
    for row in rows {
        let line: String = row.into_iter().collect();
        out.push_str(line.trim_end());
        out.push('\n');
    }
    let floor = "=".repeat(cells.first().map_or(0, Vec::len));
    out + &floor + "\n"
}

/// Writes as much of `id` as fits into the longest stretch of cells that show solid `index`.
fn name(rows: &mut [Vec<char>], cells: &[Vec<usize>], index: usize, id: &str) {
    let mut best = (0, 0, 0);
    for (line, row) in cells.iter().enumerate() {
        let mut start = 0;
        for column in 0..=row.len() {
            if row.get(column) == Some(&index) {
                continue;
            }
            // The upper of equally long stretches that still has a line below it reads best.
            if column - start > best.0 {
                best = (column - start, line, start);
            }
            start = column + 1;
        }
    }
    let (long, line, start) = best;
    let room = long.saturating_sub(2);
    let shown: Vec<char> = id.chars().take(room).collect();
    let from = start + 1 + (room - shown.len()) / 2;
    for (k, c) in shown.into_iter().enumerate() {
        rows[line][from + k] = c;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::replay::tests::two_boxes;

    #[test]
    fn the_text_tells_the_steps_the_risk_and_the_accident() {
        let text = text(&two_boxes());
        assert!(text.contains("1. remove upper with suction on its top  risk 40 % (bound 60 %)"));
        assert!(text.contains("!  tilt: lower at 1.00 s"));
    }

    /// The first view of a report, and the last.
    fn views(text: &str) -> (&str, &str) {
        let (_, views) = text
            .split_once("from the right (along +y), 0.00 s")
            .unwrap();
        views
            .split_once("from the right (along +y), 2.00 s")
            .unwrap()
    }

    #[test]
    fn a_box_that_was_carried_away_is_not_in_the_last_view() {
        let text = text(&two_boxes());
        let (before, after) = views(&text);
        assert!(before.contains("upper") && before.contains("pallet"));
        assert!(!after.contains("upper") && after.contains("lower"));
    }

    #[test]
    fn what_ends_beside_the_stack_is_in_view_and_what_flies_off_leaves_room_for_the_rest() {
        let ended_at = |x: f64, z: f64| {
            let mut recording = two_boxes();
            let last = recording.frames.last_mut().unwrap();
            last.boxes[0] = Some(crate::pose::level(Vec3::new(x, 0.0, z), 0.0));
            let text = text(&recording);
            let (before, after) = views(&text);
            (before.to_owned(), after.to_owned())
        };
        assert!(ended_at(1.4, 0.1).1.contains("lower"));
        for (x, z) in [(200.0, 0.1), (0.0, 60.0)] {
            assert!(ended_at(x, z).0.contains("upper"), "{x} {z}");
        }
    }

    #[test]
    fn no_line_is_wider_than_a_terminal() {
        let mut recording = two_boxes();
        recording.fixtures[0].size.x = 40.0;
        let text = text(&recording);
        assert!(text.lines().all(|l| l.chars().count() <= 80), "{text}");
    }
}
