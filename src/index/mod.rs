//! What a gate check reads: card → credential → decision, in memory, without I/O and without a lock that a writer can
//! hold.
//!
//! * [`keys`]: card keys and credential identifiers to slots. [`slots`]: the records in them. [`append`]: the few things
//!   that records only name by number: members, and scopes with the functions that are cleared.
//! * [`places`]: members, facilities, gates and clients, replaced whole when one of them changes.
//! * [`lately`]: who revoked and suspended how many in the last minutes; not for gates, but for the rule on bulk.
//! * [`follow`](Index::follow): the one way in. An entry is taken only when it is the next one, by the same fold as tables
//!   and replay; tree and sum go along, so that a node sees by itself when its copy is not the ledger's.
//!
//! The index knows how old it is: the time since it last confirmed the ledger's head, see [`Index::age_ms`].

pub mod append;
pub mod keys;
pub mod lately;
pub mod places;
pub mod slots;

use std::collections::HashMap;
use std::hint::black_box;
use std::sync::atomic::{AtomicBool, AtomicI64, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard};

use arc_swap::ArcSwap;

use crate::domain::approval::{Approval, End};
use crate::domain::clearance::Functions;
use crate::domain::credential::{Badge, CardKey, Change, Credential, Refused, Scope, State};
use crate::domain::decision::Standing;
use crate::domain::erasure::Erasure;
use crate::domain::ids::{
    ApprovalId, BadgeId, CredentialId, EngagementId, ErasureId, FacilityId, Gen, MatchCaseId,
    MemberId, ScreeningId, WorkerId, ZoneId,
};
use crate::domain::match_case::{Decision, MatchCase};
use crate::domain::reason::Reason;
use crate::domain::screening::{self, Function, Screening};
use crate::domain::time::{SECOND_MS, Timestamp};
use crate::domain::worker::{Engagement, Worker};
use crate::ledger::entry::{Actor, Entry};
use crate::ledger::fold::{
    BanStep, ExclusionStep, Projection, Record as NetworkRecord, ReferralStep, fold,
};
use crate::ledger::sum::Sum;
use crate::ledger::tree::{Hash, Tree, leaf_hash};

use append::Append;
use keys::{IdMap, IdWriter, KeyMap, KeyWriter};
use lately::{Doer, Lately};
use places::Places;
use slots::{Record, Slots, SlotsWriter, Validity};

/// A copy of everything a gate check needs. Shared by all threads; only [`Index::follow`] changes it.
pub struct Index {
    slots: Arc<Slots>,
    cards: Arc<KeyMap>,
    credentials: Arc<IdMap>,
    members: Arc<Append<MemberId>>,
    extents: Arc<Append<Extent>>,
    places: ArcSwap<Places>,
    r#gen: Gen,
    /// The last entry that is wholly in. Stored after it, so that who reads this seq sees that entry.
    seq: AtomicU64,
    /// Uptime in milliseconds at which the ledger's head was last asked for and found to be ours.
    confirmed_uptime_ms: AtomicU64,
    /// The same moment on the wall clock, for people.
    confirmed_at_ms: AtomicI64,
    /// False once the copy is known to differ from the ledger. Nothing sets it back: a person must look.
    whole: AtomicBool,
    writer: Mutex<IndexWriter>,
}

/// The one writer's half. Whoever holds the mutex is the writer; readers never touch it.
pub struct IndexWriter {
    slots: SlotsWriter,
    cards: KeyWriter,
    credentials: IdWriter,
    members: HashMap<MemberId, u32>,
    extents: HashMap<Extent, u32>,
    /// The places as they will be once the entries at hand are in.
    places: Places,
    places_changed: bool,
    tree: Tree,
    /// The sum over what is in, as whoever let the copy follow has computed it.
    sum: Sum,
    shared_members: Arc<Append<MemberId>>,
    shared_extents: Arc<Append<Extent>>,
    lately: Lately,
}

/// Where a credential is good, and which of its functions its worker is cleared for. There are few different ones, so records
/// name them by number, and one that changes names another.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash)]
struct Extent {
    scope: Scope,
    functions: Functions,
}

/// A credential as the index knows it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Known {
    /// Which.
    pub id: CredentialId,
    /// Who issued it.
    pub member: MemberId,
    /// Where it stands.
    pub state: State,
    /// Why, where it is not active.
    pub reason: Option<Reason>,
    /// Good from.
    pub valid_from: Timestamp,
    /// Good until, exclusive.
    pub valid_until: Timestamp,
    /// The entry that last touched it.
    pub version: u64,
    extent: u32,
}

/// A credential as its table has it.
#[derive(Debug, Clone)]
pub struct Loaded {
    /// Which.
    pub id: CredentialId,
    /// Who issued it.
    pub member: MemberId,
    /// Where it is good, as it was issued.
    pub scope: Scope,
    /// Of the functions that it is for, those that its worker is cleared for.
    pub functions: Functions,
    /// Where it stands.
    pub state: State,
    /// Why, where it is not active.
    pub reason: Option<Reason>,
    /// Good from.
    pub valid_from: Timestamp,
    /// Good until, exclusive.
    pub valid_until: Timestamp,
    /// The entry that last touched it.
    pub version: u64,
}

impl Loaded {
    /// The validity as the index keeps it.
    pub fn validity(&self) -> Validity {
        Validity {
            from: seconds(self.valid_from),
            until: seconds(self.valid_until),
        }
    }
}

/// Why entries could not be followed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Broken {
    /// An entry is missing in between. Read again from `seq` on.
    #[error("after entry {after} came entry {got}")]
    Gap {
        /// The last entry that is in.
        after: u64,
        /// The one that came.
        got: u64,
    },
    /// An entry cannot follow those before it: what we follow is not our ledger, or it is damaged.
    #[error("entry {seq} cannot follow those before it: {why}")]
    Impossible {
        /// Which.
        seq: u64,
        /// Why.
        why: String,
    },
}

/// What a head says about our copy.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Comparison {
    /// The copy is the ledger, up to its last entry.
    Same,
    /// The ledger has entries that the copy has not.
    Behind,
    /// The copy is not of this ledger: another numbering, another past, or a head that went back.
    Forked,
}

impl Index {
    /// An empty copy of the numbering `gen`, with room for this many credentials before it must grow.
    pub fn new(r#gen: Gen, credentials: usize, cards: usize) -> Self {
        let writer = IndexWriter {
            slots: SlotsWriter::new(),
            cards: KeyWriter::with_capacity(cards),
            credentials: IdWriter::with_capacity(credentials),
            members: HashMap::new(),
            extents: HashMap::new(),
            places: Places::default(),
            places_changed: false,
            tree: Tree::default(),
            sum: Sum::default(),
            shared_members: Arc::default(),
            shared_extents: Arc::default(),
            lately: Lately::default(),
        };
        Self {
            slots: writer.slots.slots().clone(),
            cards: writer.cards.map().clone(),
            credentials: writer.credentials.map().clone(),
            members: writer.shared_members.clone(),
            extents: writer.shared_extents.clone(),
            places: ArcSwap::default(),
            r#gen,
            seq: AtomicU64::new(0),
            confirmed_uptime_ms: AtomicU64::new(0),
            confirmed_at_ms: AtomicI64::new(0),
            whole: AtomicBool::new(true),
            writer: Mutex::new(writer),
        }
    }

    /// The name of the numbering it is a copy of.
    pub fn r#gen(&self) -> Gen {
        self.r#gen
    }

    /// The last entry that is in.
    pub fn seq(&self) -> u64 {
        self.seq.load(Ordering::Acquire)
    }

    /// Milliseconds since the ledger's head was last confirmed.
    pub fn age_ms(&self, uptime_ms: u64) -> u64 {
        uptime_ms.saturating_sub(self.confirmed_uptime_ms.load(Ordering::Acquire))
    }

    /// When the ledger's head was last confirmed.
    pub fn as_of(&self) -> Timestamp {
        Timestamp::from_ms(self.confirmed_at_ms.load(Ordering::Acquire))
    }

    /// Whether nothing speaks against its being a copy of the ledger.
    pub fn is_whole(&self) -> bool {
        self.whole.load(Ordering::Acquire)
    }

    /// Gives the copy up: from now on it only denies what it knows to be revoked or suspended. Raises the alarm, once.
    pub fn give_up(&self, why: &str) {
        if self.whole.swap(false, Ordering::AcqRel) {
            tracing::error!(
                ledger = %self.r#gen,
                seq = self.seq(),
                cause = why,
                "this node's copy and the ledger in the database contradict each other: nothing is permitted until a \
                 person has looked (`portcullis verify`) and restarted the node"
            );
        }
    }

    /// Members, facilities, gates and clients.
    pub fn places(&self) -> arc_swap::Guard<Arc<Places>> {
        self.places.load()
    }

    /// How many credentials it holds.
    pub fn credentials_len(&self) -> u32 {
        self.slots.len()
    }

    /// The credential that this card is bound to.
    pub fn by_card(&self, key: CardKey) -> Option<Known> {
        self.known(self.cards.get(key.as_u128())?)
    }

    /// This credential.
    pub fn by_id(&self, id: CredentialId) -> Option<Known> {
        self.known(
            self.credentials
                .get(id.as_u128(), |slot| self.slots.id(slot))?,
        )
    }

    /// This credential with all that the copy holds of it.
    pub fn standing(&self, id: CredentialId) -> Option<Loaded> {
        let known = self.by_id(id)?;
        let extent = match known.extent {
            EVERYWHERE => Extent::default(),
            number => self.extents.get(number)?.clone(),
        };
        Some(Loaded {
            id,
            member: known.member,
            scope: extent.scope,
            functions: extent.functions,
            state: known.state,
            reason: known.reason,
            valid_from: known.valid_from,
            valid_until: known.valid_until,
            version: known.version,
        })
    }

    /// What [`decide`](crate::domain::decision::decide) needs to know when this credential is presented there.
    pub fn standing_at(
        &self,
        known: &Known,
        facility: FacilityId,
        zone: Option<ZoneId>,
        requires: Option<Function>,
    ) -> Standing {
        let (in_scope, is_cleared) = match known.extent {
            EVERYWHERE => (true, requires.is_none()),
            number => self.extents.get(number).map_or((false, false), |extent| {
                let is_cleared =
                    requires.is_none_or(|function| extent.functions.contains(function));
                (extent.scope.covers(facility, zone), is_cleared)
            }),
        };
        Standing {
            state: known.state,
            reason: known.reason,
            valid_from: known.valid_from,
            valid_until: known.valid_until,
            in_scope,
            is_cleared,
        }
    }

    fn known(&self, slot: u32) -> Option<Known> {
        let record = self.slots.load(slot)?;
        let (state, reason, member, extent) = unpack(record.standing)?;
        Some(Known {
            id: CredentialId::from_u128(record.id),
            member: *self.members.get(member.into())?,
            state,
            reason,
            valid_from: Timestamp::from_ms(i64::from(record.validity.from) * SECOND_MS),
            valid_until: Timestamp::from_ms(i64::from(record.validity.until) * SECOND_MS),
            version: record.seq,
            extent,
        })
    }

    /// The writer's half. Held by whoever follows the ledger for the length of a batch; no reader waits for it.
    pub fn write(&self) -> MutexGuard<'_, IndexWriter> {
        self.writer.lock().unwrap_or_else(|poisoned| {
            // A panic while following may have left the copy half-changed.
            self.give_up("a panic while following");
            poisoned.into_inner()
        })
    }

    /// Takes in the next entries with their stored bytes, in order. `sum` is the one after them.
    pub fn follow<'a>(
        &self,
        writer: &mut IndexWriter,
        entries: impl IntoIterator<Item = (&'a Entry, &'a [u8])>,
        sum: Sum,
    ) -> Result<(), Broken> {
        let mut seq = self.seq();
        for (entry, bytes) in entries {
            if entry.seq != seq + 1 {
                self.publish(writer, seq);
                return Err(Broken::Gap {
                    after: seq,
                    got: entry.seq,
                });
            }
            if let Err(why) = fold(entry, writer) {
                self.give_up(&format!("entry {}: {why}", entry.seq));
                return Err(Broken::Impossible {
                    seq: entry.seq,
                    why,
                });
            }
            writer.tree.push(leaf_hash(bytes));
            seq = entry.seq;
        }
        writer.sum = sum;
        self.publish(writer, seq);
        Ok(())
    }

    fn publish(&self, writer: &mut IndexWriter, seq: u64) {
        if std::mem::take(&mut writer.places_changed) {
            self.places.store(Arc::new(writer.places.clone()));
        }
        self.seq.store(seq, Ordering::Release);
    }

    /// Ends a load from tables: from here on entries are followed after this tree and sum.
    pub fn loaded(&self, writer: &mut IndexWriter, tree: Tree, sum: Sum) {
        let seq = tree.size();
        (writer.tree, writer.sum) = (tree, sum);
        self.publish(writer, seq);
    }

    /// Compares the copy with the ledger's head.
    pub fn compare(&self, writer: &IndexWriter, r#gen: Gen, seq: u64, root: &Hash) -> Comparison {
        let own = writer.tree.size();
        if r#gen != self.r#gen || seq < own || (seq == own && *root != writer.tree.root()) {
            Comparison::Forked
        } else if seq > own {
            Comparison::Behind
        } else {
            Comparison::Same
        }
    }

    /// Notes that the head was ours when it was asked for at this moment. The moment is the one before the question was
    /// sent, so that a slow answer makes the copy older, never younger.
    pub fn confirm(&self, asked_uptime_ms: u64, asked_at: Timestamp) {
        self.confirmed_at_ms
            .fetch_max(asked_at.as_ms(), Ordering::AcqRel);
        self.confirmed_uptime_ms
            .fetch_max(asked_uptime_ms, Ordering::AcqRel);
    }
}

/// For how many look-ups memory is asked ahead: what they read stays in the nearest cache until its turn.
const AHEAD: usize = 128;

/// The number of the extent that names nothing.
const EVERYWHERE: u32 = 0;

/// State, reason, member and extent in one word, so that a reader sees all four of one moment.
fn pack(state: State, reason: Option<Reason>, member: u16, extent: u32) -> u64 {
    u64::from(state.number())
        | u64::from(reason.map_or(0, Reason::number)) << 8
        | u64::from(member) << 16
        | u64::from(extent) << 32
}

fn unpack(standing: u64) -> Option<(State, Option<Reason>, u16, u32)> {
    let state = State::from_number((standing & 0xff) as u8)?;
    let reason = Reason::from_number((standing >> 8 & 0xff) as u8);
    Some((
        state,
        reason,
        (standing >> 16 & 0xffff) as u16,
        (standing >> 32) as u32,
    ))
}

fn seconds(moment: Timestamp) -> u32 {
    u32::try_from(moment.as_seconds()).unwrap_or(if moment < Timestamp::EPOCH {
        0
    } else {
        u32::MAX
    })
}

impl IndexWriter {
    /// The tree over the entries that are in.
    pub fn tree(&self) -> &Tree {
        &self.tree
    }

    /// Who revoked or suspended how many lately.
    pub fn lately(&self) -> &Lately {
        &self.lately
    }

    /// Counts this entry, which revokes or suspends, for whoever stated it.
    pub fn note(&mut self, entry: &Entry) {
        if let Actor::Client(id) = entry.by {
            let client = self.places.clients.get(&id);
            let person = client.and_then(|(_, client)| client.person);
            self.lately.note(Doer::of(id, person), entry.at);
        }
    }

    /// The sum over what is in.
    pub fn sum(&self) -> Sum {
        self.sum
    }

    /// Puts in credentials as their table has them, in the order of their identifiers: that none is stated twice is seen from
    /// the one before it.
    pub fn load(&mut self, credentials: &[Loaded]) -> Result<(), String> {
        let slots = Arc::clone(self.slots.slots());
        let mut before = slots.len().checked_sub(1).and_then(|last| slots.id(last));
        for some in credentials.chunks(AHEAD) {
            for loaded in some {
                self.credentials.touch(loaded.id.as_u128());
            }
            for loaded in some {
                let id = loaded.id.as_u128();
                if before.is_some_and(|before| before >= id) {
                    return Err(format!("credential {} is stated out of order", loaded.id));
                }
                before = Some(id);
                let slot = self.push(loaded)?;
                self.credentials.insert_new(id, slot, |slot| slots.id(slot));
            }
        }
        Ok(())
    }

    fn load_one(&mut self, loaded: &Loaded) -> Result<(), String> {
        let slot = self.push(loaded)?;
        let slots = self.slots.slots();
        let taken = self
            .credentials
            .insert(loaded.id.as_u128(), slot, |slot| slots.id(slot));
        taken.map_err(|_| format!("credential {} is stated twice", loaded.id))
    }

    fn push(&mut self, loaded: &Loaded) -> Result<u32, String> {
        let member = self.member_number(loaded.member)?;
        let extent = self.extent_number(&loaded.scope, loaded.functions)?;
        let record = Record {
            id: loaded.id.as_u128(),
            validity: loaded.validity(),
            standing: pack(loaded.state, loaded.reason, member, extent),
            seq: loaded.version,
        };
        self.slots.push(record).map_err(|full| full.to_string())
    }

    /// Binds cards to their credentials, as their table has them.
    pub fn load_cards(&mut self, cards: &[(CardKey, CredentialId)]) -> Result<(), String> {
        for some in cards.chunks(AHEAD) {
            self.touch(some);
            for &(key, credential) in some {
                let slot = self.slot(credential)?;
                self.cards
                    .insert(key.as_u128(), slot)
                    .map_err(|_| "a card is bound twice".to_owned())?;
            }
        }
        Ok(())
    }

    /// Asks memory for what binding these cards will read, for all at once, and one step of the way after the other. It lies
    /// anywhere, and waiting for one after the other was a third of the time of a start.
    fn touch(&self, cards: &[(CardKey, CredentialId)]) {
        for (key, credential) in cards {
            self.cards.touch(key.as_u128());
            self.credentials.touch(credential.as_u128());
        }
        let slots = self.slots.slots();
        for (_, credential) in cards {
            for slot in self.credentials.guesses(credential.as_u128()) {
                black_box(slots.id(slot));
            }
        }
    }

    /// Puts in a record of the network.
    pub fn load_record(&mut self, seq: u64, record: &NetworkRecord) {
        self.places.put(seq, record);
        self.places_changed = true;
    }

    /// Notes that an entry touched a credential that stands as before.
    fn touched(&mut self, seq: u64, credential: CredentialId) -> Result<(), String> {
        let slot = self.slot(credential)?;
        let record = self
            .slots
            .slots()
            .load(slot)
            .ok_or("a slot without a record")?;
        self.slots.store_standing(slot, record.standing, seq);
        Ok(())
    }

    fn slot(&self, credential: CredentialId) -> Result<u32, String> {
        let slots = self.slots.slots();
        let slot = self
            .credentials
            .map()
            .get(credential.as_u128(), |slot| slots.id(slot));
        slot.ok_or_else(|| format!("credential {credential} is not known"))
    }

    fn member_number(&mut self, member: MemberId) -> Result<u16, String> {
        if let Some(&number) = self.members.get(&member) {
            return Ok(number as u16);
        }
        let number =
            u16::try_from(self.members.len()).map_err(|_| "more than 65 536 members".to_owned())?;
        self.shared_members
            .push(member)
            .ok_or("no room for another member")?;
        self.members.insert(member, number.into());
        Ok(number)
    }

    fn extent_number(&mut self, scope: &Scope, functions: Functions) -> Result<u32, String> {
        if scope.names_nothing() {
            return Ok(EVERYWHERE);
        }
        if self.extents.is_empty() {
            // Number 0 is taken by "everywhere", which is never looked up.
            self.shared_extents
                .push(Extent::default())
                .ok_or("no room for a scope")?;
            self.extents.insert(Extent::default(), EVERYWHERE);
        }
        let extent = Extent {
            scope: scope.clone(),
            functions,
        };
        if let Some(&number) = self.extents.get(&extent) {
            return Ok(number);
        }
        let number = self
            .shared_extents
            .push(extent.clone())
            .ok_or("no room for another scope")?;
        self.extents.insert(extent, number);
        Ok(number)
    }
}

impl Projection for IndexWriter {
    type Error = String;

    fn began(&mut self, _: u64, _: Gen) -> Result<(), String> {
        Ok(())
    }

    fn restored(&mut self, _: u64, _: Gen, _: Gen) -> Result<(), String> {
        // What this copy holds may be lost there.
        Err("the ledger was restored from a back-up; restart this node".into())
    }

    fn recorded(&mut self, seq: u64, record: &NetworkRecord) -> Result<(), String> {
        self.load_record(seq, record);
        Ok(())
    }

    // Gates decide by credentials; nothing of workers, match cases, engagements, screenings, bans, referrals, exclusions and
    // approvals bears on them by itself: what it means for a credential is stated of the credential.
    fn worker(&mut self, _: u64, _: &Worker) -> Result<(), String> {
        Ok(())
    }

    fn worker_amended(&mut self, _: u64, _: &Worker) -> Result<(), String> {
        Ok(())
    }

    fn erasure(&mut self, _: &Entry, _: &Erasure) -> Result<(), String> {
        Ok(())
    }

    fn erasure_withdrawn(&mut self, _: &Entry, _: ErasureId) -> Result<(), String> {
        Ok(())
    }

    fn erased(&mut self, _: &Entry, _: WorkerId, _: ErasureId) -> Result<(), String> {
        Ok(())
    }

    fn match_case(&mut self, _: &Entry, _: &MatchCase) -> Result<(), String> {
        Ok(())
    }

    fn match_decided(&mut self, _: &Entry, _: MatchCaseId, _: Decision) -> Result<(), String> {
        Ok(())
    }

    fn engagement(&mut self, _: u64, _: &Engagement) -> Result<(), String> {
        Ok(())
    }

    fn engagement_ended(&mut self, _: u64, _: EngagementId) -> Result<(), String> {
        Ok(())
    }

    fn screening(&mut self, _: &Entry, _: &Screening) -> Result<(), String> {
        Ok(())
    }

    fn screening_moved(
        &mut self,
        _: &Entry,
        _: ScreeningId,
        _: &screening::Change,
    ) -> Result<(), String> {
        Ok(())
    }

    fn ban(&mut self, _: &Entry, _: BanStep<'_>) -> Result<(), String> {
        Ok(())
    }

    fn referral(&mut self, _: &Entry, _: ReferralStep<'_>) -> Result<(), String> {
        Ok(())
    }

    fn exclusion(&mut self, _: &Entry, _: ExclusionStep<'_>) -> Result<(), String> {
        Ok(())
    }

    fn approval(&mut self, _: &Entry, _: &Approval) -> Result<(), String> {
        Ok(())
    }

    fn approval_ended(&mut self, _: &Entry, _: ApprovalId, _: End) -> Result<(), String> {
        Ok(())
    }

    fn credential(
        &mut self,
        entry: &Entry,
        credential: &Credential,
        state: State,
    ) -> Result<(), String> {
        self.load_one(&Loaded {
            id: credential.id,
            member: credential.member,
            scope: credential.scope.clone(),
            functions: credential.scope.functions,
            state,
            reason: None,
            valid_from: credential.valid_from,
            valid_until: credential.valid_until,
            version: entry.seq,
        })
    }

    fn badge(&mut self, seq: u64, credential: CredentialId, badge: &Badge) -> Result<(), String> {
        let slot = self.slot(credential)?;
        for card in &badge.cards {
            self.cards
                .insert(card.key.as_u128(), slot)
                .map_err(|_| "a card is bound twice".to_owned())?;
        }
        self.touched(seq, credential)
    }

    fn moved(
        &mut self,
        entry: &Entry,
        id: CredentialId,
        change: Change,
        reason: Option<Reason>,
    ) -> Result<(), String> {
        let slot = self.slot(id)?;
        let record = self
            .slots
            .slots()
            .load(slot)
            .ok_or("a slot without a record")?;
        let (state, _, member, extent) =
            unpack(record.standing).ok_or("a record that cannot be read")?;
        let state = state
            .apply(change)
            .map_err(|refused: Refused| refused.to_string())?;
        self.slots
            .store_standing(slot, pack(state, reason, member, extent), entry.seq);
        if matches!(change, Change::Suspend(_) | Change::Revoke) {
            self.note(entry);
        }
        Ok(())
    }

    fn corrected(&mut self, entry: &Entry, id: CredentialId) -> Result<(), String> {
        self.touched(entry.seq, id)
    }

    fn recovered(&mut self, entry: &Entry, id: CredentialId, _: BadgeId) -> Result<(), String> {
        self.touched(entry.seq, id)
    }

    fn functions(
        &mut self,
        entry: &Entry,
        id: CredentialId,
        functions: Functions,
    ) -> Result<(), String> {
        let slot = self.slot(id)?;
        let record = self
            .slots
            .slots()
            .load(slot)
            .ok_or("a slot without a record")?;
        let (state, reason, member, extent) =
            unpack(record.standing).ok_or("a record that cannot be read")?;
        let scope = match extent {
            EVERYWHERE => Scope::default(),
            number => {
                let extent = self.shared_extents.get(number);
                extent.ok_or("a scope that is not known")?.scope.clone()
            }
        };
        state
            .check_functions(&scope, functions)
            .map_err(|refused| refused.to_string())?;
        let extent = self.extent_number(&scope, functions)?;
        self.slots
            .store_standing(slot, pack(state, reason, member, extent), entry.seq);
        Ok(())
    }
}

#[cfg(test)]
mod tests;
