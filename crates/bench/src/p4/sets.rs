//! What is looked for. Pure.

use wire::target::FaultRule;

/// A set of rules.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum Set {
    /// Three markers.
    Literals3,
    /// A hundred phrases.
    Literals100,
    /// Twenty patterns.
    Regexes20,
}

const MARKERS: [&str; 3] = ["FAULT_SQL_INJECTION_TEST", "FAULT_EXTERNAL_API_LATENCY", "FAULT_DB_TIMEOUT"];

const THINGS: [&str; 20] = [
    "disk",
    "socket",
    "heap",
    "thread pool",
    "replica",
    "index",
    "certificate",
    "token",
    "queue",
    "cache",
    "shard",
    "cursor",
    "mutex",
    "inode",
    "kernel",
    "schema",
    "broker",
    "session",
    "volume",
    "snapshot",
];
const FATES: [&str; 5] = ["exhausted", "corrupted", "unreachable", "deadlocked", "refused by peer"];

/// A pattern, and a line's end that it matches.
const PATTERNS: [(&str, &str); 20] = [
    (r"connection to \S+ (?:refused|reset)", "connection to db-3:5432 refused"),
    (r"timed out after \d+ ?ms", "the call timed out after 3000 ms"),
    (r"OutOfMemoryError|Cannot allocate memory", "java.lang.OutOfMemoryError: Java heap space"),
    (r"panicked at '?[^']+'?", "thread 'main' panicked at src/main.rs:7:9"),
    (r"segfault at [0-9a-f]+", "worker[71]: segfault at 7f3a ip 00"),
    (r"SQLSTATE\[?[0-9A-Z]{5}\]?", "SQLSTATE[23505]: unique violation"),
    (r"deadlock detected", "ERROR: deadlock detected"),
    (
        r#"duplicate key value violates unique constraint "\w+""#,
        r#"duplicate key value violates unique constraint "users_pk""#,
    ),
    (r"certificate (?:has expired|verify failed)", "tls: certificate has expired"),
    (r#"HTTP/1\.[01]" 50[0234] "#, r#""GET /pay HTTP/1.1" 503 17"#),
    (r"Traceback \(most recent call last\)", "Traceback (most recent call last):"),
    (r"exit(?:ed)? (?:with )?(?:code|status) [1-9]\d*", "child exited with code 137"),
    (r"(?i)too many open files", "accept: Too many open files"),
    (r"no space left on device", "write: no space left on device"),
    (r"NullPointerException|NullReferenceException", "java.lang.NullPointerException: null"),
    (r"goroutine \d+ \[running\]", "goroutine 18 [running]:"),
    (r"upstream (?:prematurely closed|timed out)", "upstream prematurely closed connection"),
    (r"level=(?:fatal|panic)", "level=fatal msg=gone"),
    (r"CrashLoopBackOff|ImagePullBackOff", "pod web-1: CrashLoopBackOff"),
    (r"replication lag (?:of )?[1-9]\d{2,} ?s", "replication lag of 340 s"),
];

impl Set {
    pub(crate) const ALL: [Set; 3] = [Set::Literals3, Set::Literals100, Set::Regexes20];

    pub(crate) fn is_literal(self) -> bool {
        self != Set::Regexes20
    }

    /// The literals or patterns.
    pub(crate) fn wanted(self) -> Vec<String> {
        match self {
            Set::Literals3 => MARKERS.map(str::to_owned).to_vec(),
            Set::Literals100 => THINGS.iter().flat_map(|thing| FATES.map(|fate| format!("{thing} {fate}"))).collect(),
            Set::Regexes20 => PATTERNS.iter().map(|(pattern, _)| (*pattern).to_owned()).collect(),
        }
    }

    /// What a line that is a hit ends with, for each of the rules.
    pub(crate) fn examples(self) -> Vec<String> {
        match self {
            Set::Regexes20 => PATTERNS.iter().map(|(_, example)| (*example).to_owned()).collect(),
            _ => self.wanted(),
        }
    }

    /// The same as a target file's rules.
    pub(crate) fn rules(self) -> anyhow::Result<Vec<FaultRule>> {
        let key = if self.is_literal() { "marker" } else { "pattern" };
        let rule = |(i, wanted): (usize, &String)| {
            let table = [("code", format!("FAULT_{i}")), (key, wanted.clone())];
            let table: toml::Table =
                table.map(|(key, value)| (key.to_owned(), toml::Value::from(value))).into_iter().collect();
            anyhow::Ok(table.try_into::<FaultRule>()?)
        };
        self.wanted().iter().enumerate().map(rule).collect()
    }
}

impl std::fmt::Display for Set {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Set::Literals3 => "literals3",
            Set::Literals100 => "literals100",
            Set::Regexes20 => "regexes20",
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use fault_router::{rules::Rules, scan};

    #[test]
    fn every_rule_finds_its_example() {
        for set in Set::ALL {
            let rules = set.rules().unwrap();
            assert_eq!(rules.len(), set.examples().len());
            for (rule, example) in rules.iter().zip(set.examples()) {
                let rules = Rules::new(std::slice::from_ref(rule)).unwrap();
                let mut hits = 0;
                scan::scan(&rules, &mut format!("before\n{example}\nafter\n").as_bytes(), |_| hits += 1).unwrap();
                assert_eq!(hits, 1, "{example}");
            }
        }
    }
}
