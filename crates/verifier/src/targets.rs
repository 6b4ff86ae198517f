//! What a target file must also fulfil to be verified against: found at the start, not in the middle of a recovery. Pure.

use crate::gates::syntax::Language;
use reqwest::Method;
use reqwest::header::{HeaderName, HeaderValue};
use wire::target::{Contract, Target, Witness, is_plain_path};

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
    Ok(())
}

fn check_contract(contract: &Contract) -> Result<(), String> {
    let request = &contract.request;
    if Method::from_bytes(request.method.as_bytes()).is_err() || !request.path.starts_with('/') {
        return Err(format!("{} {} is not a method and a path", request.method, request.path));
    }
    for (name, value) in &request.headers {
        if HeaderName::from_bytes(name.as_bytes()).is_err() || HeaderValue::from_str(value).is_err() {
            return Err(format!("{name:?} is not a header"));
        }
    }
    if contract.witnesses.is_empty() {
        return Err("it names no witness, so nothing could ever count as healed".into());
    }
    for witness in &contract.witnesses {
        let least = match witness {
            Witness::StatementLog { statement, at_least, .. } => {
                regex::Regex::new(statement).map_err(|_| format!("{statement:?} is not a regular expression"))?;
                at_least
            }
            Witness::CallCount { url, at_least } => {
                if !url.contains("{replay}") || reqwest::Url::parse(&url.replace("{replay}", "x")).is_err() {
                    return Err(format!("{url:?} is not a URL with {{replay}} in it"));
                }
                at_least
            }
        };
        if *least == 0 {
            return Err("a witness with `at_least = 0` asks for nothing".into());
        }
    }
    Ok(())
}
