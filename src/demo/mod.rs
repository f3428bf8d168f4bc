//! The demonstration: a whole network of invented workers in one command, with live traffic and a story to follow.
//!
//! It is the real thing on a database in a folder that is removed at the end: the real node, the real server, and clients
//! that come in by the front door. Only the workers are brought in by [`seed`], past the HTTP server and through the door
//! for changes.
//!
//! * [`plan`], [`network`]: who and where. [`people`], [`cards`]: the workers and their badges, the same ones each time.
//! * [`story`]: what the issuer of a badge can do about it, played or, by [`guide`], printed to be followed.
//! * [`traffic`]: the gates at work. [`screen`]: what is seen of it.

pub mod api;
mod cards;
mod environment;
mod guide;
mod network;
mod people;
mod plan;
mod screen;
mod seed;
pub mod story;
mod traffic;

use std::io::Write;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, TcpListener};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;
use std::time::{Duration, Instant};

use indicatif::HumanCount;
use tokio::signal::unix::{Signal, SignalKind, signal};

use crate::access::keyring::{Keyring, MASTER_KEY_BYTES};
use crate::access::permission::Caller;
use crate::app::{self, Node, NodeSettings, Serving};
use crate::config::{Config, Flags};
use crate::domain::card::ByteOrder;
use crate::domain::client::Role;
use crate::domain::time::Environment;
use crate::environment::RealEnvironment;
use crate::ledger::entry::Actor;
use crate::service::commit::GROUP_MAX;
use crate::service::setup::{self, First};
use crate::store::Store;
use crate::telemetry;

use environment::DemoEnvironment;
use network::{Machine, Machines, Network, locodes, name};
use people::Crowd;
use plan::{ANTWERP_BRUGES, MEMBERS, NORTH_SEA_PORT};
use story::Stage;

/// How the demonstration is to be.
#[derive(Debug, Clone)]
pub struct DemoOptions {
    /// Where the API listens. If not said: 127.0.0.1:8080, or any free port when that is taken or the story is played.
    pub listen: Option<SocketAddr>,
    /// Where the metrics are. If not said: 127.0.0.1:9464, or any free port likewise.
    pub metrics_listen: Option<SocketAddr>,
    /// How many workers there are; see [`WORKERS`].
    pub workers: u32,
    /// Play the story and end, instead of leaving it to whoever watches.
    pub story: bool,
}

impl Default for DemoOptions {
    fn default() -> Self {
        Self {
            listen: None,
            metrics_listen: None,
            workers: 50_000,
            story: false,
        }
    }
}

/// How many workers there can be. Fewer would leave a member without; more do not fit the numbers of some cards.
pub const WORKERS: std::ops::RangeInclusive<u32> = 100..=999_999;

/// Why the demonstration did not go on. A sentence.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub struct Failed(String);

impl Failed {
    fn new(message: impl Into<String>) -> Self {
        Self(message.into())
    }

    fn because(what: &str, cause: &dyn std::fmt::Display) -> Self {
        Self(format!("{what}: {cause}."))
    }
}

impl From<crate::service::Error> for Failed {
    fn from(error: crate::service::Error) -> Self {
        let cause = error.cause.map(|cause| format!(" ({cause})"));
        Self(format!("{}{}", error.detail, cause.unwrap_or_default()))
    }
}

/// Runs the demonstration until it is stopped, or plays the story and ends. 0 if it was stopped, or every answer of the
/// story was as told; 1 if one was not, or something failed.
pub fn run(options: &DemoOptions) -> ExitCode {
    let done = tokio::runtime::Runtime::new()
        .map_err(|error| Failed::because("The runtime could not be started", &error))
        .and_then(|runtime| {
            runtime.block_on(on_stage(options, async |demo| {
                if options.story {
                    let steps = story::steps(&demo.stage);
                    story::play(&demo.stage, &steps, screen::say).await
                } else {
                    demo.show().await
                }
            }))
        });
    match done {
        Ok(Some(true)) => ExitCode::SUCCESS,
        // Stopped by a signal: a story that was not played to its end did not go as told.
        Ok(None) if !options.story => ExitCode::SUCCESS,
        Ok(_) => ExitCode::FAILURE,
        Err(failed) => {
            let _ = writeln!(std::io::stderr(), "error: {failed}");
            ExitCode::FAILURE
        }
    }
}

/// A demonstration that runs.
pub struct Demo {
    /// Who and what the story is told with.
    pub stage: Stage,
    network: Arc<Network>,
    crowd: Arc<Crowd>,
    machines: Machines,
    metrics_url: String,
    folder: PathBuf,
    ready_after: Duration,
}

/// Sets up everything, lets `act` work with it, and takes everything down again. `None` if a signal came first.
pub async fn on_stage<T>(
    options: &DemoOptions,
    act: impl AsyncFnOnce(&Demo) -> Result<T, Failed>,
) -> Result<Option<T>, Failed> {
    let begun = Instant::now();
    if !WORKERS.contains(&options.workers) {
        let (least, most) = (WORKERS.start(), WORKERS.end());
        return Err(Failed(format!("There can be {least} to {most} workers.")));
    }
    // Before there is anything to be cleared away.
    let mut signals = Signals::hear()?;
    start_log_lines();
    screen::say(&format!(
        "{} The organisations exist. Workers, badges and terminals do not.\n",
        screen::loud("DEMO DATA")
    ));
    let listener = listen(options.listen, 8_080, options.story)?;
    let metrics_listener = listen(options.metrics_listen, 9_464, options.story)?;
    let (url, metrics_url) = (url_of(&listener)?, url_of(&metrics_listener)?);
    let folder = tempfile::Builder::new().prefix("portcullis-").tempdir();
    let folder =
        folder.map_err(|error| Failed::because("No temporary folder can be made", &error))?;

    let environment = Arc::new(DemoEnvironment::seeded());
    let (node, admin) = begin(&folder.path().join("demo.db"), &url, &environment).await?;
    let failed = |error: std::io::Error| Failed::because("The server cannot run", &error);
    let shared =
        app::shared(&node, 1_000, 1_000).map_err(|error| Failed::new(error.to_string()))?;
    let serving = Serving {
        listener,
        workers: std::thread::available_parallelism().map_or(1, usize::from),
        connections_max: 1_000,
        drain: Duration::from_secs(2),
    };
    let api = app::api(shared.clone(), serving).map_err(failed)?;
    let metrics = app::metrics(shared, metrics_listener).map_err(failed)?;
    let handles = [api.handle(), metrics.handle()];
    tokio::spawn(futures_util::future::join(api, metrics));

    let acted = tokio::select! {
        () = signals.heard() => Ok(None),
        acted = async {
            let mut demo = fill(options, &node, admin, &environment, folder.path(), url).await?;
            demo.metrics_url = metrics_url;
            demo.ready_after = begun.elapsed();
            act(&demo).await.map(Some)
        } => acted,
    };

    for handle in handles {
        handle.stop(true).await;
    }
    let stopped = tokio::task::spawn_blocking(|| node.stop()).await;
    let removed = folder.close();
    stopped.map_err(|error| Failed::because("The node did not stop well", &error))?;
    removed.map_err(|error| Failed::because("The temporary folder cannot be removed", &error))?;
    acted
}

/// Begins the network with its administrator, and starts the node.
async fn begin(
    database: &Path,
    url: &str,
    environment: &Arc<DemoEnvironment>,
) -> Result<(Node, Caller), Failed> {
    // Everything else is invented, but nobody can know the key or the administrator's secret beforehand.
    let real: Arc<dyn Environment> = Arc::new(RealEnvironment);
    let mut master = [0; MASTER_KEY_BYTES];
    real.fill_random(&mut master);
    let keyring = Arc::new(Keyring::derive(&master));
    let store = Store::at(&format!("sqlite:{}", database.display()));
    let first = First {
        name: name(MEMBERS[0].name),
        kind: MEMBERS[0].kind,
        locodes: locodes(MEMBERS[0].locodes),
        client: name("Network administration"),
    };
    let first = setup::init(&store, keyring.clone(), real, first)
        .await
        .map_err(|error| Failed::because("The network cannot begin", &error))?;
    let settings = NodeSettings {
        store,
        keyring,
        environment: environment.clone(),
        public_url: url.to_owned(),
        group_max: GROUP_MAX,
    };
    let node = Node::start(settings, &mut |_, _| {});
    let node = node.map_err(|error| Failed::new(error.to_string()))?;
    let admin = Caller {
        client: first.client,
        member: first.member,
        role: Role::NetworkAdmin,
    };
    Ok((node, admin))
}

/// Fills the network: places, then workers, then those who talk to it.
async fn fill(
    options: &DemoOptions,
    node: &Node,
    admin: Caller,
    environment: &DemoEnvironment,
    folder: &Path,
    url: String,
) -> Result<Demo, Failed> {
    let services = &node.services;
    let actor = Actor::Client(admin.client);
    let network = services
        .door
        .change(actor, move |tx| Network::record(tx, admin))
        .await?;
    let (network, crowd) = (Arc::new(network), Arc::new(Crowd::of(options.workers)));
    let mut progress = screen::Progress::of(options.workers);
    let credentials = seed::seed(services, &network, &crowd, |done| progress.at(done)).await?;
    environment.shuffle();
    let places = network.clone();
    let machines = services
        .door
        .change(actor, move |tx| Machines::add(tx, admin, &places))
        .await?;
    for (at, (officer, admin)) in network
        .members
        .iter()
        .zip(machines.officers.iter().zip(&machines.admins))
    {
        let short = at.plan.short;
        hand_over(folder, &format!("{short}-officer"), officer)?;
        hand_over(folder, &format!("{short}-admin"), admin)?;
    }
    let stage = stage(&network, &crowd, &machines, &credentials, url)?;
    hand_over(folder, GATE, &stage.gate_machine)?;
    Ok(Demo {
        stage,
        network,
        crowd,
        machines,
        metrics_url: String::new(),
        folder: folder.to_owned(),
        ready_after: Duration::ZERO,
    })
}

/// The file of the gate's secret, without its ending.
const GATE: &str = "gate";

/// The story's gate, badge and people.
fn stage(
    network: &Network,
    crowd: &Crowd,
    machines: &Machines,
    credentials: &[crate::domain::ids::CredentialId],
    url: String,
) -> Result<Stage, Failed> {
    let place = crowd.of_member(NORTH_SEA_PORT).start;
    let nth = network
        .gates
        .iter()
        .position(|gate| gate.member == ANTWERP_BRUGES);
    let credential = usize::try_from(place - 1)
        .ok()
        .and_then(|nth| credentials.get(nth));
    let (Some(nth), Some(&credential)) = (nth, credential) else {
        return Err(Failed::new("The story's gate or badge is missing."));
    };
    // Issued where readers report a UID backwards, read where they report it as it is.
    let number = &crowd.person(network, place).badges[0].cards[0].1;
    Ok(Stage {
        url,
        gate: network.gates[nth].id,
        gate_machine: machines.gates[nth].clone(),
        officer: machines.officers[NORTH_SEA_PORT].clone(),
        credential,
        badge: match network.gates[nth].uid_byte_order {
            ByteOrder::MsbFirst => number.turned(),
            ByteOrder::LsbFirst => number.clone(),
        },
        stranger: cards::Numbering::not_issued(1),
    })
}

/// Writes a client's secret where only the owner of this process can read it, as `portcullis` takes it and as curl does.
fn hand_over(folder: &Path, who: &str, machine: &Machine) -> Result<(), Failed> {
    let (client, secret) = (machine.client, &machine.secret);
    let json = serde_json::json!({ "client_id": client, "client_secret": secret });
    for (ending, text) in [
        ("json", format!("{json}\n")),
        ("curl", format!("user = \"{client}:{secret}\"\n")),
    ] {
        let path = folder.join(who).with_extension(ending);
        let file = std::fs::OpenOptions::new()
            .write(true)
            .create_new(true)
            .mode(0o600)
            .open(path);
        let written = file.and_then(|mut file| file.write_all(text.as_bytes()));
        written.map_err(|error| Failed::because("A secret cannot be written", &error))?;
    }
    Ok(())
}

impl Demo {
    /// Puts the network on the screen and opens the gates. Ends only when it is stopped.
    async fn show(&self) -> Result<bool, Failed> {
        let program = std::env::current_exe()
            .map_err(|error| Failed::because("The path of this program is not known", &error))?;
        let (url, folder) = (&self.stage.url, self.folder.display());
        screen::say(&format!(
            "{} workers of {} members, {} gates; ready after {:.1} s.\n\n\
             API      {url}\nDocs     {url}/docs/\nMetrics  {}/metrics\n\
             Secrets  {folder}  (gone when this ends)\n\n\
             A story to follow. Paste into another shell:\n",
            HumanCount(self.crowd.len().into()),
            self.network.members.len(),
            self.network.gates.len(),
            self.ready_after.as_secs_f64(),
            self.metrics_url,
        ));
        let officer = format!("{}-officer", MEMBERS[NORTH_SEA_PORT].short);
        let files = guide::Files {
            gate: &self.folder.join(GATE),
            officer: &self.folder.join(officer),
        };
        let steps = story::steps(&self.stage);
        screen::say(&guide::guide(&self.stage, &steps, &program, &files));
        screen::say("The gates are open. Ctrl-C ends it and removes everything.\n");
        let tally = Arc::new(traffic::Tally::default());
        let api = api::Api::at(url)?;
        let gates = &self.machines.gates;
        let _traffic = traffic::Traffic::start(&api, &self.network, &self.crowd, gates, &tally);
        screen::watch(&tally).await;
        Ok(true)
    }
}

/// Binds the wanted address. Where none is wanted, the usual port of this machine, or any that is free.
fn listen(wanted: Option<SocketAddr>, usual: u16, any: bool) -> Result<TcpListener, Failed> {
    let here = |port| SocketAddr::from((Ipv4Addr::LOCALHOST, port));
    let bound = match wanted {
        Some(address) => TcpListener::bind(address),
        None if any => TcpListener::bind(here(0)),
        None => TcpListener::bind(here(usual)).or_else(|_| TcpListener::bind(here(0))),
    };
    bound.map_err(|error| Failed::because("Nothing can listen there; name another address", &error))
}

/// Where a listener is reached from this machine.
fn url_of(listener: &TcpListener) -> Result<String, Failed> {
    let mut address = listener
        .local_addr()
        .map_err(|error| Failed::because("A listener has no address", &error))?;
    match address.ip() {
        IpAddr::V4(ip) if ip.is_unspecified() => address.set_ip(Ipv4Addr::LOCALHOST.into()),
        IpAddr::V6(ip) if ip.is_unspecified() => address.set_ip(Ipv6Addr::LOCALHOST.into()),
        _ => {}
    }
    Ok(format!("http://{address}"))
}

/// Warnings and errors are written; what goes well is on the screen already.
fn start_log_lines() {
    let flags = Flags {
        log_level: Some("warn".into()),
        ..Flags::default()
    };
    if let Ok(loaded) = Config::load(&flags, []) {
        // Begun already where several demonstrations run in one process.
        let _ = telemetry::start(&loaded.config);
    }
}

/// SIGTERM and SIGINT.
struct Signals([Signal; 2]);

impl Signals {
    /// From here on they no longer end the process by themselves.
    fn hear() -> Result<Self, Failed> {
        let hear =
            |kind| signal(kind).map_err(|error| Failed::because("Signals cannot be heard", &error));
        Ok(Self([
            hear(SignalKind::terminate())?,
            hear(SignalKind::interrupt())?,
        ]))
    }

    /// Waits for the first.
    async fn heard(&mut self) {
        let [terminate, interrupt] = &mut self.0;
        tokio::select! {
            _ = terminate.recv() => {}
            _ = interrupt.recv() => {}
        }
    }
}
