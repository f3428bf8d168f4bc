//! Putting the demonstration up and taking it down: folder, network, node, server, secrets.

use std::io::Write;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, TcpListener};
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use tokio::signal::unix::{Signal, SignalKind, signal};

use crate::access::keyring::{Keyring, MASTER_KEY_BYTES};
use crate::access::permission::Caller;
use crate::app::{self, Node, NodeSettings, Serving};
use crate::config::{Config, Flags};
use crate::domain::card::ByteOrder;
use crate::domain::client::Role;
use crate::domain::ids::CredentialId;
use crate::domain::time::Environment;
use crate::environment::RealEnvironment;
use crate::http::limits::KEEP_ALIVE;
use crate::ledger::entry::Actor;
use crate::service::commit::GROUP_MAX;
use crate::service::setup::{self, First, FirstAdmin};
use crate::store::Store;
use crate::telemetry;

use super::cards::Numbering;
use super::environment::DemoEnvironment;
use super::network::{Machine, Machines, Network, locodes, name};
use super::people::Crowd;
use super::plan::{ANTWERP_BRUGES, MEMBERS, NORTH_SEA_PORT};
use super::story::Stage;
use super::{Demo, DemoOptions, Failed, WORKERS, screen, seed};

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
    let listener = listen(options.listen, 8_080, options.story)?;
    let metrics_listener = listen(options.metrics_listen, 9_464, options.story)?;
    let (url, metrics_url) = (url_of(&listener)?, url_of(&metrics_listener)?);
    let folder = tempfile::Builder::new().prefix("portcullis-").tempdir();
    let folder =
        folder.map_err(|error| Failed::because("No temporary folder can be made", &error))?;

    let environment = Arc::new(DemoEnvironment::seeded());
    let (node, first) = begin(&folder.path().join("demo.db"), &url, &environment).await?;
    let failed = |error: std::io::Error| Failed::because("The server cannot run", &error);
    let shared =
        app::shared(&node, 1_000, 1_000, 1_000).map_err(|error| Failed::new(error.to_string()))?;
    let serving = Serving {
        listener,
        workers: std::thread::available_parallelism().map_or(1, usize::from),
        connections_max: 1_000,
        patience: KEEP_ALIVE,
        drain: Duration::from_secs(2),
    };
    let api = app::api(shared.clone(), serving).map_err(failed)?;
    let metrics = app::metrics(shared, metrics_listener).map_err(failed)?;
    let handles = [api.handle(), metrics.handle()];
    tokio::spawn(futures_util::future::join(api, metrics));

    let acted = tokio::select! {
        () = signals.heard() => Ok(None),
        acted = async {
            let mut demo = fill(options, &node, &first, &environment, folder.path(), url).await?;
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
) -> Result<(Node, FirstAdmin), Failed> {
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
        approves_issues: false,
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
        state_dir: None,
    };
    let node = Node::start(settings, &mut |_, _| {});
    let node = node.map_err(|error| Failed::new(error.to_string()))?;
    Ok((node, first))
}

/// Fills the network: places, then workers, then those who talk to it.
async fn fill(
    options: &DemoOptions,
    node: &Node,
    first: &FirstAdmin,
    environment: &DemoEnvironment,
    folder: &Path,
    url: String,
) -> Result<Demo, Failed> {
    let services = &node.services;
    let actor = Actor::Client(first.client);
    let admin = Caller {
        client: first.client,
        member: first.member,
        role: Role::NetworkAdmin,
        person: None,
    };
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
    let administration = Machine {
        client: first.client,
        secret: first.secret.clone(),
    };
    hand_over(folder, "network-admin", &administration)?;
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
pub const GATE: &str = "gate";

/// The story's gate, badge and people.
fn stage(
    network: &Network,
    crowd: &Crowd,
    machines: &Machines,
    credentials: &[CredentialId],
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
        stranger: Numbering::not_issued(1),
    })
}

/// Writes a client's secret where only the owner of this process can read it, as `portcullis` takes it and as curl does.
fn hand_over(folder: &Path, who: &str, machine: &Machine) -> Result<(), Failed> {
    let (client, secret) = (machine.client, machine.secret.reveal());
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

/// Binds the wanted address. Where none is wanted, the usual port of this machine, or any that is free.
fn listen(wanted: Option<SocketAddr>, usual: u16, any: bool) -> Result<TcpListener, Failed> {
    let here = |port| SocketAddr::from((Ipv4Addr::LOCALHOST, port));
    let bind = |address| {
        TcpListener::bind(address)
            .map_err(|error| Failed::because(&format!("Nothing can listen on {address}"), &error))
    };
    match wanted {
        Some(address) => bind(address),
        None if any => bind(here(0)),
        None => bind(here(usual)).or_else(|_| bind(here(0))),
    }
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
