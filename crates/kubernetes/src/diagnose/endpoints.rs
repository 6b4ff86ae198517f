//! Diagnostic 2: who answers for the service, and why nobody does.

use crate::error::plain;
use crate::snapshot::{Snapshot, name};
use k8s_openapi::api::core::v1::{Pod, Service};
use k8s_openapi::apimachinery::pkg::util::intstr::IntOrString;

/// What is seen of a service.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Endpoints {
    /// How many addresses answer.
    pub ready: usize,
    /// Why the service finds none of the pods, whatever they do; a person has to change it.
    pub mistake: Option<String>,
}

/// Looks at it; none where there is no service, or it could not be seen.
pub(super) fn look(seen: &Snapshot) -> Option<Endpoints> {
    let service = seen.service.as_ref()?.as_ref().ok()?;
    let slices = seen.slices.as_ref().ok()?;
    let mut ready: Vec<&str> = slices
        .iter()
        .flat_map(|slice| slice.endpoints.iter().flatten())
        .filter(|it| it.conditions.ready != Some(false) && it.conditions.terminating != Some(true))
        .flat_map(|it| it.addresses.iter().map(String::as_str))
        .collect();
    ready.sort_unstable();
    ready.dedup();
    Some(Endpoints { ready: ready.len(), mistake: mistake(service, seen) })
}

fn mistake(service: &Service, seen: &Snapshot) -> Option<String> {
    let spec = service.spec.as_ref()?;
    let selector = spec.selector.as_ref().filter(|selector| !selector.is_empty())?;
    let template = &seen.deployment.as_ref().ok()?.known.spec.as_ref()?.template;
    let labels = template.metadata.as_ref().and_then(|meta| meta.labels.clone()).unwrap_or_default();
    let named = name(&service.metadata);
    let unfit = selector.iter().find(|(key, value)| labels.get(*key) != Some(*value));
    if let Some((key, value)) = unfit {
        let have = labels.get(key).map_or_else(|| "none".to_owned(), |have| format!("{key}={have}"));
        return Some(plain(&format!(
            "the service {named} selects {key}={value}, and the pods' template has {have}: change `spec.selector` of the service"
        )));
    }
    let pod = Pod { spec: template.spec.clone(), ..Pod::default() };
    let wanted = spec.ports.iter().flatten().find_map(|port| match port.target_port.as_ref()? {
        IntOrString::String(target) if !has_port(&pod, target) => Some(target.clone()),
        _ => None,
    })?;
    Some(plain(&format!(
        "the service {named} sends to the port {wanted:?}, and no container names one so: change its `targetPort`"
    )))
}

fn has_port(pod: &Pod, wanted: &str) -> bool {
    let containers = pod.spec.iter().flat_map(|spec| &spec.containers);
    containers.flat_map(|container| container.ports.iter().flatten()).any(|port| port.name.as_deref() == Some(wanted))
}
