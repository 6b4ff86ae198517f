//! Cures that are learned, with a real PostgreSQL.

use crate::order::taught;
use crate::plan::{lesson, request};
use crate::running::{problem, start};
use reqwest::{Method, StatusCode};
use wire::Digest;
use wire::plan::{Lesson, Remedy, Verdict};

#[tokio::test]
async fn a_learned_cure_is_offered_at_once_in_every_replica_and_after_a_restart() {
    let database = testkit::database().await;
    let (one, two) = (start(database.url()).ready().await, start(database.url()).ready().await);
    let asked = request("FAULT", "the gizmo is frobnicated");
    assert_eq!(one.plan(&asked).await.verdict, Verdict::Unknown);
    let told = taught(true, "x");
    assert_eq!(one.learn(&told).await.0, StatusCode::OK);
    let third = start(database.url()).ready().await;
    for service in [&one, &two, &third] {
        let plan = service.plan(&asked).await;
        let Some(Remedy::Codemod { document, rule, digest }) = plan.options.first().map(|first| first.remedy.clone())
        else {
            panic!("a rule: {plan:?}")
        };
        assert_eq!(document, format!("learned-{}", told.incident));
        let distilled = told.distilled.clone().expect("a rule");
        assert_eq!((rule, digest), (distilled.rule, distilled.digest));
        assert_eq!(plan.verdict, Verdict::CodeFault);
        let (status, body) = service.as_healer(Method::GET, &format!("/v1/documents/{document}"), "").await;
        assert!(status == StatusCode::OK && body.contains("model scripted/one"), "its provenance: {body}");
    }
    // What it healed points to it, and is the same option.
    let remedy = one.plan(&asked).await.options[0].remedy.clone();
    one.learn(&lesson("FAULT", "the gizmo is frobnicated", remedy.clone(), true)).await;
    let plan = two.plan(&asked).await;
    assert_eq!((plan.options.len(), &plan.options[0].remedy), (1, &remedy), "{plan:?}");
    assert_eq!(plan.options[0].track.map(|track| track.healed), Some(1));

    // One failure demotes it, two withdraw it: everywhere, and after a restart.
    for _ in 0..2 {
        one.learn(&lesson("FAULT", "the gizmo is frobnicated", remedy.clone(), false)).await;
    }
    for service in [&one, &two, &start(database.url()).ready().await] {
        assert!(service.plan(&asked).await.options.is_empty());
    }
}

#[tokio::test]
async fn a_learned_cure_can_be_taken_out() {
    let database = testkit::database().await;
    let service = start(database.url()).ready().await;
    let told = taught(true, "x");
    service.learn(&told).await;
    let path = format!("/v1/documents/learned-{}", told.incident);
    let gone = service.send(Method::DELETE, &path, Some(&testkit::token("operator")), "").await;
    assert_eq!(gone.0, StatusCode::OK, "{gone:?}");
    assert!(service.plan(&request("FAULT", "the gizmo is frobnicated")).await.options.is_empty());
}

#[tokio::test]
async fn a_rule_that_is_not_what_it_says_is_refused() {
    let database = testkit::database().await;
    let service = start(database.url()).ready().await;
    let with = |change: fn(&mut Lesson)| {
        let mut lesson = taught(true, "x");
        change(&mut lesson);
        lesson
    };
    let wrong = [
        with(|lesson| lesson.language = "python".into()),
        with(|lesson| lesson.distilled.iter_mut().for_each(|d| d.digest = Digest::of("another"))),
        with(|lesson| lesson.distilled.iter_mut().for_each(|d| d.provenance = "x".repeat(10_000))),
    ];
    for lesson in wrong {
        let refused = service.learn(&lesson).await;
        assert_eq!(problem(&refused), (400, "bad_request".into()), "{refused:?}");
    }
}
