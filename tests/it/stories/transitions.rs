//! Every state of a credential × everything that can happen to it, through the API.

use portcullis::domain::client::Role;
use serde_json::{Value, json};

use crate::support::World;
use crate::support::actors::{Admin, Api, GateActor, Hr, Pass, Said, new_key, verdict};

/// The machine written out by hand. A state is the letters of the suspensions that stand, `R` for revoked. Each line has
/// what comes of +d +f +s +j (suspend) and -d -f -s -j (lift): the state it leads to (`.` for none standing), `!` for
/// "already suspended so", `?` for "not suspended so", `#` for "revoked, for good". Revoking leads to R from everywhere.
/// d dormant, f for cause, s screening, j judicial.
const BY_HAND: [(&str, [&str; 8]); 17] = [
    (".", ["d", "f", "s", "j", "?", "?", "?", "?"]),
    ("d", ["!", "df", "ds", "dj", ".", "?", "?", "?"]),
    ("f", ["df", "!", "fs", "fj", "?", ".", "?", "?"]),
    ("s", ["ds", "fs", "!", "sj", "?", "?", ".", "?"]),
    ("j", ["dj", "fj", "sj", "!", "?", "?", "?", "."]),
    ("df", ["!", "!", "dfs", "dfj", "f", "d", "?", "?"]),
    ("ds", ["!", "dfs", "!", "dsj", "s", "?", "d", "?"]),
    ("dj", ["!", "dfj", "dsj", "!", "j", "?", "?", "d"]),
    ("fs", ["dfs", "!", "!", "fsj", "?", "s", "f", "?"]),
    ("fj", ["dfj", "!", "fsj", "!", "?", "j", "?", "f"]),
    ("sj", ["dsj", "fsj", "!", "!", "?", "?", "j", "s"]),
    ("dfs", ["!", "!", "!", "dfsj", "fs", "ds", "df", "?"]),
    ("dfj", ["!", "!", "dfsj", "!", "fj", "dj", "?", "df"]),
    ("dsj", ["!", "dfsj", "!", "!", "sj", "?", "dj", "ds"]),
    ("fsj", ["dfsj", "!", "!", "!", "?", "sj", "fj", "fs"]),
    ("dfsj", ["!", "!", "!", "!", "fsj", "dsj", "dfj", "dfs"]),
    ("R", ["#", "#", "#", "#", "#", "#", "#", "#"]),
];

const KINDS: [(char, &str, &str); 4] = [
    ('d', "dormant", "dormant"),
    ('f', "for_cause", "under_inquiry"),
    ('s', "screening", "advice_negative"),
    ('j', "judicial", "port_ban"),
];

/// Of each kind by its dates: when it is good, how long after its issue it is looked at, and what a gate then says of it while
/// it is active. Its dates change nothing about what can happen to it.
const DATES: [(&str, &str, i64, (&str, &str)); 3] = [
    (
        "2026-03-01T00:00:00Z",
        "2027-03-02T00:00:00Z",
        0,
        ("permit", "valid"),
    ),
    (
        "2026-03-03T00:00:00Z",
        "2027-03-02T00:00:00Z",
        0,
        ("deny", "not_yet_valid"),
    ),
    (
        "2026-03-01T00:00:00Z",
        "2026-03-02T07:32:00Z",
        120_000,
        ("deny", "expired"),
    ),
];

pub async fn every_change_of_every_state_leads_where_the_list_says(world: World) {
    let a = world.member("Haven A").await;
    let hr = a.hr(&world).await;
    // More is suspended and revoked than one may alone.
    a.breaks_glass(&world).await;
    let gate = a.gate(&world, &[&hr.card_system]).await;
    let mut cells = 0;
    for (from, until, later_ms, active) in DATES {
        let dates = json!({ "valid_from": from, "valid_until": until });
        let mut passes = Vec::new();
        for (from, _) in BY_HAND {
            for _ in 0..=KINDS.len() * 2 {
                passes.push(in_state(&hr, from, &dates).await);
            }
        }
        world.clock.advance(later_ms);
        let mut passes = passes.iter();
        let at = Place {
            hr: &hr,
            gate: &gate,
            active,
        };
        for (from, outcomes) in BY_HAND {
            for (change, outcome) in outcomes.into_iter().enumerate() {
                let pass = passes.next().expect("one for each");
                at.stands(pass, from).await;
                let (_, kind, reason) = KINDS[change % 4];
                let said = if change < 4 {
                    hr.suspends(pass, reason).await
                } else {
                    hr.lifts(pass, kind).await
                };
                let to = match outcome {
                    "!" => refused(said, "already_suspended", from),
                    "?" => refused(said, "not_suspended", from),
                    "#" => refused(said, "credential_revoked", from),
                    to => {
                        said.created();
                        to
                    }
                };
                at.stands(pass, to).await;
                cells += 1;
            }
            let pass = passes.next().expect("one for each");
            let said = hr.revokes(pass, "stolen").await;
            if from == "R" {
                // The first revocation stands, with its reason.
                assert_eq!(said.ok()["reason"], "lost");
            } else {
                assert_eq!(said.created()["reason"], "stolen");
            }
            at.stands(pass, "R").await;
            cells += 1;
        }
    }
    assert_eq!(cells, 3 * 17 * 9);
}

fn refused<'a>(said: Said, code: &str, stays: &'a str) -> &'a str {
    said.refused(code);
    stays
}

/// A new credential, brought into this state.
async fn in_state(hr: &Hr, state: &str, dates: &Value) -> Pass {
    let pass = hr.issues_with(dates.clone()).await;
    if state == "R" {
        hr.revokes(&pass, "lost").await.created();
    }
    for (letter, _, reason) in KINDS {
        if state.contains(letter) {
            hr.suspends(&pass, reason).await.created();
        }
    }
    pass
}

/// Where credentials are looked at.
struct Place<'a> {
    hr: &'a Hr,
    gate: &'a GateActor,
    /// What the gate says of those that are active.
    active: (&'a str, &'a str),
}

impl Place<'_> {
    /// Record and gate say that a credential is in this state.
    async fn stands(&self, pass: &Pass, state: &str) {
        let Self { hr, gate, active } = self;
        let record = hr
            .api
            .get(&format!("/v1/credentials/{}", pass.credential))
            .await
            .ok();
        let standing: Vec<&str> = KINDS
            .iter()
            .filter(|(letter, ..)| state.contains(*letter))
            .map(|(_, kind, _)| *kind)
            .collect();
        let name = match state {
            "." => "active",
            "R" => "revoked",
            _ => "suspended",
        };
        assert_eq!(record["state"], name, "{state} {record}");
        if name == "suspended" {
            assert_eq!(record["suspensions"], json!(standing), "{state} {record}");
        }
        let wanted = match state {
            "." => *active,
            _ => ("deny", "not_valid"),
        };
        assert_eq!(verdict(&gate.asks_about(pass).await), wanted, "{state}");
        let by_id = gate.asks(json!({ "credential": pass.credential })).await;
        assert_eq!(verdict(&by_id.ok()), wanted, "{state}");
    }
}

pub async fn a_change_with_the_same_key_is_made_once(world: World) {
    let a = world.member("Haven A").await;
    let hr = a.hr(&world).await;
    let pass = hr.issues().await;
    let (path, key) = (
        format!("/v1/credentials/{}/suspensions", pass.credential),
        new_key(),
    );
    let body = json!({ "reason": "under_inquiry" });
    let first = hr.api.post_keyed(&path, &body, &key).await;
    let again = hr.api.post_keyed(&path, &body, &key).await;
    assert_eq!(again.headers["idempotency-replayed"], "true");
    assert_eq!(first.created(), again.created());
    hr.api
        .post_keyed(&path, &json!({ "reason": "dormant" }), &key)
        .await
        .refused("idempotency_key_reused");
}

/// Who may suspend, lift and revoke, by hand.
const SUSPEND: [&str; 3] = ["hr_officer", "facility_officer", "duty_officer"];
const LIFT: [&str; 1] = ["hr_officer"];
const REVOKE: [&str; 2] = ["hr_officer", "duty_officer"];

/// Somebody in each role: people of this member, and machines.
pub async fn everybody(world: &World, admin: &Admin) -> Vec<(&'static str, Api)> {
    let network = world.admin().await;
    let mut all = Vec::new();
    for role in Role::ALL {
        let api = match role {
            Role::Gate => admin.client(world, &admin.member, "gate").await,
            Role::Register => network.client(world, &admin.member, "register").await,
            Role::NetworkAdmin => network.api.clone(),
            role => admin.person(world, role.as_str()).await,
        };
        all.push((role.as_str(), api));
    }
    all
}

pub async fn every_change_of_every_state_is_made_by_the_roles_of_the_list_and_by_no_other(
    world: World,
) {
    let a = world.member("Haven A").await;
    let hr = a.hr(&world).await;
    a.breaks_glass(&world).await;
    let gate = a.gate(&world, &[&hr.card_system]).await;
    let at = Place {
        hr: &hr,
        gate: &gate,
        active: ("permit", "valid"),
    };
    let everybody = everybody(&world, &a).await;
    let mut cells = 0;
    for (from, outcomes) in BY_HAND {
        let mut pass = in_state(&hr, from, &json!({})).await;
        for (role, api) in &everybody {
            for change in 0..=KINDS.len() * 2 {
                let (_, kind, reason) = KINDS[change % 4];
                let (what, body, may): (_, _, &[&str]) = match change {
                    0..4 => ("suspensions", json!({ "reason": reason }), &SUSPEND),
                    4..8 => ("lifts", json!({ "kind": kind }), &LIFT),
                    _ => ("revocations", json!({ "reason": "stolen" }), &REVOKE),
                };
                let path = format!("/v1/credentials/{}", pass.credential);
                let said = api.post(&format!("{path}/{what}"), &body).await;
                let said = hr.approver.seconds(said, &path).await;
                cells += 1;
                if !may.contains(role) {
                    said.refused("forbidden");
                    continue;
                }
                let to = match outcomes.get(change).copied() {
                    Some("!") => refused(said, "already_suspended", from),
                    Some("?") => refused(said, "not_suspended", from),
                    Some("#") => refused(said, "credential_revoked", from),
                    Some(to) => {
                        said.created();
                        to
                    }
                    None => {
                        assert!(said.status.is_success(), "{}", said.text);
                        "R"
                    }
                };
                at.stands(&pass, to).await;
                if to != from {
                    pass = in_state(&hr, from, &json!({})).await;
                }
            }
            at.stands(&pass, from).await;
        }
    }
    assert_eq!(cells, 17 * 12 * 9);
}
