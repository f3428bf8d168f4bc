//! Gate checks over HTTP: the server on one core, the generator on the other, beside nginx answering the same bytes from
//! memory and PostgreSQL selecting by primary key.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::time::{Duration, Instant};

use portcullis::access::keyring::Keyring;
use portcullis::app::{Node, NodeSettings};
use portcullis::domain::ids::GateId;
use portcullis::domain::time::Environment;
use portcullis::environment::RealEnvironment;
use portcullis::service::commit::GROUP_MAX;
use portcullis::store::Store;
use rand::{RngExt, SeedableRng};

use crate::cores::{CoreLoad, pin, pin_this_thread};
use crate::load::{LoadPlan, LoadReport, run};
use crate::network::Network;
use crate::place::Place;
use crate::rivals::{KeySelect, Nginx, SelectPlan};
use crate::table::{Aim, Measure};

pub const SERVER_CORE: usize = 0;
pub const GENERATOR_CORE: usize = 1;
const CONNECTIONS: usize = 64;

/// A server process over a database with `badges` badges.
pub struct Bench {
    pub place: Place,
    pub network: Arc<Network>,
    pub server: Server,
    pub requests: Arc<Vec<Vec<u8>>>,
    pub badges: u32,
}

/// The program itself, serving, on a core of its own.
pub struct Server {
    child: Child,
    pub address: SocketAddr,
}

impl Server {
    fn start(place: &Place) -> Self {
        let free = || {
            TcpListener::bind("127.0.0.1:0")
                .and_then(|socket| socket.local_addr())
                .expect("a free port")
        };
        let (address, metrics) = (free(), free());
        let child = Command::new(env!("CARGO_BIN_EXE_portcullis"))
            .arg("serve")
            .env("PORTCULLIS_DATABASE", &place.url)
            .env("PORTCULLIS_STATE_DIR", place.folder.path())
            .env("PORTCULLIS_MASTER_KEY_FILE", place.master_key_file())
            .env("PORTCULLIS_LISTEN", address.to_string())
            .env("PORTCULLIS_METRICS_LISTEN", metrics.to_string())
            .env("PORTCULLIS_WORKERS", "1")
            .env("PORTCULLIS_LOG_LEVEL", "error")
            .env("PORTCULLIS_GATE_CHECKS_PER_SECOND", "10000000")
            .env("PORTCULLIS_REQUESTS_PER_SECOND", "10000000")
            .stdout(Stdio::null())
            .spawn()
            .expect("the server starts");
        let server = Self { child, address };
        let deadline = Instant::now() + Duration::from_secs(120);
        while TcpStream::connect(server.address).is_err() {
            assert!(Instant::now() < deadline, "the server does not listen");
            std::thread::sleep(Duration::from_millis(50));
        }
        server
    }

    pub fn pid(&self) -> u32 {
        self.child.id()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // Only the process that was started here, by its handle.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Bench {
    pub fn start(place: Place, badges: u32) -> Self {
        Self::of(place, Network::new(), badges)
    }

    pub fn of(place: Place, network: Network, badges: u32) -> Self {
        let network = Arc::new(network);
        let runtime = tokio::runtime::Runtime::new().expect("a runtime");
        runtime.block_on(async {
            let keyring = Arc::new(Keyring::derive(&place.master_key));
            place.init(&keyring).await;
            let environment: Arc<dyn Environment> = Arc::new(RealEnvironment);
            let settings = NodeSettings {
                store: Store::at(&place.url),
                keyring,
                environment,
                public_url: "http://bench".into(),
                group_max: GROUP_MAX,
                state_dir: None,
                kept: portcullis::domain::retention::Kept::default(),
            };
            let node = Node::start(settings, &mut |_, _| {}).expect("the node starts");
            let started = Instant::now();
            network.fill(&node.services.door, badges).await;
            println!(
                "  {badges} badges written in {:.1} s",
                started.elapsed().as_secs_f64()
            );
            node.stop();
        });
        let server = Server::start(&place);
        let token = token(
            server.address,
            &network.client.id.to_string(),
            network.secret.reveal(),
        );
        let mut random = rand::rngs::SmallRng::seed_from_u64(11);
        let requests = (0..100_000)
            .map(|_| check(network.gate.id, &token, random.random_range(0..badges)))
            .collect();
        Self {
            place,
            network,
            server,
            requests: Arc::new(requests),
            badges,
        }
    }

    pub fn plan(&self, seconds: u64, rate_per_second: Option<f64>) -> LoadPlan {
        LoadPlan {
            address: self.server.address,
            connections: CONNECTIONS,
            requests: self.requests.clone(),
            warmup: Duration::from_secs(1),
            duration: Duration::from_secs(seconds),
            expect_status: 200,
            rate_per_second,
        }
    }

    /// Load from the generator's core while the server has its own.
    pub fn load(&self, plan: &LoadPlan) -> LoadReport {
        let _server = pin(self.server.pid(), SERVER_CORE).expect("the server can be pinned");
        let _generator = pin_this_thread(GENERATOR_CORE).expect("the generator can be pinned");
        run(plan).expect("the load runs")
    }
}

pub fn check(gate: GateId, token: &str, card: u32) -> Vec<u8> {
    let body = format!(
        r#"{{"gate":"{gate}","card":{{"format":"card_uid","value":"{}"}}}}"#,
        Network::uid(card)
    );
    format!(
        "POST /v1/gate-checks HTTP/1.1\r\nHost: bench\r\nAuthorization: Bearer {token}\r\n\
         Content-Type: application/json\r\nContent-Length: {}\r\n\r\n{body}",
        body.len()
    )
    .into_bytes()
}

/// One request on a connection of its own; the whole answer.
pub fn once(address: SocketAddr, request: &[u8]) -> String {
    let mut stream = TcpStream::connect(address).expect("it listens");
    stream
        .set_read_timeout(Some(Duration::from_millis(500)))
        .expect("a limit");
    stream.write_all(request).expect("it is sent");
    let mut answer = Vec::new();
    let mut buffer = [0; 65_536];
    while let Ok(read) = stream.read(&mut buffer) {
        if read == 0 {
            break;
        }
        answer.extend_from_slice(&buffer[..read]);
    }
    String::from_utf8(answer).expect("text")
}

pub fn token(address: SocketAddr, client: &str, secret: &str) -> String {
    let body = format!("grant_type=client_credentials&client_id={client}&client_secret={secret}");
    let request = format!(
        "POST /oauth/token HTTP/1.1\r\nHost: bench\r\nContent-Type: application/x-www-form-urlencoded\r\n\
         Content-Length: {}\r\n\r\n{body}",
        body.len()
    );
    let answer = once(address, request.as_bytes());
    let json = answer.split("\r\n\r\n").nth(1).expect("a body");
    let json: serde_json::Value = serde_json::from_str(json).expect("JSON");
    json["access_token"].as_str().expect("a token").to_owned()
}

/// What [`rates`] measures.
pub const RATES: [&str; 5] = [
    "gate_check_vs_nginx",
    "gate_check_vs_select",
    "gate_check_p50",
    "gate_check_p99",
    "gate_check_generator_busy",
];

/// The rate against nginx and against a SELECT by primary key; at that rate, which is as fast as it goes, how long an answer
/// takes against nginx's, and how busy the generator was against the server: below 1, it was not what held the server up.
pub fn rates(bench: &Bench, quick: bool) -> Vec<Measure> {
    let seconds = if quick { 3 } else { 8 };
    let sample = once(bench.server.address, &bench.requests[0]);
    let (head, body) = sample.split_once("\r\n\r\n").expect("head and body");
    assert!(
        body.contains("\"permit\""),
        "a good badge is permitted: {body}"
    );
    let headers: Vec<(String, String)> = head
        .lines()
        .skip(1)
        .filter_map(|line| line.split_once(": "))
        .filter(|(name, _)| {
            !["content-length", "content-type", "date", "connection"]
                .contains(&&*name.to_lowercase())
        })
        .map(|(name, value)| (name.to_owned(), value.to_owned()))
        .collect();
    let headers: Vec<(&str, &str)> = headers
        .iter()
        .map(|(name, value)| (&**name, &**value))
        .collect();
    let nginx = Nginx::start(SERVER_CORE, "/v1/gate-checks", &headers, body).expect("nginx starts");
    let mut ours: Vec<LoadReport> = Vec::new();
    let mut our_core_shares: Vec<f64> = Vec::new();
    let mut theirs: Vec<LoadReport> = Vec::new();
    let select = Select::prepare(if quick { 50_000 } else { bench.badges }.into(), seconds);
    let mut selects: Vec<f64> = Vec::new();
    // In turn, so that what else the machine does falls on all.
    for _ in 0..5 {
        let cores = CoreLoad::begin().expect("the kernel tells");
        ours.push(bench.load(&bench.plan(seconds, None)));
        let our_core = cores.share(SERVER_CORE).expect("the kernel tells");
        our_core_shares.push(our_core);
        let _generator = pin_this_thread(GENERATOR_CORE).expect("the generator can be pinned");
        let cores = CoreLoad::begin().expect("the kernel tells");
        theirs.push(
            run(&LoadPlan {
                address: nginx.address(),
                ..bench.plan(seconds, None)
            })
            .expect("the load runs"),
        );
        let (one, other) = (&ours[ours.len() - 1], &theirs[theirs.len() - 1]);
        println!(
            "  portcullis {:.0}/s p50 {:.0} µs p99 {:.0} µs (its core {our_core:.2}, generator {:.2}) · nginx {:.0}/s p50 {:.0} µs p99 {:.0} µs (its core {:.2}, generator {:.2})",
            one.per_second,
            one.p50_us,
            one.p99_us,
            one.generator_busy_share,
            other.per_second,
            other.p50_us,
            other.p99_us,
            cores.share(SERVER_CORE).expect("the kernel tells"),
            other.generator_busy_share,
        );
        assert_eq!(
            (one.errors, other.errors),
            (0, 0),
            "every request was answered"
        );
        selects.push(select.per_second());
    }
    let of =
        |reports: &[LoadReport], figure: fn(&LoadReport) -> f64| median(reports.iter().map(figure));
    let rate = of(&ours, |report| report.per_second);
    let both = |name, unit, figure: fn(&LoadReport) -> f64| {
        Measure::new(name, of(&ours, figure), unit).against(of(&theirs, figure))
    };
    vec![
        both("gate_check_vs_nginx", "requests/s", |report| {
            report.per_second
        })
        .aim(Aim::AtLeast(0.8)),
        Measure::new("gate_check_vs_select", rate, "requests/s")
            .against(median(selects.into_iter()))
            .aim(Aim::AtLeast(3.0)),
        both("gate_check_p50", "µs", |report| report.p50_us),
        both("gate_check_p99", "µs", |report| report.p99_us),
        Measure::new(
            "gate_check_generator_busy",
            of(&ours, |report| report.generator_busy_share),
            "share",
        )
        .against(median(our_core_shares.into_iter()))
        .aim(Aim::AtMost(1.0)),
    ]
}

/// A SELECT by primary key through pgbench.
struct Select {
    table: KeySelect,
    plan: SelectPlan,
}

impl Select {
    fn prepare(rows: u64, seconds: u64) -> Self {
        let server_pid = std::env::var("PORTCULLIS_TEST_POSTGRES_PID")
            .ok()
            .and_then(|pid| pid.parse().ok());
        Self {
            table: KeySelect::prepare(rows).expect("pgbench's table"),
            plan: SelectPlan {
                clients: 16,
                warmup_s: 1,
                duration_s: seconds,
                server_pid: server_pid.expect("scripts/bench says which process PostgreSQL is"),
                server_core: SERVER_CORE,
                generator_core: GENERATOR_CORE,
            },
        }
    }

    fn per_second(&self) -> f64 {
        let report = self.table.run(&self.plan).expect("pgbench runs");
        println!("  select by key: {report:.1?}");
        report.per_second
    }
}

/// p99 at a steady rate while something else goes on, against the same when nothing does.
pub fn disturbed(
    bench: &Bench,
    name: &str,
    seconds: u64,
    disturb: impl Fn() -> Box<dyn FnOnce()>,
) -> Measure {
    // A part of what the server can do: enough to notice, not so much that queueing drowns the difference.
    let most = bench.load(&bench.plan(2, None)).per_second;
    let plan = bench.plan(seconds, Some((most / 4.0).min(10_000.0)));
    let (mut idle, mut busy) = (Vec::new(), Vec::new());
    for _ in 0..3 {
        let alone = bench.load(&plan);
        let end = disturb();
        let report = bench.load(&plan);
        end();
        assert_eq!(report.errors, 0, "every check was answered");
        println!(
            "  {name}: p99 idle {:.0} µs ({:.1} % set aside), disturbed {:.0} µs ({:.1} %)",
            alone.p99_us,
            alone.set_aside_share * 100.0,
            report.p99_us,
            report.set_aside_share * 100.0,
        );
        idle.push(alone.p99_us);
        busy.push(report.p99_us);
    }
    let (idle, busy) = (median(idle.into_iter()), median(busy.into_iter()));
    Measure::new(name, busy, "µs")
        .against(idle)
        .aim(Aim::AtMost(1.5))
}

pub fn median(figures: impl Iterator<Item = f64>) -> f64 {
    let mut figures: Vec<f64> = figures.collect();
    figures.sort_by(f64::total_cmp);
    figures[figures.len() / 2]
}

/// The same while the database is frozen: every process of it is stopped, and goes on afterwards.
pub fn frozen(bench: &Bench, seconds: u64) -> Measure {
    disturbed(bench, "gate_p99_database_frozen", seconds, || {
        let pids: Vec<String> =
            crate::place::psql(&bench.place.url, "SELECT pid FROM pg_stat_activity")
                .lines()
                .map(str::to_owned)
                .collect();
        signal("-STOP", &pids);
        Box::new(move || {
            signal("-CONT", &pids);
            // What waited in queues is written before the next round begins.
            std::thread::sleep(Duration::from_secs(2));
        })
    })
}

fn signal(signal: &str, pids: &[String]) {
    // A session of psql's own may have ended meanwhile; the others must hear it.
    let _ = Command::new("kill")
        .arg(signal)
        .args(pids)
        .stderr(Stdio::null())
        .status();
}
