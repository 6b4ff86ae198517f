//! OTLP/HTTP logs, in both encodings.

use crate::rig::{Embedded, Rig};
use crate::store::Store;
use wire::Problem;

const PROTOBUF: &str = "application/x-protobuf";
const JSON: &str = "application/json";

/// What the Python SDK 1.45.2 sent for four records of the service `tiny`: one begun, one fault with its marker, a replay
/// of it, and a line of text with a marker as a token.
const SENT: &[u8] = include_bytes!("python-sdk-logs.bin");

#[tokio::test]
async fn what_another_sdk_sends_is_understood() {
    let (rig, store) = (Rig::new(), Store::start());
    let router = rig.embed(&store);
    for _ in 0..2 {
        let answer = router.push(PROTOBUF, SENT).await;
        assert_eq!((answer.status().as_u16(), answer.headers()["content-type"].to_str().unwrap()), (200, PROTOBUF));
        assert!(answer.bytes().await.unwrap().is_empty(), "nothing was rejected");
    }
    let all = async || (store.told.lock().unwrap().all.len() >= 4).then_some(());
    testkit::eventually("both times", crate::rig::LIMIT, all).await;
    let detections = store.detections(2).await;
    let first = &detections[0];
    assert_eq!((first.event_id.as_str(), first.message.as_str()), ("sdk-1", "it broke for [redacted]"));
    assert_eq!((first.service.as_deref(), first.version.as_deref()), (Some("tiny"), Some("v7")));
    assert_eq!(first.request_id.as_deref(), Some("req-77"));
    assert_eq!((first.fields["level"].as_str(), first.fields["password"].as_str()), ("ERROR", "[redacted]"));
    assert!(first.context.iter().any(|line| line == "begun"), "{:?}", first.context);
    let trace = first.trace_parent.as_deref().unwrap();
    assert!(trace.starts_with("00-") && trace.len() == 55, "{trace}");
    assert_eq!(detections[1].line.as_deref(), Some("a text with BOOM as a token"));
    assert_eq!(detections[1].trace_parent, None);
}

fn json(service: &str, body: &str) -> String {
    format!(
        r#"{{"resourceLogs":[{{"resource":{{"attributes":[{{"key":"service.name","value":{{"stringValue":"{service}"}}}}],"droppedAttributesCount":0}},
            "scopeLogs":[{{"scope":{{"name":"x"}},"logRecords":[{{"timeUnixNano":"1795341600000000000","severityNumber":17,"severityText":"ERROR",
            "body":{body},"attributes":[{{"key":"marker","value":{{"stringValue":"BOOM"}}}},{{"key":"n","value":{{"intValue":"7"}}}},
            {{"key":"deep","value":{{"kvlistValue":{{"values":[{{"key":"a","value":{{"arrayValue":{{"values":[{{"doubleValue":1.5}}]}}}}}}]}}}}}}],
            "traceId":"5B8EFFF798038103D269B633813FC60C","spanId":"EEE19B7EC3C1B174"}}]}}]}}]}}"#
    )
}

async fn rejected(router: &Embedded, body: String, status: u16, part: &str) {
    let answer = router.push(JSON, body).await;
    assert_eq!(answer.status().as_u16(), status);
    let problem: Problem = answer.json().await.unwrap();
    assert!(problem.message.contains(part), "{problem:?} should say {part:?}");
}

#[tokio::test]
async fn the_json_encoding_says_the_same() {
    let (rig, store) = (Rig::new(), Store::start());
    let router = rig.embed(&store);
    let answer = router.push(JSON, json("tiny", r#"{"stringValue":"it broke"}"#)).await;
    assert_eq!((answer.status().as_u16(), answer.text().await.unwrap().as_str()), (200, "{}"));
    let first = store.detections(1).await.remove(0);
    assert_eq!(first.trace_parent.as_deref(), Some("00-5b8efff798038103d269b633813fc60c-eee19b7ec3c1b174-01"));
    assert_eq!((first.message.as_str(), first.fields["n"].as_str()), ("it broke", "7"));
    let members = r#"{"kvlistValue":{"values":[{"key":"event_id","value":{"stringValue":"in-body"}},{"key":"message","value":{"stringValue":"from members"}}]}}"#;
    assert_eq!(router.push(JSON, json("tiny", members)).await.status(), 200);
    let second = store.detections(2).await.remove(1);
    assert_eq!((second.event_id.as_str(), second.message.as_str()), ("in-body", "from members"));
}

#[tokio::test]
async fn records_of_an_unknown_service_are_rejected_and_the_others_are_taken() {
    let (rig, store) = (Rig::new(), Store::start());
    let router = rig.embed(&store);
    let body = r#"{"stringValue":"it broke"}"#;
    let (known, unknown) = (json("tiny", body), json("nobody", body));
    rejected(&router, unknown.clone(), 422, "no target \"nobody\"; known: tiny").await;
    let both =
        format!("{},{}", known.strip_suffix("]}").unwrap(), unknown.strip_prefix("{\"resourceLogs\":[").unwrap());
    let answer: serde_json::Value = router.push(JSON, both).await.json().await.unwrap();
    assert_eq!(answer["partialSuccess"]["rejectedLogRecords"], "1");
    assert!(answer["partialSuccess"]["errorMessage"].as_str().unwrap().contains("service.name"), "{answer}");
    store.detections(1).await;
    assert_eq!(router.push_to("?target=tiny", JSON, unknown).await.status(), 200, "the request names the target");
}

#[tokio::test]
async fn what_is_no_request_is_refused_with_what_would_be_one() {
    let (rig, store) = (Rig::new(), Store::start());
    let router = rig.embed(&store);
    rejected(&router, "{\"marker\":\"BOOM\"}".into(), 400, "application/x-ndjson").await;
    rejected(&router, "{\"resourceLogs\":7}".into(), 400, "ExportLogsServiceRequest").await;
    rejected(&router, "{half".into(), 400, "ExportLogsServiceRequest").await;
    let deep = format!("{}1{}", "{\"arrayValue\":{\"values\":[".repeat(10_000), "]}}".repeat(10_000));
    rejected(&router, json("tiny", &deep), 400, "recursion").await;
    assert_eq!(router.push(JSON, "{}").await.status(), 200);
    assert_eq!(router.push(PROTOBUF, "").await.status(), 200);
    for length in 1..SENT.len() {
        let status = router.push(PROTOBUF, &SENT[..length]).await.status().as_u16();
        assert!([200, 400].contains(&status), "cut at {length}: {status}");
    }
    let nested = (0..5_000).fold(vec![], |inner: Vec<u8>, _| [&[0x0a][..], &varint(inner.len()), &inner].concat());
    assert_eq!(router.push(PROTOBUF, nested).await.status(), 400);
}

fn varint(mut value: usize) -> Vec<u8> {
    let mut bytes = Vec::new();
    while value >= 0x80 {
        bytes.push((value & 0x7f) as u8 | 0x80);
        value >>= 7;
    }
    bytes.push(value as u8);
    bytes
}
