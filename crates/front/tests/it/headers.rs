//! Headers: what goes through and what does not, alone and through a running front.

use crate::running::{scripted, start, upstream};
use actix_web::http::header::{HeaderMap, HeaderName, HeaderValue};
use front::headers::{About, outgoing, trace_parent};
use reqwest::{Method, StatusCode};

const PARENT: &str = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";

fn passed(headers: &[(&str, &str)]) -> Vec<String> {
    let mut from = HeaderMap::new();
    for (name, value) in headers {
        let name = HeaderName::from_bytes(name.as_bytes()).expect("a name");
        from.append(name, HeaderValue::from_bytes(value.as_bytes()).expect("a value"));
    }
    let peer = Some([127, 0, 0, 1].into());
    let about = About { peer, authority: "127.0.0.1:9", trace_parent: PARENT, request_id: Some("r1") };
    let to = outgoing(&from, &about);
    let mut told: Vec<String> =
        to.iter().map(|(name, value)| format!("{name}: {}", String::from_utf8_lossy(value.as_bytes()))).collect();
    told.sort();
    told
}

#[test]
fn headers_of_the_connection_stay_and_the_others_go_through() {
    let told = passed(&[
        ("host", "shop.example"),
        ("connection", "keep-alive, X-Hop"),
        ("keep-alive", "timeout=5"),
        ("x-hop", "1"),
        ("te", "trailers"),
        ("transfer-encoding", "chunked"),
        ("upgrade", "websocket"),
        ("proxy-authorization", "secret"),
        ("expect", "100-continue"),
        ("authorization", "Bearer t"),
        ("accept", "a"),
        ("accept", "b"),
        ("x-forwarded-for", "10.0.0.1"),
        ("x-forwarded-proto", "https"),
        ("traceparent", "old"),
        ("tracestate", "k=v"),
        ("x-odd", "caf\u{e9}"),
    ]);
    let wanted = [
        "accept: a",
        "accept: b",
        "authorization: Bearer t",
        "connection: close",
        "host: shop.example",
        &format!("traceparent: {PARENT}"),
        "tracestate: k=v",
        "x-forwarded-for: 10.0.0.1, 127.0.0.1",
        "x-forwarded-host: shop.example",
        "x-forwarded-proto: http",
        "x-odd: caf\u{e9}",
        "x-request-id: r1",
    ];
    assert_eq!(told, wanted);
    assert!(passed(&[]).contains(&"host: 127.0.0.1:9".to_owned()), "a caller without a host");
}

#[test]
fn a_trace_is_continued_or_begun() {
    assert_eq!(trace_parent(Some("own".into()), Some(PARENT)), "own");
    assert_eq!(trace_parent(None, Some(PARENT)), PARENT);
    let zeros = "00-00000000000000000000000000000000-b7ad6b7169203331-01";
    for bad in ["", "nonsense", zeros, "00-0AF7651916CD43DD8448EB211C80319C-b7ad6b7169203331-01"] {
        let begun = trace_parent(None, Some(bad));
        assert_eq!(trace_parent(None, Some(&begun)), begun, "a new one is a right one");
        assert_ne!(begun, bad);
    }
}

#[tokio::test]
async fn a_request_arrives_as_it_was_sent_and_so_does_its_answer() {
    let front = start("http://127.0.0.1:1");
    let echo = upstream("echo", &front.stop);
    front.route(1, &[("/", &echo.url, "l")]).await;
    let asked =
        front.request(Method::PATCH, "/echo/a%2Fb/../c?x=%20y&x=2").header("x-own", "1").header("traceparent", PARENT);
    let answer = asked.header("x-request-id", "my-id").body("12345").send().await.expect("an answer");
    assert_eq!(answer.status(), StatusCode::CREATED);
    let cookies: Vec<_> = answer.headers().get_all("set-cookie").iter().cloned().collect();
    assert_eq!(cookies, ["a=1", "b=2"]);
    assert_eq!(answer.headers()["x-request-id"], "my-id");
    let told: serde_json::Value = answer.json().await.expect("JSON");
    assert_eq!((&told["method"], &told["length"]), (&"PATCH".into(), &5.into()));
    // The caller's own library has already taken the dots out.
    assert_eq!(told["target"], "/echo/c?x=%20y&x=2");
    let headers = told["headers"].to_string();
    for wanted in ["x-own: 1", PARENT, "x-request-id: my-id", "x-forwarded-for: 127.0.0.1", "content-length: 5"] {
        assert!(headers.contains(wanted), "{wanted} in {headers}");
    }
}

const HEAD: &str = "HTTP/1.1 200 OK\r\nConnection: close, X-Hop\r\nx-hop: 1\r\nkeep-alive: timeout=5\r\netag: \"e\"\r\ncontent-length: 2\r\n\r\nok";

#[tokio::test]
async fn headers_of_the_upstreams_connection_stay_there_and_none_is_made_up() {
    let front = start("http://127.0.0.1:1");
    let (url, _) = scripted(&[HEAD], &front.stop);
    front.route(1, &[("/", &url, "l")]).await;
    let answer = front.request(Method::GET, "/").send().await.expect("an answer");
    let mut names: Vec<_> = answer.headers().keys().map(|name| name.as_str().to_owned()).collect();
    names.sort();
    assert_eq!(names, ["content-length", "date", "etag", "x-request-id"]);
}

#[tokio::test]
async fn an_answer_to_head_tells_the_length_and_has_no_body() {
    let front = start("http://127.0.0.1:1");
    let up = upstream("twelve bytes", &front.stop);
    front.route(1, &[("/", &up.url, "l")]).await;
    let answer = front.request(Method::HEAD, "/").send().await.expect("an answer");
    assert_eq!(answer.headers()["content-length"], "12");
    assert_eq!(answer.text().await.expect("no body"), "");
    assert_eq!(front.text("/").await, "twelve bytes", "the connection can be used on");
}
