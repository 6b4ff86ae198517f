//! Whether what looks like a secret is one. Each gets the text before, the find, and the text behind.

/// It is.
pub(super) fn always(_before: &str, _secret: &str, _after: &str) -> bool {
    true
}

/// A word after `bearer` is a token when no word of a language looks so.
pub(super) fn is_token_like(_before: &str, secret: &str, _after: &str) -> bool {
    secret.len() >= 24 || secret.bytes().any(|b| b.is_ascii_digit()) || has_both_cases(secret)
}

/// What `basic` introduces, when it decodes to `name:password`.
pub(super) fn is_basic(_before: &str, secret: &str, _after: &str) -> bool {
    let mut bits: u32 = 0;
    let mut held = 0;
    for symbol in secret.bytes().filter_map(value_of) {
        bits = (bits << 6) | symbol;
        held += 6;
        if held >= 8 {
            held -= 8;
            let byte = (bits >> held) & 0xff;
            if byte == u32::from(b':') {
                return true;
            }
            // Control characters are no part of a name: this was a word.
            if byte < 0x20 || byte == 0x7f {
                return false;
            }
        }
    }
    false
}

fn value_of(symbol: u8) -> Option<u32> {
    Some(u32::from(match symbol {
        b'A'..=b'Z' => symbol - b'A',
        b'a'..=b'z' => symbol - b'a' + 26,
        b'0'..=b'9' => symbol - b'0' + 52,
        b'+' | b'-' => 62,
        b'/' | b'_' => 63,
        _ => return None,
    }))
}

/// Whether a text has a run of letters that is long enough for a line of a key.
pub(super) fn may_hold_key_body(text: &str) -> bool {
    has_run(text, 64, |byte| byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'/'))
}

/// Whether a text has so many digits in a row, with what may stand between a card's.
pub(super) fn may_hold_card(text: &str) -> bool {
    has_run(text, 13, |byte| byte.is_ascii_digit() || matches!(byte, b' ' | b'-'))
}

fn has_run(text: &str, length: usize, is_in: impl Fn(u8) -> bool) -> bool {
    let mut run = 0;
    text.bytes().any(|byte| {
        run = if is_in(byte) { run + 1 } else { 0 };
        run >= length
    })
}

/// A line of base64 that is no digest: digests are hexadecimal.
pub(super) fn is_key_body(_before: &str, secret: &str, _after: &str) -> bool {
    has_both_cases(secret) && secret.bytes().any(|b| b.is_ascii_alphabetic() && !b.is_ascii_hexdigit())
}

/// What is assigned to a name such as `password`: all but words that say that there is none, or what became of it.
pub(super) fn is_assigned(before: &str, secret: &str, _after: &str) -> bool {
    const WORDS: [&str; 22] = [
        "null",
        "none",
        "nil",
        "true",
        "false",
        "undefined",
        "unset",
        "empty",
        "missing",
        "required",
        "expired",
        "invalid",
        "incorrect",
        "wrong",
        "failed",
        "denied",
        "rejected",
        "revoked",
        "not",
        "no",
        "is",
        "must",
    ];
    let value = secret.trim_end_matches(['.', '!', '?', ')']);
    let name = before.trim_end_matches(|c: char| !c.is_ascii_alphanumeric());
    let is_path = value.starts_with('/') && ends_with(name, "pwd");
    let is_syntax = ends_with(name, "unexpected token") || ends_with(name, "invalid token");
    !value.is_empty() && !is_path && !is_syntax && !WORDS.iter().any(|word| value.eq_ignore_ascii_case(word))
}

fn ends_with(text: &str, end: &str) -> bool {
    let tail = text.len().checked_sub(end.len()).and_then(|from| text.get(from..));
    tail.is_some_and(|tail| tail.eq_ignore_ascii_case(end))
}

/// Git's user of a remote is nobody's address.
pub(super) fn is_address(_before: &str, secret: &str, _after: &str) -> bool {
    !secret.starts_with("git@")
}

/// 13 to 19 digits as a card's are printed, of an issuer's range, with the right check digit, and no part of an id.
pub(super) fn is_card(before: &str, secret: &str, after: &str) -> bool {
    let joins = |c: char| c.is_alphanumeric() || matches!(c, '_' | '-' | '.');
    if before.ends_with(joins) || after.starts_with(|c: char| c.is_alphanumeric() || matches!(c, '_' | '-')) {
        return false;
    }
    // The value of a field that names itself an id.
    let name = before.trim_end_matches(['"', '\'', '\\', ' ', ':', '=']);
    if name.len() < before.len() && (ends_with(name, "id") || ends_with(name, "_ns") || ends_with(name, "nano")) {
        return false;
    }
    let digits: Vec<u32> = secret.chars().filter_map(|c| c.to_digit(10)).collect();
    is_grouped(secret) && (13..=19).contains(&digits.len()) && is_issued(&digits) && luhn(&digits)
}

fn is_grouped(text: &str) -> bool {
    let separators: Vec<char> = text.chars().filter(|c| !c.is_ascii_digit()).collect();
    let same = separators.iter().all(|c| Some(c) == separators.first());
    let groups: Vec<usize> = text.split([' ', '-']).map(str::len).collect();
    let card = matches!(groups.as_slice(), [_] | [4, 6, 5] | [4, 6, 4] | [4, 4, 4, 1..=4] | [4, 4, 4, 4, 1..=3]);
    same && card
}

fn is_issued(digits: &[u32]) -> bool {
    let start = digits.iter().take(4).fold(0, |number, digit| number * 10 + digit);
    matches!(start, 2221..=2720 | 3000..=3999 | 4000..=4999 | 5000..=5999 | 6000..=6999)
}

fn luhn(digits: &[u32]) -> bool {
    let sum: u32 = digits
        .iter()
        .rev()
        .enumerate()
        .map(|(place, digit)| match (place % 2, digit * 2) {
            (0, _) => *digit,
            (_, double) if double > 9 => double - 9,
            (_, double) => double,
        })
        .sum();
    sum.is_multiple_of(10) && digits.iter().any(|digit| *digit != 0)
}

fn has_both_cases(text: &str) -> bool {
    text.bytes().any(|b| b.is_ascii_uppercase()) && text.bytes().any(|b| b.is_ascii_lowercase())
}
