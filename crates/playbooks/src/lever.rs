//! Pulls the levers that a target offers.

use crate::error::ActError;
use crate::files;
use std::collections::BTreeMap;
use std::path::Path;
use std::time::Duration;
use wire::runtime::ResourceName;
use wire::target::{Lever, LeverBy};

/// How long a target may take to answer.
const LIMIT: Duration = Duration::from_secs(2);

/// The levers of a target.
#[derive(Debug, Clone)]
pub struct Levers {
    levers: BTreeMap<ResourceName, Lever>,
    http: reqwest::Client,
}

impl Levers {
    /// Of a target file.
    pub fn new(levers: &[Lever], http: reqwest::Client) -> Self {
        let levers = levers.iter().map(|lever| (lever.name.clone(), lever.clone())).collect();
        Self { levers, http }
    }

    /// Its title, for people; its name where there is none of that name.
    pub fn title(&self, name: &ResourceName) -> String {
        self.levers.get(name).map_or_else(|| name.to_string(), |lever| lever.title.clone())
    }

    /// Whether it is pulled; none when nobody can tell.
    pub async fn is_on(&self, name: &ResourceName) -> Option<bool> {
        match &self.levers.get(name)?.by {
            LeverBy::File(path) => Path::new(path).try_exists().ok(),
            LeverBy::Put(url) => {
                let answer = self.http.get(url).timeout(LIMIT).send().await.ok()?.error_for_status().ok()?;
                answer.json::<serde_json::Value>().await.ok()?.get("on")?.as_bool()
            }
        }
    }

    /// Pulls it.
    ///
    /// # Errors
    /// When the target file has no such lever, or the target did not take it.
    pub async fn pull(&self, name: &ResourceName, on: bool) -> Result<String, ActError> {
        let lever = self.levers.get(name).ok_or_else(|| ActError::Refused(format!("there is no lever {name}")))?;
        match &lever.by {
            LeverBy::File(path) if on => {
                files::replace(Path::new(path), b"").map_err(ActError::io("write", Path::new(path)))?;
            }
            LeverBy::File(path) => files::remove(Path::new(path)).map_err(ActError::io("remove", Path::new(path)))?,
            LeverBy::Put(url) => self.put(url, on).await?,
        }
        Ok(format!("{}: {}", lever.title, if on { "on" } else { "off" }))
    }

    async fn put(&self, url: &str, on: bool) -> Result<(), ActError> {
        let body = serde_json::json!({ "on": on });
        let sent = self.http.put(url).timeout(LIMIT).json(&body).send().await;
        match sent {
            Ok(answer) if answer.status().is_success() => Ok(()),
            Ok(answer) => {
                Err(ActError::Refused(format!("the target answered {} to its lever", answer.status().as_u16())))
            }
            Err(error) if error.is_timeout() => Err(ActError::TimedOut(LIMIT)),
            Err(_) => Err(ActError::Refused("the target does not answer to its lever".into())),
        }
    }
}
