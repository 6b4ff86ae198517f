//! A resource that a Kubernetes cluster runs. Which namespaces may be touched at all is the operator's to say, in warden's settings.

use serde::{Deserialize, Serialize};

/// A deployment, and the service through which it is reached.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Workload {
    /// Its namespace.
    pub namespace: String,
    /// The name of the deployment.
    pub deployment: String,
    /// The name of the service, where it has one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub service: Option<String>,
    /// What is asked (`GET`) from the warden's machine to see whether the service answers. 5xx is no answer.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub probe: Option<String>,
    /// How long an answer may take, milliseconds.
    #[serde(default = "default_probe_ms")]
    pub probe_ms: u64,
    /// The container whose memory may be raised, when it was killed for want of it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub container: Option<String>,
    /// Never beyond this, bytes. 0: never.
    #[serde(default)]
    pub memory_max_bytes: u64,
    /// At most so often in 24 hours.
    #[serde(default = "default_raises")]
    pub raises_per_day: u32,
    /// It is never given more pods than this.
    #[serde(default = "default_replicas_max")]
    pub replicas_max: u32,
    /// How long a change may take until its pods serve, or are seen to fail, seconds.
    #[serde(default = "default_rollout_s")]
    pub rollout_s: u64,
}

fn default_probe_ms() -> u64 {
    2_000
}

fn default_raises() -> u32 {
    2
}

fn default_replicas_max() -> u32 {
    10
}

fn default_rollout_s() -> u64 {
    45
}

impl Workload {
    /// Whether it can be meant.
    ///
    /// # Errors
    /// One sentence that says what is wrong and what would be right.
    pub(super) fn check(&self) -> Result<(), String> {
        let mut names = vec![("namespace", &self.namespace), ("deployment", &self.deployment)];
        names.extend(self.service.iter().map(|name| ("service", name)));
        names.extend(self.container.iter().map(|name| ("container", name)));
        if let Some((field, name)) = names.into_iter().find(|(_, name)| !is_object_name(name)) {
            let shown: String = name.chars().take(80).collect();
            return Err(format!("`{field}` is {shown:?}: expected 1 to 63 of a-z 0-9 -, as Kubernetes names things"));
        }
        if self.memory_max_bytes > 0 && self.container.is_none() {
            return Err("`memory_max_bytes` needs `container`: whose memory may be raised".into());
        }
        if self.replicas_max == 0 {
            return Err("`replicas_max` must be above 0".into());
        }
        if !(1..=60).contains(&self.rollout_s) {
            return Err("`rollout_s` must be 1 to 60: two changes must fit into the two minutes of a healing".into());
        }
        if !(1..=10_000).contains(&self.probe_ms) {
            return Err("`probe_ms` must be 1 to 10000".into());
        }
        Ok(())
    }
}

/// RFC 1123's label: what names a namespace, a service or a container. It stands in URLs, so nothing else may.
fn is_object_name(name: &str) -> bool {
    let fits = name.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-');
    fits && (1..=63).contains(&name.len()) && !name.starts_with('-') && !name.ends_with('-')
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(more: &str) -> Result<(), String> {
        let text = format!("namespace = \"shop\"\ndeployment = \"orders\"\n{more}");
        let workload: Workload = toml::from_str(&text).map_err(|error| error.to_string())?;
        workload.check()
    }

    #[test]
    fn a_deployment_alone_is_enough() {
        assert_eq!(of(""), Ok(()));
        assert_eq!(of("service = \"orders\"\ncontainer = \"app\"\nmemory_max_bytes = 1073741824"), Ok(()));
    }

    #[test]
    fn what_cannot_be_meant_is_said_with_what_would_be_right() {
        for (more, told) in [
            ("service = \"../secrets\"", "`service`"),
            ("service = \"-orders\"", "1 to 63"),
            ("memory_max_bytes = 1", "`container`"),
            ("replicas_max = 0", "`replicas_max`"),
            ("rollout_s = 61", "1 to 60"),
            ("probe_ms = 0", "1 to 10000"),
            ("gitops = \"ignore\"", "gitops"),
        ] {
            let error = of(more).expect_err(more);
            assert!(error.contains(told), "{more}: {error}");
        }
    }
}
