//! Who may call what, and what is said without a receiver.

use crate::receiver::Receiver;
use crate::running::start;
use crate::store::Store;
use reqwest::{Method, StatusCode};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn only_operators_see_deliveries_and_send_tests() {
    let (store, receiver, database) = (Store::default(), Receiver::new(|_, _| None), testkit::database().await);
    let notifier = start(&store.serve(), database.url(), Some(&receiver.serve()));
    notifier.ready().await;
    for (method, path) in [(Method::GET, "/v1/deliveries"), (Method::POST, "/v1/test")] {
        for (token, wanted) in [
            (None, StatusCode::UNAUTHORIZED),
            (Some("unheard-of"), StatusCode::UNAUTHORIZED),
            (Some("nobody"), StatusCode::FORBIDDEN),
            (Some("healer"), StatusCode::FORBIDDEN),
            (Some("operator"), StatusCode::OK),
        ] {
            let (status, body) = notifier.call(method.clone(), path, token).await;
            assert_eq!(status, wanted, "{method} {path} {token:?}: {body}");
        }
    }
    assert_eq!(receiver.kinds(), ["dev.kintsugi.test"]);
    assert_eq!(notifier.call(Method::DELETE, "/v1/test", Some("operator")).await.0, StatusCode::METHOD_NOT_ALLOWED);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn without_a_receiver_it_says_so_and_needs_no_database() {
    let nowhere = "postgres://nobody@127.0.0.1:1/none".to_owned().into();
    let notifier = start("http://127.0.0.1:1", nowhere, None);
    notifier.ready().await;
    let (status, body) = notifier.call(Method::GET, "/v1/deliveries", Some("operator")).await;
    assert_eq!((status, &body["configured"]), (StatusCode::OK, &false.into()));
    let (status, body) = notifier.call(Method::POST, "/v1/test", Some("operator")).await;
    assert_eq!((status, body["code"].as_str()), (StatusCode::CONFLICT, Some("not_configured")));
    assert!(body["message"].as_str().unwrap().contains("WEBHOOK_SECRET"), "{body}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_test_message_that_is_not_taken_is_said_with_its_reason() {
    let (store, database) = (Store::default(), testkit::database().await);
    let notifier = start(&store.serve(), database.url(), Some("http://127.0.0.1:1/hook/secret-token"));
    notifier.ready().await;
    let (status, body) = notifier.call(Method::POST, "/v1/test", Some("operator")).await;
    assert_eq!((status, body["code"].as_str()), (StatusCode::BAD_GATEWAY, Some("not_delivered")));
    assert!(!body.to_string().contains("secret-token"), "{body}");
}
