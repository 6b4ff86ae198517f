//! What the third party's mock cannot do: cut connections, half JSON, endless bodies, silence, redirects.

use crate::account::{Account, Said, chain, link, question};
use models::{Away, Chain, ModelError};
use serde_json::json;
use std::time::Duration;
use testkit::provider::{Provider, Turn};
use wire::model::ModelOutcome::{Answered, Declined, Malformed, RateLimited, Rejected, TimedOut, Unavailable};

const PATIENCE: Duration = Duration::from_secs(3);

fn said() -> Turn {
    Turn::says(&json!({ "cure": "rest" }))
}

async fn asked(chain: &Chain, account: &Account) -> Result<Said, Away<&'static str>> {
    chain.ask::<Said, _>(&question(), account).await.map(|answer| answer.said)
}

#[tokio::test]
async fn a_connection_that_is_cut_is_asked_again_and_its_half_is_no_answer() {
    let provider = Provider::start();
    provider.script([said().cut_at(60), said().cut_at(0), said()]);
    let account = Account::default();
    asked(&chain(vec![link("anthropic", &provider.base)], PATIENCE), &account).await.expect("an answer");
    assert_eq!(account.outcomes(), [Unavailable, Unavailable, Answered]);
    let took: Vec<bool> = account.made.lock().unwrap().iter().map(|(_, _, took)| took.is_some()).collect();
    assert_eq!(took, [false, false, true], "what was cut may have been paid for");
    assert_eq!(*account.waits.lock().unwrap(), [Duration::from_secs(1), Duration::from_secs(2)]);
}

#[tokio::test]
async fn ten_megabytes_are_not_read() {
    let (verbose, other) = (Provider::start(), Provider::start());
    verbose.script([Turn::new(200, vec![b' '; 10 << 20])]);
    other.script([said()]);
    let account = Account::default();
    let links = vec![link("gemini", &verbose.base), link("anthropic", &other.base)];
    asked(&chain(links, PATIENCE), &account).await.expect("the other's answer");
    assert_eq!(account.outcomes(), [Malformed, Answered]);
}

#[tokio::test]
async fn half_json_with_a_right_length_is_asked_for_once_more_only() {
    let provider = Provider::start();
    provider.script([Turn::new(200, "{\"content\":["), Turn::new(200, "<html>"), said()]);
    let account = Account::default();
    asked(&chain(vec![link("anthropic", &provider.base)], PATIENCE), &account).await.expect_err("no answer");
    assert_eq!(account.outcomes(), [Malformed, Malformed]);
}

#[tokio::test]
async fn an_answer_of_another_form_is_malformed() {
    let provider = Provider::start();
    provider.script([Turn::says(&json!({ "cure": 1 })), Turn::says(&json!({ "cure": "x", "command": "rm" }))]);
    let account = Account::default();
    asked(&chain(vec![link("anthropic", &provider.base)], PATIENCE), &account).await.expect_err("no answer");
    assert_eq!(account.outcomes(), [Malformed, Malformed]);
}

#[tokio::test]
async fn silence_ends_at_the_limit_and_the_next_is_asked() {
    let (silent, other) = (Provider::start(), Provider::start());
    silent.script([said().after(Duration::from_secs(8))]);
    other.script([said()]);
    let account = Account::default();
    let links = vec![link("ollama", &silent.base), link("anthropic", &other.base)];
    let chain = Chain::new(links, Duration::from_millis(400), PATIENCE);
    asked(&chain, &account).await.expect("the other's answer");
    assert_eq!(account.outcomes(), [TimedOut, Answered]);
}

#[tokio::test]
async fn a_redirect_is_not_followed_with_the_key() {
    let (provider, elsewhere) = (Provider::start(), Provider::start());
    provider.script([Turn::new(307, "").with("location", &format!("{}/v1/messages", elsewhere.base))]);
    let account = Account::default();
    asked(&chain(vec![link("anthropic", &provider.base)], PATIENCE), &account).await.expect_err("no answer");
    assert_eq!(account.outcomes(), [Rejected]);
    assert!(elsewhere.asked().is_empty());
    let [asked] = &provider.asked()[..] else { panic!("asked once") };
    assert_eq!(asked.headers.get("x-api-key").map(String::as_str), Some("hunter2"));
    assert!(!asked.path.contains("hunter2") && !asked.body.to_string().contains("hunter2"));
}

#[tokio::test]
async fn a_declined_question_goes_to_the_next_at_once() {
    let (first, second) = (Provider::start(), Provider::start());
    first.script([Turn::declines()]);
    second.script([said()]);
    let account = Account::default();
    let links = vec![link("anthropic", &first.base), link("anthropic", &second.base)];
    asked(&chain(links, PATIENCE), &account).await.expect("the other's answer");
    assert_eq!(account.outcomes(), [Declined, Answered]);
    let costs: Vec<_> = account.made.lock().unwrap().iter().map(|(_, _, took)| took.map(|(_, cost)| cost)).collect();
    assert_eq!(costs, [Some(0), Some(1_200)]);
}

#[tokio::test]
async fn nobody_there_costs_nothing_and_is_left_alone_after_three_questions() {
    let (listener, base) = testkit::listener();
    drop(listener);
    let chain = chain(vec![link("openai", &base)], Duration::ZERO);
    let account = Account::default();
    for _ in 0..4 {
        asked(&chain, &account).await.expect_err("nobody");
    }
    assert_eq!(account.outcomes(), [Unavailable; 3]);
    assert!(account.made.lock().unwrap().iter().all(|(_, _, took)| took.is_some_and(|(_, cost)| cost == 0)));
    let away = asked(&chain, &account).await.expect_err("nobody");
    assert!(matches!(away, Away::NoAnswer(ref tried) if matches!(tried[..], [(_, None)])), "{away:?}");
}

#[tokio::test]
async fn each_retry_needs_leave_and_without_it_there_is_none() {
    let provider = Provider::start();
    provider.script([Turn::new(429, "{}").with("retry-after", "0"), said()]);
    let account = Account { allowed: Some(1), ..Account::default() };
    let away = asked(&chain(vec![link("anthropic", &provider.base)], PATIENCE), &account).await.expect_err("no leave");
    assert!(matches!(away, Away::Refused("enough")), "{away:?}");
    assert_eq!((account.outcomes(), provider.asked().len()), (vec![RateLimited], 1));
}

#[tokio::test]
async fn ollama_is_asked_in_its_own_way() {
    let provider = Provider::start();
    let body = json!({ "message": { "content": "{\"cure\":\"rest\"}" }, "done": true, "done_reason": "stop",
        "prompt_eval_count": 40, "eval_count": 9 });
    provider.script([Turn::new(200, body.to_string())]);
    let account = Account::default();
    asked(&chain(vec![link("ollama", &provider.base)], PATIENCE), &account).await.expect("an answer");
    let [asked] = &provider.asked()[..] else { panic!("asked once") };
    assert_eq!((asked.path.as_str(), &asked.body["stream"]), ("/api/chat", &json!(false)));
    assert!(!asked.headers.contains_key("authorization"));
}

#[test]
fn an_error_tells_no_key_and_no_url() {
    let texts = [ModelError::Network("x".into()), ModelError::TimedOut(PATIENCE)].map(|error| error.to_string());
    assert_eq!(texts, ["x", "it did not answer within 3 s"]);
}
