//! Wiring: a node out of its parts, and the servers around it.

mod keys;
mod servers;

use std::fs::{File, TryLockError};
use std::net::TcpListener;
use std::num::NonZeroU32;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::RecvTimeoutError;
use std::thread::JoinHandle;
use std::time::Duration;

use actix_web::dev::ServerHandle;
use actix_web::web::Data;

use crate::access::keyring::Keyring;
use crate::access::master_key;
use crate::access::token::Tokens;
use crate::config::Config;
use crate::domain::lookup::LOOKUPS_PER_MINUTE;
use crate::domain::time::Environment;
use crate::environment::RealEnvironment;
use crate::http::limits::KEEP_ALIVE;
use crate::http::state::{Quotas, Shared};
use crate::metrics::Metrics;
use crate::service::check_log::CheckLog;
use crate::service::commit::GROUP_MAX;
use crate::service::health::Health;
use crate::service::load::Progress;
use crate::service::lookups::LookupLog;
use crate::service::seen::{Keeper, Note, Refused};
use crate::service::{
    Door, Services, erasures, follow, import, load, retention, signing_keys, sweep,
};
use crate::store::{Store, migrate};

pub use servers::{Serving, api, metrics};

/// Why a node does not start. A sentence for the operator.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub struct StartError(String);

impl StartError {
    fn new(what: &str, error: &dyn std::fmt::Display) -> Self {
        Self(format!("{what}: {error}"))
    }
}

/// A node that runs: its services, and the threads behind them.
pub struct Node {
    /// What answers requests.
    pub services: Arc<Services>,
    health: Arc<Health>,
    stop: Arc<AtomicBool>,
    check_log: JoinHandle<()>,
    lookup_log: JoinHandle<()>,
    sweeper: JoinHandle<()>,
    follower: JoinHandle<()>,
    committer: JoinHandle<()>,
    seen: Option<(Arc<Keeper>, JoinHandle<()>)>,
    /// Held for as long as the node runs, so that no second process opens the same file.
    _lock: Option<File>,
}

/// What a node is started with.
pub struct NodeSettings {
    /// Its database.
    pub store: Store,
    /// The network's keys.
    pub keyring: Arc<Keyring>,
    /// Time and randomness.
    pub environment: Arc<dyn Environment>,
    /// The issuer of its tokens.
    pub public_url: String,
    /// How many changes are committed together; [`GROUP_MAX`] but in measurements.
    pub group_max: usize,
    /// Where it notes how far it has seen the ledger; `None` where the database lives no longer than the node.
    pub state_dir: Option<PathBuf>,
    /// For how long the check log is kept.
    pub kept: retention::Kept,
}

impl Node {
    /// Starts a node: brings the schema up, loads the index, opens the door, follows the ledger.
    pub fn start(settings: NodeSettings, progress: Progress<'_>) -> Result<Self, StartError> {
        let NodeSettings {
            store,
            keyring,
            environment,
            public_url,
            group_max,
            state_dir,
            kept,
        } = settings;
        let lock = store.file().map(lock_file).transpose()?;
        let mut writer = store
            .writer()
            .map_err(|error| StartError::new("The database cannot be opened", &error))?;
        migrate::up(&mut writer)
            .map_err(|error| StartError::new("The database does not fit", &error))?;
        let note = state_dir.as_deref().map(Note::in_folder);
        if let Some(note) = &note {
            note.check(&mut writer, &keyring)
                .map_err(|refused| match refused {
                    Refused::Store(error) => StartError::new(
                        "The ledger cannot be compared with the node's note",
                        &error,
                    ),
                    refused => StartError(refused.to_string()),
                })?;
        }
        drop(writer);
        let tokens = tokens(&store, &keyring, &public_url)?;
        let index = load::load(&store, &keyring, &*environment, progress).map_err(|error| {
            let cause = error
                .cause
                .as_ref()
                .map_or_else(|| error.detail.clone(), ToString::to_string);
            StartError::new("The index cannot be loaded", &cause)
        })?;
        let index = Arc::new(index);
        let health = Arc::new(Health::new(environment.uptime_ms()));
        let stop = Arc::new(AtomicBool::new(false));
        let threads = |error: std::io::Error| StartError::new("A thread cannot be started", &error);
        let (door, committer) = Door::open(
            store.clone(),
            index.clone(),
            keyring.clone(),
            environment.clone(),
            group_max,
        )
        .map_err(threads)?;
        let follower = follow::start(
            store.clone(),
            index.clone(),
            keyring.clone(),
            environment.clone(),
            health.clone(),
            stop.clone(),
        )
        .map_err(threads)?;
        let seen = note
            .map(|note| Keeper::start(note, keyring.clone(), index.clone(), stop.clone()))
            .transpose()
            .map_err(threads)?;
        let (check_log, log_thread) =
            CheckLog::start(door.clone(), stop.clone()).map_err(threads)?;
        let (lookups, lookup_log) =
            LookupLog::start(door.clone(), stop.clone()).map_err(threads)?;
        let sweeper = sweep::start(
            store.clone(),
            door.clone(),
            environment.clone(),
            stop.clone(),
        )
        .map_err(threads)?;
        let services = Services {
            environment,
            keyring,
            tokens,
            index,
            store,
            door,
            check_log,
            lookups,
            imports: import::Running::default(),
            kept,
        };
        let services = Arc::new(services);
        import::resume(&services)
            .map_err(|error| StartError::new("The imports under way cannot be found", &error))?;
        import::sweep(&services);
        Ok(Self {
            services,
            health,
            stop,
            check_log: log_thread,
            lookup_log,
            sweeper,
            follower,
            committer,
            seen,
            _lock: lock,
        })
    }

    /// Ends the node: what waits is written, then the threads end. Blocks until they have, or until it is clear that the
    /// database does not let them: nobody was told that what is lost then is done, and a node must be able to stop.
    pub fn stop(self) {
        let (ended, waiting) = std::sync::mpsc::sync_channel(1);
        let ending = std::thread::spawn(move || {
            self.end();
            // Who waits may have given up.
            let _ = ended.try_send(());
        });
        match waiting.recv_timeout(STOP_PATIENCE) {
            Err(RecvTimeoutError::Timeout) => {
                tracing::warn!("the database does not answer; lines of the check log are lost");
            }
            Ok(()) | Err(RecvTimeoutError::Disconnected) => drop(ending.join()),
        }
    }

    fn end(self) {
        self.services.imports.stop();
        self.stop.store(true, Ordering::Release);
        self.sweeper.thread().unpark();
        // The logs first: they write through the door.
        for (thread, close_door) in [
            (self.check_log, false),
            (self.lookup_log, false),
            (self.sweeper, false),
            (self.follower, true),
            (self.committer, false),
        ] {
            if close_door {
                self.services.door.close();
            }
            if thread.join().is_err() {
                tracing::error!("a thread ended by a panic");
            }
        }
        if let Some((keeper, thread)) = self.seen {
            drop(thread.join());
            // What the door wrote last.
            keeper.keep();
        }
    }
}

/// How long a node may take to write what waits when it is stopped. With the longest drain, and the second by which the
/// server's library may be late with it, it makes 25, under the 30 that supervisors give.
const STOP_PATIENCE: Duration = Duration::from_secs(4);

/// One process at a time on a database file: a second one would give out the same seqs.
pub fn lock_file(path: &str) -> Result<File, StartError> {
    let lock = format!("{path}.lock");
    let file = File::create(&lock).map_err(|error| {
        StartError::new("The lock file beside the database cannot be made", &error)
    })?;
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(TryLockError::WouldBlock) => {
            Err(StartError("Another process has this database open. Stop it first, or use PostgreSQL for more than one node.".into()))
        }
        Err(TryLockError::Error(error)) => Err(StartError::new("The lock file beside the database cannot be locked", &error)),
    }
}

fn tokens(store: &Store, keyring: &Keyring, public_url: &str) -> Result<Tokens, StartError> {
    let mut keys = Err(crate::service::Error::internal("not read"));
    store
        .read(|reader| {
            keys = signing_keys::load(reader, keyring);
            Ok(())
        })
        .map_err(|error| StartError::new("The signing keys cannot be read", &error))?;
    let keys =
        keys.map_err(|error| StartError::new("The signing keys cannot be opened", &error))?;
    Tokens::new(public_url, keys).map_err(|_| {
        StartError("There is no signing key in this database: run `portcullis init`.".into())
    })
}

/// Reads the master key, and the key-encryption and blind-index keys beside it.
pub fn read_master_key(path: &Path) -> Result<Keyring, StartError> {
    let key = master_key::read(path).map_err(|error| StartError(error.to_string()))?;
    Keyring::with_files(&key, path).map_err(|error| StartError(error.to_string()))
}

/// A key that others can read opens every seal for them. It may be meant so, where a supervisor hands keys over.
fn warn_of_readers(key: &Path) {
    use std::os::unix::fs::PermissionsExt;
    let mode = std::fs::metadata(key).map_or(0, |key| key.permissions().mode());
    if mode & 0o077 != 0 {
        tracing::warn!(
            mode = format!("{:o}", mode & 0o777),
            "others than this program's user can open the master key's file"
        );
    }
}

/// What a node of these settings works with.
pub fn node_settings(config: &Config) -> Result<NodeSettings, StartError> {
    let environment: Arc<dyn Environment> = Arc::new(RealEnvironment);
    Ok(NodeSettings {
        store: Store::at(&config.database),
        keyring: Arc::new(read_master_key(&config.master_key_file)?),
        environment,
        public_url: config.public_url.clone(),
        group_max: GROUP_MAX,
        state_dir: Some(config.state_dir.clone()),
        kept: retention::Kept {
            permits_days: config.permits_kept_days,
            refusals_days: config.refusals_kept_days,
        },
    })
}

/// Serves until a signal asks to stop. Log lines must have begun.
pub fn serve(config: &Config) -> Result<(), StartError> {
    let settings = node_settings(config)?;
    warn_of_readers(&config.master_key_file);
    let node = Node::start(settings, &mut |done, total| {
        tracing::info!(done, total, "loading the index")
    })?;
    let bind = |address| {
        TcpListener::bind(address)
            .map_err(|error| StartError::new(&format!("Nothing can listen on {address}"), &error))
    };
    let listeners = (bind(config.listen)?, bind(config.metrics_listen)?);
    run(node, config, listeners)
}

/// Serves a node that was started, on these listeners, until a signal asks to stop.
pub fn run(
    node: Node,
    config: &Config,
    (listener, metrics_listener): (TcpListener, TcpListener),
) -> Result<(), StartError> {
    let shared = shared(
        &node,
        config.gate_checks_per_second,
        config.requests_per_second,
        LOOKUPS_PER_MINUTE,
    )?;
    let (grace, drain) = stopping(config.drain_seconds);
    let serving = Serving {
        listener,
        workers: config.workers,
        connections_max: config.connections_max,
        patience: KEEP_ALIVE,
        drain,
    };
    let failed = |error: std::io::Error| StartError::new("The server cannot run", &error);
    let ended = actix_web::rt::System::new().block_on(async {
        let api = api(shared.clone(), serving)?;
        let metrics = metrics(shared.clone(), metrics_listener)?;
        let handles = [api.handle(), metrics.handle()];
        actix_web::rt::spawn(stop_on_signal(shared.clone(), grace, handles));
        actix_web::rt::spawn(keys::follow_keks(shared.clone()));
        actix_web::rt::spawn(keys::follow_blind_keys(shared.clone()));
        actix_web::rt::spawn(sweep_hourly(shared.clone()));
        actix_web::rt::spawn(sweep_daily(shared));
        tracing::info!(address = %config.listen, metrics = %config.metrics_listen, "serving");
        futures_util::future::try_join(api, metrics).await
    });
    // Whatever ended the server, what was taken in is written before the process goes.
    node.stop();
    tracing::info!("stopped");
    ended.map(drop).map_err(failed)
}

/// What handlers share, over a node.
pub fn shared(
    node: &Node,
    gate_checks_per_second: u32,
    requests_per_second: u32,
    lookups_per_minute: u32,
) -> Result<Data<Shared>, StartError> {
    let metrics = Metrics::new()
        .map_err(|error| StartError::new("The metrics cannot be registered", &error))?;
    let positive = |number: u32| NonZeroU32::new(number).unwrap_or(NonZeroU32::MIN);
    let quotas = Quotas {
        gate: positive(gate_checks_per_second),
        other: positive(requests_per_second),
        lookups_per_minute: positive(lookups_per_minute),
    };
    Ok(Data::new(Shared::new(
        node.services.clone(),
        node.health.clone(),
        metrics,
        quotas,
    )))
}

async fn sweep_hourly(shared: Data<Shared>) {
    loop {
        erasures::sweep(&shared.services).await;
        tokio::time::sleep(Duration::from_secs(60 * 60)).await;
    }
}

async fn sweep_daily(shared: Data<Shared>) {
    loop {
        retention::forget(&shared.services, shared.services.kept).await;
        tokio::time::sleep(Duration::from_secs(24 * 60 * 60)).await;
        import::sweep(&shared.services);
    }
}

/// The most time that load balancers are given.
const GRACE_MAX_S: u64 = 5;

/// What the seconds for stopping go to: load balancers, who must find out that this node is not ready before it stops
/// listening, and then the requests under way.
fn stopping(drain_seconds: u64) -> (Duration, Duration) {
    let grace = (drain_seconds / 4).min(GRACE_MAX_S);
    (
        Duration::from_secs(grace),
        Duration::from_secs(drain_seconds - grace),
    )
}

/// SIGTERM and SIGINT: for the time of `grace` everything is answered and `/readyz` says that it will not be for long; then
/// the sockets close and what is under way ends. A second signal ends the grace.
async fn stop_on_signal(shared: Data<Shared>, grace: Duration, [api, metrics]: [ServerHandle; 2]) {
    use tokio::signal::unix::{SignalKind, signal};
    let (Ok(mut terminate), Ok(mut interrupt)) = (
        signal(SignalKind::terminate()),
        signal(SignalKind::interrupt()),
    ) else {
        tracing::error!("signals cannot be heard; stop this process by killing it");
        return;
    };
    tokio::select! {
        _ = terminate.recv() => {}
        _ = interrupt.recv() => {}
    }
    shared.draining.store(true, Ordering::Release);
    tracing::info!(
        seconds = grace.as_secs(),
        "stopping: not ready any more, and listening on until load balancers know"
    );
    tokio::select! {
        () = tokio::time::sleep(grace) => {}
        _ = terminate.recv() => {}
        _ = interrupt.recv() => {}
    }
    tracing::info!("stopping: requests under way are ended first");
    futures_util::future::join(api.stop(true), metrics.stop(true)).await;
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_node_has_stopped_before_a_supervisor_loses_patience() {
        let longest = (0..)
            .take_while(|seconds| {
                let config = Config {
                    drain_seconds: *seconds,
                    ..Config::default()
                };
                config.validate().is_ok()
            })
            .last()
            .expect("some setting is good");
        let (grace, drain) = stopping(longest);
        let late = Duration::from_secs(1);
        assert!(grace + drain + late + STOP_PATIENCE <= Duration::from_secs(25));
        assert_eq!(stopping(longest).0, Duration::from_secs(5));
        for (seconds, grace, drain) in [(0, 0, 0), (3, 0, 3), (4, 1, 3), (8, 2, 6)] {
            let wanted = (Duration::from_secs(grace), Duration::from_secs(drain));
            assert_eq!(stopping(seconds), wanted);
        }
    }
}
