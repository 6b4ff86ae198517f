//! `POST /test-fault/session`, and the authority behind it.

use super::bodies::{CURED, ORIGINAL};
use super::double::Mood;
use super::harness::{Bench, NOBODY, database};
use super::run_folder::Folder;
use actix_web::test::TestRequest;
use serde_json::json;
use std::fs;

const PATH: &str = "/test-fault/session";
const IDLE: Mood = Mood::Says(200, "{}");

async fn fails(bench: &Bench, reason: &str) {
    let answer = bench.post(PATH).await;
    assert_eq!((answer.status, &answer.body["code"]), (502, &json!("session_expired")), "{answer:?}");
    bench.is_reported(&answer, "FAULT_SESSION_EXPIRED", reason);
}

#[tokio::test]
async fn the_original_uses_its_token_after_its_end() {
    let bench = Bench::new(ORIGINAL, NOBODY, IDLE);
    fails(&bench, "token_expired").await;
    fails(&bench, "token_expired").await;
}

#[tokio::test]
async fn the_cured_body_renews_its_token_in_time_and_not_for_each_part() {
    let Some(database) = database() else { return };
    let bench = Bench::new(CURED, &database, IDLE);
    let answer = bench.post(PATH).await;
    let tokens = answer.body["tokens"].as_u64().unwrap();
    assert_eq!((answer.status, &answer.body["sent"]), (200, &json!(6)), "{answer:?}");
    assert!((2..=3).contains(&tokens), "{answer:?}");
    assert_eq!(bench.reports(), 0);
}

#[tokio::test]
async fn whoever_used_an_expired_token_is_locked_out_until_the_credential_is_renewed() {
    let folder = Folder::new("session");
    let bench = folder.bench(ORIGINAL);
    let check = async || {
        let bearer = format!("Bearer {}", fs::read_to_string(folder.path.join("session")).unwrap());
        bench
            .ask(TestRequest::get().uri("/test-fault/session/check").insert_header(("authorization", bearer)))
            .await
            .status
    };
    let renew = async |refresh: String| {
        let form = [("grant_type", "refresh_token"), ("client_id", "fault-app"), ("refresh_token", &*refresh)];
        bench.ask(TestRequest::post().uri("/test-fault/session/token").set_form(form)).await
    };
    assert_eq!(check().await, 200);
    fails(&bench, "token_expired").await;
    assert_eq!(check().await, 401);
    fails(&bench, "session_revoked").await;

    let refused = renew("canary".into()).await;
    assert_eq!((refused.status, refused.body), (400, json!({ "error": "invalid_grant" })));
    let renewed = renew(fs::read_to_string(folder.path.join("session-refresh")).unwrap()).await;
    assert_eq!(renewed.status, 200, "{renewed:?}");
    fs::write(folder.path.join("session"), renewed.body["access_token"].as_str().unwrap()).unwrap();
    assert_eq!(check().await, 200);
    fails(&bench, "token_expired").await;
}
