//! The front's word on who answered a replay: who gets it, what it covers, and what an application sees of it.

use crate::running::{Running, scripted, start, upstream};
use reqwest::{Method, RequestBuilder, Response};
use wire::ReplayId;
use wire::paths::{ANSWERED_HEADER, REPLAY_HEADER, WHO_HEADER};
use wire::rollout::Answerer;
use wire::vouch::{Exchange, Key, MAX_BODY};

/// An application's answer that names somebody itself.
const SAYS: &str =
    "HTTP/1.1 200 OK\r\nx-kintsugi-answered-by: 00 http://127.0.0.1:1 app/green/2\r\ncontent-length: 2\r\n\r\nok";
/// An answer that breaks off.
const SHORT: &str = "HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\nshort";

fn verifier() -> Key {
    Key::of_token(&testkit::token("verifier"))
}

fn replay(front: &Running, path: &str, id: &ReplayId, asked: &str) -> RequestBuilder {
    front.request(Method::POST, path).header(REPLAY_HEADER, id.as_str()).header(WHO_HEADER, asked)
}

fn word(answer: &Response) -> Option<String> {
    Some(answer.headers().get(ANSWERED_HEADER)?.to_str().expect("a text").to_owned())
}

/// Who answered, by the front's word on a POST.
async fn heard(id: &ReplayId, path: &str, answer: Response) -> Option<Answerer> {
    let (status, word) = (answer.status().as_u16(), word(&answer)?);
    let body = answer.bytes().await.expect("a body");
    verifier().heard(&Exchange { replay: id, method: "POST", path, status, body: &body }, &word)
}

#[tokio::test]
async fn the_verifier_is_told_which_instance_answered_also_after_a_switch() {
    let front = start("http://127.0.0.1:1");
    let (blue, green) = (upstream("blue", &front.stop), upstream("green", &front.stop));
    for (generation, (up, label)) in (1..).zip([(&blue, "app/blue/1"), (&green, "app/green/2")]) {
        front.route(generation, &[("/", &up.url, label)]).await;
        let id = ReplayId::fresh();
        let answer = replay(&front, "/a%20b?c=d", &id, &verifier().ask(&id)).send().await.expect("an answer");
        let wanted = Answerer { upstream: up.url.clone(), label: label.into() };
        assert_eq!(heard(&id, "/a%20b?c=d", answer).await, Some(wanted));
    }
}

#[tokio::test]
async fn nobody_else_is_told_and_no_application_sees_the_question_or_can_put_a_word_in() {
    let front = start("http://127.0.0.1:1");
    let up = upstream("up", &front.stop);
    front.route(1, &[("/", &up.url, "app/blue/1")]).await;
    let (id, other) = (ReplayId::fresh(), ReplayId::fresh());
    let healer = Key::of_token(&testkit::token("healer")).ask(&id);
    for asked in ["yes", "", healer.as_str(), verifier().ask(&other).as_str()] {
        let answer = replay(&front, "/", &id, asked).send().await.expect("an answer");
        assert_eq!((word(&answer), answer.text().await.expect("a body")), (None, "up".into()), "{asked}");
    }
    let echoed = replay(&front, "/echo", &id, &verifier().ask(&id)).send().await.expect("an answer");
    let told = echoed.text().await.expect("a body");
    assert!(told.contains(&format!("{REPLAY_HEADER}: {id}")) && !told.contains(WHO_HEADER), "{told}");

    let (url, _) = scripted(&[SAYS], &front.stop);
    front.route(2, &[("/", &url, "app/blue/1")]).await;
    let answer = replay(&front, "/", &id, "no").send().await.expect("an answer");
    assert_eq!(word(&answer), None, "what an application says of it is taken away");
    let answer = replay(&front, "/", &id, &verifier().ask(&id)).send().await.expect("an answer");
    assert_eq!(heard(&id, "/", answer).await.expect("the front's word").label, "app/blue/1");
}

#[tokio::test]
async fn an_answer_that_breaks_off_or_is_too_long_goes_on_without_a_word() {
    let front = start("http://127.0.0.1:1");
    let (url, _) = scripted(&[SHORT], &front.stop);
    front.route(1, &[("/", &url, "app/blue/1")]).await;
    let id = ReplayId::fresh();
    // It breaks off before the head has gone out, or after.
    if let Ok(answer) = replay(&front, "/", &id, &verifier().ask(&id)).send().await {
        assert_eq!(word(&answer), None);
        assert!(answer.bytes().await.is_err(), "the caller sees that it broke off");
    }

    let length = MAX_BODY + 1;
    let long = format!("HTTP/1.1 200 OK\r\ncontent-length: {length}\r\n\r\n{}", "x".repeat(length));
    let (url, _) = scripted(Vec::leak(vec![&*String::leak(long)]), &front.stop);
    front.route(2, &[("/", &url, "app/blue/1")]).await;
    let answer = replay(&front, "/", &id, &verifier().ask(&id)).send().await.expect("a head");
    assert_eq!(word(&answer), None);
    assert_eq!(answer.bytes().await.expect("all of it").len(), length);
}

#[tokio::test]
async fn what_the_front_answers_itself_is_nobody_s_answer() {
    let front = start("http://127.0.0.1:1");
    let id = ReplayId::fresh();
    let answer = replay(&front, "/", &id, &verifier().ask(&id)).send().await.expect("an answer");
    assert_eq!((answer.status().as_u16(), word(&answer)), (503, None));
}
