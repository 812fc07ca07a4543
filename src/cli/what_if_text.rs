//! What `topple what-if` says in words.
//!
//! Owns [`in_words`]: the verdict, who moves and falls, and the largest size that is still safe. Decides nothing.

use std::fmt::Write;

use super::plan_text::{checked_in_words, risk_in_words};
use super::print::id_width;
use crate::plan::report::{LargestSafeReport, WhatIfReport};
use crate::replay::look::percent;
use crate::scene::task::TaskFile;

/// Under this a box is said to stay, probability: a learned one is never 0.
const STAYS_P: f64 = 0.01;
/// And over this it is seen to have moved, m, on average.
const STAYS_M: f64 = 0.01;

/// The report for a person.
pub fn in_words(file: &TaskFile, report: &WhatIfReport) -> String {
    let mut out = verdict(file, report);
    if let Some(reason) = &report.reason {
        out += reason;
        out.push('\n');
    }
    let by = &report.risk_by_accident;
    // Writing to a String cannot fail.
    let _ = writeln!(
        out,
        "disturb {}, tilt {}, drop {}, crush {}, strike {}\n",
        percent(by.disturb),
        percent(by.tilt),
        percent(by.drop),
        percent(by.crush),
        percent(by.strike)
    );
    let _ = writeln!(
        out,
        "imagined (moves: at some time by more than {:.3} m; falls: tilts by more than {:.0} degrees, or sinks by half its \
         height; how far: in the end):",
        report.moves_beyond_m, report.falls_beyond_deg
    );
    out += &boxes(report);
    if let Some(largest) = &report.largest_safe {
        out += &largest_safe(report.action.kind, largest);
    }
    out
}

fn verdict(file: &TaskFile, report: &WhatIfReport) -> String {
    let asked = match (&report.action.vector, &report.action.grasp) {
        (Some(v), _) => format!("({}, {}, {})", v[0], v[1], v[2]),
        (None, Some(grasp)) => format!("by {}, {}", grasp.gripper, grasp.face),
        (None, None) => String::new(),
    };
    let checked = match report.verified_risk {
        Some(_) => format!(
            "; in the sandbox {} draws went wrong",
            checked_in_words(report.verified_risk, report.verified_draws)
        ),
        None => String::new(),
    };
    format!(
        "{}: {} `{}` {asked}: {}\n{} (limit {}){checked}\n",
        file.name,
        report.action.kind,
        report.action.box_id,
        if report.is_safe() { "safe" } else { "not safe" },
        risk_in_words(&report.asked.dynamics, report.risk, report.risk_bound),
        percent(report.max_risk)
    )
}

/// A line for each box that may not stay, and how many do.
fn boxes(report: &WhatIfReport) -> String {
    let width = id_width(report.boxes.0.iter().map(|(id, _)| id.as_str()));
    let mut out = format!("  {:width$}  moves   falls   how far (mean, 95 %)\n", "box");
    let mut stay = 0;
    for (id, fate) in &report.boxes.0 {
        let hardly_ever = fate.p_moves < STAYS_P && fate.p_falls < STAYS_P;
        if hardly_ever && fate.displacement_m.mean < STAYS_M {
            stay += 1;
            continue;
        }
        let _ = writeln!(
            out,
            "  {id:width$}  {:6}  {:6}  {:.3} m, {:.3} m",
            percent(fate.p_moves),
            percent(fate.p_falls),
            fate.displacement_m.mean,
            fate.displacement_m.p95
        );
    }
    let all = report.boxes.0.len();
    let _ = writeln!(out, "  {stay} of {all} boxes stay where they are");
    out
}

fn largest_safe(kind: &str, largest: &LargestSafeReport) -> String {
    let digits = if largest.unit == "m" { 3 } else { 0 };
    let beyond = match largest.at_least {
        true => "at least ",
        false => "",
    };
    if largest.value == 0.0 {
        return format!("\nno {kind} in this direction was found to be safe\n");
    }
    let confirmed = match largest.confirmed {
        true => "confirmed in the sandbox",
        false => "not confirmed",
    };
    format!(
        "\nthe largest {kind} in this direction that is still safe: {beyond}{:.digits$} {}, {confirmed}\n",
        largest.value, largest.unit
    )
}
