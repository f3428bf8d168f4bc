//! Two administrators: nobody makes a second person alone, nor opens a place, from when there were two on.

use portcullis::domain::approval::WAITS_MS;
use portcullis::domain::ids::MemberId;
use portcullis::domain::network::Administrators;
use portcullis::domain::text::Name;
use portcullis::ledger::entry::{Actor, Entry, Fact};
use portcullis::service::{Error, Tx, administrators};
use portcullis::store::ledger;
use serde_json::{Value, json};

use super::transitions::everybody;
use crate::support::World;
use crate::support::actors::{Admin, Api, Said, new_key, verdict};
use crate::support::world::text;

/// A member with two administrators, two people, and whoever added them.
struct House {
    /// Nobody's tool.
    admin: Admin,
    first: Api,
    second: Api,
    member: String,
}

impl House {
    async fn of(world: &World, name: &str) -> Self {
        let admin = world.member(name).await;
        Self::at(world, admin).await
    }

    async fn at(world: &World, admin: Admin) -> Self {
        Self {
            first: admin.person(world, "member_admin").await,
            second: admin.person(world, "member_admin").await,
            member: admin.member.clone(),
            admin,
        }
    }

    fn client(&self, role: &str, person: Option<&str>) -> Value {
        json!({ "member": self.member, "name": format!("a {role}"), "role": role, "person": person })
    }

    /// A person added by both.
    async fn person(&self, worker: Option<&str>) -> String {
        let body = json!({ "member": self.member, "worker": worker });
        let asked = self.first.post("/v1/people", &body).await.is(202);
        grants(&self.second, &asked).await.created();
        text(&asked["act"]["person"], "id").to_owned()
    }

    /// Asks for a client.
    async fn asks(&self, role: &str, person: Option<&str>) -> Value {
        let body = self.client(role, person);
        self.first.post("/v1/clients", &body).await.is(202)
    }
}

async fn grants(api: &Api, approval: &Value) -> Said {
    let path = format!("/v1/approvals/{}/grants", text(approval, "id"));
    api.post(&path, &json!({ "content": approval["content"] }))
        .await
}

async fn ends(api: &Api, approval: &Value, how: &str) -> Said {
    let path = format!("/v1/approvals/{}/{how}", text(approval, "id"));
    let body = match how {
        "declines" => json!({ "ground": "not_allowed" }),
        _ => json!({}),
    };
    api.post(&path, &body).await
}

/// Whether somebody gets a token with the secret of a client that was asked for.
async fn is_let_in(world: &World, asked: &Value) -> bool {
    let form = format!(
        "grant_type=client_credentials&client_id={}&client_secret={}",
        text(&asked["act"]["client"], "id"),
        text(asked, "secret")
    );
    let headers = [("content-type", "application/x-www-form-urlencoded")];
    let method = reqwest::Method::POST;
    let said = world.anonymous();
    let said = said
        .send(method, "/oauth/token", &headers, form.into())
        .await;
    assert!([200, 401].contains(&said.status.as_u16()), "{}", said.text);
    said.status == 200
}

/// How many there are.
async fn count(api: &Api, path: &str) -> usize {
    let listed = api.get(path).await.ok();
    listed["items"].as_array().expect("items").len()
}

async fn revokes(by: &Api, who: &Api) {
    let path = format!("/v1/clients/{}/revocations", who.id());
    by.post(&path, &json!({})).await.ok();
}

/// Every entry of the ledger, by whom and what.
fn entries(world: &World) -> Vec<Entry> {
    let bodies = world.db_read(|reader| ledger::after(reader, 0, 10_000).expect("can be read"));
    let decoded = bodies
        .iter()
        .map(|(seq, body)| Entry::decode(*seq, body).expect("an entry"));
    decoded.collect()
}

async fn recover(world: &World, member: &str, of: Administrators) -> Result<Api, Error> {
    let member: MemberId = member.parse().expect("an identifier");
    let name = Name::parse("recovered").expect("a name");
    let work = move |tx: &mut Tx<'_>| administrators::recover(tx, member, of, name.clone());
    let door = &world.node.shared.services.door;
    let (client, secret) = door.change(Actor::System, work).await?;
    Ok(world.api(&client.id.to_string(), secret.reveal()).await)
}

pub async fn nobody_makes_a_second_person_alone(world: World) {
    let admin = world.member("Haven A").await;
    let hr = admin.hr(&world).await;
    let pass = hr.issues().await;
    hr.suspends(&pass, "under_inquiry").await.created();
    let house = House::at(&world, admin).await;
    let lift = format!("/v1/credentials/{}/lifts", pass.credential);
    let lift = hr.api.post(&lift, &json!({ "kind": "for_cause" })).await;
    let lift = lift.is(202);

    // One of the two makes people up, and tools for them.
    let before = (
        count(&house.first, "/v1/people").await,
        count(&house.first, "/v1/clients").await,
    );
    let person = json!({ "member": house.member });
    let asked_person = house.first.post("/v1/people", &person).await.is(202);
    assert_eq!(asked_person["act"]["act"], "record_person");
    let made_up = text(&asked_person["act"]["person"], "id");
    let body = house.client("hr_approver", Some(made_up));
    house
        .first
        .post("/v1/clients", &body)
        .await
        .refused("invalid");
    let asked = house.asks("hr_approver", None).await;
    assert_eq!(asked["act"]["act"], "add_client");
    let another = house.asks("member_admin", None).await;

    // Nobody but the other grants it: not who asked, not through a tool of nobody's, not another role, nor another member.
    let twin = house.asks("member_admin", None).await;
    let stranger = House::of(&world, "Haven B").await;
    for (what, is_let) in [
        (&asked_person, false),
        (&asked, true),
        (&another, true),
        (&twin, true),
    ] {
        let grant = async |api: &Api| grants(api, what).await;
        grant(&house.first).await.refused("wrong_person");
        grant(&house.admin.api).await.refused("wrong_person");
        grant(&stranger.first).await.refused("not_found");
        grant(&hr.approver).await.refused("not_found");
        grant(&world.admin().await.api).await.refused("not_found");
        if is_let {
            assert!(!is_let_in(&world, what).await);
        }
    }
    // Nor does a tool of nobody's ask, which either of them may have in hand; nor the network over their heads.
    let network = world.admin().await.api;
    for (api, code) in [(&house.admin.api, "wrong_person"), (&network, "forbidden")] {
        let said = api.post("/v1/people", &person).await;
        said.refused(code);
        let body = house.client("hr_approver", None);
        api.post("/v1/clients", &body).await.refused(code);
    }
    let after = (
        count(&house.first, "/v1/people").await,
        count(&house.first, "/v1/clients").await,
    );
    assert_eq!(before, after, "nobody came to be");
    // And the lift waits for a person who was there before.
    let shown = format!("/v1/credentials/{}", pass.credential);
    assert_eq!(hr.api.get(&shown).await.ok()["state"], "suspended");
    grants(&hr.approver, &lift).await.created();
}

pub async fn a_secret_is_good_from_when_the_other_granted_it(world: World) {
    let house = House::of(&world, "Haven A").await;
    let person = house.person(None).await;
    let (key, body) = (new_key(), house.client("hr_approver", Some(&person)));
    let said = house.first.post_keyed("/v1/clients", &body, &key).await;
    let place = said.headers["location"].to_str().expect("ASCII").to_owned();
    let asked = said.is(202);
    assert_eq!(place, format!("/v1/approvals/{}", text(&asked, "id")));
    let secret = text(&asked, "secret");
    // The same request has the same answer; nobody else ever sees the secret.
    let again = house.first.post_keyed("/v1/clients", &body, &key).await;
    assert_eq!(again.is(202), asked);
    let shown = house.second.get(&place).await.ok();
    let mut public = asked.clone();
    public.as_object_mut().expect("an object").remove("secret");
    assert_eq!(shown, public);
    for path in ["/v1/approvals", "/v1/clients", "/v1/work-items"] {
        for api in [&house.first, &house.second] {
            assert!(!api.get(path).await.text.contains(secret), "{path}");
        }
    }
    let bodies = world.db_read(|reader| ledger::after(reader, 0, 10_000).expect("can be read"));
    let ledger: Vec<u8> = bodies.into_iter().flat_map(|(_, body)| body).collect();
    let ledger = String::from_utf8(ledger).expect("text");
    assert!(!ledger.contains(secret));

    // It waits in the other's list, and not in that of who asked.
    let works = async |api: &Api| api.get("/v1/work-items").await.ok()["items"].clone();
    assert_eq!(
        works(&house.second).await[0]["subject"],
        json!(text(&asked, "id"))
    );
    assert_eq!(works(&house.first).await, json!([]));

    let client = text(&asked["act"]["client"], "id");
    let path = format!("/v1/clients/{client}");
    assert!(!is_let_in(&world, &asked).await);
    house.first.get(&path).await.refused("not_found");
    grants(&house.second, &asked).await.created();
    assert!(is_let_in(&world, &asked).await);
    assert_eq!(house.first.get(&path).await.ok()["role"], "hr_approver");
    grants(&house.second, &asked)
        .await
        .refused("approval_ended");
    // Taking it away is one person's act, at once; so is a new name.
    let etag = house.first.get(&path).await.etag();
    let renamed = json!({ "name": "another" });
    house.first.put(&path, &etag, &renamed).await.ok();
    house
        .first
        .post(&format!("{path}/revocations"), &json!({}))
        .await
        .ok();
    assert!(!is_let_in(&world, &asked).await);
}

pub async fn what_is_not_granted_in_time_never_works(world: World) {
    let house = House::of(&world, "Haven A").await;
    let taken_back = house.asks("hr_officer", None).await;
    ends(&house.first, &taken_back, "withdrawals")
        .await
        .created();
    let declined = house.asks("hr_officer", None).await;
    ends(&house.second, &declined, "declines").await.created();
    let late = house.asks("hr_officer", None).await;
    world.clock.advance(WAITS_MS);
    let second = house.second.again().await;
    for asked in [&taken_back, &declined, &late] {
        grants(&second, asked).await.refused("approval_ended");
        assert!(!is_let_in(&world, asked).await);
    }
}

pub async fn what_changed_meanwhile_must_be_asked_again(world: World) {
    let admin = world.member("Haven A").await;
    let hr = admin.hr(&world).await;
    let (worker, other) = (hr.registers("Peeters").await, hr.registers("Dupont").await);
    let house = House::at(&world, admin).await;
    let person = house.person(None).await;
    let path = format!("/v1/people/{person}");
    let etag = house.second.get(&path).await.etag();
    let becomes = |worker: &str| json!({ "member": house.member, "worker": worker });

    let client = house.asks("hr_approver", Some(&person)).await;
    let one = house.second.put(&path, &etag, &becomes(&worker)).await;
    let two = house.second.put(&path, &etag, &becomes(&other)).await;
    let (one, two) = (one.is(202), two.is(202));
    assert_eq!(one["worker"], json!(worker));
    assert!(house.first.get(&path).await.ok()["worker"].is_null());
    grants(&house.first, &one).await.created();
    assert_eq!(house.first.get(&path).await.ok()["worker"], json!(worker));
    // The person is another than when these were asked for.
    grants(&house.first, &two).await.refused("changed");
    grants(&house.second, &client).await.refused("changed");
    assert!(!is_let_in(&world, &client).await);
    let client = house.asks("hr_approver", Some(&person)).await;
    let mut other = client.clone();
    other["content"] = json!("0".repeat(64));
    grants(&house.second, &other).await.refused("changed");
    grants(&house.second, &client).await.created();
    assert!(is_let_in(&world, &client).await);

    // Who is somebody's record already is nobody else, whoever comes first.
    let said = house.first.post("/v1/people", &becomes(&worker)).await;
    said.refused("invalid");
    let free = hr.registers("Maes").await;
    let one = house
        .first
        .post("/v1/people", &becomes(&free))
        .await
        .is(202);
    let two = house
        .first
        .post("/v1/people", &becomes(&free))
        .await
        .is(202);
    grants(&house.second, &one).await.created();
    grants(&house.second, &two).await.refused("invalid");

    // Who asked and lost the power since has asked for nothing.
    let client = house.asks("hr_officer", None).await;
    revokes(&house.second, &house.first).await;
    grants(&house.second, &client).await.refused("changed");
    let third = recover(&world, &house.member, Administrators::Member).await;
    let third = third.expect("recovers");
    let claes = becomes(&hr.registers("Claes").await);
    let asked = house.second.post("/v1/people", &claes).await.is(202);
    revokes(&third, &house.second).await;
    grants(&third, &asked).await.refused("changed");
}

pub async fn nobody_grants_power_to_themselves(world: World) {
    let admin = world.member("Haven A").await;
    let hr = admin.hr(&world).await;
    let worker = hr.registers("Peeters").await;
    // The second administrator is a worker of the port, under another account too.
    let recorded = json!({ "member": admin.member, "worker": worker });
    let recorded = admin.api.post("/v1/people", &recorded).await.created();
    let first = admin.person(&world, "member_admin").await;
    let second = admin.tool(&world, "member_admin", &recorded).await;
    let house = House {
        first,
        second,
        member: admin.member.clone(),
        admin,
    };
    let own = text(&recorded, "id");
    // For their own person, and as to who they are.
    let asked = house.asks("hr_approver", Some(own)).await;
    grants(&house.second, &asked).await.refused("wrong_person");
    ends(&house.second, &asked, "declines")
        .await
        .refused("wrong_person");
    assert!(!is_let_in(&world, &asked).await);
    // Asking for oneself is no deciding.
    let body = house.client("hr_approver", Some(own));
    let asked = house.second.post("/v1/clients", &body).await.is(202);
    grants(&house.second, &asked).await.refused("wrong_person");
    grants(&house.first, &asked).await.created();
    assert!(is_let_in(&world, &asked).await);
}

/// Who may ask at a house of two for a client, and grant it, by hand.
const MAY: [(&str, u16, bool); 12] = [
    ("gate", 403, false),
    ("hr_officer", 403, false),
    ("hr_approver", 403, false),
    ("screening_officer", 403, false),
    ("screening_approver", 403, false),
    ("facility_officer", 403, false),
    ("duty_officer", 403, false),
    ("registrar", 403, false),
    ("auditor", 403, false),
    ("member_admin", 202, true),
    ("network_admin", 403, false),
    ("register", 403, false),
];

pub async fn every_role_asks_and_grants_in_every_state_as_the_list_says(world: World) {
    let admin = world.member("Haven A").await;
    // One of them is a person's tool in the role of an administrator; with the next the house has two.
    let everybody = everybody(&world, &admin).await;
    let house = Admin::person(&admin, &world, "member_admin").await;
    let client = json!({ "member": admin.member, "name": "a tool", "role": "hr_officer" });
    for ((role, api), (name, asks, may_grant)) in everybody.iter().zip(MAY) {
        assert_eq!(*role, name);
        let said = api.post("/v1/clients", &client).await;
        assert_eq!(said.status.as_u16(), asks, "{role}: {}", said.text);
        for state in ["waiting", "granted", "declined", "withdrawn"] {
            let asked = house.post("/v1/clients", &client).await.is(202);
            let other = &everybody[9].1;
            match state {
                "granted" => drop(grants(other, &asked).await.created()),
                "declined" => drop(ends(other, &asked, "declines").await.created()),
                "withdrawn" => drop(ends(&house, &asked, "withdrawals").await.created()),
                _ => {}
            }
            let was = is_let_in(&world, &asked).await;
            assert_eq!(was, state == "granted");
            let done = grants(api, &asked).await.status == 201;
            assert_eq!(done, may_grant && state == "waiting", "{role}, {state}");
            assert_eq!(
                is_let_in(&world, &asked).await,
                was || done,
                "{role}, {state}"
            );
        }
    }
}

pub async fn it_takes_two_from_the_second_on_and_ever_after(mut world: World) {
    let admin = world.member("Haven A").await;
    let member = format!("/v1/members/{}", admin.member);
    let has_two = async |api: &Api| api.get(&member).await.ok()["two_administrators"] == true;
    let tool = json!({ "member": admin.member, "name": "a tool", "role": "hr_officer" });
    // One, with two tools and one of nobody's, is one.
    let person = json!({ "member": admin.member });
    let person = admin.api.post("/v1/people", &person).await.created();
    let first = admin.tool(&world, "member_admin", &person).await;
    admin.tool(&world, "member_admin", &person).await;
    // Nor is one who is gone, or in another role.
    let gone = admin.person(&world, "hr_officer").await;
    revokes(&first, &gone).await;
    assert!(!has_two(&first).await);
    first.post("/v1/clients", &tool).await.created();
    let second = admin.person(&world, "member_admin").await;
    assert!(has_two(&first).await);
    first.post("/v1/clients", &tool).await.is(202);

    // Without the other it stays so, through a restart and whatever else is changed of the member.
    revokes(&first, &second).await;
    revokes(&first, &admin.api).await;
    let network = world.admin().await.api;
    let etag = network.get(&member).await.etag();
    let body = json!({ "name": "Haven", "kind": "port_authority", "approves_issues": true });
    network.put(&member, &etag, &body).await.ok();
    for restarted in [false, true] {
        if restarted {
            world.restart();
        }
        let first = first.at(world.node.address);
        let asked = first.post("/v1/clients", &tool).await.is(202);
        grants(&first, &asked).await.refused("wrong_person");
        let person = json!({ "member": admin.member });
        first.post("/v1/people", &person).await.is(202);
        assert!(has_two(&first).await);
        let network = network.at(world.node.address);
        network
            .post("/v1/clients", &tool)
            .await
            .refused("forbidden");
    }
    // Nobody says of a member from outside that it has one.
    let network = network.at(world.node.address);
    let etag = network.get(&member).await.etag();
    let mut back = body.clone();
    back["two_administrators"] = json!(false);
    network.put(&member, &etag, &back).await.refused("invalid");
}

pub async fn two_who_come_at_once_are_two(world: World) {
    let admin = world.member("Haven A").await;
    let mut people = Vec::new();
    for _ in 0..4 {
        let person = json!({ "member": admin.member });
        people.push(admin.api.post("/v1/people", &person).await.created());
    }
    let bodies = people.iter().map(|person| {
        json!({ "member": admin.member, "name": "a", "role": "member_admin", "person": person["id"] })
    });
    let bodies: Vec<Value> = bodies.collect();
    let all = bodies
        .iter()
        .map(|body| admin.api.post("/v1/clients", body));
    let said = futures_util::future::join_all(all).await;
    let done = said.iter().filter(|said| said.status == 201).count();
    assert_eq!(done, 2, "the third is asked for, by who is nobody");
    for said in said.into_iter().filter(|said| said.status != 201) {
        said.refused("wrong_person");
    }
}

pub async fn the_operator_lets_somebody_in_again(mut world: World) {
    let house = House::of(&world, "Haven A").await;
    let network = world.admin().await.api;
    for client in [&house.first, &house.second, &house.admin.api] {
        revokes(&network, client).await;
    }
    let before = entries(&world).len();
    let of = Administrators::Member;
    let first = recover(&world, &house.member, of).await.expect("recovers");
    let client = house.client("hr_officer", None);
    let asked = first.post("/v1/clients", &client).await.is(202);
    grants(&first, &asked).await.refused("wrong_person");
    let second = recover(&world, &house.member, of).await.expect("recovers");
    grants(&second, &asked).await.created();
    assert!(is_let_in(&world, &asked).await);

    // The ledger tells who did it, and it is seen as every other client is.
    let told: Vec<Entry> = entries(&world).split_off(before);
    let recovered = told.iter().filter_map(|entry| match &entry.fact {
        Fact::ClientRecovered(client) => Some((entry.by, client.id.to_string())),
        _ => None,
    });
    let recovered: Vec<_> = recovered.collect();
    let wanted = [&first, &second].map(|api| (Actor::System, api.id().to_owned()));
    assert_eq!(recovered, wanted);
    assert_eq!(count(&first, "/v1/clients").await, 6);
    world.restart();
    let first = first.at(world.node.address);
    first.post("/v1/clients", &client).await.is(202);

    let nobody = MemberId::from_u128(9).to_string();
    let refused = recover(&world, &nobody, of)
        .await
        .err()
        .expect("nobody is there");
    assert_eq!(refused.code, portcullis::service::Code::NotFound);
}

pub async fn the_network_has_two_administrators_of_its_own(world: World) {
    let network = world.admin().await;
    let settings =
        async |api: &Api| api.get("/v1/settings").await.ok()["two_administrators"] == true;
    let first = network.person(&world, "network_admin").await;
    assert!(!settings(&first).await);
    let second = network.person(&world, "network_admin").await;
    assert!(settings(&first).await);

    // The first of all is nobody's tool: it asks for nothing any more.
    let role = |role: &str| json!({ "member": network.member, "name": "a tool", "role": role });
    let body = role("register");
    network
        .api
        .post("/v1/clients", &body)
        .await
        .refused("wrong_person");
    let share = json!({ "share_for_cause": true });
    network
        .api
        .post("/v1/settings", &share)
        .await
        .refused("wrong_person");
    // What reaches every member, and what is done at one that has not two of its own, two do.
    let plain = json!({ "name": "Haven A", "kind": "port_authority" });
    let haven = first.post("/v1/members", &plain).await.created();
    let haven = text(&haven, "id");
    let admin = json!({ "member": haven, "name": "a", "role": "member_admin" });
    for body in [role("register"), role("network_admin"), admin] {
        let asked = first.post("/v1/clients", &body).await.is(202);
        grants(&first, &asked).await.refused("wrong_person");
        grants(&network.api, &asked).await.refused("wrong_person");
        assert!(!is_let_in(&world, &asked).await);
        grants(&second, &asked).await.created();
        assert!(is_let_in(&world, &asked).await);
    }
    // To change the settings undoes nothing of it.
    let asked = first.post("/v1/settings", &share).await.is(202);
    assert_eq!(asked["act"]["settings"]["two_administrators"], json!(true));
    grants(&second, &asked).await.created();
    assert!(settings(&first).await);
    revokes(&first, &second).await;
    let asked = first.post("/v1/clients", &role("register")).await.is(202);
    assert!(!is_let_in(&world, &asked).await);
    let third = recover(&world, &network.member, Administrators::Network).await;
    grants(&third.expect("recovers"), &asked).await.created();
}

pub async fn a_place_is_opened_by_two_and_shut_by_one(world: World) {
    let admin = world.member("Haven A").await;
    let hr = admin.hr(&world).await;
    let facility = admin.facility(json!({ "security_level": 2 })).await;
    let zone = |requires: Option<&str>| json!({ "facility": facility, "name": "Loods 4", "requires": requires });
    let cargo = zone(Some("cargo_access"));
    let cargo = admin.api.post("/v1/zones", &cargo).await.created();
    let cargo = text(&cargo, "id").to_owned();
    let free = admin.api.post("/v1/zones", &zone(None)).await.created();
    let free = text(&free, "id").to_owned();
    let gate = admin
        .gate_at(
            &world,
            &facility,
            &[&hr.card_system],
            json!({ "zone": cargo }),
        )
        .await;
    let pass = hr.issues().await;
    let house = House::at(&world, admin).await;
    let is_let = async || verdict(&gate.asks_about(&pass).await).0 == "permit";
    assert!(!is_let().await, "who is not cleared");

    let (first, second) = (&house.first, &house.second);
    let put = async |api: &Api, path: &str, body: &Value| {
        let etag = api.get(path).await.etag();
        api.put(path, &etag, body).await
    };
    let cargo_path = format!("/v1/zones/{cargo}");
    let gate_path = format!("/v1/gates/{}", gate.gate);
    let led = |zone: Option<&str>| {
        json!({ "facility": facility, "zone": zone, "name": "Poort 1", "direction": "in",
            "card_systems": [hr.card_system] })
    };
    // Taken off the zone, or something else required; or its gate led past it.
    for (path, opened, shut) in [
        (&cargo_path, zone(None), zone(Some("cargo_access"))),
        (&gate_path, led(None), led(Some(&cargo))),
        (&gate_path, led(Some(&free)), led(Some(&cargo))),
    ] {
        let network = world.admin().await.api;
        put(&network, path, &opened).await.refused("forbidden");
        put(&house.admin.api, path, &opened)
            .await
            .refused("wrong_person");
        let declined = put(first, path, &opened).await.is(202);
        assert_eq!(declined["act"]["act"], "open_place");
        grants(first, &declined).await.refused("wrong_person");
        ends(second, &declined, "declines").await.created();
        let asked = put(first, path, &opened).await.is(202);
        let other = put(first, path, &opened).await.is(202);
        assert!(!is_let().await, "{path}");
        grants(second, &asked).await.created();
        assert!(is_let().await, "{path}");
        grants(second, &other).await.refused("changed");
        // One shuts it at once.
        put(first, path, &shut).await.ok();
        assert!(!is_let().await, "{path}");
    }
    let other = zone(Some("cargo_data"));
    put(first, &cargo_path, &other).await.is(202);
    let named = put(first, &cargo_path, &zone(Some("cargo_access"))).await;
    named.ok();

    // A lower level, but not a higher one, nor anything else of the facility.
    let path = format!("/v1/facilities/{facility}");
    let level = |level: u8| {
        json!({ "member": house.member, "name": "Kaai 730", "kind": "port_facility", "locode": "BEANR",
            "security_level": level })
    };
    put(first, &path, &level(3)).await.ok();
    put(first, &path, &level(3)).await.ok();
    let asked = put(first, &path, &level(1)).await.is(202);
    let shown = async || first.get(&path).await.ok()["security_level"].clone();
    assert_eq!(shown().await, json!(3));
    grants(second, &asked).await.created();
    assert_eq!(shown().await, json!(1));

    // With one administrator there is nobody to ask.
    let alone = world.member("Haven B").await;
    let facility = alone.facility(json!({ "security_level": 2 })).await;
    let path = format!("/v1/facilities/{facility}");
    let lower = json!({ "member": alone.member, "name": "Kaai 730", "kind": "port_facility", "locode": "BEANR" });
    put(&alone.api, &path, &lower).await.ok();
}
