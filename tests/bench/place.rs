//! Where a measure's database is: a temporary folder with SQLite in it, or a database of its own on the PostgreSQL that
//! `scripts/bench` started.

use std::path::PathBuf;
use std::process::Command;
use std::sync::Arc;

use portcullis::access::keyring::Keyring;
use portcullis::domain::network::MemberKind;
use portcullis::domain::text::Name;
use portcullis::domain::time::Environment;
use portcullis::environment::RealEnvironment;
use portcullis::service::setup::{self, First};
use portcullis::store::Store;

pub struct Place {
    pub url: String,
    pub master_key: [u8; 32],
    pub folder: tempfile::TempDir,
    postgres: Option<(String, String)>,
}

impl Place {
    pub fn sqlite() -> Self {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let url = format!("sqlite:{}", folder.path().join("portcullis.db").display());
        Self {
            url,
            master_key: [9; 32],
            folder,
            postgres: None,
        }
    }

    pub fn postgres() -> Self {
        let server =
            std::env::var("PORTCULLIS_TEST_POSTGRES").expect("scripts/bench starts a PostgreSQL");
        let name = format!("bench_{}_{:x}", std::process::id(), rand::random::<u32>());
        psql(&server, &format!("CREATE DATABASE {name}"));
        let base = server
            .rsplit_once('/')
            .expect("an address with a database")
            .0;
        let url = format!("{base}/{name}");
        let folder = tempfile::tempdir().expect("a temporary folder");
        Self {
            url,
            master_key: [9; 32],
            folder,
            postgres: Some((server, name)),
        }
    }

    /// Begins a network here.
    pub async fn init(&self, keyring: &Arc<Keyring>) {
        let environment: Arc<dyn Environment> = Arc::new(RealEnvironment);
        let first = First {
            name: Name::parse("Bench").expect("a name"),
            kind: MemberKind::Authority,
            locodes: vec![],
            client: Name::parse("bench").expect("a name"),
            approves_issues: false,
        };
        setup::init(&Store::at(&self.url), keyring.clone(), environment, first)
            .await
            .expect("the network begins");
    }

    /// The master key as a file, for a server.
    pub fn master_key_file(&self) -> PathBuf {
        let file = self.folder.path().join("master.key");
        std::fs::write(&file, self.master_key).expect("the key can be written");
        file
    }
}

/// Runs SQL by psql and answers what it printed.
pub fn psql(url: &str, sql: &str) -> String {
    let done = Command::new("psql")
        .args([url, "-qAtc", sql])
        .output()
        .expect("psql runs");
    assert!(
        done.status.success(),
        "{}",
        String::from_utf8_lossy(&done.stderr)
    );
    String::from_utf8_lossy(&done.stdout).into_owned()
}

impl Drop for Place {
    fn drop(&mut self) {
        if let Some((server, name)) = &self.postgres {
            psql(server, &format!("DROP DATABASE {name} WITH (FORCE)"));
        }
    }
}
