//! What a secret looks like. The first group of a pattern that takes part in a match is the secret, else the whole match.
//!
//! No pattern waits for an end that may never come: each takes what is there, so that a search never goes over the same
//! text twice. Word boundaries and classes are ASCII where they can be: those of Unicode are slow to compile and to run.

use super::judge;

/// A kind of secret.
pub(super) struct Rule {
    pub(super) sign: Sign,
    pub(super) pattern: &'static str,
    /// Whether what was found (the text before, itself, the text behind) really is one.
    pub(super) is_secret: fn(&str, &str, &str) -> bool,
}

/// What a text must hold to concern a rule: most lines hold nothing of it, and then no pattern is tried.
pub(super) enum Sign {
    /// One of these, in lower case; ASCII letters count in either.
    Words(&'static [&'static str]),
    /// Whatever this says.
    Shape(fn(&str) -> bool),
}

const fn always(words: &'static [&'static str], pattern: &'static str) -> Rule {
    Rule { sign: Sign::Words(words), pattern, is_secret: judge::always }
}

/// In the order in which they are applied: what knows the end of a secret best comes first.
pub(super) const RULES: &[Rule] = &[
    // A private key, to its end or the text's.
    always(
        &["private key"],
        r"(?s)-----BEGIN [A-Z0-9 ]{0,40}PRIVATE KEY(?: BLOCK)?-----.*?(?:-----END [A-Z0-9 ]{0,40}-----|\z)",
    ),
    // A line of one, as a log that is read line by line shows it.
    Rule {
        sign: Sign::Shape(judge::may_hold_key_body),
        pattern: r"(?m)^[A-Za-z0-9+/]{64}={0,2}\r?$",
        is_secret: judge::is_key_body,
    },
    // The password of a URL, with whatever stands before the last `@` of its authority.
    always(&["://"], r#"(?-u:\b)[A-Za-z][A-Za-z0-9+.-]{0,30}://[^\s/?#"'<>:@]*:([^\s/?#"'<>]+)@"#),
    // Tokens whose issuers gave them a shape.
    always(
        &["akia", "asia", "agpa", "aida", "aroa", "anpa", "anva", "aipa"],
        r"(?-u:\b)(?:AKIA|ASIA|AGPA|AIDA|AROA|ANPA|ANVA|AIPA)[A-Z0-9]{16}(?-u:\b)",
    ),
    always(
        &["ghp_", "gho_", "ghu_", "ghs_", "ghr_", "github_pat_", "glpat-"],
        r"(?-u:\b)(?:gh[pousr]_[A-Za-z0-9]{20,}|github_pat_[A-Za-z0-9_]{20,}|glpat-[A-Za-z0-9_-]{20,})",
    ),
    always(
        &["xox", "npm_", "aiza"],
        r"(?-u:\b)(?:xox[abeoprs]-[A-Za-z0-9-]{10,}|npm_[A-Za-z0-9]{36}|AIza[0-9A-Za-z_-]{35})",
    ),
    always(&["k_live_", "k_test_", "sk-"], r"(?-u:\b)(?:[sr]k_(?:live|test)_[0-9A-Za-z]{16,}|sk-[A-Za-z0-9_-]{20,})"),
    always(&["hooks.slack.com"], r"hooks\.slack\.com/services/([A-Za-z0-9/_-]+)"),
    // A JSON web token, with or without its signature.
    always(&["eyj"], r"(?-u:\b)eyJ[A-Za-z0-9_-]{5,}\.[A-Za-z0-9_-]{5,}(?:\.[A-Za-z0-9_-]*)?"),
    // `Authorization: …` with its scheme, and the schemes wherever they stand.
    always(
        &["authorization"],
        r#"(?i)authorization\\*["']?\s*(?:=>|[:=])\s*\\*["']?(?:(?:bearer|basic|digest|token|apikey|negotiate|aws4-hmac-sha256)\s+)?([^\s"',;\\]+)"#,
    ),
    Rule {
        sign: Sign::Words(&["bearer"]),
        pattern: r"(?i)(?-u:\b)bearer\s+([A-Za-z0-9._~+/=-]{8,})",
        is_secret: judge::is_token_like,
    },
    Rule {
        sign: Sign::Words(&["basic"]),
        pattern: r"(?i)(?-u:\b)basic\s+([A-Za-z0-9+/_-]{6,}={0,2})",
        is_secret: judge::is_basic,
    },
    always(&["cookie"], r#"(?i)(?-u:\b)(?:set-)?cookie\\*["']?\s*(?:=>|[:=])\s*\\*["']?([^"'\\\r\n]+)"#),
    // Assignments, as text, JSON, or JSON within a JSON string. The name ends in the word: `token_count` is none.
    Rule {
        sign: Sign::Words(&["passw", "passphrase", "pwd", "secret", "token", "key", "credential", "session"]),
        pattern: r#"(?i)(?:password|passwd|passphrase|pwd|secret|token|api[_-]?key|access[_-]?key(?:[_-]?id)?|(?:secret|private|encryption|signing|account)[_-]?key|credentials?|session[_-]?id)\\*["']?\s*(?:=>|:=|[:=])\s*(?:"((?:[^"\\]|\\.)+)|'([^']+)|\\+"([^"\\]+)|([^\s,;&"'\\{}\[\]()=:>][^\s,;&"'\\{}\[\])]*))"#,
        is_secret: judge::is_assigned,
    },
    // `--password x`, and PostgreSQL's `PASSWORD 'x'`.
    always(&["--"], r"(?i)--[a-z0-9-]{0,40}(?:password|passphrase|token|secret|key)\s+([^\s-]\S*)"),
    always(&["password", "identified by"], r"(?i)(?-u:\b)(?:password|identified by)\s+'([^']+)"),
    // E-mail addresses, also with letters beyond ASCII; not git's user.
    Rule {
        sign: Sign::Words(&["@"]),
        pattern: r"[A-Za-z0-9._%+\-\u{80}-\u{10FFFF}]+@[A-Za-z0-9\-\u{80}-\u{10FFFF}]+(?:\.[A-Za-z0-9\-\u{80}-\u{10FFFF}]+)*\.[A-Za-z\u{80}-\u{10FFFF}]{2,}",
        is_secret: judge::is_address,
    },
    // Card numbers: a run of digits in a card's grouping with a card's check digit.
    Rule { sign: Sign::Shape(judge::may_hold_card), pattern: r"[0-9][0-9 -]{11,24}[0-9]", is_secret: judge::is_card },
];
