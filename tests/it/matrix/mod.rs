//! Tables: what must hold for every route, every role, every code, whatever the story.
//!
//! * [`routes`]: each route with a body that it takes, for everything here that goes through all of them.
//! * [`permissions`]: route × role × own or another's, as a golden text. [`tokens`]: forged tokens.
//! * [`problems`]: every code is reached. [`requests`], [`conventions`], [`idempotency`], [`lists`], [`wire`]: what every
//!   route keeps to.
//! * [`direct`]: the two ways of a gate check, and what a caller can hold of the server.
//! * [`reads`]: whatever shows somebody is noted. [`openapi`]: the description. [`hostile`]: garbage at every route. [`privacy`]: what must appear nowhere.

pub mod conventions;
pub mod direct;
pub mod hostile;
pub mod idempotency;
pub mod lists;
pub mod openapi;
pub mod permissions;
pub mod privacy;
pub mod problems;
pub mod reads;
pub mod requests;
pub mod routes;
pub mod tokens;
pub mod wire;

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::path::Path;
use std::time::Duration;

use actix_web::dev::ServerHandle;
use actix_web::web::Data;
use portcullis::app::{self, Serving};
use portcullis::http::limits::KEEP_ALIVE;
use portcullis::http::state::Shared;

use crate::support::{Database, World};

/// The tables that are told on each database, like stories.
macro_rules! all {
    ($database:expr) => {
        $crate::matrix::tell!($database, permissions:
            every_route_answers_every_role_as_the_golden_text_says,
        );
        $crate::matrix::tell!($database, problems:
            every_code_is_reached_and_says_nothing_of_our_inside,
        );
        $crate::matrix::tell!($database, idempotency:
            a_key_is_needed_and_must_be_one,
            a_repeated_request_gets_the_first_answer,
            a_key_used_for_another_request_is_refused,
            a_refused_request_does_not_use_up_its_key,
            twenty_at_once_with_one_key_have_one_effect,
            a_change_rests_on_the_version_that_was_read,
        );
        $crate::matrix::tell!($database, lists:
            every_list_is_walked_whole_by_its_links,
            a_cursor_serves_one_list_of_one_member,
        );
        $crate::matrix::tell!($database, hostile:
            garbage_is_refused_by_every_route_and_nothing_breaks,
        );
        $crate::matrix::tell!($database, reads:
            whoever_is_shown_is_noted_and_nobody_else_is_shown,
            whatever_shows_somebody_is_limited,
        );
        $crate::matrix::tell!($database, privacy:
            what_is_personal_appears_nowhere_outside_its_seal,
        );
    };
}
pub(crate) use all;

/// Makes tests of tables.
macro_rules! tell {
    ($database:expr, $file:ident: $($table:ident,)*) => {
        mod $file {
            use super::*;
            $(
                #[actix_web::test]
                async fn $table() {
                    let world = $crate::support::World::begin($database).await;
                    $crate::matrix::$file::$table(world).await;
                }
            )*
        }
    };
}
pub(crate) use tell;

/// Compares with a text that is checked in, or writes it anew if `PORTCULLIS_TEST_GOLDEN=write`.
pub fn golden(file: &str, text: &str) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(file);
    if std::env::var_os("PORTCULLIS_TEST_GOLDEN").is_some_and(|value| value == "write") {
        std::fs::create_dir_all(path.parent().expect("a folder")).expect("the folder is there");
        std::fs::write(&path, text).expect("the golden text is written");
        return;
    }
    let golden = std::fs::read_to_string(&path).unwrap_or_default();
    for (at, (golden, now)) in golden.lines().zip(text.lines()).enumerate() {
        assert_eq!(golden, now, "{file}, line {}: read tests/README.md", at + 1);
    }
    assert_eq!(golden, text, "{file}: read tests/README.md");
}

/// Changes the database past the API.
pub fn db_execute(world: &World, sql: &str) {
    match world.database {
        Database::Sqlite => {
            use diesel::connection::SimpleConnection;
            let path = world.url.trim_start_matches("sqlite:");
            let mut connection =
                <diesel::SqliteConnection as diesel::Connection>::establish(path).expect("opens");
            let sql = format!("PRAGMA busy_timeout = 10000; {sql}");
            connection.batch_execute(&sql).expect("the statement runs");
        }
        Database::Postgres => {
            let psql = std::process::Command::new("psql")
                .args([&world.url, "-qAtc", sql])
                .output()
                .expect("psql runs");
            let said = String::from_utf8_lossy(&psql.stderr);
            assert!(psql.status.success(), "{said}");
        }
    }
}

/// Sends bytes as they are and answers what comes back until the server closes, or has said nothing for so long.
pub fn raw(address: SocketAddr, bytes: &[u8], patience: Duration) -> String {
    let mut stream = TcpStream::connect(address).expect("the server takes connections");
    stream.set_read_timeout(Some(patience)).expect("a time");
    // The server may refuse before it has read everything.
    let _ = stream.write_all(bytes);
    let mut answer = Vec::new();
    let mut chunk = [0; 4_096];
    while let Ok(length @ 1..) = stream.read(&mut chunk) {
        answer.extend_from_slice(&chunk[..length]);
    }
    String::from_utf8_lossy(&answer).into_owned()
}

/// One more API server over a node that runs.
pub struct Server {
    pub address: SocketAddr,
    handle: ServerHandle,
    thread: Option<std::thread::JoinHandle<()>>,
}

impl Server {
    pub fn over(shared: Data<Shared>) -> Self {
        Self::patient(shared, KEEP_ALIVE)
    }

    /// With connections that break when nothing is answered on them for so long.
    pub fn patient(shared: Data<Shared>, patience: Duration) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
        let address = listener.local_addr().expect("an address");
        let drain = Duration::from_secs(5);
        let serving = Serving {
            listener,
            workers: 1,
            connections_max: 100,
            patience,
            drain,
        };
        let (send, receive) = std::sync::mpsc::channel();
        let thread = std::thread::spawn(move || {
            actix_web::rt::System::new().block_on(async {
                let server = app::api(shared, serving).expect("the server starts");
                send.send(server.handle()).expect("the test waits");
                server.await.expect("the server ends well");
            });
        });
        let handle = receive.recv().expect("the server starts");
        Self {
            address,
            handle,
            thread: Some(thread),
        }
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // Sent, not awaited: the server's own thread carries it out, and is joined here.
        drop(self.handle.stop(true));
        if let Some(thread) = self.thread.take() {
            thread.join().expect("the server's thread ends well");
        }
    }
}
