//! How each service of the local stack is started: its program, and an environment that holds its own secrets only.

use super::layout::Layout;
use super::ports::Ports;
use super::supervisor::{Part, Spec};
use super::{Options, databases};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use substrate::Redis;
use wire::Service;

/// Where programs are found, the same for every process of the stack.
pub(super) const PATH: &str = "/usr/local/bin:/usr/bin:/bin:/usr/sbin:/sbin";
/// What is passed on from the operator's environment to every service.
const PASSED_ON: [&str; 4] = ["OTEL_EXPORTER_OTLP_ENDPOINT", "RUST_LOG", "RUST_BACKTRACE", "FAULT_MARKER"];
/// What is passed on to one service only.
const PASSED_ON_TO: [(Service, &str); 23] = [
    (Service::Notifier, "WEBHOOK_URL"),
    (Service::Notifier, "WEBHOOK_URL_FILE"),
    (Service::Notifier, "WEBHOOK_SECRET"),
    (Service::Notifier, "WEBHOOK_SECRET_FILE"),
    (Service::Patcher, "PATCHER__SSH_KEY"),
    (Service::Patcher, "PATCHER__SSH_KNOWN_HOSTS"),
    (Service::Patcher, "ANTHROPIC_API_KEY"),
    (Service::Patcher, "ANTHROPIC_API_KEY_FILE"),
    (Service::Patcher, "GEMINI_API_KEY"),
    (Service::Patcher, "GEMINI_API_KEY_FILE"),
    (Service::Patcher, "OPENAI_API_KEY"),
    (Service::Patcher, "OPENAI_API_KEY_FILE"),
    (Service::Patcher, "OLLAMA_API_KEY"),
    (Service::Patcher, "OLLAMA_API_KEY_FILE"),
    (Service::Patcher, "OFFLINE_MODE"),
    (Service::RagGateway, "RAG_GATEWAY__BACKBOARD"),
    (Service::RagGateway, "BACKBOARD_API_KEY"),
    (Service::RagGateway, "BACKBOARD_API_KEY_FILE"),
    (Service::RagGateway, "OFFLINE_MODE"),
    (Service::Deployer, "DEPLOYER__SSH_KEY"),
    (Service::Deployer, "DEPLOYER__SSH_KNOWN_HOSTS"),
    (Service::Verifier, "VERIFIER__SSH_KEY"),
    (Service::Verifier, "VERIFIER__SSH_KNOWN_HOSTS"),
];

/// The folder of the retrieval model's weights: `KINTSUGI_MODEL`, else `model` below the home, if it is there.
pub fn model(home: &Path) -> Option<PathBuf> {
    let named = chassis::settings::variable("KINTSUGI_MODEL").map(PathBuf::from);
    named.or_else(|| Some(home.join("model"))).filter(|folder| folder.is_dir())
}

/// The services of a stack, in the order of their start.
pub fn specs(options: &Options, layout: &Layout, redis: &Redis) -> Vec<Spec> {
    Ports::services().map(|service| spec(service, options, layout, redis)).collect()
}

fn spec(service: Service, options: &Options, layout: &Layout, redis: &Redis) -> Spec {
    let mut env = BTreeMap::from([
        ("PATH".to_owned(), PATH.to_owned()),
        ("KINTSUGI_SETTINGS_DIR".to_owned(), options.settings.display().to_string()),
        ("KINTSUGI_CREDENTIALS".to_owned(), layout.credentials(service).display().to_string()),
    ]);
    let own = PASSED_ON_TO.into_iter().filter(|(only, _)| *only == service).map(|(_, name)| name);
    for name in PASSED_ON.into_iter().chain(own) {
        env.extend(chassis::settings::variable(name).map(|value| (name.to_owned(), value)));
    }
    let prefix = service.as_str().replace('-', "_").to_uppercase();
    for (key, value) in settings(service, options, layout) {
        env.insert(format!("{prefix}__{key}"), value);
    }
    if databases::OWNERS.contains(&service) {
        let file = layout.secret(&format!("{service}-database-url"));
        env.insert("DATABASE_URL_FILE".to_owned(), file.display().to_string());
    }
    if service == Service::IncidentStore {
        env.insert("REDIS_URL".to_owned(), redis.url());
    }
    env.extend(options.overrides.get(&service).cloned().unwrap_or_default());
    Spec {
        part: Part::Service(service),
        argv: vec![options.programs.join(service.as_str()).display().to_string()],
        env,
        log: layout.log(service),
        health: format!("{}{}", options.ports.url(service), health(service)),
        url: options.ports.url(service),
    }
}

/// The front passes on everything that is not its own.
fn health(service: Service) -> &'static str {
    if service == Service::Front { wire::paths::FRONT_HEALTH } else { wire::paths::HEALTH }
}

/// A service's settings: where it listens, whom it calls, where its files are.
fn settings(service: Service, options: &Options, layout: &Layout) -> Vec<(&'static str, String)> {
    use Service::{
        Deployer, FaultApp, FaultRouter, Front, Healer, IncidentStore, Kintsugi, Notifier, Patcher, RagGateway,
        Verifier, Warden,
    };
    let url = |callee| options.ports.url(callee);
    let at = |part: &str| layout.at(part).display().to_string();
    let listen = ("LISTEN", options.ports.address(service));
    let targets = ("TARGETS", at("targets"));
    let mut settings = vec![listen];
    settings.extend(match service {
        Front => vec![
            ("ROUTES", at("routes/routes.json")),
            ("INCIDENT_STORE", url(IncidentStore)),
            ("RECORD", at("state/traffic")),
        ],
        IncidentStore => vec![targets, ("PATCHER", url(Patcher))],
        RagGateway => {
            let model = model(&layout.home).map(|folder| ("MODEL", folder.display().to_string()));
            vec![("KNOWLEDGE", options.knowledge.display().to_string())].into_iter().chain(model).collect()
        }
        Patcher => vec![targets, ("VERIFIER", url(Verifier)), ("WORK", at("work/patcher"))],
        Verifier => vec![targets, ("WORK", at("work/verifier")), ("ARTEFACTS", at("artefacts"))],
        Deployer => vec![
            targets,
            ("ARTEFACTS", at("artefacts")),
            ("WORK", at("work/deployer")),
            ("ROUTES", at("routes/routes.json")),
            ("FRONT", url(Front)),
            ("VERIFIER", url(Verifier)),
        ],
        Healer => vec![
            targets,
            ("INCIDENT_STORE", url(IncidentStore)),
            ("RAG_GATEWAY", url(RagGateway)),
            ("PATCHER", url(Patcher)),
            ("VERIFIER", url(Verifier)),
            ("DEPLOYER", url(Deployer)),
            ("WARDEN", url(Warden)),
            ("LIVE_URL", url(Front)),
        ],
        FaultRouter => vec![targets, ("INCIDENT_STORE", url(IncidentStore)), ("STATE", at("state/fault-router"))],
        Warden => vec![targets, ("INCIDENT_STORE", url(IncidentStore)), ("STATE", at("state/warden"))],
        Notifier => vec![("INCIDENT_STORE", url(IncidentStore)), ("DASHBOARD", url(Front))],
        FaultApp | Kintsugi => vec![],
    });
    settings
}
