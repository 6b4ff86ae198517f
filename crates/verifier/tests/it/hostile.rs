//! Code that means harm, in the three places where a candidate's code runs: its build script, its tests, its own process. Gate
//! 1 would stop most of it earlier; here the sandbox is alone with it.

use crate::sandbox::{job, run};
use std::collections::BTreeMap;
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::time::Duration;
use tempfile::TempDir;
use verifier::gates::Checks;
use verifier::gates::build::{BuildStep, Evidence, report};
use verifier::sandbox::{Access, Ended, Exit, Job, Place};
use wire::target::Limits;
use wire::verification::GateReport;

const PLACES: [(&str, &str); 3] = [
    ("build script", "cargo build --offline --quiet"),
    ("test", "cargo test --offline --quiet -- --nocapture"),
    ("candidate", "target/debug/hostile"),
];

/// A package whose build script, test and program attack; built once, without an attack.
struct Hostile {
    scratch: TempDir,
    sysroot: PathBuf,
}

impl Hostile {
    async fn build() -> Self {
        let scratch = tempfile::tempdir().expect("a folder");
        let (from, to) = (Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/hostile"), scratch.path().join("source"));
        for folder in ["src", "tests"] {
            std::fs::create_dir_all(to.join(folder)).expect("a folder");
        }
        for file in ["attack.rs", "build.rs", "src/main.rs", "tests/it.rs"] {
            std::fs::copy(from.join(file), to.join(file)).expect("a file");
        }
        // Under its own name it would be a package within this one.
        std::fs::copy(from.join("Cargo.toml.txt"), to.join("Cargo.toml")).expect("the manifest");
        let told = std::process::Command::new("rustc").args(["--print", "sysroot"]).output().expect("rustc");
        let sysroot = String::from_utf8(told.stdout).expect("a path").trim().into();
        let hostile = Self { scratch, sysroot };
        let built = hostile.run("", "cargo test --offline --quiet --no-run", [], Limits::default(), 120).await;
        assert_eq!(built.exit, Exit::Code(0), "{}", built.stderr);
        hostile
    }

    async fn run(
        &self,
        attack: &str,
        command: &str,
        env: impl IntoIterator<Item = (&str, String)>,
        limits: Limits,
        seconds: u64,
    ) -> Ended {
        let mut job = Job { limits, ..job(&self.scratch, "") };
        job.command = command.split(' ').map(str::to_owned).collect();
        job.places.push(Place { from: self.sysroot.clone(), to: "/toolchain".into(), access: Access::ReadOnly });
        let own = [("PATH", "/toolchain/bin:/usr/bin:/bin"), ("CARGO_HOME", "/tmp/cargo"), ("ATTACK", attack)];
        job.env = own.into_iter().map(|(name, value)| (name.to_owned(), value.to_owned())).collect::<BTreeMap<_, _>>();
        job.env.extend(env.into_iter().map(|(name, value)| (name.to_owned(), value)));
        run(&job, Duration::from_secs(seconds)).await
    }

    /// Attacks from each place; each time the gate must refuse what came of it.
    async fn everywhere(&self, attack: &str, victim: &str, limits: Limits) -> Vec<(Ended, GateReport)> {
        let mut all = Vec::new();
        for (from, command) in PLACES {
            let env = [("FROM", from.to_owned()), ("VICTIM", victim.to_owned())];
            let ended = self.run(attack, command, env, limits.clone(), 6).await;
            let build = BuildStep::Failed(ended.clone());
            let report = report(&Checks::all(), &Evidence { build: &build, test: None, warning: None });
            assert!(!report.passed && !report.why.is_empty(), "{from}: {report:?}");
            println!("{attack} from the {from}: {}: {}", report.code, ended.exit);
            all.push((ended, report));
        }
        all
    }
}

#[tokio::test]
async fn the_environment_shows_nothing_of_the_platform() {
    let hostile = Hostile::build().await;
    #[expect(clippy::disallowed_methods, reason = "what this process has is what must not be seen")]
    let own: Vec<(String, String)> = std::env::vars().filter(|(_, value)| value.len() > 12).collect();
    assert!(own.iter().any(|(name, _)| name == "CARGO_MANIFEST_DIR"), "there is something to see");
    for (ended, _) in hostile.everywhere("environment", "", Limits::default()).await {
        assert!(ended.stderr.contains("ATTACK environment"), "{}", ended.stderr);
        let seen = own.iter().find(|(name, value)| ended.stderr.contains(&format!("{name}={value}")));
        assert_eq!(seen, None);
    }
}

#[tokio::test]
async fn no_socket_leads_out() {
    let hostile = Hostile::build().await;
    let victim = TcpListener::bind("127.0.0.1:0").expect("a listener");
    victim.set_nonblocking(true).expect("a listener");
    let address = victim.local_addr().expect("an address").to_string();
    for (ended, _) in hostile.everywhere("socket", &address, Limits::default()).await {
        assert!(ended.stderr.contains("ATTACK socket"), "{}", ended.stderr);
        assert!(!ended.stderr.contains("CONNECTED"), "{}", ended.stderr);
    }
    assert!(victim.accept().is_err(), "nobody called");
}

#[tokio::test]
async fn nothing_outside_is_written() {
    let hostile = Hostile::build().await;
    let outside = tempfile::tempdir().expect("a folder");
    let victim = outside.path().join("mine");
    std::fs::write(&victim, "mine").expect("a file");
    for (ended, _) in hostile.everywhere("outside", &victim.to_string_lossy(), Limits::default()).await {
        assert!(ended.stderr.contains("ATTACK outside"), "{}", ended.stderr);
        assert!(!ended.stderr.contains("WROTE"), "{}", ended.stderr);
    }
    assert_eq!(std::fs::read_to_string(&victim).expect("the file"), "mine");
    for path in ["/usr/kintsugi-was-here", "/etc/kintsugi-was-here"] {
        assert!(!Path::new(path).exists(), "{path}");
    }
}

#[tokio::test]
async fn a_fork_bomb_ends_at_its_bound_and_leaves_nothing() {
    let hostile = Hostile::build().await;
    let limits = Limits { processes: 96, ..Limits::default() };
    for (ended, report) in hostile.everywhere("fork", "", limits).await {
        assert_ne!(ended.exit, Exit::Code(0));
        let told = ended.stderr.contains("limit of 96 processes") || ended.stderr.to_lowercase().contains("fork");
        assert!(told, "it says what stopped it: {report:?} {}", ended.stderr);
        let after = std::process::Command::new("/bin/true").status().expect("the platform can still start processes");
        assert!(after.success());
    }
}

#[tokio::test]
async fn a_full_disk_is_the_candidates_own() {
    let hostile = Hostile::build().await;
    let limits = Limits { disk_mib: 64, ..Limits::default() };
    for (ended, report) in hostile.everywhere("disk", "", limits).await {
        assert_eq!(ended.exit, Exit::OverDisk(64), "{}", ended.stderr);
        assert_eq!(report.code, "too_much_written");
        assert!(report.why.contains("64 MiB"), "{}", report.why);
    }
}
