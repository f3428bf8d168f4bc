//! Files of HR systems, from the upload to the gate. What each oddity of a file comes to is tested beside its reader.

use encoding_rs::WINDOWS_1252;
use portcullis::store::ledger;
use serde_json::{Value, json};

use crate::support::World;
use crate::support::actors::{GateActor, Hr, verdict};
use crate::support::world::text;

const HEADER: &str =
    "Personeelsnummer;Naam;Voornaam;Werkgever;Badgenummer;Geldig tot;Opmerking\r\n";

/// As Excel in western Europe writes it: semicolons, Windows-1252.
fn file() -> Vec<u8> {
    let rows = [
        "00417;Peeters;Zoë;Stuwadoors België nv;71000001;31/12/2027;ploeg A\r\n",
        "00418;Müller;Jörg;Stuwadoors België nv;71000002;31/12/2027;\r\n",
        "00419;Claeys;Inès;Stuwadoors België nv;71000003;31/12/2027;\r\n",
        "00420;Maes;Jan;Stuwadoors België nv;7,1E+07;31/12/2027;\r\n",
        "00421;Wouters;Els;Stuwadoors België nv;71000005;;\r\n",
        "00418;Janssens;Piet;Stuwadoors België nv;71000006;31/12/2027;\r\n",
    ];
    WINDOWS_1252
        .encode(&(HEADER.to_owned() + &rows.concat()))
        .0
        .into_owned()
}

fn workers(hr: &Hr) -> String {
    format!(
        "purpose=credentials&card_system={}&default_format=number",
        hr.card_system
    )
}

fn revocations(hr: &Hr) -> String {
    format!(
        "purpose=revocations&card_system={}&default_format=number&reason=stolen",
        hr.card_system
    )
}

fn db_seq(world: &World) -> u64 {
    world
        .db_read(|reader| ledger::head(reader).expect("reads").expect("is there"))
        .seq()
}

async fn asks(gate: &GateActor, number: &str) -> Value {
    gate.asks(json!({ "card": { "format": "number", "value": number } }))
        .await
        .ok()
}

/// Line, outcome, column and fault of each row that is not simply taken over.
fn notable(import: &Value) -> Vec<(u64, &str, &str, &str)> {
    let rows = import["rows"].as_array().expect("rows").iter();
    rows.flat_map(|row| {
        let problems = row["problems"].as_array().expect("problems").iter();
        problems.map(|problem| {
            assert!(text(problem, "message").ends_with('.'), "{problem}");
            (
                row["line"].as_u64().expect("a line"),
                text(row, "outcome"),
                problem["column"].as_str().unwrap_or_default(),
                text(problem, "code"),
            )
        })
    })
    .collect()
}

pub async fn a_file_opens_gates_and_changes_nothing_the_second_time(world: World) {
    let a = world.member("Haven A").await;
    let hr = a.hr(&world).await;
    let gate = a.gate(&world, &[&hr.card_system]).await;
    let before = db_seq(&world);

    let checked = hr.brings(&workers(&hr), file()).await.created();
    assert_eq!(checked["state"], "checked");
    assert_eq!(
        checked["understood"],
        json!({ "kind": "csv", "encoding": "Windows-1252", "delimiter": "semicolon", "header_line": 1, "rows": 6 })
    );
    let columns = [
        ("Personeelsnummer", json!("staff_number")),
        ("Naam", json!("family_name")),
        ("Voornaam", json!("given_names")),
        ("Werkgever", json!("employer")),
        ("Badgenummer", json!("card_number")),
        ("Geldig tot", json!("valid_until")),
        ("Opmerking", Value::Null),
    ]
    .map(|(header, column)| json!({ "header": header, "column": column }));
    assert_eq!(checked["columns"], json!(columns));
    assert_eq!(checked["dates"], "day_first");
    let counts = json!({ "new": 3, "same": 0, "conflict": 1, "unusable": 2 });
    assert_eq!(checked["counts"], counts);
    let bad = [
        (5, "unusable", "Badgenummer", "scientific_notation"),
        (6, "unusable", "Geldig tot", "no_last_day"),
        (7, "conflict", "Personeelsnummer", "other_person"),
    ];
    assert_eq!(notable(&checked), bad);
    assert_eq!(db_seq(&world), before, "a dry run changes nothing");
    let unknown = asks(&gate, "71000002").await;
    assert_eq!(verdict(&unknown), ("unknown", "unknown"));

    let id = text(&checked, "id");
    assert_eq!(hr.applies(id).await.is(202)["state"], "applying");
    let applied = hr.awaits(id).await;
    assert_eq!(applied["state"], "applied", "{applied}");
    assert_eq!(
        (&applied["counts"], &applied["rows_done"]),
        (&counts, &json!(6)),
        "the run does what the dry run said"
    );
    assert_eq!(notable(&applied), bad);
    hr.applies(id).await.refused("import_state");
    // A worker, an engagement and a credential each.
    assert_eq!(db_seq(&world), before + 3 * 3);
    let permit = asks(&gate, "71000002").await;
    assert_eq!(verdict(&permit), ("permit", "valid"));
    for left_out in ["71000", "71000005", "71000006"] {
        assert_eq!(asks(&gate, left_out).await["decision"], "unknown");
    }
    let credential = format!("/v1/credentials/{}", text(&permit, "credential"));
    let credential = hr.api.get(&credential).await.ok();
    assert_eq!(
        credential["valid_until"], "2027-12-31T23:00:00.000Z",
        "to the end of the last day, in Brussels"
    );
    let worker = format!("/v1/workers/{}", text(&credential, "worker"));
    let worker = hr.api.get(&worker).await.ok();
    assert_eq!(
        (text(&worker, "family_name"), text(&worker, "given_names")),
        ("Müller", "Jörg")
    );

    let after = db_seq(&world);
    let again = hr.brings(&workers(&hr), file()).await.created();
    let same = json!({ "new": 0, "same": 3, "conflict": 1, "unusable": 2 });
    assert_eq!(again["counts"], same);
    let id = text(&again, "id");
    hr.applies(id).await.is(202);
    let again = hr.awaits(id).await;
    assert_eq!(
        (&again["state"], &again["counts"]),
        (&json!("applied"), &same)
    );
    assert_eq!(db_seq(&world), after, "the same file changes nothing");
    assert_eq!(verdict(&asks(&gate, "71000002").await), ("permit", "valid"));
}

pub async fn a_file_without_a_usable_row_is_refused(world: World) {
    let a = world.member("Haven A").await;
    let hr = a.hr(&world).await;
    let before = db_seq(&world);
    let pointers = |problem: Value| -> Vec<(String, String)> {
        let errors = problem["errors"].as_array().expect("errors").iter();
        errors
            .map(|error| (text(error, "pointer").into(), text(error, "code").into()))
            .collect()
    };
    let own = |faults: &[(&str, &str)]| -> Vec<(String, String)> {
        let own = |&(pointer, code): &(&str, &str)| (pointer.to_owned(), code.to_owned());
        faults.iter().map(own).collect()
    };
    let rows = "00420;Maes;Jan;X nv;7,1E+07;31/12/2027;\r\n00421;Wouters;Els;X nv;71000005;;\r\n";
    let said = hr
        .brings(&workers(&hr), (HEADER.to_owned() + rows).into())
        .await;
    assert_eq!(said.status, 422);
    assert_eq!(
        pointers(said.refused("unusable_file")),
        own(&[
            ("line 2, Badgenummer", "scientific_notation"),
            ("line 3, Geldig tot", "no_last_day"),
        ])
    );
    for (file, pointer, code) in [
        (HEADER, "", "no_rows"),
        ("", "", "empty_file"),
        ("Nummer;Naam\r\n1;Maes\r\n", "header", "ambiguous_header"),
    ] {
        let said = hr.brings(&workers(&hr), file.into()).await;
        let faults = pointers(said.refused("unusable_file"));
        assert_eq!(faults[..1], own(&[(pointer, code)]), "{file:?}");
    }
    // A list of badges that nobody issued.
    let said = hr
        .brings(&revocations(&hr), "Badgenummer\r\n5555\r\n".into())
        .await;
    assert_eq!(
        pointers(said.refused("unusable_file")),
        own(&[("line 2, Badgenummer", "not_found")])
    );
    assert_eq!(db_seq(&world), before);
}

pub async fn badges_on_a_list_are_refused_at_once_in_another_port(world: World) {
    let (a, b) = (world.member("Haven A").await, world.member("Haven B").await);
    let hr = b.hr(&world).await;
    let gate = a.gate(&world, &[&hr.card_system]).await;
    let (first, second, other) = (hr.issues().await, hr.issues().await, hr.issues().await);
    for pass in [&first, &second, &other] {
        assert_eq!(verdict(&gate.asks_about(pass).await), ("permit", "valid"));
    }
    let list = format!(
        "Badgenummer\r\n{}\r\n{}\r\n5555\r\n",
        first.number, second.number
    );
    let checked = hr
        .brings(&revocations(&hr), list.clone().into())
        .await
        .created();
    assert_eq!(
        checked["counts"],
        json!({ "new": 2, "same": 0, "conflict": 0, "unusable": 1 })
    );
    assert_eq!(
        notable(&checked),
        [(4, "unusable", "Badgenummer", "not_found")]
    );
    assert_eq!(
        verdict(&gate.asks_about(&first).await),
        ("permit", "valid"),
        "nothing is changed yet"
    );

    let id = text(&checked, "id");
    hr.applies(id).await.is(202);
    assert_eq!(hr.awaits(id).await["state"], "applied");
    for pass in [&first, &second] {
        let denied = gate.asks_about(pass).await;
        assert_eq!(verdict(&denied), ("deny", "not_valid"));
        let path = format!("/v1/credentials/{}", pass.credential);
        let record = hr.api.get(&path).await.ok();
        assert_eq!(
            (text(&record, "state"), text(&record, "reason")),
            ("revoked", "stolen")
        );
    }
    assert_eq!(
        verdict(&gate.asks_about(&other).await),
        ("permit", "valid"),
        "who is not on the list is not touched"
    );
    let again = hr.brings(&revocations(&hr), list.into()).await.created();
    assert_eq!(
        again["counts"],
        json!({ "new": 0, "same": 2, "conflict": 0, "unusable": 1 })
    );
}

pub async fn an_import_is_its_members_alone(world: World) {
    let (a, b) = (world.member("Haven A").await, world.member("Haven B").await);
    let (hr_of_a, hr_of_b) = (a.hr(&world).await, b.hr(&world).await);
    let checked = hr_of_a.brings(&workers(&hr_of_a), file()).await.created();
    let id = text(&checked, "id");
    let path = format!("/v1/imports/{id}");

    let before = db_seq(&world);
    let hidden = hr_of_b.api.get(&path).await;
    assert_eq!(hidden.status, 404);
    hidden.refused("not_found");
    hr_of_b.applies(id).await.refused("not_found");
    assert_eq!(hr_of_a.api.get(&path).await.ok()["state"], "checked");
    assert_eq!(db_seq(&world), before);
    // Nor does B bring files into the numbering of A, or revoke the badges of A.
    let said = hr_of_b.brings(&workers(&hr_of_a), file()).await;
    let problem = said.refused("invalid");
    assert_eq!(problem["errors"][0]["pointer"], "card_system");
    assert_eq!(problem["errors"][0]["code"], "not_found");
    let pass = hr_of_a.issues().await;
    let list = format!("Toegangsrecht\r\n{}\r\n", pass.credential);
    hr_of_b
        .brings("purpose=revocations&reason=lost", list.into())
        .await
        .refused("unusable_file");

    // Another officer of the member may go on with it.
    let colleague = Hr {
        api: a.client(&world, &a.member, "hr_officer").await,
        ..hr_of_a
    };
    colleague.applies(id).await.is(202);
    assert_eq!(colleague.awaits(id).await["state"], "applied");
}

/// A header that is somebody's name, as the first row of a file without a header is.
const A_NAME_AS_HEADER: &str = "Verschaffelbroeck";

pub async fn a_file_with_a_title_and_no_last_days_is_understood(world: World) {
    let a = world.member("Haven A").await;
    let hr = a.hr(&world).await;
    let gate = a.gate(&world, &[&hr.card_system]).await;
    let file = format!(
        "Personeelslijst Kaai 730\r\n\r\nNaam;Voornaam;Werkgever;Badgenummer;{A_NAME_AS_HEADER}\r\n\
         Peeters;Zoë;Stuwadoors nv;71000001;x\r\n"
    );
    let refused = hr.brings(&workers(&hr), file.clone().into_bytes()).await;
    assert_eq!(refused.status, 422, "{refused:?}");
    let error = &refused.json()["errors"][0];
    assert_eq!(
        (text(error, "pointer"), text(error, "code")),
        ("valid_until", "missing")
    );
    for way in ["Geldig tot", "--valid-until"] {
        assert!(text(error, "detail").contains(way), "{error}");
    }
    let wrong = format!("{}&valid_until=31-12-2027", workers(&hr));
    hr.brings(&wrong, file.clone().into_bytes())
        .await
        .refused("malformed_query");

    let query = format!("{}&valid_until=2027-12-31", workers(&hr));
    let checked = hr.brings(&query, file.into_bytes()).await.created();
    assert_eq!(checked["understood"]["header_line"], 3);
    assert_eq!(checked["columns"][4]["header"], A_NAME_AS_HEADER);
    let mut raw = world.db_raw();
    let like = raw.bytes(A_NAME_AS_HEADER.as_bytes());
    let found = match world.database {
        crate::support::Database::Sqlite => {
            format!("instr(report, {like}) > 0 OR instr(settings, {like}) > 0")
        }
        crate::support::Database::Postgres => format!("position({like} in report) > 0"),
    };
    let found = format!("SELECT count(*) AS n FROM imports WHERE {found}");
    assert_eq!(raw.number(&found), 0, "what somebody wrote is sealed");

    let id = text(&checked, "id");
    hr.applies(id).await.is(202);
    let applied = hr.awaits(id).await;
    assert_eq!(applied["counts"]["new"], 1, "{applied}");
    assert_eq!(applied["columns"][4]["header"], A_NAME_AS_HEADER);
    let permit = asks(&gate, "71000001").await;
    assert_eq!(verdict(&permit), ("permit", "valid"));
    let credential = format!("/v1/credentials/{}", text(&permit, "credential"));
    let credential = hr.api.get(&credential).await.ok();
    assert_eq!(credential["valid_until"], "2027-12-31T23:00:00.000Z");
}

pub async fn nobody_is_born_tomorrow(world: World) {
    let a = world.member("Haven A").await;
    let hr = a.hr(&world).await;
    // It is the morning of 2 March 2026.
    let born =
        |day: &str| json!({ "family_name": "Peeters", "given_names": "Zoë", "birth_date": day });
    let faults = |said: crate::support::actors::Said| {
        assert_eq!(said.status, 422, "{said:?}");
        let error = said.json()["errors"][0].clone();
        (
            text(&error, "pointer").to_owned(),
            text(&error, "code").to_owned(),
        )
    };
    for (day, code) in [("2026-03-03", "in_the_future"), ("1899-12-31", "value")] {
        let said = hr.api.post("/v1/workers", &born(day)).await;
        assert_eq!(faults(said), ("/birth_date".into(), code.into()), "{day}");
    }
    let worker = hr.api.post("/v1/workers", &born("2026-03-02")).await;
    let etag = worker.etag();
    let at = format!("/v1/workers/{}", text(&worker.created(), "id"));
    let said = hr.api.put(&at, &etag, &born("2066-01-01")).await;
    assert_eq!(faults(said).1, "in_the_future");

    let file = "Naam;Voornaam;Geboortedatum;Werkgever;Badgenummer;Geldig tot\n\
                Maes;Jan;1/2/1984;X;71000001;31/12/2027\n\
                Maes;Els;3/3/2026;X;71000002;31/12/2027\n\
                Maes;An;31/12/1899;X;71000003;31/12/2027\n";
    let checked = hr.brings(&workers(&hr), file.into()).await.created();
    assert_eq!(
        notable(&checked),
        [
            (3, "unusable", "Geboortedatum", "in_the_future"),
            (4, "unusable", "Geboortedatum", "year_out_of_range"),
        ]
    );
}
