//! How the figures of `topple eval` read on a screen.

use std::collections::BTreeMap;
use std::fmt::Write;

use crate::eval::closed_loop::{HeldOut, SuiteReport};
use crate::eval::contest::Contestant;
use crate::eval::groups::GroupFigures;
use crate::eval::open_loop::{Figures, SplitReport};

/// A number with `digits` decimals, or a dash.
fn number(value: Option<f64>, digits: usize) -> String {
    value.map_or_else(|| "-".to_owned(), |v| format!("{v:.digits$}"))
}

/// A share in per cent, or a dash.
pub(super) fn percent(value: Option<f64>) -> String {
    value.map_or_else(|| "-".to_owned(), |v| format!("{:.1} %", 100.0 * v))
}

/// An interval of shares in per cent.
pub(super) fn interval((low, high): (f64, f64)) -> String {
    format!("{:.1} to {:.1} %", 100.0 * low, 100.0 * high)
}

fn groups(of: &BTreeMap<String, GroupFigures>) -> String {
    let each = of.iter().map(|(name, f)| {
        format!(
            "{name} {} cases, AUC {}, Brier {} (ceiling {})",
            f.n,
            number(f.auc, 4),
            number(f.brier, 4),
            number(f.ceiling_brier, 4)
        )
    });
    each.collect::<Vec<String>>().join("; ")
}

/// Writes a split of `eval model`.
pub fn split(out: &mut String, name: &str, report: &SplitReport) {
    // Writing to a String cannot fail.
    let _ = writeln!(
        out,
        "{name}: {} cases, {} accidents, {} undecided, {} predictions failed",
        report.episodes,
        percent(Some(report.base_rate)),
        percent(report.undecided),
        report.failed
    );
    let _ = writeln!(
        out,
        "  {:9} {:>7} {:>17} {:>7} {:>7} {:>7} {:>10} {:>9}  band",
        "", "AUC", "95 % interval", "Brier", "ECE", "floor", "false-safe", "coverage"
    );
    let mut row = |who: &str, f: &Figures| {
        let ci = f.ci.get("auc").copied().flatten();
        let _ = writeln!(
            out,
            "  {who:9} {:>7} {:>17} {:>7} {:>7} {:>7} {:>10} {:>9}  {} of {}",
            number(f.auc, 4),
            ci.map_or("-".to_owned(), |(a, b)| format!("{a:.4} to {b:.4}")),
            number(f.brier, 4),
            number(f.ece, 4),
            number(f.ece_floor, 4),
            percent(f.false_safe),
            percent(Some(f.coverage)),
            percent(f.band.rate),
            f.band.n,
        );
    };
    row("model", &report.model);
    row("screened", &report.screened);
    if let Some(ceiling) = &report.ceiling {
        row("ceiling", ceiling);
    }
    row("constant", &report.constant);
    let kinds: Vec<String> = report
        .model
        .auc_by_accident
        .iter()
        .map(|(kind, auc)| format!("{kind} {}", number(*auc, 4)))
        .collect();
    let _ = writeln!(out, "  AUC by accident: {}", kinds.join(", "));
    let _ = writeln!(out, "  by action: {}", groups(&report.by_action));
    let _ = writeln!(out, "  by family: {}", groups(&report.by_family));
    let list = |values: &[Option<f64>], scale: f64, digits: usize| -> String {
        let all: Vec<String> = values
            .iter()
            .map(|v| number(v.map(|v| v * scale), digits))
            .collect();
        all.join(" ")
    };
    let p = &report.position_error_m;
    let _ = writeln!(
        out,
        "  position error by stride, mm: still {}; moved {} of {} ({} %); held {} ({} %)\n",
        list(&p.still, 1e3, 1),
        list(&p.moved, 1e3, 0),
        list(&p.moved_distance, 1e3, 0),
        list(&p.moved_share, 1e2, 0),
        list(&p.carried, 1e3, 0),
        list(&p.carried_share, 1e2, 0),
    );
}

/// Writes a suite of `eval planner`.
pub fn suite(out: &mut String, name: &str, report: &SuiteReport) {
    let simulated = Contestant::SandboxEqualTime.name();
    let takes_part = report.planners.contains_key(simulated);
    let equal_time = report.equal_time_episodes.filter(|_| takes_part);
    let equal_time = equal_time.map_or_else(String::new, |episodes| {
        format!("equal time is {episodes} simulated episodes; ")
    });
    let _ = writeln!(
        out,
        "{name}: {} tasks, {} of them solvable (the sandbox planner ends with 0 accidents in 32 draws); \
         {equal_time}beyond: of the tasks that are not solvable, those done without an accident and with one",
        report.n, report.solvable
    );
    let _ = writeln!(
        out,
        "  {:19} {:>8} {:>9} {:>16} {:>12} {:>11} {:>13} {:>13} {:>11} {:>12} {:>8} {:>8} {:>9} {:>9}",
        "",
        "solved",
        "accident",
        "95 % interval",
        "over sandbox",
        "bad steps",
        "refused right",
        "refused wrong",
        "done beyond",
        "wrong beyond",
        "path m",
        "peak m/s",
        "p50 ms",
        "p95 ms"
    );
    for (who, f) in &report.planners {
        let interval = interval(f.accident_ci);
        let most = f.above_sandbox_ci.map(|(_, most)| most);
        let over = most.map_or_else(String::new, |most| format!("< {:.1} %", 100.0 * most));
        let _ = writeln!(
            out,
            "  {who:19} {:>8} {:>9} {interval:>16} {over:>12} {:>11} {:>13} {:>13} {:>11} {:>12} {:>8} {:>8} {:>9} {:>9}",
            percent(f.success),
            percent(f.accident_rate),
            percent(f.step_accident_rate),
            percent(f.refused_right),
            percent(f.refused_wrong),
            percent(f.done_beyond),
            percent(f.wrong_beyond),
            number(f.path_length_m, 3),
            number(f.peak_speed_m_s, 3),
            number(f.latency_ms.map(|l| l.p50), 0),
            number(f.latency_ms.map(|l| l.p95), 0),
        );
    }
    for (who, f) in &report.planners {
        if let Some(held_out) = &f.held_out {
            let _ = writeln!(out, "  {}", held_out_in_words(who, held_out));
        }
    }
    let _ = writeln!(out);
}

/// What plans come to under draws that they were not chosen by.
fn held_out_in_words(who: &str, of: &HeldOut) -> String {
    let interval = of.accident_ci.map_or_else(String::new, |(low, high)| {
        format!(" ({:.1} to {:.1})", 100.0 * low, 100.0 * high)
    });
    let untold = match of.untold {
        0 => String::new(),
        n => format!(", of {n} more nothing is known"),
    };
    format!(
        "{who} under other draws: of the solvable tasks {}{interval} go wrong, with {} plans{untold}; {} plans for the others go wrong in {}, {} of them in none",
        percent(of.accident_rate),
        of.plans,
        of.plans_beyond,
        percent(of.risk_beyond),
        of.safe_beyond
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn plans_under_other_draws_are_told_with_how_many_the_reference_missed() {
        let told = HeldOut {
            plans: 60,
            accident_rate: Some(0.008),
            accident_ci: Some((0.002, 0.016)),
            untold: 0,
            plans_beyond: 4,
            risk_beyond: None,
            safe_beyond: 3,
        };
        let wanted = "learned under other draws: of the solvable tasks 0.8 % (0.2 to 1.6) go wrong, with 60 plans; 4 plans for the others go wrong in -, 3 of them in none";
        assert_eq!(held_out_in_words("learned", &told), wanted);
    }
}
