use super::*;
use crate::required::required;

const PATTERNS: &[&str] = &[
    r"connection refused after \d+ ms",
    r"(?i)out of memory",
    r"panicked at .*:\d+:\d+",
    r"^\d{4}-\d\d FATAL",
    r"(?:ECONNRESET|EPIPE) on \w+$",
    r"[a-z]+\d+[a-z]+9",
    r"\bx{2,}\s+y",
    r"(?s)begin.*end",
    r"ä+ö",
];

/// A small generator (SplitMix64).
fn roll(seed: &mut u64, sides: usize) -> usize {
    *seed = seed.wrapping_add(0x9e37_79b9_7f4a_7c15);
    let z = (*seed ^ (*seed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    ((z ^ (z >> 27)) % sides as u64) as usize
}

/// Which lines the sieve stops at that truly match, if one goes on behind each line where it stops.
fn found(sieve: &Sieve, text: &str, is_hit: impl Fn(&str) -> bool) -> Vec<String> {
    let (mut at, mut lines) = (0, Vec::new());
    while let Some(place) = sieve.find(&text.as_bytes()[at..]) {
        let (before, behind) = text.as_bytes().split_at(at + place);
        let start = memchr::memrchr(b'\n', before).map_or(at, |end| (end + 1).max(at));
        let end = memchr::memchr(b'\n', behind).map_or(text.len(), |end| at + place + end);
        lines.extend(Some(&text[start..end]).filter(|line| is_hit(line)).map(str::to_owned));
        at = (end + 1).min(text.len());
    }
    lines
}

#[test]
fn no_line_is_missed_whatever_stands_around_it() {
    let pieces = [
        "connection refused after 7 ms",
        "Out Of Memory",
        "panicked at src/x.rs:1:2",
        "2026-11 FATAL",
        "ECONNRESET on db",
        "EPIPE on db",
        "abc12def9",
        "xx  y",
        "begin",
        "end",
        "ääö",
        "noise",
        "FAULT_ONE",
        "FAULT_TWO",
        " ",
        "\n",
        "\n",
        "\n",
        "x\t",
        "12",
        "after",
    ];
    let markers: Vec<String> = ["FAULT_ONE", "FAULT_TWO"].map(str::to_owned).to_vec();
    let exact: Vec<Regex> = PATTERNS.iter().map(|pattern| Regex::new(pattern).unwrap()).collect();
    for seed in 0..2_000_u64 {
        let mut dice = seed;
        let count = 1 + roll(&mut dice, 60);
        let text: String = (0..count).map(|_| pieces[roll(&mut dice, pieces.len())]).collect();
        let (first, last) = (roll(&mut dice, PATTERNS.len()), roll(&mut dice, PATTERNS.len() + 1));
        let chosen = first.min(last)..last.max(first);
        let sieve = Sieve::new(&markers, &PATTERNS[chosen.clone()]).unwrap();
        let is_hit = |line: &str| {
            markers.iter().any(|m| line.contains(m))
                || exact[chosen.clone()].iter().any(|e| e.is_match(line.as_bytes()))
        };
        let expected: Vec<String> = text.split('\n').filter(|line| is_hit(line)).map(str::to_owned).collect();
        assert_eq!(found(&sieve, &text, is_hit), expected, "seed {seed}, patterns {chosen:?}, text {text:?}");
    }
}

#[test]
fn more_literals_than_one_search_takes_are_all_found() {
    let markers: Vec<String> = (0..300).map(|i| format!("mark<{i}>")).collect();
    let sieve = Sieve::new(&markers, &[]).unwrap();
    assert!(sieve.searches.len() > 4);
    let text: String = markers.iter().rev().map(|m| format!("{}{m}\n", "noise ".repeat(700))).collect();
    let expected: Vec<&str> = text.lines().collect();
    assert_eq!(found(&sieve, &text, |_| true), expected);
}

#[test]
fn a_pattern_is_searched_for_by_what_it_must_hold() {
    let literals = |pattern: &str| {
        required(pattern).map(|found| found.iter().map(|l| String::from_utf8_lossy(l).into_owned()).collect::<Vec<_>>())
    };
    assert_eq!(literals(r"\d+ (?:EPIPE|ECONNRESET)$").unwrap(), ["EPIPE", "ECONNRESET"]);
    let found = literals(r"^\d+ deadlock detected \w+").unwrap();
    assert!(found.len() == 1 && " deadlock detected ".contains(&found[0]) && found[0].len() >= 4, "{found:?}");
    assert_eq!(literals(r"[a-z]+\d+"), None);
    assert_eq!(literals(r"(?:abcd)?\d"), None, "what may be missing is not required");
    assert_eq!(literals(r"abcd|\d"), None);
}
