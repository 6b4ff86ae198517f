//! To whom an older answer is given.

use crate::relief::{LONG, get, moody, put, relief, stale, table};
use crate::running::{Running, scripted, start_with};
use reqwest::Method;
use std::sync::atomic::Ordering;
use wire::paths::REPLAY_HEADER;

async fn asked(front: &Running, header: (&str, &str)) -> (u16, Option<String>) {
    let request = front.request(Method::GET, "/data").header(header.0, header.1);
    let answer = request.send().await.expect("an answer");
    (answer.status().as_u16(), relief(&answer).map(str::to_owned))
}

#[tokio::test]
async fn an_older_answer_is_given_under_the_same_name_alone_and_to_nobody_who_says_who_he_is() {
    let front = start_with("http://127.0.0.1:1", 5_000);
    let up = moody(&front.stop);
    put(&front, &table(1, &up.url, "tiny/blue/1", &[stale()], LONG)).await;
    assert_eq!(asked(&front, ("host", "a.example")).await, (200, None));
    up.status.store(500, Ordering::SeqCst);
    assert_eq!(asked(&front, ("host", "A.example")).await, (200, Some("stale".into())));
    assert_eq!(asked(&front, ("host", "b.example")).await, (500, None));
    let body =
        front.request(Method::GET, "/data").header("host", "a.example").body("q").send().await.expect("an answer");
    assert_eq!((body.status().as_u16(), relief(&body)), (500, None), "what is asked stands in a body");
}

#[tokio::test]
async fn what_is_somebodys_own_or_a_replays_is_not_kept() {
    let front = start_with("http://127.0.0.1:1", 5_000);
    let up = moody(&front.stop);
    put(&front, &table(1, &up.url, "tiny/blue/1", &[stale()], LONG)).await;
    for header in [("x-auth-token", "t"), ("x-forwarded-user", "u"), (REPLAY_HEADER, "kr-1")] {
        assert_eq!(asked(&front, header).await, (200, None), "{header:?}");
    }
    up.status.store(500, Ordering::SeqCst);
    assert_eq!(get(&front, "/data").await.status(), 500, "nothing was kept");
}

#[tokio::test]
async fn an_answer_that_ends_with_its_connection_may_be_torn_and_is_not_kept() {
    const GOOD: &str = "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n\r\n";
    const ILL: &str = "HTTP/1.1 500 Ill\r\ncontent-length: 0\r\n\r\n";
    for (first, wanted) in [("HTTP/1.0 200 OK\r\n\r\nto", (500, None)), (GOOD, (200, Some("stale")))] {
        let front = start_with("http://127.0.0.1:1", 5_000);
        let texts: &'static [&'static str] =
            if first == GOOD { &[GOOD, ILL] } else { &["HTTP/1.0 200 OK\r\n\r\nto", ILL] };
        let (url, _) = scripted(texts, &front.stop);
        put(&front, &table(1, &url, "tiny/blue/1", &[stale()], LONG)).await;
        assert_eq!(get(&front, "/data").await.status(), 200);
        let then = get(&front, "/data").await;
        assert_eq!((then.status().as_u16(), relief(&then)), wanted, "{first:?}");
    }
}
