//! XLSX files, built by hand: usual ones and odd ones.

use super::super::sheet::Foreign;
use super::*;

#[test]
fn values_are_written_as_a_careful_hand_would() {
    for (cell, text) in [
        (r#"<c r="B2"><v>123456</v></c>"#, "123456"),
        (r#"<c r="B2"><v>123456.0</v></c>"#, "123456"),
        (r#"<c r="B2" t="n"><v>1.23456E5</v></c>"#, "123456"),
        (r#"<c r="B2"><v>999999999999999</v></c>"#, "999999999999999"),
        // More than 15 digits: the last ones are not what was typed.
        (
            r#"<c r="B2"><v>1.2345678901234568E+18</v></c>"#,
            "1.2345678901234568E+18",
        ),
        (r#"<c r="B2"><v>1000000000000000</v></c>"#, "1E+15"),
        (r#"<c r="B2"><v>12.5</v></c>"#, "12.5"),
        (r#"<c r="B2" s="1"><v>46022</v></c>"#, "2025-12-31"),
        (
            r#"<c r="B2" s="2"><v>46022.5</v></c>"#,
            "2025-12-31 12:00:00",
        ),
        (r#"<c r="B2" s="2"><v>46022.9999999</v></c>"#, "2026-01-01"),
        (r#"<c r="B2" s="1"><v>59</v></c>"#, "1900-02-28"),
        (r#"<c r="B2" s="1"><v>60</v></c>"#, "########"),
        (r#"<c r="B2" s="1"><v>61</v></c>"#, "1900-03-01"),
        (r#"<c r="B2" s="1"><v>2958465</v></c>"#, "9999-12-31"),
        (r#"<c r="B2" s="1"><v>2958466</v></c>"#, "########"),
        (r#"<c r="B2" s="1"><v>-1</v></c>"#, "########"),
        (r#"<c r="B2" s="3"><v>46022</v></c>"#, "46022"),
        (r#"<c r="B2" s="99"><v>46022</v></c>"#, "46022"),
        // Shown as seven digits, which is what stands on the card.
        (r#"<c r="B2" s="4"><v>4711</v></c>"#, "0004711"),
        (r#"<c r="B2" s="4"><v>12345678</v></c>"#, "12345678"),
        (r#"<c r="B2" s="4"><v>-5</v></c>"#, "-5"),
        (
            r#"<c r="B2" t="d"><v>2027-12-31T00:00:00</v></c>"#,
            "2027-12-31T00:00:00",
        ),
        (r#"<c r="B2" t="b"><v>1</v></c>"#, "TRUE"),
        (r#"<c r="B2" t="e"><v>#N/A</v></c>"#, "#N/A"),
        (r#"<c r="B2" t="s"><v>1</v></c>"#, "Van Damme"),
        (
            r#"<c t="inlineStr"><is><t>A &amp; B&#233;_x000D_ _x12</t></is></c>"#,
            "A & B\u{e9}\r _x12",
        ),
        (
            r#"<c r="B2" t="str"><f>A1&amp;"x"</f><v>0012</v></c>"#,
            "0012",
        ),
        (r#"<c r="B2" t="str"><f>""</f><v></v></c>"#, ""),
        // A formula that nobody computed.
        (r#"<c r="B2"><f>A1+1</f><v/></c>"#, "#VALUE!"),
        (r#"<c r="B2"/>"#, ""),
    ] {
        let header = r#"<row r="1"><c r="A1" t="s"><v>0</v></c><c r="B1" t="inlineStr"><is><t>x</t></is></c></row>"#;
        let bytes = workbook(&format!(
            r#"{header}<row r="2"><c r="A2"><v>1</v></c>{cell}</row>"#
        ));
        assert_eq!(
            cells(&readable(&bytes)),
            [(2, vec!["1".to_owned(), text.to_owned()])],
            "{cell}"
        );
    }
}

#[test]
fn days_may_be_counted_from_1904() {
    let rows = r#"<row><c t="s"><v>0</v></c></row><row r="9"><c s="1"><v>0</v></c></row><row><c s="1"><v>44560</v></c></row>"#;
    let bytes = workbook_with(rows, "<sst><si><t>x</t></si></sst>", "date1904=\"1\"");
    let expected = [
        (9, vec!["1904-01-01".to_owned()]),
        (10, vec!["2025-12-31".to_owned()]),
    ];
    assert_eq!(cells(&readable(&bytes)), expected);
}

#[test]
fn a_number_that_lost_digits_is_refused_and_one_without_zeros_is_left_to_the_card_parser() {
    let row = |line: u32, number: &str| {
        format!(r#"<row r="{line}"><c r="A{line}"><v>{number}</v></c></row>"#)
    };
    let header = r#"<row r="1"><c r="A1" t="s"><v>0</v></c></row>"#;
    let bytes = workbook(&format!(
        "{header}{}{}",
        row(2, "1.2345678901234568E+18"),
        row(3, "123")
    ));
    let (good, bad) = revocations(&bytes);
    assert_eq!(
        codes(&bad),
        [(2, Some("Badgenummer"), Code::ScientificNotation)]
    );
    assert_eq!(good.len(), 1);
}

#[test]
fn archives_that_are_no_workbook_say_what_they_are() {
    let office = |target: &str| {
        format!(
            r#"<Relationships><Relationship Id="r" Type="t/officeDocument" Target="{target}"/></Relationships>"#
        )
    };
    let (binary, document) = (office("xl/workbook.bin"), office("word/document.xml"));
    let none = &b"<Relationships/>"[..];
    for (bytes, foreign) in [
        (
            zip(&[("mimetype", b"x"), ("content.xml", b"<x/>")]),
            Foreign::OpenDocument,
        ),
        (zip(&[("badges.csv", b"badge\n1\n")]), Foreign::Archive),
        (zip(&[("_rels/.rels", none)]), Foreign::Archive),
        (
            zip(&[("_rels/.rels", binary.as_bytes())]),
            Foreign::BinaryWorkbook,
        ),
        (
            zip(&[
                ("_rels/.rels", document.as_bytes()),
                ("word/document.xml", b"<document/>"),
                ("word/_rels/document.xml.rels", none),
            ]),
            Foreign::Archive,
        ),
    ] {
        assert_eq!(unreadable(&bytes), Unreadable::Foreign(foreign));
    }
}

#[test]
fn empty_and_damaged_workbooks_are_refused() {
    let cell = |cell: &str| workbook(&format!(r#"<row r="1">{cell}</row>"#));
    for (bytes, why) in [
        (workbook(""), Unreadable::Empty),
        (cell(r#"<c r="A1"/>"#), Unreadable::Empty),
        (cell(r#"<c r="A1"><v>1</v></c>"#), Unreadable::NoRows),
        (
            cell(r#"<c r="A1" t="s"><v>7</v></c>"#),
            Unreadable::Damaged("a text is missing"),
        ),
        (
            cell(r#"<c r="A1"><v>1</v>"#),
            Unreadable::Damaged("its XML is broken"),
        ),
        (
            cell(r#"<c r="A1" t="str"><v>&evil;</v></c>"#),
            Unreadable::Damaged("its XML is broken"),
        ),
        (
            cell(r#"<c r="B1"><v>1</v></c><c r="A1"><v>1</v></c>"#),
            Unreadable::Damaged("its rows and cells are out of order"),
        ),
        (
            cell(r#"<c r="ZZZZZZZ1"><v>1</v></c>"#),
            Unreadable::Damaged("its rows and cells are out of order"),
        ),
        (
            cell(r#"<c r="BM1"><v>1</v></c>"#),
            Unreadable::TooManyColumns,
        ),
        (
            workbook(r#"<row r="99999999999"/>"#),
            Unreadable::Damaged("its rows and cells are out of order"),
        ),
        (
            workbook(r#"<row r="1048577"/>"#),
            Unreadable::Damaged("its rows and cells are out of order"),
        ),
    ] {
        assert_eq!(unreadable(&bytes), why);
    }
    // Far apart, and no more costly for it.
    let apart = workbook(
        r#"<row r="1"><c r="A1"><v>1</v></c></row><row r="1048576"><c r="XFD1048576"/><c/></row>"#,
    );
    assert_eq!(unreadable(&apart), Unreadable::NoRows);
}

#[test]
fn what_an_archive_claims_is_not_believed() {
    let many = workbook_with(
        r#"<row><c t="s"><v>0</v></c></row><row><c t="s"><v>0</v></c></row>"#,
        "<sst count=\"1\" uniqueCount=\"100000000000000\"><si><t>x</t></si></sst>",
        "",
    );
    assert_eq!(readable(&many).understood.rows, 1);
    // 65 MiB of text in less than 1 MiB of archive.
    let bomb = workbook_with("", &format!("<sst>{}</sst>", " ".repeat(65 << 20)), "");
    assert!(bomb.len() < 1 << 20);
    assert_eq!(unreadable(&bomb), Unreadable::TooLarge);
    // 100,000 cells that all show the same long text.
    let long = format!("<sst><si><t>{}</t></si></sst>", "x".repeat(30_000));
    let echo = workbook_with(
        &format!("<row>{}</row>", r#"<c t="s"><v>0</v></c>"#.repeat(60)).repeat(2_000),
        &long,
        "",
    );
    assert_eq!(unreadable(&echo), Unreadable::TooLarge);
    // A changed byte in the packed data or its check sum.
    let mut broken = workbook(r#"<row><c><v>1</v></c></row>"#);
    let at = broken
        .windows(4)
        .position(|four| four == b"PK\x01\x02")
        .unwrap();
    broken[at + 16] ^= 1;
    assert_eq!(
        unreadable(&broken),
        Unreadable::Damaged("its archive cannot be unpacked")
    );
}

#[test]
fn archives_may_have_64_bit_sizes_and_places() {
    let rows = r#"<row><c><v>1</v></c></row><row><c t="s"><v>0</v></c></row>"#;
    let bytes = packed_workbook(rows, "<sst><si><t>x</t></si></sst>", "", true);
    assert_eq!(cells(&readable(&bytes)), [(2, vec!["x".to_owned()])]);
}

#[test]
fn the_header_is_found_below_a_title() {
    let text = |cell: &str, text: &str| {
        format!(r#"<c r="{cell}" t="inlineStr"><is><t>{text}</t></is></c>"#)
    };
    let rows = [
        format!(r#"<row r="1">{}</row>"#, text("A1", "Personeelslijst")),
        format!(
            r#"<row r="4">{}{}</row>"#,
            text("A4", "Badgenummer"),
            text("B4", "Reden")
        ),
        format!(
            r#"<row r="5">{}{}</row>"#,
            text("A5", "12"),
            text("B5", "verloren")
        ),
    ];
    let bytes = workbook(&rows.concat());
    let sheet = readable(&bytes);
    assert_eq!(
        (sheet.understood.header_line, sheet.understood.rows),
        (4, 1)
    );
    assert_eq!(sheet.headers, ["Badgenummer", "Reden"]);
    assert_eq!(cells(&sheet)[0].1, ["12", "verloren"]);
}
