//! Two administrators: nobody makes a second person alone, nor opens a place, from when there were two on.

use portcullis::domain::approval::WAITS_MS;
use portcullis::domain::ids::MemberId;
use portcullis::domain::network::Administrators;
use portcullis::domain::text::Name;
use portcullis::ledger::entry::{Actor, Entry, Fact};
use portcullis::service::{Error, administrators};
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
    api.post(&path, &json!({})).await
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
    let work = move |tx: &mut _| administrators::recover(tx, member, of, name.clone());
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
    let twice = [
        house.first.post("/v1/people", &becomes(&worker)).await,
        house.second.post("/v1/people", &becomes(&worker)).await,
    ];
    for said in twice {
        said.refused("invalid");
    }
    let free = hr.registers("Maes").await;
    let one = house.first.post("/v1/people", &becomes(&free)).await.is(202);
    let two = house.first.post("/v1/people", &becomes(&free)).await.is(202);
    grants(&house.second, &one).await.created();
    grants(&house.second, &two).await.refused("invalid");

    // Who asked and lost the power since has asked for nothing.
    let client = house.asks("hr_officer", None).await;
    revokes(&house.second, &house.first).await;
    grants(&house.second, &client).await.refused("wrong_person");
    let third = recover(&world, &house.member, Administrators::Member).await;
    let third = third.expect("recovers");
    let asked = house.second.post("/v1/people", &becomes(&hr.registers("Claes").await));
    let asked = asked.await.is(202);
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
    let third = admin.person(&world, "member_admin").await.refused_or();
    let house = House {
        first,
        second,
        member: admin.member.clone(),
        admin,
    };
    let _ = third;
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
