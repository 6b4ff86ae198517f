//! What a third party's mock says of our clients.

use crate::account::{Account, Said, chain, link, question};
use crate::mock::Mock;
use models::{Away, Link, ModelError, Question};
use serde_json::json;
use std::time::Duration;
use wire::model::ModelOutcome::{Answered, Malformed, RateLimited, Rejected, TimedOut, Truncated, Unavailable};

const PATIENCE: Duration = Duration::from_secs(3);

/// Each provider that the mock speaks, at its place there.
fn places(mock: &Mock) -> [Link; 3] {
    let at = |name, path: &str| link(name, &format!("{}{path}", mock.base));
    [at("anthropic", "/anthropic"), at("gemini", "/gemini"), at("openai", "/v1")]
}

#[tokio::test]
async fn overload_and_a_limit_are_waited_out_as_they_ask() {
    let Some(mock) = Mock::start().await else { return };
    for link in places(&mock) {
        mock.script(&json!([
            { "type": "fail", "status": 529 },
            { "type": "fail", "status": 429, "retry_after": 1 },
            { "type": "reply", "text": "{\"cure\":\"rest\"}" },
        ]));
        let account = Account::default();
        let answer = chain(vec![link], PATIENCE).ask::<Said, _>(&question(), &account).await.expect("an answer");
        assert_eq!(answer.said, Said { cure: "rest".into() }, "{}", answer.by);
        assert_eq!(account.outcomes(), [RateLimited, RateLimited, Answered], "{}", answer.by);
        let made = account.made.lock().unwrap();
        assert!(made.last().is_some_and(|(_, _, took)| took.is_some_and(|(usage, cost)| usage.input > 0 && cost > 0)));
    }
    assert_eq!(mock.verdict(), (true, vec![]));
}

#[tokio::test]
async fn a_provider_that_stays_broken_is_left_after_two_retries_with_growing_pauses() {
    let Some(mock) = Mock::start().await else { return };
    let [_, _, openai] = places(&mock);
    mock.script(&json!([{ "type": "fail", "status": 500, "times": null }]));
    let account = Account::default();
    let away = chain(vec![openai], PATIENCE).ask::<Said, _>(&question(), &account).await.expect_err("nobody");
    assert!(
        matches!(away, Away::NoAnswer(ref tried) if matches!(tried[..], [(_, Some(ModelError::Failed { status: 500, .. }))]))
    );
    assert_eq!(account.outcomes(), [Unavailable; 3]);
    assert_eq!((mock.requests(), mock.verdict()), (3, (true, vec![])));
}

#[tokio::test]
async fn what_no_retry_can_mend_is_asked_once_of_each() {
    let Some(mock) = Mock::start().await else { return };
    for status in [400, 401, 403, 404, 422] {
        mock.script(&json!([{ "type": "fail", "status": status, "times": 3 }]));
        let account = Account::default();
        let places = places(&mock).into_iter().collect();
        // The same question again would pass for a retry.
        let question = Question { prompt: format!("It is ill of {status}."), ..question() };
        chain(places, PATIENCE).ask::<Said, _>(&question, &account).await.expect_err("nobody");
        assert_eq!(account.outcomes(), [Rejected; 3], "{status}");
    }
    assert_eq!((mock.requests(), mock.verdict()), (15, (true, vec![])));
}

#[tokio::test]
async fn a_provider_that_asks_for_too_much_patience_is_left_for_the_next() {
    let Some(mock) = Mock::start().await else { return };
    mock.script(&json!([
        { "type": "fail", "status": 429, "retry_after": 30 },
        { "type": "reply", "text": "{\"cure\":\"another\"}" },
    ]));
    let account = Account::default();
    let places = places(&mock).into_iter().collect();
    let answer = chain(places, PATIENCE).ask::<Said, _>(&question(), &account).await.expect("an answer");
    assert_eq!((answer.said.cure.as_str(), answer.by.as_str()), ("another", "gemini/double"));
    assert!(account.waits.lock().unwrap().is_empty());
    // The mock cannot know of the next provider: it warns of the first one being left, and finds no error.
    assert_eq!(mock.verdict(), (true, vec!["gave_up".into()]));
}

#[tokio::test]
async fn nonsense_is_asked_for_once_more_and_a_cut_answer_is_none() {
    let Some(mock) = Mock::start().await else { return };
    for link in places(&mock) {
        mock.script(&json!([
            { "type": "reply", "text": "I would rather not say." },
            { "type": "reply", "text": "{\"cure\":\"rest\"}" },
            { "type": "reply", "text": "{\"cure\":\"re", "finish_reason": "length" },
        ]));
        let (account, chain) = (Account::default(), chain(vec![link], PATIENCE));
        let answer = chain.ask::<Said, _>(&question(), &account).await.expect("an answer");
        assert_eq!(answer.said.cure, "rest");
        let away = chain.ask::<Said, _>(&question(), &account).await.expect_err("no answer");
        assert!(
            matches!(away, Away::NoAnswer(ref tried) if matches!(tried[..], [(_, Some(ModelError::Truncated))])),
            "{away:?}"
        );
        assert_eq!(account.outcomes(), [Malformed, Answered, Truncated], "{}", answer.by);
    }
    assert!(mock.verdict().0);
}

#[tokio::test]
async fn a_stream_that_is_cut_or_garbled_is_asked_for_again_and_its_half_is_no_answer() {
    let Some(mock) = Mock::start().await else { return };
    let long = format!("{{\"cure\":\"{}\"}}", "rest and ".repeat(40));
    for place in [0, 1, 2] {
        for (kind, seen) in [("disconnect", Unavailable), ("truncate", Unavailable), ("malformed", Malformed)] {
            mock.script(&json!([
                { "type": "stream_fault", "kind": kind, "after_chunks": 2 },
                { "type": "reply", "text": long, "times": 2 },
            ]));
            let account = Account::default();
            let chain = chain(places(&mock).into_iter().skip(place).take(1).collect(), PATIENCE);
            let question = Question { prompt: format!("It is ill of {kind}."), ..question() };
            let answer = chain.ask::<Said, _>(&question, &account).await.expect("an answer");
            assert!(answer.said.cure.len() > 300, "{kind} {}", answer.by);
            assert_eq!(account.outcomes(), [seen, Answered], "{kind} {}", answer.by);
        }
    }
    // A garbled stream that was sent to its end counts as a success there, so that asking again passes for a new question.
    let (passed, found) = mock.verdict();
    assert!(passed && found.iter().all(|code| code == "malformed_chunk_ignored"), "{found:?}");
}

#[tokio::test]
async fn a_stream_that_stalls_is_left_at_the_limit_for_the_next_provider() {
    let Some(mock) = Mock::start().await else { return };
    mock.script(&json!([
        { "type": "stream_fault", "kind": "stall", "after_chunks": 1, "stall_seconds": 30 },
        { "type": "reply", "text": "{\"cure\":\"rest\"}", "times": 2 },
    ]));
    let account = Account::default();
    let places = places(&mock).into_iter().collect();
    let chain = models::Chain::new(places, Duration::from_secs(2), PATIENCE);
    let answer = chain.ask::<Said, _>(&question(), &account).await.expect("an answer");
    assert_eq!((account.outcomes(), answer.by.as_str()), (vec![TimedOut, Answered], "gemini/double"));
    assert!(mock.verdict().0);
}
