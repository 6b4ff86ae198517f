//! Where the time of a recovery went: every moment belongs to exactly one kind of work.

use chrono::{DateTime, Utc};
use std::collections::BTreeMap;
use wire::span::{Span, SpanKind};
use wire::timeline::Timeline;

/// The kinds in the order in which a moment that several spans cover is given to one of them, with their names.
const KINDS: [(SpanKind, &str); 7] = [
    (SpanKind::Build, "build"),
    (SpanKind::Test, "test"),
    (SpanKind::Replay, "replay"),
    (SpanKind::Health, "health"),
    (SpanKind::Bake, "bake"),
    (SpanKind::Target, "target"),
    (SpanKind::Person, "person"),
];
/// What no span covers, or only spans of the platform's own.
pub const PLATFORM: &str = "platform";

/// Milliseconds by kind, between two instants; they add up to the time between these.
pub fn of(spans: &[Span], from: DateTime<Utc>, to: DateTime<Utc>) -> BTreeMap<&'static str, f64> {
    let mut cuts: Vec<DateTime<Utc>> = spans.iter().flat_map(|span| [span.start, span.end]).collect();
    cuts.retain(|at| (from..=to).contains(at));
    cuts.extend([from, to]);
    cuts.sort();
    let mut shares = BTreeMap::new();
    for (start, end) in cuts.iter().zip(cuts.iter().skip(1)) {
        let covers = |span: &&Span| span.start <= *start && *end <= span.end;
        let open: Vec<SpanKind> = spans.iter().filter(covers).map(|span| span.kind).collect();
        let kind = KINDS.iter().find(|(kind, _)| open.contains(kind)).map_or(PLATFORM, |(_, name)| name);
        *shares.entry(kind).or_insert(0.0) += (*end - *start).num_microseconds().unwrap_or_default() as f64 / 1000.0;
    }
    shares
}

/// The platform's own milliseconds until each stage, from the stage before it in time; the first has none.
pub fn platform_until(timeline: &Timeline) -> BTreeMap<&'static str, f64> {
    let mut stages: Vec<_> = timeline.stages.iter().map(|(stage, at)| (*at, *stage)).collect();
    stages.sort();
    let pairs = stages.iter().zip(stages.iter().skip(1));
    let share = |from, to| of(&timeline.spans, from, to).get(PLATFORM).copied().unwrap_or_default();
    pairs.map(|((from, _), (to, stage))| (stage.as_str(), share(*from, *to))).collect()
}

/// The sums of several recoveries, the largest first.
pub fn total<'a>(all: impl Iterator<Item = &'a BTreeMap<&'static str, f64>>) -> Vec<(&'static str, f64)> {
    let mut sums: BTreeMap<&'static str, f64> = BTreeMap::new();
    for (kind, ms) in all.flatten() {
        *sums.entry(kind).or_insert(0.0) += ms;
    }
    let mut sums: Vec<_> = sums.into_iter().collect();
    sums.sort_by(|one, other| other.1.total_cmp(&one.1));
    sums
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(ms: i64) -> DateTime<Utc> {
        DateTime::from_timestamp_millis(1_700_000_000_000 + ms).unwrap()
    }

    fn span(kind: SpanKind, start: i64, end: i64) -> Span {
        Span { kind, name: String::new(), start: at(start), end: at(end) }
    }

    #[test]
    fn every_moment_is_counted_once() {
        let spans = [
            span(SpanKind::Replay, 100, 15_000),
            span(SpanKind::Build, 50, 200),
            span(SpanKind::Platform, 0, 16_000),
            span(SpanKind::Target, -500, 20),
        ];
        let shares = of(&spans, at(0), at(16_000));
        let wanted = BTreeMap::from([("target", 20.0), ("platform", 1_030.0), ("build", 150.0), ("replay", 14_800.0)]);
        assert_eq!(shares, wanted);
    }

    #[test]
    fn the_platforms_share_is_told_stage_by_stage_and_adds_up() {
        use wire::span::Stage;
        let stages = BTreeMap::from([(Stage::Line, at(0)), (Stage::Plan, at(30)), (Stage::Resolved, at(100))]);
        let timeline = Timeline { stages, spans: vec![span(SpanKind::Build, 20, 90)] };
        assert_eq!(platform_until(&timeline), BTreeMap::from([("plan", 20.0), ("resolved", 10.0)]));
        assert_eq!(timeline.platform_ms(), Some(30.0));
    }

    #[test]
    fn the_largest_share_comes_first() {
        let one = BTreeMap::from([("build", 5.0), ("replay", 1.0)]);
        let other = BTreeMap::from([("replay", 7.0)]);
        assert_eq!(total([&one, &other].into_iter()), vec![("replay", 8.0), ("build", 5.0)]);
    }
}
