//! From rows to what they come to. The same steps are taken by the dry run and by the run that changes things, so that
//! the first says what the second will do:
//!
//! 1. *read*: a row becomes what it wants, or is settled by itself (it is unusable, or repeats an earlier row);
//! 2. *look up*: what a batch of rows wants is compared with what is recorded, with a few queries for all of them;
//! 3. *judge*: each gets its outcome;
//! 4. *enact*: the new ones are carried out; only this step is left out in a dry run.

use super::file::RowProblem;
use super::file::sheet::{Row, Sheet};
use super::report::{Fault, Outcome, Tally};
use super::terms::Terms;
use crate::access::permission::Caller;
use crate::domain::ids::WorkerId;
use crate::domain::time::Timestamp;
use crate::service::commit::Tx;
use crate::service::error::Error;
use crate::service::watch::make_way;
use crate::store::Reader;

/// Rows that are looked up, and committed, together. Few, as a commit cannot be interrupted: where the database is in this process, a
/// gate that shares its core waits as long as it takes.
pub(super) const BATCH_ROWS: usize = 100;

/// What a row of one purpose wants.
pub(super) trait Wanted: Sized + Send + Sync + 'static {
    /// What earlier rows of the file said.
    type Memory: Default;
    /// What is recorded of what a batch names.
    type Known: Default;

    /// Reads a row.
    fn read(terms: &Terms, memory: &mut Self::Memory, row: &Row) -> Found<Self>;
    /// Looks up what is recorded of what these rows name.
    fn look_up(
        known: &mut Self::Known,
        reader: &mut Reader,
        terms: &Terms,
        wanted: &[&Self],
    ) -> Result<(), Error>;
    /// Reads at once what carrying out the rows of a batch will need of those who are known.
    fn prepare(known: &Self::Known, tx: &mut Tx<'_>) -> Result<(), Error>;
    /// Says what a row comes to. Earlier rows of the batch that are new count as done.
    fn judge(&self, known: &mut Self::Known, terms: &Terms, now: Timestamp) -> Verdict;
    /// The member's own workers of whom the outcome tells that they are recorded.
    fn tells_of(&self, known: &Self::Known, terms: &Terms) -> Vec<WorkerId>;
    /// Carries out a row that was judged to be new.
    fn enact(
        &self,
        known: &mut Self::Known,
        terms: &Terms,
        tx: &mut Tx<'_>,
        caller: Caller,
        leave: Leave,
    ) -> Result<(), Error>;
}

/// By whose leave a file is carried out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Leave {
    /// Of whoever brought it alone.
    Own,
    /// Theirs, behind broken glass, however many it revokes.
    Glass,
    /// A second person's, who let all of it be done.
    Second,
}

/// What came of reading a row.
pub(super) enum Found<W> {
    /// It is to be compared with what is recorded.
    Wanted(Box<W>),
    /// Its outcome does not depend on what is recorded.
    Settled(Verdict),
}

/// An outcome, and what is wrong.
pub(super) type Verdict = (Outcome, Vec<Fault>);

impl<W> Found<W> {
    pub(super) fn unusable(faults: Vec<Fault>) -> Self {
        Self::Settled((Outcome::Unusable, faults))
    }
}

/// A row that was read.
pub(super) struct Line<W> {
    line: u64,
    found: Found<W>,
}

/// Rows that follow each other.
pub(super) type Batch<W> = Vec<Line<W>>;

/// The rows of a file, read, in batches.
pub(super) fn batches<'s, W: Wanted>(
    terms: &'s Terms,
    sheet: &'s Sheet<'_>,
) -> impl Iterator<Item = Batch<W>> + 's {
    let mut memory = W::Memory::default();
    let mut rows = sheet.rows().map(move |row: Result<Row, RowProblem>| {
        make_way();
        match row {
            Ok(row) => Line {
                line: row.line,
                found: W::read(terms, &mut memory, &row),
            },
            Err(problem) => Line {
                line: problem.line,
                found: Found::unusable(vec![problem.into()]),
            },
        }
    });
    std::iter::from_fn(move || {
        let batch: Batch<W> = rows.by_ref().take(BATCH_ROWS).collect();
        Some(batch).filter(|batch| !batch.is_empty())
    })
}

/// What a batch asks of the database.
pub(super) fn look_up<W: Wanted>(
    known: &mut W::Known,
    reader: &mut Reader,
    terms: &Terms,
    batch: &Batch<W>,
) -> Result<(), Error> {
    let wanted = batch.iter().filter_map(|line| match &line.found {
        Found::Wanted(wanted) => Some(&**wanted),
        Found::Settled(_) => None,
    });
    W::look_up(known, reader, terms, &wanted.collect::<Vec<_>>())
}

/// Judges a batch, and hands what is new to `enact`, as long as there is `room` for what is new.
pub(super) fn judge<W: Wanted>(
    known: &mut W::Known,
    terms: &Terms,
    now: Timestamp,
    batch: &Batch<W>,
    tally: &mut Tally,
    room: u64,
    mut enact: impl FnMut(&mut W::Known, &W) -> Result<(), Error>,
) -> Result<(), Error> {
    for line in batch {
        make_way();
        let (outcome, faults) = match &line.found {
            Found::Settled(verdict) => verdict.clone(),
            Found::Wanted(wanted) => {
                let verdict = wanted.judge(known, terms, now);
                tally.told.extend(wanted.tells_of(known, terms));
                match verdict.0 {
                    Outcome::New if tally.counts.new >= room => {
                        (Outcome::Conflict, vec![not_shown()])
                    }
                    Outcome::New => {
                        enact(known, wanted)?;
                        verdict
                    }
                    Outcome::Same | Outcome::Conflict | Outcome::Unusable => verdict,
                }
            }
        };
        tally.add(line.line, outcome, faults);
    }
    Ok(())
}

/// Why a row is left out that would be done beyond what the second person was shown.
fn not_shown() -> Fault {
    Fault {
        column: None,
        code: "not_shown".into(),
        message: "More rows became new after a second person granted the file. Bring it in again, so that they are shown."
            .into(),
    }
}
