//! What the local stack watches, and the processes beside its targets.

use kintsugi::stack::companions::{Companion, resolve};
use kintsugi::stack::layout::Layout;
use kintsugi::stack::local::{self, LocalStack};
use kintsugi::stack::ports::{Ports, is_free};
use kintsugi::stack::supervisor::{Part, Spec, Supervisor};
use kintsugi::stack::{Options, targets};
use std::path::{Path, PathBuf};
use std::time::Duration;
use tempfile::TempDir;

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).ancestors().nth(2).unwrap().to_owned()
}

struct Place {
    folder: TempDir,
    layout: Layout,
}

impl Place {
    fn make() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let layout = Layout::make(&folder.path().join("home")).unwrap();
        Self { folder, layout }
    }

    /// A program beside the services: it answers on the port in its environment and shows all of that.
    fn program(&self, name: &str) {
        let program = "#!/usr/bin/python3\nimport http.server, json, os\n\
            class Handler(http.server.BaseHTTPRequestHandler):\n    def do_GET(self):\n\
            \x20       self.send_response(200)\n        self.end_headers()\n\
            \x20       self.wfile.write(json.dumps(dict(os.environ)).encode())\n\
            http.server.HTTPServer(('127.0.0.1', int(os.environ['WHERE'])), Handler).serve_forever()\n";
        let path = self.folder.path().join(name);
        std::fs::write(&path, program).unwrap();
        std::fs::set_permissions(&path, std::os::unix::fs::PermissionsExt::from_mode(0o755)).unwrap();
    }

    fn resolve(&self, companions: &str) -> anyhow::Result<Vec<Companion>> {
        let text = format!("[[targets]]\nfile = \"t.toml\"\nsource = \"s\"\ndatabase = \"d\"\n{companions}");
        let local: LocalStack = toml::from_str(&text).unwrap();
        let options = Options {
            home: self.layout.home.clone(),
            programs: self.folder.path().to_owned(),
            settings: PathBuf::new(),
            targets: targets::Source::Checkout(PathBuf::new()),
            knowledge: PathBuf::new(),
            ports: Ports::free().unwrap(),
            overrides: Default::default(),
            durable: false,
        };
        resolve(&local, &options, &self.layout)
    }
}

fn companion(name: &str, placeholder: &str, port: u16) -> String {
    format!(
        "[[targets.companions]]\nname = \"{name}\"\nprogram = \"upstream\"\nport = {port}\nport_env = \"WHERE\"\n\
         health = \"/health\"\nplaceholder = \"{placeholder}\"\nenv = {{ MODE = \"slow\", SEED = \"\" }}\n"
    )
}

#[test]
fn every_companion_of_the_checkout_is_named_in_its_target_file() {
    let local = local::load(&root()).unwrap();
    for entry in &local.targets {
        let text = std::fs::read_to_string(root().join(&entry.file)).unwrap();
        for companion in &entry.companions {
            assert!(
                text.contains(&format!("${{{}}}", companion.placeholder)),
                "{}: {}",
                entry.file.display(),
                companion.name
            );
        }
    }
}

#[test]
fn two_companions_do_not_share_a_name_a_placeholder_or_a_port() {
    let place = Place::make();
    place.program("upstream");
    let (free, _) = testkit::listener();
    let port = free.local_addr().unwrap().port();
    drop(free);
    let both = place.resolve(&(companion("a", "A", port) + &companion("b", "B", port))).unwrap();
    assert_ne!(both[0].url(), both[1].url());
    for twice in [companion("a", "A", 1) + &companion("a", "B", 2), companion("a", "A", 1) + &companion("b", "A", 2)] {
        assert!(place.resolve(&twice).unwrap_err().to_string().contains("there twice"));
    }
}

#[test]
fn a_taken_port_is_replaced_by_a_free_one() {
    let place = Place::make();
    place.program("upstream");
    let (held, url) = testkit::listener();
    let port = held.local_addr().unwrap().port();
    assert!(!is_free(port));
    let resolved = place.resolve(&companion("a", "A", port)).unwrap();
    assert_ne!(resolved[0].url(), url);
}

#[test]
fn a_program_that_is_not_built_is_named_with_what_builds_it() {
    let error = Place::make().resolve(&companion("a", "A", 1)).unwrap_err().to_string();
    assert!(error.contains("upstream is not built: run `cargo build"), "{error}");
}

#[tokio::test]
async fn a_companion_runs_with_its_own_environment_only_and_is_started_again() {
    let place = Place::make();
    place.program("upstream");
    let companion = place.resolve(&companion("beside", "A", 1)).unwrap().remove(0);
    let mut supervisor = Supervisor::begin().unwrap();
    supervisor.add(companion.spec()).unwrap();
    companion.until_ready().await.unwrap();
    let http = reqwest::Client::builder().no_proxy().build().unwrap();
    let told: serde_json::Value =
        serde_json::from_str(&http.get(companion.url()).send().await.unwrap().text().await.unwrap()).unwrap();
    let mut names: Vec<&String> = told.as_object().unwrap().keys().filter(|name| *name != "LC_CTYPE").collect();
    names.sort();
    assert_eq!(names, ["MODE", "PATH", "WHERE"], "no credential, nothing of the operator's, nothing empty");
    let first = supervisor.parts()[0].1;
    assert_eq!(supervisor.parts()[0].0, Part::Companion("beside".into()));
    assert!(supervisor.running().is_empty(), "it is no service");
    let pid = i32::try_from(first.pid.unwrap()).unwrap();
    nix::sys::signal::kill(nix::unistd::Pid::from_raw(pid), nix::sys::signal::Signal::SIGKILL).unwrap();
    testkit::eventually("a second life", Duration::from_secs(20), async || {
        (supervisor.parts()[0].1.starts > first.starts).then_some(())
    })
    .await;
    companion.until_ready().await.unwrap();
    supervisor.end(&[]);
    assert!(supervisor.parts().is_empty());
}

#[tokio::test]
async fn what_runs_and_answers_no_more_is_ended_and_started_again() {
    let place = Place::make();
    place.program("upstream");
    let companion = place.resolve(&companion("beside", "A", 1)).unwrap().remove(0);
    let mut supervisor = Supervisor::begin().unwrap();
    supervisor.add(companion.spec()).unwrap();
    companion.until_ready().await.unwrap();
    let first = supervisor.parts()[0].1.pid.unwrap();
    // The watchdog has to have heard it once; else it has two minutes to come up.
    tokio::time::sleep(Duration::from_secs(2)).await;
    let pid = nix::unistd::Pid::from_raw(i32::try_from(first).unwrap());
    nix::sys::signal::kill(pid, nix::sys::signal::Signal::SIGSTOP).unwrap();
    testkit::eventually("a second life", Duration::from_secs(60), async || {
        supervisor.parts()[0].1.pid.filter(|pid| *pid != first)
    })
    .await;
    companion.until_ready().await.unwrap();
    supervisor.end(&[]);
}

#[tokio::test]
async fn what_keeps_ending_is_told_of_with_its_log() {
    let place = Place::make();
    place.program("upstream");
    let companion = place.resolve(&companion("beside", "A", 1)).unwrap().remove(0);
    let spec = Spec { argv: vec!["/bin/false".into()], ..companion.spec() };
    let log = spec.log.clone();
    let mut supervisor = Supervisor::begin().unwrap();
    supervisor.add(spec).unwrap();
    assert!(supervisor.troubled().is_empty());
    let troubled = testkit::eventually("it has ended often", Duration::from_secs(60), async || {
        Some(supervisor.troubled()).filter(|troubled| !troubled.is_empty())
    })
    .await;
    assert_eq!(troubled, [(Part::Companion("beside".into()), log)]);
    supervisor.end(&[]);
}
