//! What becomes of files.

use super::super::report::Outcome;
use super::super::*;
use super::world::*;
use crate::domain::card::{ByteOrder, CardIdentifier, Format, Input};
use crate::domain::credential::{CardKey, Scope};
use crate::domain::reason::Reason;
use crate::ledger::replay::Held;
use crate::store::credentials as stored;

fn counts(new: u64, same: u64, conflict: u64, unusable: u64) -> Counts {
    Counts {
        new,
        same,
        conflict,
        unusable,
    }
}

/// Line, outcome and codes of the notable rows.
pub(super) fn notable(report: &Report) -> Vec<(u64, Outcome, Vec<&str>)> {
    report
        .rows
        .iter()
        .map(|row| {
            (
                row.line,
                row.outcome,
                row.problems.iter().map(|fault| &*fault.code).collect(),
            )
        })
        .collect()
}

impl World {
    fn key(&self, member: u128, number: &str) -> CardKey {
        let card = CardIdentifier::parse(Format::Number, Input::Text(number), ByteOrder::MsbFirst)
            .unwrap();
        self.services.keyring.card_key(&card, card_system(member))
    }

    fn held(&self, member: u128, number: &str) -> Held {
        let key = self.key(member, number);
        let found = self.services.store.read(|reader| {
            let (_, id) = stored::by_cards(reader, &[key])?[0];
            stored::find(reader, id)
        });
        found.unwrap().unwrap()
    }
}

#[test]
fn the_same_file_again_changes_nothing() {
    let world = World::new();
    let file = workers(1_203);
    let before = world.seq();
    let checked = world.check(&credentials(ANTWERP), file.as_bytes()).unwrap();
    assert_eq!(checked.import.counts, counts(1_203, 0, 0, 0));
    assert_eq!(world.seq(), before);

    let import = world.imports(&credentials(ANTWERP), file.as_bytes());
    assert_eq!(import.counts, counts(1_203, 0, 0, 0));
    // A worker, an engagement and a credential each.
    assert_eq!(world.seq(), before + 3 * 1_203);
    let held = world.held(ANTWERP, "00000007");
    assert_eq!(
        held.credential.valid_until.to_string(),
        "2027-12-31T23:00:00.000Z"
    );
    assert_eq!(held.credential.valid_from, world.services.environment.now());
    assert!(
        world
            .services
            .index
            .by_card(world.key(ANTWERP, "00000007"))
            .is_some()
    );

    let again = world.imports(&credentials(ANTWERP), file.as_bytes());
    assert_eq!(again.counts, counts(0, 1_203, 0, 0));
    assert_eq!(world.seq(), before + 3 * 1_203);
}

#[test]
fn an_import_goes_on_where_it_was_interrupted() {
    let world = World::new();
    // The row after the crash repeats a card from before it.
    let file = workers(1_400) + "S1;Peetersb;Zoë;Stuwadoors nv;00000001;30/12/2027\n";
    let before = world.seq();
    let id = world.brings(&credentials(ANTWERP), file.as_bytes());
    let stopped = world.runs(id, 1_000);
    assert_eq!(
        (stopped.rows_done, stopped.state.as_str()),
        (1_000, "applying")
    );
    assert_eq!(world.seq(), before + 3_000);

    resume(&world.services).unwrap();
    world.services.imports.wait();
    let import = import_from(world.runs(id, 0), &world.services.keyring).unwrap();
    assert_eq!((import.state, import.rows_done), (State::Applied, 1_401));
    assert_eq!(import.counts, counts(1_400, 0, 1, 0));
    assert_eq!(
        notable(&import.report),
        [(1_402, Outcome::Conflict, vec!["repeated"])]
    );
    assert_eq!(world.seq(), before + 3 * 1_400);
}

#[test]
fn a_row_twice_is_the_same_and_another_employer_or_date_of_birth_is_not() {
    let world = World::new();
    let header = "stamnr;naam;voornaam;geboortedatum;werkgever;badgenummer;geldig tot\n";
    let row = "1;Maes;Jan;3/2/1980;X nv;101;31/12/2027\n";
    let file = format!("{header}{row}{row}");
    let import = world.imports(&credentials(ANTWERP), file.as_bytes());
    assert_eq!(import.counts, counts(1, 1, 0, 0));
    let changed = format!(
        "{header}1;Maes;Jan;3/2/1980;Y nv;101;31/12/2027\n\
         1;Maes;Jan;3/2/1981;X NV;102;31/12/2027\n1;Maes;Jan;;X nv;103;31/12/2027\n"
    );
    let checked = world
        .check(&credentials(ANTWERP), changed.as_bytes())
        .unwrap();
    let expected = [
        (2, Outcome::Conflict, vec!["other_employer"]),
        (3, Outcome::Conflict, vec!["other_birth_date"]),
    ];
    assert_eq!(notable(&checked.import.report), expected);
    assert_eq!(checked.import.counts, counts(1, 0, 2, 0));
}

#[test]
fn what_contradicts_the_records_or_the_file_is_a_conflict() {
    let world = World::new();
    world.imports(
        &credentials(ZEEBRUGGE),
        format!("{HEADER}1;Claes;An;X nv;999;31/12/2027\n").as_bytes(),
    );
    world.imports(
        &credentials(ANTWERP),
        b"stamnr;naam;voornaam;werkgever;badgenummer;geldig van;geldig tot;faciliteiten\n\
          1;Maes;Jan;X nv;101;1/6/2026;31/12/2027;BEANR\n2;Wouters;Els;X nv;102;1/6/2026;31/12/2027;Quay 1742\n",
    );
    let quay = Scope {
        facilities: [facility(ANTWERP, 1)].into(),
        ..Scope::default()
    };
    assert_eq!(world.held(ANTWERP, "102").credential.scope, quay);
    world.imports(&revocations(ANTWERP), b"badge\n102\n");
    let file = "stamnr;naam;voornaam;werkgever;badgenummer;geldig van;geldig tot;faciliteiten\n\
        1;MAES;Jan;X nv;101;;31/12/2027;beanr\n\
        1;Maes;Jan;X nv;101;2/6/2026;30/12/2027;Quay 1742\n\
        2;Wouters;Els;X nv;102;1/6/2026;31/12/2027;quay 1742\n\
        1;Maes;Jan;X nv;103;;31/12/2027;BEANR\n\
        2;Mertens;Els;X nv;104;;31/12/2027;BEANR\n\
        3;Jacobs;Piet;X nv;105;;31/12/2027;BEANR\n\
        3;Willems;Piet;X nv;106;;31/12/2027;BEANR\n\
        4;Jacobs;Piet;X nv;107;;31/12/2027;Container terminal\n\
        4;Jacobs;Piet;X nv;108;;31/12/2027;BE ANR\n\
        4;Jacobs;Piet;X nv;109;;31/12/2025;BEANR BEZEE\n\
        4;Jacobs;Piet;X nv;1,2E+09;;31/12/2027;BEANR\n\
        4;Jacobs;Piet;X nv;111;1/1/2027;31/12/2037;BEANR\n";
    let checked = world.check(&credentials(ANTWERP), file.as_bytes()).unwrap();
    let expected = [
        (3, Outcome::Conflict, vec!["repeated"]),
        (4, Outcome::Conflict, vec!["credential_revoked"]),
        (6, Outcome::Conflict, vec!["other_person"]),
        (8, Outcome::Conflict, vec!["other_person"]),
        (9, Outcome::Unusable, vec!["ambiguous_facility"]),
        (10, Outcome::Unusable, vec!["not_a_facility"]),
        (11, Outcome::Unusable, vec!["past"]),
        (12, Outcome::Unusable, vec!["scientific_notation"]),
        (13, Outcome::Unusable, vec!["too_long"]),
    ];
    assert_eq!(notable(&checked.import.report), expected);
    assert_eq!(checked.import.counts, counts(2, 1, 4, 5));
    let import = world.imports(&credentials(ANTWERP), file.as_bytes());
    assert_eq!(
        (import.counts, notable(&import.report)),
        (checked.import.counts, expected.to_vec())
    );

    let changed = "stamnr;naam;voornaam;werkgever;badgenummer;geldig van;geldig tot;faciliteiten\n\
        9;Peters;Jan;X nv;101;2/6/2026;30/12/2027;Quay 1742\n1;Maes;Jan;X nv;103;;31/12/2027;BEANR\n";
    let checked = world
        .check(&credentials(ANTWERP), changed.as_bytes())
        .unwrap();
    let all = [
        "other_worker",
        "other_valid_from",
        "other_valid_until",
        "other_scope",
        "other_person",
    ];
    assert_eq!(
        notable(&checked.import.report),
        [(2, Outcome::Conflict, all.to_vec())]
    );
    for fault in &checked.import.report.rows[0].problems {
        assert!(!fault.message.contains("101") && !fault.message.contains("Maes"));
    }
}

#[test]
fn a_card_of_another_member_is_only_said_to_be_taken() {
    let world = World::new();
    let file = format!(
        "{HEADER}1;Claes;An;X nv;04A1B2C3D4E5F6;31/12/2027\n1;Claes;An;X nv;04A1B2C3D4E5F7;31/12/2027\n"
    );
    let uid = |member| Settings {
        default_format: Some(Format::CardUid),
        ..credentials(member)
    };
    world.imports(&uid(ZEEBRUGGE), file.replace("F7", "F8").as_bytes());
    let import = world.imports(&uid(ANTWERP), file.as_bytes());
    assert_eq!(import.counts, counts(1, 0, 1, 0));
    assert_eq!(
        notable(&import.report),
        [(2, Outcome::Conflict, vec!["in_use"])]
    );
    // Nor can the other revoke it.
    let list = b"badge\n04A1B2C3D4E5F6\n04A1B2C3D4E5F7\n";
    let settings = Settings {
        default_format: Some(Format::CardUid),
        ..revocations(ANTWERP)
    };
    let import = world.imports(&settings, list);
    assert_eq!(import.counts, counts(1, 0, 0, 1));
    assert_eq!(
        notable(&import.report),
        [(2, Outcome::Unusable, vec!["not_found"])]
    );
}

#[test]
fn a_file_of_excel_in_belgium_and_a_workbook_are_the_same_workers() {
    let world = World::new();
    let text = "Personeelsnummer;Naam;Voornaam;Werkgever;Kaartformaat;Sitecode;Badgenummer;Geldig tot\r\n\
        00417;Peeters;Zo\u{eb};Stuwadoors Belgi\u{eb} bvba;Wiegand 26;17;34567;31/12/2027\r\n";
    let bytes: Vec<u8> = text.chars().map(|c| c as u8).collect();
    let settings = Settings {
        default_format: None,
        ..credentials(ANTWERP)
    };
    let import = world.imports(&settings, &bytes);
    assert_eq!(import.counts, counts(1, 0, 0, 0));
    let understood = serde_json::to_value(&import.report.understood).unwrap();
    assert_eq!(understood["encoding"], "Windows-1252");
    assert_eq!(understood["delimiter"], "semicolon");
    let card = Input::Fields {
        facility_code: Some(17),
        number: 34_567,
    };
    let card = CardIdentifier::parse(Format::Wiegand26, card, ByteOrder::MsbFirst).unwrap();
    assert!(
        world
            .services
            .index
            .by_card(world.services.keyring.card_key(&card, card_system(ANTWERP)))
            .is_some()
    );

    let cell = |text: &str| format!("<c t=\"inlineStr\"><is><t>{text}</t></is></c>");
    let rows: Vec<String> = text
        .lines()
        .map(|line| {
            format!(
                "<row>{}</row>",
                line.split(';').map(cell).collect::<String>()
            )
        })
        .collect();
    let workbook = file::tests::workbook(
        &rows
            .concat()
            .replace(&cell("31/12/2027"), "<c s=\"1\"><v>46752</v></c>"),
    );
    let import = world.imports(&settings, &workbook);
    assert_eq!(import.counts, counts(0, 1, 0, 0));
    assert_eq!(import.report.understood.sheet.as_deref(), Some("Blad1"));
}

#[test]
fn a_list_of_badges_is_revoked_once() {
    let world = World::new();
    world.imports(&credentials(ANTWERP), workers(1_000).as_bytes());
    let before = world.seq();
    let id = world.held(ANTWERP, "00000003").credential.id;
    let by_card: String = (1..=700).map(|n| format!(";{n:08};\n")).collect();
    let file = format!(
        "Credential;Badge;Reden\n{by_card}{id};;gestolen\n;00000900;verloren\n;00000901;port_ban\n;00005555;\nx;;\n"
    );
    let settings = revocations(ANTWERP);
    let checked = world.check(&settings, file.as_bytes()).unwrap();
    assert_eq!(checked.import.counts, counts(701, 1, 0, 3));
    let import = world.imports(&settings, file.as_bytes());
    assert_eq!(
        (import.counts, &import.report.rows),
        (checked.import.counts, &checked.import.report.rows)
    );
    let expected = [
        (704, Outcome::Unusable, vec!["not_for_revocation"]),
        (705, Outcome::Unusable, vec!["not_found"]),
        (706, Outcome::Unusable, vec!["not_an_id"]),
    ];
    assert_eq!(notable(&import.report), expected);
    // And the approval that it takes.
    assert_eq!(world.seq(), before + 701 + 1);
    let held = world.held(ANTWERP, "00000003");
    assert_eq!(
        (held.state, held.reason),
        (
            crate::domain::credential::State::Revoked,
            Some(Reason::Lost)
        )
    );
    assert_eq!(
        world.imports(&settings, file.as_bytes()).counts,
        counts(0, 702, 0, 3)
    );
    assert_eq!(world.seq(), before + 701 + 2);
}

#[test]
fn settings_and_files_that_do_not_fit_are_refused_with_the_reason() {
    let world = World::new();
    let refusal = |settings: Settings, file: &str| {
        let error = world.check(&settings, file.as_bytes()).unwrap_err();
        let fields: Vec<_> = error
            .fields
            .into_iter()
            .map(|field| (field.pointer, field.code))
            .collect();
        (error.code, fields)
    };
    let one = |pointer: &str, code| vec![(pointer.to_owned(), code)];
    let good = workers(1);
    let own = credentials(ANTWERP);
    for (settings, pointer, code) in [
        (
            Settings {
                card_system: None,
                ..own.clone()
            },
            "card_system",
            "missing",
        ),
        (
            Settings {
                default_format: None,
                ..own.clone()
            },
            "default_format",
            "missing",
        ),
        (
            Settings {
                reason: Some(Reason::Lost),
                ..own.clone()
            },
            "reason",
            "not_for_this_purpose",
        ),
    ] {
        assert_eq!(
            refusal(settings, &good),
            (Code::Invalid, one(pointer, code))
        );
    }
    let foreign = check(
        &world.services,
        world.permit(ZEEBRUGGE),
        &own,
        good.as_bytes(),
    )
    .unwrap_err();
    assert_eq!(
        (foreign.code, foreign.fields[0].code),
        (Code::Invalid, "not_found")
    );
    for reason in [None, Some(Reason::PortBan)] {
        let settings = Settings {
            reason,
            ..revocations(ANTWERP)
        };
        assert_eq!(refusal(settings, "badge\n1\n").1[0].0, "reason");
    }
    let settings = Settings {
        valid_until: Some(jiff::civil::date(2027, 12, 31)),
        ..revocations(ANTWERP)
    };
    assert_eq!(
        refusal(settings, "badge\n1\n").1,
        one("valid_until", "not_for_this_purpose")
    );
    assert_eq!(
        refusal(own.clone(), ""),
        (Code::UnusableFile, one("", "empty_file"))
    );
    let (code, fields) = refusal(own.clone(), "naam;badgenummer\nx;1\n");
    assert_eq!(
        (code, fields.len(), fields[0].1),
        (Code::UnusableFile, 2, "missing_column")
    );
    let (code, fields) = refusal(own, &format!("{HEADER}1;Maes;Jan;X nv;1E+5;31/12/27\n"));
    let expected = [
        ("line 2, badgenummer".to_owned(), "scientific_notation"),
        ("line 2, geldig tot".into(), "two_digit_year"),
    ];
    assert_eq!((code, fields), (Code::UnusableFile, expected.to_vec()));
}

#[test]
fn an_import_is_applied_once_and_only_by_its_member() {
    let world = World::new();
    let checked = world
        .check(&credentials(ANTWERP), workers(3).as_bytes())
        .unwrap();
    let (id, own, other) = (
        checked.import.id,
        world.permit(ANTWERP),
        world.permit(ZEEBRUGGE),
    );
    let keyring = world.services.keyring.clone();
    let shown = world.change(move |tx| {
        keep(tx, own, &checked)?;
        let hidden = [
            show(tx.reader()?, &keyring, other.caller().permit()?, id).unwrap_err(),
            apply(tx, other, id).unwrap_err(),
        ];
        assert!(hidden.iter().all(|error| error.code == Code::NotFound));
        show(tx.reader()?, &keyring, own.caller().permit()?, id)
    });
    assert_eq!(
        (shown.state, shown.counts, shown.rows_total),
        (State::Checked, counts(3, 0, 0, 0), 3)
    );
    world.change(move |tx| {
        apply(tx, own, id)?;
        assert_eq!(apply(tx, own, id).unwrap_err().code, Code::ImportState);
        Ok(())
    });
    start(&world.services, id);
    world.services.imports.wait();
    let applied = import_from(world.runs(id, 0), &world.services.keyring).unwrap();
    assert_eq!(
        (applied.state, applied.counts),
        (State::Applied, counts(3, 0, 0, 0))
    );
}

#[test]
fn an_import_of_a_revoked_client_fails_and_says_so() {
    let world = World::new();
    let id = world.brings(&credentials(ANTWERP), workers(600).as_bytes());
    world.runs(id, 500);
    world.change(|tx| {
        let places = tx.index.places().clone();
        let hr = places.caller(client(ANTWERP)).unwrap();
        let gone = crate::domain::client::Client {
            revoked: true,
            ..(**hr).clone()
        };
        Ok(tx.state(crate::ledger::entry::Fact::ClientRecorded(gone))?)
    });
    let import = import_from(world.runs(id, u64::MAX), &world.services.keyring).unwrap();
    assert_eq!((import.state, import.rows_done), (State::Failed, 500));
    assert!(import.report.failure.unwrap().contains("revoked"));
}

#[test]
fn a_checked_file_that_nobody_applies_is_dropped() {
    let world = World::new();
    let mut checked = world
        .check(&credentials(ANTWERP), workers(3).as_bytes())
        .unwrap();
    checked.kept.created_at = checked.kept.created_at.plus_ms(-KEPT_MS - 1);
    let (id, permit) = (checked.import.id, world.permit(ANTWERP));
    world.change(move |tx| keep(tx, permit, &checked));
    sweep(&world.services);
    // The next change waits behind the sweep; the one after it sees what it did.
    world.change(|tx| Ok(tx.seq()));
    let keyring = world.services.keyring.clone();
    world.change(move |tx| {
        assert_eq!(
            show(tx.reader()?, &keyring, permit.caller().permit()?, id)
                .unwrap_err()
                .code,
            Code::NotFound
        );
        assert_eq!(imports::sealed(tx.reader()?, id)?, None);
        Ok(())
    });
}
