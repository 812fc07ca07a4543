//! Why a training run ends without a model, and what to do about it.
//!
//! Owns the remedies; what went wrong is told by [`TrainError`] itself.

use std::io::ErrorKind;

use super::TrainArgs;
use crate::cli::interrupt::Interrupt;
use crate::cli::{Failure, models, print};
use crate::model::checkpoint::{CHECKPOINT_FILE, ResumeError};
use crate::model::log::LOG_FILE;
use crate::model::{ModelError, TrainError};

/// What to do about a log that cannot be read, where that is what `error` is about.
pub(super) fn log_remedy(error: &ModelError, args: &TrainArgs) -> Option<String> {
    let is_of_log = match error {
        ModelError::Unreadable { path, .. } => path.ends_with(LOG_FILE),
        ModelError::Foreign { file, .. } => file == LOG_FILE,
        _ => false,
    };
    is_of_log.then(|| {
        format!(
            "take {}/{LOG_FILE} away: the run goes on without what it told, which the plots then lack",
            args.out.display()
        )
    })
}

const UNLIKE_REMEDY: &str = "leave that setting out, or begin anew without --from";

pub(super) fn failure(error: TrainError, args: &TrainArgs, interrupt: &Interrupt) -> Failure {
    let out = args.out.display();
    match error {
        TrainError::Interrupted { epochs } => {
            print::note(format!(
                "interrupted: {epochs} epochs are kept in {out}; give the same command with --resume to go on"
            ));
            Failure::Interrupted(interrupt.signal().unwrap_or(2))
        }
        TrainError::Occupied(_) => Failure::input_message(
            error,
            "give --resume to go on with it, or another folder with --out",
        ),
        TrainError::Finished(_) => Failure::input_message(
            error,
            "name another folder with --out; to go on from its weights give it to --from",
        ),
        TrainError::Resume(
            ResumeError::Damaged | ResumeError::File(_) | ResumeError::Header(_),
        ) => Failure::input_message(
            error,
            format!(
                "{out}/{CHECKPOINT_FILE} is not as this version wrote it: bring it back from a copy, or start anew in another folder"
            ),
        ),
        TrainError::Resume(_) => Failure::input_message(
            error,
            "resume with the settings, the data sets and the --from that the run began with, or start anew in another folder",
        ),
        TrainError::Busy(_) => Failure::input_message(
            error,
            "wait for it to end, or name another folder with --out",
        ),
        TrainError::Unlike(_) => Failure::input_message(error, UNLIKE_REMEDY),
        TrainError::NothingToKeep => {
            Failure::input_message(error, "name the model that has it with --from")
        }
        TrainError::Imagination { .. } => Failure::input_message(
            error,
            "let it learn one first, with --keep-judgement; that leaves the judgement as it is",
        ),
        TrainError::Device(_) => Failure::input_message(error, models::DEVICE_REMEDY),
        TrainError::Knob(_) => Failure::input_message(error, "see `topple train --help`"),
        TrainError::TooFew { .. } => {
            let what = "make more episodes with `topple generate`; sets that a model chose (--doubted-by) need others beside them, and few given scenes (--scenes) need more of them or a made-up set";
            Failure::input_message(error, what)
        }
        TrainError::File(ref why) if log_remedy(why, args).is_some() => {
            let remedy = log_remedy(why, args).unwrap_or_default();
            Failure::input_message(error, remedy)
        }
        TrainError::File(ModelError::Unwritable { ref source, .. })
            if source.kind() == ErrorKind::StorageFull =>
        {
            Failure::failed_message(
                error,
                "free some space, then give the same command with --resume: a checkpoint that is there is whole",
            )
        }
        TrainError::File(_) if !args.out.join(CHECKPOINT_FILE).exists() => {
            Failure::failed_message(error, "name a folder that can be written, with --out")
        }
        TrainError::File(_) => Failure::failed_message(
            error,
            "the last checkpoint is whole; free some space and resume",
        ),
        TrainError::Tensor(_) | TrainError::Thread(_) => {
            Failure::failed_message(error, "the last checkpoint is whole; try a lower --lr")
        }
    }
}
