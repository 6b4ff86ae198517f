//! The processes beside the targets, such as an upstream that a target calls.

use super::Options;
use super::layout::Layout;
use super::local::{self, LocalStack};
use super::ports::{Ports, is_free};
use super::supervisor::{Part, Spec};
use anyhow::{Context, ensure};
use std::collections::{BTreeMap, BTreeSet};
use std::time::{Duration, Instant};

/// How long one may take to answer its health check.
const READY: Duration = Duration::from_secs(30);

/// A companion with its place.
#[derive(Debug, Clone)]
pub struct Companion {
    /// Its name.
    pub name: String,
    /// What stands for its URL in the target file.
    pub placeholder: String,
    spec: Spec,
}

impl Companion {
    /// Its base URL.
    pub fn url(&self) -> &str {
        &self.spec.url
    }

    /// Where its health is asked.
    pub fn health(&self) -> &str {
        &self.spec.health
    }

    /// How it is started.
    pub fn spec(&self) -> Spec {
        self.spec.clone()
    }

    /// Waits until it answers.
    ///
    /// # Errors
    /// When it does not in time.
    pub async fn until_ready(&self) -> anyhow::Result<()> {
        let http = reqwest::Client::builder().no_proxy().timeout(Duration::from_secs(2)).build()?;
        let until = Instant::now() + READY;
        loop {
            let answer = http.get(self.health()).send().await;
            if answer.is_ok_and(|answer| answer.status().as_u16() == 200) {
                return Ok(());
            }
            let log = self.spec.log.display();
            ensure!(Instant::now() < until, "{} is not ready within {READY:?}; its log is {log}", self.name);
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    }
}

/// The companions of all targets, each with a port of its own.
///
/// # Errors
/// When two have the same name or placeholder, a program is not built, or no port is free.
pub fn resolve(local: &LocalStack, options: &Options, layout: &Layout) -> anyhow::Result<Vec<Companion>> {
    let mut found = Vec::new();
    let (mut taken, mut names) = (options.ports.numbers(), BTreeSet::new());
    for companion in local.targets.iter().flat_map(|target| &target.companions) {
        ensure!(
            names.insert(&companion.name) && names.insert(&companion.placeholder),
            "{}: the companion {} or its placeholder is there twice",
            local::FILE,
            companion.name
        );
        let port = Ports::one(companion.port, &taken, is_free)?;
        taken.insert(port);
        found.push(place(companion, port, options, layout)?);
    }
    Ok(found)
}

fn place(companion: &local::Companion, port: u16, options: &Options, layout: &Layout) -> anyhow::Result<Companion> {
    let program = options.programs.join(&companion.program);
    ensure!(program.exists(), "{} is not built: run `cargo build --workspace --bins`", program.display());
    let mut env = local::resolve(&companion.env);
    env.retain(|_, value| !value.is_empty());
    env.extend(BTreeMap::from([
        ("PATH".to_owned(), super::services::PATH.to_owned()),
        (companion.port_env.clone(), port.to_string()),
    ]));
    let url = format!("http://127.0.0.1:{port}");
    let log = layout.at("logs/services").join(format!("{}.log", companion.name));
    let argv = vec![program.to_str().context("the programs' folder is not UTF-8")?.to_owned()];
    let health = format!("{url}{}", companion.health);
    Ok(Companion {
        name: companion.name.clone(),
        placeholder: companion.placeholder.clone(),
        spec: Spec { part: Part::Companion(companion.name.clone()), argv, env, log, url, health },
    })
}
