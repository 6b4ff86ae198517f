//! What a person has to know or to do: the exact object, the rule, the change. Pure.

use super::Seen;
use super::judge::is_unreachable;
use super::remedy::wanted;
use kubernetes::{Rollout, quantity::shown};
use wire::runtime::Action;
use wire::target::Workload;

pub(super) fn advice(of: &Workload, seen: &Seen) -> Vec<String> {
    let found = &seen.found;
    let mut all: Vec<String> = found.storage.iter().map(|storage| storage.advice.clone()).collect();
    all.extend(found.last_words.iter().filter_map(|words| words.lacks.as_ref()).map(kubernetes::MissingRule::advice));
    if is_unreachable(seen) || found.endpoints.as_ref().is_some_and(|endpoints| endpoints.ready == 0) {
        all.extend(found.policies.iter().map(kubernetes::Touching::advice));
    }
    all.extend(found.endpoints.iter().filter_map(|endpoints| endpoints.mistake.clone()));
    all.extend(of_setup(of, seen));
    all.extend(of_memory(of, seen));
    if let Some(pods) = &found.pods {
        all.extend(pods.unscheduled.iter().take(1).map(|it| {
            format!("No node takes the pod {}: {}. Give it room, or change what it asks for.", it.pod, it.message)
        }));
        all.extend(pods.stuck.iter().take(1).map(|it| {
            format!("The pod {} does not go: look at its node and its finalizers. It was not forced.", it.pod)
        }));
        all.extend(
            pods.imageless.iter().take(1).map(|it| format!("The image does not come: {} ({}).", it.message, it.reason)),
        );
        all.extend(
            pods.unmade
                .iter()
                .take(1)
                .map(|it| format!("The container {} cannot be made: {}.", it.container, it.message)),
        );
    }
    all.extend(
        found
            .unseen
            .iter()
            .map(|why| format!("Not everything could be seen, so nobody can say that it is well: {why}.")),
    );
    if found.is_there == Some(false) {
        all.push(format!(
            "Make the deployment {}/{} again, or take it out of the target file.",
            of.namespace, of.deployment
        ));
    }
    all
}

fn of_setup(of: &Workload, seen: &Seen) -> Vec<String> {
    let Some(setup) = &seen.found.setup else { return Vec::new() };
    let mut all = Vec::new();
    if let Some(owner) = &setup.owner {
        let changes = wanted(of, seen).into_iter().map(|remedy| spelt(of, seen, &remedy.action));
        all.extend(
            changes.map(|change| format!("It belongs to {owner}, so nothing was patched. In its source: {change}.")),
        );
    }
    if setup.paused {
        all.push(format!(
            "The deployment is paused: `kubectl -n {} rollout resume deployment/{}`.",
            of.namespace, of.deployment
        ));
    }
    if let (0, Some(scaler)) = (setup.replicas, &setup.scaled_by) {
        all.push(format!("The autoscaler {scaler} says how many pods it has: look at its `minReplicas`, and set `spec.replicas` above 0."));
    }
    if setup.replicas == 0 && !setup.knows_scalers {
        all.push("It has no pods, and nobody could see whether an autoscaler wants it so: it was not scaled.".into());
    }
    all.extend(
        setup
            .failure
            .iter()
            .map(|why| format!("No pod can be made: {why}. Look at the quota or the admission that it names.")),
    );
    if let (Rollout::Stuck(why), None) = (&setup.rollout, &setup.last_good) {
        all.push(format!("The roll-out is stuck ({why}), and there is no earlier revision to go back to."));
    }
    all
}

fn of_memory(of: &Workload, seen: &Seen) -> Vec<String> {
    let memory = &seen.found.memory;
    let told = memory.killed.iter().take(1).map(|it| {
        let limit = it.limit.map_or_else(|| "none".to_owned(), shown);
        let request = it.request.map_or_else(|| "none".to_owned(), shown);
        format!(
            "{} was killed for want of memory, after {} restarts: limit {limit}, request {request}, maximum by the target file {}, \
             raised {} of {} times in 24 hours. Does it need more, or does it leak?",
            it.container,
            it.restarts,
            shown(of.memory_max_bytes),
            memory.raises,
            of.raises_per_day
        )
    });
    told.collect()
}

/// A change, as a person makes it in the source of the manifests.
fn spelt(of: &Workload, seen: &Seen, action: &Action) -> String {
    let name = &of.deployment;
    match action {
        Action::ScalePods { replicas } => format!("set `spec.replicas` of the deployment {name} to {replicas}"),
        Action::LimitMemory { limit, request } => {
            let container = of.container.as_deref().unwrap_or_default();
            let request =
                request.map_or_else(String::new, |it| format!(" and `resources.requests.memory` to {}", shown(it)));
            format!("set `resources.limits.memory` of the container {container} to {}{request}", shown(*limit))
        }
        Action::UseRevision { revision } => {
            let good = seen.found.setup.as_ref().and_then(|setup| setup.last_good.as_ref());
            let images = good.map(|good| good.images.join(", ")).unwrap_or_default();
            format!("take the deployment {name} back to what was revision {revision} (images: {images})")
        }
        _ => format!("nothing; restart it by `kubectl -n {} rollout restart deployment/{name}`", of.namespace),
    }
}
