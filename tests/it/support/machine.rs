//! A machine on which somebody runs the real program: its settings, its commands, its server.

use std::io::{BufRead, BufReader};
use std::net::{SocketAddr, TcpListener};
use std::path::PathBuf;
use std::process::{Child, Command, Output, Stdio};
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process};
use serde_json::{Value, json};

use super::Database;
use super::actors::Api;
use super::world::{Place, text};

/// Seconds for stopping: two of them for load balancers, six for what is under way.
const DRAIN_SECONDS: u64 = 8;
/// How soon a server is up, and how soon it has noticed something, on a busy machine.
pub const PATIENCE: Duration = Duration::from_secs(30);
/// How soon it has stopped, whatever the settings.
pub const STOPS: Duration = Duration::from_secs(25);

/// A machine with a settings file.
pub struct Machine {
    folder: tempfile::TempDir,
    pub place: Place,
    pub api: SocketAddr,
    pub metrics: SocketAddr,
    /// What must stand in no log.
    pub secrets: Vec<String>,
}

impl Machine {
    pub fn new(database: Database) -> Self {
        let ports = [(); 2].map(|()| TcpListener::bind("127.0.0.1:0").expect("a free port"));
        let [api, metrics] = ports.map(|port| port.local_addr().expect("an address"));
        let machine = Self {
            folder: tempfile::tempdir().expect("a temporary folder"),
            place: Place::new(database),
            api,
            metrics,
            secrets: Vec::new(),
        };
        let mut settings = format!(
            "state_dir = '{}'\nlisten = '{api}'\nmetrics_listen = '{metrics}'\ndrain_seconds = {DRAIN_SECONDS}\n\
             workers = 2\nlog_level = 'info,portcullis=trace'\n",
            machine.path("state").display()
        );
        // An embedded one is where it is by default.
        if database == Database::Postgres {
            settings += &format!("database = '{}'\n", machine.place.url);
        }
        std::fs::write(machine.path("settings.toml"), settings).expect("is written");
        machine
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    pub fn file(&self, name: &str, text: &str) -> String {
        std::fs::write(self.path(name), text).expect("is written");
        self.shown(name)
    }

    pub fn shown(&self, name: &str) -> String {
        self.path(name).display().to_string()
    }

    pub fn database(&self) -> String {
        match self.place.url.strip_prefix("sqlite:") {
            Some(_) => format!("sqlite:{}", self.shown("state/portcullis.db")),
            None => self.place.url.clone(),
        }
    }

    pub fn command(&self, line: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_portcullis"));
        command
            .args(line)
            .env("PORTCULLIS_CONFIG", self.path("settings.toml"))
            .env("PORTCULLIS_URL", format!("http://{}", self.api));
        command
    }

    pub fn run(&self, line: &[&str]) -> Ended {
        let output = self.command(line).output().expect("the program runs");
        Ended::new(line, output)
    }

    /// Runs a command that talks to the server, as this client.
    pub fn as_client(&self, client: &str, line: &[&str]) -> Ended {
        let secret = self.shown(client);
        let client = ["--client-id", client, "--client-secret-file", &secret];
        self.run(&[line, &client[..]].concat())
    }

    /// A new client, with its secret in a file of its name.
    pub async fn client(&mut self, admin: &Api, member: &str, role: &str) -> (String, Api) {
        let body = json!({ "member": member, "name": format!("a {role}"), "role": role });
        let client = admin.post("/v1/clients", &body).await.created();
        let (id, secret) = (text(&client, "id"), text(&client, "secret"));
        self.file(id, secret);
        self.secrets.push(secret.to_owned());
        (id.to_owned(), self.log_in(id, secret).await)
    }

    pub async fn log_in(&mut self, client: &str, secret: &str) -> Api {
        let api = Api::log_in(self.api, client, secret).await;
        self.secrets.extend(api.token.clone());
        api
    }
}

/// A command that ended.
pub struct Ended {
    line: String,
    pub code: Option<i32>,
    pub out: String,
    pub err: String,
}

impl Ended {
    pub fn new(line: &[&str], output: Output) -> Self {
        Self {
            line: line.join(" "),
            code: output.status.code(),
            out: String::from_utf8(output.stdout).expect("text"),
            err: String::from_utf8(output.stderr).expect("text"),
        }
    }

    #[track_caller]
    pub fn with(self, code: i32) -> Self {
        let Self { line, out, err, .. } = &self;
        assert_eq!(self.code, Some(code), "{line}\n{out}\n{err}");
        self
    }

    #[track_caller]
    pub fn json(&self) -> Value {
        let Self { line, out, err, .. } = self;
        serde_json::from_str(out).unwrap_or_else(|_| panic!("{line}\n{out}\n{err}"))
    }

    #[track_caller]
    pub fn says(&self, what: &str) {
        let Self { line, err, .. } = self;
        assert!(err.lines().any(|said| said.contains(what)), "{line}\n{err}");
    }
}

/// A server in a process of its own.
pub struct Server {
    child: Child,
    lines: Arc<Mutex<Vec<String>>>,
    reads: Option<JoinHandle<()>>,
}

impl Server {
    fn spawn(machine: &Machine, more: &[&str]) -> Child {
        machine
            .command(&[&["serve"], more].concat())
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()
            .expect("starts")
    }

    /// One whose log nobody takes: each line that it writes fails.
    pub fn start_unheard(machine: &Machine, more: &[&str]) -> Self {
        let mut child = Self::spawn(machine, more);
        drop(child.stderr.take());
        Self {
            child,
            lines: Arc::default(),
            reads: None,
        }
    }

    pub fn start(machine: &Machine, more: &[&str]) -> Self {
        let mut child = Self::spawn(machine, more);
        let log = BufReader::new(child.stderr.take().expect("a pipe"));
        let lines = Arc::new(Mutex::new(Vec::new()));
        let into = lines.clone();
        let reads = std::thread::spawn(move || {
            for line in log.lines() {
                into.lock().unwrap().push(line.expect("text"));
            }
        });
        Self {
            child,
            lines,
            reads: Some(reads),
        }
    }

    pub fn signal(&self) {
        kill_process(Pid::from_child(&self.child), Signal::TERM).expect("it is ours");
    }

    /// Its exit code and its whole log, once it has ended by itself.
    pub fn ended(mut self) -> (Option<i32>, Vec<String>) {
        let began = Instant::now();
        let status = loop {
            if let Some(status) = self.child.try_wait().expect("it is ours") {
                break status;
            }
            assert!(began.elapsed() < STOPS, "it stops: {:#?}", self.lines);
            std::thread::sleep(Duration::from_millis(20));
        };
        if let Some(reads) = self.reads.take() {
            reads.join().expect("reads to the end");
        }
        let lines = std::mem::take(&mut *self.lines.lock().unwrap());
        (status.code(), lines)
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // Ended already is as good.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
