//! Diagnostic 6: the network policies that touch the pods. Policies of other kinds (a CNI's own) cannot be seen here.

use crate::snapshot::{Snapshot, name};
use k8s_openapi::api::core::v1::Pod;
use k8s_openapi::api::networking::v1::NetworkPolicy;
use k8s_openapi::apimachinery::pkg::apis::meta::v1::LabelSelector;
use std::collections::BTreeMap;

/// A policy that touches the pods.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Touching {
    /// Its name.
    pub policy: String,
    /// Whether it lets nobody in.
    pub shuts: bool,
    /// How many rules let somebody in.
    pub rules: usize,
}

impl Touching {
    /// What a person is to look at.
    pub fn advice(&self) -> String {
        if self.shuts {
            format!(
                "The network policy {} lets nobody reach the pods (no ingress rule): add to its `spec.ingress` whoever may, \
                 by `from` and `ports`.",
                self.policy
            )
        } else {
            format!(
                "The network policy {} lets in what its {} ingress rule(s) name, and nobody else: look whether its callers are \
                 among them.",
                self.policy, self.rules
            )
        }
    }
}

/// Looks at them: those that say who may reach a pod.
pub(super) fn look(seen: &Snapshot) -> Vec<Touching> {
    let Ok(policies) = &seen.policies else { return Vec::new() };
    let touching = policies.iter().filter(|policy| is_about_ingress(policy) && touches(policy, seen));
    touching
        .map(|policy| {
            let rules = policy.spec.as_ref().and_then(|spec| spec.ingress.as_ref()).map_or(0, Vec::len);
            Touching { policy: name(&policy.metadata).to_owned(), shuts: rules == 0, rules }
        })
        .collect()
}

/// A policy without types is about ingress.
fn is_about_ingress(policy: &NetworkPolicy) -> bool {
    let types = policy.spec.as_ref().and_then(|spec| spec.policy_types.as_deref()).unwrap_or_default();
    types.is_empty() || types.iter().any(|it| it == "Ingress")
}

fn touches(policy: &NetworkPolicy, seen: &Snapshot) -> bool {
    let Some(spec) = &policy.spec else { return false };
    let everyone = LabelSelector::default();
    let selector = spec.pod_selector.as_ref().unwrap_or(&everyone);
    seen.pods().iter().any(|pod: &Pod| selects(selector, pod.metadata.labels.as_ref().unwrap_or(&BTreeMap::new())))
}

/// Whether a selector fits labels; an empty one fits all.
pub(crate) fn selects(selector: &LabelSelector, labels: &BTreeMap<String, String>) -> bool {
    let equal = selector.match_labels.iter().flatten().all(|(key, value)| labels.get(key) == Some(value));
    let rules = selector.match_expressions.iter().flatten().all(|rule| {
        let have = labels.get(&rule.key);
        let named = || have.is_some_and(|have| rule.values.iter().flatten().any(|value| value == have));
        match rule.operator.as_str() {
            "In" => named(),
            "NotIn" => !named(),
            "Exists" => have.is_some(),
            "DoesNotExist" => have.is_none(),
            _ => false,
        }
    });
    equal && rules
}
