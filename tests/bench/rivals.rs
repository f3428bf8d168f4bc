//! What we measure ourselves against: nginx that answers the same bytes from memory, and a primary-key SELECT in PostgreSQL.
//! Each is set up the way that is best for it, on one core of its own.

use std::fs;
use std::io;
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process};
use tempfile::TempDir;

use crate::cores::{self, CoreLoad};

/// A running nginx with one worker. Dropping it stops it.
pub struct Nginx {
    master: Child,
    address: SocketAddr,
    _folder: TempDir,
}

impl Nginx {
    /// Starts nginx on a free port of 127.0.0.1, its worker on `core`, and returns when it answers. `POST` (or any method) to `path` is
    /// answered 200 with `headers` and `body`; `headers` should hold what our own answer has beyond Content-Type and Content-Length.
    ///
    /// # Errors
    /// When nginx is not installed (`scripts/setup --bench`), does not start within five seconds, or when `headers` or `body` hold a `$`,
    /// which nginx would take for the name of a variable.
    pub fn start(
        core: usize,
        path: &str,
        headers: &[(&str, &str)],
        body: &str,
    ) -> io::Result<Self> {
        // nginx makes its socket itself, so a free port can only be guessed: the one the system would have given us.
        let address = TcpListener::bind("127.0.0.1:0")?.local_addr()?;
        let folder = TempDir::with_prefix("nginx.")?;
        fs::write(
            folder.path().join("nginx.conf"),
            configuration(address, core, path, headers, body)?,
        )?;
        let master = Command::new("nginx")
            .args(["-e", "stderr", "-c", "nginx.conf", "-p"])
            .arg(folder.path())
            .stdin(Stdio::null())
            .spawn()
            .map_err(|error| {
                io::Error::new(
                    error.kind(),
                    format!("nginx does not start ({error}); scripts/setup --bench installs it"),
                )
            })?;
        let mut nginx = Self {
            master,
            address,
            _folder: folder,
        };
        nginx.wait_until_it_answers()?;
        Ok(nginx)
    }

    /// Where it listens.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    fn wait_until_it_answers(&mut self) -> io::Result<()> {
        let begin = Instant::now();
        while begin.elapsed() < Duration::from_secs(5) {
            if let Some(status) = self.master.try_wait()? {
                return Err(io::Error::other(format!("nginx ended at once: {status}")));
            }
            if TcpStream::connect(self.address).is_ok() {
                return Ok(());
            }
            thread::sleep(Duration::from_millis(10));
        }
        Err(io::Error::other("nginx does not answer after 5 s"))
    }
}

impl Drop for Nginx {
    fn drop(&mut self) {
        // SIGTERM, not the SIGKILL of `Child::kill`: the master must live long enough to stop its worker.
        if let Ok(None) = self.master.try_wait()
            && let Some(pid) = Pid::from_raw(self.master.id() as i32)
        {
            let _ = kill_process(pid, Signal::TERM);
            let _ = self.master.wait();
        }
    }
}

fn configuration(
    address: SocketAddr,
    core: usize,
    path: &str,
    headers: &[(&str, &str)],
    body: &str,
) -> io::Result<String> {
    let mut header_lines = String::new();
    for (name, value) in headers {
        header_lines += &format!("      add_header {name} {};\n", quoted(value)?);
    }
    Ok(format!(
        "daemon off;
worker_processes 1;
worker_cpu_affinity {mask:b};
pid nginx.pid;
error_log stderr crit;
events {{
  worker_connections 4096;
}}
http {{
  access_log off;
  keepalive_requests 1000000000;
  keepalive_timeout 1h;
  keepalive_time 24h;
  client_body_temp_path body;
  proxy_temp_path proxy;
  fastcgi_temp_path fastcgi;
  uwsgi_temp_path uwsgi;
  scgi_temp_path scgi;
  server {{
    listen {address} backlog=4096;
    location = {path} {{
      default_type application/json;
{header_lines}      return 200 {body};
    }}
  }}
}}
",
        mask = 1_u128 << core,
        body = quoted(body)?,
    ))
}

/// A word of nginx's configuration.
fn quoted(text: &str) -> io::Result<String> {
    if text.contains('$') {
        return Err(io::Error::other("nginx cannot answer a text with $ in it"));
    }
    Ok(format!(
        "'{}'",
        text.replace('\\', r"\\").replace('\'', r"\'")
    ))
}

/// A table of as many rows as we have credentials, read by primary key through pgbench.
///
/// The server is the one that `scripts/postgres run` started: psql and pgbench find it by the PG* variables. Dropping it drops the table.
pub struct KeySelect {
    folder: TempDir,
}

/// What pgbench measured.
#[expect(dead_code, reason = "printed whole, by Debug")]
#[derive(Debug, Clone)]
pub struct SelectReport {
    /// SELECTs per second, all clients together.
    pub per_second: f64,
    /// Median latency in microseconds, of a tenth of all SELECTs.
    pub p50_us: f64,
    /// Latency in microseconds that 99 % of them kept.
    pub p99_us: f64,
    /// The part of one core that pgbench used, 0 to 1.
    pub generator_cpu_share: f64,
    /// How busy the server's core was, 0 to 1.
    pub server_core_share: f64,
}

/// How a [`KeySelect`] is measured.
pub struct SelectPlan {
    /// Connections that each SELECT one row after the other.
    pub clients: usize,
    /// Time to fill the caches, in whole seconds; not measured. 0 is none.
    pub warmup_s: u64,
    /// Measured time in whole seconds, at least 1.
    pub duration_s: u64,
    /// Process of the PostgreSQL server (`PORTCULLIS_TEST_POSTGRES_PID`), held on `server_core` while it is measured.
    pub server_pid: u32,
    /// The server's core.
    pub server_core: usize,
    /// The core of pgbench.
    pub generator_core: usize,
}

impl KeySelect {
    /// Makes and fills the table. The key is a plain number, which is quicker for PostgreSQL than a card identifier would be.
    ///
    /// # Errors
    /// When psql is missing or cannot reach the server.
    pub fn prepare(rows: u64) -> io::Result<Self> {
        let folder = TempDir::with_prefix("pgbench.")?;
        fs::write(
            folder.path().join("select.sql"),
            format!(
                "\\set id random(1, {rows})\nSELECT state, valid_from, valid_until, seq FROM rival_credentials WHERE id = :id;\n"
            ),
        )?;
        let key_select = Self { folder };
        psql(&[
            "DROP TABLE IF EXISTS rival_credentials",
            "CREATE TABLE rival_credentials (id bigint PRIMARY KEY, state smallint NOT NULL, valid_from bigint NOT NULL, \
             valid_until bigint NOT NULL, seq bigint NOT NULL)",
            &format!(
                "INSERT INTO rival_credentials SELECT n, n % 3, n, n + 1000000, n FROM generate_series(1, {rows}) AS n"
            ),
            "VACUUM (FREEZE, ANALYZE) rival_credentials",
            // Else the first checkpoint falls into the measurement.
            "CHECKPOINT",
        ])?;
        Ok(key_select)
    }

    /// Measures.
    ///
    /// # Errors
    /// When pgbench is missing or fails, or the server cannot be held on its core.
    pub fn run(&self, plan: &SelectPlan) -> io::Result<SelectReport> {
        let _server = cores::pin(plan.server_pid, plan.server_core)?;
        if plan.warmup_s > 0 {
            self.pgbench(plan, plan.warmup_s)?;
        }
        let cpu_before = cores::ended_children_cpu_time()?;
        let load = CoreLoad::begin()?;
        let output = self.pgbench(plan, plan.duration_s)?;
        let server_core_share = load.share(plan.server_core)?;
        let cpu = cores::ended_children_cpu_time()?.saturating_sub(cpu_before);
        let latencies_us = self.logged_latencies_us()?;
        let quantile =
            |part: f64| latencies_us[((latencies_us.len() - 1) as f64 * part) as usize] as f64;
        Ok(SelectReport {
            per_second: figure_after(&output, "tps = ")
                .ok_or_else(|| io::Error::other("pgbench printed no tps"))?,
            p50_us: quantile(0.5),
            p99_us: quantile(0.99),
            generator_cpu_share: cpu.as_secs_f64() / plan.duration_s as f64,
            server_core_share,
        })
    }

    /// Runs pgbench for some seconds and returns what it printed.
    fn pgbench(&self, plan: &SelectPlan, seconds: u64) -> io::Result<String> {
        for log in self.logs()? {
            fs::remove_file(log)?;
        }
        let generator = Command::new("pgbench")
            .current_dir(self.folder.path())
            .args([
                "--no-vacuum",
                "--protocol=prepared",
                "--jobs=1",
                "--file=select.sql",
            ])
            .args(["--log", "--log-prefix=log", "--sampling-rate=0.1"])
            .arg(format!("--client={}", plan.clients))
            .arg(format!("--time={seconds}"))
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .spawn()?;
        let _generator = cores::pin(generator.id(), plan.generator_core)?;
        let output = generator.wait_with_output()?;
        if !output.status.success() {
            return Err(io::Error::other(format!(
                "pgbench failed: {}",
                output.status
            )));
        }
        Ok(String::from_utf8_lossy(&output.stdout).into_owned())
    }

    /// The third word of each line of pgbench's log is the time of one transaction in microseconds. Sorted.
    fn logged_latencies_us(&self) -> io::Result<Vec<u64>> {
        let mut latencies_us = Vec::new();
        for log in self.logs()? {
            let text = fs::read_to_string(log)?;
            latencies_us.extend(
                text.lines()
                    .filter_map(|line| line.split(' ').nth(2)?.parse::<u64>().ok()),
            );
        }
        if latencies_us.is_empty() {
            return Err(io::Error::other("pgbench logged no transaction"));
        }
        latencies_us.sort_unstable();
        Ok(latencies_us)
    }

    fn logs(&self) -> io::Result<Vec<PathBuf>> {
        let mut logs = Vec::new();
        for file in fs::read_dir(self.folder.path())? {
            let file = file?;
            if file.file_name().to_string_lossy().starts_with("log.") {
                logs.push(file.path());
            }
        }
        Ok(logs)
    }
}

impl Drop for KeySelect {
    fn drop(&mut self) {
        // A server that is gone has no table left to drop.
        let _ = psql(&["DROP TABLE IF EXISTS rival_credentials"]);
    }
}

/// Runs statements one by one, each in a transaction of its own.
fn psql(statements: &[&str]) -> io::Result<()> {
    let mut psql = Command::new("psql");
    psql.args([
        "--no-psqlrc",
        "--quiet",
        "--set=ON_ERROR_STOP=1",
        "--output=/dev/null",
    ]);
    psql.env("PGOPTIONS", "--client-min-messages=warning");
    for statement in statements {
        psql.arg("--command").arg(statement);
    }
    let status = psql.stdin(Stdio::null()).status()?;
    if !status.success() {
        return Err(io::Error::other(format!("psql failed: {status}")));
    }
    Ok(())
}

fn figure_after(text: &str, label: &str) -> Option<f64> {
    let (_, rest) = text.split_once(label)?;
    rest.split_ascii_whitespace().next()?.parse().ok()
}
