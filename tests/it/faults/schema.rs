//! What the schema itself refuses, whoever asks; and how it comes up.

use std::sync::{Arc, Barrier};

use portcullis::app::{Node, NodeSettings};
use portcullis::domain::time::Environment;
use portcullis::service::commit::GROUP_MAX;
use portcullis::service::setup::{self, Refused};
use portcullis::store::{Store, migrate};

use crate::support::clock::TestClock;
use crate::support::database::Raw;
use crate::support::world::{MORNING, Place, first, keyring};
use crate::support::{Database, World};

pub async fn the_schema_refuses_to_forget(world: World) {
    let hr = world.member("Haven A").await.hr(&world).await;
    let pass = hr.issues().await;
    hr.revokes(&pass, "lost").await.created();
    let mut raw = world.db_raw();
    let refused = [
        (
            "UPDATE ledger_entries SET body = body WHERE seq = 1",
            "never updated",
        ),
        (
            "UPDATE ledger_entries SET seq = seq + 1000",
            "never updated",
        ),
        ("DELETE FROM ledger_entries WHERE seq = 1", "never deleted"),
        ("DELETE FROM ledger_entries", "never deleted"),
        ("UPDATE ledger_head SET seq = seq - 1", "only grows"),
        ("UPDATE ledger_head SET root = edge", "only grows"),
        ("UPDATE ledger_head SET gen = root", "only grows"),
        ("DELETE FROM ledger_head", "never deleted"),
        (
            "UPDATE credentials SET state = 0 WHERE state = 100",
            "stays revoked",
        ),
        (
            "UPDATE credentials SET state = 2 WHERE state = 100",
            "stays revoked",
        ),
        ("DELETE FROM credentials", "never deleted"),
    ];
    let truncated = [
        ("TRUNCATE ledger_entries", "never deleted"),
        ("TRUNCATE ledger_head", "never deleted"),
        ("TRUNCATE credentials", "never deleted"),
        (
            "TRUNCATE ledger_entries, ledger_head, credentials CASCADE",
            "never deleted",
        ),
    ];
    let mut all = refused.to_vec();
    match world.database {
        // SQLite has no TRUNCATE: deleting all is that. It has a second way to overwrite a row.
        Database::Sqlite => all.extend([
            ("REPLACE INTO ledger_entries SELECT seq, X'00', chain FROM ledger_entries", "never replaced"),
            ("INSERT OR REPLACE INTO ledger_head SELECT id, gen, 0, root, edge, chain, seal FROM ledger_head", "never replaced"),
            (
                "REPLACE INTO credentials SELECT id, member, worker, engagement, valid_from, valid_until, scope, functions, 0, NULL, \
                 since, NULL, NULL, NULL, version, used_on FROM credentials",
                "never replaced",
            ),
        ]),
        Database::Postgres => all.extend(truncated),
    }
    for (sql, why) in all {
        let said = raw.run(sql).expect_err(sql);
        assert!(said.contains(why), "{sql}: {said}");
    }
    // It refuses what is wrong, not everything.
    raw.must("UPDATE credentials SET version = version WHERE state = 100");
    raw.must("UPDATE ledger_head SET seq = seq + 1");
    raw.drop_guards();
    raw.must("UPDATE ledger_head SET seq = seq - 1");
    drop(raw);
    let mut world = world;
    // The node saw a head without an entry in between, or not; that is another story.
    world.damaged = true;
}

pub fn migrations_go_up_down_and_up_again(database: Database) {
    let place = Place::new(database);
    let store = Store::at(&place.url);
    let mut writer = store.writer().expect("opens");
    migrate::up(&mut writer).expect("goes up");
    assert!(migrate::is_current(&mut writer).expect("knows"));
    let up = described(database, &place.url);
    assert!(up.len() > 30, "{up:?}");
    migrate::down(&mut writer).expect("goes down");
    assert_eq!(
        described(database, &place.url),
        Vec::<String>::new(),
        "nothing stays behind"
    );
    migrate::up(&mut writer).expect("goes up again");
    assert_eq!(described(database, &place.url), up);
    migrate::up(&mut writer).expect("and there is nothing left to do");
}

/// Tables, columns, indexes, triggers and functions, but the migrations' own.
fn described(database: Database, url: &str) -> Vec<String> {
    let sql = match database {
        Database::Sqlite => {
            "SELECT type || ' ' || name || ' ' || coalesce(sql, '') AS line FROM sqlite_master \
             WHERE tbl_name NOT LIKE '%diesel%' ORDER BY 1"
        }
        Database::Postgres => {
            "SELECT line FROM ( \
               SELECT 'column ' || table_name || '.' || column_name || ' ' || data_type || ' ' || is_nullable AS line, table_name AS t \
                 FROM information_schema.columns WHERE table_schema = 'public' \
               UNION ALL SELECT 'index ' || indexdef, tablename FROM pg_indexes WHERE schemaname = 'public' \
               UNION ALL SELECT 'trigger ' || pg_get_triggerdef(oid), tgrelid::regclass::text FROM pg_trigger WHERE NOT tgisinternal \
               UNION ALL SELECT 'function ' || proname, '' FROM pg_proc WHERE pronamespace = 'public'::regnamespace \
             ) AS all_of_it WHERE t NOT LIKE '%diesel%' AND line NOT LIKE '%diesel%' ORDER BY 1"
        }
    };
    Raw::open(url).lines(sql)
}

pub async fn a_newer_schema_is_refused_with_both_versions(mut world: World) {
    world.node.stop();
    let known = migrate::version().expect("there is one");
    let mut raw = world.db_raw();
    raw.must("INSERT INTO __diesel_schema_migrations (version) VALUES ('29991231000001')");
    let Err(error) = node(&world.url) else {
        panic!("an older program must not start on a newer schema");
    };
    let said = error.to_string();
    assert!(
        said.contains("29991231000001") && said.contains(&known),
        "{said}"
    );
    raw.must("DELETE FROM __diesel_schema_migrations WHERE version = '29991231000001'");
    node(&world.url).map(Node::stop).expect("starts again");
}

fn node(url: &str) -> Result<Node, portcullis::app::StartError> {
    let settings = NodeSettings {
        store: Store::at(url),
        keyring: keyring(),
        environment: Arc::new(TestClock::at(MORNING)),
        public_url: "https://portcullis.test".into(),
        group_max: GROUP_MAX,
        state_dir: None,
        kept: portcullis::domain::retention::Kept::default(),
    };
    Node::start(settings, &mut |_, _| {})
}

/// Whatever of a cluster is started first is started at once.
pub async fn two_nodes_start_at_once() {
    for _ in 0..5 {
        let place = Place::new(Database::Postgres);
        // Nobody has been here: both bring the schema up, and one begins the network.
        let begun = together(&place.url, |url| {
            let environment: Arc<dyn Environment> = Arc::new(TestClock::at(MORNING));
            let runtime = tokio::runtime::Builder::new_current_thread()
                .enable_all()
                .build()
                .expect("a runtime");
            runtime.block_on(setup::init(
                &Store::at(url),
                keyring(),
                environment,
                first(),
            ))
        });
        let winners = begun.iter().filter(|one| one.is_ok()).count();
        for refused in begun.iter().filter_map(|one| one.as_ref().err()) {
            // Whoever was second is told that it has begun, or that it changed underneath; never anything worse.
            let known = matches!(refused, Refused::Begun | Refused::Change(_));
            assert!(known, "{refused}");
        }
        assert_eq!(winners, 1, "a network begins once");
        for started in together(&place.url, node) {
            started.expect("both start").stop();
        }
    }
}

fn together<T: Send>(url: &str, act: impl Fn(&str) -> T + Sync) -> Vec<T> {
    let barrier = Barrier::new(4);
    std::thread::scope(|scope| {
        let threads: Vec<_> = (0..4)
            .map(|_| {
                scope.spawn(|| {
                    barrier.wait();
                    act(url)
                })
            })
            .collect();
        threads
            .into_iter()
            .map(|thread| thread.join().expect("no panic"))
            .collect()
    })
}
