//! `topple schema`: the JSON Schema of the files that people write.

use clap::{Args, ValueEnum};

use super::{Exit, Outcome, print};
use crate::scene::task::{steps_schema, task_schema};

/// Print the JSON Schema of task files (or of step lists), for editors and generators.
///
/// Put it beside your files and name it in their first line, and an editor with a YAML
/// language server completes keys and checks values as you type:
/// `# yaml-language-server: $schema=task.schema.json`
#[derive(Args, Debug)]
pub struct SchemaArgs {
    /// Which kind of file.
    #[arg(value_enum, default_value_t = SchemaKind::Task)]
    pub kind: SchemaKind,
}

/// The kinds of files that people write.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum SchemaKind {
    /// Task files.
    Task,
    /// Lists of steps, as `vet` reads them.
    Steps,
}

/// Prints the schema.
///
/// # Errors
/// When stdout cannot be written.
pub fn run(args: SchemaArgs) -> Outcome {
    let schema = match args.kind {
        SchemaKind::Task => task_schema(),
        SchemaKind::Steps => steps_schema(),
    };
    print::indented_json(schema)?;
    Ok(Exit::Done)
}
