//! Whatever the bytes: an answer and no panic.

use proptest::prelude::*;

use super::*;

/// Goes through everything that a caller can ask of a file.
fn examine(bytes: &[u8]) {
    let Ok(sheet) = sheet::read(bytes) else {
        return;
    };
    let rows = sheet.rows().count() as u64;
    assert_eq!(rows, sheet.understood.rows);
    let mut before = sheet.understood.header_line;
    for row in sheet.rows() {
        let line = row
            .as_ref()
            .map_or_else(|problem| problem.line, |row| row.line);
        assert!(line > before, "lines go up");
        before = line;
    }
    for purpose in [Purpose::Credentials, Purpose::Revocations] {
        match Layout::of(purpose, &sheet) {
            Ok(layout) => {
                for row in sheet.rows().filter_map(Result::ok) {
                    let _ = CredentialRow::read(&layout, &row, None);
                    let _ = RevocationRow::read(&layout, &row);
                }
            }
            Err(problems) => assert!(
                problems
                    .iter()
                    .all(|problem| !problem.to_string().is_empty())
            ),
        }
    }
}

const TEXT: &str = "sep=;\r\nNaam;Voornaam;Werkgever;Badgenummer;Geldig tot;Faciliteiten\r\n\"Peeters\";Zoë;\"Stuw, \"\"X\"\" nv\";1,23E+15;31/12/2027;BEANR\r\nMaes;An;Y;0012;2027-12-31;BEZEE|BEANR\r\n";

fn book() -> Vec<u8> {
    workbook(
        r#"<row r="1"><c r="A1" t="s"><v>0</v></c><c r="B1" t="inlineStr"><is><t>Reden</t></is></c></row><row r="2"><c r="A2"><v>123</v></c><c r="B2" t="s"><v>1</v></c></row><row r="3"><c r="A3" s="1"><v>46022.5</v></c></row>"#,
    )
}

/// Changes, cuts out and repeats bytes.
fn mutate(bytes: &mut Vec<u8>, changes: &[(usize, u8, u8)]) {
    for (at, kind, byte) in changes {
        let at = at % bytes.len().max(1);
        match kind % 4 {
            _ if bytes.is_empty() => return,
            0 => bytes[at] = *byte,
            1 => drop(bytes.drain(at..(at + usize::from(*byte)).min(bytes.len()))),
            2 => bytes.insert(at, *byte),
            _ => bytes.truncate(bytes.len().max(2) - 1 - at % 8),
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 256, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn random_bytes(bytes in prop::collection::vec(any::<u8>(), 0..400)) {
        examine(&bytes);
    }

    #[test]
    fn random_cells(text in "([a-zé0-9#=.,/:TE+\"' \u{0}\u{a0}\u{200b}-]{0,12}[;,\t\r\n]){0,60}") {
        examine(text.as_bytes());
        examine(format!("Naam;Voornaam;Werkgever;Badgenummer;Geldig tot;Faciliteiten;Geboren op\n{text}").as_bytes());
    }

    #[test]
    fn changed_texts(changes in prop::collection::vec(any::<(usize, u8, u8)>(), 1..8), wide in any::<bool>()) {
        let mut bytes = TEXT.as_bytes().to_vec();
        if wide {
            bytes = TEXT.encode_utf16().flat_map(u16::to_le_bytes).collect();
        }
        mutate(&mut bytes, &changes);
        examine(&bytes);
    }

    #[test]
    fn changed_archives(changes in prop::collection::vec(any::<(usize, u8, u8)>(), 1..4)) {
        let mut bytes = book();
        mutate(&mut bytes, &changes);
        examine(&bytes);
    }

    /// Changed before packing, so that the changes get past the check sums.
    #[test]
    fn changed_xml(changes in prop::collection::vec(any::<(usize, u8, u8)>(), 1..6), which in 0..2) {
        let mut rows = r#"<row r="1"><c r="A1" t="s"><v>0</v></c></row><row r="2" ><c r="A2" s="1"><f>x</f><v>46022</v></c><c r="B2" t="inlineStr"><is><t>_x000D_&#65;</t></is></c></row>"#.as_bytes().to_vec();
        let mut strings = b"<sst><si><t>Badgenummer</t></si><si><r><t>a</t></r></si></sst>".to_vec();
        mutate(if which == 0 { &mut rows } else { &mut strings }, &changes);
        let (rows, strings) = (String::from_utf8_lossy(&rows), String::from_utf8_lossy(&strings));
        examine(&workbook_with(&rows, &strings, ""));
    }

    #[test]
    fn days_never_panic(text in "\\PC{0,24}", number in any::<f64>()) {
        let _ = super::super::dates::day(&text);
        let _ = super::super::dates::last_day(&text);
        examine(&workbook(&format!(r#"<row><c><v>1</v></c></row><row><c s="1"><v>{number:e}</v></c><c><v>{number}</v></c></row>"#)));
    }
}
