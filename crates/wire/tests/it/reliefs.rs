//! Reliefs: in the target file, in the route table, in the journal.

use crate::sample::Journal;
use crate::target::{MINIMAL, refuses};
use wire::apply::Refused;
use wire::event::Body;
use wire::plan::Verdict;
use wire::relief::{Ease, Withdrawn};
use wire::rollout::RouteTable;
use wire::target::{Relief, Target};

fn with(relief: &str) -> String {
    MINIMAL.replace("marker = \"FAULT_TINY\"", &format!("marker = \"FAULT_TINY\"\n{relief}"))
}

#[test]
fn a_faults_reliefs_have_defaults_and_tell_what_is_to_be_kept() {
    let text = "relief = [{ kind = \"stale\", paths = [\"/b\", \"/a\"] }, { kind = \"breaker\", paths = [\"/c\"] }, { kind = \"shed\", paths = [\"/\"], at_most = 8 }]";
    let target = Target::parse(&with(text)).unwrap();
    let fault = &target.faults[0];
    assert_eq!(fault.relief_s, 900);
    assert!(matches!(&fault.relief[0], Relief::Stale { max_age_s: 300, patience_ms: 1_000, .. }));
    assert!(matches!(&fault.relief[1], Relief::Breaker { retry_after_s: 5, .. }));
    assert_eq!(target.kept_paths(), ["/a", "/b"]);
    assert_eq!(Target::parse(MINIMAL).unwrap().kept_paths(), Vec::<String>::new());
}

#[test]
fn what_is_wrong_with_a_relief_is_said() {
    refuses(&with("relief = [{ kind = \"stale\", paths = [] }]"), "`paths`");
    refuses(&with("relief = [{ kind = \"stale\", paths = [\"/-/x\"] }]"), "FAULT_TINY has a relief");
    refuses(&with("relief = [{ kind = \"stale\", paths = [\"/a?b\"] }]"), "neither ? nor #");
    refuses(&with("relief = [{ kind = \"shed\", paths = [\"/\"], at_most = 0 }]"), "at least 1");
    refuses(&with("relief = [{ kind = \"breaker\", paths = [\"/\"], retry_s = 1 }]"), "retry_s");
    refuses(&with("relief = [{ kind = \"magic\", paths = [\"/\"] }]"), "magic");
    for kind in ["kind = \"breaker\"", "kind = \"shed\", at_most = 1"] {
        let retry =
            |seconds: u32| with(&format!("relief = [{{ {kind}, paths = [\"/\"], retry_after_s = {seconds} }}]"));
        assert!(Target::parse(&retry(30)).is_ok(), "{kind}");
        refuses(&retry(31), "1 to 30, since with fewer tries a fault would pass for over");
    }
    refuses(&with("relief_s = 9999"), "1 to 3600");
    let pipeline =
        "[deploy]\nbackend = \"pipeline\"\nurl = \"http://127.0.0.1:1\"\nenvironment = \"live\"\nsecret = \"/x\"\n";
    let relief = with("relief = [{ kind = \"breaker\", paths = [\"/\"] }]");
    refuses(&format!("{relief}\n{pipeline}"), "a pipeline deploys this target");
}

#[test]
fn a_table_of_a_newer_writer_is_read_and_what_nobody_knows_is_left_undone() {
    let text = r#"{"generation": 3, "routes": [], "reliefs": [{"incident": "01890a5d-ac96-774b-bcce-b302099a8057", "target": "tiny",
        "epoch": 1, "until": "2026-01-01T00:00:00Z", "new": 1, "eases": [{"kind": "breaker", "paths": ["/a"], "retry_after_s": 5, "new": 2},
        {"kind": "last_good", "paths": ["/b"]}]}]}"#;
    let table: RouteTable = serde_json::from_str(text).unwrap();
    assert!(matches!(table.reliefs[0].eases[..], [Ease::Breaker { retry_after_s: 5, .. }, Ease::Unknown]));
    let old: RouteTable = serde_json::from_str(r#"{"generation": 3, "routes": []}"#).unwrap();
    assert_eq!(serde_json::to_string(&old).unwrap(), r#"{"generation":3,"routes":[]}"#, "as it was without reliefs");
}

#[test]
fn a_relief_that_stands_or_may_stand_keeps_an_incident_from_being_resolved() {
    let to_proof = ["started analyze", "planned", "started act", "acted", "started verify", "verified"];
    for eased in [&["detected", "started relieve", "relieved"][..], &["detected", "started relieve", "failed relieve"]]
    {
        let mut journal = Journal::of(&[eased, &to_proof].concat());
        assert_eq!(journal.add("resolved").unwrap_err(), Refused::Guard("a relief still stands"));
        journal.add("started withdraw").unwrap();
        let eased = journal.add("withdrawn").unwrap().eased.clone().unwrap();
        assert!(!eased.stands() && eased.withdrawn_at.is_some());
        let unproved = Refused::Guard("no verified action stands behind it");
        assert_eq!(journal.add("resolved").unwrap_err(), unproved, "it was proved while it was eased");
        journal.add("started verify").unwrap();
        journal.add("verified").unwrap();
        assert_eq!(journal.add("resolved").unwrap().status, wire::incident::Status::Resolved);
        assert!(wire::check::check(&journal.events, None).is_ok(), "the certificate tells of the relief");
    }
}

#[test]
fn where_none_stands_none_is_withdrawn_and_a_failed_one_counts_as_no_failure() {
    let mut journal = Journal::of(&["detected", "started analyze", "dismissed"]);
    assert_eq!(journal.add("started withdraw").unwrap_err(), Refused::Guard("no relief stands"));
    assert_eq!(journal.add("withdrawn").unwrap_err(), Refused::Guard("no relief stands"));
    let mut journal = Journal::of(&["detected"]);
    assert_eq!(journal.add("relieved").unwrap_err(), Refused::Guard("no relief is under way"));
    let failed = Journal::of(&["detected", "started relieve", "failed relieve"]);
    assert_eq!((failed.incident().failures_in_a_row, failed.incident().in_flight), (0, None));
}

const HELD: &[&str] = &[
    "detected",
    "started relieve",
    "relieved",
    "started analyze",
    "planned",
    "started propose",
    "refused",
    "mitigated",
];

fn answered(count: Option<u64>) -> Body {
    Body::Withdrawn(Withdrawn { what: "older answers".into(), answered: count })
}

#[test]
fn what_is_only_eased_is_over_when_that_was_proved_without_the_relief_and_nothing_is_to_be_undone_before() {
    let mut journal = Journal::of(HELD);
    let over = || Body::Dismissed { verdict: Verdict::Recovered, why: "it is over".into() };
    let unproved = Refused::Guard("what is eased is over when that was proved, and no relief stands");
    for looked in ["verification_failed", "unverified"] {
        journal.add("started verify").unwrap();
        let incident = journal.add(looked).unwrap();
        assert_eq!((incident.undo.as_ref(), incident.unverified, incident.is_held()), (None, false, true), "{looked}");
    }
    assert_eq!(journal.incident().eased.as_ref().map(|eased| eased.looks), Some(2));
    assert_eq!(journal.append(over()).unwrap_err(), unproved);
    journal.add("started verify").unwrap();
    journal.add("verified").unwrap();
    assert_eq!(journal.append(over()).unwrap_err(), unproved, "it stands");
    journal.add("started withdraw").unwrap();
    journal.append(answered(Some(3))).unwrap();
    assert_eq!(journal.append(over()).unwrap_err(), unproved, "it was proved while it was eased");
    journal.add("started verify").unwrap();
    journal.add("verified").unwrap();
    assert_eq!(journal.add("dismissed").unwrap_err(), unproved, "and it is nothing else than over");
    assert_eq!(journal.append(over()).unwrap().status, wire::incident::Status::Dismissed);
}

#[test]
fn a_person_may_have_what_is_only_eased_tried_again_and_nothing_that_is_being_tried() {
    let mut journal = Journal::of(HELD);
    journal.add("started verify").unwrap();
    let incident = journal.add("retried").unwrap();
    assert_eq!((incident.status, incident.in_flight), (wire::incident::Status::Detected, None));
    assert!(incident.eased.as_ref().is_some_and(|eased| eased.stands()), "it is eased on");
    let mut tried = Journal::of(&["detected", "started relieve", "relieved"]);
    assert_eq!(tried.add("retried").unwrap_err(), Refused::Guard("something is still tried, or only looked at again"));
}

#[test]
fn what_a_playbook_mitigated_is_not_taken_for_eased() {
    let acted =
        ["detected", "started analyze", "planned", "started act", "acted", "started verify", "verified", "mitigated"];
    let mut journal = Journal::of(&acted);
    for step in ["relieve", "withdraw", "verify"] {
        assert!(journal.add(&format!("started {step}")).is_err(), "{step}");
    }
}

#[test]
fn a_proof_under_a_relief_that_answered_nobody_stands_and_any_other_does_not() {
    let to_proof = [
        "detected",
        "started relieve",
        "relieved",
        "started analyze",
        "planned",
        "started act",
        "acted",
        "started verify",
    ];
    for (count, stands) in [(Some(0), true), (Some(1), false), (None, false)] {
        let mut journal = Journal::of(&to_proof);
        journal.add("verified").unwrap();
        journal.add("started withdraw").unwrap();
        assert_eq!(journal.append(answered(count)).unwrap().proof.is_some(), stands, "{count:?}");
    }
}
