//! Its own routes and settings.

use crate::rig::{LIMIT, Rig, fault, put};
use crate::store::Store;
use fault_router::Settings;
use wire::{Problem, paths};

#[tokio::test]
async fn only_an_operator_sees_the_sources() {
    let (rig, store) = (Rig::new(), Store::start());
    let router = rig.embed(&store);
    for (token, status) in [
        (None, 401),
        (Some("wrong".to_owned()), 401),
        (Some(testkit::token("nobody")), 403),
        (Some(testkit::token("ingest")), 403),
        (Some(testkit::token("healer")), 403),
        (Some(testkit::token("operator")), 200),
    ] {
        let answer = router.get(paths::SOURCES, token.as_deref()).await;
        assert_eq!(answer.status(), status, "{token:?}");
        if status != 200 {
            let problem: Problem = answer.json().await.unwrap();
            assert!(!problem.code.is_empty() && problem.request_id.is_some());
        }
    }
    assert_eq!(router.get(paths::HEALTH, None).await.status(), 200);
}

#[tokio::test]
async fn what_is_not_there_is_a_problem_and_never_a_fault_of_ours() {
    let (rig, store) = (Rig::new(), Store::start());
    let router = rig.embed(&store);
    let operator = testkit::token("operator");
    for path in ["/v1/sources/x", "/v1/detections", "/%00", "/v1/sources%2f..", "/"] {
        let answer = router.get(path, Some(&operator)).await;
        assert_eq!(answer.status(), 404, "{path}");
        assert_eq!(answer.json::<Problem>().await.unwrap().code, "not_found");
    }
    let url = format!("{}{}", router.base, paths::SOURCES);
    let posted = reqwest::Client::new().post(url).bearer_auth(operator).body("{").timeout(LIMIT).send().await.unwrap();
    assert!(posted.status().is_client_error(), "{}", posted.status());
}

#[tokio::test]
async fn the_sources_tell_what_was_read_what_lags_and_what_is_wrong() {
    let (rig, store) = (Rig::new(), Store::start());
    let router = rig.embed(&store);
    let line = fault("e");
    put(&mut rig.log("a.log"), &line);
    router.has_read("a.log").await;
    store.set_away(true);
    put(&mut rig.log("a.log"), &fault("f"));
    let source = testkit::eventually("the trouble", LIMIT, async || {
        let source = router.sources().await.targets.remove(0);
        (!source.troubles.is_empty()).then_some(source)
    })
    .await;
    assert_eq!((source.target.as_str(), source.folder), ("tiny", rig.path("live").display().to_string()));
    let (file, length) = (&source.files[0], line.len() as u64);
    assert_eq!((file.offset, file.size, file.lag), (length, Some(2 * length), Some(length)));
    assert!(source.troubles[0].contains("incident-store"), "{:?}", source.troubles);
    store.set_away(false);
    router.has_read("a.log").await;
    assert!(router.sources().await.targets[0].troubles.is_empty());
}

#[test]
fn the_sample_settings_are_valid_and_say_the_defaults() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../deploy/fault-router.toml");
    let sample: Settings = toml::from_str(&std::fs::read_to_string(path).unwrap()).unwrap();
    assert_eq!(format!("{sample:?}"), format!("{:?}", Settings::default()));
    assert!(toml::from_str::<Settings>("no_such_key = 1").is_err());
}
