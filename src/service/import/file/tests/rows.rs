//! Cells to values.

use jiff::civil::date;

use super::super::dates;
use super::super::records::Target;
use super::*;

/// A credential with this column set to this value.
fn with(header: &str, value: &str) -> (Vec<CredentialRow>, Vec<RowProblem>) {
    let mut cells = vec![
        ("naam", "Peeters"),
        ("voornaam", "Zoë"),
        ("werkgever", "X nv"),
        ("badgenummer", "12"),
        ("geldig tot", "2027-12-31"),
    ];
    match cells.iter_mut().find(|(name, _)| *name == header) {
        Some(cell) => cell.1 = value,
        None => cells.push((header, value)),
    }
    let line =
        |part: fn(&(&str, &str)) -> String| cells.iter().map(part).collect::<Vec<_>>().join("\t");
    let quoted = |(_, value): &(&str, &str)| format!("\"{}\"", value.replace('"', "\"\""));
    credentials_and_problems(
        format!(
            "{}\n{}\n",
            line(|(name, _)| (*name).to_owned()),
            line(quoted)
        )
        .as_bytes(),
    )
}

#[test]
fn what_has_one_meaning_is_repaired() {
    for (value, card) in [
        (" 000123\u{a0}", "000123"),
        ("\u{feff}000123\u{200b}", "000123"),
        ("=\"000123\"", "000123"),
        ("'000123", "000123"),
        ("04:A2  B3", "04:A2 B3"),
        ("04\u{a0}A2", "04 A2"),
        ("12E4", "12E4"),
        ("1234567E", "1234567E"),
        ("00E45612", "00E45612"),
    ] {
        let (good, bad) = with("badgenummer", value);
        assert_eq!(codes(&bad), [], "{value:?}");
        assert_eq!(good[0].card.value, card);
    }
    for name in [
        "van 't Hof",
        "'t Jampens",
        "O’Brien-Şahin",
        "Ólafsdóttir",
        "李",
        "D'Hondt (Jr.)",
        "Ngũgĩ",
    ] {
        assert_eq!(with("naam", name).0[0].family_name, name);
    }
    assert_eq!(
        with("naam", "Van\u{a0} den\tBerg").0[0].family_name,
        "Van den Berg"
    );
}

#[test]
fn what_is_wrong_is_told_with_its_column() {
    let long = "x".repeat(300);
    for (header, value, code) in [
        ("badgenummer", "1,23E+15", Code::ScientificNotation),
        ("badgenummer", "1.23E+15", Code::ScientificNotation),
        ("badgenummer", "1,23457E15", Code::ScientificNotation),
        ("badgenummer", "1E+15", Code::ScientificNotation),
        ("badgenummer", "4,5e-07", Code::ScientificNotation),
        ("stamnummer", "1,2E+05", Code::ScientificNotation),
        ("badgenummer", "#N/B", Code::SpreadsheetError),
        ("badgenummer", "", Code::MissingValue),
        ("badgenummer", "\u{a0}\u{200b}", Code::MissingValue),
        ("badgenummer", "12\n13", Code::LineBreak),
        ("badgenummer", &long, Code::TooLong),
        ("naam", "Peeters\nMaes", Code::LineBreak),
        ("naam", "Pe\u{202e}sreet", Code::ControlCharacter),
        ("naam", "-", Code::NotAName),
        ("naam", "000123", Code::NotAName),
        ("voornaam", "Zoë 2", Code::NotAName),
        ("voornaam", "#NAAM?", Code::SpreadsheetError),
        ("naam", &long, Code::TooLong),
        ("werkgever", "  ", Code::MissingValue),
        ("geldig tot", "", Code::NoLastDay),
        ("geldig tot", "########", Code::SpreadsheetError),
        ("geldig tot", "31/12/27", Code::TwoDigitYear),
        ("geldig vanaf", "1/1/2028", Code::EndsBeforeItBegins),
        ("geldig vanaf", "1/1/2027 23:59", Code::HasTime),
        ("geboortedatum", "31/04/1984", Code::NoSuchDay),
        ("faciliteiten", " | ", Code::MissingValue),
        ("faciliteiten", "", Code::MissingValue),
    ] {
        let (good, bad) = with(header, value);
        let column = if code == Code::EndsBeforeItBegins {
            "geldig tot"
        } else {
            header
        };
        assert_eq!(codes(&bad), [(2, Some(column), code)], "{header} {value:?}");
        assert!(good.is_empty());
    }
    let many: String = (0..65).map(|number| format!("BEANR-{number},")).collect();
    assert_eq!(
        with("faciliteiten", &many).1[0].code,
        Code::TooManyFacilities
    );
}

#[test]
fn everything_wrong_with_a_row_is_told_at_once() {
    let text =
        "naam;voornaam;werkgever;badgenummer;geldig tot;faciliteiten\n1;;;1,2E+9;morgen;|\nx\n";
    let (good, bad) = credentials_and_problems(text.as_bytes());
    assert!(good.is_empty());
    let expected = [
        (2, Some("naam"), Code::NotAName),
        (2, Some("badgenummer"), Code::ScientificNotation),
        (2, Some("geldig tot"), Code::NotADate),
        (2, Some("faciliteiten"), Code::MissingValue),
        (2, Some("voornaam"), Code::MissingValue),
        (2, Some("werkgever"), Code::MissingValue),
        (3, Some("faciliteiten"), Code::MissingValue),
        (3, Some("voornaam"), Code::MissingValue),
        (3, Some("werkgever"), Code::MissingValue),
        (3, Some("badgenummer"), Code::MissingValue),
        (3, Some("geldig tot"), Code::NoLastDay),
    ];
    assert_eq!(codes(&bad), expected);
    let json = format!("{bad:?}");
    assert!(
        !json.contains("morgen") && !json.contains("1,2E"),
        "a problem repeats a value"
    );
}

#[test]
fn facilities_are_told_apart_and_each_is_named_once() {
    for cell in [
        "BEANR,Quay 1742",
        "BEANR | Quay 1742",
        "BEANR; Quay  1742, BEANR",
    ] {
        assert_eq!(
            with("faciliteiten", cell).0[0].facilities,
            ["BEANR", "Quay 1742"],
            "{cell}"
        );
    }
    assert!(with("naam", "Maes").0[0].facilities.is_empty());
}

#[test]
fn revocations_name_a_card_or_a_credential() {
    let text = "Titre d'accès;N° badge;Format;Code site;Motif\ncrd_1;;;;perdu\n;000123;WIEGAND26;17;\n;;;;volé\ncrd_2;7;;;\n;1,5E+12;;;\n";
    let (good, bad) = revocations(text.as_bytes());
    assert!(matches!(&good[0].target, Target::Credential(id) if id == "crd_1"));
    assert_eq!(good[0].reason.as_deref(), Some("perdu"));
    let Target::Card(card) = &good[1].target else {
        panic!("a card is expected")
    };
    assert_eq!(
        (card.format.as_deref(), card.value.as_str()),
        (Some("WIEGAND26"), "000123")
    );
    assert_eq!(card.facility_code.as_deref(), Some("17"));
    let expected = [
        (4, None, Code::NothingNamed),
        (5, None, Code::NamedTwice),
        (6, Some("N° badge"), Code::ScientificNotation),
    ];
    assert_eq!(codes(&bad), expected);
}

#[test]
fn days() {
    let last = date(2027, 12, 31);
    for text in [
        "2027-12-31",
        "2027/12/31",
        "2027.12.31",
        "20271231",
        "31/12/2027",
        "31-12-2027",
        "31.12.2027",
        "31 12 2027",
        "31 december 2027",
        "31-dec-2027",
        "31 déc. 2027",
        "31 décembre 2027",
        "31. Dezember 2027",
        "31 DEC 2027",
        "2027-12-31T00:00:00",
        "2027-12-31 00:00:00.000",
        "31/12/2027 0:00",
        " 31/12/2027 ",
    ] {
        assert_eq!(dates::day(text), Ok(last), "{text}");
        assert_eq!(dates::last_day(text), Ok(last), "{text}");
    }
    assert_eq!(dates::last_day("31/12/2027 23:59:59"), Ok(last));
    assert_eq!(dates::day("1er mars 2027"), Ok(date(2027, 3, 1)));
    assert_eq!(dates::day("3/4/2027"), Ok(date(2027, 4, 3)));
    for (text, code) in [
        ("31/12/27", Code::TwoDigitYear),
        ("1/2/27", Code::TwoDigitYear),
        ("31 dec 27", Code::TwoDigitYear),
        ("12/31/2027", Code::MonthFirst),
        ("12-31-2027", Code::MonthFirst),
        ("31/04/2027", Code::NoSuchDay),
        ("29/02/2027", Code::NoSuchDay),
        ("2027-13-01", Code::NoSuchDay),
        ("00/01/2027", Code::NoSuchDay),
        ("31/12/9999", Code::YearOutOfRange),
        ("01/01/1899", Code::YearOutOfRange),
        ("31122027", Code::YearOutOfRange),
        ("46022", Code::NotADate),
        ("morgen", Code::NotADate),
        ("31/12", Code::NotADate),
        ("31/12-2027", Code::NotADate),
        ("31/foo/2027", Code::NotADate),
        ("1/2/3/2027", Code::NotADate),
        ("", Code::NotADate),
        ("//", Code::NotADate),
        ("+1/2/2027", Code::NotADate),
        ("31/12/2027 23:59", Code::HasTime),
        ("2027-12-31T00:00:00+01:00", Code::HasTime),
    ] {
        assert_eq!(dates::day(text), Err(code), "{text}");
    }
}

#[test]
fn a_day_for_all_rows_stands_in_for_none_and_not_for_a_bad_one() {
    let read = |row: &str| {
        let text =
            format!("naam;voornaam;werkgever;badgenummer;geldig tot\nPeeters;Zoë;X;1;{row}\n");
        let sheet = readable(text.as_bytes());
        let layout = Layout::of(Purpose::Credentials, &sheet).expect("a layout");
        let row = sheet.rows().next().expect("a row").expect("a good one");
        let row = CredentialRow::read(&layout, &row, Some(date(2028, 1, 31)));
        row.map(|row| row.valid_until).map_err(|bad| bad[0].code)
    };
    assert_eq!(read(""), Ok(date(2028, 1, 31)));
    assert_eq!(read("31/12/2027"), Ok(date(2027, 12, 31)));
    assert_eq!(read("31/12/27"), Err(Code::TwoDigitYear));
}
