//! Reliefs: in the target file, in the route table, in the journal.

use crate::sample::Journal;
use crate::target::{MINIMAL, refuses};
use wire::apply::Refused;
use wire::relief::Ease;
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
