//! Every state of a credential × everything that can happen to it, through the API.

use serde_json::json;

use crate::support::World;
use crate::support::actors::{GateActor, Hr, Pass, Said, new_key, verdict};

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

pub async fn every_change_of_every_state_leads_where_the_list_says(world: World) {
    let a = world.member("Haven A").await;
    let hr = a.hr(&world).await;
    // More is suspended and revoked than one may alone.
    a.breaks_glass(&world).await;
    let gate = a.gate(&world, &[&hr.card_system]).await;
    let mut cells = 0;
    for (from, outcomes) in BY_HAND {
        for (at, outcome) in outcomes.into_iter().enumerate() {
            let pass = in_state(&hr, from).await;
            assert_state(&hr, &gate, &pass, from).await;
            let (_, kind, reason) = KINDS[at % 4];
            let said = if at < 4 {
                hr.suspends(&pass, reason).await
            } else {
                hr.lifts(&pass, kind).await
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
            assert_state(&hr, &gate, &pass, to).await;
            cells += 1;
        }
        let pass = in_state(&hr, from).await;
        let said = hr.revokes(&pass, "stolen").await;
        if from == "R" {
            // The first revocation stands, with its reason.
            assert_eq!(said.ok()["reason"], "lost");
        } else {
            assert_eq!(said.created()["reason"], "stolen");
        }
        assert_state(&hr, &gate, &pass, "R").await;
        cells += 1;
    }
    assert_eq!(cells, 17 * 9);
}

fn refused<'a>(said: Said, code: &str, stays: &'a str) -> &'a str {
    said.refused(code);
    stays
}

/// A new credential, brought into this state.
async fn in_state(hr: &Hr, state: &str) -> Pass {
    let pass = hr.issues().await;
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

/// What record and gate say of a credential in this state.
async fn assert_state(hr: &Hr, gate: &GateActor, pass: &Pass, state: &str) {
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
        "." => ("permit", "valid"),
        _ => ("deny", "not_valid"),
    };
    assert_eq!(verdict(&gate.asks_about(pass).await), wanted, "{state}");
    let by_id = gate.asks(json!({ "credential": pass.credential })).await;
    assert_eq!(verdict(&by_id.ok()), wanted, "{state}");
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
