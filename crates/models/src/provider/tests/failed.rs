use super::*;
use std::time::Duration;

#[track_caller]
fn fails(status: u16, body: &str, wanted: &ModelError) {
    for provider in all() {
        assert_eq!(provider.decode(&raw(status, body)).said.as_ref(), Err(wanted), "{provider:?}: {status} {body}");
    }
}

fn rejected(status: u16, why: &str) -> ModelError {
    ModelError::Rejected { status, why: why.into() }
}

#[test]
fn a_status_says_what_kind_of_failure_it_is() {
    for status in [400, 401, 403, 404, 413, 422] {
        fails(status, "", &rejected(status, ""));
    }
    for status in [429, 503, 529] {
        fails(status, "{}", &ModelError::Busy { status, after: None });
    }
    for status in [408, 409, 425, 499, 500, 502, 504, 520] {
        fails(status, "<html>", &ModelError::Failed { status, after: None });
    }
    fails(402, "", &ModelError::Quota(402));
    fails(307, "", &rejected(307, "it answers from elsewhere: redirects are not followed"));
}

#[test]
fn the_providers_own_word_is_told_and_never_its_sentence() {
    let anthropic = r#"{"type":"error","error":{"type":"authentication_error","message":"invalid x-api-key sk-1"},"request_id":"req_1"}"#;
    fails(401, anthropic, &rejected(401, "authentication_error"));
    let openai =
        r#"{"error":{"message":"no gpt-9","type":"invalid_request_error","param":"model","code":"model_not_found"}}"#;
    fails(404, openai, &rejected(404, "model_not_found"));
    let gemini = r#"[{"error":{"code":400,"message":"key","status":"INVALID_ARGUMENT","details":[{"reason":"API_KEY_INVALID"}]}}]"#;
    fails(400, gemini, &rejected(400, "INVALID_ARGUMENT"));
    let llama = r#"{"error":{"code":400,"message":"too long","type":"exceed_context_size_error"}}"#;
    fails(400, llama, &rejected(400, "exceed_context_size_error"));
    fails(404, r#"{"error":"model \"x\" not found"}"#, &rejected(404, "model \"x\" not found"));
}

#[test]
fn a_quota_that_is_used_up_is_not_one_to_wait_for() {
    fails(429, r#"{"error":{"type":"insufficient_quota","code":"insufficient_quota"}}"#, &ModelError::Quota(429));
    let spent = r#"{"error":{"type":"rate_limit_error","details":{"error_code":"enforced_spend_limit_reached"}}}"#;
    fails(429, spent, &ModelError::Quota(429));
    fails(400, r#"{"error":{"type":"billing_error"}}"#, &ModelError::Quota(400));
    let violations = |id: &str| {
        format!(
            r#"{{"error":{{"code":429,"status":"RESOURCE_EXHAUSTED","details":[{{"violations":[{{"quotaId":"{id}"}}]}}]}}}}"#
        )
    };
    fails(429, &violations("GenerateRequestsPerDayPerProject"), &ModelError::Quota(429));
    fails(429, &violations("GenerateRequestsPerMinute"), &ModelError::Busy { status: 429, after: None });
    let ramp = r#"{"error":{"type":"rate_limit_error","details":{"error_code":"ramp_limit_exceeded"}}}"#;
    fails(429, ramp, &ModelError::Busy { status: 429, after: None });
}

#[test]
fn it_is_heard_when_it_wants_to_be_asked_again() {
    let after = |headers: &[(&str, &str)], body: &str| {
        let headers = headers.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        match anthropic().decode(&Raw { headers, ..raw(429, body) }).said {
            Err(ModelError::Busy { after, .. }) => after.map(|after| after.as_millis()),
            other => panic!("{other:?}"),
        }
    };
    assert_eq!(after(&[("retry-after", "7")], ""), Some(7_000));
    assert_eq!(after(&[("retry-after", "0.25")], ""), Some(250));
    assert_eq!(after(&[("retry-after-ms", "1500"), ("retry-after", "9")], ""), Some(1_500));
    let date = ("retry-after", "Wed, 21 Oct 2026 07:28:05 GMT");
    assert_eq!(after(&[date, ("date", "Wed, 21 Oct 2026 07:28:00 GMT")], ""), Some(5_000));
    assert_eq!(after(&[date, ("date", "Wed, 21 Oct 2026 07:29:00 GMT")], ""), Some(0));
    assert_eq!(after(&[date], ""), None);
    let info = r#"{"error":{"details":[{"@type":"x"},{"retryDelay":"17s"}]}}"#;
    assert_eq!(after(&[], info), Some(Duration::from_secs(17).as_millis()));
    for odd in ["-1", "soon", "NaN", "inf", "1e300", ""] {
        assert_eq!(after(&[("retry-after", odd)], ""), None, "{odd}");
    }
}

#[test]
fn an_id_that_is_none_is_not_taken_over() {
    let id = |value: &str| {
        let headers = [("request-id".to_owned(), value.to_owned())].into();
        anthropic().decode(&Raw { headers, ..raw(500, "") }).request_id
    };
    assert_eq!(id("req_01-A.b"), Some("req_01-A.b".into()));
    for odd in ["", "a b", "a\nb", "<script>", &"a".repeat(129)] {
        assert_eq!(id(odd), None, "{odd}");
    }
}
