//! How the figures of `topple bench` read on a screen.

use std::fmt::Write;

use crate::eval::bench::BenchReport;

/// What a person wants to read.
pub fn in_words(report: &BenchReport) -> String {
    let mut out = String::new();
    // Writing to a String cannot fail, here and below.
    if !report.sandbox.is_empty() {
        let _ = writeln!(out, "sandbox, one thread, stacks of cubes at rest:");
        let _ = writeln!(
            out,
            "  boxes   gap, mm   steps/s   × real time   episodes/s"
        );
        for s in report.sandbox.iter().chain(&report.sandbox_touching) {
            let _ = writeln!(
                out,
                "  {:5} {:9.0} {:9.0} {:13.1} {:12.1}",
                s.boxes,
                1e3 * s.gap_m,
                s.steps_per_s,
                s.real_time_factor,
                s.episodes_per_s
            );
        }
    }
    model_in_words(&mut out, report);
    for (split, q) in &report.risk_query {
        let _ = writeln!(
            out,
            "a risk on {split} ({} cases): {:.0} µs learned (Brier score {:.4}; {:.0} µs for one alone), \
             {:.0} µs simulated under {}{} draws (Brier score {:.4}): {}{:.1} times",
            q.cases,
            q.learned_us,
            q.learned_brier,
            q.learned_alone_us,
            q.sandbox_us,
            if q.reached { "" } else { "more than " },
            q.sandbox_draws,
            q.sandbox_brier,
            if q.reached { "" } else { "at least " },
            q.ratio
        );
    }
    if let Some(p) = &report.plan_ms {
        let _ = writeln!(
            out,
            "planning a step of {} boxes, {} threads: {:.0} ms at the median, {:.0} at the 95th percentile \
             ({:.0} and {:.0} without the shield); {} boxes: {:.0} ms ({:.0})",
            p.boxes,
            report.threads,
            p.shielded.p50,
            p.shielded.p95,
            p.unshielded.p50,
            p.unshielded.p95,
            p.large.boxes,
            p.large.shielded.p50,
            p.large.unshielded.p50
        );
    }
    if let Some(t) = &report.train {
        let _ = writeln!(
            out,
            "training, one member, one thread: {:.0} transitions/s, {:.0} episodes/s ({:.1} ms a step of {})",
            t.transitions_per_s, t.episodes_per_s, t.step_ms, t.batch
        );
        let _ = writeln!(
            out,
            "  a batch of {} nodes and {} edges, ready in {:.1} ms: {:.2} ms to judge, {:.2} to imagine; \
             {:.2} a step that learns judging, {:.2} one that learns both",
            t.nodes, t.edges, t.batch_ms, t.judge_ms, t.imagine_ms, t.judge_step_ms, t.both_step_ms
        );
    }
    out
}

fn model_in_words(out: &mut String, report: &BenchReport) {
    if let Some(m) = &report.model {
        let _ = writeln!(
            out,
            "model, one thread, {} boxes, {} members: {:.0} µs to screen a candidate (batches of {}), \
             {:.0} µs to imagine one",
            m.boxes, m.members, m.screen_us, m.batch, m.imagine_us
        );
    }
    if !report.growth.is_empty() {
        let _ = writeln!(out, "  boxes   contacts   edges seen   µs to screen");
        for g in &report.growth {
            let _ = writeln!(
                out,
                "  {:5} {:10} {:12.1} {:14.0}",
                g.boxes, g.contacts, g.edges, g.screen_us
            );
        }
    }
}
