//! The measures of one run: printed as a table for people, written as JSON for programs.

use std::fmt;
use std::fs;
use std::io;
use std::path::Path;

use serde::Serialize;

/// One figure, what it is held against, and what it ought to be.
#[derive(Debug, Clone, Serialize)]
pub struct Measure {
    /// Name by which `--only` picks it; lower case with underscores.
    pub name: String,
    /// What was measured, in `unit`.
    pub value: f64,
    /// Unit of `value` and `against`.
    pub unit: String,
    /// The rival's figure, or our own without the disturbance, from the same run; none when `value` stands by itself.
    pub against: Option<f64>,
    /// `value` divided by `against`.
    pub ratio: Option<f64>,
    /// What the ratio, or the value where there is no ratio, ought to be; none for a figure that only explains others.
    pub aim: Option<Aim>,
    /// Whether it is so.
    pub met: Option<bool>,
}

/// A bound that belongs to the good side. In JSON it is a text such as `>= 0.8`.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Aim {
    AtLeast(f64),
    AtMost(f64),
}

impl Measure {
    /// A figure by itself.
    pub fn new(name: &str, value: f64, unit: &str) -> Self {
        Self {
            name: name.to_owned(),
            value,
            unit: unit.to_owned(),
            against: None,
            ratio: None,
            aim: None,
            met: None,
        }
    }

    /// Holds the figure against another of the same unit.
    #[must_use]
    pub fn against(self, against: f64) -> Self {
        let measure = Self {
            against: Some(against),
            ratio: Some(self.value / against),
            ..self
        };
        measure.judged()
    }

    /// Says what the ratio, or else the value, ought to be.
    #[must_use]
    pub fn aim(self, aim: Aim) -> Self {
        let measure = Self {
            aim: Some(aim),
            ..self
        };
        measure.judged()
    }

    fn judged(mut self) -> Self {
        let figure = self.ratio.unwrap_or(self.value);
        self.met = self.aim.map(|aim| match aim {
            Aim::AtLeast(bound) => figure >= bound,
            Aim::AtMost(bound) => figure <= bound,
        });
        self
    }
}

impl fmt::Display for Aim {
    fn fmt(&self, formatter: &mut fmt::Formatter) -> fmt::Result {
        match self {
            Self::AtLeast(bound) => write!(formatter, ">= {bound}"),
            Self::AtMost(bound) => write!(formatter, "<= {bound}"),
        }
    }
}

impl Serialize for Aim {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

/// The measures in columns, one a line, also fit to be pasted into a Markdown page.
#[must_use]
pub fn render(measures: &[Measure]) -> String {
    let or_blank = |figure: Option<String>| figure.unwrap_or_default();
    let mut rows =
        vec![["measure", "value", "unit", "against", "ratio", "aim", "met"].map(str::to_owned)];
    rows.extend(measures.iter().map(|measure| {
        [
            measure.name.clone(),
            figure(measure.value),
            measure.unit.clone(),
            or_blank(measure.against.map(figure)),
            or_blank(measure.ratio.map(|ratio| format!("{ratio:.2}"))),
            or_blank(measure.aim.map(|aim| aim.to_string())),
            or_blank(
                measure
                    .met
                    .map(|met| if met { "yes" } else { "NO" }.to_owned()),
            ),
        ]
    }));
    let widths: [usize; 7] =
        std::array::from_fn(|column| rows.iter().map(|row| row[column].len()).max().unwrap_or(0));
    let mut lines: Vec<String> = rows.iter().map(|row| line(row, &widths)).collect();
    // Numbers stand to the right, names to the left; Markdown wants to be told.
    let rule = std::array::from_fn(|column| {
        let dashes = "-".repeat(widths[column] - 1);
        if TO_THE_RIGHT[column] {
            dashes + ":"
        } else {
            dashes + "-"
        }
    });
    lines.insert(1, line(&rule, &widths));
    lines.join("\n") + "\n"
}

fn line(row: &[String; 7], widths: &[usize; 7]) -> String {
    let cells = row
        .iter()
        .zip(widths)
        .zip(TO_THE_RIGHT)
        .map(|((cell, width), to_the_right)| {
            if to_the_right {
                format!("{cell:>width$}")
            } else {
                format!("{cell:<width$}")
            }
        });
    format!("| {} |", cells.collect::<Vec<_>>().join(" | "))
}

/// As many decimals as still say something.
fn figure(value: f64) -> String {
    let decimals = match value.abs() {
        size if size >= 100.0 => 0,
        size if size >= 10.0 => 1,
        _ => 2,
    };
    format!("{value:.decimals$}")
}

/// Writes the measures to a file as a JSON array with one object a line.
///
/// # Errors
/// When the file cannot be written.
pub fn write_json(measures: &[Measure], file: &Path) -> io::Result<()> {
    let objects: Vec<String> = measures
        .iter()
        .map(serde_json::to_string)
        .collect::<Result<_, _>>()?;
    fs::write(file, format!("[\n{}\n]\n", objects.join(",\n")))
}

const TO_THE_RIGHT: [bool; 7] = [false, true, false, true, true, true, false];
