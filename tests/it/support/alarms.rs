//! What the program says in its log when something is badly wrong. Tests share one process, and so one log: look for
//! something that only your own world has, such as the name of its ledger.

use std::io::Write;
use std::sync::{Mutex, OnceLock, PoisonError};

static LINES: Mutex<Vec<String>> = Mutex::new(Vec::new());
static LISTENS: OnceLock<()> = OnceLock::new();

struct Line;

impl Write for Line {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        let mut lines = LINES.lock().unwrap_or_else(PoisonError::into_inner);
        lines.push(String::from_utf8_lossy(bytes).into_owned());
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

/// From here on alarms are kept.
pub fn listen() {
    LISTENS.get_or_init(|| {
        tracing_subscriber::fmt()
            .with_max_level(tracing::Level::ERROR)
            .with_ansi(false)
            .with_writer(|| Line)
            .init();
    });
}

/// The alarms that mention this.
pub fn about(what: &str) -> Vec<String> {
    let lines = LINES.lock().unwrap_or_else(PoisonError::into_inner);
    lines
        .iter()
        .filter(|line| line.contains(what))
        .cloned()
        .collect()
}
