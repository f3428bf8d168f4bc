//! What is told of an import: what was understood of the file, how many rows have which outcome, and why the notable
//! ones do. Nothing here ever repeats what stands in a cell.

use std::borrow::Cow;
use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use super::file::RowProblem;
use super::file::layout::{DateOrder, Heading};
use super::file::sheet::Understood;
use crate::domain::ids::WorkerId;

/// The most rows that a report goes into. All are counted.
pub const NOTABLE_MAX: usize = 1_000;

/// What a row comes to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// It changes something.
    New,
    /// It is so already.
    Same,
    /// It contradicts what is recorded, or an earlier row. Nothing is changed.
    Conflict,
    /// It cannot be read, or cannot be meant.
    Unusable,
}

/// How many rows have which outcome.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = ImportCounts)]
pub struct Counts {
    /// Rows that change something.
    pub new: u64,
    /// Rows that say what is so already.
    pub same: u64,
    /// Rows that contradict what is recorded, or an earlier row.
    pub conflict: u64,
    /// Rows that cannot be used.
    pub unusable: u64,
}

impl Counts {
    /// Counts one row.
    pub fn add(&mut self, outcome: Outcome) {
        match outcome {
            Outcome::New => self.new += 1,
            Outcome::Same => self.same += 1,
            Outcome::Conflict => self.conflict += 1,
            Outcome::Unusable => self.unusable += 1,
        }
    }
}

/// One thing that is wrong with a row.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = RowFault)]
pub struct Fault {
    /// The header of the column, as the file has it; none when the row as a whole is at fault.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(max_length = 1024)]
    pub column: Option<String>,
    /// For programs.
    #[schema(value_type = String, max_length = 40, pattern = "^[a-z_]+$")]
    pub code: Cow<'static, str>,
    /// For people: what is wrong and how to mend it.
    #[schema(value_type = String, max_length = 500)]
    pub message: Cow<'static, str>,
}

impl From<RowProblem> for Fault {
    fn from(problem: RowProblem) -> Self {
        Self {
            column: problem.column,
            code: problem.code.as_str().into(),
            message: problem.message.into(),
        }
    }
}

/// A row that is not simply taken over, and why.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = NotableRow)]
pub struct Notable {
    /// Where it begins: the line of the text file or the row of the workbook, from 1.
    pub line: u64,
    /// What it comes to.
    pub outcome: Outcome,
    /// What is wrong with it.
    #[schema(max_items = 20)]
    pub problems: Vec<Fault>,
}

/// What was found in a file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Report {
    /// The kind of file.
    pub understood: Understood,
    /// Every header, and what it was taken for.
    pub columns: Vec<Heading>,
    /// How dates are read.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub dates: Option<DateOrder>,
    /// The first [`NOTABLE_MAX`] rows that are not simply taken over.
    pub rows: Vec<Notable>,
    /// Why it ended before its end.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub failure: Option<String>,
}

/// Counts and notable rows of a part of a file, or of all of it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Tally {
    pub counts: Counts,
    pub notable: Vec<Notable>,
    /// The member's own workers of whom the outcomes tell that they are recorded.
    pub told: BTreeSet<WorkerId>,
}

impl Tally {
    pub(super) fn add(&mut self, line: u64, outcome: Outcome, problems: Vec<Fault>) {
        self.counts.add(outcome);
        let is_notable = matches!(outcome, Outcome::Conflict | Outcome::Unusable);
        if is_notable && self.notable.len() < NOTABLE_MAX {
            self.notable.push(Notable {
                line,
                outcome,
                problems,
            });
        }
    }
}
