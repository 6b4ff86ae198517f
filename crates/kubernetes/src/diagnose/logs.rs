//! Diagnostic 3: what containers wrote before they crashed. It is untrusted: nothing is done because of it, but things are left undone.

use crate::error::plain;
use crate::snapshot::Snapshot;
use regex::Regex;
use std::sync::LazyLock;

/// What the API server answers to somebody whose role does not allow something; clients write it to their log as it is.
static FORBIDDEN: LazyLock<Option<Regex>> = LazyLock::new(|| {
    Regex::new(
        r#"is forbidden: User "system:serviceaccount:([a-z0-9-]{1,63}):([a-z0-9.-]{1,253})" cannot ([a-z]{1,20}) resource "([a-z/]{1,80})" in API group "([a-z0-9.-]{0,253})"#,
    )
    .ok()
});

/// What a container said at last.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LastWords {
    /// Its pod.
    pub pod: String,
    /// Its name.
    pub container: String,
    /// The line that tells most, shortened and redacted.
    pub line: String,
    /// The rule of a role that it lacks.
    pub lacks: Option<MissingRule>,
}

/// A rule that a role lacks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MissingRule {
    /// The namespace of the service account.
    pub namespace: String,
    /// The service account.
    pub account: String,
    /// The verb.
    pub verb: String,
    /// The resource.
    pub resource: String,
    /// Its group; empty: the core.
    pub group: String,
}

impl MissingRule {
    /// What a person is to add.
    pub fn advice(&self) -> String {
        format!(
            "The service account {}/{} may not {} {}: if it should, add to its role the rule \
             {{apiGroups: [\"{}\"], resources: [\"{}\"], verbs: [\"{}\"]}}.",
            self.namespace, self.account, self.verb, self.resource, self.group, self.resource, self.verb
        )
    }
}

/// Looks at them.
pub(super) fn look(seen: &Snapshot) -> Vec<LastWords> {
    let said = seen.last_words.iter().filter_map(|(who, said)| Some((who, said.as_ref().ok()?)));
    said.filter_map(|((pod, container), said)| {
        let line = plain(telling(said)?);
        let lacks = missing_rule(said).filter(|rule| is_own(seen, rule));
        Some(LastWords { pod: pod.clone(), container: container.clone(), line, lacks })
    })
    .collect()
}

/// The last line that calls itself an error, else the last.
fn telling(said: &str) -> Option<&str> {
    let lines = || said.lines().rev().filter(|line| !line.trim().is_empty());
    let is_error = |line: &&str| {
        let line = line.to_ascii_lowercase();
        ["error", "fatal", "panic", "exception", "forbidden", "denied"].iter().any(|word| line.contains(word))
    };
    lines().find(is_error).or_else(|| lines().next())
}

/// Whether it is the deployment's own account: anybody can write a line about another one.
fn is_own(seen: &Snapshot, rule: &MissingRule) -> bool {
    let Ok(deployment) = &seen.deployment else { return false };
    let pod = deployment.known.spec.as_ref().and_then(|spec| spec.template.spec.as_ref());
    let account = pod.and_then(|pod| pod.service_account_name.as_deref()).filter(|name| !name.is_empty());
    deployment.known.metadata.namespace.as_ref() == Some(&rule.namespace)
        && account.unwrap_or("default") == rule.account
}

fn missing_rule(said: &str) -> Option<MissingRule> {
    let found = FORBIDDEN.as_ref()?.captures_iter(said).last()?;
    let part = |at| found.get(at).map(|part| part.as_str().to_owned());
    Some(MissingRule { namespace: part(1)?, account: part(2)?, verb: part(3)?, resource: part(4)?, group: part(5)? })
}
