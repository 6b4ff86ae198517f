//! What was given up is tried again, because a person says so.

use chassis::calls::Callee;
use e2e::fleet::{Fleet, Setup, diagnosis};
use kintsugi::connection::Connection;
use reqwest::Method;
use serde_json::{Value, json};
use wire::event::{Body, EscalationReason};
use wire::incident::Status;
use wire::knowledge::{GivenDocument, SeedRequest, Seeded};
use wire::{IncidentId, Service, paths};

/// A cure for a file that may not be touched: it comes to nothing.
const USELESS: &str = "+++\nid = \"useless\"\ntitle = \"A cure for another file\"\nfaults = [\"TINY_GREETING_BROKEN\"]\n\
    language = \"python\"\nsymptoms = \"TINY_GREETING_BROKEN\"\nroot_cause = \"Another.\"\nverdict = \"code_fault\"\n\n[rule]\n\
    rule = { pattern = \"self.send_response($STATUS)\" }\nfix = \"self.send_response(200)\"\n+++\nOf no use.\n";

fn callee(fleet: &Fleet, service: Service) -> anyhow::Result<Callee> {
    Ok(Connection::open(&fleet.options.home)?.callee(service)?)
}

async fn give(fleet: &Fleet, text: &str) -> anyhow::Result<usize> {
    let documents = vec![GivenDocument { name: "cure.md".into(), text: text.to_owned() }];
    let request = SeedRequest { documents };
    let seeded: Seeded = callee(fleet, Service::RagGateway)?.call(Method::POST, paths::SEED, Some(&request)).await?;
    Ok(seeded.added)
}

/// The status of the answer.
async fn try_again(fleet: &Fleet, incident: IncidentId) -> anyhow::Result<u16> {
    let path = format!("{}/api/incidents/{incident}/retry", paths::DEVELOPER);
    let said = json!({ "note": "a cure was given" });
    let answer = callee(fleet, Service::IncidentStore)?.call::<Value>(Method::POST, &path, Some(&said)).await;
    Ok(answer.map_or_else(|refused| refused.status().unwrap_or(0), |_| 200))
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_incident_without_a_cure_is_healed_when_one_is_given_and_a_person_says_so() {
    let right =
        std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/../testkit/tiny/knowledge/tiny-greeting.md"));
    let fleet = Fleet::start(Setup { cures: Some(vec![]), ..Setup::default() }).await;
    let (head, before) = (fleet.tiny.head(), fleet.until_live_is_head().await);
    fleet.fire().await;
    let incident = fleet.until(&[Status::Escalated]).await;
    assert_eq!(
        incident.escalation,
        Some(EscalationReason::NoRemedy),
        "{}",
        diagnosis(&fleet.journal(incident.id).await)
    );

    // What comes to nothing is escalated again, and is known from then on.
    assert_eq!(give(&fleet, USELESS).await.unwrap(), 1);
    assert_eq!(try_again(&fleet, incident.id).await.unwrap(), 200);
    let exhausted = || async {
        let now = fleet.store().incident(incident.id).await.ok()?;
        (now.escalation == Some(EscalationReason::OptionsExhausted)).then_some(now)
    };
    testkit::eventually("the useless cure came to nothing", e2e::fleet::RECOVERY, exhausted).await;
    fleet.assert_untouched(&head, &before).await;

    assert_eq!(give(&fleet, &right.unwrap()).await.unwrap(), 1);
    assert_eq!(try_again(&fleet, incident.id).await.unwrap(), 200);
    let healed = fleet.until(&[Status::Resolved]).await;
    fleet.assert_healed(&healed, &before).await;
    assert_eq!((healed.retries, healed.tried.len()), (2, 1));
    let journal = fleet.journal(incident.id).await;
    let refused = journal.iter().filter(|event| matches!(event.body, Body::Refused { .. })).count();
    assert_eq!(refused, 1, "what was refused is not tried again");
    assert_eq!(try_again(&fleet, incident.id).await.unwrap(), 409, "it is healed");
}
