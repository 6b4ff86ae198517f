//! Faults that spread, and the alerts that come of them. None of this asks how alerts are merged: it is a simulation of calls, time-outs, detectors
//! and clocks. What it assumes stands in the page.

use super::graph::{Made, SERVICES, STRANGERS};
use super::scenario::{Arrival, Kind, Scenario};
use crate::madeup::MadeUp;
use chrono::{DateTime, TimeDelta, Utc};
use correlation::{Alert, Graph};
use std::collections::{BTreeMap, BTreeSet};

/// How many detections there are, before some are lost.
const DETECTIONS: usize = 500;
/// How many services a cause reaches at least.
const REACH: usize = 8;
/// How long a storm is watched, seconds.
const LASTS: f64 = 120.0;

/// One of a kind.
pub(super) fn scenario(kind: Kind, dice: &mut MadeUp) -> Scenario {
    loop {
        let made = Made::up(dice);
        let world = World::new(&made, dice);
        let scenario = world.causes(kind, dice).and_then(|causes| world.storm(kind, &causes, dice));
        if let Some(scenario) = scenario {
            return scenario;
        }
    }
}

/// What a service sees of the things it calls, and how it tells.
struct World<'a> {
    made: &'a Made,
    /// Calls without which the caller fails, with how long it takes until it does, seconds.
    hard: BTreeMap<(usize, usize), f64>,
    /// Of each service how much its clock is off, and how much later than the fault its detector speaks of.
    off: Vec<f64>,
    /// Services of which nothing is ever told.
    mute: BTreeSet<usize>,
}

impl<'a> World<'a> {
    fn new(made: &'a Made, dice: &mut MadeUp) -> Self {
        let mut hard = BTreeMap::new();
        for (own, needs) in made.needs.iter().enumerate() {
            for other in needs {
                // One in five has a fall-back. Others fail at the next call, after the time-out that somebody chose.
                if dice.below(100) >= 20 {
                    let time_out = [0.1, 0.1, 1.0, 5.0].get(dice.below(4)).copied().unwrap_or_default();
                    hard.insert((own, *other), exponential(dice, 3.0) + time_out);
                }
            }
        }
        let off = (0..SERVICES + STRANGERS).map(|_| {
            let clock = if dice.below(100) < 5 { 20.0 } else { 3.0 } * (f64::from(dice.share()) - 0.5);
            let detector = if dice.below(100) < 10 { 5.0 + 20.0 * f64::from(dice.share()) } else { 0.0 };
            clock + detector
        });
        let off = off.collect();
        let mute = (0..SERVICES).filter(|_| dice.below(100) < 6).collect();
        Self { made, hard, off, mute }
    }

    /// When a fault of one reaches each service, seconds after it begins.
    fn reached(&self, from: usize) -> BTreeMap<usize, f64> {
        let (mut reached, mut open) = (BTreeMap::new(), vec![(from, 0.0)]);
        while let Some(nearest) = (0..open.len()).min_by(|a, b| time(&open, *a).total_cmp(&time(&open, *b))) {
            let (service, at) = open.swap_remove(nearest);
            if reached.contains_key(&service) || at > LASTS / 2.0 {
                continue;
            }
            reached.insert(service, at);
            let callers = self.made.needed_by(service).filter(|by| !reached.contains_key(by));
            open.extend(callers.filter_map(|by| Some((by, at + self.hard.get(&(by, service))?))));
        }
        reached
    }

    /// Where the causes are and when they begin; none where this graph has no such place.
    fn causes(&self, kind: Kind, dice: &mut MadeUp) -> Option<Vec<(usize, f64)>> {
        let is_silent = kind == Kind::OneSilentCause;
        let all = 0..if is_silent { SERVICES + STRANGERS } else { SERVICES };
        let far: Vec<(usize, BTreeSet<usize>)> = all
            .map(|service| (service, self.reached(service).into_keys().collect::<BTreeSet<usize>>()))
            .filter(|(service, reached)| reached.len() >= REACH && (is_silent || !self.mute.contains(service)))
            .collect();
        let (first, reached) = far.get(dice.below(far.len()))?;
        if matches!(kind, Kind::OneCause | Kind::OneSilentCause | Kind::OneCauseMislabelled) {
            return Some(vec![(*first, 0.0)]);
        }
        let fits = |(other, also): &&(usize, BTreeSet<usize>)| {
            let common = reached.intersection(also).count();
            match kind {
                Kind::TwoCausesApart => common == 0,
                Kind::TwoCausesOverlapping => common >= 3 && !reached.contains(other) && !also.contains(first),
                _ => other != first && reached.contains(other) && !also.contains(first),
            }
        };
        let others: Vec<usize> = far.iter().filter(fits).map(|(other, _)| *other).collect();
        let second = others.get(dice.below(others.len())).copied()?;
        Some(vec![(*first, 0.0), (second, 120.0 * (f64::from(dice.share()) - 0.5))])
    }

    /// The alerts; none where a cause has none.
    fn storm(&self, kind: Kind, causes: &[(usize, f64)], dice: &mut MadeUp) -> Option<Scenario> {
        let mut lines = Vec::new();
        for (cause, (root, begins)) in causes.iter().enumerate() {
            for (service, after) in self.reached(*root) {
                let at = begins + after;
                let earlier = causes.iter().enumerate().any(|(other, (root, begins))| {
                    other != cause && self.reached(*root).get(&service).is_some_and(|after| begins + after < at)
                });
                let is_root = service == *root;
                let silent =
                    service >= SERVICES || self.mute.contains(&service) || kind == Kind::OneSilentCause && is_root;
                // What the other cause has broken already fails as before. A root's own fault shows all the same.
                if !silent && (is_root || !earlier) {
                    lines.extend(self.codes(kind, service, is_root, dice).into_iter().map(|(code, kind)| {
                        let shows = at + exponential(dice, 2.0);
                        Line { service, code, kind, cause: Some(cause), shows, every: 4.0 + exponential(dice, 6.0) }
                    }));
                }
            }
        }
        lines.extend(noise(dice));
        self.told(lines, causes, dice)
    }

    /// Under which codes a service tells of it, and what they are declared to be.
    fn codes(&self, kind: Kind, service: usize, is_root: bool, dice: &mut MadeUp) -> Vec<(String, correlation::Kind)> {
        let more = dice.below(3);
        let name = |number: usize| format!("{}_{service}_{number}", if is_root { "FAULT" } else { "TROUBLE" });
        let declared = |number: usize, dice: &mut MadeUp| {
            let mislabelled = kind == Kind::OneCauseMislabelled && dice.below(100) < 2;
            match (is_root, number, dice.below(100)) {
                (true, 0, 0..60) => correlation::Kind::Own,
                (false, _, _) if mislabelled => correlation::Kind::Own,
                (false, _, 0..40) | (true, 1.., 0..30) => correlation::Kind::Dependency,
                _ => correlation::Kind::Unknown,
            }
        };
        (0..=more).map(|number| (name(number), declared(number, dice))).collect()
    }

    /// Each line speaks again and again; some of it is lost, and it arrives out of order.
    fn told(&self, lines: Vec<Line>, causes: &[(usize, f64)], dice: &mut MadeUp) -> Option<Scenario> {
        let mut next: Vec<f64> = lines.iter().map(|line| line.shows).collect();
        let mut arrivals = Vec::new();
        for _ in 0..DETECTIONS {
            let soonest = (0..lines.len()).min_by(|a, b| at(&next, *a).total_cmp(&at(&next, *b)))?;
            let line = lines.get(soonest)?;
            let shows = at(&next, soonest);
            let pause = line.every * (0.5 + f64::from(dice.share()));
            next.get_mut(soonest).into_iter().for_each(|next| *next += pause);
            // One in ten is lost.
            if dice.below(10) > 0 {
                let first = moment(shows + self.off.get(line.service).copied().unwrap_or_default());
                let (service, code) = (self.made.name(line.service).to_owned(), line.code.clone());
                let alert = Alert { service, code, first, last: first, kind: line.kind };
                arrivals.push(Arrival { alert, arrives: shows + exponential(dice, 2.0), cause: line.cause });
            }
        }
        arrivals.sort_by(|one, other| one.arrives.total_cmp(&other.arrives));
        self.scenario(arrivals, causes)
    }

    fn scenario(&self, arrivals: Vec<Arrival>, causes: &[(usize, f64)]) -> Option<Scenario> {
        let (mut alerts, mut truth) = (Vec::new(), Vec::new());
        for arrival in &arrivals {
            if arrival.join(&mut alerts) == truth.len() {
                truth.push(arrival.cause);
            }
        }
        let seen: BTreeSet<usize> = truth.iter().flatten().copied().collect();
        let name = |service: &usize| self.made.name(*service).to_owned();
        let needs: Vec<(String, Vec<String>)> = self
            .made
            .needs
            .iter()
            .enumerate()
            .map(|(own, needs)| (name(&own), needs.iter().map(name).collect()))
            .collect();
        let graph = Graph::of(needs.iter().map(|(own, needs)| (own.as_str(), needs.iter().map(String::as_str))));
        let roots = causes.iter().map(|(root, _)| name(root)).collect();
        (seen.len() == causes.len()).then_some(Scenario { graph, needs, arrivals, alerts, truth, roots })
    }
}

/// What a service tells again and again.
struct Line {
    service: usize,
    code: String,
    kind: correlation::Kind,
    cause: Option<usize>,
    shows: f64,
    every: f64,
}

/// Up to six alerts that have nothing to do with it, each once or a few times.
fn noise(dice: &mut MadeUp) -> Vec<Line> {
    let one = |number: usize, dice: &mut MadeUp| Line {
        service: dice.below(SERVICES),
        code: format!("NOISE_{number}"),
        kind: if dice.below(100) < 40 { correlation::Kind::Own } else { correlation::Kind::Unknown },
        cause: None,
        shows: LASTS * (3.0 * f64::from(dice.share()) - 2.0),
        every: 400.0,
    };
    let several = dice.below(7);
    (0..several).map(|number| one(number, dice)).collect()
}

fn time(open: &[(usize, f64)], index: usize) -> f64 {
    open.get(index).map_or(f64::MAX, |(_, at)| *at)
}

fn at(times: &[f64], index: usize) -> f64 {
    times.get(index).copied().unwrap_or(f64::MAX)
}

fn exponential(dice: &mut MadeUp, mean: f64) -> f64 {
    -mean * (1.0 - f64::from(dice.share())).ln()
}

fn moment(seconds: f64) -> DateTime<Utc> {
    DateTime::UNIX_EPOCH + TimeDelta::days(20_000) + TimeDelta::milliseconds((seconds * 1_000.0) as i64)
}
