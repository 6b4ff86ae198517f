//! An error that no rule names ends with a person and a diagnosis, whatever it looks like.

use e2e::fleet::{Fleet, RECOVERY, Setup, diagnosis};
use testkit::eventually;
use wire::event::{Body, EscalationReason, Step};
use wire::incident::{Severity, Status};

/// As the target's own fault speaks, for which a right cure is known; only the marker is missing.
const LINE: &str =
    r#"{"level":"error","message":"the greeting could not be made","reason":"TypeError","request_id":"r-"#;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_error_that_no_rule_names_is_one_incident_for_a_person_and_changes_nothing() {
    let edit: fn(&str) -> String = |text| format!("unknown = {{ learn_s = 0 }}\n{text}");
    let fleet = Fleet::start(Setup { edit: Some(edit), ..Setup::default() }).await;
    let (head, before) = (fleet.tiny.head(), fleet.until_live_is_head().await);
    let lines: String = (1000..1040).map(|n| format!("{LINE}{n}\"}}\n")).collect();
    std::fs::write(std::path::Path::new(&fleet.tiny.target.logs.live).join("worker.log"), lines).unwrap();
    let incident = eventually("an escalated incident", RECOVERY, async || {
        let page = fleet.store().incidents(10, false).await.ok()?;
        assert!(page.incidents.len() <= 1, "{:?}", page.incidents);
        page.incidents.into_iter().find(|incident| incident.status == Status::Escalated)
    })
    .await;
    assert!(incident.code.as_str().starts_with("UNKNOWN_"), "{}", incident.code);
    assert_eq!((incident.severity, incident.escalation), (Severity::Medium, Some(EscalationReason::NoRemedy)));
    let journal = fleet.journal(incident.id).await;
    let told = diagnosis(&journal);
    for part in
        [incident.code.as_str(), "the greeting could not be made", "No rule of the target file names", "nearest"]
    {
        assert!(told.contains(part), "{part:?} is missing in {told}");
    }
    let begun = journal.iter().filter_map(|event| match &event.body {
        Body::Started { step, .. } => Some(*step),
        _ => None,
    });
    assert_eq!(begun.collect::<Vec<_>>(), [Step::Analyze], "nothing but a diagnosis");
    fleet.assert_untouched(&head, &before).await;
}
