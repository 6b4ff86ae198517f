//! Doing gate 4: which requests are asked of both versions. Those that the target file names, and the newest of what was
//! recorded.

use crate::gates::healthy::name;
use std::collections::{BTreeMap, BTreeSet};
use std::fs::File;
use std::io::Read;
use std::path::Path;
use wire::target::{Healthy, Request};
use wire::traffic::{MAX_BODY, MAX_FILE, Recorded, file_name};

/// How many requests are asked at most.
const MOST: usize = 32;
/// How many of them may be of the same method, path and status.
const ALIKE: usize = 2;
/// From this status on an answer was not fine.
const NOT_FINE: u16 = 500;

/// What will be asked, and what will not and why.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Plan {
    /// The requests, in order.
    pub requests: Vec<Request>,
    /// The others.
    pub skipped: Vec<(String, String)>,
}

/// Chooses the requests. The route of the incident's own contract is not asked: there the new version shall answer otherwise.
pub fn plan(healthy: &Healthy, (recorded, mut skipped): (Vec<Recorded>, Vec<(String, String)>), ill: &Request) -> Plan {
    let mut requests: Vec<Request> = Vec::new();
    let mut alike: BTreeMap<(String, String, u16), usize> = BTreeMap::new();
    let newest = recorded.into_iter().rev().map(|one| (one.request, Some(one.status)));
    let mut known = BTreeSet::new();
    for (request, status) in healthy.requests.iter().cloned().map(|request| (request, None)).chain(newest) {
        if !known.insert(serde_json::json!(request).to_string()) {
            continue;
        }
        let path = route(&request.path);
        let count = alike.entry((request.method.clone(), path.to_owned(), status.unwrap_or(0))).or_default();
        let why = if request.method == ill.method && path == route(&ill.path) {
            "it is the route of the incident's own contract"
        } else if status.is_some() && healthy.never.iter().any(|never| never == path) {
            "the target file says that it is never repeated"
        } else if status.is_some_and(|status| status >= NOT_FINE) {
            "it was not answered finely when it was recorded"
        } else if requests.len() >= MOST || (status.is_some() && *count >= ALIKE) {
            "there are enough of its kind"
        } else {
            *count += 1;
            requests.push(request);
            continue;
        };
        skipped.push((name(&request), why.to_owned()));
    }
    Plan { requests, skipped }
}

fn route(path: &str) -> &str {
    path.split(['?', '#']).next().unwrap_or_default()
}

/// What was recorded of a target, oldest first; and what of it cannot be used. Blocking.
pub fn recorded(healthy: &Healthy, target: &str) -> (Vec<Recorded>, Vec<(String, String)>) {
    let Some(folder) = &healthy.recorded else { return Default::default() };
    let mut bytes = Vec::new();
    let read = File::open(Path::new(folder).join(file_name(target)));
    if let Err(error) = read.and_then(|file| file.take(MAX_FILE).read_to_end(&mut bytes)) {
        // Nothing was recorded yet.
        let nothing = error.kind() == std::io::ErrorKind::NotFound;
        let told = ("what was recorded".to_owned(), format!("it cannot be read: {error}"));
        return (Vec::new(), if nothing { Vec::new() } else { vec![told] });
    }
    let (mut good, mut bad) = (Vec::new(), Vec::new());
    for (at, line) in String::from_utf8_lossy(&bytes).lines().enumerate() {
        match serde_json::from_str::<Recorded>(line).ok().filter(is_usable) {
            Some(recorded) => good.push(recorded),
            None => bad.push((format!("line {} of what was recorded", at + 1), "it is damaged".to_owned())),
        }
    }
    good.sort_by_key(|recorded| recorded.at);
    (good, bad)
}

fn is_usable(recorded: &Recorded) -> bool {
    let Request { method, path, headers, body } = &recorded.request;
    let headers = headers.iter().all(|(name, value)| crate::targets::is_header(name, value));
    reqwest::Method::from_bytes(method.as_bytes()).is_ok() && path.starts_with('/') && headers && body.len() <= MAX_BODY
}

#[cfg(test)]
mod tests;
