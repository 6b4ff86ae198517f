//! Ids, cursors, digests: what they accept, what they refuse, and that they come back as they went.

use proptest::prelude::*;
use serde_json::{Value, json};
use std::fmt::{Debug, Display};
use std::str::FromStr;
use wire::digest::canonical;
use wire::event::Step;
use wire::*;

#[track_caller]
fn accepts<T>(texts: &[&str])
where
    T: FromStr<Err = ids::InvalidId> + Display + Debug + PartialEq + serde::Serialize + serde::de::DeserializeOwned,
{
    for text in texts {
        let id = T::from_str(text).unwrap_or_else(|error| panic!("{error}"));
        assert_eq!(&id.to_string(), text);
        let wired = serde_json::to_value(&id).unwrap();
        assert_eq!(wired, json!(text));
        assert_eq!(serde_json::from_value::<T>(wired).unwrap(), id);
    }
}

#[track_caller]
fn refuses<T>(texts: &[&str])
where
    T: FromStr<Err = ids::InvalidId> + Debug + serde::de::DeserializeOwned,
{
    for text in texts {
        let error = T::from_str(text).expect_err(text);
        assert!(error.got.chars().count() <= 80 && !error.expected.is_empty(), "{error}");
        assert!(serde_json::from_value::<T>(json!(text)).is_err(), "{text:?} over the wire");
    }
    assert!(serde_json::from_value::<T>(json!(7)).is_err());
}

#[test]
fn names_are_short_plain_and_begin_with_a_letter_or_digit() {
    accepts::<TargetName>(&["a", "fault-app", "2nd", &"a".repeat(64)]);
    refuses::<TargetName>(&["", "-a", "A", "fault_app", "a b", "a/b", "..", "ä", "a\n", &"a".repeat(65)]);
    accepts::<FaultCode>(&["FAULT_SQL", "a.b-c_d", "1", &"A".repeat(96)]);
    refuses::<FaultCode>(&["", "_A", ".a", "A B", "A/B", "$(id)", &"A".repeat(97)]);
    accepts::<EventId>(&["e", "2026-01-01T00:00:00", "a:b", &"a".repeat(128)]);
    refuses::<EventId>(&["", ":a", "a b", "a/b", "a'b", &"a".repeat(129)]);
    accepts::<ReplayId>(&["kr-1", &"a".repeat(48)]);
    refuses::<ReplayId>(&["", "-kr", "kr_1", "kr 1", "kr%", &"a".repeat(49)]);
}

#[test]
fn hashes_have_their_length_in_lower_case() {
    accepts::<CommitId>(&[&"0123456789abcdef".repeat(3)[..40]]);
    refuses::<CommitId>(&["", "abc", &"A".repeat(40), &"g".repeat(40), &"a".repeat(41), &"a".repeat(64)]);
    refuses::<TreeId>(&["HEAD", "master", &"a".repeat(39)]);
    assert!(Digest::try_from("a".repeat(64)).is_ok());
    for wrong in ["a".repeat(63), "A".repeat(64), "x".repeat(64), String::new()] {
        assert!(Digest::try_from(wrong).is_err());
    }
}

#[test]
fn fresh_ids_are_valid_and_differ() {
    assert_ne!(ReplayId::fresh(), ReplayId::fresh());
    accepts::<ReplayId>(&[ReplayId::fresh().as_str()]);
    accepts::<EventId>(&[EventId::fresh().as_str()]);
    let ids: Vec<IncidentId> = (0..100).map(|_| IncidentId::fresh()).collect();
    assert!(ids.windows(2).all(|pair| pair[0] < pair[1]), "ids sort by their time");
    refuses::<IncidentId>(&["", "x", "01890a5d-ac96-774b-bcce"]);
}

#[test]
fn cursors_read_as_they_print_and_order_by_transaction_then_id() {
    accepts::<Cursor>(&["0-0", "7-12", "18446744073709551615-9223372036854775807"]);
    refuses::<Cursor>(&[
        "",
        "-",
        "7",
        "7-",
        "-7",
        "a-b",
        "7--1",
        "7-12-3",
        "18446744073709551616-0",
        "1-9223372036854775808",
        " 1-2",
    ]);
    let cursor = |text: &str| text.parse::<Cursor>().unwrap();
    assert!(cursor("1-9") < cursor("2-1") && cursor("2-1") < cursor("2-2"));
    assert_eq!(Cursor::default(), cursor("0-0"));
}

#[test]
fn operation_keys_are_two_plain_parts() {
    for (scope, step) in [("", "a"), ("a", ""), ("a/b", "c"), ("a", "b c"), ("..", "a"), (&*"a".repeat(97), "b")] {
        assert!(OperationKey::new(scope, step).is_err(), "{scope}/{step}");
    }
    assert_eq!(OperationKey::new("reset-3", "fault-app").unwrap().to_string(), "reset-3/fault-app");
    let incident = IncidentId::fresh();
    for step in Step::ALL {
        let key = OperationKey::of_step(incident, step, u32::MAX);
        assert_eq!(OperationKey::new(key.scope.clone(), key.step.clone()).as_ref(), Ok(&key));
    }
}

#[test]
fn canonical_json_sorts_keys_and_drops_white_space() {
    let check = |text: &str, wanted: &str| {
        let value: Value = serde_json::from_str(text).unwrap();
        assert_eq!(canonical(&value), wanted, "{text}");
    };
    check(r#"{ "b" : 1, "a" : [ 1, 2 ] }"#, r#"{"a":[1,2],"b":1}"#);
    check(r#"{"z":{"y":null,"x":true},"a":"ä\n\""}"#, r#"{"a":"ä\n\"","z":{"x":true,"y":null}}"#);
    check("[]", "[]");
    check("{}", "{}");
    check("1.5", "1.5");
    check(r#"{"\"":1," ":2}"#, r#"{" ":2,"\"":1}"#);
}

#[test]
fn digests_of_parts_do_not_collide_by_joining() {
    let of = |parts: &[&str]| Digest::of_parts(parts.iter().map(|part| part.as_bytes()));
    assert_ne!(of(&["ab", "c"]), of(&["a", "bc"]));
    assert_ne!(of(&["a", ""]), of(&["a"]));
    assert_ne!(of(&[]), of(&[""]));
    let empty = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";
    assert_eq!(Digest::of("").as_str(), empty);
}

fn any_json() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<u64>().prop_map(Value::from),
        (-1e9..1e9f64).prop_map(Value::from),
        ".{0,8}".prop_map(Value::from),
    ];
    leaf.prop_recursive(4, 40, 6, |inner| {
        let members = proptest::collection::hash_map(".{0,6}", inner.clone(), 0..6);
        prop_oneof![
            proptest::collection::vec(inner, 0..6).prop_map(Value::from),
            members.prop_map(|members| Value::Object(members.into_iter().collect())),
        ]
    })
}

proptest! {
    #[test]
    fn canonical_json_is_the_same_value_and_stays_as_it_is(value in any_json()) {
        let text = canonical(&value);
        let back: Value = serde_json::from_str(&text).unwrap();
        prop_assert_eq!(&back, &value);
        prop_assert_eq!(canonical(&back), text);
    }

    #[test]
    fn no_text_makes_an_id_panic(text in "\\PC{0,200}") {
        let _name = text.parse::<TargetName>();
        let _code = text.parse::<FaultCode>();
        let _cursor = text.parse::<Cursor>();
        let _incident = text.parse::<IncidentId>();
        let _key = OperationKey::new(text.clone(), text.clone());
    }

    #[test]
    fn every_cursor_comes_back(txid in any::<u64>(), id in 0..=i64::MAX) {
        let cursor = Cursor { txid, id };
        prop_assert_eq!(cursor.to_string().parse::<Cursor>().unwrap(), cursor);
    }
}
