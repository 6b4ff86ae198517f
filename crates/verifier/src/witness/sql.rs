//! As much of SQL's lexis as it takes to tell a comment from what is executed. Pure.

/// A statement in which each comment is a space. Quoted text and names stay as they are.
pub(crate) fn without_comments(sql: &str) -> String {
    let mut kept = String::with_capacity(sql.len());
    let mut rest = sql;
    while let Some(first) = rest.chars().next() {
        let (length, is_comment) = token(rest, kept.chars().next_back());
        // A token is never empty; should one be, it goes on by a character.
        let (token, after) = rest.split_at_checked(length.max(first.len_utf8())).unwrap_or((rest, ""));
        kept.push_str(if is_comment { " " } else { token });
        rest = after;
    }
    kept
}

/// The length of what begins here, in bytes, and whether it is a comment. What is not closed goes on to the end.
fn token(rest: &str, before: Option<char>) -> (usize, bool) {
    let in_word = before.is_some_and(|c| c.is_alphanumeric() || c == '_' || c == '$');
    if rest.starts_with("--") {
        return (rest.find('\n').unwrap_or(rest.len()), true);
    }
    if rest.starts_with("/*") {
        return (block(rest), true);
    }
    let end = match rest.as_bytes() {
        [b'\'', ..] => quoted(rest, 1, '\'', false),
        [b'e' | b'E', b'\'', ..] if !in_word => quoted(rest, 2, '\'', true),
        [b'"', ..] => quoted(rest, 1, '"', false),
        [b'$', ..] if !in_word => dollar_quoted(rest),
        _ => rest.chars().next().map_or(rest.len(), char::len_utf8),
    };
    (end, false)
}

/// Blocks lie within one another.
fn block(rest: &str) -> usize {
    let (mut depth, mut at) = (0_usize, 0);
    while let Some(text) = rest.get(at..).filter(|text| !text.is_empty()) {
        let step = match text {
            text if text.starts_with("/*") => {
                depth += 1;
                2
            }
            text if text.starts_with("*/") => {
                depth -= 1;
                2
            }
            text => text.chars().next().map_or(1, char::len_utf8),
        };
        at += step;
        if depth == 0 {
            break;
        }
    }
    at
}

/// A doubled quote is one of the text; it begins the next token here, which comes to the same.
fn quoted(rest: &str, opening: usize, quote: char, has_escapes: bool) -> usize {
    let mut is_escaped = false;
    for (at, c) in rest.char_indices().skip(opening) {
        match c {
            _ if is_escaped => is_escaped = false,
            '\\' if has_escapes => is_escaped = true,
            c if c == quote => return at + 1,
            _ => {}
        }
    }
    rest.len()
}

/// `$$ … $$` or `$tag$ … $tag$`; a parameter like `$1` is neither.
fn dollar_quoted(rest: &str) -> usize {
    let inner = rest.get(1..).unwrap_or_default();
    let tag = inner.find('$').and_then(|end| inner.get(..end));
    let is_tag = |tag: &&str| {
        !tag.starts_with(|c: char| c.is_ascii_digit()) && tag.chars().all(|c| c.is_alphanumeric() || c == '_')
    };
    let Some(tag) = tag.filter(is_tag) else { return 1 };
    let delimiter = format!("${tag}$");
    let body = rest.get(delimiter.len()..).unwrap_or_default();
    body.find(&delimiter).map_or(rest.len(), |at| at + 2 * delimiter.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn comments_go_and_what_only_looks_like_one_stays() {
        for (sql, wanted) in [
            ("SELECT 1 -- pg_sleep(5)", "SELECT 1  "),
            ("SELECT 1 -- a\nFROM t", "SELECT 1  \nFROM t"),
            ("/* statement_timeout = 5 */SELECT 1", " SELECT 1"),
            ("SELECT /* a /* b */ pg_sleep(1) */ 2", "SELECT   2"),
            ("SELECT /* never closed pg_sleep", "SELECT  "),
            ("SELECT '--' , '/* x */'", "SELECT '--' , '/* x */'"),
            ("SELECT 'it''s -- one' -- two", "SELECT 'it''s -- one'  "),
            ("SELECT 'a\\' -- b'", "SELECT 'a\\'  "),
            ("SELECT E'a\\' -- b' -- c", "SELECT E'a\\' -- b'  "),
            ("SELECT $$ -- a $$ -- b", "SELECT $$ -- a $$  "),
            ("SELECT $x$ $$ -- a $x$ -- b", "SELECT $x$ $$ -- a $x$  "),
            ("SELECT $1 -- b$", "SELECT $1  "),
            ("SELECT a$b$ -- c $b$", "SELECT a$b$  "),
            ("SELECT \"--\" -- é", "SELECT \"--\"  "),
            ("SELECT 'never closed -- x", "SELECT 'never closed -- x"),
            ("é -- ü", "é  "),
            ("", ""),
        ] {
            assert_eq!(without_comments(sql), wanted, "{sql}");
        }
    }
}
