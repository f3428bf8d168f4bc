//! Every encoding by every delimiter by every language, and the oddities of text files.

use encoding_rs::WINDOWS_1252;

use super::super::sheet::{Delimiter, Encoding, Foreign, Kind};
use super::*;

/// The same two workers in four languages. `;` stands for the delimiter.
const LANGUAGES: [(&str, &str); 4] = [
    (
        "Personeelsnummer;Naam;Voornaam;Geboortedatum;Werkgever;Formaat;Badgenummer;Geldig vanaf;Geldig tot;Faciliteiten",
        "00417;Peeters;Zoë;03/11/1984;Stuwadoors België bvba;WIEGAND26;000123;1/2/2026;31/12/2027;BEANR BEZEE",
    ),
    (
        "Matricule;Nom;Prénom;Date de naissance;Employeur;Format;N° de badge;Valable à partir du;Date d'expiration;Installations portuaires",
        "00417;Peeters;Zoë;03.11.1984;Stuwadoors België bvba;WIEGAND26;000123;01.02.2026;31.12.2027;BEANR|BEZEE",
    ),
    (
        "Personal-Nr.;Nachname;Vorname;Geburtsdatum;Arbeitgeber;Kartenformat;Ausweisnummer;Gültig ab;Gültig bis;Hafenanlagen",
        "00417;Peeters;Zoë;3.11.1984;Stuwadoors België bvba;WIEGAND26;000123;1. Februar 2026;31. Dezember 2027;beanr bezee",
    ),
    (
        "employee_number;SURNAME;Given names;Date of birth;Company;card format;Card-Number;valid_from;Valid until;facilities",
        "00417;Peeters;Zoë;1984-11-03;Stuwadoors België bvba;WIEGAND26;000123;2026-02-01;2027-12-31 00:00:00;BEANR | BEZEE",
    ),
];

fn encode(text: &str, encoding: Encoding) -> Vec<Vec<u8>> {
    let utf16 = |bytes: fn(u16) -> [u8; 2]| text.encode_utf16().flat_map(bytes).collect::<Vec<_>>();
    let marked = |mark: &[u8], rest: Vec<u8>| [mark, &rest].concat();
    match encoding {
        Encoding::Utf8 => vec![text.into()],
        Encoding::Utf8Bom => vec![marked(b"\xef\xbb\xbf", text.into())],
        Encoding::Utf16Le => vec![
            utf16(u16::to_le_bytes),
            marked(b"\xff\xfe", utf16(u16::to_le_bytes)),
        ],
        Encoding::Utf16Be => vec![
            utf16(u16::to_be_bytes),
            marked(b"\xfe\xff", utf16(u16::to_be_bytes)),
        ],
        Encoding::Windows1252 => vec![WINDOWS_1252.encode(text).0.into_owned()],
    }
}

#[test]
fn every_encoding_delimiter_language_and_line_end_gives_the_same_worker() {
    let encodings = [
        Encoding::Utf8,
        Encoding::Utf8Bom,
        Encoding::Utf16Le,
        Encoding::Utf16Be,
        Encoding::Windows1252,
    ];
    for (header, row) in LANGUAGES {
        for delimiter in [Delimiter::Comma, Delimiter::Semicolon, Delimiter::Tab] {
            for line_end in ["\r\n", "\n", "\r"] {
                let text = format!("{header}{line_end}{line_end}{row}{line_end}");
                let text = text.replace(';', &delimiter.as_char().to_string());
                for encoding in encodings {
                    for bytes in encode(&text, encoding) {
                        let sheet = readable(&bytes);
                        let understood = &sheet.understood;
                        assert_eq!(understood.kind, Kind::Csv);
                        assert_eq!(
                            (understood.encoding, understood.delimiter),
                            (Some(encoding), Some(delimiter))
                        );
                        assert_eq!((understood.header_line, understood.rows), (1, 1));
                        let workers = credentials(&bytes);
                        assert_eq!(workers.len(), 1);
                        is_zoe(&workers[0], 3);
                    }
                }
            }
        }
    }
}

fn is_zoe(worker: &CredentialRow, line: u64) {
    assert_eq!(worker.line, line);
    assert_eq!(worker.staff_number.as_deref(), Some("00417"));
    assert_eq!(
        (worker.family_name.as_str(), worker.given_names.as_str()),
        ("Peeters", "Zoë")
    );
    assert_eq!(worker.birth_date, Some(jiff::civil::date(1984, 11, 3)));
    assert_eq!(worker.employer, "Stuwadoors België bvba");
    assert_eq!(
        (worker.card.format.as_deref(), worker.card.value.as_str()),
        (Some("WIEGAND26"), "000123")
    );
    assert_eq!(worker.card.facility_code, None);
    assert_eq!(worker.valid_from, Some(jiff::civil::date(2026, 2, 1)));
    assert_eq!(worker.valid_until, jiff::civil::date(2027, 12, 31));
    assert_eq!(worker.facilities.join(" ").to_uppercase(), "BEANR BEZEE");
}

#[test]
fn the_line_for_excel_names_the_separator() {
    for (first, delimiter) in [
        ("sep=;", Delimiter::Semicolon),
        ("\"SEP=,\"", Delimiter::Comma),
        ("sep=\t", Delimiter::Tab),
    ] {
        let text = format!("{first}\r\nbadge;x\r\n1{}2\r\n", delimiter.as_char())
            .replace(';', &delimiter.as_char().to_string());
        let sheet = readable(text.as_bytes());
        assert_eq!(
            (sheet.understood.delimiter, sheet.understood.header_line),
            (Some(delimiter), 2)
        );
        assert_eq!(cells(&sheet), [(3, vec!["1".to_owned(), "2".to_owned()])]);
    }
    assert_eq!(unreadable(b"sep=|\nbadge|x\n1|2\n"), Unreadable::Separator);
}

#[test]
fn delimiters_are_found_where_others_stand_in_the_cells() {
    for (text, delimiter, width) in [
        (
            "naam;bedrag\nPeeters;1,5\nMaes;2,5\n",
            Some(Delimiter::Semicolon),
            2,
        ),
        (
            "\"naam, voornaam\";kaart\n\"Maes, An\";1\n\"Peeters, Zoë\";2\n",
            Some(Delimiter::Semicolon),
            2,
        ),
        (
            "naam, voornaam;kaart\nMaes, An;1\n",
            Some(Delimiter::Semicolon),
            2,
        ),
        ("naam,\"a;b\"\n\"x;y\",2\n", Some(Delimiter::Comma), 2),
        ("naam\tkaart\nMaes, An; jr\t1\n", Some(Delimiter::Tab), 2),
        // One column: the comma belongs to the damaged number.
        ("badgenummer\n\"1,23E+15\"\n1,23E+15\n", None, 1),
        ("badgenummer\r\n1\r\n", None, 1),
    ] {
        let sheet = readable(text.as_bytes());
        assert_eq!(
            (sheet.understood.delimiter, sheet.headers.len()),
            (delimiter, width),
            "{text}"
        );
    }
}

#[test]
fn quotes_lines_and_empty_columns() {
    let text = "\n\n a ;\"b \"\"x\"\"\";opm;;\n;;;;\n1;\"Kaai 5\n2000 Antwerpen\";x;;\n\r\n\"2\";zwart \"wit\";;;;\n  ; ;\n3;;;;\n";
    let sheet = readable(text.as_bytes());
    assert_eq!(sheet.headers, ["a", "b \"x\"", "opm"]);
    assert_eq!(
        (sheet.understood.header_line, sheet.understood.rows),
        (3, 3)
    );
    let expected = [
        (5, ["1", "Kaai 5\n2000 Antwerpen", "x"]),
        (8, ["2", "zwart \"wit\"", ""]),
        (10, ["3", "", ""]),
    ];
    assert_eq!(
        cells(&sheet),
        expected.map(|(line, cells)| (line, cells.map(str::to_owned).to_vec()))
    );
}

#[test]
fn a_bad_row_spoils_that_row_only() {
    let long = "x".repeat(1025);
    for (row, column, code) in [
        ("2;b;c;d", None, Code::TooManyCells),
        ("2;b\0;c", Some("naam"), Code::ControlCharacter),
        ("2;b;\u{7}c", Some("opm"), Code::ControlCharacter),
        ("2;b\u{fffd};c", Some("naam"), Code::DamagedCharacter),
        (long.as_str(), Some("badge"), Code::CellTooLong),
        ("2;\"b;c\n9;x;y\n8;\"z;c", None, Code::OpenQuote),
    ] {
        let text = format!("badge;naam;opm\n1;a;\n{row}\n3;;\n");
        let sheet = readable(text.as_bytes());
        let problems: Vec<_> = sheet.rows().filter_map(Result::err).collect();
        assert_eq!(codes(&problems), [(3, column, code)], "{row}");
        assert_eq!(
            cells(&sheet)
                .iter()
                .map(|(_, cells)| cells[0].as_str())
                .collect::<Vec<_>>(),
            ["1", "3"]
        );
    }
}

#[test]
fn a_short_row_is_filled_up_but_not_where_the_file_is_cut() {
    let ends = |text: &str| {
        let sheet = readable(text.as_bytes());
        sheet
            .rows()
            .last()
            .unwrap()
            .err()
            .map(|problem| problem.code)
    };
    // Excel leaves empty cells out at the end of a row.
    assert_eq!(ends("badge;naam;opm\n1;a\n"), None);
    assert_eq!(ends("badge;naam;opm\n1;a;x"), None);
    assert_eq!(ends("badge;naam;opm\n1;a"), Some(Code::CutOff));
    assert_eq!(ends("badge;naam;opm\n1;a;\"x"), Some(Code::CutOff));
    assert_eq!(ends("badge;naam;opm\n1;a;\"x\""), None);
}

#[test]
fn damaged_utf8_is_not_taken_for_windows_1252() {
    let mut bytes = "badge;naam\n1;Zoë\n2;Noël\n3;Chloé\n".as_bytes().to_vec();
    let at = bytes.iter().position(|b| *b == 0xc3).unwrap();
    bytes.remove(at + 1);
    let sheet = readable(&bytes);
    assert_eq!(sheet.understood.encoding, Some(Encoding::Utf8));
    let problems: Vec<_> = sheet.rows().filter_map(Result::err).collect();
    assert_eq!(
        codes(&problems),
        [(2, Some("naam"), Code::DamagedCharacter)]
    );
}

#[test]
fn files_that_are_no_table_say_what_they_are() {
    for (bytes, why) in [
        (&b""[..], Unreadable::Empty),
        (b"\xef\xbb\xbf\r\n\r\n;;;\r\n", Unreadable::Empty),
        (b"badgenummer;naam\r\n", Unreadable::NoRows),
        (b"badgenummer;naam\r\n;;\r\n", Unreadable::NoRows),
        (
            b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1xxxx",
            Unreadable::Foreign(Foreign::OldWorkbook),
        ),
        (b"%PDF-1.7\n", Unreadable::Foreign(Foreign::Pdf)),
        (b"\x1f\x8b\x08\0", Unreadable::Foreign(Foreign::Gzip)),
        (
            b"\n<!DOCTYPE html><table>",
            Unreadable::Foreign(Foreign::WebPage),
        ),
        (
            b"<html xmlns:x=\"urn:schemas-microsoft-com:office:excel\">",
            Unreadable::Foreign(Foreign::WebPage),
        ),
        (
            b"<?xml version=\"1.0\"?><?mso-application progid=\"Excel.Sheet\"?>",
            Unreadable::Foreign(Foreign::Xml),
        ),
        (b"{\\rtf1 x", Unreadable::Foreign(Foreign::RichText)),
        (b"\x7fELF\x02\x01\x01\0\0\n\0\0\n", Unreadable::NotAHeader),
        (b"\xff\xd8\xff\xe0\0\x10JFIF\n\0\n", Unreadable::NotAHeader),
        (b"a;\"b;c\n1;2;3\n", Unreadable::OpenQuote),
        (
            b"PK\x05\x06",
            Unreadable::Damaged("its archive cannot be unpacked"),
        ),
    ] {
        assert_eq!(unreadable(bytes), why);
        assert!(why.to_string().ends_with(['.', '?']), "{why}");
    }
    // A text may begin like a ZIP archive.
    assert_eq!(
        readable(b"PK-nummer;badge\n1;2\n").headers,
        ["PK-nummer", "badge"]
    );
}

#[test]
fn limits_are_kept() {
    let wide = |columns: usize| format!("{}\n{}\n", "a;".repeat(columns), "1;".repeat(columns));
    assert_eq!(readable(wide(64).as_bytes()).headers.len(), 64);
    assert_eq!(unreadable(wide(65).as_bytes()), Unreadable::TooManyColumns);
    assert_eq!(
        unreadable(format!("a\n{}", ";".repeat(2 << 20)).as_bytes()),
        Unreadable::LineTooLong
    );
    assert_eq!(
        unreadable(&vec![b'x'; super::super::FILE_BYTES_MAX + 1]),
        Unreadable::TooLarge
    );
    assert_eq!(
        unreadable(format!("badge\n{}", "1\n".repeat(1_000_001)).as_bytes()),
        Unreadable::TooManyRows
    );
}

#[test]
fn the_header_is_found_below_a_title() {
    let header = "naam;voornaam;werkgever;badgenummer;geldig tot";
    let row = "Peeters;Zoë;X nv;12;2027-12-31\n";
    for (above, line) in [
        ("", 1),
        ("\n \n;;;;\n", 4),
        ("Personeelslijst Kaai 730\n", 2),
        ("Lijst, versie 2;;;;\r\n\r\nStand 3 mei 2026\r\n", 4),
        ("sep=;\nBadges\n", 3),
        // Of two lines with names of columns the one with more.
        ("Badge\n", 2),
        (&"titel\n".repeat(9), 10),
    ] {
        let text = format!("{above}{header}\n{row}");
        let sheet = readable(text.as_bytes());
        assert_eq!(sheet.understood.header_line, line, "{above:?}");
        assert_eq!(sheet.understood.rows, 1, "{above:?}");
        let workers = credentials(text.as_bytes());
        assert_eq!(workers[0].line, line + 1);
        assert_eq!(workers[0].family_name, "Peeters");
    }
    // Further down nobody looks, and a list without a header is not taken for one with a title.
    let text = format!("{}{header}\n{row}", "titel\n".repeat(10));
    assert_eq!(readable(text.as_bytes()).understood.header_line, 1);
    assert_eq!(readable(row.repeat(3).as_bytes()).understood.header_line, 1);
    // A title is no second column.
    let sheet = readable(b"Badges, verloren in mei\nBadgenummer\n1,5\n");
    assert_eq!((sheet.headers.len(), sheet.understood.header_line), (1, 2));
}
