//! From text to the terms that are compared.

/// Words that say nothing. `from` and `select` stay: they are words of SQL, too.
const STOP: [&str; 32] = [
    "a", "an", "and", "are", "as", "at", "be", "but", "by", "for", "has", "have", "he", "in", "is", "it", "its", "no",
    "not", "of", "on", "or", "so", "that", "the", "this", "to", "was", "were", "which", "with", "would",
];
/// Longer runs of letters and digits are no words.
const MAX_TERM: usize = 64;

/// The terms of a text, in its order, repeated as it repeats them: lower case, without what differs in every log line
/// (numbers, ids, digests). A name such as `FAULT_DB_TIMEOUT` counts whole and by its parts.
pub(crate) fn terms(text: &str) -> Vec<String> {
    let mut terms = Vec::new();
    for word in text.split(|c: char| !c.is_alphanumeric() && c != '_') {
        let word = word.trim_matches('_').to_lowercase();
        if word.contains('_') && word.len() <= MAX_TERM {
            terms.extend(word.split('_').filter(|part| tells(part)).map(stem));
            terms.push(word);
        } else if tells(&word) {
            terms.push(stem(&word));
        }
    }
    terms
}

/// Whether a word in lower case says something.
pub(crate) fn tells(word: &str) -> bool {
    let digits = word.bytes().filter(u8::is_ascii_digit).count();
    let an_id = digits > 0 && word.len() >= 8 && word.bytes().all(|b| b.is_ascii_hexdigit());
    let a_time = digits * 2 > word.len();
    word.len() > 1 && word.len() <= MAX_TERM && !an_id && !a_time && STOP.binary_search(&word).is_err()
}

/// The plural counts as the singular; more would guess.
fn stem(word: &str) -> String {
    match word.strip_suffix('s') {
        Some(singular) if singular.len() > 2 && !singular.ends_with(['s', 'u', 'i']) => singular.to_owned(),
        _ => word.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(text: &str, wanted: &[&str]) {
        assert_eq!(terms(text), wanted, "the terms of {text:?}");
    }

    #[test]
    fn what_differs_in_every_line_is_no_term() {
        check("2026-11-22T00:35:42.123456Z request 0af7651916cd43dd took 17 ms", &["request", "took", "ms"]);
    }

    #[test]
    fn a_name_counts_whole_and_by_its_parts() {
        check("FAULT_DB_TIMEOUT", &["fault", "db", "timeout", "fault_db_timeout"]);
    }

    #[test]
    fn plurals_and_case_do_not_matter() {
        check("The Statements of two STATUS classes", &["statement", "two", "status", "classe"]);
    }

    #[test]
    fn the_stop_words_are_sorted() {
        assert!(STOP.is_sorted());
    }
}
