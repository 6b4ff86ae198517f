//! Modes 2, 3, 4, 6, 7, 9 and 10: what listens, and what is called.

use super::{Case, block_on, lever, levers, text};
use crate::modes::once::{Place, Run, once};
use playbooks::{
    BootPlaybook, CredentialPlaybook, EndpointPlaybook, Levers, MemoryPlaybook, ModelServerPlaybook, NetworkPlaybook,
    PortPlaybook,
};
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use testkit::failure::authority::Authority;
use testkit::failure::boot::{Start, silent};
use testkit::failure::memory::Hog;
use testkit::failure::network::Network as Cable;
use testkit::failure::port::{Manner, Taker};
use testkit::failure::process::{EndsWithTest, command, free_port};
use testkit::failure::server::{Reply, Server};
use wire::target::{Boot, Credential, Endpoint, Lever, LeverBy, Memory, ModelServer, Network, Phase, Port, Refresh};

pub(super) fn cases() -> Vec<Case> {
    let case = |mode, name, injected, limit_s, run| Case { mode, name, injected, limit_s, run };
    vec![
        case(
            2,
            "port taken by a stale instance",
            "an instance of the target's own that hangs holds the port",
            10,
            stale,
        ),
        case(2, "port taken by a retired instance", "the same, and its pid file says that it is retired", 10, retired),
        case(2, "port taken by a stranger", "another program's process holds the port", 10, stranger),
        case(3, "slow boot", "a phase waits for a socket that is silent; slow is more than 1 s here, not 30", 5, slow),
        case(4, "out of memory", "a process grows by 120 MB over its limit of 60 MiB; a lever drops it", 30, grown),
        case(6, "network unreachable", "a cable between two network namespaces is pulled", 5, cut),
        case(7, "endpoint hangs, with a backup", "a server takes connections and never answers", 15, hangs),
        case(7, "endpoint fails, without a backup", "a server answers 500", 15, fails),
        case(9, "credential refused", "a service answers 401 to the token; the token endpoint rotates", 5, refused),
        case(10, "model server gone", "the process is killed (SIGKILL)", 20, gone),
    ]
}

fn place(folder: &Path, seconds: u64) -> Place<'_> {
    Place { folder, limit: Duration::from_secs(seconds), clock: chassis::clock::system() }
}

fn cut(folder: &Path, pause: Duration) -> anyhow::Result<Run> {
    let cable = Arc::new(Cable::new());
    let offline = lever("offline")?;
    let probes = vec![cable.by_address(), cable.by_name()];
    let network = Network { probes, probe_ms: 400, pauses_ms: vec![10_000, 30_000, 60_000], offline };
    let playbook = NetworkPlaybook::new(network, levers(folder, &["offline"])?);
    let puller = Arc::clone(&cable);
    cable.near(|| block_on(once(&place(folder, 5), &playbook, pause, move || puller.cut(true))))
}

fn stale(folder: &Path, pause: Duration) -> anyhow::Result<Run> {
    port(folder, pause, |port, folder| {
        Taker::instance(Manner::Hangs, port, &folder.join("pids/old.pid"), &serde_json::json!({ "port": port }))
    })
}

fn retired(folder: &Path, pause: Duration) -> anyhow::Result<Run> {
    port(folder, pause, |port, folder| {
        let says = serde_json::json!({ "port": port, "retired": true });
        Taker::instance(Manner::Hangs, port, &folder.join("pids/old.pid"), &says)
    })
}

fn stranger(folder: &Path, pause: Duration) -> anyhow::Result<Run> {
    port(folder, pause, |port, _| Taker::stranger(port))
}

fn port(folder: &Path, pause: Duration, take: fn(u16, &Path) -> Taker) -> anyhow::Result<Run> {
    std::fs::create_dir(folder.join("pids"))?;
    let preferred = free_port().min(65_000);
    let playbook = PortPlaybook::new(Port {
        preferred,
        pids: text(folder, "pids"),
        registry: text(folder, "registry.json"),
        complaint: text(folder, "complaint"),
        follows: true,
    });
    // They live on until the run is over.
    let processes = Arc::new(Mutex::new(Vec::new()));
    let (held, at) = (Arc::clone(&processes), folder.to_owned());
    let inject = move || {
        let taken = [take(preferred, &at), Taker::target(preferred, &at)];
        held.lock().unwrap_or_else(PoisonError::into_inner).extend(taken);
    };
    block_on(once(&place(folder, 10), &playbook, pause, inject))
}

fn slow(folder: &Path, pause: Duration) -> anyhow::Result<Run> {
    let phase = |name: &str, skip| Phase { name: name.into(), skip };
    let phases = vec![phase("schema", None), phase("warm", Some(lever("skip")?)), phase("serve", None)];
    let boot = Boot { report: text(folder, "boot.jsonl"), limit_ms: 1_000, phases };
    let playbook = BootPlaybook::new(boot, levers(folder, &["skip"])?, chassis::clock::system());
    let (upstream, at) = silent();
    let (started, below) = (Arc::new(Mutex::new(Vec::new())), folder.to_owned());
    let held = Arc::clone(&started);
    let begin = move || held.lock().unwrap_or_else(PoisonError::into_inner).push(Start::begin(&below, at));
    let run = block_on(once(&place(folder, 5), &playbook, pause, begin));
    drop(upstream);
    run
}

fn grown(folder: &Path, pause: Duration) -> anyhow::Result<Run> {
    let hog = Arc::new(Hog::start(folder, &[]));
    let by = LeverBy::File(hog.lever_file("caches"));
    let caches = Lever { name: lever("caches")?, title: "drop the caches".into(), by };
    let memory = Memory {
        pid_file: hog.pid_file(),
        limit_bytes: 60 << 20,
        cgroup: None,
        levers: vec![caches.name.clone()],
        calm_ms: 60_000,
    };
    let playbook = MemoryPlaybook::new(memory, Levers::new(&[caches], reqwest::Client::new()));
    let grower = Arc::clone(&hog);
    block_on(once(&place(folder, 30), &playbook, pause, move || grower.want(&[("caches", 120)])))
}

/// A server whose mood can be changed.
pub(in crate::modes) fn moody() -> (Server, Arc<Mutex<Reply>>) {
    let mood = Arc::new(Mutex::new(Reply::Status(200, "{}".into())));
    let shared = Arc::clone(&mood);
    (Server::start(move |_| shared.lock().unwrap_or_else(PoisonError::into_inner).clone()), mood)
}

fn hangs(folder: &Path, pause: Duration) -> anyhow::Result<Run> {
    let (backup, _) = moody();
    endpoint(folder, pause, Some(&backup), Reply::Nothing)
}

fn fails(folder: &Path, pause: Duration) -> anyhow::Result<Run> {
    endpoint(folder, pause, None, Reply::Status(500, "{}".into()))
}

fn endpoint(folder: &Path, pause: Duration, backup: Option<&Server>, turn: Reply) -> anyhow::Result<Run> {
    let (primary, mood) = moody();
    std::fs::write(folder.join("registry.json"), format!(r#"{{"at":"{}","timeout_ms":30000}}"#, primary.base()))?;
    let playbook = EndpointPlaybook::new(Endpoint {
        probe: format!("{}/health", primary.base()),
        probe_ms: 1_000,
        trial_ms: 60_000,
        primary: primary.base(),
        backup: backup.map(Server::base),
        backup_probe: backup.map(|backup| format!("{}/health", backup.base())),
        registry: text(folder, "registry.json"),
        timeouts_ms: vec![30_000, 10_000, 5_000],
        failures: 3,
    });
    let turn = move || *mood.lock().unwrap_or_else(PoisonError::into_inner) = turn;
    block_on(once(&place(folder, 15), &playbook, pause, turn))
}

fn refused(folder: &Path, pause: Duration) -> anyhow::Result<Run> {
    let authority = Arc::new(Authority::start(&["first"], Some("renews")));
    std::fs::write(folder.join("token"), "first\n")?;
    std::fs::write(folder.join("refresh"), "renews\n")?;
    let credential = Credential {
        probe: authority.probe(),
        probe_ms: 1_000,
        trial_ms: 60_000,
        file: text(folder, "token"),
        refresh: Some(Refresh {
            url: authority.token_url(),
            client_id: "the-client".into(),
            token_file: text(folder, "refresh"),
        }),
        backup: None,
        without: None,
    };
    let playbook = CredentialPlaybook::new(credential, levers(folder, &[])?);
    let refuser = Arc::clone(&authority);
    block_on(once(&place(folder, 5), &playbook, pause, move || refuser.set_valid("first", false)))
}

fn gone(folder: &Path, pause: Duration) -> anyhow::Result<Run> {
    let port = free_port();
    let server = ModelServer {
        probe: format!("http://127.0.0.1:{port}/api/tags"),
        probe_ms: 1_000,
        start: command(port, folder),
        start_ms: 10_000,
        pid_file: text(folder, "model.pid"),
        without: None,
    };
    let playbook = ModelServerPlaybook::new(server, levers(folder, &[])?);
    let pid_file = folder.join("model.pid");
    let _ends = EndsWithTest(pid_file.clone());
    block_on(async {
        playbooks::Playbook::act(&playbook, &wire::runtime::Action::Start {}).await?;
        once(&place(folder, 20), &playbook, pause, move || drop(EndsWithTest(pid_file))).await
    })
}
