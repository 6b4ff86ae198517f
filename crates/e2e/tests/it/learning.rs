//! What a model cured once is cured without one the next time; what a developer broke is taken back first.
#![expect(clippy::expect_used, reason = "a story that cannot be told is a failed test")]

use crate::models::{FILE, allowed, env, withdrawn};
use e2e::fleet::{Fleet, RECOVERY, Setup};
use git2::{Repository, Signature, build::TreeUpdateBuilder};
use serde_json::json;
use std::path::Path;
use testkit::provider::{Provider, Turn};
use testkit::repository;
use wire::CommitId;
use wire::incident::Status;
use wire::plan::Remedy;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_a_model_cured_is_cured_by_the_learned_rule_the_next_time() {
    let provider = Provider::start();
    let setup = Setup { env: env(&provider), cures: Some(withdrawn()), edit: Some(allowed), ..Setup::default() };
    let fleet = Fleet::start(setup).await;
    let cured = repository::read(&fleet.tiny.remote, FILE).replace("\"value \" + value", "\"value \" + str(value)");
    let said = json!({ "explanation": "a number is joined to a text", "files": [{ "path": FILE, "content": cured }] });
    provider.script([Turn::says(&said)]);
    let before = fleet.until_live_is_head().await;
    fleet.fire().await;
    let first = fleet.until(&[Status::Resolved]).await;
    fleet.assert_healed(&first, &before).await;
    assert_eq!((first.models.calls, provider.asked().len()), (1, 1));
    let learned = async || {
        let incident = fleet.store().incident(first.id).await.ok()?;
        incident.document
    };
    let document = testkit::eventually("it is learned", RECOVERY, learned).await;
    assert_eq!(document, format!("learned-{}", first.id));

    fleet.reset().await;
    let before = fleet.until_live_is_head().await;
    fleet.fire().await;
    let second = fleet.until(&[Status::Resolved]).await;
    fleet.assert_healed(&second, &before).await;
    let origin = second.proposal.as_ref().map(|proposal| proposal.origin.clone());
    assert_eq!(origin, Some(format!("codemod {document}")));
    assert_eq!((second.models.calls, provider.asked().len()), (0, 1), "no model was asked again");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_a_developer_broke_is_taken_back_before_anything_else_is_tried() {
    let fleet = Fleet::start(Setup::default()).await;
    fleet.until_live_is_head().await;
    let faulty = repository::read(&fleet.tiny.remote, FILE);
    let healthy = faulty.replace("\"value \" + value", "f\"value {value}\"");
    push(&fleet.tiny.remote, FILE, &healthy, "Write the greeting otherwise");
    fleet.until_live_is_head().await;
    assert_eq!(fleet.greet().await, 200);
    let suspect = push(&fleet.tiny.remote, FILE, &faulty, "Simplify the greeting");
    let before = fleet.until_live_is_head().await;
    fleet.fire().await;
    let incident = fleet.until(&[Status::Resolved]).await;
    fleet.assert_healed(&incident, &before).await;
    let plan = incident.plan.as_ref().expect("a plan");
    assert_eq!(plan.options.first().map(|first| &first.remedy), Some(&Remedy::Revert { commit: suspect.clone() }));
    let origin = incident.proposal.as_ref().map(|proposal| proposal.origin.clone());
    assert_eq!(origin, Some(format!("revert {suspect}")));
    assert_eq!(repository::read(&fleet.tiny.remote, FILE), healthy);
}

/// A developer pushes one changed file.
fn push(bare: &Path, file: &str, text: &str, message: &str) -> CommitId {
    let repository = Repository::open_bare(bare).expect("the repository");
    let head = repository.find_reference("refs/heads/main").and_then(|head| head.peel_to_commit()).expect("main");
    let blob = repository.blob(text.as_bytes()).expect("a blob");
    let tree = TreeUpdateBuilder::new()
        .upsert(file, blob, git2::FileMode::Blob)
        .create_updated(&repository, &head.tree().expect("a tree"))
        .and_then(|tree| repository.find_tree(tree))
        .expect("a tree");
    let who = Signature::now("A developer", "developer@kintsugi.invalid").expect("a signature");
    let commit = repository.commit(Some("refs/heads/main"), &who, &who, message, &tree, &[&head]).expect("a commit");
    commit.to_string().parse().expect("a commit id")
}
