//! What comes over the wire before it is a request: slow, broken, or not HTTP at all. One database will do.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::time::{Duration, Instant};

use super::raw;
use crate::support::{Database, World};

const PATIENCE: Duration = Duration::from_secs(20);

fn status(answer: &str) -> u16 {
    let status = answer
        .strip_prefix("HTTP/1.1 ")
        .and_then(|rest| rest.get(..3)?.parse().ok());
    status.unwrap_or(0)
}

/// A refusal that never reached the app is a problem document like all others.
fn is_worded(answer: &str, code: &str) {
    let (head, body) = answer
        .split_once("\r\n\r\n")
        .unwrap_or_else(|| panic!("{answer:?}"));
    let header = |name: &str| {
        let line = head.lines().find_map(|line| line.strip_prefix(name));
        line.unwrap_or_else(|| panic!("{name} {answer}"))
    };
    assert_eq!(header("content-type: "), "application/problem+json");
    assert_eq!(header("content-length: "), body.len().to_string());
    let problem: serde_json::Value = serde_json::from_str(body).expect("a document");
    assert_eq!(problem["code"], code, "{answer}");
    assert_eq!(problem["request_id"], header("x-request-id: "));
    assert_eq!(problem["status"], status(answer));
}

#[actix_web::test]
async fn a_slow_head_is_not_waited_for() {
    let world = World::begin(Database::Sqlite).await;
    for begun in ["", "G", "GET /livez HTTP/1.1\r\nHost: a\r\nX-Slow: "] {
        let started = Instant::now();
        let answer = raw(
            world.node.address,
            begun.as_bytes(),
            Duration::from_secs(60),
        );
        let took = started.elapsed();
        // The limit is 5 seconds; a busy machine may be late, and a server without a limit would never be in time.
        assert!(
            took < Duration::from_secs(20),
            "{begun:?} was waited for {took:?}"
        );
        assert_eq!(status(&answer), 408, "{begun:?}: {answer}");
        is_worded(&answer, "request_timeout");
    }
}

#[actix_web::test]
async fn what_is_no_request_is_refused_and_the_connection_closed() {
    let world = World::begin(Database::Sqlite).await;
    let head = |first: &str, headers: &[u8]| {
        [first.as_bytes(), b"\r\nHost: a\r\n", headers, b"\r\n"].concat()
    };
    let get = "GET /livez HTTP/1.1";
    let long = "a".repeat(300_000);
    let many: String = (0..2_000).map(|nth| format!("X-{nth}: a\r\n")).collect();
    for (what, expected, bytes) in [
        ("NUL in the path", 400, head("GET /li\0vez HTTP/1.1", b"")),
        (
            "a control character in the path",
            400,
            head("GET /li\x1bvez HTTP/1.1", b""),
        ),
        ("NUL in a header", 400, head(get, b"X-Request-Id: a\0b\r\n")),
        (
            "a control character in a header",
            400,
            head(get, b"X-Request-Id: a\x1bb\r\n"),
        ),
        ("a name with a space", 400, head(get, b"X Y: b\r\n")),
        ("a folded header", 400, head(get, b"X-A: b\r\n c: d\r\n")),
        ("no version", 400, b"GET /livez\r\n\r\n".to_vec()),
        (
            "another protocol",
            400,
            b"SSH-2.0-OpenSSH_9.2\r\n\r\n".to_vec(),
        ),
        (
            "TLS",
            400,
            b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03".repeat(20),
        ),
        (
            "two lengths",
            400,
            head(
                "POST /oauth/token HTTP/1.1",
                b"Content-Length: 1\r\nContent-Length: 2\r\n",
            ),
        ),
        (
            "a length and chunks",
            400,
            head(
                "POST /oauth/token HTTP/1.1",
                b"Content-Length: 4\r\nTransfer-Encoding: chunked\r\n",
            ),
        ),
        (
            "a length below zero",
            400,
            head("POST /oauth/token HTTP/1.1", b"Content-Length: -1\r\n"),
        ),
        (
            "a length with a sign",
            400,
            head("POST /oauth/token HTTP/1.1", b"Content-Length: +4\r\n"),
        ),
        (
            "chunks of another coding",
            400,
            head(
                "POST /oauth/token HTTP/1.1",
                b"Transfer-Encoding: gzip, chunked, x\r\n",
            ),
        ),
        (
            "a very long path",
            431,
            head(&format!("GET /{long} HTTP/1.1"), b""),
        ),
        (
            "a very long header",
            431,
            head(get, format!("X-A: {long}\r\n").as_bytes()),
        ),
        ("very many headers", 431, head(get, many.as_bytes())),
    ] {
        let answer = raw(world.node.address, &bytes, PATIENCE);
        assert_eq!(status(&answer), expected, "{what}: {answer}");
        assert!(!answer.contains("ok\n"), "{what}: {answer}");
        if !answer.contains("\"not_found\"") {
            let codes = ["malformed_request", "head_too_large"];
            is_worded(&answer, codes[usize::from(expected == 431)]);
        }
    }
    // Behind a request that is one, and is answered first.
    let behind = [head(get, b""), b"GET\r\n\r\n".to_vec()].concat();
    let answer = raw(world.node.address, &behind, PATIENCE);
    assert_eq!(status(&answer), 200, "{answer}");
    let refused = answer.rfind("HTTP/1.1 4").expect("an answer");
    is_worded(&answer[refused..], "malformed_request");
    // Bytes above ASCII in a header are no text to us; they are carried, and an id made of them is replaced.
    let latin = head(get, b"X-Request-Id: na\xefve\r\nConnection: close\r\n");
    let answer = raw(world.node.address, &latin, PATIENCE);
    assert_eq!(status(&answer), 200);
    assert!(!answer.contains("na"), "{answer}");
}

#[actix_web::test]
async fn a_body_is_bounded_also_when_its_length_is_not_announced() {
    let world = World::begin(Database::Sqlite).await;
    let token = world.admin().await.api.token.expect("a token");
    let head = |more: &str| {
        format!(
            "POST /v1/members HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer {token}\r\nIdempotency-Key: k\r\n\
             Content-Type: application/json\r\nConnection: close\r\n{more}\r\n"
        )
    };
    let chunk = format!("{:x}\r\n{}\r\n", 8_192, " ".repeat(8_192));
    let chunks = format!(
        "{}{}0\r\n\r\n",
        head("Transfer-Encoding: chunked\r\n"),
        chunk.repeat(9)
    );
    let answer = raw(world.node.address, chunks.as_bytes(), PATIENCE);
    assert_eq!(status(&answer), 413, "{answer}");
    assert!(answer.contains("\"too_large\""), "{answer}");

    // Refused by what is announced, before a byte of it came.
    let announced = head("Content-Length: 99999999999\r\n");
    let answer = raw(world.node.address, announced.as_bytes(), PATIENCE);
    assert_eq!(status(&answer), 413, "{answer}");

    // A sender that breaks off leaves nothing behind, and harms nobody.
    for _ in 0..5 {
        let mut stream = TcpStream::connect(world.node.address).expect("connects");
        stream
            .write_all(head("Content-Length: 100\r\n").as_bytes())
            .expect("sends");
        stream
            .write_all(b"{\"name\":\"Haven C\",\"kind\":\"inl")
            .expect("sends");
    }
    let bad_chunk = format!("{}zz\r\n", head("Transfer-Encoding: chunked\r\n"));
    let answer = raw(world.node.address, bad_chunk.as_bytes(), PATIENCE);
    assert_eq!(status(&answer), 400, "{answer}");
    let members = world.admin().await.api.get("/v1/members").await.ok();
    assert_eq!(members["items"].as_array().expect("items").len(), 1);
}

#[actix_web::test]
async fn requests_on_one_connection_are_answered_in_their_order() {
    let world = World::begin(Database::Sqlite).await;
    let one = |id: &str, more: &str| {
        format!("GET /livez HTTP/1.1\r\nHost: a\r\nX-Request-Id: {id}\r\n{more}\r\n")
    };
    let all = [
        one("one", ""),
        one("two", ""),
        one("three", "Connection: close\r\n"),
    ]
    .concat();
    let mut stream = TcpStream::connect(world.node.address).expect("connects");
    stream.set_read_timeout(Some(PATIENCE)).expect("a time");
    stream.write_all(all.as_bytes()).expect("sends");
    let mut answer = String::new();
    stream.read_to_string(&mut answer).expect("closes");
    let at = |id: &str| {
        answer
            .find(&format!("x-request-id: {id}"))
            .expect("it is answered")
    };
    assert!(at("one") < at("two") && at("two") < at("three"), "{answer}");
}
