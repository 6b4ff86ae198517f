//! What can be tried for a workload, in order. Pure.

use super::Seen;
use super::judge::is_unreachable;
use kubernetes::{Rollout, raised};
use wire::runtime::{Action, Remedy, Undo};
use wire::target::Workload;

/// What this platform may do: nothing that somebody else would undo, or that only a person can set right.
pub(super) fn allowed(of: &Workload, seen: &Seen) -> Vec<Remedy> {
    let Some(setup) = &seen.found.setup else { return Vec::new() };
    let is_left_alone = setup.owner.is_some() || setup.paused;
    let patches = if is_left_alone { Vec::new() } else { wanted(of, seen) };
    patches.into_iter().chain(cleaned(seen)).collect()
}

/// What would help, whoever may do it.
pub(super) fn wanted(of: &Workload, seen: &Seen) -> Vec<Remedy> {
    let found = &seen.found;
    if is_for_a_person(seen) {
        return Vec::new();
    }
    let (Some(setup), Some(pods)) = (&found.setup, &found.pods) else { return Vec::new() };
    if setup.replicas == 0 {
        return scaled(of, seen).into_iter().collect();
    }
    if let Some(remedy) = more_memory(of, seen) {
        return vec![remedy];
    }
    if !found.memory.killed.is_empty() {
        return Vec::new();
    }
    if !pods.imageless.is_empty() || !pods.unmade.is_empty() {
        return back(seen).into_iter().collect();
    }
    let nobody_serves = found.endpoints.as_ref().map_or(pods.ready, |it| it.ready) == 0;
    let is_settled = setup.was_whole || setup.rollout == Rollout::Done || matches!(setup.rollout, Rollout::Stuck(_));
    let is_silent = is_settled && pods.unscheduled.is_empty() && (nobody_serves || is_unreachable(seen));
    if !pods.crashing.is_empty() || is_silent {
        return restart().into_iter().chain(back(seen)).collect();
    }
    let is_stuck = matches!(setup.rollout, Rollout::Stuck(_)) && pods.unscheduled.is_empty();
    if is_stuck { back(seen).into_iter().collect() } else { Vec::new() }
}

/// Whether what is wrong is another object's, which is not ours to change.
fn is_for_a_person(seen: &Seen) -> bool {
    let found = &seen.found;
    let is_barred = found.last_words.iter().any(|words| words.lacks.is_some());
    let is_misdirected =
        found.endpoints.as_ref().is_some_and(|endpoints| endpoints.mistake.is_some() && endpoints.ready == 0);
    let has_no_room = found.setup.as_ref().is_some_and(|setup| setup.failure.is_some());
    // A policy that shuts everybody out is the likelier cause than pods that serve.
    let is_shut = is_unreachable(seen) && found.policies.iter().any(|policy| policy.shuts);
    is_barred || is_misdirected || has_no_room || is_shut || !found.storage.is_empty()
}

fn restart() -> [Remedy; 1] {
    let undo = Undo::not_needed("the template differs by an annotation alone, and its pods are new either way");
    [Remedy::repair("Restart the pods", Action::RestartPods {}, undo)]
}

/// Back to the last good revision, when the newest one is the cause.
fn back(seen: &Seen) -> Option<Remedy> {
    let setup = seen.found.setup.as_ref()?;
    let good = setup.last_good.as_ref().filter(|good| good.is_newer_the_cause)?;
    let undo = Undo::by(Action::UseRevision { revision: setup.revision? });
    let title = format!("Go back to revision {} ({})", good.number, good.images.join(", "));
    Some(Remedy::repair(title, Action::UseRevision { revision: good.number }, undo))
}

fn scaled(of: &Workload, seen: &Seen) -> Option<Remedy> {
    let setup = seen.found.setup.as_ref()?;
    if setup.scaled_by.is_some() || !setup.knows_scalers {
        return None;
    }
    let replicas = seen.count.unwrap_or(1).clamp(1, of.replicas_max);
    let undo = Undo::by(Action::ScalePods { replicas: setup.replicas });
    Some(Remedy::repair(format!("Have {replicas} pods again"), Action::ScalePods { replicas }, undo))
}

fn more_memory(of: &Workload, seen: &Seen) -> Option<Remedy> {
    let memory = &seen.found.memory;
    let killed = memory.killed.iter().find(|it| Some(&it.container) == of.container.as_ref())?;
    let before = killed.limit?;
    let limit = raised(before, of.memory_max_bytes)?;
    if memory.raises >= usize::try_from(of.raises_per_day).unwrap_or(usize::MAX) {
        return None;
    }
    // Where all of it is set aside, that is so on purpose.
    let is_set_aside = killed.request == Some(before);
    let set = |bytes| Action::LimitMemory { limit: bytes, request: is_set_aside.then_some(bytes) };
    let title = format!("Raise the memory limit of {} to {}", killed.container, kubernetes::quantity::shown(limit));
    Some(Remedy::repair(title, set(limit), Undo::by(set(before))))
}

fn cleaned(seen: &Seen) -> Option<Remedy> {
    let undo = Undo::not_needed("a failed pod does nothing, and its controller has made another in its place");
    let remedy = Remedy::repair("Delete the failed pods", Action::DeleteFailedPods {}, undo);
    (!seen.found.failed.is_empty()).then_some(remedy)
}
