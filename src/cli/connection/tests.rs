use super::*;

#[test]
fn a_problem_document_becomes_sentences() {
    let problem = serde_json::json!({
        "title": "Invalid", "detail": "The request has a field that cannot be accepted.", "code": "invalid",
        "request_id": "r1", "errors": [{"pointer": "/reason", "code": "reason", "detail": "must be a reason"}],
    });
    assert_eq!(
        describe(StatusCode::UNPROCESSABLE_ENTITY, &problem),
        "The request has a field that cannot be accepted.\n  /reason: must be a reason\n  (invalid, request r1)"
    );
    assert_eq!(
        describe(StatusCode::BAD_GATEWAY, &Value::Null),
        "The server answered 502 Bad Gateway."
    );
}

/// A server that gives these answers, each on a connection of its own, and says what it was asked.
fn server(
    answers: &'static [(&'static str, &'static str)],
) -> (String, std::thread::JoinHandle<Vec<String>>) {
    use std::io::{Read, Write};
    let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("binds");
    let url = format!("http://{}/under", listener.local_addr().expect("bound"));
    let serve = move || {
        let mut asked = Vec::new();
        for (status, body) in answers {
            let (mut stream, _) = listener.accept().expect("accepts");
            let (mut request, mut buffer) = (Vec::new(), [0; 4096]);
            while !request.ends_with(b"}") && !request.ends_with(b"credentials") {
                let read = stream.read(&mut buffer).expect("reads");
                request.extend_from_slice(&buffer[..read]);
            }
            let length = body.len();
            let answer = format!(
                "HTTP/1.1 {status}\r\nContent-Length: {length}\r\nConnection: close\r\n\r\n{body}"
            );
            stream.write_all(answer.as_bytes()).expect("writes");
            asked.push(String::from_utf8(request).expect("UTF-8"));
        }
        asked
    };
    (url, std::thread::spawn(serve))
}

fn header(request: &str, name: &str) -> String {
    let lines = request.lines().filter_map(|line| line.split_once(": "));
    let mut found = lines.filter(|(key, _)| key.eq_ignore_ascii_case(name));
    found
        .next()
        .map(|(_, value)| value.to_owned())
        .unwrap_or_default()
}

#[tokio::test]
async fn a_change_is_sent_again_under_the_same_key_until_it_is_answered() {
    let (url, server) = server(&[
        ("200 OK", r#"{"access_token":"first"}"#),
        ("401 Unauthorized", "{}"),
        ("200 OK", r#"{"access_token":"second"}"#),
        ("503 Service Unavailable", r#"{"title":"Busy"}"#),
        ("201 Created", r#"{"seq":7}"#),
        (
            "404 Not Found",
            r#"{"detail":"There is no such credential.","code":"not_found","request_id":"r9"}"#,
        ),
    ]);
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("secret");
    std::fs::write(&path, "pcs_abc").expect("writes");
    let connection = Connection {
        url: Some(url),
        client_id: Some(ClientId::from_u128(1)),
        client_secret_file: Some(path),
    };
    let mut session = connection
        .open()
        .await
        .map_err(|failed| failed.message)
        .expect("opens");
    let body = serde_json::json!({"reason": "lost"});
    let call = || Call {
        method: Method::POST,
        path: &["v1", "credentials", "crd_1", "revocations"],
        query: &[],
        body: Body::Json(&body),
        repeats: true,
    };
    let (status, answer) = session
        .send(call())
        .await
        .map_err(|failed| failed.message)
        .expect("answers");
    assert_eq!(
        (status, answer["seq"].as_u64()),
        (StatusCode::CREATED, Some(7))
    );
    let refused = session.send(call()).await.expect_err("refused");
    assert_eq!(
        refused.message,
        "There is no such credential.\n  (not_found, request r9)"
    );

    let asked = server.join().expect("ends");
    assert!(asked[0].starts_with("POST /under/oauth/token "));
    assert!(asked[1].starts_with("POST /under/v1/credentials/crd_1/revocations "));
    let key = header(&asked[1], "idempotency-key");
    assert_eq!(key.len(), 32);
    for (request, token) in [(1, "first"), (3, "second"), (4, "second")] {
        assert_eq!(header(&asked[request], "idempotency-key"), key);
        assert_eq!(
            header(&asked[request], "authorization"),
            format!("Bearer {token}")
        );
    }
    assert_ne!(header(&asked[5], "idempotency-key"), key);
}

#[test]
fn a_secret_is_read_alone_or_with_its_client() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("secret");
    std::fs::write(&path, "pcs_abc\n").expect("writes");
    assert!(matches!(read_secret(&path), Ok((None, secret)) if secret == "pcs_abc"));
    let client = ClientId::from_u128(1);
    let json = serde_json::json!({"client_id": client, "client_secret": "pcs_def"});
    std::fs::write(&path, json.to_string()).expect("writes");
    assert!(
        matches!(read_secret(&path), Ok((Some(id), secret)) if id == client && secret == "pcs_def")
    );
}
