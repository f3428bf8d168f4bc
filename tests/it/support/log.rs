//! What the program writes into its log. Tests share one process, and so one log: alarms, which are warnings and errors, are
//! kept always, so look for something that only your own world has, such as the name of its ledger; every line, at the
//! finest level and as JSON, only while a test asks for it.

use std::io::Write;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use tracing_subscriber::Layer;
use tracing_subscriber::filter::{LevelFilter, dynamic_filter_fn};
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::SubscriberInitExt;

/// Bytes that were written.
#[derive(Clone, Default)]
struct Kept(Arc<Mutex<Vec<u8>>>);

impl Kept {
    fn lock(&self) -> std::sync::MutexGuard<'_, Vec<u8>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Write for Kept {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.lock().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

/// The log of this process.
pub struct Log {
    alarms: Kept,
    lines: Kept,
    every_line: Arc<AtomicBool>,
}

/// Begins to listen, once in a process.
pub fn listen() -> &'static Log {
    static LOG: OnceLock<Log> = OnceLock::new();
    LOG.get_or_init(|| {
        let log = Log {
            alarms: Kept::default(),
            lines: Kept::default(),
            every_line: Arc::default(),
        };
        let (alarms, lines, every_line) = (
            log.alarms.clone(),
            log.lines.clone(),
            log.every_line.clone(),
        );
        let of_alarms = tracing_subscriber::fmt::layer()
            .with_ansi(false)
            .with_writer(move || alarms.clone())
            .with_filter(LevelFilter::WARN);
        // Our own lines and those of the server's library; the other crates are the test's HTTP client too.
        let wanted = dynamic_filter_fn(move |metadata, _| {
            let target = metadata.target();
            every_line.load(Ordering::Relaxed)
                && ["portcullis", "actix", "diesel", "log"]
                    .iter()
                    .any(|name| target.starts_with(name))
        });
        let of_lines = tracing_subscriber::fmt::layer()
            .json()
            .flatten_event(true)
            .with_writer(move || lines.clone())
            .with_filter(wanted.with_max_level_hint(LevelFilter::TRACE));
        tracing_subscriber::registry()
            .with(of_alarms)
            .with(of_lines)
            .try_init()
            .expect("nobody else listens");
        log
    })
}

impl Log {
    /// From here on every line is kept, also those of the tests beside.
    pub fn keep_every_line(&self) {
        self.lines.lock().clear();
        self.every_line.store(true, Ordering::Relaxed);
    }

    /// From here on only alarms are kept.
    pub fn keep_no_more(&self) {
        self.every_line.store(false, Ordering::Relaxed);
    }

    /// The lines kept.
    pub fn lines(&self) -> Vec<u8> {
        self.lines.lock().clone()
    }

    /// The alarms that mention this.
    pub fn alarms_about(&self, what: &str) -> Vec<String> {
        String::from_utf8_lossy(&self.alarms.lock())
            .lines()
            .filter(|line| line.contains(what))
            .map(str::to_owned)
            .collect()
    }
}
