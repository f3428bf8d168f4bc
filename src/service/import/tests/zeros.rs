//! Numbers that a spreadsheet took for amounts.

use super::stories::notable;
use super::world::*;

#[test]
fn a_number_that_lost_its_zeros_is_no_card() {
    let world = World::new();
    let file = |numbers: &[&str]| {
        let rows = numbers
            .iter()
            .enumerate()
            .map(|(n, number)| format!("{n};Maes{};Jan;X nv;{number};31/12/2027\n", "a".repeat(n)));
        "stamnr;naam;voornaam;werkgever;badgenummer;geldig tot\n".to_owned()
            + &rows.collect::<String>()
    };
    let check = |numbers: &[&str]| {
        let file = file(numbers);
        let checked = world.check(&credentials(ANTWERP), file.as_bytes()).unwrap();
        let short = notable(&checked.import.report);
        short
            .into_iter()
            .map(|(line, _, codes)| (line, codes.join(",")))
            .collect::<Vec<_>>()
    };
    let lost = |line| (line, "lost_leading_zeros".to_owned());
    assert_eq!(check(&["0012345", "4711", "8400123"]), [lost(3)]);
    assert_eq!(check(&["4711", "0012345", "123"]), [lost(2), lost(4)]);
    // Nothing speaks for a fixed length here.
    assert_eq!(check(&["007", "0012345", "4711"]), []);
    assert_eq!(check(&["0012345", "4711", "123456789"]), []);
    assert_eq!(check(&["12345", "4711"]), []);
}
