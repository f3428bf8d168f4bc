//! Why a badge is to be revoked, in the words of the file: our names, and the usual ones in four languages.

use super::file::text::fold;
use crate::domain::reason::Reason;

/// The reason that a cell names.
pub(super) fn parse(text: &str) -> Option<Reason> {
    let key = fold(text);
    let ours = Reason::ALL
        .iter()
        .copied()
        .find(|reason| fold(reason.as_str()) == key);
    let usual = || {
        USUAL
            .iter()
            .find(|(_, words)| words.contains(&key.as_str()))
    };
    ours.or_else(|| usual().map(|(reason, _)| *reason))
}

/// Folded: lower case, without accents, only letters and digits.
#[rustfmt::skip]
const USUAL: [(Reason, &[&str]); 5] = [
    (Reason::Lost, &["verloren", "verlies", "kwijt", "perdu", "perdue", "perte", "verlust", "loss"]),
    (Reason::Stolen, &["gestolen", "diefstal", "vole", "volee", "vol", "gestohlen", "diebstahl", "theft"]),
    (Reason::Damaged, &["beschadigd", "defect", "stuk", "endommage", "endommagee", "defectueux", "beschadigt", "defekt", "broken"]),
    (Reason::NotReturned, &["nietteruggegeven", "nietingeleverd", "nonrendu", "nonrestitue", "nichtzuruckgegeben"]),
    (Reason::EmploymentEnded, &["uitdienst", "uitdiensttreding", "ontslag", "ontslagen", "findecontrat", "sortidesservices", "ausgeschieden", "leftservice", "leaver"]),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reasons_are_read_in_our_words_and_in_those_of_ports() {
        for (text, reason) in [
            ("lost", Reason::Lost),
            ("Verloren", Reason::Lost),
            ("volé", Reason::Stolen),
            ("NOT_RETURNED", Reason::NotReturned),
            ("not returned", Reason::NotReturned),
            ("Uit dienst", Reason::EmploymentEnded),
            ("port_ban", Reason::PortBan),
        ] {
            assert_eq!(parse(text), Some(reason), "{text}");
        }
        assert_eq!(parse("because"), None);
        assert_eq!(parse(""), None);
        for (_, words) in USUAL {
            assert!(words.iter().all(|word| fold(word) == *word));
        }
    }
}
