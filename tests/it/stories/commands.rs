//! A port run from the command line: the real program, from the first key to the proof that all is whole, and then damaged.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use portcullis::domain::time::Environment;
use portcullis::environment::RealEnvironment;
use serde_json::{Value, json};

use crate::support::Database;
use crate::support::actors::Api;
use crate::support::database::Raw;
use crate::support::machine::{Machine, PATIENCE, STOPS, Server};
use crate::support::world::text;

/// Waits until `/readyz` answers with this status; what it said.
pub async fn readyz(machine: &Machine, status: u16) -> Value {
    let began = Instant::now();
    loop {
        let said = Api::anonymous(machine.api)
            .try_send(reqwest::Method::GET, "/readyz", &[], Vec::new())
            .await;
        match said {
            Ok(said) if said.status == status => return said.json(),
            said => assert!(began.elapsed() < PATIENCE, "{said:?}"),
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

fn modes(folder: &Path, into: &mut Vec<(PathBuf, u32)>) {
    let mode = |path: &Path| {
        std::fs::metadata(path)
            .expect("is there")
            .permissions()
            .mode()
            & 0o777
    };
    into.push((folder.to_owned(), mode(folder)));
    for entry in std::fs::read_dir(folder).expect("a folder") {
        let path = entry.expect("an entry").path();
        if path.is_dir() {
            modes(&path, into);
        } else {
            into.push((path.clone(), mode(&path)));
        }
    }
}

fn log_is_clean(machine: &Machine, lines: &[String], more: &[&str]) {
    assert!(lines.len() > 3, "{lines:#?}");
    let secrets = machine.secrets.iter().map(String::as_str);
    let secrets: Vec<&str> = secrets.chain(more.iter().copied()).collect();
    for line in lines {
        let json: Value = serde_json::from_str(line).unwrap_or_else(|_| panic!("JSON: {line}"));
        assert!(
            json["level"].is_string() && json["message"].is_string(),
            "{line}"
        );
        for secret in &secrets {
            assert!(!line.contains(secret), "{secret} in {line}");
        }
        assert_ne!(json["level"], "ERROR", "{line}");
    }
}

const CARD: &str = "77300155";
const LATER: &str = "77300166";
const NOBODYS: &str = "77300177";
const NAME: &str = "Vanderstraeten";

pub async fn a_port_is_run_from_the_command_line(database: Database) {
    let mut machine = Machine::new(database);
    let admin = begin(&mut machine);
    settings(&machine, database);

    let server = Server::start(&machine, &[]);
    readyz(&machine, 200).await;
    if database == Database::Sqlite {
        let elsewhere = ["--listen", "127.0.0.1:0", "--metrics-listen", "127.0.0.1:0"];
        let (code, lines) = Server::start(&machine, &elsewhere).ended();
        assert_eq!(code, Some(1), "{lines:#?}");
        let why = "Another process has this database open.";
        assert!(lines.iter().any(|line| line.contains(why)), "{lines:#?}");
    }

    // The people and the gate.
    let member = text(&admin, "member").to_owned();
    let admin = machine
        .log_in(text(&admin, "client_id"), text(&admin, "client_secret"))
        .await;
    let post = async |path: &str, body: Value| {
        let made = admin.post(path, &body).await.created();
        text(&made, "id").to_owned()
    };
    let card_system = json!({ "member": member, "name": "port cards" });
    let card_system = post("/v1/card-systems", card_system).await;
    let facility = json!({ "member": member, "name": "Kaai 730", "kind": "port_facility", "locode": "BEANR", "security_level": 1 });
    let facility = post("/v1/facilities", facility).await;
    let gate = json!({ "facility": facility, "name": "Poort 1", "direction": "in", "card_systems": [card_system] });
    let gate = post("/v1/gates", gate).await;
    let (hr, _) = machine.client(&admin, &member, "hr_officer").await;
    let (reader, at_gate) = machine.client(&admin, &member, "gate").await;

    imports(&machine, &hr, &card_system);
    let credential = checks(&machine, &reader, &hr, &gate);
    kept_checks(&machine, &credential, &gate).await;
    revocations(&machine, &hr, &card_system);
    web(&machine).await;
    let lines = stops_in_good_order(&machine, server, &at_gate, &gate).await;
    log_is_clean(&machine, &lines, &[CARD, LATER, NOBODYS, NAME, "P4471"]);

    let whole = machine.run(&["verify", "--json"]).with(0).json();
    assert_eq!(whole["whole"], true);
    machine.run(&["verify"]).with(0);
    of_another_version(&machine);
    // Nothing was put back here, which it says; it does as it is told all the same, and what follows goes on from there.
    let asked = machine.run(&["restore"]).with(1);
    asked.says("nothing is lost");
    asked.says("--yes");
    machine.run(&["restore", "--yes"]).with(0);
    let restored = machine.run(&["verify", "--json"]).with(0).json();
    assert_ne!(restored["report"]["gen"], whole["report"]["gen"]);

    let recovered = recovers(&mut machine, &member);

    // A copy that contradicts the ledger sends to a person, and verify says what is bad.
    // This one serves and stops all the same when who reads its log has gone.
    remember_1970(&machine);
    let server = Server::start_unheard(&machine, &["--drain-seconds", "20"]);
    readyz(&machine, 200).await;
    let (client, secret) = (
        text(&recovered, "client_id"),
        text(&recovered, "client_secret"),
    );
    let administers = machine.log_in(client, secret).await;
    let listed = administers.get("/v1/clients").await.ok();
    assert!(listed.to_string().contains(client));
    forgets_1970(&machine);
    let card = format!("number:{LATER}");
    let check = ["check", "--gate", &gate, "--card", &card, "--json"];
    machine.as_client(&reader, &check).with(0);
    forge(&machine);
    let began = Instant::now();
    while machine.as_client(&reader, &check).code != Some(12) {
        assert!(began.elapsed() < PATIENCE, "it is noticed");
    }
    let referred = machine.as_client(&reader, &check).with(12).json();
    assert_eq!(referred["decision"], "refer");
    // Who is in a hurry signals twice, and does not wait for load balancers.
    server.signal();
    assert_eq!(readyz(&machine, 503).await["serving"], false);
    let began = Instant::now();
    server.signal();
    let (code, _) = server.ended();
    assert_eq!(code, Some(0));
    assert!(
        began.elapsed() < Duration::from_secs(4),
        "{:?}",
        began.elapsed()
    );
    let damaged = machine.run(&["verify", "--json"]).with(3).json();
    assert_eq!(damaged["whole"], false);
    let refused = machine.as_client(&reader, &check).with(1);
    refused.says("cannot be reached");
}

/// `clients recover`: an administrator whom nobody let in but the operator. What is in the credentials file.
fn recovers(machine: &mut Machine, member: &str) -> Value {
    let file = machine.shown("recovered.json");
    let recover = |member: &str, file: &str| {
        let line = [
            "clients",
            "recover",
            "--member",
            member,
            "--credentials-file",
            file,
            "--json",
        ];
        machine.run(&line)
    };
    recover("mbr_nonsense", &file).with(2);
    let made = recover(member, &file).with(0);
    let written = std::fs::read_to_string(&file).expect("the credentials");
    let admin: Value = serde_json::from_str(&written).expect("JSON");
    let secret = text(&admin, "client_secret");
    assert_eq!(made.json()["client_id"], admin["client_id"]);
    assert!(!made.out.contains(secret) && !made.err.contains(secret));
    let mode = std::fs::metadata(&file).unwrap().permissions().mode() & 0o777;
    assert_eq!(mode, 0o600);
    recover(member, &file).with(1).says("could not be made");
    machine.run(&["verify"]).with(0);
    machine.secrets.push(secret.to_owned());
    admin
}

/// `init`: what it writes is for its owner only, and it happens once. What is in the credentials file.
pub fn begin(machine: &mut Machine) -> Value {
    let file = machine.shown("admin.json");
    let init = [
        "init",
        "--member-name",
        "Haven van Oosterhaven",
        "--locode",
        "BEANR",
        "--issues-by-one",
        "--credentials-file",
        &file,
        "--json",
    ];
    let begun = machine.run(&init).with(0);
    let written = std::fs::read_to_string(&file).expect("the credentials");
    let admin: Value = serde_json::from_str(&written).expect("JSON");
    let secret = text(&admin, "client_secret");
    assert_eq!(begun.json()["client_id"], admin["client_id"]);
    assert!(!begun.out.contains(secret) && !begun.err.contains(secret));
    machine.secrets.push(secret.to_owned());

    let mut found = Vec::new();
    modes(&machine.path("state"), &mut found);
    found.push((
        file.clone().into(),
        std::fs::metadata(&file).unwrap().permissions().mode() & 0o777,
    ));
    assert!(
        found.iter().any(|(path, _)| path.ends_with("master.key")),
        "{found:?}"
    );
    for (path, mode) in &found {
        let wanted = if path.is_dir() { 0o700 } else { 0o600 };
        assert_eq!(*mode, wanted, "{mode:o} {}", path.display());
    }

    let other = machine.shown("other.json");
    let again = [
        "init",
        "--member-name",
        "Haven",
        "--credentials-file",
        &other,
    ];
    machine.run(&again).with(1).says("begun");
    assert!(!Path::new(&other).exists());
    admin
}

fn settings(machine: &Machine, database: Database) {
    let good = machine.run(&["config", "check"]).with(0);
    let parts = [
        "settings",
        "master key",
        "database",
        "listen",
        "metrics_listen",
    ];
    let told: Vec<_> = good
        .out
        .lines()
        .map(|line| line.split("  ").next())
        .collect();
    assert_eq!(told, parts.map(Some));
    assert!(
        good.out.lines().all(|line| line.ends_with("  good")),
        "{}",
        good.out
    );
    // What is not good is told, and nothing is made on the way.
    let nowhere = machine.shown("nowhere.db");
    let key = machine.file("short.key", "abc");
    let taken = std::net::TcpListener::bind("127.0.0.1:0").expect("a port");
    let taken = (taken.local_addr().expect("an address").to_string(), taken);
    let bad = [
        "config",
        "check",
        "--database",
        &format!("sqlite:{nowhere}"),
        "--master-key-file",
        &key,
        "--listen",
        &taken.0,
    ];
    let bad = machine.run(&bad).with(1);
    for (part, mend) in [
        ("master key", "must hold exactly 32 bytes"),
        ("database", "Run `portcullis init`"),
        ("listen", "Stop what listens there"),
    ] {
        let line = bad.out.lines().find(|line| line.starts_with(part));
        let line = line.expect("it has a line");
        assert!(line.contains("not good: ") && line.contains(mend), "{line}");
    }
    assert!(!Path::new(&nowhere).exists());
    let misspelt = machine.file("misspelt.toml", "listn = '127.0.0.1:1'\n");
    let wrong = machine.run(&["config", "check", "--config", &misspelt]);
    wrong.with(2).says("did you mean `listen`?");
    let shown = machine.run(&["config", "show", "--json"]).with(0);
    let rows = shown.json();
    let listen = rows
        .as_array()
        .expect("a list")
        .iter()
        .find(|row| row["key"] == "listen");
    let listen = listen.expect("it is a setting");
    assert_eq!(listen["value"], machine.api.to_string());
    assert_eq!(
        text(listen, "source"),
        format!("file {}", machine.shown("settings.toml"))
    );
    if database == Database::Postgres {
        assert!(shown.out.contains("***"), "{}", shown.out);
        assert!(!shown.out.contains(&machine.place.url), "{}", shown.out);
    }
}

fn imports(machine: &Machine, hr: &str, card_system: &str) {
    let year: u32 = RealEnvironment.now().to_string()[..4]
        .parse()
        .expect("a year");
    let head = "Personeelsnummer;Naam;Voornaam;Werkgever;Badgenummer;Geldig tot\n";
    let row = |number: &str, name: &str, card: &str| {
        format!(
            "{number};{name};Mara;Stuwadoors nv;{card};31/12/{}\n",
            year + 1
        )
    };
    let good = row("P4471", NAME, CARD) + &row("P4472", "Claes", LATER);
    let bad = row("P4473", "Maes", "7,73E+07");
    let some = machine.file("some.csv", &format!("{head}{good}{bad}"));
    let all = machine.file("all.csv", &format!("{head}{good}"));
    let import = |file: &str, more: &[&str]| {
        let line = [
            "import",
            file,
            "--purpose",
            "credentials",
            "--card-system",
            card_system,
            "--format",
            "number",
        ];
        machine.as_client(hr, &[&line[..], more].concat())
    };
    let left_out = "NOT ALL ROWS: nothing comes of 0 in conflict and 1 unusable.";

    let help = machine.run(&["import", "--help"]).with(0);
    for told in [
        "Badgenummer",
        "Geldig tot",
        "always stands before the month",
        "--valid-until",
    ] {
        assert!(help.out.contains(told), "{told}: {}", help.out);
    }
    let titled = machine.file("titled.csv", &format!("Lijst\n\n{head}{}", bad.repeat(3)));
    let told = import(&titled, &[]);
    assert!(
        told.err.contains("No row of the file can be used"),
        "{}",
        told.err
    );
    let titled = machine.file(
        "titled.csv",
        &format!("Lijst\n\n{head}{good}{}", bad.repeat(3)),
    );
    let told = import(&titled, &[]).with(13);
    for line in [
        "header line  3",
        "opens   everywhere in the network where its cards are read, as no column names facilities",
        "dates   the day comes first: 03/04/2027 is 3 April 2027",
        "6-8    unusable  Badgenummer: ",
    ] {
        assert!(
            told.out.lines().any(|said| said.starts_with(line)),
            "{line}: {}",
            told.out
        );
    }
    let dry = import(&all, &["--json"]).with(0);
    assert_eq!(dry.json()["counts"]["new"], 2);
    let dry = import(&some, &["--json"]).with(13);
    assert_eq!(dry.json()["counts"]["unusable"], 1);
    for told in [dry, import(&some, &[]).with(13)] {
        assert!(
            told.err.lines().any(|line| line == left_out),
            "{}",
            told.err
        );
        told.says("Nothing was changed.");
    }
    let done = import(&some, &["--apply"]).with(13);
    assert!(
        done.out
            .contains("Applied 3 rows: 2 new, 0 same, 0 in conflict, 1 unusable."),
        "{}",
        done.out
    );
    assert!(
        done.err.lines().any(|line| line == left_out),
        "{}",
        done.err
    );
    let again = import(&all, &["--apply", "--json"]).with(0);
    assert_eq!(again.json()["counts"]["same"], 2);
    assert!(!again.err.contains("NOT ALL ROWS"), "{}", again.err);
}

/// The credential that was revoked on the way.
fn checks(machine: &Machine, reader: &str, hr: &str, gate: &str) -> String {
    let check = |card: &str, more: &[&str]| {
        let card = format!("number:{card}");
        machine.as_client(
            reader,
            &[&["check", "--gate", gate, "--card", &card][..], more].concat(),
        )
    };
    let permitted = check(CARD, &["--json"]).with(0).json();
    assert_eq!(permitted["decision"], "permit");
    assert!(check(CARD, &[]).with(0).out.contains("PERMIT"));
    check(NOBODYS, &[]).with(11);

    let credential = text(&permitted, "credential");
    let revoke = ["revoke", "--credential", credential, "--reason", "stolen"];
    let revoked = machine.as_client(hr, &[&revoke[..], &["--json"]].concat());
    assert_eq!(revoked.with(0).json()["reason"], "stolen");
    let again = machine.as_client(hr, &revoke).with(0);
    assert!(again.out.contains("was revoked already"), "{}", again.out);
    assert_eq!(check(CARD, &["--json"]).with(10).json()["decision"], "deny");
    check(LATER, &[]).with(0);
    // A gate revokes nobody.
    machine.as_client(reader, &revoke).with(1).says("forbidden");
    credential.to_owned()
}

/// What was answered about a credential is found again, beside the server.
async fn kept_checks(machine: &Machine, credential: &str, gate: &str) {
    let checks = ["checks", "--credential", credential, "--json"];
    let began = Instant::now();
    let found = loop {
        let found = machine.run(&checks).with(0).json();
        if found.as_array().map(Vec::len) == Some(3) {
            break found;
        }
        assert!(began.elapsed() < PATIENCE, "{found}");
    };
    let told = found.as_array().expect("a list").iter();
    let told: Vec<_> = told
        .map(|check| (text(check, "decision"), text(check, "status")))
        .collect();
    let (valid, not_valid) = (("permit", "valid"), ("deny", "not_valid"));
    assert_eq!(told, [valid, valid, not_valid], "in the order of time");
    assert!(
        found
            .as_array()
            .unwrap()
            .iter()
            .all(|check| check["gate"] == gate)
    );
    let since = text(&found[2], "at");
    let last = machine.run(&[&checks[..], &["--since", since]].concat());
    assert_eq!(last.with(0).json(), json!([found[2]]));
    let nothing = [
        "checks",
        "--credential",
        credential,
        "--since",
        "2104-12-30",
    ];
    machine
        .run(&nothing)
        .with(0)
        .says("No check of this credential is kept.");
    machine
        .run(&[&checks[..], &["--since", "yesterday"]].concat())
        .with(2)
        .says("must be a day such as");
    // How much is kept is told in numbers.
    let clocks = machine.run(&["retention", "--json"]).with(0).json();
    let clock = |name: &str| {
        let all = clocks.as_array().expect("a list");
        let found = all.iter().find(|clock| clock["purpose"] == name);
        let number = |field: &str| {
            found.expect("it is there")[field]
                .as_u64()
                .expect("a number")
        };
        (number("past"), number("within_30_days"))
    };
    let (past, soon) = clock("gate_permits");
    assert!(
        past == 0 && soon >= 2,
        "{past} and {soon}: each is a line of a row"
    );
    assert_eq!(clock("gate_refusals"), (0, 0));
    machine.run(&["retention"]).with(0);
}

/// One check more, of long ago.
fn remember_1970(machine: &Machine) {
    let mut raw = Raw::open(&machine.database());
    let some = raw.bytes(&[1; 16]);
    let id = raw.bytes(&[&[0; 8][..], &[1; 8]].concat());
    raw.must(&format!(
        "INSERT INTO gate_checks VALUES ({id}, 1, {some}, {some}, {some}, 2, 2, 1)"
    ));
    raw.must(&format!(
        "INSERT INTO sightings VALUES ({id}, 1, {some}, {some}, {some}, {some}, 2, {id})"
    ));
}

/// The server that runs has forgotten it, and nothing else.
fn forgets_1970(machine: &Machine) {
    let mut raw = Raw::open(&machine.database());
    let mut number = |table: &str, old: &str| {
        raw.number(&format!(
            "SELECT count(*) AS n FROM {table} WHERE at {old} 1"
        ))
    };
    let began = Instant::now();
    while number("gate_checks", "=") + number("sightings", "=") > 0 {
        assert!(began.elapsed() < PATIENCE, "it is forgotten");
        std::thread::sleep(Duration::from_millis(20));
    }
    assert!(number("gate_checks", ">") > 0 && number("sightings", ">") > 0);
}

/// A list of badges of which one is nobody's: whoever sent it must hear of that.
fn revocations(machine: &Machine, hr: &str, card_system: &str) {
    let list = machine.file("lost.csv", &format!("Badgenummer\n{CARD}\n{NOBODYS}\n"));
    let line = [
        "import",
        &list,
        "--purpose",
        "revocations",
        "--card-system",
        card_system,
        "--format",
        "number",
        "--reason",
        "lost",
    ];
    let dry = machine.as_client(hr, &[&line[..], &["--json"]].concat());
    let counts = dry.with(13).json()["counts"].clone();
    let left_out = ["conflict", "unusable"].map(|name| counts[name].as_u64().unwrap());
    assert_eq!(left_out.iter().sum::<u64>(), 1, "{counts}");
    machine
        .as_client(hr, &[&line[..], &["--apply"]].concat())
        .with(13);
}

/// What another version of the program wrote is not judged by this one, which says both versions.
fn of_another_version(machine: &Machine) {
    let known = portcullis::store::migrate::version().expect("there is one");
    let mut raw = Raw::open(&machine.database());
    raw.must("INSERT INTO __diesel_schema_migrations (version) VALUES ('29991231000001')");
    let verified = machine.run(&["verify"]).with(1);
    verified.says("29991231000001");
    verified.says(&known);
    let checked = machine.run(&["config", "check"]).with(1).out;
    assert!(
        checked.contains("29991231000001") && checked.contains(&known),
        "{checked}"
    );
    raw.must("DELETE FROM __diesel_schema_migrations WHERE version = '29991231000001'");
}

async fn web(machine: &Machine) {
    let at_metrics = Api::anonymous(machine.metrics);
    let metrics = at_metrics.get("/metrics").await;
    assert_eq!(metrics.status, 200);
    for name in [
        "portcullis_gate_checks_total{decision=\"permit\"}",
        "portcullis_copy_alarm 0",
    ] {
        assert!(metrics.text.contains(name), "{name} in {}", metrics.text);
    }
    let nothing = at_metrics.get("/v1/workers").await;
    assert_eq!(
        (nothing.status.as_u16(), nothing.text.as_str()),
        (404, "There is only GET /metrics here.\n")
    );
    Api::anonymous(machine.api).get("/metrics").await.is(404);
    // What is not HTTP gets an answer, and no error in the log: see `log_is_clean`.
    for garbage in [
        "NOT HTTP AT ALL\r\n\r\n",
        "GET / HTTP/1.1\r\ncontent-length: many\r\n\r\n",
    ] {
        let mut stream = TcpStream::connect(machine.api).expect("it listens");
        stream.write_all(garbage.as_bytes()).expect("is sent");
        let mut said = String::new();
        stream.read_to_string(&mut said).expect("is answered");
        assert!(said.starts_with("HTTP/1.1 400"), "{said}");
    }
}

/// SIGTERM while a request is half sent: load balancers learn of it while all is answered as before; then nobody new gets
/// in, and the request that is under way is answered all the same. The log.
async fn stops_in_good_order(
    machine: &Machine,
    server: Server,
    reader: &Api,
    gate: &str,
) -> Vec<String> {
    let body = json!({ "gate": gate, "card": { "format": "number", "value": LATER } }).to_string();
    let (first, rest) = body.split_at(20);
    let mut under_way = TcpStream::connect(machine.api).expect("it listens");
    let head = format!(
        "POST /v1/gate-checks HTTP/1.1\r\nhost: {}\r\nauthorization: Bearer {}\r\ncontent-type: application/json\r\n\
         content-length: {}\r\n\r\n{first}",
        machine.api,
        reader.token.as_deref().expect("has logged in"),
        body.len()
    );
    under_way.write_all(head.as_bytes()).expect("is sent");
    // So that it has been read, and is under way.
    tokio::time::sleep(Duration::from_millis(200)).await;

    let began = Instant::now();
    server.signal();
    let said = readyz(machine, 503).await;
    let others = ["database", "schema", "index", "fresh"].map(|name| said[name] == true);
    assert_eq!(
        (&said["serving"], others),
        (&json!(false), [true; 4]),
        "{said}"
    );
    // New connections too are answered as before.
    let card = format!("number:{LATER}");
    let client = reader.client.as_ref().expect("has logged in").0.clone();
    machine
        .as_client(&client, &["check", "--gate", gate, "--card", &card])
        .with(0);
    let listened = loop {
        if TcpStream::connect(machine.api).is_err() {
            break began.elapsed();
        }
        assert!(began.elapsed() < PATIENCE, "it stops listening");
        tokio::time::sleep(Duration::from_millis(20)).await;
    };
    assert!(
        listened > Duration::from_millis(1_900),
        "load balancers had time: {listened:?}"
    );
    under_way
        .write_all(rest.as_bytes())
        .expect("is still taken");
    let mut said = String::new();
    under_way.read_to_string(&mut said).expect("is answered");
    assert!(
        said.starts_with("HTTP/1.1 200") && said.contains("\"permit\""),
        "{said}"
    );
    let (code, lines) = server.ended();
    assert_eq!(code, Some(0), "{lines:#?}");
    println!(
        "listened on for {listened:?}, stopped after {:?}",
        began.elapsed()
    );
    assert!(began.elapsed() < STOPS);
    lines
}

/// Gives the ledger's head another hash, as who has the database in hand can.
fn forge(machine: &Machine) {
    let mut raw = Raw::open(&machine.database());
    let forged = raw.bytes(&[7; 32]);
    raw.drop_guards();
    raw.must(&format!("UPDATE ledger_head SET root = {forged}"));
}
