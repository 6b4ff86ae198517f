//! Whether a workload is well, and what is wrong with it. Pure.

use super::Seen;
use crate::ask::Answer;
use kubernetes::{Ailing, Pods, Rollout, Setup};
use wire::runtime::Invariant;
use wire::target::Workload;

/// Everything that holds of a workload that is well.
pub(super) fn invariants(of: &Workload, seen: &Seen) -> Vec<Invariant> {
    let found = &seen.found;
    let (setup, pods) = (found.setup.as_ref(), found.pods.as_ref());
    let wants = setup.map(|setup| setup.replicas > 0);
    let mut all = vec![
        invariant("the deployment is there", found.is_there, 40, String::new()),
        invariant(
            "it is to have pods",
            wants,
            30,
            setup.map_or_else(String::new, |it| format!("{} wanted", it.replicas)),
        ),
        invariant("it has pods", pods.map(|pods| pods.present > 0), 20, pods.map_or_else(String::new, counted)),
        none_of("no container crashes again and again", 15, pods.map(|pods| pods.crashing.as_slice())),
        none_of("its images can be had", 15, pods.map(|pods| pods.imageless.as_slice())),
        none_of("its containers can be made", 15, pods.map(|pods| pods.unmade.as_slice())),
        killed(seen),
        placed(seen),
        serves(of, seen),
        none_of("pods that are to go are gone", 2, pods.map(|pods| pods.stuck.as_slice())),
    ];
    all.extend(setup.map(rolled_out));
    if let Some(answer) = &seen.answer {
        all.push(invariant("the service answers", answer.is_good(), 20, answer.to_string()));
    }
    let failed = pods.map(|_| found.failed.is_empty());
    let shown = found.failed.first().map(|it| format!("{} stand about, the first: {}", found.failed.len(), it.reason));
    all.push(invariant("no failed pods stand about", failed, 2, shown.unwrap_or_default()));
    // What is hidden from us may be ill: that is no yes.
    let is_whole = found.unseen.is_empty().then_some(true);
    all.push(invariant("all of it can be seen", is_whole, 1, found.unseen.join("; ")));
    all
}

fn invariant(name: &str, holds: Option<bool>, weight: u32, seen: String) -> Invariant {
    Invariant { name: name.into(), holds, weight, seen }
}

fn counted(pods: &Pods) -> String {
    format!("{} pods, {} ready", pods.present, pods.ready)
}

fn none_of(name: &str, weight: u32, ailing: Option<&[Ailing]>) -> Invariant {
    let shown = ailing.and_then(|ailing| ailing.first()).map(told).unwrap_or_default();
    invariant(name, ailing.map(<[Ailing]>::is_empty), weight, shown)
}

fn told(it: &Ailing) -> String {
    let container = if it.container.is_empty() { String::new() } else { format!(" ({})", it.container) };
    format!("pod {}{container}: {}: {}", it.pod, it.reason, it.message)
}

fn killed(seen: &Seen) -> Invariant {
    let killed = &seen.found.memory.killed;
    let shown = killed.first().map(|it| {
        let limit = it.limit.map_or_else(
            || "no limit".to_owned(),
            |limit| format!("a limit of {}", kubernetes::quantity::shown(limit)),
        );
        format!("{} of pod {} has {limit} and was restarted {} times", it.container, it.pod, it.restarts)
    });
    let holds = seen.found.pods.as_ref().map(|_| killed.is_empty());
    invariant("no container was killed for want of memory", holds, 15, shown.unwrap_or_default())
}

fn placed(seen: &Seen) -> Invariant {
    let unscheduled = seen.found.pods.as_ref().map(|pods| pods.unscheduled.as_slice());
    let stored = seen.found.storage.first();
    let holds = unscheduled.map(|unscheduled| unscheduled.is_empty() && stored.is_none());
    let shown = unscheduled.and_then(|it| it.first()).map(told).or_else(|| stored.map(|it| it.what.clone()));
    invariant("every pod has a node and its volumes", holds, 10, shown.unwrap_or_default())
}

/// Whether a change is under way, of which nothing bad is known yet.
fn is_changing(setup: &Setup, pods: &Pods) -> bool {
    matches!(setup.rollout, Rollout::Waits(_)) && !setup.was_whole && pods.ailing().next().is_none()
}

fn serves(of: &Workload, seen: &Seen) -> Invariant {
    let (Some(setup), Some(pods)) = (&seen.found.setup, &seen.found.pods) else {
        return invariant("somebody serves", None, 20, String::new());
    };
    let unknown_yet = if is_changing(setup, pods) { None } else { Some(false) };
    let of_count = |count: usize| if count > 0 { Some(true) } else { unknown_yet };
    match (&of.service, &seen.found.endpoints) {
        (None, _) => invariant("a pod is ready", of_count(pods.ready), 20, counted(pods)),
        (Some(_), None) => invariant("the service has endpoints", None, 20, String::new()),
        (Some(_), Some(endpoints)) => {
            let shown =
                endpoints.mistake.clone().unwrap_or_else(|| format!("{} ready, {}", endpoints.ready, counted(pods)));
            invariant("the service has endpoints", of_count(endpoints.ready), 20, shown)
        }
    }
}

/// A change under way is nothing bad, but not the end of it.
fn rolled_out(setup: &Setup) -> Invariant {
    let (holds, shown) = match &setup.rollout {
        Rollout::Done => (Some(true), String::new()),
        Rollout::Waits(why) if setup.was_whole => (Some(true), why.clone()),
        Rollout::Waits(why) => (None, why.clone()),
        Rollout::Stuck(why) => (Some(false), why.clone()),
    };
    invariant("the last change is rolled out", holds, 5, shown)
}

/// What is wrong, for people.
pub(super) fn diagnosis(of: &Workload, seen: &Seen) -> String {
    let found = &seen.found;
    let what = format!("The deployment {}/{}", of.namespace, of.deployment);
    let lost = invariants(of, seen).into_iter().filter(|it| it.holds == Some(false));
    let lost: Vec<String> = lost
        .map(|it| if it.seen.is_empty() { it.name } else { format!("not so: {} ({})", it.name, it.seen) })
        .collect();
    if lost.is_empty() {
        let hidden = found.unseen.first().map_or_else(String::new, |why| format!(" Not seen: {why}."));
        return format!("{what} shows no trouble.{hidden}");
    }
    let said =
        found.last_words.first().map_or_else(String::new, |it| format!(" {} said at last: {}", it.container, it.line));
    format!("{what}: {}.{said}", lost.join("; "))
}

/// Whether callers get no answer although somebody should.
pub(super) fn is_unreachable(seen: &Seen) -> bool {
    seen.answer.as_ref().and_then(Answer::is_good) == Some(false)
}
