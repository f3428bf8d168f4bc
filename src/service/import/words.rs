//! What a screening is for, what came of it and who decided, in the words of the file: our names, and the usual ones in
//! four languages.

use super::file::text::fold;
use crate::domain::screening::{Advice, Authority, Function};

/// The advice that a cell names.
pub(super) fn advice(text: &str) -> Option<Advice> {
    named(&ADVICE, text)
}

/// The authority that a cell names.
pub(super) fn authority(text: &str) -> Option<Authority> {
    named(&AUTHORITIES, text)
}

/// The function that a cell names.
pub(super) fn function(text: &str) -> Option<Function> {
    named(&FUNCTIONS, text)
}

fn named<T: Copy>(words: &[(T, &[&str])], text: &str) -> Option<T> {
    let key = fold(text);
    let found = words
        .iter()
        .find(|(_, words)| words.contains(&key.as_str()));
    found.map(|(value, _)| *value)
}

/// Folded: lower case, without accents, only letters and digits.
#[rustfmt::skip]
const ADVICE: [(Advice, &[&str]); 3] = [
    (Advice::Positive, &["positive", "positief", "positif", "positiv", "gunstig", "favorable"]),
    (Advice::PositiveWithWarning, &[
        "positivewithwarning", "positiefmetwaarschuwing", "positifavecavertissement", "positivmitwarnung",
    ]),
    (Advice::Negative, &["negative", "negatief", "negatif", "negativ", "ongunstig", "defavorable"]),
];

#[rustfmt::skip]
const AUTHORITIES: [(Authority, &[&str]); 2] = [
    (Authority::Namb, &["namb", "ansm", "nationaleautoriteitvoormaritiemebeveiliging", "autoritenationaledesuretemaritime"]),
    (Authority::AppealBody, &["appealbody", "beroepsorgaan", "organederecours"]),
];

#[rustfmt::skip]
const FUNCTIONS: [(Function, &[&str]); 3] = [
    (Function::CargoAccess, &["cargoaccess", "toegangtotlading", "accesalacargaison", "zugangzurladung"]),
    (Function::CargoData, &["cargodata", "ladinggegevens", "donneesdelacargaison", "ladungsdaten"]),
    (Function::UnescortedAccess, &["unescortedaccess", "onbegeleidetoegang", "accessansescorte", "zugangohnebegleitung"]),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_name_of_ours_is_known_and_the_usual_words_are() {
        for &known in Function::ALL {
            assert_eq!(function(known.as_str()), Some(known));
        }
        for &known in Authority::ALL {
            assert_eq!(authority(known.as_str()), Some(known));
        }
        for (text, wanted) in [
            ("positive_with_warning", Some(Advice::PositiveWithWarning)),
            ("Négatif", Some(Advice::Negative)),
            ("gunstig", Some(Advice::Positive)),
            ("granted", None),
            ("", None),
        ] {
            assert_eq!(advice(text), wanted, "{text}");
        }
    }

    #[test]
    fn the_words_are_folded_as_they_are_compared() {
        let words = ADVICE.iter().flat_map(|(_, words)| *words);
        let words = words.chain(AUTHORITIES.iter().flat_map(|(_, words)| *words));
        for word in words.chain(FUNCTIONS.iter().flat_map(|(_, words)| *words)) {
            assert_eq!(fold(word), **word);
        }
    }
}
