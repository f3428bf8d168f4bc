//! A gate check is answered straight from its connection or by the app, and nobody can tell which; and what a caller can hold
//! of the server. One database will do: none is asked.

use std::io::{ErrorKind, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use super::Server;
use crate::support::actors::GateActor;
use crate::support::{Database, World};

const LONG: Duration = Duration::from_secs(20);

/// One connection, read answer by answer.
struct Line {
    stream: TcpStream,
    unread: Vec<u8>,
}

impl Line {
    fn to(address: SocketAddr) -> Self {
        let stream = TcpStream::connect(address).expect("the server takes connections");
        stream.set_read_timeout(Some(LONG)).expect("a time");
        stream.set_nodelay(true).expect("no delay");
        let unread = Vec::new();
        Self { stream, unread }
    }

    fn send(&mut self, bytes: &[u8]) {
        self.stream.write_all(bytes).expect("it is taken");
    }

    /// The next answer: its head, line by line and in lower case, and its body.
    fn answer(&mut self) -> (Vec<String>, String) {
        self.try_answer().expect("it answers before it closes")
    }

    fn try_answer(&mut self) -> Option<(Vec<String>, String)> {
        loop {
            let text = String::from_utf8_lossy(&self.unread);
            if let Some((head, rest)) = text.split_once("\r\n\r\n") {
                let lines: Vec<String> = head.lines().map(str::to_lowercase).collect();
                let length = lines
                    .iter()
                    .find_map(|line| line.strip_prefix("content-length: ")?.parse().ok());
                let length: usize = length.expect("a length");
                if rest.len() >= length {
                    let body = rest[..length].to_owned();
                    let taken = head.len() + 4 + length;
                    self.unread.drain(..taken);
                    return Some((lines, body));
                }
            }
            let mut chunk = [0; 4_096];
            match self.stream.read(&mut chunk) {
                Ok(0) | Err(_) => return None,
                Ok(read) => self.unread.extend_from_slice(&chunk[..read]),
            }
        }
    }

    /// How long it takes until the server closes, however it does, when nothing is sent.
    fn closes_after(mut self) -> Duration {
        let started = Instant::now();
        let mut chunk = [0; 4_096];
        loop {
            match self.stream.read(&mut chunk) {
                Ok(0) => return started.elapsed(),
                Ok(_) => {}
                Err(error) if error.kind() == ErrorKind::WouldBlock => panic!("it stays open"),
                Err(_) => return started.elapsed(),
            }
        }
    }
}

/// A request of a gate, with one thing put differently: the request line, a header, or the body.
struct Asked {
    line: String,
    headers: Vec<(String, String)>,
    body: String,
}

impl Asked {
    fn by(gate: &GateActor, what: &Value) -> Self {
        let mut body = json!({ "gate": gate.gate });
        for (name, value) in what.as_object().expect("an object") {
            body[name] = value.clone();
        }
        let token = gate.api.token.as_deref().expect("a token");
        let header = |name: &str, value: &str| (name.to_owned(), value.to_owned());
        Self {
            line: "POST /v1/gate-checks HTTP/1.1".into(),
            headers: vec![
                header("Host", "portcullis.test"),
                header("Authorization", &format!("Bearer {token}")),
                header("Content-Type", "application/json"),
                header("Accept", "*/*"),
            ],
            body: body.to_string(),
        }
    }

    fn line(mut self, line: &str) -> Self {
        self.line = line.into();
        self
    }

    fn with(mut self, name: &str, value: &str) -> Self {
        self.headers.push((name.into(), value.into()));
        self
    }

    fn without(mut self, name: &str) -> Self {
        self.headers.retain(|(other, _)| other != name);
        self
    }

    fn body(mut self, body: &str) -> Self {
        self.body = body.into();
        self
    }

    fn head(&self) -> Vec<u8> {
        let mut head = format!("{}\r\n", self.line);
        for (name, value) in &self.headers {
            head.push_str(&format!("{name}: {value}\r\n"));
        }
        if !self.headers.iter().any(|(name, _)| {
            ["content-length", "transfer-encoding"].contains(&name.to_lowercase().as_str())
        }) {
            head.push_str(&format!("Content-Length: {}\r\n", self.body.len()));
        }
        format!("{head}\r\n").into_bytes()
    }

    fn bytes(&self) -> Vec<u8> {
        [&self.head(), self.body.as_bytes()].concat()
    }
}

/// What must be the same: all of it but what names the request, the moment, and what was left of the allowance.
fn comparable((mut head, body): (Vec<String>, String)) -> (Vec<String>, Value) {
    for line in &mut head {
        for changing in [
            "date: ",
            "ratelimit: ",
            "x-request-id: ",
            "content-length: ",
        ] {
            if line.starts_with(changing) {
                line.truncate(changing.len());
            }
        }
    }
    head.sort();
    let mut body: Value = serde_json::from_str(&body).unwrap_or(Value::String(body));
    for changing in ["check_id", "as_of", "fresh_until", "age_ms", "request_id"] {
        if let Some(value) = body.get_mut(changing) {
            *value = Value::Null;
        }
    }
    (head, body)
}

/// How many requests the app has answered.
fn by_the_app(world: &World) -> u64 {
    world.node.shared.metrics.request_seconds.get_sample_count()
}

#[actix_web::test]
async fn both_ways_give_the_same_answers() {
    let world = World::begin(Database::Sqlite).await;
    let member = world.member("Haven A").await;
    let hr = member.hr(&world).await;
    let gate = member.gate(&world, &[&hr.card_system]).await;
    let (good, revoked) = (hr.issues().await, hr.issues().await);
    hr.revokes(&revoked, "stolen").await.created();

    let card = |number: &str| json!({ "card": { "format": "number", "value": number } });
    let ask = |number: &str| Asked::by(&gate, &card(number));
    let good = || ask(&good.number);
    let mut ahead = card("1");
    ahead["at_least"] = json!(1_000_000);
    let mut behind = card("1");
    behind["at_least"] = json!(1);
    let other_token = |token: &str| good().without("Authorization").with("Authorization", token);
    // What is asked, whether the direct way answers it when it comes in one piece, and with what status.
    let table = [
        ("a good card", good(), true, 200),
        ("a revoked one", ask(&revoked.number), true, 200),
        ("an unknown one", ask("424242"), true, 200),
        ("an id of its own", good().with("X-Request-Id", "gate-1.7"), true, 200),
        ("an id that is none", good().with("X-Request-Id", "a b"), true, 200),
        ("a trace", good().with("traceparent", "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"), true, 200),
        ("names in capitals", good().without("Host").with("HOST", "a"), true, 200),
        ("kept open", good().with("Connection", "keep-alive"), true, 200),
        ("a charset", good().without("Content-Type").with("Content-Type", "application/json; charset=utf-8"), true, 200),
        ("an entry that is there", Asked::by(&gate, &behind), true, 200),
        ("an entry that is not", Asked::by(&gate, &ahead), false, 200),
        ("an unknown header", good().with("X-Own", "1"), false, 200),
        ("two ids", good().with("X-Request-Id", "a").with("X-Request-Id", "b"), false, 200),
        ("to be closed", good().with("Connection", "close"), false, 200),
        ("HTTP/1.0", good().line("POST /v1/gate-checks HTTP/1.0"), false, 200),
        ("a query", good().line("POST /v1/gate-checks?a=b HTTP/1.1"), false, 400),
        ("a slash more", good().line("POST /v1/gate-checks/ HTTP/1.1"), false, 404),
        ("another method", good().line("PUT /v1/gate-checks HTTP/1.1"), false, 405),
        ("packed", good().with("Content-Encoding", "gzip"), false, 415),
        ("not JSON", good().without("Content-Type").with("Content-Type", "text/plain"), false, 415),
        ("no type", good().without("Content-Type"), false, 415),
        ("no token", good().without("Authorization"), false, 401),
        ("two tokens", good().with("Authorization", "Bearer a"), false, 401),
        ("a token of nobody", other_token("Bearer a.b.c"), false, 401),
        ("another scheme", other_token("Basic YTpi"), false, 401),
        ("no gate", good().body("{}"), false, 422),
        ("a field too many", good().body("{\"gate\":\"x\",\"lost\":1}"), false, 422),
        ("no JSON", good().body("{"), false, 400),
        ("no body", good().body(""), false, 400),
        ("another's gate", good().body("{\"gate\":\"gat_00000000000070008000000000000000\",\"card\":{\"format\":\"number\",\"value\":\"1\"}}"), false, 422),
        ("a card that is none", ask("12 34"), false, 422),
    ];
    for (what, asked, direct, status) in table {
        let before = by_the_app(&world);
        let mut line = Line::to(world.node.address);
        line.send(&asked.bytes());
        let whole = line.answer();
        assert_eq!(by_the_app(&world) == before, direct, "{what}: {whole:?}");
        assert!(
            whole.0[0].starts_with(&format!("http/1.1 {status} "))
                || whole.0[0].starts_with(&format!("http/1.0 {status} ")),
            "{what}: {whole:?}"
        );

        // In two pieces, of which the first is taken in before the second is there.
        let before = by_the_app(&world);
        let mut line = Line::to(world.node.address);
        let bytes = asked.bytes();
        let (first, second) = bytes.split_at(bytes.len().min(20));
        line.send(first);
        std::thread::sleep(Duration::from_millis(20));
        line.send(second);
        let pieces = line.answer();
        assert_eq!(by_the_app(&world), before + 1, "{what}");
        assert_eq!(comparable(whole), comparable(pieces), "{what}");
    }
}

#[actix_web::test]
async fn a_connection_goes_on_in_its_order_from_one_way_to_the_other() {
    let world = World::begin(Database::Sqlite).await;
    let member = world.member("Haven A").await;
    let hr = member.hr(&world).await;
    let gate = member.gate(&world, &[&hr.card_system]).await;
    let card = json!({ "card": { "format": "number", "value": "7" } });
    let check = |id: &str| Asked::by(&gate, &card).with("X-Request-Id", id).bytes();
    let live = |id: &str| format!("GET /livez HTTP/1.1\r\nHost: a\r\nX-Request-Id: {id}\r\n\r\n");
    let before = by_the_app(&world);
    let ids = ["one", "two", "three", "four", "five", "six"];
    let all = [
        check("one"),
        check("two"),
        live("three").into_bytes(),
        check("four"),
        live("five").into_bytes(),
        check("six"),
    ];
    let mut line = Line::to(world.node.address);
    line.send(&all.concat());
    for id in ids {
        let (head, body) = line.answer();
        let wanted = format!("x-request-id: {id}");
        assert!(head.contains(&wanted), "{id}: {head:?} {body}");
    }
    assert_eq!(
        by_the_app(&world),
        before + 4,
        "all from the first that was not a check"
    );

    // Far more than both sides hold: what is not taken yet waits, and none is lost or doubled.
    let mut line = Line::to(world.node.address);
    let mut sender = line.stream.try_clone().expect("one more handle");
    let many: Vec<u8> = (0..20_000)
        .flat_map(|nth| check(&format!("check-{nth}")))
        .collect();
    let sending = std::thread::spawn(move || sender.write_all(&many).expect("all is taken"));
    std::thread::sleep(Duration::from_millis(300));
    for nth in 0..20_000 {
        let (head, _) = line.answer();
        let wanted = format!("x-request-id: check-{nth}");
        assert!(head.contains(&wanted), "{nth}: {head:?}");
    }
    sending.join().expect("the sender ends");
}

#[actix_web::test]
async fn nobody_holds_a_connection_without_using_it() {
    const PATIENCE: Duration = Duration::from_secs(1);
    let world = World::begin(Database::Sqlite).await;
    let member = world.member("Haven A").await;
    let hr = member.hr(&world).await;
    let gate = member.gate(&world, &[&hr.card_system]).await;
    let card = json!({ "card": { "format": "number", "value": "7" } });
    let check = Asked::by(&gate, &card).bytes();
    let server = Server::patient(world.node.shared.clone(), PATIENCE);
    let closed_in_time = |what: &str, took: Duration| {
        assert!(took < LONG / 2, "{what}: closed after {took:?}");
    };

    // Silent after a check that was answered directly, and after one that the app answered.
    for (what, first) in [
        ("direct", check.clone()),
        (
            "by the app",
            b"GET /livez HTTP/1.1\r\nHost: a\r\n\r\n".to_vec(),
        ),
    ] {
        let mut line = Line::to(server.address);
        line.send(&first);
        line.answer();
        closed_in_time(what, line.closes_after());
    }

    // A later head, letter by letter.
    let mut line = Line::to(server.address);
    line.send(&check);
    line.answer();
    let started = Instant::now();
    let slowly = b"GET /livez HTTP/1.1\r\nHost: a\r\nX-Slow: "
        .iter()
        .chain(std::iter::repeat(&b'a'));
    for letter in slowly {
        if line.stream.write_all(&[*letter]).is_err() {
            break;
        }
        closed_in_time("a slow head", started.elapsed());
        std::thread::sleep(Duration::from_millis(50));
    }

    // One that asks and asks and reads nothing: its answers fill what both sides hold, and then it is broken.
    let mut line = Line::to(server.address);
    line.stream.set_write_timeout(Some(LONG)).expect("a time");
    let many = check.repeat(1_000);
    let started = Instant::now();
    let broken = loop {
        match line.stream.write_all(&many) {
            Ok(()) => {}
            Err(error) => break error.kind(),
        }
    };
    assert_ne!(
        broken,
        ErrorKind::WouldBlock,
        "it waits for who never reads"
    );
    closed_in_time("who never reads", started.elapsed());

    // A request that takes its time is answered, whenever it comes.
    let mut ahead = card.clone();
    ahead["at_least"] = json!(1_000_000);
    let slow = Asked::by(&gate, &ahead).bytes();
    let patient = Server::patient(world.node.shared.clone(), PATIENCE * 4);
    let asking: Vec<_> = (0..30)
        .map(|nth| {
            let (address, slow) = (patient.address, slow.clone());
            std::thread::spawn(move || {
                let mut line = Line::to(address);
                line.send(b"GET /livez HTTP/1.1\r\nHost: a\r\n\r\n");
                line.answer();
                std::thread::sleep(Duration::from_millis(100 * nth));
                line.send(&slow);
                line.answer();
            })
        })
        .collect();
    for one in asking {
        one.join().expect("it is answered");
    }

    // Who uses it keeps it for longer than the patience. A machine that stands still meanwhile uses nothing: then again.
    while !stays_open(server.address, &check, PATIENCE) {}
}

/// Asks on and on for three times the patience. `false` if this test itself was held up for a part of it.
fn stays_open(address: SocketAddr, check: &[u8], patience: Duration) -> bool {
    let mut line = Line::to(address);
    let (started, mut last) = (Instant::now(), Instant::now());
    while started.elapsed() < patience * 3 {
        let answered = line.stream.write_all(check).is_ok() && line.try_answer().is_some();
        if last.elapsed() > patience / 2 {
            return false;
        }
        assert!(answered, "it was closed in use");
        last = Instant::now();
        std::thread::sleep(Duration::from_millis(20));
    }
    true
}
