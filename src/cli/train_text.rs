//! A finished model in words.
//!
//! Owns what `topple train` says on stdout at the end.

use std::fmt::Write;
use std::path::Path;

use crate::model::ModelCard;
use crate::model::ensemble::Price;
use crate::rollout::AccidentKind;

/// What `topple train` says of the model that it left in `folder`.
pub(super) fn in_words(folder: &Path, card: &ModelCard) -> String {
    let mut out = String::new();
    let v = &card.validation;
    let show = |x: Option<f64>| x.map_or("unknown (too few)".to_owned(), |x| format!("{x:.4}"));
    // Writing to a String cannot fail.
    let (here, epoch, members) = (folder.display(), card.epoch, card.members);
    let judged = card.trained_on();
    let _ = match card.config.keep_judgement {
        true => writeln!(
            out,
            "{here}: the imagination of epoch {epoch}, {members} members, trained on {} episodes; the judgement, trained on {judged}, is that of the model that it went on from",
            card.data.followed(epoch)
        ),
        false => writeln!(
            out,
            "{here}: the weights of epoch {epoch}, {members} members, trained on {judged} episodes{}",
            // Of which nobody can tell which are the same.
            match card.ancestors.is_empty() {
                true => "",
                false =>
                    ", those of the models before it among them, each as often as it was given",
            }
        ),
    };
    if card.epoch == 0 {
        let _ = writeln!(
            out,
            "no epoch was better than the model that it went on from"
        );
    }
    let _ = writeln!(
        out,
        "on {} episodes of stacks not trained on ({:.1} % accidents):",
        v.episodes,
        100.0 * v.base_rate
    );
    let _ = writeln!(out, "  AUC {}, Brier score {}", show(v.auc), show(v.brier));
    let kinds = AccidentKind::ALL.map(|k| {
        let auc = v.auc_by_accident[k.index()];
        format!("{} {}", k.name(), show(auc))
    });
    let _ = writeln!(out, "  AUC by accident: {}", kinds.join(", "));
    let _ = writeln!(
        out,
        "  calibration error {}, of which {} is noise",
        show(v.ece),
        show(v.ece_floor)
    );
    if let Some(side) = v.safe_side {
        let _ = writeln!(
            out,
            "  judged safe at 2 %: {:.1} % of them, of which {} ended in an accident",
            100.0 * side.coverage,
            show(side.false_safe)
        );
    }
    if let Some(w) = &v.weighed {
        let safe = w.safe_side.map_or_else(String::new, |side| {
            format!(
                ", {:.1} % judged safe, of which {}",
                100.0 * side.coverage,
                show(side.false_safe)
            )
        });
        let _ = writeln!(
            out,
            "  once imagined: AUC {}, Brier score {}, calibration error {} ({} is noise){safe}",
            show(w.auc),
            show(w.brier),
            show(w.ece),
            show(w.ece_floor)
        );
    }
    let at = |v: &[Option<f64>]| show(v.get(5).copied().flatten());
    let _ = writeln!(
        out,
        "  imagined at 1.5 s: what stays is off by {} m, what moves by {} of its way (medians)",
        at(&v.poses.still_m),
        at(&v.poses.moved_share)
    );
    let weighed = card.calibration_at(Price::Imagining);
    if weighed.ladder.is_empty() {
        let _ = writeln!(
            out,
            "  no limit on risk is certified, so every bound is 1 and by itself it calls nothing safe: it was calibrated on \
             episodes of {} stacks; give some thousand of more stacks (--calibrate-on)",
            weighed.stacks
        );
    }
    out
}
