//! Bringing in a file over the API, against PostgreSQL's own COPY of the same rows, and beside gates that ask meanwhile.

use std::fmt::Write;
use std::net::SocketAddr;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant};

use serde_json::Value;

use crate::gate::{Bench, disturbed, token};
use crate::place::psql;
use crate::table::Measure;

/// Cards of files begin here, far from those of the network.
static NEXT_CARD: AtomicU32 = AtomicU32::new(2_000_000_000);

/// A file of workers with badges as a port would send it.
fn file(rows: u32) -> String {
    let first = NEXT_CARD.fetch_add(rows, Ordering::Relaxed);
    let mut text =
        String::from("Naam;Voornaam;Werkgever;Personeelsnummer;Kaartnummer;Geldig tot\n");
    for n in first..first + rows {
        let _ = writeln!(text, "Peeters;Mara;Stuwadoor NV;S{n};04{n:012X};31/12/2027");
    }
    text
}

/// A client of the API for one file after another.
struct Sender {
    http: reqwest::Client,
    address: SocketAddr,
    token: String,
    card_system: String,
}

impl Sender {
    fn new(bench: &Bench) -> Self {
        let address = bench.server.address;
        let token = token(
            address,
            &bench.network.hr.id.to_string(),
            bench.network.secret.reveal(),
        );
        let http = reqwest::Client::builder()
            .no_proxy()
            .build()
            .expect("a client");
        Self {
            http,
            address,
            token,
            card_system: bench.network.card_system.id.to_string(),
        }
    }

    /// Brings a file in and waits until it is applied.
    async fn send(&self, file: String) -> Value {
        let url = format!(
            "http://{}/v1/imports?purpose=credentials&card_system={}&default_format=card_uid",
            self.address, self.card_system
        );
        let key = format!("bench-{}", NEXT_CARD.load(Ordering::Relaxed));
        let checked = self
            .http
            .post(url)
            .bearer_auth(&self.token)
            .header("idempotency-key", key)
            .header("content-type", "text/csv");
        let checked = answer(checked.body(file)).await;
        let path = format!(
            "http://{}/v1/imports/{}",
            self.address,
            checked["id"].as_str().expect("an id")
        );
        let apply = self
            .http
            .post(format!("{path}/apply"))
            .bearer_auth(&self.token);
        answer(apply.header(
            "idempotency-key",
            format!("apply-{}", checked["id"])[..40].replace('"', ""),
        ))
        .await;
        loop {
            let import = answer(self.http.get(&path).bearer_auth(&self.token)).await;
            match import["state"].as_str() {
                Some("applying") => tokio::time::sleep(Duration::from_millis(500)).await,
                Some("applied") => return import,
                other => panic!("{other:?}: {import}"),
            }
        }
    }
}

async fn answer(request: reqwest::RequestBuilder) -> Value {
    let answer = request.send().await.expect("it is answered");
    let status = answer.status();
    let json: Value = answer.json().await.expect("JSON");
    assert!(status.is_success(), "{status}: {json}");
    json
}

fn runtime() -> tokio::runtime::Runtime {
    tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .expect("a runtime")
}

/// Rows a second, dry run and all, against COPY into a table with the same columns.
pub fn against_copy(bench: &Bench, rows: u32) -> Measure {
    let sender = Sender::new(bench);
    let text = file(rows);
    let started = Instant::now();
    let import = runtime().block_on(sender.send(text.clone()));
    let ours = f64::from(rows) / started.elapsed().as_secs_f64();
    assert_eq!(import["rows_done"].as_u64(), Some(rows.into()), "{import}");
    let path = bench.place.folder.path().join("rows.csv");
    std::fs::write(&path, text).expect("the file can be written");
    psql(
        &bench.place.url,
        "CREATE TABLE copied (family_name text, given_names text, employer text, staff_number text, card text PRIMARY KEY, valid_until text)",
    );
    let started = Instant::now();
    psql(
        &bench.place.url,
        &format!(
            "\\copy copied FROM '{}' WITH (FORMAT csv, DELIMITER ';', HEADER)",
            path.display()
        ),
    );
    let theirs = f64::from(rows) / started.elapsed().as_secs_f64();
    println!("  import {ours:.0} rows/s, COPY {theirs:.0} rows/s");
    Measure::new("import_vs_copy", ours, "rows/s").against(theirs)
}

/// Gate checks while files of `rows` rows in all come in, one after the other.
pub fn gate_p99(bench: &Bench, rows: u32, seconds: u64) -> Measure {
    disturbed(bench, "gate_p99_during_import", seconds, || {
        let sender = Sender::new(bench);
        let text = file(rows);
        let import = std::thread::spawn(move || {
            let started = Instant::now();
            runtime().block_on(sender.send(text));
            started.elapsed()
        });
        Box::new(move || {
            let took = import.join().expect("the import ends well");
            println!(
                "  the import of {rows} rows took {:.1} s",
                took.as_secs_f64()
            );
        })
    })
}
