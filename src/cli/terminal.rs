//! Writing: answers to stdout, talk to stderr, colour only on a terminal whose owner does not mind.

use std::io::{ErrorKind, IsTerminal, Write, stderr, stdout};

use super::Failed;

/// Good.
pub const GREEN: u8 = 32;
/// Bad.
pub const RED: u8 = 31;
/// To be looked at.
pub const YELLOW: u8 = 33;

/// Writes an answer and a line end to stdout.
pub fn answer(text: &str) -> Result<(), Failed> {
    let mut out = stdout().lock();
    writeln!(out, "{text}")
        .and_then(|()| out.flush())
        .map_err(|error| match error.kind() {
            ErrorKind::BrokenPipe => Failed::new(""),
            _ => Failed::new(format!("The answer could not be written: {error}.")),
        })
}

/// Writes an answer as JSON to stdout.
pub fn answer_json(value: &impl serde::Serialize) -> Result<(), Failed> {
    let text = serde_json::to_string_pretty(value)
        .map_err(|error| Failed::new(format!("The answer could not be written: {error}.")))?;
    answer(&text)
}

/// Writes a line for people to stderr.
pub fn say(text: &str) {
    // If nobody can be told, there is nobody to tell that.
    let _ = writeln!(stderr(), "{text}");
}

/// Text in this colour where stdout shows colours.
pub fn paint(text: &str, colour: u8) -> String {
    painted(text, colour, stdout().is_terminal())
}

/// Text in this colour where stderr shows colours.
pub fn paint_stderr(text: &str, colour: u8) -> String {
    painted(text, colour, stderr().is_terminal())
}

fn painted(text: &str, colour: u8, terminal: bool) -> String {
    let set = |name, value: &str| std::env::var_os(name).is_some_and(|found| found == value);
    // https://no-color.org: set to anything but nothing.
    let refused = std::env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty());
    if terminal && !refused && !set("TERM", "dumb") {
        format!("\u{1b}[{colour}m{text}\u{1b}[0m")
    } else {
        text.to_owned()
    }
}

/// Rows as a table: columns as wide as their widest cell, two spaces between them.
pub fn table(rows: &[Vec<String>]) -> String {
    let columns = rows.iter().map(Vec::len).max().unwrap_or(0);
    let width = |column: usize| {
        let cells = rows.iter().filter_map(|row| row.get(column));
        cells.map(|cell| cell.chars().count()).max().unwrap_or(0)
    };
    let widths: Vec<usize> = (0..columns).map(width).collect();
    let line = |row: &Vec<String>| {
        let cells = row.iter().zip(&widths);
        let cells = cells.map(|(cell, &width)| format!("{cell:width$}"));
        cells.collect::<Vec<_>>().join("  ").trim_end().to_owned()
    };
    rows.iter().map(line).collect::<Vec<_>>().join("\n")
}
