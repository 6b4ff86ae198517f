//! A person's session: begun with a token, carried by a cookie, worth nothing to another page.

use crate::setup::{Fixture, start};
use reqwest::{Method, RequestBuilder, Response};
use serde_json::{Value, json};
use testkit::token;

const SESSION: &str = "/developer/session";
const PAUSE: &str = "/developer/incidents/pause";

fn request(store: &Fixture, method: Method, path: &str) -> RequestBuilder {
    reqwest::Client::new().request(method, format!("{}{path}", store.base))
}

async fn login(store: &Fixture, caller: &str) -> Response {
    request(store, Method::POST, SESSION).json(&json!({"token": token(caller)})).send().await.expect("an answer")
}

/// A session: its cookie and its anti-forgery token.
struct Browser {
    cookie: String,
    csrf: String,
}

impl Browser {
    async fn of(store: &Fixture, caller: &str) -> Self {
        let answer = login(store, caller).await;
        assert_eq!(answer.status(), 200);
        let cookie = answer.headers()["set-cookie"].to_str().unwrap().split(';').next().unwrap().to_owned();
        let session: Value = answer.json().await.unwrap();
        Self { cookie, csrf: session["csrf"].as_str().unwrap().to_owned() }
    }

    fn ask(&self, store: &Fixture, method: Method, path: &str) -> RequestBuilder {
        request(store, method, path).header("cookie", format!("other=1; {}", self.cookie))
    }

    /// As the dashboard's own page asks.
    fn own(&self, store: &Fixture, method: Method, path: &str) -> RequestBuilder {
        let origin = store.base.clone();
        let request = self.ask(store, method, path).header("x-kintsugi-csrf", &self.csrf);
        request.header("origin", origin).header("sec-fetch-site", "same-origin")
    }
}

async fn status(request: RequestBuilder) -> u16 {
    request.send().await.expect("an answer").status().as_u16()
}

#[tokio::test]
async fn a_session_is_begun_told_and_ended() {
    let store = start().await;
    let answer = login(&store, "operator").await;
    let cookie = answer.headers()["set-cookie"].to_str().unwrap().to_owned();
    for part in ["HttpOnly", "SameSite=Strict", "Path=/developer", "Max-Age=43200"] {
        assert!(cookie.contains(part), "{cookie}");
    }
    assert!(!cookie.contains("Secure") && !cookie.contains(&token("operator")), "{cookie}");
    let browser = Browser::of(&store, "operator").await;
    let session: Value = browser.ask(&store, Method::GET, SESSION).send().await.unwrap().json().await.unwrap();
    assert_eq!(session, json!({"name": "operator", "roles": ["operator"], "csrf": browser.csrf}));
    let ended = browser.own(&store, Method::DELETE, SESSION).send().await.unwrap();
    assert_eq!(ended.status(), 204);
    assert!(ended.headers()["set-cookie"].to_str().unwrap().contains("Max-Age=0"));
    let secure = request(&store, Method::POST, SESSION).header("x-forwarded-proto", "https");
    let secure = secure.json(&json!({"token": token("approver")})).send().await.unwrap();
    assert!(secure.headers()["set-cookie"].to_str().unwrap().ends_with("; Secure"));
}

#[tokio::test]
async fn nobody_but_a_person_begins_one() {
    let store = start().await;
    for (caller, wanted) in [("somebody", 401), ("", 401), ("nobody", 403), ("ingest", 403), ("healer", 403)] {
        let answer = login(&store, caller).await;
        assert_eq!(answer.status(), wanted, "{caller}");
        assert!(!answer.headers().contains_key("set-cookie"));
    }
    let elsewhere = request(&store, Method::POST, SESSION).header("origin", "http://evil.example");
    assert_eq!(status(elsewhere.json(&json!({"token": token("operator")}))).await, 403);
    assert_eq!(status(request(&store, Method::POST, SESSION).body("{")).await, 415);
    assert_eq!(status(request(&store, Method::GET, SESSION)).await, 401);
    assert_eq!(status(request(&store, Method::PUT, SESSION)).await, 405);
    let long = json!({"token": "x".repeat(10_000)});
    assert_eq!(status(request(&store, Method::POST, SESSION).json(&long)).await, 401);
}

#[tokio::test]
async fn a_session_reads_by_itself_and_changes_only_from_its_own_page() {
    let store = start().await;
    let browser = Browser::of(&store, "operator").await;
    assert_eq!(status(browser.ask(&store, Method::GET, "/developer/incidents/api/data")).await, 200);
    let own = |method, path| browser.own(&store, method, path);
    assert_eq!(status(own(Method::POST, PAUSE)).await, 200);
    assert!(store.operator.state().await.unwrap().paused);
    assert_eq!(status(own(Method::POST, "/developer/incidents/resume")).await, 200);
    let wrong: [(&str, RequestBuilder); 5] = [
        ("no token", browser.ask(&store, Method::POST, PAUSE).header("origin", &store.base)),
        (
            "a wrong token",
            browser.ask(&store, Method::POST, PAUSE).header("origin", &store.base).header("x-kintsugi-csrf", "0"),
        ),
        ("no origin", browser.ask(&store, Method::POST, PAUSE).header("x-kintsugi-csrf", &browser.csrf)),
        (
            "another site",
            browser
                .ask(&store, Method::POST, PAUSE)
                .header("x-kintsugi-csrf", &browser.csrf)
                .header("origin", &store.base)
                .header("sec-fetch-site", "cross-site"),
        ),
        (
            "another origin",
            browser
                .ask(&store, Method::POST, PAUSE)
                .header("x-kintsugi-csrf", &browser.csrf)
                .header("origin", "http://127.0.0.1:1"),
        ),
    ];
    for (what, request) in wrong {
        assert_eq!(status(request).await, 403, "{what}");
    }
    assert!(!store.operator.state().await.unwrap().paused);
}

#[tokio::test]
async fn a_session_ends_and_an_edited_one_is_none() {
    let store = start().await;
    let mut browser = Browser::of(&store, "operator").await;
    let reads = async |browser: &Browser| status(browser.ask(&store, Method::GET, SESSION)).await;
    store.pass(12 * 3_600 - 1);
    assert_eq!(reads(&browser).await, 200);
    store.pass(1);
    assert_eq!(reads(&browser).await, 401);
    browser = Browser::of(&store, "operator").await;
    let last = if browser.cookie.ends_with('0') { "1" } else { "0" };
    browser.cookie.replace_range(browser.cookie.len() - 1.., last);
    assert_eq!(reads(&browser).await, 401);
}

#[tokio::test]
async fn a_session_may_do_what_its_person_may_and_no_more() {
    let store = start().await;
    let browser = Browser::of(&store, "approver").await;
    assert_eq!(status(browser.own(&store, Method::GET, "/developer/incidents/state")).await, 200);
    assert_eq!(status(browser.own(&store, Method::POST, PAUSE)).await, 403);
    assert_eq!(status(browser.own(&store, Method::GET, "/v1/incidents")).await, 401, "services take tokens only");
    let session: Value = browser.ask(&store, Method::GET, SESSION).send().await.unwrap().json().await.unwrap();
    assert_eq!(session["roles"], json!(["approver"]));
}

#[tokio::test]
async fn every_answer_tells_the_browser_to_be_strict() {
    let store = start().await;
    for path in ["/developer/incidents/api/data", "/developer/session", "/developer/incidents/api/healing"] {
        for caller in ["operator", "nobody"] {
            let answer = request(&store, Method::GET, path).bearer_auth(token(caller)).send().await.unwrap();
            let header = |name: &str| answer.headers()[name].to_str().unwrap().to_owned();
            assert!(header("content-security-policy").starts_with("default-src 'self'"), "{path}");
            assert_eq!(
                (header("x-content-type-options"), header("cache-control")),
                ("nosniff".into(), "no-store".into())
            );
            assert_eq!((header("x-frame-options"), header("referrer-policy")), ("DENY".into(), "no-referrer".into()));
        }
    }
}
