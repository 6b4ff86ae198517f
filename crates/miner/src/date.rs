//! Dates that are written in several words. Pure.

/// Whether a word is a weekday's or a month's name as logs write it.
pub(crate) fn is_name(word: &str) -> bool {
    const NAMES: [&str; 19] = [
        "Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun", "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep",
        "Oct", "Nov", "Dec",
    ];
    NAMES.contains(&word)
}

/// Whether a word goes on with a date that the word before is of: a number, a time, a zone.
pub(crate) fn goes_on(word: &str) -> bool {
    const ZONES: [&str; 11] = ["UTC", "GMT", "PDT", "PST", "EST", "EDT", "CST", "CET", "CEST", "AM", "PM"];
    is_name(word) || ZONES.contains(&word) || is_clock(word) || is_number(word)
}

/// Whether a word is a time of day: `12:34:56`, perhaps with a fraction.
pub(crate) fn is_clock(word: &str) -> bool {
    if !word.starts_with(|c: char| c.is_ascii_digit()) {
        return false;
    }
    let mut parts = word.splitn(3, ':');
    let two = |part: Option<&str>| part.is_some_and(|part| part.len() == 2 && is_number(part));
    let seconds = |part: Option<&str>| {
        part.is_some_and(|part| two(part.get(..2)) && part.get(2..3).is_none_or(|c| c == "." || c == ","))
    };
    two(parts.next()) && two(parts.next()) && seconds(parts.next())
}

fn is_number(word: &str) -> bool {
    let digits = word.trim_end_matches(',');
    !digits.is_empty() && digits.len() <= 4 && digits.bytes().all(|byte| byte.is_ascii_digit())
}
