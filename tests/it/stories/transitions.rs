//! Every state of a credential × everything that can happen to it, through the API.

use portcullis::domain::client::Role;
use serde_json::{Value, json};

use super::screenings;
use crate::support::World;
use crate::support::actors::{Admin, Api, GateActor, Hr, Pass, Said, new_key, verdict};
use crate::support::world::text;

/// The machine written out by hand. A state is the letters of the suspensions that stand, `R` for revoked. Each line has
/// what comes of +d +f +s +j (suspend) and -d -f -s -j (lift): the state it leads to (`.` for none standing), `!` for
/// "already suspended so", `?` for "not suspended so", `#` for "revoked, for good". Revoking leads to R from everywhere.
/// d dormant, f for cause, s screening, j judicial. What is judicial no hand does: +j is a ban that comes from the State's
/// register, -j one that ends in it.
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
/// it is active. Its dates change nothing about what can happen to it, but that a ban leaves alone what has expired.
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
    let people = People::of(&world, &a).await;
    let hr = &people.desk.hr;
    // More is suspended and revoked than one may alone.
    a.breaks_glass(&world).await;
    let gate = a.gate(&world, &[&hr.card_system]).await;
    let mut cells = 0;
    for (from, until, later_ms, active) in DATES {
        let dates = json!({ "valid_from": from, "valid_until": until });
        let mut passes = Vec::new();
        for (from, _) in BY_HAND {
            for _ in 0..=KINDS.len() * 2 {
                passes.push(people.in_state(from, &dates).await);
            }
        }
        world.clock.advance(later_ms);
        let mut passes = passes.iter();
        let at = Place {
            hr,
            gate: &gate,
            active,
        };
        for (from, outcomes) in BY_HAND {
            for (change, outcome) in outcomes.into_iter().enumerate() {
                let (pass, ban) = passes.next().expect("one for each");
                at.stands(pass, from).await;
                let (_, kind, reason) = KINDS[change % 4];
                let said = if change < 4 {
                    hr.suspends(pass, reason).await
                } else {
                    hr.lifts(pass, kind).await
                };
                let is_state = !["!", "?", "#"].contains(&outcome);
                if kind == "judicial" && is_state {
                    // By hand nothing changes.
                    match change < 4 {
                        true => not_by_hand(said),
                        false => drop(said.refused("ban_stands")),
                    }
                    at.stands(pass, from).await;
                    match ban {
                        Some(ban) => people.lifts_ban(ban).await,
                        None => drop(people.bans(pass).await),
                    }
                    let is_over = active.1 == "expired";
                    at.stands(pass, if is_over { from } else { outcome }).await;
                    cells += 1;
                    continue;
                }
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
            let (pass, _) = passes.next().expect("one for each");
            let said = hr.revokes(pass, "stolen").await;
            // What is suspended for cause takes two, also behind broken glass.
            assert_eq!(said.status == 202, from.contains('f'), "{from}");
            let shown = format!("/v1/credentials/{}", pass.credential);
            let said = hr.approver.seconds(said, &shown).await;
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

/// Nobody says by hand what only the State's register says.
fn not_by_hand(said: Said) {
    let problem = said.refused("invalid");
    assert_eq!(problem["errors"][0]["code"], "not_by_hand", "{problem}");
}

/// Who brings credentials into states: a port, and the State's register.
struct People {
    desk: screenings::Desk,
    register: Api,
}

impl People {
    async fn of(world: &World, admin: &Admin) -> Self {
        let network = world.admin().await;
        Self {
            desk: screenings::Desk::of(world, admin).await,
            register: network.client(world, &network.member, "register").await,
        }
    }

    /// A new credential of somebody who was refused, brought into this state; and the ban on them, if there is one.
    async fn in_state(&self, state: &str, dates: &Value) -> (Pass, Option<String>) {
        let hr = &self.desk.hr;
        let pass = hr.issues_with(dates.clone()).await;
        self.desk.refuses(&pass.worker, "cargo_access").await;
        if state == "R" {
            hr.revokes(&pass, "lost").await.created();
        }
        for (letter, _, reason) in KINDS {
            if letter != 'j' && state.contains(letter) {
                hr.suspends(&pass, reason).await.created();
            }
        }
        match state.contains('j') {
            true => (pass.clone(), Some(self.bans(&pass).await)),
            false => (pass, None),
        }
    }

    /// A court bans whoever has this pass, for a year from the day before.
    async fn bans(&self, pass: &Pass) -> String {
        let worker = format!("/v1/workers/{}", pass.worker);
        let worker = self.desk.hr.api.get(&worker).await.ok();
        let ban = json!({ "document": worker["documents"][0], "reference": new_key(),
            "starts_at": "2026-03-01T00:00:00Z", "ends_at": "2027-03-01T00:00:00Z" });
        let ban = self.register.post("/v1/bans", &ban).await.created();
        text(&ban, "id").to_owned()
    }

    async fn lifts_ban(&self, ban: &str) {
        let path = format!("/v1/bans/{ban}/ends");
        self.register.post(&path, &json!({})).await.created();
    }
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
    let people = People::of(&world, &a).await;
    let hr = &people.desk.hr;
    a.breaks_glass(&world).await;
    let gate = a.gate(&world, &[&hr.card_system]).await;
    let at = Place {
        hr,
        gate: &gate,
        active: ("permit", "valid"),
    };
    let everybody = everybody(&world, &a).await;
    let mut cells = 0;
    for (from, outcomes) in BY_HAND {
        let (mut pass, _) = people.in_state(from, &json!({})).await;
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
                    Some(to) if kind == "judicial" && !["!", "?", "#"].contains(&to) => {
                        match change < 4 {
                            true => not_by_hand(said),
                            false => drop(said.refused("ban_stands")),
                        }
                        from
                    }
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
                    (pass, _) = people.in_state(from, &json!({})).await;
                }
            }
            at.stands(&pass, from).await;
        }
    }
    assert_eq!(cells, 17 * 12 * 9);
}

/// The rest of the machine by hand: what was granted and not handed over (`A`), and what an exclusion suspends (`e`, with `f` for
/// cause beside it). Each line has what comes of +d +f +s +j, of -d -f -s -j -e, of handing over, of taking the badge back and of
/// revoking; `^` for "not handed over", `@` for "not by hand", `x` for "an exclusion holds", `h` for "handed over before", `n` for "not over", `b` for a
/// badge that is back.
const HANDED: [(&str, [&str; 12]); 6] = [
    (
        "A",
        ["^", "^", "^", "^", "?", "?", "?", "?", "?", ".", "n", "R"],
    ),
    (
        ".",
        ["d", "f", "s", "@", "?", "?", "?", "?", "?", "h", "n", "R"],
    ),
    (
        "f",
        ["df", "!", "fs", "@", "?", ".", "?", "?", "?", "h", "n", "R"],
    ),
    (
        "e",
        [
            "de", "fe", "se", "@", "?", "?", "?", "?", "x", "h", "n", "R",
        ],
    ),
    (
        "fe",
        [
            "dfe", "!", "fse", "@", "?", "e", "?", "?", "x", "h", "n", "R",
        ],
    ),
    (
        "R",
        ["#", "#", "#", "#", "#", "#", "#", "#", "#", "#", "b", "R"],
    ),
];

/// What each column of [`HANDED`] does.
const WAYS: [(&str, &str, &str); 12] = [
    ("suspensions", "reason", "dormant"),
    ("suspensions", "reason", "under_inquiry"),
    ("suspensions", "reason", "advice_negative"),
    ("suspensions", "reason", "port_ban"),
    ("lifts", "kind", "dormant"),
    ("lifts", "kind", "for_cause"),
    ("lifts", "kind", "screening"),
    ("lifts", "kind", "judicial"),
    ("lifts", "kind", "exclusion"),
    ("handovers", "", ""),
    ("recoveries", "", ""),
    ("revocations", "reason", "stolen"),
];

/// A port where a second person grants what is issued.
struct Desk<'a> {
    hr: &'a Hr,
    officers: &'a screenings::Desk,
}

impl Desk<'_> {
    /// What was granted to this worker, with a badge.
    async fn approved(&self, worker: &str) -> Pass {
        let body = json!({ "worker": worker, "valid_until": "2027-01-01T00:00:00Z" });
        let asked = self.hr.api.post("/v1/credentials", &body).await.is(202);
        let grants = format!("/v1/approvals/{}/grants", text(&asked, "id"));
        let content = json!({ "content": asked["content"] });
        self.hr.approver.post(&grants, &content).await.created();
        let credential = text(&asked["act"]["credential"], "id").to_owned();
        let number = new_key().replace("key-", "71000");
        let card =
            json!({ "card_system": self.hr.card_system, "format": "number", "value": number });
        let badge = json!({ "medium": "card", "cards": [card] });
        let badges = format!("/v1/credentials/{credential}/badges");
        self.hr.api.post(&badges, &badge).await.created();
        Pass {
            worker: worker.to_owned(),
            credential,
            number,
        }
    }

    async fn does(&self, pass: &Pass, way: usize) -> Said {
        let (what, field, value) = WAYS[way];
        let path = format!("/v1/credentials/{}/{what}", pass.credential);
        let body = match what {
            "recoveries" => self.badge(pass).await,
            "handovers" => json!({}),
            _ => json!({ field: value }),
        };
        self.hr.api.post(&path, &body).await
    }

    /// The badge of a pass, to be named.
    async fn badge(&self, pass: &Pass) -> Value {
        let path = format!("/v1/credentials/{}", pass.credential);
        let held = self.hr.api.get(&path).await.ok();
        json!({ "badge": held["badges"][0]["id"] })
    }

    async fn in_state(&self, state: &str) -> Pass {
        let worker = self.hr.registers("Claes").await;
        self.officers.refuses(&worker, "cargo_access").await;
        let ground = match state.contains('e') {
            true => Some(self.approved(&worker).await),
            false => None,
        };
        let pass = self.approved(&worker).await;
        if state != "A" {
            self.does(&pass, 9).await.created();
        }
        if let Some(ground) = ground {
            self.does(&ground, 9).await.created();
            let said = self.does(&ground, 1).await;
            self.hr.approver.seconds(said, "/v1/approvals").await;
            self.hr.excludes(&ground, json!({})).await;
        }
        if state.contains('f') {
            let said = self.does(&pass, 1).await;
            self.hr.approver.seconds(said, "/v1/approvals").await;
        }
        if state == "R" {
            let said = self.does(&pass, 11).await;
            self.hr.approver.seconds(said, "/v1/approvals").await;
        }
        pass
    }
}

pub async fn what_is_approved_or_excluded_leads_where_the_list_says(world: World) {
    let a = world.approving_member("Haven A").await;
    let officers = screenings::Desk::of(&world, &a).await;
    let hr = &officers.hr;
    let gate = a.gate(&world, &[&hr.card_system]).await;
    let desk = Desk {
        hr,
        officers: &officers,
    };
    let stands = async |pass: &Pass, state: &str| {
        let path = format!("/v1/credentials/{}", pass.credential);
        let record = hr.api.get(&path).await.ok();
        let name = match state {
            "A" => "approved",
            "." => "active",
            "R" => "revoked",
            _ => "suspended",
        };
        assert_eq!(record["state"], name, "{state} {record}");
        if name == "suspended" {
            let kinds = KINDS.iter().map(|(letter, kind, _)| (*letter, *kind));
            let kinds = kinds.chain([('e', "exclusion")]);
            let kinds: Vec<&str> = kinds
                .filter(|(letter, _)| state.contains(*letter))
                .map(|(_, kind)| kind)
                .collect();
            let mut said: Vec<&str> = record["suspensions"]
                .as_array()
                .expect("kinds")
                .iter()
                .map(|kind| kind.as_str().expect("a kind"))
                .collect();
            said.sort_by_key(|kind| kinds.iter().position(|wanted| wanted == kind));
            assert_eq!(said, kinds, "{state} {record}");
        }
        let wanted = match state {
            "." => ("permit", "valid"),
            _ => ("deny", "not_valid"),
        };
        assert_eq!(verdict(&gate.asks_about(pass).await), wanted, "{state}");
    };
    let mut cells = 0;
    for (from, outcomes) in HANDED {
        for (way, outcome) in outcomes.into_iter().enumerate() {
            let pass = desk.in_state(from).await;
            stands(&pass, from).await;
            let said = desk.does(&pass, way).await;
            let code = match outcome {
                "^" => Some("not_handed_over"),
                "!" => Some("already_suspended"),
                "?" => Some("not_suspended"),
                "x" => Some("exclusion_holds"),
                "#" => Some("credential_revoked"),
                "h" | "n" => Some("conflict"),
                _ => None,
            };
            let to = match code {
                None if outcome == "@" => {
                    not_by_hand(said);
                    from
                }
                Some(code) => refused(said, code, from),
                None if said.status == 202 => {
                    hr.approver.seconds(said, "/v1/approvals").await;
                    outcome
                }
                None => {
                    assert!(said.status.is_success(), "{from} {way}: {}", said.text);
                    outcome
                }
            };
            stands(&pass, if to == "b" { from } else { to }).await;
            cells += 1;
        }
    }
    assert_eq!(cells, 6 * 12);
    // Who hands over and takes back, by hand.
    for (role, api) in &everybody(&world, &a).await {
        for (state, what) in [("A", "handovers"), ("R", "recoveries")] {
            let pass = desk.in_state(state).await;
            let body = match what {
                "recoveries" => desk.badge(&pass).await,
                _ => json!({}),
            };
            let path = format!("/v1/credentials/{}/{what}", pass.credential);
            let said = api.post(&path, &body).await;
            match *role {
                "hr_officer" => drop(said.created()),
                _ => drop(said.refused("forbidden")),
            }
        }
    }
}
