//! Beginning a network: the ledger's first entries, the first key that signs tokens, and the first administrator.

use std::sync::Arc;

use super::clients::Secret;
use super::commit::Door;
use super::error::{Code, Error};
use super::head::{self, Vouched};
use super::signing_keys;
use crate::access::keyring::Keyring;
use crate::domain::client::{Client, Role};
use crate::domain::ids::{ClientId, Gen, MemberId};
use crate::domain::network::{Locode, Member, MemberKind};
use crate::domain::text::Name;
use crate::domain::time::Environment;
use crate::index::Index;
use crate::ledger::entry::{Actor, Fact};
use crate::store::ledger::{self, Head};
use crate::store::{Store, StoreError, migrate};

/// The member that runs the network, and the machine that its administrator works with.
#[derive(Debug, Clone)]
pub struct First {
    /// The member's name.
    pub name: Name,
    /// What kind of organisation it is.
    pub kind: MemberKind,
    /// The places it manages.
    pub locodes: Vec<Locode>,
    /// The name of its first client.
    pub client: Name,
    /// Whether a second person grants what it issues.
    pub approves_issues: bool,
}

/// The first administrator. The secret is nowhere else, and is never logged.
pub struct FirstAdmin {
    /// The name of the new numbering.
    pub r#gen: Gen,
    /// The first member.
    pub member: MemberId,
    /// Its client.
    pub client: ClientId,
    /// The client's secret.
    pub secret: Secret,
}

/// Why no network was begun.
#[derive(Debug, thiserror::Error)]
pub enum Refused {
    /// There is one in this database.
    #[error("A network has begun in this database already; nothing was changed.")]
    Begun,
    /// The database refused.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The first entries were not taken.
    #[error(transparent)]
    Change(#[from] Error),
    /// The machine gave no thread.
    #[error("The thread that writes could not be started: {0}.")]
    Thread(#[from] std::io::Error),
}

/// Brings the schema up and refuses a database in which a network has begun. To be asked before anything is made for a
/// new one, such as a master key.
pub fn refuse_if_begun(store: &Store) -> Result<(), Refused> {
    begin(store, None).map(drop)
}

/// Begins a network. In order: the schema, the head of an empty ledger, and then everything else in one transaction. A
/// crash in between leaves a ledger without entries, which the next call goes on with. Blocks while it works.
pub async fn init(
    store: &Store,
    keyring: Arc<Keyring>,
    environment: Arc<dyn Environment>,
    first: First,
) -> Result<FirstAdmin, Refused> {
    let r#gen = begin(store, Some((&keyring, &*environment)))?.ok_or(Refused::Begun)?;
    let index = Arc::new(Index::new(r#gen, 1, 1));
    let (door, thread) = Door::open(store.clone(), index, keyring, environment, 1)?;
    let done = door
        .change(Actor::System, move |tx| {
            if tx.seq() != 0 {
                return Err(Error::new(Code::Changed, Refused::Begun.to_string()));
            }
            let (id, client, secret) = (
                MemberId::make(tx.environment),
                ClientId::make(tx.environment),
                Secret::make(tx.environment),
            );
            tx.state(Fact::LedgerBegan { r#gen })?;
            tx.state(Fact::MemberRecorded(Member {
                id,
                name: first.name.clone(),
                kind: first.kind,
                locodes: first.locodes.clone(),
                max_age_ms: None,
                approves_issues: first.approves_issues,
                legal_basis: None,
                two_administrators: false,
            }))?;
            tx.state(Fact::ClientRecorded(Client {
                id: client,
                member: id,
                name: first.client.clone(),
                role: Role::NetworkAdmin,
                person: None,
                secret_sha256: secret.digest(),
                revoked: false,
            }))?;
            signing_keys::add(tx)?;
            Ok(FirstAdmin {
                r#gen,
                member: id,
                client,
                secret,
            })
        })
        .await;
    door.close();
    // The thread ends by itself; a panic in it has been answered as an error above.
    let _ = thread.join();
    Ok(done?)
}

/// Brings the schema up, and puts down the head of an empty ledger where there is none and there is what it takes to name and seal
/// one.
fn begin(
    store: &Store,
    with: Option<(&Keyring, &dyn Environment)>,
) -> Result<Option<Gen>, Refused> {
    let mut writer = store.writer()?;
    migrate::up(&mut writer)?;
    match (ledger::head(&mut writer)?, with) {
        (Some(head), _) if head.seq() > 0 => Err(Refused::Begun),
        (Some(head), _) => Ok(Some(head.r#gen)),
        (None, None) => Ok(None),
        (None, Some((keyring, environment))) => {
            let mut empty = Head::empty(Gen::make(environment));
            head::seal(&mut empty, Vouched::default(), keyring, environment);
            match writer.transaction(|writer| ledger::begin(writer, &empty)) {
                Ok(()) => Ok(Some(empty.r#gen)),
                Err(StoreError::Duplicate) => Err(Refused::Begun),
                Err(error) => Err(error.into()),
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::access::token::Tokens;
    use crate::environment::RealEnvironment;
    use crate::ledger::fold::Record;
    use crate::service::verify::verify;
    use crate::store::network;

    fn first() -> First {
        First {
            name: Name::parse("Port of Antwerp-Bruges").expect("a name"),
            kind: MemberKind::PortAuthority,
            locodes: vec!["BEANR".parse().expect("a place")],
            client: Name::parse("administrator").expect("a name"),
            approves_issues: false,
        }
    }

    #[tokio::test]
    async fn a_network_begins_once_with_an_administrator_and_a_key() {
        let folder = tempfile::tempdir().expect("a folder");
        let store = Store::at(&format!("sqlite:{}", folder.path().join("db").display()));
        let keyring = Arc::new(Keyring::derive(&[1; 32]));
        let environment: Arc<dyn Environment> = Arc::new(RealEnvironment);
        refuse_if_begun(&store).expect("not yet");
        // A crash right after the head was put down.
        begin(&store, Some((&keyring, &*environment))).expect("begins");
        refuse_if_begun(&store).expect("still without entries");

        let admin = init(&store, keyring.clone(), environment.clone(), first()).await;
        let admin = admin.expect("begins");
        let secret = admin.secret.reveal();
        assert!(secret.starts_with("pcs_") && secret.len() == 47);
        let mut reader = store.reader().expect("opens");
        let records = network::all(&mut reader).expect("reads");
        let client = records.iter().find_map(|(_, record)| match record {
            Record::Client(client) => Some(client),
            _ => None,
        });
        let client = client.expect("there is one");
        assert_eq!((client.id, client.member), (admin.client, admin.member));
        assert_eq!(client.role, Role::NetworkAdmin);
        assert_eq!(client.secret_sha256, admin.secret.digest());

        let keys = signing_keys::load(&mut reader, &keyring).expect("opens");
        let tokens = Tokens::new("https://portcullis.example", keys).expect("one key");
        let token = tokens.issue(admin.client, &*environment).expect("issues");
        let verified = tokens.verify(&token, environment.now()).expect("good");
        assert_eq!(verified.client, admin.client);
        let other = Keyring::derive(&[2; 32]);
        assert!(signing_keys::load(&mut reader, &other).is_err());

        let report = verify(&mut reader, Some(&keyring), |_, _| {}).expect("whole");
        assert_eq!((report.r#gen, report.seq), (admin.r#gen, 3));
        let again = init(&store, keyring.clone(), environment, first()).await;
        assert!(matches!(again, Err(Refused::Begun)));
        assert!(matches!(refuse_if_begun(&store), Err(Refused::Begun)));
    }
}
