//! What people see: lines on stdout; on stderr how far the work is, as a bar or one live line on a terminal and as plain
//! lines now and then elsewhere.

use std::io::{IsTerminal, Write, stderr, stdout};
use std::time::{Duration, Instant};

use indicatif::{HumanCount, ProgressBar, ProgressStyle};

use super::traffic::{DECISIONS, Tally};

/// How often the live line is drawn.
const LIVE: Duration = Duration::from_millis(250);
/// How often a line is written where there is no terminal.
const SUMMARY: Duration = Duration::from_secs(60);

/// Writes a line to stdout. A reader who has gone is no reason to end.
pub fn say(line: &str) {
    let _ = writeln!(stdout(), "{line}");
}

/// Text that stands out where stdout is a terminal whose owner does not mind (https://no-color.org).
pub fn loud(text: &str) -> String {
    let refused = std::env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty());
    let dumb = std::env::var_os("TERM").is_some_and(|value| value == "dumb");
    if stdout().is_terminal() && !refused && !dumb {
        format!("\u{1b}[1;7m {text} \u{1b}[0m")
    } else {
        text.to_owned()
    }
}

/// How far the workers are.
pub struct Progress {
    bar: Option<ProgressBar>,
    total: u32,
    /// Tenths that were written.
    tenths: u32,
}

impl Progress {
    /// Of so many workers.
    pub fn of(total: u32) -> Self {
        let bar = stderr().is_terminal().then(|| {
            let bar = ProgressBar::new(total.into());
            let style = "{bar:30} {human_pos} of {human_len} workers {eta:>4}";
            bar.with_style(style_of(style))
        });
        Self {
            bar,
            total,
            tenths: 0,
        }
    }

    /// So many are done.
    pub fn at(&mut self, done: u32) {
        if let Some(bar) = &self.bar {
            bar.set_position(done.into());
            if done >= self.total {
                bar.finish_and_clear();
            }
        } else if self.total >= 10_000 && done * 5 / self.total > self.tenths {
            self.tenths = done * 5 / self.total;
            let (done, total) = (HumanCount(done.into()), HumanCount(self.total.into()));
            let _ = writeln!(stderr(), "{done} of {total} workers");
        }
    }
}

/// Shows the traffic, for ever.
pub async fn watch(tally: &Tally) {
    let bar = stderr().is_terminal().then(|| {
        let bar = ProgressBar::new_spinner();
        bar.with_style(style_of("{spinner} {wide_msg}"))
    });
    let mut before = (Instant::now(), 0);
    let mut pace = 0.0;
    loop {
        tokio::time::sleep(if bar.is_some() { LIVE } else { SUMMARY }).await;
        let checks = tally.counts().iter().sum::<u64>();
        let passed = before.0.elapsed();
        // Over a second or more, so that the number can be read.
        if passed > Duration::from_secs(1) {
            pace = (checks - before.1) as f64 / passed.as_secs_f64();
            before = (Instant::now(), checks);
        }
        let line = line(tally, pace);
        match &bar {
            Some(bar) => {
                bar.set_message(line);
                bar.tick();
            }
            None => {
                let _ = writeln!(stderr(), "{line}");
            }
        }
    }
}

fn line(tally: &Tally, pace: f64) -> String {
    let mut line = format!("{pace:.0}/s");
    for (name, count) in DECISIONS.iter().zip(tally.counts()) {
        // A referral is rare enough to be news; the others are always there.
        if count > 0 || *name != "refer" {
            line += &format!("  {name} {}", HumanCount(count));
        }
    }
    if tally.failures() > 0 {
        line += &format!("  no answer {}", HumanCount(tally.failures()));
    }
    if let Some(last) = tally.last_denied() {
        line += &format!("  last denied: {last}");
    }
    line
}

fn style_of(template: &str) -> ProgressStyle {
    ProgressStyle::with_template(template).expect("the templates here are templates")
}
