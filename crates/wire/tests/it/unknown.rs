//! Errors that no rule names.

use crate::target::{MINIMAL, refuses};
use wire::FaultCode;
use wire::incident::Severity;
use wire::target::{Burst, Target, Unknown};

fn code(text: &str) -> FaultCode {
    text.parse().unwrap()
}

#[test]
fn errors_that_no_rule_names_are_noticed_only_where_the_target_file_says_so() {
    let silent = Target::parse(MINIMAL).unwrap();
    let told = Target::parse(&format!("{MINIMAL}\n[unknown]\n[burst]\nseverity = \"high\"\n")).unwrap();
    assert_eq!((told.unknown.clone(), silent.unknown.clone()), (Some(Unknown::default()), None));
    assert_eq!(told.burst, Some(Burst { severity: Severity::High, ..Burst::default() }));
    for (text, expected) in [
        ("FAULT_TINY", Some(Severity::Medium)),
        ("UNKNOWN_0123ABCD", Some(Severity::Medium)),
        ("UNKNOWN_MANY", Some(Severity::Medium)),
        ("ERROR_BURST", Some(Severity::High)),
        ("FAULT_OTHER", None),
        ("UNKNOWN_0123abcd", None),
        ("UNKNOWN_0123ABCDE", None),
    ] {
        assert_eq!(told.severity(&code(text)), expected, "{text}");
        let silent = silent.severity(&code(text));
        assert_eq!(silent, expected.filter(|_| text == "FAULT_TINY"), "{text} without the sections");
    }
}

#[test]
fn the_code_of_an_unknown_error_is_known_by_its_form() {
    assert_eq!(FaultCode::of_unknown("0123ABCD"), Some(code("UNKNOWN_0123ABCD")));
    assert_eq!(FaultCode::of_unknown("0123"), None);
    assert!(code("ERROR_BURST").is_unmarked() && !code("FAULT_TINY").is_unmarked());
}

#[test]
fn what_cannot_be_meant_is_refused_with_what_would_be_right() {
    for (section, why) in [
        ("[unknown]\ngroups = 1", "`unknown.groups` is 1: it must be from 16 to 10000"),
        ("[unknown]\nnew_per_minute = 0", "from 1 to 100"),
        ("[unknown]\nlearn_s = 99999999", "from 0 to 604800"),
        ("[unknown]\nlearn = 1", "unknown field"),
        ("[burst]\nslice_s = 0", "`burst.slice_s` is 0"),
        ("[burst]\nminimum = 1", "`burst.minimum` is 1"),
        ("[burst]\nquiet_slices = 0", "`burst.quiet_slices` is 0"),
        ("[burst]\nfactor = 1.0", "from 1.5 to 1000"),
        ("[burst]\nfactor = nan", "from 1.5 to 1000"),
    ] {
        refuses(&format!("{MINIMAL}\n{section}\n"), why);
    }
    refuses(&MINIMAL.replace("\"FAULT_TINY\"", "\"ERROR_BURST\""), "give the fault another one");
}

#[test]
fn the_sample_in_the_demo_s_target_file_holds_the_defaults() {
    let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../../deploy/targets/fault-app.toml");
    let text = std::fs::read_to_string(path).unwrap();
    let sample = text.lines().skip_while(|line| *line != "# [unknown]").take_while(|line| line.starts_with('#'));
    let sample: String = sample.map(|line| format!("{}\n", line.trim_start_matches(['#', ' ']))).collect();
    let target = Target::parse(&format!("{MINIMAL}\n{sample}")).unwrap();
    assert_eq!((target.unknown, target.burst), (Some(Unknown::default()), Some(Burst::default())));
    let keys = sample.lines().filter(|line| line.contains(" = ")).count();
    assert_eq!(keys, 4 + 5, "every setting stands in the sample: {sample}");
}
