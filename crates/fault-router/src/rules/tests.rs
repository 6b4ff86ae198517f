use super::*;

pub(crate) fn rule(code: &str, marker: &str, pattern: Option<&str>) -> FaultRule {
    FaultRule {
        verdict: None,
        autonomy: None,
        relief: Vec::new(),
        relief_s: 900,
        code: code.parse().unwrap(),
        marker: marker.to_owned(),
        pattern: pattern.map(str::to_owned),
        severity: Default::default(),
        title: String::new(),
    }
}

fn rules(markers: &[&str]) -> Result<Rules, RulesError> {
    let rules: Vec<_> =
        markers.iter().enumerate().map(|(i, marker)| rule(&format!("CODE_{i}"), marker, None)).collect();
    Rules::new(&rules)
}

#[track_caller]
fn check(markers: &[&str], line: &str, expected: Option<&str>) {
    let rules = rules(markers).unwrap();
    let got = rules.by_token(line.as_bytes()).map(|rule| rule.code.as_str());
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
fn a_marker_that_no_line_can_hold_and_a_pattern_that_is_none_are_refused() {
    for marker in ["", "a\nb"] {
        assert!(rules(&[marker]).unwrap_err().to_string().contains("CODE_0"));
    }
    for (pattern, why) in [("(open", "not a regular expression"), ("x*", "every line")] {
        let error = Rules::new(&[rule("CODE", "", Some(pattern))]).unwrap_err().to_string();
        assert!(error.contains("CODE") && error.contains(why), "{error}");
    }
}

#[test]
fn the_first_rule_of_the_catalogue_whose_pattern_fits_counts() {
    let rules =
        Rules::new(&[rule("M", "BOOM", None), rule("A", "", Some(r"code \d+$")), rule("B", "", Some("code 7"))])
            .unwrap();
    let code = |line: &str| rules.by_pattern(line.as_bytes()).map(|rule| rule.code.to_string());
    assert_eq!(code("exit code 7").as_deref(), Some("A"));
    assert_eq!(code("code 7 again").as_deref(), Some("B"));
    assert_eq!(code("BOOM"), None);
    assert!(rules.concerns(b"exit code 8\r") && rules.concerns(b"BOOM") && !rules.concerns(b"exit code"));
}
