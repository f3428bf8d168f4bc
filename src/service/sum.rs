//! What the sealed sum is made of: one term for each credential as it stands, for each card that is bound to one, and for
//! each record of the network. That is all that a gate is answered from. The tables hold it for the next start, and whoever
//! can write to them could make a revoked card good there without touching an entry; but then the sum over them is not the
//! one in the seal on the head.
//!
//! Door, follower and start compute it from different ends, each from what it has in hand: the door from the facts that it
//! is about to commit, the follower from the entries that it read, a start from the rows.

use std::collections::HashMap;
use std::collections::hash_map::Entry as Slot;
use std::hash::Hasher;

use siphasher::sip128::{Hasher128, SipHasher24};

use crate::access::keyring::Keyring;
use crate::domain::approval::{Approval, End};
use crate::domain::clearance::Functions;
use crate::domain::credential::{Badge, CardKey, Change, Credential, State};
use crate::domain::erasure::Erasure;
use crate::domain::ids::{
    ApprovalId, BadgeId, CredentialId, EngagementId, ErasureId, Gen, MatchCaseId, ScreeningId,
    WorkerId,
};
use crate::domain::match_case::{Decision, MatchCase};
use crate::domain::reason::Reason;
use crate::domain::screening::{self, Screening};
use crate::domain::worker::{Engagement, Worker};
use crate::index::{Index, Loaded};
use crate::ledger::entry::Entry;
use crate::ledger::fold::{BanStep, ExclusionStep, Projection, Record, ReferralStep};
use crate::ledger::replay::{Held, Replay};
use crate::ledger::sum::Sum;

/// What each kind of term begins with, so that none can be taken for one of another kind.
const CREDENTIAL: u8 = 1;
const CARD: u8 = 2;
const RECORD: u8 = 3;

/// The term of a credential as it stands, as exactly as the index keeps it: its validity by the second.
pub fn of_credential(keyring: &Keyring, standing: &Loaded) -> u128 {
    let validity = standing.validity();
    let scope = &standing.scope;
    // The numbers of what follows stand before it, so that no two contents have the same bytes. A scope names 64 at most.
    let mut head = [0; 55];
    head[0] = CREDENTIAL;
    head[1..17].copy_from_slice(standing.id.as_bytes());
    head[17..33].copy_from_slice(standing.member.as_bytes());
    head[33..37].copy_from_slice(&validity.from.to_be_bytes());
    head[37..41].copy_from_slice(&validity.until.to_be_bytes());
    head[41..49].copy_from_slice(&standing.version.to_be_bytes());
    head[49] = standing.state.number();
    head[50] = standing.reason.map_or(0, Reason::number);
    head[51] = scope.facilities.len() as u8;
    head[52] = scope.zones.len() as u8;
    head[53] = scope.functions.number();
    head[54] = standing.functions.number();
    let mut hasher = keyring.term();
    hasher.write(&head);
    for facility in &scope.facilities {
        hasher.write(facility.as_bytes());
    }
    for zone in &scope.zones {
        hasher.write(zone.as_bytes());
    }
    end(hasher)
}

/// The term of a card that is bound to a credential.
pub fn of_card(keyring: &Keyring, key: CardKey, credential: CredentialId) -> u128 {
    let mut bytes = [CARD; 33];
    bytes[1..17].copy_from_slice(&key.0);
    bytes[17..].copy_from_slice(credential.as_bytes());
    let mut hasher = keyring.term();
    hasher.write(&bytes);
    end(hasher)
}

/// The term of a record of the network. Its JSON is part of what stands sealed, so a field that a later version adds must
/// be left out of it while it is empty.
pub fn of_record(keyring: &Keyring, version: u64, record: &Record) -> u128 {
    let mut hasher = keyring.term();
    hasher.write(&[RECORD]);
    hasher.write(&version.to_be_bytes());
    // All identifiers are equally long.
    hasher.write(record.id_text().as_bytes());
    hasher.write(record.body().as_bytes());
    end(hasher)
}

/// The sum over what the whole ledger adds up to.
pub fn of_replay(keyring: &Keyring, replay: &Replay) -> Sum {
    let mut sum = Sum::default();
    for (version, record) in replay.records.values() {
        sum.add(of_record(keyring, *version, record));
    }
    for held in replay.credentials.values() {
        sum.add_credential(of_credential(keyring, &standing(held)));
    }
    for (&key, (badge, ..)) in &replay.cards {
        if let Some(&(credential, ..)) = replay.badges.get(badge) {
            sum.add_card(of_card(keyring, key, credential));
        }
    }
    sum
}

fn standing(held: &Held) -> Loaded {
    let Held {
        credential,
        state,
        reason,
        functions,
        version,
        ..
    } = held;
    Loaded {
        reason: *reason,
        functions: *functions,
        version: *version,
        ..issued(credential, *state, 0)
    }
}

fn issued(credential: &Credential, state: State, version: u64) -> Loaded {
    Loaded {
        id: credential.id,
        member: credential.member,
        scope: credential.scope.clone(),
        functions: credential.scope.functions,
        state,
        reason: None,
        valid_from: credential.valid_from,
        valid_until: credential.valid_until,
        version,
    }
}

fn end(hasher: SipHasher24) -> u128 {
    hasher.finish128().as_u128()
}

/// The sum as it will be when the entries at hand are in, and what they have touched. The index holds what stood before
/// them, and knows nothing of them yet.
pub struct Ahead {
    sum: Sum,
    credentials: HashMap<CredentialId, Loaded>,
    records: HashMap<String, (u64, Record)>,
}

impl Ahead {
    /// Of an index that has this sum, before the next entry.
    pub fn of(sum: Sum) -> Self {
        Self {
            sum,
            credentials: HashMap::new(),
            records: HashMap::new(),
        }
    }

    /// A credential that the entries touched, as it stands after them.
    pub fn standing(&self, id: CredentialId) -> Option<&Loaded> {
        self.credentials.get(&id)
    }

    /// The sum after the entries so far.
    pub fn sum(&self) -> Sum {
        self.sum
    }
}

/// The projection, for the length of one entry. Nobody else may let the index follow meanwhile.
pub struct Summing<'a> {
    /// What terms are computed with.
    pub keyring: &'a Keyring,
    /// What stood before the entries at hand.
    pub index: &'a Index,
    /// What they made of it so far.
    pub ahead: &'a mut Ahead,
}

impl Summing<'_> {
    /// Notes that an entry touched a credential that stands as before.
    fn touched(&mut self, seq: u64, credential: CredentialId) -> Result<(), String> {
        self.change(credential, |standing| {
            standing.version = seq;
            Ok(())
        })
    }

    /// Takes away what stood and adds what stands now.
    fn change(
        &mut self,
        id: CredentialId,
        change: impl FnOnce(&mut Loaded) -> Result<(), String>,
    ) -> Result<(), String> {
        let standing = match self.ahead.credentials.entry(id) {
            Slot::Occupied(touched) => touched.into_mut(),
            Slot::Vacant(untouched) => {
                let standing = self.index.standing(id);
                untouched.insert(standing.ok_or_else(|| format!("credential {id} is not known"))?)
            }
        };
        let before = of_credential(self.keyring, standing);
        change(standing)?;
        self.ahead.sum.take(before);
        self.ahead.sum.add(of_credential(self.keyring, standing));
        Ok(())
    }
}

impl Projection for Summing<'_> {
    type Error = String;

    fn began(&mut self, _: u64, _: Gen) -> Result<(), String> {
        Ok(())
    }

    fn restored(&mut self, _: u64, _: Gen, _: Gen) -> Result<(), String> {
        Ok(())
    }

    fn recorded(&mut self, seq: u64, record: &Record) -> Result<(), String> {
        let id = record.id_text();
        let before = self.ahead.records.remove(&id);
        if let Some((version, before)) = before.or_else(|| self.index.places().record(record)) {
            let term = of_record(self.keyring, version, &before);
            self.ahead.sum.take(term);
        }
        self.ahead.sum.add(of_record(self.keyring, seq, record));
        self.ahead.records.insert(id, (seq, record.clone()));
        Ok(())
    }

    // No gate is answered from workers, match cases, engagements, screenings, bans, referrals, exclusions and approvals
    // themselves.
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
        let standing = issued(credential, state, entry.seq);
        let term = of_credential(self.keyring, &standing);
        self.ahead.sum.add_credential(term);
        self.ahead.credentials.insert(credential.id, standing);
        Ok(())
    }

    fn badge(&mut self, seq: u64, credential: CredentialId, badge: &Badge) -> Result<(), String> {
        for card in &badge.cards {
            let term = of_card(self.keyring, card.key, credential);
            self.ahead.sum.add_card(term);
        }
        self.touched(seq, credential)
    }

    fn moved(
        &mut self,
        entry: &Entry,
        credential: CredentialId,
        change: Change,
        reason: Option<Reason>,
    ) -> Result<(), String> {
        self.change(credential, |standing| {
            standing.state = standing
                .state
                .apply(change)
                .map_err(|refused| refused.to_string())?;
            standing.reason = reason;
            standing.version = entry.seq;
            Ok(())
        })
    }

    fn corrected(&mut self, entry: &Entry, credential: CredentialId) -> Result<(), String> {
        self.touched(entry.seq, credential)
    }

    fn recovered(&mut self, entry: &Entry, of: CredentialId, _: BadgeId) -> Result<(), String> {
        self.touched(entry.seq, of)
    }

    fn functions(
        &mut self,
        entry: &Entry,
        credential: CredentialId,
        functions: Functions,
    ) -> Result<(), String> {
        self.change(credential, |standing| {
            standing
                .state
                .check_functions(&standing.scope, functions)
                .map_err(|refused| refused.to_string())?;
            standing.functions = functions;
            standing.version = entry.seq;
            Ok(())
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::credential::Scope;
    use crate::domain::ids::{FacilityId, MemberId, ZoneId};
    use crate::domain::screening::Function;
    use crate::domain::time::Timestamp;

    #[test]
    fn whatever_a_gate_is_answered_from_bears_on_the_term() {
        let keyring = Keyring::derive(&[1; 32]);
        let facility = FacilityId::from_u128(4);
        let standing = Loaded {
            id: CredentialId::from_u128(1),
            member: MemberId::from_u128(2),
            scope: Scope {
                facilities: [facility].into(),
                zones: [].into(),
                functions: Functions::NONE,
            },
            functions: Functions::NONE,
            state: State::Active,
            reason: None,
            valid_from: Timestamp::from_ms(1_000),
            valid_until: Timestamp::from_ms(2_000),
            version: 3,
        };
        let changes: [fn(&mut Loaded); 11] = [
            |standing| standing.id = CredentialId::from_u128(9),
            |standing| standing.member = MemberId::from_u128(9),
            |standing| standing.scope = Scope::default(),
            |standing| {
                standing.scope = Scope {
                    facilities: [].into(),
                    zones: [ZoneId::from_u128(4)].into(),
                    functions: Functions::NONE,
                }
            },
            |standing| standing.scope.functions = [Function::CargoAccess].into_iter().collect(),
            |standing| standing.functions = [Function::CargoAccess].into_iter().collect(),
            |standing| standing.state = State::Revoked,
            |standing| standing.reason = Some(Reason::Lost),
            |standing| standing.valid_from = Timestamp::EPOCH,
            |standing| standing.valid_until = Timestamp::from_ms(3_000),
            |standing| standing.version = 9,
        ];
        let mut terms = std::collections::HashSet::from([of_credential(&keyring, &standing)]);
        for change in changes {
            let mut changed = standing.clone();
            change(&mut changed);
            assert!(terms.insert(of_credential(&keyring, &changed)));
        }
        for (key, credential) in [(1, 2), (1, 3), (2, 2)] {
            let id = CredentialId::from_u128(credential);
            assert!(terms.insert(of_card(&keyring, CardKey([key; 16]), id)));
        }
        let other = Keyring::derive(&[2; 32]);
        assert!(terms.insert(of_credential(&other, &standing)));
    }
}
