//! Why a file as a whole is refused.

use std::borrow::Cow;

use super::file::layout::LayoutProblem;
use super::file::sheet::Unreadable;
use super::report::Tally;
use crate::service::error::{Code, Error, FieldError};

/// The refusal of a file that is no table.
pub(super) fn unreadable(why: &Unreadable) -> Error {
    unusable(
        why.to_string(),
        vec![field(String::new(), why.code(), why.to_string())],
    )
}

/// The refusal of a file whose columns do not say what they are.
pub(super) fn unclear(problems: &[LayoutProblem]) -> Error {
    let fields = problems
        .iter()
        .map(|problem| field("header".into(), problem.code(), problem.to_string()));
    unusable(
        "The columns of the file cannot be used.".into(),
        fields.collect(),
    )
}

/// The refusal of a file without a single usable row, with the reasons of its first rows.
pub(super) fn nothing_usable(tally: &Tally) -> Error {
    let faults = tally
        .notable
        .iter()
        .flat_map(|row| row.problems.iter().map(|fault| (row.line, fault)));
    let fields = faults.take(FIELDS_MAX).map(|(line, fault)| {
        let header = fault
            .column
            .as_ref()
            .map(|header| header.chars().take(100).collect::<String>());
        let pointer = header.map_or_else(
            || format!("line {line}"),
            |header| format!("line {line}, {header}"),
        );
        let code = match fault.code {
            Cow::Borrowed(code) => code,
            Cow::Owned(_) => "value",
        };
        FieldError {
            pointer,
            code,
            message: fault.message.to_string(),
        }
    });
    unusable("No row of the file can be used.".into(), fields.collect())
}

fn unusable(detail: String, fields: Vec<FieldError>) -> Error {
    Error {
        fields,
        ..Error::new(Code::UnusableFile, detail)
    }
}

fn field(pointer: String, code: &'static str, message: String) -> FieldError {
    FieldError {
        pointer,
        code,
        message,
    }
}

/// A problem document says at most so many.
const FIELDS_MAX: usize = 100;
