//! What a target file must also fulfil to be verified against: found at the start, not in the middle of a recovery. Pure.

use crate::gates::syntax::Language;
use regex::Regex;
use reqwest::Method;
use reqwest::header::{HeaderName, HeaderValue};
use wire::target::{Contract, Request, Target, Witness, is_plain_path};

/// Checks a target.
///
/// # Errors
/// One sentence that names what is wrong.
pub fn check(target: &Target) -> Result<(), String> {
    let language = Language::named(&target.patch.language).map_err(|error| error.to_string())?;
    for pattern in &target.patch.forbidden {
        language.pattern(pattern).map_err(|error| format!("patch.forbidden: {error}"))?;
    }
    let outputs = target.build.outputs.iter().flat_map(|output| [&output.from, &output.to]);
    if let Some(path) = target.build.warm.iter().chain(outputs).find(|path| !is_plain_path(path)) {
        return Err(format!("build: {path:?} is not a plain relative path"));
    }
    if target.test.command.is_empty() {
        return Err("test.command is empty: an untested patch is not admitted".into());
    }
    let sandbox = &target.sandbox;
    let mounts = sandbox.read_only.iter().chain(&sandbox.overlays).map(|mount| &mount.to);
    if let Some(to) = mounts.chain(sandbox.services.iter().map(|service| &service.to)).find(|to| !to.starts_with('/')) {
        return Err(format!("sandbox: {to:?} does not start with `/`"));
    }
    if !target.run.health.path.starts_with('/') {
        return Err(format!("run.health.path {:?} does not start with `/`", target.run.health.path));
    }
    for contract in &target.contracts {
        check_contract(contract).map_err(|why| format!("the contract of {}: {why}", contract.fault))?;
    }
    target.healthy.requests.iter().try_for_each(check_request).map_err(|why| format!("healthy.requests: {why}"))
}

fn check_request(request: &Request) -> Result<(), String> {
    if Method::from_bytes(request.method.as_bytes()).is_err() || !request.path.starts_with('/') {
        return Err(format!("{} {} is not a method and a path", request.method, request.path));
    }
    match request.headers.iter().find(|(name, value)| !is_header(name, value)) {
        Some((name, _)) => Err(format!("{name:?} is not a header")),
        None => Ok(()),
    }
}

/// Whether a header can be sent.
pub fn is_header(name: &str, value: &str) -> bool {
    HeaderName::from_bytes(name.as_bytes()).is_ok() && HeaderValue::from_str(value).is_ok()
}

fn check_contract(contract: &Contract) -> Result<(), String> {
    check_request(&contract.request)?;
    let unnamed = |name: &&String| HeaderName::from_bytes(name.as_bytes()).is_err();
    if let Some(name) = contract.expectations().flat_map(|answer| &answer.headers).find(unnamed) {
        return Err(format!("{name:?} is not a header's name"));
    }
    contract.expectations().flat_map(|answer| &answer.witnesses).try_for_each(check_witness)
}

fn check_witness(witness: &Witness) -> Result<(), String> {
    let regex = |text: &String| Regex::new(text).map_err(|_| format!("{text:?} is not a regular expression"));
    match witness {
        Witness::StatementLog { at_least: 0, .. } | Witness::CallCount { at_least: 0, .. } => {
            Err("a witness with `at_least = 0` asks for nothing".into())
        }
        Witness::StatementLog { statement, forbidden, .. } => {
            std::iter::once(statement).chain(forbidden).try_for_each(|text| regex(text).map(|_| ()))
        }
        Witness::CallCount { url, .. } => {
            let is_url = reqwest::Url::parse(&url.replace("{replay}", "x")).is_ok();
            let fits = url.contains("{replay}") && is_url;
            fits.then_some(()).ok_or_else(|| format!("{url:?} is not a URL with {{replay}} in it"))
        }
        Witness::StatementSequence { steps, forbidden, .. } => {
            if steps.is_empty() {
                return Err("a statement_sequence without `steps` asks for nothing".into());
            }
            for step in steps {
                let names = regex(&step.statement)?;
                if step.is_bounded() && !names.capture_names().flatten().any(|name| name == "value") {
                    let why = "its value is bounded, so it needs a group (?P<value>…)";
                    return Err(format!("{:?}: {why}", step.statement));
                }
            }
            forbidden.iter().try_for_each(|text| regex(text).map(|_| ()))
        }
    }
}
