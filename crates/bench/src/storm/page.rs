//! The results as a page for people. Pure.

use super::methods::Method;
use super::scenario::Kind;
use super::score::{Count, Tally};
use super::{Results, Row};
use crate::machine::Machine;
use std::fmt::Write;

const HEAD: &str = "# Storms: many alerts, few causes\n\n\
    Written by `make bench-storm` (`SEED=` for scenarios that nobody has seen; this page is not written then). A fault is injected into a made-up fleet, spreads, \
    and 500 detections come of it; what `correlation`, which `healer` asks, makes of them is held against what was injected. \
    A *recovery* is a group that holds an alert of the storm. Pairs: two alerts that were merged, or have one cause.\n\n\
    **What the generator assumes**: 50 services and 5 strangers (that nobody watches) in random layers, hubs with spokes, chains with cross links, or layers with cycles; names say nothing. \
    A caller whose dependency fails survives in one case of five (a fall-back), else it fails at its next call (exponential, 3 s) after a time-out of 0.1, 1 or 5 s. \
    A failing service tells under one to three codes; a cause's first code is declared its own in 60 %, a symptom's declared a dependency's in 40 %, all else is declared nothing. \
    One detection in ten is lost, 6 % of the services are mute, clocks are off by up to 1.5 s (5 % of them: 10 s), one detector in ten speaks 5 to 25 s late, and detections arrive out of order (exponential, 2 s). \
    Up to six alerts of noise, at any time from four minutes before to the end, 40 % of them declared their service's own. Two causes begin up to a minute apart. \
    None of this knows how alerts are merged; the bounds of `correlation` are its defaults, and were looked at with other seeds than this page's.\n";

/// The page.
pub(super) fn page(results: &Results, machine: &Machine) -> String {
    let mut text = HEAD.to_owned();
    let Machine { processor, cores, begun, load_before, load_after, .. } = machine;
    let build = if machine.optimised { "release" } else { "debug" };
    let _ = writeln!(
        text,
        "\nSeed {}; on {processor} ({cores} cores), {begun}; load {load_before:.1} before, {load_after:.1} after. A scenario has {:.0} detections that arrive and {:.0} alerts on average.\n",
        results.seed, results.detections, results.alerts
    );
    let pooled = |count: Count| format!("{:.2} %", count.share() * 100.0);
    let _ = writeln!(
        text,
        "- all kinds together, pooled over pairs: precision {}, recall {}",
        pooled(results.precision),
        pooled(results.recall)
    );
    let _ = writeln!(
        text,
        "- one question ({build} build), asked at each of {} detections: {:.2} ms (median), {:.2} ms (worst)\n",
        results.ask_ms.n, results.ask_ms.median, results.ask_ms.worst
    );
    for kind in Kind::ALL {
        let _ = writeln!(text, "\n## {}\n", words(kind));
        text.push_str("| merged by | as many recoveries as causes | right root | recoveries, mean | precision of pairs, mean | recall of pairs, mean |\n| --- | --- | --- | --: | --- | --- |\n");
        for row in results.rows.iter().filter(|row| row.kind == kind) {
            text.push_str(&line(row));
        }
    }
    text
}

fn line(row: &Row) -> String {
    let Tally { right_number, right_roots, recoveries, mean_precision, mean_recall, .. } = &row.tally;
    let name = if row.method == Method::Correlation {
        format!("**{}**", row.method.words())
    } else {
        row.method.words().to_owned()
    };
    let mean = |(mean, half): &(f64, f64)| format!("{:.1} % ± {:.1}", mean * 100.0, half * 100.0);
    format!(
        "| {name} | {} | {} | {recoveries:.2} | {} | {} |\n",
        counted(*right_number),
        counted(*right_roots),
        mean(mean_precision),
        mean(mean_recall)
    )
}

fn counted(count: Count) -> String {
    let Count { k, n, low, high } = count;
    format!("{k} of {n} ({:.1} %, {:.1}–{:.1})", count.share() * 100.0, low * 100.0, high * 100.0)
}

fn words(kind: Kind) -> &'static str {
    match kind {
        Kind::OneCause => "One cause",
        Kind::OneSilentCause => "One cause that says nothing",
        Kind::TwoCausesApart => "Two causes that reach nothing in common",
        Kind::TwoCausesOverlapping => "Two causes that reach some services both",
        Kind::TwoCausesOneInReach => "Two causes, one in the other's reach",
        Kind::OneCauseMislabelled => "One cause, and one symptom in fifty is declared its service's own",
    }
}
