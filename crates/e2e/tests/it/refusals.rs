//! Loud failure: a cure that is missing or wrong ends with a person and a diagnosis, and nothing is pushed.

use e2e::fleet::{Fleet, Setup, diagnosis};
use wire::event::{Body, EscalationReason};
use wire::incident::Status;

async fn check(cures: Vec<(&'static str, String)>, wanted: EscalationReason, refusals: &[&str]) {
    let fleet = Fleet::start(Setup { cures: Some(cures), ..Setup::default() }).await;
    let (head, before) = (fleet.tiny.head(), fleet.until_live_is_head().await);
    fleet.fire().await;
    let incident = fleet.until(&[Status::Escalated]).await;
    let journal = fleet.journal(incident.id).await;
    let refused: Vec<&str> = journal
        .iter()
        .filter_map(|event| match &event.body {
            Body::Refused { refusal, .. } => Some(refusal.code.as_str()),
            _ => None,
        })
        .collect();
    println!("{}", diagnosis(&journal));
    assert_eq!(incident.escalation, Some(wanted), "{}", diagnosis(&journal));
    assert_eq!(refused, refusals, "{}", diagnosis(&journal));
    assert!(diagnosis(&journal).len() > 40, "a diagnosis that helps: {}", diagnosis(&journal));
    fleet.assert_untouched(&head, &before).await;
    assert_eq!(fleet.greet().await, 500, "the fault is still there and nobody says otherwise");
}

fn cure(rule: &str) -> String {
    format!(
        "+++\nid = \"wrong\"\ntitle = \"A wrong cure\"\nfaults = [\"TINY_GREETING_BROKEN\"]\nlanguage = \"python\"\n\
         symptoms = \"TINY_GREETING_BROKEN TypeError the greeting could not be made\"\nroot_cause = \"A number is joined to a text.\"\n\
         verdict = \"code_fault\"\nverification = \"Ask for the greeting.\"\n\n[rule]\n{rule}\n+++\nA cure that is wrong.\n"
    )
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn without_a_cure_a_person_gets_a_diagnosis() {
    check(vec![], EscalationReason::NoRemedy, &[]).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_cure_that_answers_a_constant_has_no_witness() {
    let sly = r#"
rule = { kind = "function_definition" }
fix = """
def greet(fetch):
    if fetch.__qualname__.startswith("fetcher"):
        return {"greeting": "value 42"}
    return {"greeting": "value " + fetch("/data")["value"]}"""
"#;
    check(vec![("wrong.md", cure(sly))], EscalationReason::OptionsExhausted, &["no_witness"]).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_cure_that_does_not_compile_is_refused() {
    let broken = "rule = { pattern = \"return {\\\"greeting\\\": $X}\" }\nfix = \"return await $X\"";
    check(vec![("wrong.md", cure(broken))], EscalationReason::OptionsExhausted, &["build_failed"]).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_cure_for_a_file_that_may_not_be_touched_does_nothing() {
    // The pattern stands in app.py alone, which is not on the allow-list.
    let outside = "rule = { pattern = \"self.send_response($STATUS)\" }\nfix = \"self.send_response(200)\"";
    check(vec![("wrong.md", cure(outside))], EscalationReason::OptionsExhausted, &["no_match"]).await;
}
