//! Whether a line says of itself that it is an error: by the level that it names, or as an exception that nobody caught. Pure.

use regex::bytes::{Regex, RegexBuilder};

/// How far into a line of text its level is looked for, bytes.
const HEAD: usize = 256;
/// What every line holds that may be an error, so that a block without it is passed over as a whole.
pub(crate) const LITERALS: [&str; 19] = [
    "ERROR",
    "Error",
    "error",
    "FATAL",
    "Fatal",
    "fatal",
    "CRITICAL",
    "Critical",
    "critical",
    "PANIC",
    "Panic",
    "panic",
    "SEVERE",
    "Severe",
    "severe",
    "Exception",
    "\"err\"",
    "\":50",
    "\":60",
];
/// The member of a JSON line that tells its level, in the words of the usual loggers and in pino's numbers.
const MEMBER: &str = r#""(?:level|lvl|severity|levelname|loglevel|log\.level|severity_text|severityText)"\s{0,8}:\s{0,8}(?:"(?:err|error|fatal|critical|panic|severe)"|(?:50|60)\b)"#;
/// A line of text names its level among its first words, in capitals or in brackets, before a colon or as a pair; or it is
/// the headline of an exception.
const WORD: &str = concat!(
    r"(?:^|[\s\[(<|])(?:ERROR|FATAL|CRITICAL|PANIC|SEVERE)(?:$|[\s\])>|:,\[])",
    r"|\[(?i:error|fatal|critical|panic|severe)\]",
    r"|^(?:[\dTZ:.,+/ -]*)(?:Error|error|Fatal|fatal|Critical|critical|panic|Severe|severe)(?:$|: )",
    r#"|\b(?:level|lvl|severity)="?(?:ERROR|Error|error|FATAL|Fatal|fatal|critical|panic|severe)\b"#,
    r"|^(?:Exception in thread .{0,128}|Caused by: )?[A-Za-z_][\w.$]{0,128}(?:Error|Exception)(?:$|: )",
    r"|^thread '[^']{0,128}' (?:\([0-9]+\) )?panicked at ",
);
/// Bound of each program, bytes.
const MAX_PROGRAM: usize = 1 << 20;
/// The levels that an error has, where a line's fields are known.
const LEVELS: [&str; 8] = ["err", "error", "fatal", "critical", "panic", "severe", "50", "60"];
/// Where a structured line tells its level.
const MEMBERS: [&str; 8] =
    ["level", "lvl", "severity", "levelname", "loglevel", "log.level", "severity_text", "severityText"];

/// Tells errors from other lines.
#[derive(Debug)]
pub(crate) struct Levels {
    member: Regex,
    word: Regex,
}

impl Levels {
    pub(crate) fn new() -> Result<Self, regex::Error> {
        let regex = |text: &str| RegexBuilder::new(text).unicode(false).size_limit(MAX_PROGRAM).build();
        Ok(Self {
            member: RegexBuilder::new(MEMBER).unicode(false).case_insensitive(true).build()?,
            word: regex(WORD)?,
        })
    }

    /// Whether a line as it stands is an error.
    pub(crate) fn is_error(&self, line: &[u8]) -> bool {
        let text = line.trim_ascii_start();
        if text.first() == Some(&b'{') { self.member.is_match(text) } else { self.is_error_text(text) }
    }

    fn is_error_text(&self, text: &[u8]) -> bool {
        self.word.is_match(text.get(..HEAD).unwrap_or(text))
    }
}

/// Whether the members of a line say that it is an error; `None` when they say nothing of a level.
pub(crate) fn of_members<'m>(mut member: impl FnMut(&str) -> Option<&'m str>) -> Option<bool> {
    let level = MEMBERS.iter().find_map(|name| member(name))?;
    Some(LEVELS.iter().any(|error| level.eq_ignore_ascii_case(error)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use aho_corasick::AhoCorasick;

    #[track_caller]
    fn check(line: &str, expected: bool) {
        assert_eq!(Levels::new().unwrap().is_error(line.as_bytes()), expected, "{line:?}");
        // What the block search cannot see would never be asked.
        let seen = AhoCorasick::new(LITERALS).unwrap().is_match(line);
        assert!(seen || !expected, "no literal is in {line:?}");
    }

    #[test]
    fn a_line_is_an_error_by_the_level_that_it_names() {
        for line in [
            r#"{"level":"error","message":"x"}"#,
            r#"{"ts":"t","severity" : "FATAL","msg":"x"}"#,
            r#"{"level":50,"msg":"x"}"#,
            r#"{"log":{"level":"error"},"message":"x"}"#,
            r#"{"level":"err"}"#,
            "2026-11-22T10:00:00Z ERROR [worker-3] disk full",
            "2026-11-22 10:00:00,123 [main] ERROR com.example.Shop - disk full",
            "[Sun Dec 04 04:47:44 2005] [error] mod_jk child in error state 6",
            "ERROR: deadlock detected",
            "2026-11-22 10:00:00.123 UTC [71] FATAL:  too many connections",
            "time=2026 level=error msg=\"disk full\"",
            "2026/11/22 10:00:00 error: disk full",
            "panic: runtime error: index out of range",
            "ValueError: no such colour",
            "java.lang.NullPointerException: null",
            "Exception in thread \"main\" java.lang.IllegalStateException: x",
            "thread 'main' (71) panicked at src/main.rs:7:9:",
            "[CRITICAL] out of memory",
        ] {
            check(line, true);
        }
    }

    #[test]
    fn what_only_speaks_of_errors_is_none() {
        for line in [
            r#"{"level":"info","message":"level error is off","error":null}"#,
            r#"{"level":"warn","message":"{\"level\":\"error\"}"}"#,
            r#"{"status":50,"message":"x"}"#,
            "2026-11-22T10:00:00Z INFO 0 errors, last error: none",
            "10.0.0.7 - - [22/Nov/2026] \"GET /error HTTP/1.1\" 200 50",
            "ErrorHandler registered",
            "level=info msg=\"error rate 0\"",
            "Traceback (most recent call last):",
            "ERRORS=0",
            "",
        ] {
            check(line, false);
        }
        check(&format!("{} ERROR far away", "x ".repeat(200)), false);
    }
}
