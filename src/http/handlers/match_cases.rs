//! Match cases: `/v1/match-cases`, and how each is decided: confirmations and rejections.

use serde::Serialize;

use crate::access::permission::{DecideMatchCases, ReadMatchCases};
use crate::domain::document::{Country, Document, Kind};
use crate::domain::ids::{MatchCaseId, MatchCaseKind, MemberId, WorkerId};
use crate::domain::lookup::What;
use crate::domain::match_case::{Decision, State};
use crate::domain::time::Timestamp;
use crate::domain::worker::PersonName;
use crate::http::extract::{Guarded, IdempotencyKey, ListQuery, NoBody, Page, PathId};
use crate::http::problem::{Problem, ProblemCode};
use crate::ledger::replay::Matched;
use crate::service::Tx;
use crate::service::match_cases::{self, Newcomer};

use super::approvals::{ApprovalView, accepted};
use super::{Answer, Items, after, answer, items, one};

/// The question whether two records that bear one document are of one person.
#[derive(Serialize, utoipa::ToSchema)]
pub struct MatchCaseView {
    /// Which.
    pub id: MatchCaseId,
    /// Where it stands.
    pub state: State,
    /// Which of the records is your member's.
    pub side: Side,
    /// The record that came with the document later, if it is your member's. Nothing is issued to it while the case is open.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub worker: Option<WorkerId>,
    /// The record that had the document before, if it is your member's.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub candidate: Option<WorkerId>,
    /// Whose the other record is.
    pub other_member: MemberId,
    /// When it was opened.
    pub opened_at: Timestamp,
    /// When it was decided.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub decided_at: Option<Timestamp>,
    /// The ledger entry that last touched it.
    pub seq: u64,
    /// Who came with the document later: for whoever decides, on the case itself and not in lists, while it is open.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub newcomer: Option<NewcomerView>,
}

/// Which of the records is your member's.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = MatchSide)]
pub enum Side {
    /// The one that came later. The other member decides.
    Worker,
    /// The one that had the document before. Your member decides.
    Candidate,
    /// Both. Your member decides.
    Both,
}

/// As much of the record that came later as is needed to say whether it is the same person.
#[derive(Serialize, utoipa::ToSchema)]
pub struct NewcomerView {
    /// Family name.
    pub family_name: PersonName,
    /// Given names.
    pub given_names: PersonName,
    /// Date of birth.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(format = Date, max_length = 10)]
    pub birth_date: Option<String>,
    /// The documents that both records bear, without their numbers.
    #[schema(max_items = 4)]
    pub documents: Vec<SharedDocument>,
}

/// A document that both records bear.
#[derive(Serialize, utoipa::ToSchema)]
pub struct SharedDocument {
    /// What it is.
    pub kind: Kind,
    /// Which country issued it.
    pub country: Country,
}

impl MatchCaseView {
    pub(super) fn of(matched: &Matched, member: MemberId, newcomer: Option<Newcomer>) -> Self {
        let case = &matched.case;
        let (side, other_member) = match (case.member == member, case.candidate_member == member) {
            (true, true) => (Side::Both, member),
            (true, false) => (Side::Worker, case.candidate_member),
            (false, _) => (Side::Candidate, case.member),
        };
        Self {
            id: case.id,
            state: matched.state,
            side,
            worker: (side != Side::Candidate).then_some(case.worker),
            candidate: (side != Side::Worker).then_some(case.candidate),
            other_member,
            opened_at: matched.opened_at,
            decided_at: matched.decided_at,
            seq: matched.version,
            newcomer: newcomer.map(NewcomerView::from),
        }
    }
}

impl From<Newcomer> for NewcomerView {
    fn from(newcomer: Newcomer) -> Self {
        let shared = |document: &Document| SharedDocument {
            kind: document.kind,
            country: document.country,
        };
        let details = newcomer.details;
        Self {
            family_name: details.family_name,
            given_names: details.given_names,
            birth_date: details.birth_date,
            documents: newcomer.documents.iter().map(shared).collect(),
        }
    }
}

/// Only those in one state.
#[derive(Debug, Default)]
pub struct InState {
    state: Option<State>,
}

impl ListQuery for InState {
    fn take(&mut self, name: &str, value: &str) -> Result<bool, Problem> {
        if name != "state" {
            return Ok(false);
        }
        let named = State::ALL.iter().find(|state| state.as_str() == value);
        let state = named.ok_or_else(|| {
            let message = "must be the name of a state";
            Problem::at(ProblemCode::MalformedQuery, "state", "value", message)
        })?;
        self.state = Some(*state);
        Ok(true)
    }
}

/// A page of the match cases of which your member has either record.
#[utoipa::path(get, operation_id = "list_match_cases", path = "/v1/match-cases", tag = "Match cases",
    params(("limit" = Option<u8>, Query, description = "Items on the page, 50 if not said", minimum = 1, maximum = 200),
           ("cursor" = Option<String>, Query, description = "From the page before", max_length = 100),
           ("state" = Option<State>, Query, description = "Only those in this state")),
    responses((status = 200, description = "A page", body = Items<MatchCaseView>)))]
pub async fn list(who: Guarded<ReadMatchCases>, page: Page<InState>) -> Answer {
    let (permit, limit, state) = (who.permit, page.limit, page.query.state);
    let member = permit.caller().member;
    let after = after(&who, "match cases", &page)?;
    let found = who
        .services
        .read(move |reader, _| match_cases::list(reader, permit, state, after, limit + 1))
        .await?;
    items(
        &who,
        "match cases",
        &page,
        found,
        |matched| matched.case.id,
        |matched| MatchCaseView::of(&matched, member, None),
    )
}

/// One match case.
///
/// Whoever decides is shown who came with the document later, as long as nothing is decided.
#[utoipa::path(get, operation_id = "show_match_case", path = "/v1/match-cases/{id}", tag = "Match cases", params(("id" = MatchCaseId, Path, description = "Which")),
    responses((status = 200, description = "The match case", body = MatchCaseView)))]
pub async fn show(who: Guarded<ReadMatchCases>, id: PathId<MatchCaseKind>) -> Answer {
    let (permit, id) = (who.permit, id.0);
    let (found, newcomer) = who
        .services
        .read(move |reader, keyring| match_cases::show(reader, keyring, permit, id))
        .await?;
    if newcomer.is_some() {
        who.allowance.take_lookup()?;
        who.shows(What::MatchCase, &[found.case.worker])?;
    }
    let member = permit.caller().member;
    let view = MatchCaseView::of(&found, member, newcomer);
    one(found.version, &view)
}

/// Asks to say that both records are of one person. Neither is changed. It takes effect when a second person grants it. It takes
/// no body.
#[utoipa::path(post, operation_id = "confirm_match", path = "/v1/match-cases/{id}/confirmations", tag = "Match cases",
    params(("id" = MatchCaseId, Path, description = "Which"),
           ("Idempotency-Key" = String, Header, description = "New for each new request", max_length = 64)),
    responses((status = 202, description = "It waits for a second person", body = ApprovalView)))]
pub async fn confirm(
    who: Guarded<DecideMatchCases>,
    id: PathId<MatchCaseKind>,
    key: IdempotencyKey,
    _: NoBody,
) -> Answer {
    decide(&who, id, &key, Decision::Confirmed).await
}

/// Asks to say that the records are of two people. That is lasting: the same pair is not asked about again. It takes effect
/// when a second person grants it. It takes no body.
#[utoipa::path(post, operation_id = "reject_match", path = "/v1/match-cases/{id}/rejections", tag = "Match cases",
    params(("id" = MatchCaseId, Path, description = "Which"),
           ("Idempotency-Key" = String, Header, description = "New for each new request", max_length = 64)),
    responses((status = 202, description = "It waits for a second person", body = ApprovalView)))]
pub async fn reject(
    who: Guarded<DecideMatchCases>,
    id: PathId<MatchCaseKind>,
    key: IdempotencyKey,
    _: NoBody,
) -> Answer {
    decide(&who, id, &key, Decision::Rejected).await
}

async fn decide(
    who: &Guarded<DecideMatchCases>,
    id: PathId<MatchCaseKind>,
    key: &IdempotencyKey,
    decision: Decision,
) -> Answer {
    let once = key.once_bytes(who.actor(), b"");
    let (permit, id) = (who.permit, id.0);
    let work = move |tx: &mut Tx<'_>| {
        let asked = match_cases::decide(tx, permit, id, decision)?;
        accepted(tx, &asked)
    };
    answer(
        who.services
            .door
            .change_once(who.actor(), Some(once), work)
            .await?,
    )
}
