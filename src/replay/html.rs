//! A recording as one page that needs nothing else: no network, no library, no server.
//!
//! Owns the data's form on the page and the assembling of the viewer (`viewer/`), which is ours.
//! Poses are rounded to 0.1 mm, and a frame names only the boxes that moved since the frame
//! before, so that a minute of sixty boxes stays under a few megabytes.

use serde_json::{Map, Value, json};

use super::{RecordedFrame, Recording, look, viewpoint};
use crate::pose::{Pose, Vec3};

const PAGE: &str = include_str!("viewer/page.html");
const STYLE: &str = include_str!("viewer/style.css");
/// In the order in which they are needed.
const SCRIPTS: [&str; 4] = [
    include_str!("viewer/maths.js"),
    include_str!("viewer/paint_gl.js"),
    include_str!("viewer/paint_flat.js"),
    include_str!("viewer/app.js"),
];

/// The whole page.
pub fn page(recording: &Recording) -> String {
    let script = SCRIPTS.join("\n");
    let parts = [
        ("{{TITLE}}", escape_text(&recording.title)),
        ("{{STYLE}}", STYLE.to_owned()),
        ("{{DATA}}", escape_in_script(&data(recording).to_string())),
        ("{{SCRIPT}}", script),
    ];
    let mut page = String::with_capacity(PAGE.len() + (1 << 16));
    let mut rest = PAGE;
    // The template is walked once, so that data which looks like a placeholder stays data.
    for (name, text) in &parts {
        let (before, after) = rest.split_once(name).unwrap_or((rest, ""));
        page.push_str(before);
        page.push_str(text);
        rest = after;
    }
    page.push_str(rest);
    page
}

fn escape_text(text: &str) -> String {
    text.replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
}

/// JSON that cannot end the script element it stands in.
fn escape_in_script(json: &str) -> String {
    json.replace('<', "\\u003c")
        .replace('\u{2028}', "\\u2028")
        .replace('\u{2029}', "\\u2029")
}

/// To four decimals: 0.1 mm, and for a quaternion 0.01°.
fn round(x: f64) -> f64 {
    let r = (x * 1e4).round() / 1e4;
    if r == 0.0 { 0.0 } else { r }
}

fn pose(p: &Pose) -> Value {
    let t = p.translation.vector;
    let q = p.rotation.coords;
    json!([t.x, t.y, t.z, q.x, q.y, q.z, q.w].map(round))
}

fn edges(size: Vec3) -> [f64; 3] {
    <[f64; 3]>::from(size).map(round)
}

fn data(recording: &Recording) -> Value {
    let boxes = recording.boxes.iter().enumerate().map(|(i, b)| {
        json!({
            "id": b.id,
            "size": edges(b.size),
            "colour": look::box_colour(recording, i),
        })
    });
    let fixtures = recording.fixtures.iter().map(|f| {
        json!({
            "id": f.id,
            "size": edges(f.size),
            "pose": pose(&f.pose),
            "colour": look::fixture_colour(f),
        })
    });
    let steps = recording.steps.iter().map(|s| {
        json!({
            "title": s.title,
            "target": s.target,
            "hand": s.hand.map(|h| h.parts()),
            "risk": s.risk.map(round),
            "bound": s.risk_bound.map(round),
        })
    });
    let events = recording.events.iter().map(|e| {
        json!({
            "t": round(e.t), "kind": e.kind.name(), "box": e.box_index,
            "step": e.step, "text": e.text,
        })
    });
    json!({
        "title": recording.title,
        "origin": recording.origin.name(),
        "azimuth": round(viewpoint::clearest_azimuth_rad(recording)),
        "boxes": boxes.collect::<Vec<_>>(),
        "fixtures": fixtures.collect::<Vec<_>>(),
        "targets": recording.targets,
        "steps": steps.collect::<Vec<_>>(),
        "events": events.collect::<Vec<_>>(),
        "frames": frames(&recording.frames),
        "imagined": frames(&recording.imagined),
        "look": {
            "accident": look::ACCIDENT, "ghost": look::GHOST,
            "target": look::TARGET, "hand": look::HAND, "rubber": look::RUBBER,
        },
    })
}

/// Each frame as `[t, step, hand or 0, {box: pose or 0}]`, with the boxes that changed.
fn frames(frames: &[RecordedFrame]) -> Vec<Value> {
    let mut shown: Vec<Value> = Vec::new();
    let mut out = Vec::with_capacity(frames.len());
    for frame in frames {
        shown.resize(frame.boxes.len(), Value::Null);
        let mut changed = Map::new();
        for (index, b) in frame.boxes.iter().enumerate() {
            let now = b.as_ref().map_or(json!(0), pose);
            if now != shown[index] {
                changed.insert(index.to_string(), now.clone());
                shown[index] = now;
            }
        }
        let hand = frame.hand.as_ref().map_or(json!(0), pose);
        out.push(json!([round(frame.t), frame.step, hand, changed]));
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::replay::tests::two_boxes;

    #[test]
    fn the_page_refers_to_nothing_outside_itself() {
        let page = page(&two_boxes());
        for word in [
            "http:", "https:", "src=", "href=", "@import", "url(", "fetch(",
        ] {
            assert!(!page.contains(word), "the page contains {word}");
        }
        assert!(!page.contains("{{"), "every placeholder is filled");
    }

    #[test]
    fn a_name_that_ends_a_script_or_looks_like_a_placeholder_stays_a_name() {
        let mut recording = two_boxes();
        recording.boxes[0].id = "</script><b>{{SCRIPT}}".to_owned();
        recording.title = "<i>{{DATA}}".to_owned();
        let page = page(&recording);
        assert_eq!(page.matches("</script>").count(), 2);
        assert!(page.contains("\\u003c/script>"));
        assert!(page.contains("<title>&lt;i>") || page.contains("<title>&lt;i&gt;"));
    }

    #[test]
    fn the_data_on_the_page_is_the_recording_to_a_tenth_of_a_millimetre() {
        let recording = two_boxes();
        let page = page(&recording);
        let data = page
            .split_once("<script id=\"data\" type=\"application/json\">")
            .and_then(|(_, rest)| rest.split_once("</script>"))
            .map(|(data, _)| serde_json::from_str::<Value>(data).unwrap())
            .unwrap();
        let frames = data["frames"].as_array().unwrap();
        assert_eq!(frames.len(), recording.frames.len());
        let x = frames[3][3]["0"][0].as_f64().unwrap();
        let truth = recording.frames[3].boxes[0].unwrap().translation.x;
        assert!((x - truth).abs() <= 0.5e-4 + 1e-12);
        assert_eq!(frames[6][3]["1"], json!(0), "the removed box is gone");
        assert_eq!(data["events"][0]["kind"], "tilt");
    }

    #[test]
    fn boxes_that_stand_still_are_written_once() {
        let mut recording = two_boxes();
        let still = recording.frames[0].boxes[0];
        for frame in &mut recording.frames {
            frame.boxes[0] = still;
        }
        let data = data(&recording);
        let named = data["frames"].as_array().unwrap().iter();
        assert_eq!(named.filter(|f| !f[3]["0"].is_null()).count(), 1);
    }
}
