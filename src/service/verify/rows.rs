//! The tables, row by row, beside what the whole ledger adds up to.

use std::collections::{HashMap, HashSet};
use std::hash::Hash;

use super::{Damage, Failure, sha256};
use crate::domain::ban;
use crate::domain::credential::CardKey;
use crate::domain::digest::Digest;
use crate::domain::ids::{BanId, WorkerId};
use crate::ledger::replay::{Mirrored, Replay};
use crate::store::{
    Reader, StoreError, approvals, bans, counts, credentials, erasures, exclusions, history,
    match_cases, network, referrals, screenings, sealed, workers,
};

/// Compares every table with the replay. Each part of the replay is let go as soon as its table is done.
pub(super) fn compare(
    reader: &mut Reader,
    replay: Replay,
) -> Result<Vec<(&'static str, u64)>, Failure> {
    let cards: HashMap<CardKey, _> = replay
        .cards
        .iter()
        .filter_map(|(&key, &(badge, card_system, format))| {
            let (credential, ..) = replay.badges.get(&badge)?;
            Some((key, (badge, *credential, card_system, format)))
        })
        .collect();
    let lives = |worker: &WorkerId| !replay.erased.contains(worker);
    let of_workers = replay.workers.values().map(|(_, worker)| {
        let (id, details) = (worker.id, worker.details);
        (*id.as_bytes(), (id.to_string(), id, Some(details)))
    });
    let of_engagements = replay.engagements.values().map(|(_, engagement, _)| {
        let (id, details) = (engagement.id, engagement.details);
        let expected = (id.to_string(), engagement.worker, Some(details));
        (*id.as_bytes(), expected)
    });
    // The ledger keeps no digest of a card's number: its seal alone says that it is whole, see [`verify_sealed`].
    let of_cards = cards.iter().filter_map(|(key, (badge, credential, ..))| {
        let held = replay.credentials.get(credential)?;
        Some((key.0, (badge.to_string(), held.credential.worker, None)))
    });
    let sealed: HashMap<[u8; 16], (String, WorkerId, Option<Digest>)> = of_workers
        .chain(of_engagements)
        .chain(of_cards)
        .filter(|(_, (_, worker, _))| lives(worker))
        .collect();
    let keyed: Vec<(WorkerId, bool)> = replay.workers.keys().map(|&id| (id, lives(&id))).collect();
    let mut counted = Vec::new();

    let mut table = Table::new("network_records", replay.records, |id, _| id.clone());
    let all = network::all(reader).map(|records| {
        for (version, record) in records {
            table.row(record.id_text(), (version, record), |a, b| {
                first([("content", a.1 != b.1), ("version", a.0 != b.0)])
            });
        }
    });
    counted.push(table.end(all)?);

    let of_workers = replay.workers.into_iter().map(|(id, (version, worker))| {
        let erased = replay.erased.contains(&id);
        (id, (version, worker, erased))
    });
    let mut table = Table::new("workers", of_workers, |id, _| id.to_string());
    let all = workers::each(reader, |worker, erased| {
        let found = (worker.version, worker.value, erased);
        table.row(found.1.id, found, |a, b| {
            first([
                ("erasing", a.2 != b.2),
                ("member", a.1.member != b.1.member),
                ("digest", a.1.details != b.1.details),
                ("version", a.0 != b.0),
            ])
        });
        Ok(())
    });
    counted.push(table.end(all)?);

    let mut table = Table::new("erasures", replay.erasures, |id, _| id.to_string());
    let all = erasures::each(reader, |erasing| {
        table.row(erasing.erasure.id, erasing, |a, b| {
            first([
                ("state", a.state != b.state),
                ("worker, member or day", a.erasure != b.erasure),
                ("time of change", a.since != b.since),
                ("version", a.version != b.version),
            ])
        });
        Ok(())
    });
    counted.push(table.end(all)?);

    let mut table = Table::new("match_cases", replay.match_cases, |id, _| id.to_string());
    let all = match_cases::each(reader, |matched| {
        table.row(matched.case.id, matched, |a, b| {
            first([
                ("state", a.state != b.state),
                ("records", a.case != b.case),
                ("time of opening", a.opened_at != b.opened_at),
                ("time of decision", a.decided_at != b.decided_at),
                ("version", a.version != b.version),
            ])
        });
        Ok(())
    });
    counted.push(table.end(all)?);

    let mut table = Table::new("engagements", replay.engagements, |id, _| id.to_string());
    let all = workers::each_engagement(reader, |held| {
        let (engagement, ended) = (held.value.engagement, held.value.ended);
        table.row(engagement.id, (held.version, engagement, ended), |a, b| {
            first([
                ("worker", a.1.worker != b.1.worker),
                ("member", a.1.member != b.1.member),
                ("digest", a.1.details != b.1.details),
                ("last day", a.1.until != b.1.until),
                ("end", a.2 != b.2),
                ("version", a.0 != b.0),
            ])
        });
        Ok(())
    });
    counted.push(table.end(all)?);

    let mut table = Table::new("screenings", replay.screenings, |id, _| id.to_string());
    let all = screenings::each(reader, |screened| {
        table.row(screened.screening.id, screened, |a, b| {
            let (opened, found) = (&a.screening, &b.screening);
            first([
                ("state", a.standing.state != b.standing.state),
                ("outcome", a.standing.outcome != b.standing.outcome),
                ("function", opened.function != found.function),
                ("worker", opened.worker != found.worker),
                ("member", opened.member != found.member),
                ("consent", opened.consented_at != found.consented_at),
                ("time of change", a.since != b.since),
                ("version", a.version != b.version),
            ])
        });
        Ok(())
    });
    counted.push(table.end(all)?);

    // One that was asked for and not granted yet is kept too, and the ledger has no ban of it.
    let mirrored: HashSet<BanId> = replay.bans.keys().copied().collect();
    let lasting = replay
        .bans
        .values()
        .filter(|mirrored| mirrored.state != ban::State::Ended);
    let of_bans: Vec<_> = lasting
        .filter_map(|mirrored| Some((mirrored.ban.id, mirrored.ban.document?)))
        .collect();
    let mut table = Table::new("bans", replay.bans, |id, _| id.to_string());
    let all = bans::each(reader, |mirrored| {
        table.row(mirrored.ban.id, mirrored, |a, b| {
            let terms = |mirrored: &Mirrored| (mirrored.ban.starts_at, mirrored.ban.ends_at);
            first([
                ("state", a.state != b.state),
                ("reference", a.ban.reference != b.ban.reference),
                ("document", a.ban.document != b.ban.document),
                ("term", terms(a) != terms(b)),
                ("time of change", a.since != b.since),
                ("version", a.version != b.version),
            ])
        });
        Ok(())
    });
    counted.push(table.end(all)?);

    let mut table = Table::new("ban_documents", of_bans, |id, _| id.to_string());
    let all = bans::each_document(reader, |ban, _, bytes| {
        if mirrored.contains(&ban) {
            table.row(ban, sha256(bytes), |a, b| first([("content", a != b)]));
        }
        Ok(())
    });
    table.end(all)?;

    let banned = replay.banned.into_iter().map(|found| (found, ()));
    let mut table = Table::new("ban_workers", banned, |(_, worker), ()| worker.to_string());
    let all = bans::each_worker(reader, |ban, worker| {
        table.row((ban, worker), (), |(), ()| None);
        Ok(())
    });
    counted.push(table.end(all)?);

    let mut table = Table::new("referrals", replay.referrals, |id, _| id.to_string());
    let all = referrals::each(reader, |referred| {
        table.row(referred.referral.id, referred, |a, b| {
            let (opened, found) = (&a.referral, &b.referral);
            first([
                ("state", a.state != b.state),
                ("addressee", opened.to != found.to),
                ("reason", opened.reason != found.reason),
                ("issuer", opened.member != found.member),
                ("worker", opened.worker != found.worker),
                ("credential", opened.credential != found.credential),
                ("ground", a.ground != b.ground),
                ("time of opening", a.opened_at != b.opened_at),
                ("time of change", a.since != b.since),
                ("version", a.version != b.version),
            ])
        });
        Ok(())
    });
    counted.push(table.end(all)?);

    let mut table = Table::new("exclusions", replay.exclusions, |id, _| id.to_string());
    let all = exclusions::each(reader, |excluded| {
        table.row(excluded.exclusion.id, excluded, |a, b| {
            let (proposed, found) = (&a.exclusion, &b.exclusion);
            first([
                ("state", a.state != b.state),
                ("end", a.why != b.why || proposed.ends_at != found.ends_at),
                ("content", proposed != found),
                ("time of change", a.since != b.since),
                ("version", a.version != b.version),
            ])
        });
        Ok(())
    });
    counted.push(table.end(all)?);

    let mut table = Table::new("exclusion_members", replay.told, |(id, _), _| {
        id.to_string()
    });
    let all = exclusions::each_told(reader, |told| {
        table.row((told.exclusion, told.member), told, |a, b| {
            first([
                ("answer", (a.answer, a.ground) != (b.answer, b.ground)),
                ("worker", a.worker != b.worker),
                ("time", a.told_at != b.told_at),
                ("version", a.version != b.version),
            ])
        });
        Ok(())
    });
    counted.push(table.end(all)?);

    let mut table = Table::new("approvals", replay.approvals, |id, _| id.to_string());
    let all = approvals::each(reader, |asked| {
        table.row(asked.approval.id, asked, |a, b| {
            first([
                ("state", a.state != b.state),
                ("act", a.approval != b.approval),
                ("second person", a.ended_by != b.ended_by),
                ("ground", a.ground != b.ground),
                ("time of change", a.since != b.since),
                ("version", a.version != b.version),
            ])
        });
        Ok(())
    });
    counted.push(table.end(all)?);

    // Who is erased has zeros for a key.
    let mut table = Table::new("worker_keys", keyed, |worker, _| worker.to_string());
    let all = sealed::each_key(reader, |worker, key| {
        table.row(worker, !key.is_destroyed(), |a, b| first([("key", a != b)]));
        Ok(())
    });
    table.end(all)?;

    let mut table = Table::new("sealed_details", sealed, |_, (id, ..)| id.clone());
    let all = sealed::each(reader, |subject, worker, bytes| {
        let found = ("of nobody".to_owned(), worker, Some(sha256(bytes)));
        table.row(subject, found, |a, b| {
            first([
                ("worker", a.1 != b.1),
                ("content", a.2.is_some() && a.2 != b.2),
            ])
        });
        Ok(())
    });
    table.end(all)?;

    let mut table = Table::new("credentials", replay.credentials, |id, _| id.to_string());
    let all = credentials::each(reader, |held| {
        table.row(held.credential.id, held, |a, b| {
            let (issued, found) = (&a.credential, &b.credential);
            first([
                ("state", a.state != b.state),
                ("reason", a.reason != b.reason),
                (
                    "validity",
                    (issued.valid_from, issued.valid_until)
                        != (found.valid_from, found.valid_until),
                ),
                ("scope", issued.scope != found.scope),
                ("functions", a.functions != b.functions),
                ("member", issued.member != found.member),
                ("worker", issued.worker != found.worker),
                ("engagement", issued.engagement != found.engagement),
                ("time of change", a.since != b.since),
                ("time of suspension", a.grounds != b.grounds),
                ("correction", a.corrected_at != b.corrected_at),
                ("version", a.version != b.version),
            ])
        });
        Ok(())
    });
    counted.push(table.end(all)?);

    let mut table = Table::new("badges", replay.badges, |id, _| id.to_string());
    let all = credentials::each_badge(reader, |id, found| {
        table.row(id, found, |a, b| {
            first([
                ("credential", a.0 != b.0),
                ("medium", a.1 != b.1),
                ("time of recovery", a.2 != b.2),
            ])
        });
        Ok(())
    });
    counted.push(table.end(all)?);

    // Named by their badge: a card's key is for the index alone.
    let mut table = Table::new("badge_cards", cards, |_, card| card.0.to_string());
    let all = credentials::each_card(reader, |credential, badge, card| {
        let found = (badge, credential, card.card_system, card.format);
        table.row(card.key, found, |a, b| {
            first([
                ("badge", a.0 != b.0),
                ("credential", a.1 != b.1),
                ("card system", a.2 != b.2),
                ("format", a.3 != b.3),
            ])
        });
        Ok(())
    });
    counted.push(table.end(all)?);

    let mut table = Table::new("moves", replay.moves, |(_, seq), _| {
        format!("of entry {seq}")
    });
    let all = history::each(reader, |subject, seq, at| {
        table.row((subject, seq), at, |a, b| first([("time", a != b)]));
        Ok(())
    });
    counted.push(table.end(all)?);

    // The pages above begin after the lowest identifier there can be; no row may hide before it.
    let expected = counts::of_projection(reader)?;
    for (&(table, seen), (_, count)) in counted.iter().zip(expected) {
        if seen != count {
            let why = "it has rows under identifiers that cannot be".into();
            return Err(Damage::Table { table, why }.into());
        }
    }
    Ok(counted)
}

/// The comparison of one table, whose rows come in the order of their keys.
pub(super) struct Table<K, T> {
    name: &'static str,
    /// What the ledger says, without the rows that were found.
    expected: HashMap<K, T>,
    id: fn(&K, &T) -> String,
    /// The lowest key whose row is bad, with its identifier and what is wrong.
    bad: Option<(K, String, String)>,
    seen: u64,
}

impl<K: Ord + Hash, T> Table<K, T> {
    pub(super) fn new(
        name: &'static str,
        expected: impl IntoIterator<Item = (K, T)>,
        id: fn(&K, &T) -> String,
    ) -> Self {
        Self {
            name,
            expected: expected.into_iter().collect(),
            id,
            bad: None,
            seen: 0,
        }
    }

    pub(super) fn row(
        &mut self,
        key: K,
        found: T,
        differs: impl Fn(&T, &T) -> Option<&'static str>,
    ) {
        self.seen += 1;
        let expected = self.expected.remove(&key);
        let why = match &expected {
            None => Some("the ledger says nothing of it".to_owned()),
            Some(expected) => differs(expected, &found)
                .map(|what| format!("its {what} is not what the ledger says")),
        };
        // Later rows are still looked at: what is left over in the end is what is missing.
        if let (Some(why), None) = (why, &self.bad) {
            let id = (self.id)(&key, expected.as_ref().unwrap_or(&found));
            self.bad = Some((key, id, why));
        }
    }

    pub(super) fn end(
        mut self,
        read: Result<(), StoreError>,
    ) -> Result<(&'static str, u64), Failure> {
        let table = self.name;
        match read {
            Err(StoreError::Corrupt(why)) => return Err(Damage::Table { table, why }.into()),
            read => read?,
        }
        if let Some((key, value)) = self.expected.iter().min_by(|a, b| a.0.cmp(b.0))
            && self.bad.as_ref().is_none_or(|(bad, _, _)| key < bad)
        {
            let id = (self.id)(key, value);
            let why = "it is missing".into();
            return Err(Damage::Row { table, id, why }.into());
        }
        match self.bad.take() {
            Some((_, id, why)) => Err(Damage::Row { table, id, why }.into()),
            None => Ok((table, self.seen)),
        }
    }
}

/// The first of these columns that differs.
pub(super) fn first<const N: usize>(columns: [(&'static str, bool); N]) -> Option<&'static str> {
    columns
        .into_iter()
        .find_map(|(name, differs)| differs.then_some(name))
}
