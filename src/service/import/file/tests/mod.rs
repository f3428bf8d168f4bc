//! Files as ports have them, good and bad, and what is made of them.

mod columns;
mod hostile;
mod rows;
mod texts;
mod workbooks;

use std::io::Write;

use super::columns::Purpose;
use super::layout::{Layout, LayoutProblem};
use super::records::{CredentialRow, RevocationRow};
use super::sheet::{self, Sheet, Unreadable};
use super::{Code, RowProblem};

/// Reads a file whose rows must all be usable credentials.
fn credentials(bytes: &[u8]) -> Vec<CredentialRow> {
    let (good, bad) = credentials_and_problems(bytes);
    assert_eq!(bad, []);
    good
}

/// Reads a file of credentials whose columns are right.
fn credentials_and_problems(bytes: &[u8]) -> (Vec<CredentialRow>, Vec<RowProblem>) {
    let sheet = readable(bytes);
    let layout = Layout::of(Purpose::Credentials, &sheet).unwrap();
    sorted(
        sheet
            .rows()
            .map(|row| CredentialRow::read(&layout, &row.map_err(|problem| vec![problem])?, None)),
    )
}

/// Reads a list of credentials to revoke whose columns are right.
fn revocations(bytes: &[u8]) -> (Vec<RevocationRow>, Vec<RowProblem>) {
    let sheet = readable(bytes);
    let layout = Layout::of(Purpose::Revocations, &sheet).unwrap();
    sorted(
        sheet
            .rows()
            .map(|row| RevocationRow::read(&layout, &row.map_err(|problem| vec![problem])?)),
    )
}

fn sorted<T>(rows: impl Iterator<Item = Result<T, Vec<RowProblem>>>) -> (Vec<T>, Vec<RowProblem>) {
    let (mut good, mut bad) = (Vec::new(), Vec::new());
    for row in rows {
        match row {
            Ok(row) => good.push(row),
            Err(problems) => bad.extend(problems),
        }
    }
    (good, bad)
}

fn readable(bytes: &[u8]) -> Sheet<'_> {
    sheet::read(bytes).unwrap_or_else(|why| panic!("{why}"))
}

fn unreadable(bytes: &[u8]) -> Unreadable {
    sheet::read(bytes)
        .err()
        .expect("the file should be refused")
}

/// What is wrong with the columns of a file with this header.
fn layout_problems(purpose: Purpose, header: &str) -> Vec<LayoutProblem> {
    let text = format!("{header}\n{}x\n", ";".repeat(header.matches(';').count()));
    Layout::of(purpose, &readable(text.as_bytes()))
        .err()
        .unwrap_or_default()
}

/// The cells of every usable row, with its line.
fn cells(sheet: &Sheet<'_>) -> Vec<(u64, Vec<String>)> {
    let width = sheet.headers.len();
    let texts = |row: sheet::Row| {
        (
            row.line,
            (0..width)
                .map(|column| row.cell(column).to_owned())
                .collect(),
        )
    };
    sheet.rows().filter_map(Result::ok).map(texts).collect()
}

/// Line, column and code of every problem.
fn codes(problems: &[RowProblem]) -> Vec<(u64, Option<&str>, Code)> {
    problems
        .iter()
        .map(|problem| (problem.line, problem.column.as_deref(), problem.code))
        .collect()
}

/// An archive of these parts.
fn zip(parts: &[(&str, &[u8])]) -> Vec<u8> {
    archive(parts, false)
}

/// Written here, and not by a library, so that it can be wrong on purpose. A wide one has its sizes and places as
/// 64-bit values, as Java programs write them whatever the size.
fn archive(parts: &[(&str, &[u8])], is_wide: bool) -> Vec<u8> {
    let (mut archive, mut directory) = (Vec::new(), Vec::new());
    for (name, content) in parts {
        let mut deflate =
            flate2::write::DeflateEncoder::new(Vec::new(), flate2::Compression::fast());
        deflate.write_all(content).unwrap();
        let packed = deflate.finish().unwrap();
        let mut crc = flate2::Crc::new();
        crc.update(content);
        let header = archive.len();
        let sizes = [packed.len(), content.len()];
        let narrow = |size: usize| if is_wide { u32::MAX } else { size as u32 }.to_le_bytes();
        let mut common = [20_u16, 0, 8, 0, 0].map(u16::to_le_bytes).concat();
        common.extend(crc.sum().to_le_bytes());
        common.extend(sizes.map(narrow).concat());
        common.extend((name.len() as u16).to_le_bytes());
        archive.extend(
            [
                b"PK\x03\x04",
                &common[..],
                &[0, 0],
                name.as_bytes(),
                &packed,
            ]
            .concat(),
        );
        let mut extra = Vec::new();
        if is_wide {
            extra.extend(b"UT\x01\x00\x00\x01\x00\x18\x00");
            extra.extend(
                [content.len(), packed.len(), header]
                    .map(|n| (n as u64).to_le_bytes())
                    .concat(),
            );
        }
        directory.extend([b"PK\x01\x02\x14\x00", &common[..]].concat());
        directory.extend((extra.len() as u16).to_le_bytes());
        directory.extend([0; 10]);
        directory.extend(narrow(header));
        directory.extend([name.as_bytes(), &extra].concat());
    }
    let (start, size, count) = (archive.len(), directory.len() as u32, parts.len() as u16);
    archive.extend(directory);
    let end = archive.len() as u64;
    if is_wide {
        archive.extend([&b"PK\x06\x06"[..], &[0; 44], &(start as u64).to_le_bytes()].concat());
        archive.extend(
            [
                &b"PK\x06\x07"[..],
                &[0; 4],
                &end.to_le_bytes(),
                &[1, 0, 0, 0],
            ]
            .concat(),
        );
    }
    let start = if is_wide { u32::MAX } else { start as u32 };
    archive.extend(b"PK\x05\x06\0\0\0\0");
    archive.extend([count.to_le_bytes(), count.to_le_bytes()].concat());
    archive.extend([size.to_le_bytes(), start.to_le_bytes()].concat());
    archive.extend(b"\x03\0abc");
    archive
}

/// A workbook of one sheet: its rows, the shared strings (with the element around them) and the attributes of
/// `workbookPr`.
fn workbook_with(rows: &str, strings: &str, properties: &str) -> Vec<u8> {
    packed_workbook(rows, strings, properties, false)
}

fn packed_workbook(rows: &str, strings: &str, properties: &str, is_wide: bool) -> Vec<u8> {
    let sheet = format!("<worksheet><sheetData>{rows}</sheetData></worksheet>");
    let book = format!(
        "<workbook><workbookPr {properties}/><sheets><sheet name=\"Blad1\" sheetId=\"1\" r:id=\"a\"/></sheets></workbook>"
    );
    let parts: [(&str, &[u8]); 6] = [
        ("_rels/.rels", br#"<Relationships><Relationship Id="r" Type="t/officeDocument" Target="/xl/workbook.xml"/></Relationships>"#),
        ("xl/workbook.xml", book.as_bytes()),
        (
            "xl/_rels/workbook.xml.rels",
            br#"<Relationships><Relationship Id="a" Type="t/worksheet" Target="worksheets/sheet1.xml"/><Relationship Id="b" Type="t/sharedStrings" Target="sharedStrings.xml"/><Relationship Id="c" Type="t/styles" Target="styles.xml"/></Relationships>"#,
        ),
        ("xl/worksheets/sheet1.xml", sheet.as_bytes()),
        ("XL/SharedStrings.xml", strings.as_bytes()),
        (
            "xl\\styles.xml",
            br#"<styleSheet><numFmts><numFmt numFmtId="170" formatCode="[$-813]dd/mm/yyyy"/><numFmt numFmtId="171" formatCode="0&quot; days&quot;"/><numFmt numFmtId="172" formatCode="0000000"/></numFmts><cellStyleXfs><xf numFmtId="14"/></cellStyleXfs><cellXfs><xf numFmtId="0"/><xf numFmtId="14"/><xf numFmtId="170"/><xf numFmtId="171"/><xf numFmtId="172"/></cellXfs></styleSheet>"#,
        ),
    ];
    archive(&parts, is_wide)
}

pub(in crate::service::import) fn workbook(rows: &str) -> Vec<u8> {
    workbook_with(
        rows,
        "<sst><si><t>Badgenummer</t></si><si><r><t>Van </t></r><r><t>Damme</t></r><rPh><t>x</t></rPh></si></sst>",
        "",
    )
}
