//! A small network on a temporary database: two members, each with a card system and an HR system.

use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::JoinHandle;

use rand::Rng;

use super::super::*;
use crate::access::keyring::Keyring;
use crate::access::permission::Caller;
use crate::access::token::{SigningKey, Tokens};
use crate::domain::client::{Client, Role};
use crate::domain::digest::Digest;
use crate::domain::ids::{CardSystemId, ClientId, FacilityId, Gen, Id, Kind};
use crate::domain::network::{
    CardSystem, Facility, FacilityKind, Member, MemberKind, SecurityLevel,
};
use crate::domain::text::Text;
use crate::domain::time::Environment;
use crate::index::Index;
use crate::ledger::entry::{Actor, Fact};
use crate::service::check_log::CheckLog;
use crate::service::commit::{Door, GROUP_MAX};
use crate::service::head::{Vouched, seal};
use crate::service::lookups::LookupLog;
use crate::store::ledger::{self, Head};
use crate::store::migrate;

/// A clock that begins here and stands still, or runs.
struct Clock {
    runs: Option<std::time::Instant>,
}

impl Environment for Clock {
    fn now(&self) -> Timestamp {
        let begin: Timestamp = "2026-06-15T10:00:00Z".parse().unwrap();
        begin.plus_ms(
            self.runs
                .map_or(0, |since| since.elapsed().as_millis() as i64),
        )
    }

    fn uptime_ms(&self) -> u64 {
        1
    }

    fn fill_random(&self, bytes: &mut [u8]) {
        rand::rng().fill_bytes(bytes);
    }
}

pub struct World {
    pub services: Arc<Services>,
    threads: Vec<JoinHandle<()>>,
    stop: Arc<AtomicBool>,
    _folder: tempfile::TempDir,
}

/// The same identifier for the same number.
pub fn id<K: Kind>(number: u128) -> Id<K> {
    Id::from_u128(0x0192_f3c4_5d6e_7f80_9123_0000_0000_0000 | number)
}

pub const ANTWERP: u128 = 1;
pub const ZEEBRUGGE: u128 = 2;

impl World {
    /// On SQLite, with a clock that stands still.
    pub fn new() -> Self {
        Self::with(None, Clock { runs: None })
    }

    fn with(url: Option<&str>, clock: Clock) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let store = match url {
            Some(url) => Store::at(url),
            None => Store::at(&format!("sqlite:{}", folder.path().join("db").display())),
        };
        let environment: Arc<dyn Environment> = Arc::new(clock);
        let r#gen = Gen::make(&*environment);
        let keyring = Arc::new(Keyring::derive(&[7; 32]));
        let mut head = Head::empty(r#gen);
        seal(&mut head, Vouched::default(), &keyring, &*environment);
        let mut writer = store.writer().unwrap();
        migrate::up(&mut writer).unwrap();
        writer
            .transaction(|writer| ledger::begin(writer, &head))
            .unwrap();
        drop(writer);
        let index = Arc::new(Index::new(r#gen, 1_000, 1_000));
        let (door, committer) = Door::open(
            store.clone(),
            index.clone(),
            keyring.clone(),
            environment.clone(),
            GROUP_MAX,
        )
        .unwrap();
        let stop = Arc::new(AtomicBool::new(false));
        let (check_log, log_thread) = CheckLog::start(door.clone(), stop.clone()).unwrap();
        let (lookups, lookup_log) = LookupLog::start(door.clone(), stop.clone()).unwrap();
        let key = SigningKey::from_pkcs8("k".into(), &SigningKey::generate().unwrap()).unwrap();
        let tokens = Tokens::new("https://portcullis.example", vec![key]).unwrap();
        let imports = Running::default();
        let services = Services {
            environment,
            keyring,
            tokens,
            index,
            store,
            door,
            check_log,
            lookups,
            imports,
            kept: crate::domain::retention::Kept::default(),
        };
        let world = Self {
            services: Arc::new(services),
            threads: vec![log_thread, lookup_log, committer],
            stop,
            _folder: folder,
        };
        world.change(move |tx| {
            tx.state(Fact::LedgerBegan { r#gen })?;
            for (number, place) in [(ANTWERP, "BEANR"), (ZEEBRUGGE, "BEZEE")] {
                network(number, place)
                    .into_iter()
                    .try_for_each(|fact| tx.state(fact).map(drop))?;
            }
            Ok(())
        });
        world
    }

    pub fn permit(&self, member: u128) -> Permit<permission::Import> {
        let caller = Caller {
            client: id(member),
            member: id(member),
            role: Role::HrOfficer,
            person: Some(id(member)),
        };
        caller.permit().unwrap()
    }

    pub fn change<T: Send + 'static>(
        &self,
        work: impl FnMut(&mut Tx<'_>) -> Result<T, Error> + Send + 'static,
    ) -> T {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_time()
            .build()
            .unwrap();
        let done = runtime.block_on(self.services.door.change(Actor::System, work));
        done.unwrap_or_else(|error| panic!("{error}: {:?}", error.cause))
    }

    pub fn check(&self, settings: &Settings, file: &[u8]) -> Result<Checked, Error> {
        check(
            &self.services,
            self.permit(
                settings
                    .card_system
                    .map_or(ANTWERP, |system| system.as_u128() & 0xff),
            ),
            settings,
            file,
        )
    }

    /// Brings in a file and lets it be applied.
    pub fn brings(&self, settings: &Settings, file: &[u8]) -> ImportId {
        let checked = self.check(settings, file).unwrap();
        let (id, member) = (checked.import.id, checked.import.member.as_u128() & 0xff);
        let permit = self.permit(member);
        let asked = self.change(move |tx| {
            keep(tx, permit, &checked)?;
            apply(tx, permit, id)
        });
        if let Outcome::Asked(asked) = asked
            && let Act::ApplyImport {
                file, rows, new, ..
            } = asked.approval.act
        {
            // As if somebody granted it.
            let second = permit.caller();
            let weighed = weigh_again(&self.services, second, id).unwrap();
            self.change(move |tx| {
                approved(tx, second.client, weighed.as_ref(), (id, file, rows, new))
            });
        }
        id
    }

    /// Carries out an import, for so many rows at most.
    pub fn runs(&self, id: ImportId, rows: u64) -> imports::Import {
        run::run(&self.services, id, &|done| done < rows);
        self.services
            .store
            .read(|reader| imports::find(reader, id))
            .unwrap()
            .unwrap()
    }

    /// Brings in a file and carries it out whole.
    pub fn imports(&self, settings: &Settings, file: &[u8]) -> Import {
        let id = self.brings(settings, file);
        let import = import_from(self.runs(id, u64::MAX), &self.services.keyring).unwrap();
        assert_eq!(
            (import.state, import.rows_done),
            (State::Applied, import.rows_total)
        );
        assert!(
            self.services
                .store
                .read(|reader| imports::sealed(reader, id))
                .unwrap()
                .is_none()
        );
        import
    }

    pub fn seq(&self) -> u64 {
        self.services.index.seq()
    }
}

impl Drop for World {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::Release);
        for (nth, thread) in self.threads.drain(..).enumerate() {
            if nth == 1 {
                self.services.door.close();
            }
            thread.join().unwrap();
        }
    }
}

pub fn name<const MAX: usize>(text: &str) -> Text<MAX> {
    Text::parse(text).unwrap()
}

fn network(number: u128, place: &str) -> Vec<Fact> {
    let facility = |nth: u128, called: &str| {
        Fact::FacilityRecorded(Facility {
            id: id(number * 16 + nth),
            member: id(number),
            name: name(called),
            kind: FacilityKind::PortFacility,
            locode: place.parse().unwrap(),
            security_level: SecurityLevel::One,
            shows_class: false,
            max_age_ms: None,
        })
    };
    vec![
        Fact::MemberRecorded(Member {
            id: id(number),
            name: name(place),
            kind: MemberKind::PortAuthority,
            locodes: Vec::new(),
            max_age_ms: None,
            approves_issues: false,
            legal_basis: None,
            two_administrators: false,
        }),
        facility(1, &format!("Quay {number}742")),
        facility(2, "Container terminal"),
        Fact::CardSystemRecorded(CardSystem {
            id: id(number),
            member: id(number),
            name: name("Gates"),
            uid_byte_order: Default::default(),
        }),
        Fact::ClientRecorded(Client {
            id: id::<crate::domain::ids::ClientKind>(number),
            member: id(number),
            name: name("HR"),
            role: Role::HrOfficer,
            person: None,
            secret_sha256: Digest([0; 32]),
            revoked: false,
        }),
    ]
}

pub fn facility(member: u128, nth: u128) -> FacilityId {
    id(member * 16 + nth)
}

pub fn credentials(member: u128) -> Settings {
    Settings {
        purpose: Purpose::Credentials,
        card_system: Some(id::<crate::domain::ids::CardSystemKind>(member)),
        default_format: Some(crate::domain::card::Format::Number),
        reason: None,
        valid_until: None,
    }
}

pub fn revocations(member: u128) -> Settings {
    let reason = Some(crate::domain::reason::Reason::Lost);
    Settings {
        purpose: Purpose::Revocations,
        reason,
        ..credentials(member)
    }
}

/// The client that brings files for this member.
pub fn client(member: u128) -> ClientId {
    id(member)
}

/// The numbering of this member's cards.
pub fn card_system(member: u128) -> CardSystemId {
    id(member)
}

pub const HEADER: &str = "personeelsnummer;naam;voornaam;werkgever;badgenummer;geldig tot\n";

/// A file with so many workers.
pub fn workers(count: u32) -> String {
    let row = |n: u32| {
        format!(
            "S{n};Peeters{};Zoë;Stuwadoors nv;{n:08};31/12/2027\n",
            letters(n)
        )
    };
    HEADER.to_owned() + &(1..=count).map(row).collect::<String>()
}

fn letters(n: u32) -> String {
    n.to_string()
        .bytes()
        .map(|digit| (digit - b'0' + b'a') as char)
        .collect()
}
