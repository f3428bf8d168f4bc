//! Which column of a file is what.
//!
//! A header that could be two columns, two headers for one column, and a misspelt header are errors: a column that is
//! quietly left out can widen what a credential opens. Other unknown columns are ignored, and reported.

use serde::{Deserialize, Serialize};

use super::columns::{Column, Purpose, meanings, nearest};
use super::dates::{Order, proven_order};
use super::sheet::Sheet;
use super::widths::Widths;

/// Which column of a file is what.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Layout {
    /// What the file is for.
    pub purpose: Purpose,
    /// Every header of the file, in its order, and what it was taken for.
    pub columns: Vec<Heading>,
    /// How dates with the month as a number are read; none when the file has no date column.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub dates: Option<DateOrder>,
    /// How long card numbers are.
    #[serde(skip)]
    pub(in crate::service::import) widths: Widths,
}

/// A header and its meaning.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct Heading {
    /// As it stands in the file.
    #[schema(max_length = 1024)]
    pub header: String,
    /// What it means; none when the column is ignored.
    pub column: Option<Column>,
}

/// How dates such as 03/04/2027 are read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum DateOrder {
    /// As 3 April. Belgian files are so, and there is no setting for other ones.
    DayFirst,
}

/// Why the columns of a file cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum LayoutProblem {
    /// A header with more than one meaning.
    #[error(
        "The header \"{header}\" can mean the {}. Use a clearer one: {}.",
        or(columns),
        examples(columns)
    )]
    Ambiguous {
        /// As it stands in the file.
        header: String,
        /// What it can mean.
        columns: Vec<Column>,
    },
    /// Two headers with one meaning.
    #[error(
        "The headers \"{first}\" and \"{second}\" both mean the {column}. Remove or rename one of them."
    )]
    Twice {
        /// What they mean.
        column: Column,
        /// The header further to the left.
        first: String,
        /// The other one.
        second: String,
    },
    /// A header that is nearly a known one.
    #[error(
        "The header \"{header}\" is unknown. If it means the {column}, write \"{meant}\"; otherwise remove the column."
    )]
    Misspelt {
        /// As it stands in the file.
        header: String,
        /// What it nearly says.
        column: Column,
        /// The accepted header nearest to it.
        meant: &'static str,
    },
    /// A column that must be there.
    #[error(
        "There is no column for the {}. Its header may be: {}.",
        or(columns),
        accepted(columns)
    )]
    Missing {
        /// One of these is needed.
        columns: &'static [Column],
    },
    /// A date column in which the month comes first.
    #[error(
        "In the column \"{header}\" the month stands before the day. Write the dates as 2027-12-31 or 31/12/2027."
    )]
    MonthFirst {
        /// As it stands in the file.
        header: String,
    },
}

impl LayoutProblem {
    /// For programs.
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Ambiguous { .. } => "ambiguous_header",
            Self::Twice { .. } => "column_twice",
            Self::Misspelt { .. } => "misspelt_header",
            Self::Missing { .. } => "missing_column",
            Self::MonthFirst { .. } => "month_first_dates",
        }
    }
}

impl Layout {
    /// Finds the known columns of a file. Columns that are not known are ignored, and `columns` tells which. Date
    /// columns are looked through once: if some of their dates can only be read month first and none only day first,
    /// then the others would be read wrongly too.
    ///
    /// # Errors
    /// Everything that is wrong with the headers, so that it can be mended in one go.
    pub fn of(purpose: Purpose, sheet: &Sheet<'_>) -> Result<Self, Vec<LayoutProblem>> {
        let mut problems = Vec::new();
        let mut columns: Vec<Heading> = Vec::with_capacity(sheet.headers.len());
        for header in &sheet.headers {
            let meant = meanings(purpose, header);
            let column = meant.first().copied().filter(|_| meant.len() == 1);
            if meant.len() > 1 {
                problems.push(LayoutProblem::Ambiguous {
                    header: header.clone(),
                    columns: meant,
                });
            }
            let before = columns
                .iter()
                .find(|heading| column.is_some() && heading.column == column);
            if let (Some(column), Some(before)) = (column, before) {
                let (first, second) = (before.header.clone(), header.clone());
                problems.push(LayoutProblem::Twice {
                    column,
                    first,
                    second,
                });
            }
            columns.push(Heading {
                header: header.clone(),
                column,
            });
        }
        let has = |column: &Column| {
            columns
                .iter()
                .any(|heading| heading.column == Some(*column))
        };
        for heading in columns.iter().filter(|heading| heading.column.is_none()) {
            if let Some((column, meant)) =
                nearest(purpose, &heading.header).filter(|(column, _)| !has(column))
            {
                problems.push(LayoutProblem::Misspelt {
                    header: heading.header.clone(),
                    column,
                    meant,
                });
            }
        }
        for group in purpose.required() {
            if !group.iter().any(has) {
                problems.push(LayoutProblem::Missing { columns: group });
            }
        }
        let has_dates = columns
            .iter()
            .any(|heading| heading.column.is_some_and(Column::is_date));
        let dates = has_dates.then_some(DateOrder::DayFirst);
        let layout = Self {
            purpose,
            columns,
            dates,
            widths: Widths::default(),
        };
        problems.extend(layout.month_first(sheet));
        if problems.is_empty() {
            let widths = Widths::of(&layout, sheet);
            Ok(Self { widths, ..layout })
        } else {
            Err(problems)
        }
    }

    /// Where a column stands in the file.
    pub(in crate::service::import) fn place(&self, column: Column) -> Option<usize> {
        self.columns
            .iter()
            .position(|heading| heading.column == Some(column))
    }

    /// The date columns in which the month comes first.
    fn month_first(&self, sheet: &Sheet<'_>) -> Vec<LayoutProblem> {
        let is_date =
            |(_, heading): &(usize, &Heading)| heading.column.is_some_and(Column::is_date);
        let places: Vec<usize> = self
            .columns
            .iter()
            .enumerate()
            .filter(is_date)
            .map(|(place, _)| place)
            .collect();
        if places.is_empty() {
            return Vec::new();
        }
        // For each place, whether a date was seen that proves that the day comes first, and one that proves the month
        // does.
        let mut proofs = vec![(false, false); places.len()];
        for row in sheet.rows().filter_map(Result::ok) {
            for (place, (day_first, month_first)) in places.iter().zip(&mut proofs) {
                match proven_order(row.cell(*place)) {
                    Some(Order::DayFirst) => *day_first = true,
                    Some(Order::MonthFirst) => *month_first = true,
                    None => {}
                }
            }
        }
        let header = |place: usize| self.columns[place].header.clone();
        let wrong = places
            .iter()
            .zip(proofs)
            .filter(|(_, proof)| *proof == (false, true));
        wrong
            .map(|(place, _)| LayoutProblem::MonthFirst {
                header: header(*place),
            })
            .collect()
    }
}

fn or(columns: &[Column]) -> String {
    columns
        .iter()
        .map(Column::to_string)
        .collect::<Vec<_>>()
        .join(" or the ")
}

/// The first accepted header of each.
fn examples(columns: &[Column]) -> String {
    let first = |column: &Column| column.accepted().first().map(|name| format!("\"{name}\""));
    columns
        .iter()
        .filter_map(first)
        .collect::<Vec<_>>()
        .join(" or ")
}

fn accepted(columns: &[Column]) -> String {
    columns
        .iter()
        .flat_map(|column| column.accepted())
        .copied()
        .collect::<Vec<_>>()
        .join(", ")
}
