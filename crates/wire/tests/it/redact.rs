//! What is taken out of log text, and what must stay.

use proptest::prelude::*;
use std::borrow::Cow;
use wire::redact;

const JWT: &str = "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJhbGljZSJ9.abc123-_x";

#[track_caller]
fn gone(text: &str, secret: &str, expected: &str) {
    let got = redact(text);
    assert!(!got.contains(secret), "{text:?} became {got:?}");
    assert_eq!(got, expected, "of {text:?}");
    assert_eq!(redact(&got), got, "twice");
}

#[track_caller]
fn stays(text: &str) {
    assert!(matches!(redact(text), Cow::Borrowed(same) if same == text), "{text:?} became {:?}", redact(text));
}

#[test]
fn tokens_and_authorisation_are_taken_out() {
    gone("Authorization: Bearer abc.def-123", "abc.def", "Authorization: Bearer [redacted]");
    gone("authorization=Basic dXNlcjpwYXNz done", "dXNl", "authorization=Basic [redacted] done");
    gone(r#"{"authorization":"Bearer s3cr3t-token"}"#, "s3cr3t", r#"{"authorization":"Bearer [redacted]"}"#);
    gone("sent bearer 0123456789abcdef", "0123456789", "sent bearer [redacted]");
    gone("Basic dXNlcjpwYXNzd29yZA==", "dXNl", "Basic [redacted]");
    gone(&format!("jwt {JWT} end"), "eyJ", "jwt [redacted] end");
    gone("key AKIAIOSFODNN7EXAMPLE!", "AKIA", "key [redacted]!");
    gone("ghp_0123456789abcdefghijABCDEFGHIJ012345", "ghp_", "[redacted]");
    gone("using sk-abcdefghij0123456789abcd", "sk-abc", "using [redacted]");
    gone("POST https://hooks.slack.com/services/T0/B0/xyz", "T0/", "POST https://hooks.slack.com/services/[redacted]");
    gone("Cookie: sid=abc; theme=dark", "abc", "Cookie: [redacted]");
    gone(r#""set-cookie":"sid=abc""#, "abc", r#""set-cookie":"[redacted]""#);
}

#[test]
fn passwords_of_urls_and_assignments_are_taken_out() {
    gone("postgres://app:hunter2@db.example.com:5432/x", "hunter2", "postgres://app:[redacted]@db.example.com:5432/x");
    gone("redis://:p@ss@cache/0", "p@ss", "redis://:[redacted]@cache/0");
    gone("password=hunter2&user=x", "hunter2", "password=[redacted]&user=x");
    gone("DB_PASSWORD: hunter2, next", "hunter2", "DB_PASSWORD: [redacted], next");
    gone(r#"{"client_secret":"a\"b","n":1}"#, "a\\\"b", r#"{"client_secret":"[redacted]","n":1}"#);
    gone(r#"{"m":"body {\"password\":\"hunter2\"}"}"#, "hunter2", r#"{"m":"body {\"password\":\"[redacted]\"}"}"#);
    gone("token = 'abc def'", "abc def", "token = '[redacted]'");
    gone("x-api-key: 77aa", "77aa", "x-api-key: [redacted]");
    gone("aws_secret_access_key=wJalrXUtnFEMI/K7MDENG", "wJalr", "aws_secret_access_key=[redacted]");
    gone("psql --password hunter2 -h x", "hunter2", "psql --password [redacted] -h x");
    gone("ALTER ROLE x PASSWORD 'hunter2';", "hunter2", "ALTER ROLE x PASSWORD '[redacted]';");
    gone("Server=x;Pwd=hunter2;", "hunter2", "Server=x;Pwd=[redacted];");
    gone("token: Bearer abcdef0123456789", "abcdef", "token: [redacted] [redacted]");
}

#[test]
fn private_keys_are_taken_out_also_line_by_line() {
    let body = "MIIEvQIBADANBgkqhkiG9w0BAQEFAASCBKcwggSjAgEAAoIBAQDZ0Kq1b2c3d4e5";
    let key = format!("-----BEGIN RSA PRIVATE KEY-----\n{body}\n-----END RSA PRIVATE KEY-----");
    gone(&format!("a {key} b"), "MII", "a [redacted] b");
    gone("x -----BEGIN PRIVATE KEY-----\\nMIIEvQ", "MII", "x [redacted]");
    gone(body, "MII", "[redacted]");
}

#[test]
fn people_and_cards_are_taken_out() {
    gone("mail to ann.lee+x@mail.example.org now", "ann", "mail to [redacted] now");
    gone("müller@beispiel.de", "müller", "[redacted]");
    for card in
        ["4111111111111111", "4111 1111 1111 1111", "5500-0000-0000-0004", "378282246310005", "3782 822463 10005"]
    {
        gone(&format!("paid with {card}."), card, "paid with [redacted].");
        gone(&format!(r#"{{"card":"{card}"}}"#), card, r#"{"card":"[redacted]"}"#);
    }
}

#[test]
fn ids_digests_and_plain_words_stay() {
    let digest = "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08";
    for text in [
        "",
        "0af7651916cd43dd8448eb211c80319c",
        "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
        digest,
        &digest.to_uppercase(),
        "f47ac10b-58cc-4372-a567-0e02b2c3d479",
        "12345678-1234-1234-1234-123456789012",
        "41111111-1111-1111-1111-111111111111",
        r#"{"event_id":"4111111111111111","request_id":"req-77"}"#,
        r#"{"timeUnixNano":"4111111111111111110","trace_id":"4bf92f3577b34da6a3ce929d0e0e4736"}"#,
        "1763740800000000000",
        "2026-11-22T10:00:00.123456Z ERROR 5432 connections",
        "4111111111111112",
        "commit 9fceb02d0ae598e95dc970b74767f19372d61af8",
        "basic authentication failed, bearer authentication is needed, bearer token expired",
        "token_count=12 max_tokens=1000 tokens: 7 password_length: 8",
        "unexpected token: identifier",
        "password: incorrect. token: expired",
        r#"{"password":null,"token":""}"#,
        "PWD=/srv/app",
        "git@example.com:team/app.git",
        "pool@1.2.3 and 10.0.0.1:5432 and http://127.0.0.1:8010/v1/detections",
        "SELECT FROM",
        "thread 'main' panicked at src/main.rs:10:5",
    ] {
        stays(text);
    }
}

#[test]
fn a_long_text_costs_time_in_proportion() {
    // Each would take hours if a pattern went over the rest of the text for each of its finds.
    for piece in
        ["password=\\\"", "a://b:c", "-----BEGIN PRIVATE KEY", "eyJaaaaaa.", "4111 ", "a@b.", "token=", "cookie:x\n"]
    {
        let long = piece.repeat(4_000_000 / piece.len());
        let _redacted = redact(&long);
    }
}

fn pieces() -> impl Strategy<Value = String> {
    let known = prop::sample::select(vec![
        "password",
        "token",
        "secret=",
        "=",
        ":",
        "\"",
        "'",
        "\\",
        " ",
        "\n",
        "Bearer ",
        "Basic ",
        "authorization: ",
        "cookie: ",
        "dXNlcjpwYXNz",
        JWT,
        "https://u:",
        "@",
        "host.example.com",
        "4111111111111111",
        "-----BEGIN PRIVATE KEY-----",
        "-----END X-----",
        "[redacted]",
        "[",
        "]",
        "{",
        "}",
        ",",
        "--api-key ",
        "abc",
        "AKIAIOSFODNN7EXAMPLE",
        "0af7651916cd43dd",
        "password '",
        "ä",
        "git@",
        "1",
    ]);
    prop::collection::vec(prop_oneof![4 => known.prop_map(str::to_owned), 1 => ".{0,6}"], 0..14)
        .prop_map(|v| v.concat())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2_000))]

    #[test]
    fn what_was_redacted_stays_as_it_is(text in pieces()) {
        let once = redact(&text).into_owned();
        prop_assert_eq!(redact(&once).into_owned(), once.clone(), "of {:?}", text);
    }

    #[test]
    fn an_assigned_password_never_stays(before in "[a-z ]{0,12}", secret in "[A-Za-z0-9]{9,20}", after in "[a-z ,;]{0,12}") {
        for text in [
            format!("{before} password={secret} {after}"),
            format!("{before}{{\"api_key\": \"{secret}\"}}{after}"),
            format!("{before} amqp://user:{secret}@mq/{after}"),
        ] {
            prop_assert!(!redact(&text).contains(&secret), "{}", text);
        }
    }

    #[test]
    fn digests_and_ids_stay_wherever_they_stand(hex in "[0-9a-f]{64}", uuid in any::<u128>(), event in "[a-h]{1,6}-[0-9]{1,12}") {
        let uuid = uuid::Uuid::from_u128(uuid);
        let text = format!("{{\"event_id\":\"{event}\",\"digest\":\"{hex}\",\"id\":\"{uuid}\",\"trace_id\":\"{}\"}} {uuid}", &hex[..32]);
        prop_assert_eq!(redact(&text), text.clone());
    }
}
