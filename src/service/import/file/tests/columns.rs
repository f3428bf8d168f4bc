//! Headers.

use super::super::columns::{Column, meanings};
use super::super::text::fold;
use super::super::vocabulary::{ALL, KNOWN, VAGUE};
use super::*;

const GOOD: &str = "naam;voornaam;werkgever;badgenummer;geldig tot";

#[test]
fn no_header_means_two_columns() {
    let mut seen = std::collections::HashSet::new();
    for known in KNOWN.iter() {
        assert!(seen.insert(&known.key), "{} is there twice", known.name);
        assert!(
            VAGUE
                .iter()
                .all(|(vague, _)| !vague.contains(&known.key.as_str())),
            "{} is vague",
            known.name
        );
    }
    assert!(
        VAGUE
            .iter()
            .flat_map(|(names, _)| *names)
            .all(|name| fold(name) == *name)
    );
}

#[test]
fn case_accents_space_and_punctuation_do_not_matter() {
    for (column, names) in ALL {
        let purpose = Purpose::ALL
            .into_iter()
            .find(|purpose| purpose.columns().contains(&column))
            .expect("each column is of some file");
        for name in names {
            for header in [
                name.to_uppercase(),
                name.to_lowercase(),
                name.replace(' ', "_"),
                name.replace(' ', "-"),
                name.replace(' ', ""),
                format!(" {name} * "),
                format!("{name}."),
                format!("{name} (verplicht)"),
                name.replace('é', "e\u{301}"),
            ] {
                assert_eq!(column_of(purpose, &header), Some(column), "{header}");
            }
        }
    }
    assert_eq!(
        column_of(Purpose::Credentials, "Né(e) le"),
        Some(Column::BirthDate)
    );
    assert_eq!(
        column_of(Purpose::Credentials, "Naam / Nom / Name"),
        Some(Column::FamilyName)
    );
    assert_eq!(
        column_of(Purpose::Credentials, "Badge nr. (kaart) | N° badge"),
        Some(Column::CardNumber)
    );
    assert_eq!(
        column_of(Purpose::Credentials, "Opmerking / Remarque"),
        None
    );
}

fn column_of(purpose: Purpose, header: &str) -> Option<Column> {
    let meant = meanings(purpose, header);
    assert!(meant.len() < 2, "{header} means {meant:?}");
    meant.first().copied()
}

#[test]
fn headers_with_several_meanings_are_refused_with_the_better_ones() {
    let problems = layout_problems(Purpose::Credentials, &format!("{GOOD};Nr."));
    assert_eq!(
        problems[0].to_string(),
        "The header \"Nr.\" can mean the staff number or the card number. Use a clearer one: \"Personeelsnummer\" or \"Badgenummer\"."
    );
    for header in [
        "ID",
        "Datum",
        "Geldigheid",
        "Site",
        "code",
        "Naam/Voornaam",
        "N°",
    ] {
        let problems = layout_problems(Purpose::Credentials, &format!("{header};{GOOD}"));
        assert_eq!(
            problems.iter().map(LayoutProblem::code).collect::<Vec<_>>(),
            ["ambiguous_header"],
            "{header}"
        );
    }
    // In a list of revocations no date is read, so the header is as good as any other.
    assert_eq!(
        layout_problems(Purpose::Revocations, "badge;datum;naam"),
        []
    );
    assert_eq!(
        layout_problems(Purpose::Revocations, "nummer")[0].code(),
        "ambiguous_header"
    );
}

#[test]
fn the_same_column_twice_is_refused() {
    let problems = layout_problems(Purpose::Revocations, "Badgenummer;opm;N° de badge");
    let (first, second) = ("Badgenummer".to_owned(), "N° de badge".to_owned());
    assert_eq!(
        problems,
        [LayoutProblem::Twice {
            column: Column::CardNumber,
            first,
            second
        }]
    );
}

#[test]
fn a_missing_column_is_named_with_every_accepted_header() {
    let problems = layout_problems(Purpose::Credentials, "naam;voornaam;werkgever;geldig tot");
    assert_eq!(problems.len(), 1);
    let text = problems[0].to_string();
    assert!(text.starts_with("There is no column for the card number. Its header may be: Badgenummer, Numéro de badge, Ausweisnummer, Card number, "), "{text}");
    let problems = layout_problems(Purpose::Revocations, "naam;reden");
    assert_eq!(
        problems,
        [LayoutProblem::Missing {
            columns: &[Column::CardNumber, Column::CredentialId]
        }]
    );
    // A list without a header.
    assert_eq!(layout_problems(Purpose::Revocations, "000123").len(), 1);
}

#[test]
fn a_misspelt_header_is_refused_and_an_unknown_one_reported() {
    let problems = layout_problems(Purpose::Credentials, &format!("{GOOD};Faciliteten"));
    assert_eq!(
        problems
            .iter()
            .map(LayoutProblem::to_string)
            .collect::<Vec<_>>(),
        [
            "The header \"Faciliteten\" is unknown. If it means the facilities, write \"Faciliteiten\"; otherwise remove the column."
        ]
    );
    let problems = layout_problems(Purpose::Revocations, "badgenumer");
    assert_eq!(
        problems.iter().map(LayoutProblem::code).collect::<Vec<_>>(),
        ["misspelt_header", "missing_column"]
    );

    // Nearly a column that is there anyway, or like nothing we know.
    let text = format!(
        "{GOOD};Badgenummer2;Geslacht;Opmerkingen;Telefoon;Functie;Nationaliteit;E-mail;Status\n1"
    );
    let sheet = readable(text.as_bytes());
    let layout = Layout::of(Purpose::Credentials, &sheet).unwrap();
    let ignored: Vec<_> = layout
        .columns
        .iter()
        .filter(|heading| heading.column.is_none())
        .map(|heading| &heading.header)
        .collect();
    assert_eq!(
        ignored,
        [
            "Badgenummer2",
            "Geslacht",
            "Opmerkingen",
            "Telefoon",
            "Functie",
            "Nationaliteit",
            "E-mail",
            "Status"
        ]
    );
}

#[test]
fn a_column_with_the_month_first_is_refused_as_a_whole() {
    let of = |dates: &[&str]| {
        let rows: String = dates
            .iter()
            .map(|date| format!("x;x;x;1;{date}\n"))
            .collect();
        Layout::of(
            Purpose::Credentials,
            &readable(format!("{GOOD}\n{rows}").as_bytes()),
        )
        .map(|layout| layout.dates.is_some())
    };
    let refused = Err(vec![LayoutProblem::MonthFirst {
        header: "geldig tot".to_owned(),
    }]);
    assert_eq!(of(&["03/04/2027", "12/31/2027"]), refused);
    assert_eq!(of(&["03/04/2027", "31/12/2027"]), Ok(true));
    // One slip among proper dates spoils its row only.
    assert_eq!(of(&["31/12/2027", "12/31/2027"]), Ok(true));
    assert_eq!(of(&["2027-12-31", "x", ""]), Ok(true));
}
