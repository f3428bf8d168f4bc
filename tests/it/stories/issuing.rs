//! From the request to the badge in the worker's hand, and back.

use serde_json::{Value, json};

use super::bans::confirms_the_match;
use crate::support::World;
use crate::support::actors::{Admin, GateActor, Hr, Pass, Said, verdict};
use crate::support::world::text;

/// A port where a second person grants what is issued, and a gate there.
struct Office {
    admin: Admin,
    hr: Hr,
    gate: GateActor,
}

impl Office {
    async fn of(world: &World) -> Self {
        let admin = world.approving_member("Haven A").await;
        let hr = admin.hr(world).await;
        let gate = admin.gate(world, &[&hr.card_system]).await;
        Self { admin, hr, gate }
    }

    async fn asks(&self, worker: &str) -> Value {
        let body = json!({ "worker": worker, "valid_until": "2027-01-01T00:00:00Z" });
        self.hr.api.post("/v1/credentials", &body).await.is(202)
    }

    async fn grants(&self, asked: &Value) -> Said {
        let path = format!("/v1/approvals/{}/grants", text(asked, "id"));
        let content = json!({ "content": asked["content"] });
        self.hr.approver.post(&path, &content).await
    }

    /// A credential that was asked for and granted.
    async fn approved(&self, worker: &str) -> String {
        let asked = self.asks(worker).await;
        self.grants(&asked).await.created();
        text(&asked["act"]["credential"], "id").to_owned()
    }

    async fn adds_a_badge(&self, credential: &str, number: &str) -> Said {
        let card =
            json!({ "card_system": self.hr.card_system, "format": "number", "value": number });
        let badge = json!({ "medium": "card", "cards": [card] });
        let path = format!("/v1/credentials/{credential}/badges");
        self.hr.api.post(&path, &badge).await
    }

    async fn hands_over(&self, credential: &str) -> Said {
        let path = format!("/v1/credentials/{credential}/handovers");
        self.hr.api.post(&path, &json!({})).await
    }

    async fn state(&self, credential: &str) -> Value {
        let path = format!("/v1/credentials/{credential}");
        self.hr.api.get(&path).await.ok()["state"].clone()
    }
}

fn pass(credential: &str, worker: &str, number: &str) -> Pass {
    Pass {
        number: number.into(),
        credential: credential.into(),
        worker: worker.into(),
    }
}

pub async fn what_a_second_person_grants_is_good_when_it_was_handed_over(world: World) {
    let office = Office::of(&world).await;
    let worker = office.hr.registers("Peeters").await;
    // Nothing is printed for what nobody granted.
    let card = json!({ "card_system": office.hr.card_system, "format": "number", "value": "4711" });
    let badges = json!([{ "medium": "card", "cards": [card] }]);
    let body = json!({ "worker": worker, "valid_until": "2027-01-01T00:00:00Z", "badges": badges });
    let problem = office.hr.api.post("/v1/credentials", &body).await;
    assert_eq!(
        problem.refused("invalid")["errors"][0]["pointer"],
        "/badges"
    );

    let asked = office.asks(&worker).await;
    assert_eq!(asked["act"]["act"], "issue_credential");
    let path = format!("/v1/approvals/{}/grants", text(&asked, "id"));
    let content = json!({ "content": asked["content"] });
    let own = office.hr.api.post(&path, &content).await;
    own.refused("forbidden");
    let id = text(&asked["act"]["credential"], "id").to_owned();
    let shown = format!("/v1/credentials/{id}");
    office.hr.api.get(&shown).await.refused("not_found");
    let waits = async || {
        let path = "/v1/work-items?kind=handover";
        let page = office.hr.api.get(path).await.ok();
        let items = page["items"].as_array().expect("items").clone();
        items
            .iter()
            .map(|item| text(item, "subject").to_owned())
            .collect::<Vec<_>>()
    };
    assert!(waits().await.is_empty());
    office.grants(&asked).await.created();
    assert_eq!(office.state(&id).await, "approved");
    assert_eq!(
        waits().await,
        std::slice::from_ref(&id),
        "it is somebody's work"
    );

    office.hands_over(&id).await.refused("conflict");
    office.adds_a_badge(&id, "880000101").await.created();
    let card = pass(&id, &worker, "880000101");
    let answer = office.gate.asks_about(&card).await;
    assert_eq!(verdict(&answer), ("deny", "not_valid"));
    let over = office.hands_over(&id).await.created();
    assert_eq!(over["state"], "active");
    assert!(waits().await.is_empty());
    let answer = office.gate.asks_about(&card).await;
    assert_eq!(verdict(&answer), ("permit", "valid"));
    office.hands_over(&id).await.refused("conflict");
    // No second badge beside the first, which nobody would hand over.
    let more = office.adds_a_badge(&id, "880000106").await;
    more.refused("conflict");
}

pub async fn what_changed_meanwhile_must_be_asked_again(world: World) {
    let office = Office::of(&world).await;
    let worker = office.hr.registers("Peeters").await;
    // Whose record it is was changed after it was asked for.
    let asked = office.asks(&worker).await;
    let path = format!("/v1/workers/{worker}");
    let etag = office.hr.api.get(&path).await.etag();
    let other =
        json!({ "family_name": "Janssens", "given_names": "An", "birth_date": "1990-05-01" });
    office.hr.api.put(&path, &etag, &other).await.ok();
    office.grants(&asked).await.refused("changed");
    // What it rests on ended.
    let path = format!("/v1/workers/{worker}/engagements");
    let body = json!({ "employer": "Stuwadoor Noord" });
    let engagement = office.hr.api.post(&path, &body).await.created();
    let body = json!({ "worker": worker, "engagement": engagement["id"],
        "valid_until": "2027-01-01T00:00:00Z" });
    let asked = office.hr.api.post("/v1/credentials", &body).await.is(202);
    let end = format!("/v1/engagements/{}/end", text(&engagement, "id"));
    office.hr.api.post(&end, &json!({})).await.ok();
    office.grants(&asked).await.refused("invalid");
    let listed = office.hr.api.get("/v1/credentials").await.ok();
    assert_eq!(listed["items"], json!([]));
}

pub async fn what_is_not_handed_over_can_be_stopped(world: World) {
    let office = Office::of(&world).await;
    let worker = office.hr.registers("Peeters").await;
    let id = office.approved(&worker).await;
    office.adds_a_badge(&id, "880000102").await.created();
    let at = |what: &str| format!("/v1/credentials/{id}/{what}");
    let body = json!({ "reason": "under_inquiry" });
    let said = office.hr.api.post(&at("suspensions"), &body).await;
    said.refused("not_handed_over");
    let said = office
        .hr
        .api
        .post(&at("lifts"), &json!({ "kind": "dormant" }))
        .await;
    said.refused("not_suspended");
    // For cause it could not be shut until a second person says so.
    let body = json!({ "reason": "lent_or_shared" });
    let said = office.hr.api.post(&at("revocations"), &body).await;
    said.refused("not_handed_over");
    let body = json!({ "reason": "issued_in_error" });
    office
        .hr
        .api
        .post(&at("revocations"), &body)
        .await
        .created();
    office.hands_over(&id).await.refused("credential_revoked");
    assert_eq!(office.state(&id).await, "revoked");
}

pub async fn one_person_issues_when_two_administrators_say_so(world: World) {
    let office = Office::of(&world).await;
    let [first, second] = world.network_admins().await;
    let path = format!("/v1/members/{}", office.admin.member);
    let shown = first.get(&path).await;
    let etag = shown.etag();
    let body = json!({ "name": "Haven A", "kind": "port_authority", "approves_issues": false });
    let problem = first.put(&path, &etag, &body).await.refused("invalid");
    assert_eq!(problem["errors"][0]["pointer"], "/approves_issues");
    let by_one = format!("{path}/issuing-by-one");
    let asked = first.post(&by_one, &json!({})).await;
    let worker = office.hr.registers("Peeters").await;
    office.asks(&worker).await;
    let set = second.seconds(asked, &path).await.created();
    assert_eq!(set["approves_issues"], false);
    let said = office.hr.issues_to_worker(&worker).await;
    assert_eq!(office.state(&said.credential).await, "active");
    first.post(&by_one, &json!({})).await.refused("conflict");
    // Back again is no weaker, and takes one.
    let etag = first.get(&path).await.etag();
    let body = json!({ "name": "Haven A", "kind": "port_authority", "approves_issues": true });
    first.put(&path, &etag, &body).await.ok();
    office.asks(&worker).await;
}

pub async fn a_lost_badge_is_handed_over_like_the_first(world: World) {
    let office = Office::of(&world).await;
    let worker = office.hr.registers("Peeters").await;
    let id = office.approved(&worker).await;
    office.adds_a_badge(&id, "880000103").await.created();
    let card =
        json!({ "card_system": office.hr.card_system, "format": "number", "value": "880000104" });
    let body = json!({ "reason": "lost", "badges": [{ "medium": "card", "cards": [card] }] });
    let path = format!("/v1/credentials/{id}/replacements");
    let early = office.hr.api.post(&path, &body).await;
    early.refused("not_handed_over");
    office.hands_over(&id).await.created();
    let new = office.hr.api.post(&path, &body).await.created();
    let new = text(&new, "id").to_owned();
    assert_eq!(office.state(&id).await, "revoked");
    assert_eq!(office.state(&new).await, "approved");
    let card = pass(&new, &worker, "880000104");
    let answer = office.gate.asks_about(&card).await;
    assert_eq!(verdict(&answer), ("deny", "not_valid"));
    office.hands_over(&new).await.created();
    let answer = office.gate.asks_about(&card).await;
    assert_eq!(verdict(&answer), ("permit", "valid"));
}

pub async fn a_badge_comes_back_when_its_credential_is_over(world: World) {
    let office = Office::of(&world).await;
    let worker = office.hr.registers("Peeters").await;
    let id = office.approved(&worker).await;
    let with = office.adds_a_badge(&id, "880000105").await.created();
    let badge = json!({ "badge": with["badges"][0]["id"] });
    office.hands_over(&id).await.created();
    let at = |what: &str| format!("/v1/credentials/{id}/{what}");
    let early = office.hr.api.post(&at("recoveries"), &badge).await;
    early.refused("conflict");
    let other = json!({ "badge": "bdg_00000000000070008000000000000000" });
    let lost = json!({ "reason": "employment_ended" });
    office
        .hr
        .api
        .post(&at("revocations"), &lost)
        .await
        .created();
    office
        .hr
        .api
        .post(&at("recoveries"), &other)
        .await
        .refused("not_found");
    let back = office
        .hr
        .api
        .post(&at("recoveries"), &badge)
        .await
        .created();
    assert_eq!(back["state"], "revoked");
    assert_eq!(
        back["badges"][0]["recovered_at"],
        "2026-03-02T07:30:00.000Z"
    );
    let again = office.hr.api.post(&at("recoveries"), &badge).await;
    again.refused("conflict");
}

const FILE_HEADER: &str = "Personeelsnummer;Naam;Voornaam;Werkgever;Badgenummer;Geldig tot\n";

impl Office {
    /// Somebody with this staff number.
    async fn employs(&self, name: &str, staff_number: &str) -> String {
        let worker = self.hr.registers(name).await;
        let path = format!("/v1/workers/{worker}/engagements");
        let body = json!({ "employer": "Stuwadoor Noord", "staff_number": staff_number });
        self.hr.api.post(&path, &body).await.created();
        worker
    }

    /// Brings in a file and asks for it to be applied: the import, and the approval it waits for.
    async fn brings(&self, rows: &str) -> (String, Value) {
        let query = format!(
            "purpose=credentials&card_system={}&default_format=number",
            self.hr.card_system
        );
        let file = format!("{FILE_HEADER}{rows}");
        let checked = self.hr.brings(&query, file.into()).await.created();
        let id = text(&checked, "id").to_owned();
        let waits = self.hr.applies(&id).await.is(202);
        let approval = format!("/v1/approvals/{}", text(&waits, "approval"));
        (id, self.hr.approver.get(&approval).await.ok())
    }

    async fn renames(&self, worker: &str, name: &str) {
        let path = format!("/v1/workers/{worker}");
        let etag = self.hr.api.get(&path).await.etag();
        let body = json!({ "family_name": name, "given_names": "Mara" });
        self.hr.api.put(&path, &etag, &body).await.ok();
    }

    async fn verdict(&self, number: &str) -> String {
        let card = json!({ "card": { "format": "number", "value": number } });
        let answer = self.gate.asks(card).await.ok();
        text(&answer, "decision").to_owned()
    }
}

pub async fn a_file_is_granted_as_it_was_shown_or_not_at_all(world: World) {
    let office = Office::of(&world).await;
    let worker = office.employs("Janssens", "S-2").await;
    let rows = "S-1;Maes;Jan;Stuwadoor Noord;880000201;31/12/2026\n\
                S-2;Peeters;Mara;Stuwadoor Noord;880000202;31/12/2026\n";
    let (id, approval) = office.brings(rows).await;
    assert_eq!(approval["act"]["new"], 1);
    // Who is asked sees why the other is left out.
    let path = format!("/v1/imports/{id}");
    let seen = office.hr.approver.get(&path).await.ok();
    assert_eq!(seen["rows"][0]["problems"][0]["code"], "other_person");
    let approve = office.hr.approver.applies(&id).await;
    approve.refused("forbidden");

    office.renames(&worker, "Peeters").await;
    office.grants(&approval).await.refused("changed");
    assert_eq!(office.hr.api.get(&path).await.ok()["state"], "checked");
    for number in ["880000201", "880000202"] {
        assert_eq!(
            office.verdict(number).await,
            "unknown",
            "nothing is half done"
        );
    }
    // Less than was shown is granted.
    office.renames(&worker, "Janssens").await;
    office.grants(&approval).await.created();
    let done = office.hr.awaits(&id).await;
    assert_eq!(
        (&done["state"], &done["counts"]["new"]),
        (&json!("applied"), &json!(1))
    );
    assert_eq!(office.verdict("880000201").await, "permit");
    assert_eq!(office.verdict("880000202").await, "unknown");
}

pub async fn nobody_grants_a_file_with_a_row_about_themselves(world: World) {
    let office = Office::of(&world).await;
    let granter = office.employs("Peeters", "S-3").await;
    let about = json!({ "member": office.admin.member, "worker": granter });
    let person = office.admin.api.post("/v1/people", &about).await.created();
    let granter = office.admin.tool(&world, "hr_approver", &person).await;
    let rows = "S-1;Maes;Jan;Stuwadoor Noord;880000203;31/12/2026\n\
                S-3;Peeters;Mara;Stuwadoor Noord;880000204;31/12/2026\n";
    let (id, approval) = office.brings(rows).await;
    assert_eq!(approval["act"]["new"], 2);
    let path = format!("/v1/approvals/{}/grants", text(&approval, "id"));
    let content = json!({ "content": approval["content"] });
    granter.post(&path, &content).await.refused("wrong_person");
    let shown = office.hr.api.get(&format!("/v1/imports/{id}")).await.ok();
    assert_eq!(shown["state"], "checked");
    office.grants(&approval).await.created();
    let done = office.hr.awaits(&id).await;
    assert_eq!(done["counts"]["new"], 2);

    // The same with a list of badges to revoke.
    let numbers: Vec<String> = (0..20).map(|n| format!("8800003{n:02}")).collect();
    let rows = numbers
        .iter()
        .enumerate()
        .map(|(nth, number)| format!("T-{nth};Maes;Jan;Stuwadoor Noord;{number};31/12/2026\n"));
    let (id, approval) = office.brings(&rows.collect::<String>()).await;
    office.grants(&approval).await.created();
    office.hr.awaits(&id).await;
    let query = format!(
        "purpose=revocations&card_system={}&default_format=number&reason=stolen",
        office.hr.card_system
    );
    let file = format!("Badgenummer\n880000204\n{}\n", numbers.join("\n"));
    let checked = office.hr.brings(&query, file.into()).await.created();
    let waits = office.hr.applies(text(&checked, "id")).await.is(202);
    let path = format!("/v1/approvals/{}", text(&waits, "approval"));
    let approval = office.hr.api.get(&path).await.ok();
    let path = format!("{path}/grants");
    let content = json!({ "content": approval["content"] });
    granter.post(&path, &content).await.refused("wrong_person");
    assert_eq!(office.verdict("880000204").await, "permit");
    office.grants(&approval).await.created();
    office.hr.awaits(text(&checked, "id")).await;
    assert_eq!(office.verdict("880000204").await, "deny");
}

pub async fn who_bears_no_document_gets_nothing(world: World) {
    let a = world.member("Haven A").await;
    let hr = a.hr(&world).await;
    let without = json!({ "family_name": "Maes", "given_names": "Lotte" });
    let said = hr.api.post("/v1/workers", &without).await;
    let etag = said.etag();
    let worker = text(&said.created(), "id").to_owned();
    let (said, _) = hr.tries_to_issue_to(&worker).await;
    let problem = said.refused("invalid");
    let error = &problem["errors"][0];
    assert_eq!(
        (text(error, "pointer"), text(error, "code")),
        ("/worker", "no_document")
    );
    let with = json!({ "family_name": "Maes", "given_names": "Lotte",
        "documents": [{ "kind": "passport", "country": "BEL", "number": "EH777777" }] });
    let path = format!("/v1/workers/{worker}");
    hr.api.put(&path, &etag, &with).await.ok();
    hr.issues_to_worker(&worker).await;
}

pub async fn what_was_granted_to_one_is_not_handed_over_to_another(world: World) {
    let office = Office::of(&world).await;
    let hr = &office.hr;
    let worker = hr.registers("Maes").await;
    let path = format!("/v1/workers/{worker}");
    let amends = async |name: &str| {
        let said = hr.api.get(&path).await;
        let etag = said.etag();
        let documents = said.ok()["documents"].clone();
        let body = json!({ "family_name": name, "given_names": "Mara", "documents": documents });
        hr.api.put(&path, &etag, &body).await
    };
    amends("Claes").await.ok();
    let credential = office.approved(&worker).await;
    amends("Peeters").await.refused("conflict");
    office.adds_a_badge(&credential, "77004401").await.created();
    amends("Peeters").await.refused("conflict");
    office.hands_over(&credential).await.created();
    amends("Peeters").await.ok();
    // What is stopped stands in nobody's way either.
    let credential = office.approved(&worker).await;
    amends("Maes").await.refused("conflict");
    let pass = Pass {
        worker: worker.clone(),
        credential,
        number: String::new(),
    };
    hr.revokes(&pass, "need_ended").await.created();
    amends("Maes").await.ok();
}

pub async fn who_lost_a_credential_for_cause_gets_another_by_two(world: World) {
    let (a, b) = (world.member("Haven A").await, world.member("Haven B").await);
    let (hr, other) = (a.hr(&world).await, b.hr(&world).await);
    let pass = hr.issues_on("EH454545").await;
    let said = hr.revokes(&pass, "lent_or_shared").await;
    let shown = format!("/v1/credentials/{}", pass.credential);
    hr.approver.seconds(said, &shown).await.created();
    // Neither here nor, once it is known who they are, elsewhere does one person issue to them.
    let known = json!([crate::stories::bans::passport("EH454545")]);
    let at_b = other.registers_with(known).await.created();
    confirms_the_match(&hr).await;
    for (hr, worker) in [(&hr, &*pass.worker), (&other, text(&at_b, "id"))] {
        let (said, _) = hr.tries_to_issue_to(worker).await;
        let problem = said.refused("invalid");
        assert_eq!(problem["errors"][0]["pointer"], "/badges", "{problem}");
        let body = json!({ "worker": worker, "valid_until": "2027-01-01T00:00:00Z" });
        let asked = hr.api.post("/v1/credentials", &body).await.is(202);
        hr.approver.grants(&asked).await;
        let credential = text(&asked["act"]["credential"], "id");
        let path = format!("/v1/credentials/{credential}");
        assert_eq!(hr.api.get(&path).await.ok()["state"], "approved");
    }
    // What was revoked wrongly counts no more.
    let corrections = format!("{shown}/corrections");
    let asked = hr.approver.post(&corrections, &json!({})).await.is(202);
    let registrar = a.person(&world, "registrar").await;
    registrar.grants(&asked).await;
    let (said, _) = hr.tries_to_issue_to(&pass.worker).await;
    said.created();
}
