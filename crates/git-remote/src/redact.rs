//! What git and ssh say, fit for an answer or a log: nothing between `//` and `@`, since a credential in a URL ends up in error
//! texts otherwise, and nothing else that looks like a secret.

/// The text without the user part of any URL in it, and without what else looks like a secret.
pub fn redact(text: &str) -> String {
    wire::redact::redact(&without_users(text)).into_owned()
}

fn without_users(text: &str) -> String {
    let mut clean = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(begin) = rest.find("//") {
        let (before, after) = rest.split_at(begin + 2);
        clean.push_str(before);
        let end = after.find(|c: char| c.is_whitespace() || matches!(c, '/' | '\'' | '"')).unwrap_or(after.len());
        let (authority, tail) = after.split_at(end);
        match authority.rfind('@') {
            Some(at) => {
                clean.push_str("***");
                clean.push_str(authority.get(at..).unwrap_or_default());
            }
            None => clean.push_str(authority),
        }
        rest = tail;
    }
    clean.push_str(rest);
    clean
}

#[cfg(test)]
mod tests {
    use super::redact;

    #[track_caller]
    fn check(input: &str, expected: &str) {
        assert_eq!(redact(input), expected, "for {input:?}");
    }

    #[test]
    fn the_user_part_of_a_url_is_not_told() {
        check("cannot reach https://x:ghp_secret@host/a.git", "cannot reach https://***@host/a.git");
        check("'https://token@host' and ssh://git@host/x", "'https://***@host' and ssh://***@host/x");
        check("https://u:p@ss@host/a", "https://***@host/a");
        check("//secret@", "//***@");
        check("remote: token=ghp_0123456789abcdefghijklmnopqrstuvwxyz", "remote: token=[redacted]");
    }

    #[test]
    fn other_text_stays_as_it_is() {
        check("a // comment, mail me@host", "a // comment, mail me@host");
        check("file:///var/x.git", "file:///var/x.git");
        check("", "");
        check("//", "//");
    }
}
