//! The stages and the platform's own share.

use crate::sample::{Journal, at, body};
use chrono::{DateTime, Utc};
use wire::event::{Body, Event, Step};
use wire::span::{Progress, Span, SpanKind, Stage};
use wire::timeline::Timeline;

/// A resolved journal: the line at 0, detected at 1, resolved at 12; with these spans told during the roll-out.
fn with(spans: &[(SpanKind, f64, f64)]) -> Timeline {
    let kinds = ["detected", "started analyze", "planned", "started propose", "admitted", "started push", "pushed"];
    let mut journal = Journal::of(&kinds);
    for kind in ["started deploy", "deployed", "started verify", "verified", "resolved"] {
        journal.add(kind).unwrap();
    }
    let mut events = journal.events;
    for (kind, start, end) in spans {
        let span = Span { kind: *kind, name: "s".into(), start: when(*start), end: when(*end) };
        events.insert(
            8,
            told(
                &events[7],
                Progress {
                    at: when(*end),
                    note: "n".into(),
                    stage: None,
                    span: Some(span),
                    call: None,
                    delay_ms: None,
                },
            ),
        );
    }
    Timeline::of(&events)
}

fn told(like: &Event, progress: Progress) -> Event {
    Event { body: Body::Progressed { step: Step::Deploy, attempt: 1, progress, more: vec![] }, ..like.clone() }
}

fn when(seconds: f64) -> DateTime<Utc> {
    at(0) + chrono::TimeDelta::microseconds((seconds * 1e6) as i64)
}

#[track_caller]
fn platform(spans: &[(SpanKind, f64, f64)], wanted_ms: f64) {
    let got = with(spans).platform_ms().unwrap();
    assert!((got - wanted_ms).abs() < 1e-6, "{spans:?}: got {got}, wanted {wanted_ms}");
}

#[test]
fn the_total_is_from_the_line_to_the_resolution() {
    assert_eq!(with(&[]).total_ms(), Some(12_000.0));
}

#[test]
fn a_gap_that_no_span_covers_is_the_platforms() {
    platform(&[], 12_000.0);
    platform(&[(SpanKind::Platform, 1.0, 9.0)], 12_000.0);
}

#[test]
fn every_kind_but_the_platforms_is_taken_off() {
    use SpanKind::{Bake, Build, Health, Person, Replay, Target, Test};
    for kind in [Target, Build, Test, Replay, Health, Bake, Person] {
        platform(&[(kind, 2.0, 5.0)], 9_000.0);
    }
}

#[test]
fn overlapping_nested_and_equal_spans_count_once() {
    use SpanKind::{Build, Replay, Test};
    platform(&[(Build, 2.0, 5.0), (Test, 4.0, 6.0)], 8_000.0);
    platform(&[(Build, 2.0, 8.0), (Test, 3.0, 4.0), (Replay, 7.0, 7.5)], 6_000.0);
    platform(&[(Build, 2.0, 5.0), (Build, 2.0, 5.0)], 9_000.0);
    platform(&[(Test, 5.0, 6.0), (Build, 2.0, 5.0)], 8_000.0);
}

#[test]
fn spans_are_cut_to_the_recovery_and_empty_or_reversed_ones_count_nothing() {
    use SpanKind::Build;
    platform(&[(Build, -10.0, 1.0)], 11_000.0);
    platform(&[(Build, 11.0, 99.0)], 11_000.0);
    platform(&[(Build, -5.0, 99.0)], 0.0);
    platform(&[(Build, 20.0, 30.0), (Build, -9.0, -2.0)], 12_000.0);
    platform(&[(Build, 5.0, 5.0), (Build, 7.0, 6.0)], 12_000.0);
    platform(&[(Build, 2.0, 2.0005)], 11_999.5);
}

#[test]
fn without_a_resolution_there_is_no_share() {
    let timeline = Timeline::of(&Journal::of(&["detected", "started analyze", "planned"]).events);
    assert_eq!((timeline.total_ms(), timeline.platform_ms()), (None, None));
    assert_eq!(Timeline::of(&[]), Timeline::default());
}

#[test]
fn the_stages_are_read_from_the_events_and_the_last_time_counts() {
    let timeline = with(&[]);
    let reached = |stage| timeline.stages.get(&stage).copied();
    let wanted = [
        (Stage::Line, at(0)),
        (Stage::Incident, at(1)),
        (Stage::Plan, at(3)),
        (Stage::Verified, at(5)),
        (Stage::Pushed, at(7)),
        (Stage::Healthy, at(50)),
        (Stage::Switched, at(51)),
        (Stage::Replayed, at(11)),
        (Stage::Resolved, at(12)),
    ];
    for (stage, when) in wanted {
        assert_eq!(reached(stage), Some(when), "{}", stage.as_str());
    }
    assert_eq!((reached(Stage::Fault), reached(Stage::Proposed)), (None, None));
    let mut journal = Journal::of(&["detected", "started analyze", "planned", "started propose"]);
    let made = |second| Progress {
        at: at(second),
        note: "made".into(),
        stage: Some(Stage::Proposed),
        span: None,
        call: None,
        delay_ms: None,
    };
    for (second, more) in [(30, vec![]), (40, vec![made(41), made(42)])] {
        journal.append(Body::Progressed { step: Step::Propose, attempt: 1, progress: made(second), more }).unwrap();
    }
    assert_eq!(Timeline::of(&journal.events).stages.get(&Stage::Proposed), Some(&at(42)));
    assert!(matches!(body("progressed", None), Body::Progressed { .. }));
}

#[test]
fn the_wait_for_a_person_is_not_the_platforms() {
    let mut journal = Journal::of(&["detected", "started analyze", "planned", "escalated"]);
    for kind in ["occurred", "occurred", "retried", "started analyze", "planned", "started propose", "admitted"] {
        journal.add(kind).unwrap();
    }
    for kind in ["approval_requested", "occurred", "approved", "started push", "pushed", "started deploy", "deployed"] {
        journal.add(kind).unwrap();
    }
    for kind in ["started verify", "verified", "resolved"] {
        journal.add(kind).unwrap();
    }
    let timeline = Timeline::of(&journal.events);
    let waits: Vec<_> = timeline.spans.iter().map(|span| (span.kind, span.end - span.start)).collect();
    let seconds = chrono::TimeDelta::seconds;
    assert_eq!(waits, [(SpanKind::Person, seconds(3)), (SpanKind::Person, seconds(2))]);
    assert_eq!(timeline.platform_ms(), Some(timeline.total_ms().unwrap() - 5_000.0));
}
