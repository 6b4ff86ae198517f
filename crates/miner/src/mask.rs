//! What of a word changes from line to line whatever system writes it: numbers, addresses, paths, values of keys. Pure.

/// What stands in a template where lines differ.
pub const ANY: &str = "<*>";

/// So many hexadecimal digits in a row are an id, even without a decimal digit among them.
const HEX: usize = 8;
/// So many dots in a row lead the eye to a value and belong to neither side.
const LEADER: usize = 3;
/// What may stand around a path without being a part of it.
const OPENING: [char; 6] = ['[', '(', '{', '<', '"', '\''];
const CLOSING: [char; 10] = [']', ')', '}', '>', '"', '\'', ',', ';', ':', '.'];

/// Writes a word with what changes in it masked.
pub(crate) fn mask(word: &str, out: &mut String) {
    if word.bytes().all(|byte| byte.is_ascii_alphabetic()) && !is_hex_id(word) {
        return out.push_str(word);
    }
    let inner = word.trim_start_matches(OPENING);
    let (before, inner) = word.split_at(word.len() - inner.len());
    let bare = inner.trim_end_matches(CLOSING);
    let after = inner.get(bare.len()..).unwrap_or_default();
    if is_path(bare) || is_colon_hex(bare) {
        out.push_str(before);
        out.push_str(ANY);
        return out.push_str(after);
    }
    pieces(word, out);
}

/// Masks piece by piece: a piece goes up to a sign that no name or number holds.
fn pieces(word: &str, out: &mut String) {
    let (begin, mut masked) = (out.len(), 0);
    let mut rest = word;
    while !rest.is_empty() {
        let dots = rest.len() - rest.trim_start_matches('.').len();
        if dots >= LEADER {
            let (leader, behind) = rest.split_at(dots);
            out.push_str(leader);
            rest = behind;
            continue;
        }
        let length = piece_length(rest);
        let (piece, behind) = rest.split_at(length);
        if piece.is_empty() {
            let sign = rest.chars().next().map_or(1, char::len_utf8);
            let (sign, behind) = rest.split_at(sign.min(rest.len()));
            out.push_str(sign);
            rest = behind;
            continue;
        }
        let is_value = out.get(begin..).is_some_and(|written| written.ends_with('='));
        masked += usize::from(write_piece(piece, is_value, behind.starts_with('('), out));
        rest = behind;
    }
    if masked > 1 {
        join_lists(begin, out);
    }
}

fn piece_length(rest: &str) -> usize {
    let mut dots = 0;
    for (at, c) in rest.char_indices() {
        dots = if c == '.' { dots + 1 } else { 0 };
        if dots >= LEADER {
            return at + 1 - LEADER;
        }
        if !(c.is_alphanumeric() || matches!(c, '_' | '-' | '.' | '*' | '+' | '%' | '\\' | '$')) {
            return at;
        }
    }
    rest.len()
}

/// Whether the piece was masked.
fn write_piece(piece: &str, is_value: bool, is_called: bool, out: &mut String) -> bool {
    let core = piece.trim_end_matches(['.', '-']);
    let has_digit = core.bytes().any(|byte| byte.is_ascii_digit());
    // `read2(` is a function's name; `(2)` is none.
    let is_name = is_called && core.starts_with(|c: char| c.is_alphabetic());
    let changes = (is_value && !core.is_empty()) || (has_digit && !is_name) || is_hex_id(core);
    if changes {
        out.push_str(ANY);
        out.push_str(piece.get(core.len()..).unwrap_or_default());
    } else {
        out.push_str(piece);
    }
    changes
}

/// `1,234` and `10.0.0.0/8` are one value, as is a list whose length may change.
fn join_lists(begin: usize, out: &mut String) {
    while let Some(written) = out.get(begin..) {
        let found = ["<*>,<*>", "<*>/<*>"].into_iter().filter_map(|pair| written.find(pair)).min();
        let Some(at) = found else { return };
        out.replace_range(begin + at..begin + at + ANY.len() + 1, "");
    }
}

/// `/a/b`, `C:\a`, `scheme://a`.
fn is_path(word: &str) -> bool {
    let absolute = word.strip_prefix('/').is_some_and(|rest| rest.contains('/'));
    let has_scheme = || word.match_indices(':').any(|(at, _)| word.get(at + 1..at + 3) == Some("//"));
    absolute || has_scheme() || word.get(1..3) == Some(":\\")
}

/// The address of a network card, or one of IPv6.
fn is_colon_hex(word: &str) -> bool {
    let colons = word.bytes().filter(|byte| *byte == b':').count();
    colons >= 3 && word.bytes().all(|byte| byte == b':' || byte.is_ascii_hexdigit())
}

fn is_hex_id(word: &str) -> bool {
    word.len() >= HEX && word.bytes().all(|byte| byte.is_ascii_hexdigit())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(word: &str, expected: &str) {
        let mut out = String::new();
        mask(word, &mut out);
        assert_eq!(out, expected, "{word:?}");
    }

    #[test]
    fn what_changes_from_line_to_line_is_masked() {
        for (word, expected) in [
            ("17", "<*>"),
            ("-3.5", "<*>"),
            ("0x1f,", "<*>,"),
            ("deadbeefcafe", "<*>"),
            ("123e4567-e89b-12d3-a456-426614174000", "<*>"),
            ("10.0.0.7:5432", "<*>:<*>"),
            ("10.0.0.0/8", "<*>"),
            ("FF:F2:9F:16:E2:DC", "<*>"),
            ("fe80::1:a:b", "<*>"),
            ("/var/lib/x.db:", "<*>:"),
            ("(/a/b)", "(<*>)"),
            ("C:\\Users\\x", "<*>"),
            ("https://example.org/a?b=c", "<*>"),
            ("user=guest", "user=<*>"),
            ("rhost=", "rhost="),
            ("blk_42", "<*>"),
            ("1,234,567", "<*>"),
            ("enabled.....1", "enabled.....<*>"),
        ] {
            check(word, expected);
        }
    }

    #[test]
    fn words_stay_as_they_are() {
        for word in
            ["connection", "failed:", "java.io.IOException:", "a/b", "read2()", "()", "ä", "don't", "…", "defaced"]
        {
            check(word, word);
        }
    }
}
