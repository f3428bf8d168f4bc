//! How a worker is found by the beginning of a name, although names lie sealed: each name is kept under keyed hashes of its
//! first letters, and what they find is opened and compared.
//!
//! Few beginnings are kept, not one of each length: who has the rows and not the key sees how often each hash comes, and the
//! more of them there are, the more that tells.

use super::text::{Text, fold};
use super::worker::WorkerDetails;

/// How many letters the beginnings have under which a name is kept.
const LENGTHS: [usize; 3] = [2, 4, 7];

/// The beginnings under which a worker is found, folded, each once.
pub fn beginnings(details: &WorkerDetails) -> Vec<String> {
    let names = [&details.family_name, &details.given_names].into_iter();
    let mut all: Vec<String> = names.flat_map(beginnings_of).collect();
    all.sort_unstable();
    all.dedup();
    all
}

/// The beginnings under which what has this one name is found, folded, each once.
pub fn beginnings_of<const MAX: usize>(name: &Text<MAX>) -> Vec<String> {
    let name = fold(name.as_str());
    let kept = LENGTHS.iter().filter_map(|&length| first(&name, length));
    kept.map(str::to_owned).collect()
}

/// The longest beginning that a search for this goes by; none if it is shorter than all that are kept.
pub fn sought(folded: &str) -> Option<&str> {
    let mut lengths = LENGTHS.iter().rev();
    lengths.find_map(|&length| first(folded, length))
}

/// Whether either name of the worker begins so.
pub fn begins(details: &WorkerDetails, folded: &str) -> bool {
    let mut names = [&details.family_name, &details.given_names].into_iter();
    names.any(|name| name_begins(name, folded))
}

/// Whether this name begins so.
pub fn name_begins<const MAX: usize>(name: &Text<MAX>, folded: &str) -> bool {
    fold(name.as_str()).starts_with(folded)
}

/// The first so many characters of a text that has them.
fn first(text: &str, length: usize) -> Option<&str> {
    let mut ends = text.char_indices().map(|(at, _)| at).chain([text.len()]);
    ends.nth(length).map(|end| &text[..end])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whoever_begins_so_is_found_by_a_beginning_that_is_kept() {
        let details = |family: &str, given: &str| WorkerDetails {
            family_name: Text::parse(family).expect("a name"),
            given_names: Text::parse(given).expect("a name"),
            birth_date: None,
            documents: Vec::new(),
            former_documents: Vec::new(),
        };
        let all = beginnings(&details("Van den Bérghe", "Zoë"));
        assert_eq!(all, ["va", "vand", "vandenb", "zo"]);
        for typed in [
            "va",
            "VAN ",
            "van d",
            "Vanden-Berg",
            "vandenberghe",
            "zo",
            "ZÖE",
        ] {
            let details = details("Van den Bérghe", "Zoë");
            let folded = fold(typed);
            let beginning = sought(&folded).expect("long enough");
            assert!(all.iter().any(|kept| kept == beginning), "{typed}");
            assert!(begins(&details, &folded), "{typed}");
        }
        let details = details("Østergård", "Ж");
        assert_eq!(beginnings(&details), ["os", "oste", "osterga"]);
        assert_eq!(sought("o"), None);
        assert!(!begins(&details, "vandenbergheX"));
    }
}
