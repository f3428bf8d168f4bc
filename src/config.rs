//! The settings of a server: what each means, where it may come from, and what is wrong with it.
//!
//! A setting comes from, first to last: a flag (`--listen`), the environment (`PORTCULLIS_LISTEN`), the TOML file that
//! `--config` or `PORTCULLIS_CONFIG` names (`listen = "..."`), its default. A key that is no setting is refused: a
//! misspelt limit that silently stays at its default is worse than a server that does not start.

mod layer;

use std::fmt;
use std::net::SocketAddr;
use std::path::PathBuf;

use figment::Figment;
use serde::{Deserialize, Serialize};

pub use layer::Source;
use layer::Sources;

/// What each setting must be is written once, and said whenever a value is not that.
macro_rules! settings {
    ($($(#[$doc:meta])* $name:ident: $type:ty, must be $must:literal, $good:expr;)*) => {
        /// The settings of a server, typed.
        #[derive(Clone, PartialEq, Eq, Serialize)]
        pub struct Config {$($(#[$doc])* pub $name: $type,)*}

        /// Settings as flags. Each can also be given as `PORTCULLIS_<NAME>` or in the settings file.
        #[derive(Clone, Default, clap::Args, Serialize)]
        #[command(next_help_heading = "Settings (also PORTCULLIS_<NAME> in the environment, or in the settings file)")]
        pub struct Flags {
            /// Settings file in TOML. Default: PORTCULLIS_CONFIG, else none.
            #[arg(long, value_name = "FILE")]
            #[serde(skip)]
            pub config: Option<PathBuf>,
            /// File that holds the address of the database, so that its password is in no list of processes.
            #[arg(long, value_name = "FILE", conflicts_with = "database")]
            #[serde(skip_serializing_if = "Option::is_none")]
            pub database_file: Option<String>,
            $($(#[$doc])* #[arg(long)] #[serde(skip_serializing_if = "Option::is_none")] pub $name: Option<String>,)*
        }

        /// What was given, key by key.
        struct Given {$($name: Option<$type>,)*}

        const KEYS: &[&str] = &[$(stringify!($name),)*];

        impl Given {
            fn read(figment: &Figment, faults: &mut Vec<Fault>) -> Self {
                Self {$($name: read(figment, stringify!($name), $must, faults),)*}
            }
        }

        impl Config {
            /// What is wrong with single settings.
            fn faults(&self) -> Vec<Fault> {
                let mut faults = Vec::new();
                $(
                    let good: fn(&$type) -> bool = $good;
                    if !good(&self.$name) {
                        faults.push(Fault::must_be(stringify!($name), $must));
                    }
                )*
                faults
            }
        }
    };
}

settings! {
    /// Address of the database: sqlite:PATH, or postgres://USER:PASSWORD@HOST/NAME when there is more than one node.
    /// Default: sqlite:STATE_DIR/portcullis.db.
    database: String, must be "sqlite:PATH or postgres://USER:PASSWORD@HOST/NAME", |database| {
        let path = database.strip_prefix("sqlite:").is_some_and(|path| !path.is_empty());
        path || database.starts_with("postgres://") || database.starts_with("postgresql://")
    };
    /// Folder for what this node keeps: how far it has seen the ledger, and by default database and key.
    /// Default: ./portcullis-data.
    state_dir: PathBuf, must be "the path of a folder", |path| !path.as_os_str().is_empty();
    /// File of the 32 bytes that all keys of the network are derived from; without it no name can be read and no card
    /// found. Default: STATE_DIR/master.key.
    master_key_file: PathBuf, must be "the path of a file", |path| !path.as_os_str().is_empty();
    /// Address and port of the API. Default: 127.0.0.1:8080.
    listen: SocketAddr, must be "an IP address with a port, such as 127.0.0.1:8080", |_| true;
    /// Address and port of /metrics. Default: 127.0.0.1:9464.
    metrics_listen: SocketAddr, must be "an IP address with a port, such as 127.0.0.1:9464", |_| true;
    /// Address at which callers reach the API, and issuer of its tokens; the same on every node. Default: http:// and LISTEN.
    public_url: String, must be "an http or https address without a slash at its end, a query or a fragment", |url| {
        let rest = url.strip_prefix("https://").or_else(|| url.strip_prefix("http://"));
        rest.is_some_and(|rest| {
            !rest.is_empty() && !rest.ends_with('/') && !rest.contains(|c: char| c.is_whitespace() || matches!(c, '?' | '#' | '@'))
        })
    };
    /// Threads that answer requests, 1 to 1024. Default: one for each core.
    workers: usize, must be "a whole number from 1 to 1024", |n| (1..=1_024).contains(n);
    /// Form of log lines: json, pretty, or auto for pretty on a terminal and json elsewhere. Default: auto.
    log_format: LogFormat, must be "auto, json or pretty", |_| true;
    /// Which log lines are written: error, warn, info, debug or trace, or directives such as
    /// info,portcullis::service=debug. Default: info.
    log_level: String, must be "error, warn, info, debug, trace or directives such as info,portcullis::service=debug", |level| {
        // A word that is no level would be taken for the name of a module, and nothing else be logged.
        let known = |word: &str| ["error", "warn", "info", "debug", "trace", "off"].contains(&word);
        let words = level.split(',').map(str::trim);
        words.clone().all(|word| word.contains('=') || known(&word.to_lowercase()))
            && tracing_subscriber::EnvFilter::try_new(level).is_ok()
    };
    /// Gate checks that one client may ask for in a second, 1 to 10000000. Default: 10000.
    gate_checks_per_second: u32, must be "a whole number from 1 to 10000000", |n| (1..=10_000_000).contains(n);
    /// Other requests that one client may send in a second, 1 to 10000000. Default: 50.
    requests_per_second: u32, must be "a whole number from 1 to 10000000", |n| (1..=10_000_000).contains(n);
    /// Seconds that stopping the server may take, 0 to 20. In the first quarter of them, at most 5 whole seconds, it goes on
    /// as before and /readyz says 503, so that load balancers send requests elsewhere; the rest is for requests under way to
    /// end. Default: 20.
    drain_seconds: u64, must be "a whole number from 0 to 20", |n| (0..=20).contains(n);
    /// Connections open at once, 16 to 1000000; a further one waits. Default: 10000.
    connections_max: usize, must be "a whole number from 16 to 1000000", |n| (16..=1_000_000).contains(n);
    /// Days for which it is kept who was let through which gate, 1 to 3650. Default: 30.
    permits_kept_days: u32, must be "a whole number from 1 to 3650", |n| (1..=3_650).contains(n);
    /// Days for which it is kept which cards were not let through, and where, 1 to 3650. Default: 90.
    refusals_kept_days: u32, must be "a whole number from 1 to 3650", |n| (1..=3_650).contains(n);
}

/// Form of log lines.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum LogFormat {
    /// Pretty on a terminal, JSON elsewhere.
    #[default]
    Auto,
    /// One JSON object a line.
    Json,
    /// For reading.
    Pretty,
}

/// One thing that is wrong with the settings.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Fault {
    /// The setting, where it is one.
    key: Option<&'static str>,
    says: String,
}

impl Fault {
    fn must_be(key: &'static str, must: &str) -> Self {
        Self {
            key: Some(key),
            says: format!("The setting `{key}` must be {must}."),
        }
    }

    fn of_no_key(says: String) -> Self {
        Self { key: None, says }
    }
}

/// Settings that a server cannot start with: one sentence for each that is wrong. Values are not repeated, as one of
/// them can hold a password.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{}", .0.join("\n"))]
pub struct Wrong(pub Vec<String>);

/// Settings and where each came from.
#[derive(Debug, Clone)]
pub struct Loaded {
    /// The settings.
    pub config: Config,
    sources: Sources,
}

/// A setting as `config show` prints it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Shown {
    /// Its key.
    pub key: &'static str,
    /// Its value, without a password.
    pub value: String,
    /// Where it came from.
    pub source: String,
}

impl Loaded {
    /// Every setting with its value and where it came from.
    pub fn show(&self) -> Vec<Shown> {
        let shown = self.config.show().into_iter();
        shown
            .map(|(key, value)| Shown {
                key,
                value,
                source: layer::source_of(&self.sources, key).to_string(),
            })
            .collect()
    }
}

impl Config {
    /// The settings from flags, environment and file, or one sentence for each that is wrong.
    pub fn load(
        flags: &Flags,
        environment: impl IntoIterator<Item = (String, String)>,
    ) -> Result<Loaded, Wrong> {
        let mut faults = Vec::new();
        let mut figment = Figment::new();
        let mut sources = Sources::new();
        let (path, variables) = layer::of_environment(environment);
        let file = flags.config.clone().or(path).map(layer::of_file);
        let flags = layer::of_flags(flags);
        for layer in file.into_iter().chain([Ok(variables), Ok(flags)]) {
            match layer {
                Ok(mut layer) => {
                    faults.extend(layer.settle(KEYS).into_iter().map(Fault::of_no_key));
                    sources.extend(layer.sources.clone());
                    figment = figment.merge(layer);
                }
                Err(says) => faults.push(Fault::of_no_key(says)),
            }
        }
        let config = Self::filled(Given::read(&figment, &mut faults));
        // Where a value could not even be read, its default stands in and is right, so nothing is said twice.
        faults.extend(config.all_faults());
        if faults.is_empty() {
            return Ok(Loaded { config, sources });
        }
        let sentence = |fault: Fault| match fault.key.map(|key| layer::source_of(&sources, key)) {
            None | Some(Source::Default) => fault.says,
            Some(source) => format!("{} It is set by {source}.", fault.says),
        };
        Err(Wrong(faults.into_iter().map(sentence).collect()))
    }

    /// Whether a server can start with these settings: one sentence for each that is wrong.
    pub fn validate(&self) -> Result<(), Wrong> {
        let faults = self.all_faults();
        if faults.is_empty() {
            Ok(())
        } else {
            Err(Wrong(faults.into_iter().map(|fault| fault.says).collect()))
        }
    }

    /// The settings of a node that keeps everything in this folder, the rest as by default.
    pub fn in_folder(state_dir: impl Into<PathBuf>) -> Self {
        let mut given = Given::read(&Figment::new(), &mut Vec::new());
        given.state_dir = Some(state_dir.into());
        Self::filled(given)
    }

    fn filled(given: Given) -> Self {
        let state_dir = given
            .state_dir
            .unwrap_or_else(|| "./portcullis-data".into());
        let listen = given
            .listen
            .unwrap_or_else(|| SocketAddr::from(([127, 0, 0, 1], 8080)));
        let cores = std::thread::available_parallelism().map_or(1, usize::from);
        Self {
            database: given
                .database
                .unwrap_or_else(|| format!("sqlite:{}", state_dir.join("portcullis.db").display())),
            master_key_file: given
                .master_key_file
                .unwrap_or_else(|| state_dir.join("master.key")),
            state_dir,
            metrics_listen: given
                .metrics_listen
                .unwrap_or_else(|| SocketAddr::from(([127, 0, 0, 1], 9464))),
            public_url: given
                .public_url
                .unwrap_or_else(|| format!("http://{listen}")),
            listen,
            workers: given.workers.unwrap_or(cores),
            log_format: given.log_format.unwrap_or_default(),
            log_level: given.log_level.unwrap_or_else(|| "info".into()),
            gate_checks_per_second: given.gate_checks_per_second.unwrap_or(10_000),
            requests_per_second: given.requests_per_second.unwrap_or(50),
            drain_seconds: given.drain_seconds.unwrap_or(20),
            connections_max: given.connections_max.unwrap_or(10_000),
            permits_kept_days: given.permits_kept_days.unwrap_or(30),
            refusals_kept_days: given.refusals_kept_days.unwrap_or(90),
        }
    }

    fn all_faults(&self) -> Vec<Fault> {
        let mut faults = self.faults();
        if self.listen == self.metrics_listen && self.listen.port() != 0 {
            faults.push(Fault {
                key: Some("metrics_listen"),
                says: "The settings `listen` and `metrics_listen` must differ: two servers cannot share one port.".into(),
            });
        }
        faults
    }

    /// Every key with its value, without a password.
    fn show(&self) -> Vec<(&'static str, String)> {
        let values = serde_json::to_value(self)
            .expect("settings have only string keys and text that is UTF-8");
        let text = |key: &str| match &values[key] {
            serde_json::Value::String(text) if key == "database" => redacted(text),
            serde_json::Value::String(text) => text.clone(),
            other => other.to_string(),
        };
        KEYS.iter().map(|key| (*key, text(key))).collect()
    }
}

impl Default for Config {
    fn default() -> Self {
        Self::filled(Given::read(&Figment::new(), &mut Vec::new()))
    }
}

impl fmt::Debug for Config {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_map().entries(self.show()).finish()
    }
}

/// The variables of this process. One that is not UTF-8 is passed on damaged, and is then refused for what it is.
pub fn environment() -> Vec<(String, String)> {
    let lossy = |text: std::ffi::OsString| text.to_string_lossy().into_owned();
    std::env::vars_os()
        .map(|(name, value)| (lossy(name), lossy(value)))
        .collect()
}

/// Reads one key. A value of the wrong type is a fault. Text that holds a number is taken for it, as flags and
/// variables have nothing but text.
fn read<'a, T: Deserialize<'a>>(
    figment: &Figment,
    key: &'static str,
    must: &str,
    faults: &mut Vec<Fault>,
) -> Option<T> {
    match figment.extract_inner_lossy(key) {
        Ok(value) => Some(value),
        Err(error) if error.missing() => None,
        Err(_) => {
            faults.push(Fault::must_be(key, must));
            None
        }
    }
}

/// A database address without its password, wherever in it the password is.
fn redacted(address: &str) -> String {
    let Some((scheme, rest)) = address.split_once("://") else {
        return address.to_owned();
    };
    // Up to the last @, so that an @ or ? in the password does not cut it in two.
    let place = match rest.rsplit_once('@') {
        Some((who, host)) => match who.split_once(':') {
            Some((user, _)) => format!("{user}:***@{host}"),
            None => rest.to_owned(),
        },
        None => rest.to_owned(),
    };
    let Some((place, query)) = place.split_once('?') else {
        return format!("{scheme}://{place}");
    };
    let pairs = query.split('&').map(|pair| match pair.split_once('=') {
        Some((name, _)) if name.to_ascii_lowercase().contains("password") => format!("{name}=***"),
        _ => pair.to_owned(),
    });
    format!("{scheme}://{place}?{}", pairs.collect::<Vec<_>>().join("&"))
}

#[cfg(test)]
mod tests;
