//! A target that somebody else's pipeline deploys: the platform pushes, waits for the signed word, and proves the cure itself.

use e2e::fleet::{Fleet, Setup, diagnosis};
use wire::event::{Body, EscalationReason};
use wire::incident::Status;
use wire::rollout::{RolloutOutcome, ToldBy};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_pipeline_deploys_the_cure_and_a_cure_that_it_cannot_deploy_is_taken_back() {
    let fleet = Fleet::start(Setup { by_pipeline: true, ..Setup::default() }).await;
    let before = fleet.until_live_is_head().await;
    fleet.fire().await;
    let incident = fleet.until(&[Status::Resolved]).await;
    fleet.assert_healed(&incident, &before).await;
    let journal = fleet.journal(incident.id).await;
    let told = journal.iter().find_map(|event| match &event.body {
        Body::Deployed { rollout } => Some((rollout.told_by, rollout.artefact.clone())),
        _ => None,
    });
    assert_eq!(told, Some((Some(ToldBy::Target), None)), "the target itself was asked; what runs was built elsewhere");

    fleet.reset().await;
    let before = fleet.until_live_is_head().await;
    fleet.pipeline.as_ref().expect("the pipeline").fail_for_cures();
    fleet.fire().await;
    let incident = fleet.until(&[Status::Escalated]).await;
    let journal = fleet.journal(incident.id).await;
    assert_eq!(incident.escalation, Some(EscalationReason::OptionsExhausted), "{}", diagnosis(&journal));
    let refused = journal.iter().find_map(|event| match &event.body {
        Body::DeployFailed { rollout } => Some((rollout.outcome, rollout.why.clone())),
        _ => None,
    });
    let (outcome, why) = refused.expect("a roll-out that failed");
    assert_eq!(outcome, RolloutOutcome::Refused);
    assert!(why.contains("the pipeline failed: run") && why.contains("https://ci.invalid/"), "{why}");
    let live = fleet.until_live_is_head().await;
    assert_eq!(
        (live.tree, live.rollouts),
        (before.tree, before.rollouts + 1),
        "the cure was taken back, and that is what runs"
    );
    assert_eq!(fleet.greet().await, 500, "the fault is still there and nobody says otherwise");
}
