use super::*;

#[test]
fn rows_that_were_left_out_are_told() {
    let told = |conflict: u64, unusable: u64| {
        left_out(&serde_json::json!({ "counts": {
            "new": 1, "same": 1, "conflict": conflict, "unusable": unusable,
        }}))
    };
    assert_eq!(told(0, 0), None);
    assert!(told(1, 0).is_some() && told(0, 1).is_some());
    let said = told(3, 47).expect("some were");
    assert!(
        said.contains("3 in conflict") && said.contains("47 unusable"),
        "{said}"
    );
}

#[test]
fn the_same_file_again_is_said_to_change_nothing() {
    let told = |new: u64, same: u64, conflict: u64| {
        done(
            &serde_json::json!({ "rows_done": new + same + conflict, "counts": {
                "new": new, "same": same, "conflict": conflict, "unusable": 0,
            }}),
        )
    };
    assert_eq!(told(0, 3, 0), "Nothing changed: 3 same.");
    let applied = "Applied 4 rows: 1 new, 3 same, 0 in conflict, 0 unusable.";
    assert_eq!(told(1, 3, 0), applied);
    assert!(told(0, 3, 1).starts_with("Applied 4 rows"));
}

#[test]
fn what_is_in_no_cell_is_told_in_words() {
    let told = |purpose: &str, column: &str, header_line: u64| {
        let checked = serde_json::json!({
            "purpose": purpose, "understood": {"header_line": header_line}, "dates": "day_first",
            "columns": [{"header": "x", "column": column}],
        });
        let rows = meant(&checked);
        rows.into_iter()
            .map(|row| row.join(" "))
            .collect::<Vec<_>>()
    };
    let dates = "dates the day comes first: 03/04/2027 is 3 April 2027";
    assert_eq!(
        told("credentials", "facilities", 1),
        ["opens at the facilities that each row names", dates]
    );
    assert_eq!(
        told("credentials", "valid_until", 3),
        [
            "header what stands above its line is left out",
            "opens everywhere in the network where its cards are read, as no column names facilities",
            dates
        ]
    );
    assert_eq!(told("revocations", "card_number", 1), [dates]);
}

#[test]
fn lines_are_told_in_few_words() {
    assert_eq!(spans(&[4]), "4");
    assert_eq!(spans(&[4, 7, 8, 9, 19]), "4, 7-9, 19");
    let many: Vec<u64> = (0..20).map(|at| 3 * at + 1).chain([100, 101]).collect();
    assert_eq!(spans(&many), "1, 4, 7, 10, 13 and 17 more");
}

#[test]
fn a_dry_run_reads_as_tables() {
    let mut checked = serde_json::json!({
        "id": "imp_1", "state": "checked",
        "understood": {"kind": "csv", "delimiter": "semicolon", "header_line": 1},
        "columns": [{"header": "Badgenummer", "column": "card"}, {"header": "Kleur", "column": null}],
        "counts": {"new": 2, "same": 1, "conflict": 20, "unusable": 1},
        "rows": [{"line": 4, "outcome": "unusable", "problems": [
            {"column": "Badgenummer", "code": "scientific_notation", "message": "It was rounded."},
            {"code": "short", "message": "It is short."},
        ]}],
    });
    let taken = |line: u64| {
        let problems = serde_json::json!([{ "message": "It is taken." }]);
        serde_json::json!({ "line": line, "outcome": "conflict", "problems": problems })
    };
    let rows = checked["rows"].as_array_mut().expect("a list");
    rows.extend([5, 6, 7, 9, 11, 12].map(taken));
    assert_eq!(
        report(&checked),
        "delimiter    semicolon\nheader line  1\nkind         csv\n\n\
         Badgenummer  is  card\nKleur        is  (ignored)\n\n\
         conflict  20\nnew       2\nsame      1\nunusable  1\n\n\
         lines          outcome   why\n4              unusable  Badgenummer: It was rounded. It is short.\n\
         5-7, 9, 11-12  conflict  It is taken.\n(the first 7 of 21 such rows)"
    );
}
