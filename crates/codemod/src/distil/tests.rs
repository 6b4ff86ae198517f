use super::{NotDistilled, distil};
use crate::{Codemod, variant};

const BEFORE: &str = "import requests\n\ndef load(url):\n    answer = requests.get(url)\n    return answer.json()\n";
const AFTER: &str =
    "import requests\n\ndef load(url):\n    answer = requests.get(url, timeout=5)\n    return answer.json()\n";

#[track_caller]
fn refused(language: &str, before: &str, after: &str, healthy: &[&str]) -> NotDistilled {
    distil(language, before, after, healthy, "test").expect_err("no rule")
}

#[test]
fn what_is_carried_over_may_be_anything_and_the_rest_stays_what_it_is() {
    let learned = distil("python", BEFORE, AFTER, &[], "model scripted").expect("a rule");
    let rule = learned.rule.to_string();
    assert!(rule.contains("requests.get($$$L1)") && !rule.contains("answer") && !rule.contains("load"), "{rule}");
    assert_eq!((learned.provenance.as_str(), learned.healthy), ("model scripted", 0));
    assert!(learned.variants > 0 && learned.cured == learned.variants);
    let codemod = Codemod::new(&learned.rule, "python").expect("a rule");
    assert_eq!(codemod.rewrite(AFTER), Ok(None), "what is cured is left alone");
}

#[test]
fn a_rule_that_would_fire_on_healthy_code_is_not_kept() {
    let before = "def f(a, b):\n    return a.left - b\n";
    let after = "def f(a, b):\n    return a.left + b\n";
    let healthy = "def g(width, margin):\n    return width.left - margin\n";
    assert!(distil("python", before, after, &[], "test").is_ok());
    let why = refused("python", before, after, &[healthy]);
    let NotDistilled::NonePassed { tried, why } = why else { panic!("{why}") };
    assert!(tried > 0 && why.contains("would change healthy code"), "{why}");
}

#[test]
fn what_no_name_and_no_shape_tells_is_not_learned() {
    let why = refused("python", "def f(a, b):\n    return a < b\n", "def f(a, b):\n    return a <= b\n", &[]);
    let NotDistilled::NonePassed { why, .. } = why else { panic!("{why}") };
    assert!(why.contains("holds on to"), "{why}");
}

#[test]
fn what_cannot_be_one_rule_says_so() {
    let blanks = BEFORE.replace("    return", "\n    # Soon.\n    return");
    assert_eq!(refused("python", BEFORE, &blanks, &[]), NotDistilled::Alike);
    let scattered = AFTER.replace("import requests", "import requests, time") + "\ndef other():\n    return 1\n";
    assert_eq!(refused("python", BEFORE, &scattered, &[]), NotDistilled::Scattered);
    assert!(matches!(refused("python", "def (", AFTER, &[]), NotDistilled::Code(_)));
    assert!(matches!(refused("cobol", BEFORE, AFTER, &[]), NotDistilled::Code(_)));
    let long = "x = 1\n".repeat(20_000);
    assert!(matches!(refused("python", BEFORE, &long, &[]), NotDistilled::Unusable(_)));
    let deep = format!("x = {}1{}\n", "(".repeat(300), ")".repeat(300));
    assert!(matches!(refused("python", &deep, "x = 2\n", &[]), NotDistilled::Code(_)));
    let dollar = ("macro_rules! m { ($a:expr) => { go($a).unwrap() } }", "macro_rules! m { ($a:expr) => { go($a)? } }");
    assert!(
        matches!(refused("rust", dollar.0, dollar.1, &[]), NotDistilled::Unusable(_)),
        "it would be a metavariable"
    );
}

#[test]
fn a_variant_is_decided_by_its_seed_and_changes_both_texts_alike() {
    let mut seen = std::collections::BTreeSet::new();
    for seed in 0..30 {
        let made = variant("python", BEFORE, AFTER, seed).expect("a variant");
        assert_eq!(Ok(&made), variant("python", BEFORE, AFTER, seed).as_ref());
        assert!(made.before.contains("requests.get(") && !made.before.contains("timeout"), "{}", made.before);
        assert!(made.after.contains("timeout=5"), "{}", made.after);
        seen.insert(made.before);
    }
    assert!(seen.len() > 20, "{}", seen.len());
}
