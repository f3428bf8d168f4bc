//! A network with the real server in it, on a database of its own. When a world is dropped after a story that did not fail,
//! its ledger is verified: chain, replay against tables, replay against the index of every node.

use std::net::{SocketAddr, TcpListener};
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use actix_web::dev::ServerHandle;
use portcullis::access::keyring::Keyring;
use portcullis::app::{self, Node, NodeSettings, Serving};
use portcullis::domain::client::{Client, Person, Role};
use portcullis::domain::ids::{ClientId, PersonId};
use portcullis::domain::network::MemberKind;
use portcullis::domain::text::Name;
use portcullis::domain::time::Environment;
use portcullis::http::limits::KEEP_ALIVE;
use portcullis::http::state::Shared;
use portcullis::index::Index;
use portcullis::ledger::entry::{Actor, Entry, Fact};
use portcullis::ledger::fold::fold;
use portcullis::ledger::replay::Replay;
use portcullis::service::Tx;
use portcullis::service::clients::Secret;
use portcullis::service::commit::GROUP_MAX;
use portcullis::service::setup::{self, First, FirstAdmin};
use portcullis::service::verify;
use portcullis::store::{Reader, Store, ledger};
use serde_json::{Value, json};

use super::actors::{Admin, Api};
use super::clock::TestClock;
use super::proxy::Proxy;

/// Which database a story runs on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Database {
    Sqlite,
    Postgres,
}

/// When stories happen.
pub const MORNING: &str = "2026-03-02T07:30:00Z";

pub struct World {
    pub database: Database,
    pub url: String,
    pub clock: Arc<TestClock>,
    pub keyring: Arc<Keyring>,
    pub first: FirstAdmin,
    /// The first node.
    pub node: RunningNode,
    /// Where the first node notes how far it has seen the ledger.
    pub state: tempfile::TempDir,
    _place: Place,
    /// Set where a story leaves the ledger damaged on purpose.
    pub damaged: bool,
    network_admins: tokio::sync::OnceCell<[Api; 2]>,
}

/// A new, empty database. It goes when this is dropped.
pub struct Place {
    pub url: String,
    _folder: Option<tempfile::TempDir>,
    postgres_name: Option<String>,
}

/// A node with its API server on a port of its own.
pub struct RunningNode {
    pub address: SocketAddr,
    pub shared: actix_web::web::Data<Shared>,
    node: Option<Node>,
    server: ServerHandle,
    thread: Option<std::thread::JoinHandle<()>>,
}

static DATABASES: AtomicU64 = AtomicU64::new(0);

/// The PostgreSQL server that `scripts/test` started.
fn postgres() -> String {
    std::env::var("PORTCULLIS_TEST_POSTGRES").expect("PORTCULLIS_TEST_POSTGRES: run the tests by scripts/test, which starts a PostgreSQL and says where")
}

fn psql(url: &str, sql: &str) {
    let done = std::process::Command::new("psql")
        .args([url, "-qAtc", sql])
        .output()
        .expect("psql runs");
    assert!(
        done.status.success(),
        "{}",
        String::from_utf8_lossy(&done.stderr)
    );
}

impl Place {
    pub fn new(database: Database) -> Self {
        // Before any line of ours can be written: one that is written just while the listener is put in place is taken
        // for one that nobody ever wants.
        super::log::listen();
        match database {
            Database::Sqlite => {
                let folder = tempfile::tempdir().expect("a temporary folder");
                Self {
                    url: format!("sqlite:{}", folder.path().join("portcullis.db").display()),
                    _folder: Some(folder),
                    postgres_name: None,
                }
            }
            Database::Postgres => {
                let server = postgres();
                let name = format!(
                    "story_{}_{}",
                    std::process::id(),
                    DATABASES.fetch_add(1, Ordering::SeqCst)
                );
                psql(&server, &format!("CREATE DATABASE {name}"));
                let base = server
                    .rsplit_once('/')
                    .expect("an address with a database")
                    .0;
                Self {
                    url: format!("{base}/{name}"),
                    _folder: None,
                    postgres_name: Some(name),
                }
            }
        }
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        if let Some(name) = &self.postgres_name {
            psql(&postgres(), &format!("DROP DATABASE {name} WITH (FORCE)"));
        }
    }
}

/// The keys of every network in stories.
pub fn keyring() -> Arc<Keyring> {
    Arc::new(Keyring::derive(&[7; 32]))
}

/// The first member and its administrator.
pub fn first() -> First {
    First {
        name: Name::parse("Haven van Oosterhaven").expect("a name"),
        kind: MemberKind::PortAuthority,
        locodes: vec!["BEANR".parse().expect("a place")],
        client: Name::parse("first administrator").expect("a name"),
        approves_issues: false,
    }
}

impl World {
    /// A network with its first member and administrator, and one node.
    pub async fn begin(database: Database) -> Self {
        let place = Place::new(database);
        let url = place.url.clone();
        let clock = Arc::new(TestClock::at(MORNING));
        let keyring = keyring();
        let environment: Arc<dyn Environment> = clock.clone();
        let first = setup::init(&Store::at(&url), keyring.clone(), environment, first())
            .await
            .expect("the network begins");
        let state = tempfile::tempdir().expect("a temporary folder");
        let node = RunningNode::start(&url, &clock, &keyring, Some(state.path()));
        Self {
            database,
            url,
            clock,
            keyring,
            first,
            node,
            state,
            _place: place,
            damaged: false,
            network_admins: tokio::sync::OnceCell::new(),
        }
    }

    /// One more node on the same database.
    pub fn another_node(&self) -> RunningNode {
        assert_eq!(self.database, Database::Postgres, "SQLite has one node");
        RunningNode::start(&self.url, &self.clock, &self.keyring, None)
    }

    /// One more node, whose line to the database can fail.
    pub fn node_through(&self, proxy: &Proxy) -> RunningNode {
        assert_eq!(self.database, Database::Postgres, "SQLite has no line");
        RunningNode::start(&proxy.url(&self.url), &self.clock, &self.keyring, None)
    }

    /// The network's administrator.
    pub async fn admin(&self) -> Admin {
        let api = self
            .api(&self.first.client.to_string(), self.first.secret.reveal())
            .await;
        Admin {
            api,
            member: self.first.member.to_string(),
        }
    }

    /// The network's two administrators, two people, who are there from the first call on.
    pub async fn network_admins(&self) -> [Api; 2] {
        let make = async || {
            let (admin, mut made) = (self.admin().await, Vec::new());
            for _ in 0..2 {
                let person = json!({ "member": admin.member });
                let person = admin.api.post("/v1/people", &person).await.created();
                let client = json!({ "member": admin.member, "name": "a network_admin",
                    "role": "network_admin", "person": person["id"] });
                let client = admin.api.post("/v1/clients", &client).await.created();
                let api = self.api(text(&client, "id"), text(&client, "secret")).await;
                made.push(api);
            }
            [made[0].clone(), made[1].clone()]
        };
        let [first, second] = self.network_admins.get_or_init(make).await;
        [first.again().await, second.again().await]
    }

    /// Somebody with this secret, at the first node.
    pub async fn api(&self, client: &str, secret: &str) -> Api {
        Api::log_in(self.node.address, client, secret).await
    }

    /// Nobody in particular, at the first node.
    pub fn anonymous(&self) -> Api {
        Api::anonymous(self.node.address)
    }

    /// A second member, with its own administrator, where one person issues.
    pub async fn member(&self, name: &str) -> Admin {
        self.member_with(name, json!({ "approves_issues": false }))
            .await
    }

    /// One where a second person grants what is issued.
    pub async fn approving_member(&self, name: &str) -> Admin {
        self.member_with(name, json!({})).await
    }

    async fn member_with(&self, name: &str, more: Value) -> Admin {
        let admin = self.admin().await;
        let mut body = json!({ "name": name, "kind": "port_authority", "locodes": ["BEZEE"] });
        body.as_object_mut()
            .expect("an object")
            .extend(more.as_object().cloned().unwrap_or_default());
        let member = admin.api.post("/v1/members", &body).await.created();
        admin
            .administrator_of(self, member["id"].as_str().expect("an id"))
            .await
    }

    /// Somebody stated at the door by the program itself: many people at once, without administrators who ask each other.
    pub async fn states_person(&self, member: &str, worker: Option<&str>) -> Value {
        let person = Person {
            id: PersonId::make(&*self.clock),
            member: member.parse().expect("a member"),
            worker: worker.map(|worker| worker.parse().expect("a worker")),
        };
        let id = person.id.to_string();
        self.states(Fact::PersonRecorded(person)).await;
        json!({ "id": id })
    }

    /// The same of a client.
    pub async fn states_client(&self, member: &str, role: Role, person: Option<&str>) -> Api {
        let secret = Secret::make(&*self.clock);
        let client = Client {
            id: ClientId::make(&*self.clock),
            member: member.parse().expect("a member"),
            name: Name::parse("a tool").expect("a name"),
            role,
            person: person.map(|person| person.parse().expect("a person")),
            secret_sha256: secret.digest(),
            revoked: false,
        };
        let id = client.id.to_string();
        self.states(Fact::ClientRecorded(client)).await;
        self.api(&id, secret.reveal()).await
    }

    async fn states(&self, fact: Fact) {
        let work = move |tx: &mut Tx<'_>| Ok(tx.state(fact.clone())?);
        let door = &self.node.shared.services.door;
        door.change(Actor::System, work).await.expect("is stated");
    }

    /// Ends the first node and starts it again on the same database.
    pub fn restart(&mut self) {
        self.node.stop();
        self.node = self.node_with(Some(self.state.path()));
    }

    /// A node with its note in this folder, or without one.
    pub fn node_with(&self, state: Option<&Path>) -> RunningNode {
        RunningNode::start(&self.url, &self.clock, &self.keyring, state)
    }

    /// Ends the first node, and starts it again in vain. Answers what the operator is told.
    pub fn refuses_to_start(&mut self) -> String {
        self.node.stop();
        let settings = RunningNode::settings(
            &self.url,
            &self.clock,
            &self.keyring,
            Some(self.state.path()),
        );
        match Node::start(settings, &mut |_, _| {}) {
            Ok(_) => panic!("the node starts"),
            Err(why) => why.to_string(),
        }
    }

    /// The folder of an SQLite world.
    pub fn folder(&self) -> &std::path::Path {
        let file = self.url.strip_prefix("sqlite:").expect("SQLite has a file");
        std::path::Path::new(file)
            .parent()
            .expect("a file has a folder")
    }

    /// Reads the database past the API.
    pub fn db_read<T>(&self, query: impl FnOnce(&mut portcullis::store::Reader) -> T) -> T {
        let mut reader = Store::at(&self.url).reader().expect("the database opens");
        query(&mut reader)
    }
}

impl RunningNode {
    pub fn start(
        url: &str,
        clock: &Arc<TestClock>,
        keyring: &Arc<Keyring>,
        state: Option<&Path>,
    ) -> Self {
        let settings = Self::settings(url, clock, keyring, state);
        let node = Node::start(settings, &mut |_, _| {}).expect("the node starts");
        let shared = app::shared(&node, 1_000_000, 1_000_000, 1_000_000).expect("metrics register");
        let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
        let address = listener.local_addr().expect("an address");
        let serving = Serving {
            listener,
            workers: 1,
            connections_max: 1_000,
            patience: KEEP_ALIVE,
            drain: Duration::from_secs(5),
        };
        let (send, receive) = std::sync::mpsc::channel();
        let data = shared.clone();
        let thread = std::thread::spawn(move || {
            actix_web::rt::System::new().block_on(async {
                let server = app::api(data, serving).expect("the server starts");
                send.send(server.handle()).expect("the story waits");
                server.await.expect("the server ends well");
            });
        });
        let server = receive.recv().expect("the server starts");
        Self {
            address,
            shared,
            node: Some(node),
            server,
            thread: Some(thread),
        }
    }

    fn settings(
        url: &str,
        clock: &Arc<TestClock>,
        keyring: &Arc<Keyring>,
        state: Option<&Path>,
    ) -> NodeSettings {
        let environment: Arc<dyn Environment> = clock.clone();
        NodeSettings {
            store: Store::at(url),
            keyring: keyring.clone(),
            environment,
            public_url: "https://portcullis.test".into(),
            group_max: GROUP_MAX,
            state_dir: state.map(Path::to_owned),
            kept: portcullis::domain::retention::Kept::default(),
        }
    }

    /// Stops the server, then the node.
    pub fn stop(&mut self) {
        if let (Some(thread), Some(node)) = (self.thread.take(), self.node.take()) {
            // Sent, not awaited: the server's own thread carries it out, and is joined here.
            drop(self.server.stop(true));
            thread.join().expect("the server's thread ends well");
            node.stop();
        }
    }
}

impl Drop for RunningNode {
    fn drop(&mut self) {
        self.stop();
    }
}

impl Drop for World {
    fn drop(&mut self) {
        self.node.stop();
        if !std::thread::panicking() && !self.damaged {
            self.db_examine(&self.node);
        }
    }
}

impl World {
    /// The examination at the end of each story: the chain is whole, the tables are what the ledger adds up to, and so is
    /// this node's index, if it has got to the end.
    pub fn db_examine(&self, node: &RunningNode) {
        self.db_examine_copies(std::slice::from_ref(&node.shared.services.index));
    }

    /// The same for several copies.
    pub fn db_examine_copies(&self, copies: &[Arc<Index>]) {
        let (report, replay) = self.db_read(|reader| {
            let report =
                verify::verify(reader, Some(&self.keyring), |_, _| {}).expect("all is whole");
            verify::verify_sealed(reader, &self.keyring).expect("every seal opens");
            (report, db_replay(reader))
        });
        for index in copies {
            assert!(index.is_whole(), "the node believes in its copy");
            assert!(index.seq() <= report.seq);
            if index.seq() == report.seq {
                compare(index, &replay);
            }
        }
    }
}

fn compare(index: &Index, replay: &Replay) {
    assert_eq!(index.credentials_len() as usize, replay.credentials.len());
    for held in replay.credentials.values() {
        let known = index
            .by_id(held.credential.id)
            .expect("the index knows every credential");
        assert_eq!(
            (known.state, known.reason, known.member, known.version),
            (
                held.state,
                held.reason,
                held.credential.member,
                held.version
            )
        );
        let standing = index.standing(held.credential.id).expect("it is known");
        assert_eq!(
            (standing.scope, standing.functions),
            (held.credential.scope.clone(), held.functions)
        );
    }
    for (key, (badge, ..)) in &replay.cards {
        let known = index.by_card(*key).expect("the index knows every card");
        assert_eq!(known.id, replay.badges[badge].0);
    }
}

/// What the entries add up to.
pub fn db_replay(reader: &mut Reader) -> Replay {
    let (mut replay, mut seq) = (Replay::default(), 0);
    loop {
        let page = ledger::after(reader, seq, 2_000).expect("the ledger can be read");
        let Some((last, _)) = page.last() else {
            return replay;
        };
        seq = *last;
        for (seq, body) in &page {
            let entry = Entry::decode(*seq, body).expect("entries can be read");
            fold(&entry, &mut replay).expect("each entry follows from those before it");
        }
    }
}

/// A value of an answer that must be text.
pub fn text<'a>(value: &'a Value, field: &str) -> &'a str {
    value[field]
        .as_str()
        .unwrap_or_else(|| panic!("{field} is text in {value}"))
}
