//! The markers of a target: one automaton to find them in blocks, and the two ways a line can carry one. Pure.

use aho_corasick::{AhoCorasick, MatchKind};
use memchr::memmem;
use wire::FaultCode;
use wire::target::FaultRule;

/// Why rules cannot be used.
#[derive(Debug, thiserror::Error)]
pub(crate) enum RulesError {
    /// Nothing, or something that no line can hold.
    #[error("the marker of {code} is empty or holds a line break")]
    Marker {
        /// Whose.
        code: FaultCode,
    },
    /// Too much for an automaton.
    #[error("the markers do not fit into one automaton")]
    Automaton(#[source] aho_corasick::BuildError),
}

/// The literal markers of a target.
#[derive(Debug)]
pub(crate) struct Rules {
    automaton: AhoCorasick,
    rules: Vec<(String, FaultCode)>,
}

impl Rules {
    pub(crate) fn new(faults: &[FaultRule]) -> Result<Self, RulesError> {
        let mut patterns = Vec::new();
        for fault in faults {
            if fault.marker.is_empty() || fault.marker.contains(['\n', '\r']) {
                return Err(RulesError::Marker { code: fault.code.clone() });
            }
            patterns.push(fault.marker.clone());
            // A marker with quotes or the like stands escaped in a JSON line.
            let escaped = serde_json::Value::from(fault.marker.as_str()).to_string();
            let inner = escaped.trim_start_matches('"').strip_suffix('"').unwrap_or(&escaped);
            if inner != fault.marker {
                patterns.push(inner.to_owned());
            }
        }
        // Leftmost-first lets the automaton use its vectorised prefilter.
        let automaton = AhoCorasick::builder()
            .match_kind(MatchKind::LeftmostFirst)
            .build(&patterns)
            .map_err(RulesError::Automaton)?;
        Ok(Self { automaton, rules: faults.iter().map(|f| (f.marker.clone(), f.code.clone())).collect() })
    }

    /// Where the first literal begins.
    pub(crate) fn find(&self, bytes: &[u8]) -> Option<usize> {
        self.automaton.find(bytes).map(|found| found.start())
    }

    /// The fault whose marker this is.
    pub(crate) fn by_marker(&self, marker: &str) -> Option<&FaultCode> {
        self.rules.iter().find(|(own, _)| own == marker).map(|(_, code)| code)
    }

    /// The fault whose marker a line of text contains as a token: the leftmost, of two at one place the longer.
    pub(crate) fn by_token(&self, line: &[u8]) -> Option<&FaultCode> {
        let mut best: Option<(usize, usize, &FaultCode)> = None;
        for (marker, code) in &self.rules {
            let marker = marker.as_bytes();
            let mut places = memmem::find_iter(line, marker);
            let Some(at) = places.find(|at| is_token(line, *at, marker)) else { continue };
            if best.is_none_or(|(start, length, _)| at < start || (at == start && marker.len() > length)) {
                best = Some((at, marker.len(), code));
            }
        }
        best.map(|(_, _, code)| code)
    }
}

/// Whether what stands around a marker does not go on with it: `FAULT_A` is no token of `FAULT_AB`.
fn is_token(line: &[u8], at: usize, marker: &[u8]) -> bool {
    let is_word = |byte: Option<&u8>| byte.is_some_and(|b| b.is_ascii_alphanumeric() || *b == b'_');
    let before = at.checked_sub(1).and_then(|i| line.get(i));
    let after = line.get(at + marker.len());
    let goes_on = (is_word(before) && is_word(marker.first())) || (is_word(after) && is_word(marker.last()));
    !goes_on
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rules(markers: &[&str]) -> Result<Rules, RulesError> {
        let rule = |(i, marker): (usize, &&str)| FaultRule {
            code: format!("CODE_{i}").parse().unwrap(),
            marker: (*marker).to_owned(),
            severity: Default::default(),
            title: String::new(),
        };
        Rules::new(&markers.iter().enumerate().map(rule).collect::<Vec<_>>())
    }

    #[track_caller]
    fn check(markers: &[&str], line: &str, expected: Option<&str>) {
        let rules = rules(markers).unwrap();
        let got = rules.by_token(line.as_bytes()).map(FaultCode::as_str);
        assert_eq!(got, expected, "line {line:?} with markers {markers:?}");
    }

    #[test]
    fn a_marker_counts_in_text_only_as_a_token() {
        check(&["FAULT_A"], "error FAULT_A: it broke", Some("CODE_0"));
        check(&["FAULT_A"], "FAULT_A", Some("CODE_0"));
        check(&["FAULT_A"], "error FAULT_AB", None);
        check(&["FAULT_A"], "error XFAULT_A", None);
        check(&["FAULT_A"], "error FAULT_AB and FAULT_A.", Some("CODE_0"));
        check(&["FAULT", "FAULT_A"], "error FAULT_A", Some("CODE_1"));
        check(&["FAULT_A", "FAULT_B"], "FAULT_B before FAULT_A", Some("CODE_1"));
        check(&["[boom]"], "x[boom]y", Some("CODE_0"));
    }

    #[test]
    fn a_marker_that_json_escapes_is_found_as_it_stands_in_the_line() {
        let rules = rules(&[r#"say "boom""#]).unwrap();
        assert_eq!(rules.find(br#"{"marker":"say \"boom\""}"#), Some(11));
        assert_eq!(rules.find(br#"text: say "boom""#), Some(6));
    }

    #[test]
    fn a_marker_that_no_line_can_hold_is_refused() {
        for marker in ["", "a\nb"] {
            assert!(rules(&[marker]).unwrap_err().to_string().contains("CODE_0"));
        }
    }
}
