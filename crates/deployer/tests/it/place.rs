//! A place with a tiny target, a database and the doubles, in which a deployer can live and be killed.

use crate::doubles::Doubles;
use chassis::calls::Callee;
use client::{Deployer, EffectError};
use diesel_async::{AsyncConnection, AsyncPgConnection, SimpleAsyncConnection};
use secrecy::ExposeSecret;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;
use testkit::tiny::{FAULT, Tiny};
use wire::rollout::{Deploy, Live, Mode, Rollout};
use wire::{Authority, CommitId, Digest, Epoch, Fence, IncidentId, OperationKey, Service, TargetName, TreeId};

/// The limit of everything that is waited for.
pub(crate) const LIMIT: Duration = Duration::from_secs(30);

pub(crate) struct Place {
    pub(crate) folder: tempfile::TempDir,
    pub(crate) tiny: Tiny,
    pub(crate) doubles: Doubles,
    pub(crate) settings: Vec<(&'static str, String)>,
    database: testkit::Database,
    port: u16,
    life: Option<Child>,
}

impl Place {
    pub(crate) async fn new() -> Self {
        Self::with(|target| target).await
    }

    /// A place whose target file is changed.
    pub(crate) async fn with(change: impl FnOnce(String) -> String) -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let tiny = Tiny::create(folder.path());
        let file = tiny.targets.join("tiny.toml");
        let text = change(std::fs::read_to_string(&file).expect("the target file"));
        std::fs::write(&file, text).expect("the target file");
        let at = |part: &str| folder.path().join(part);
        let doubles = Doubles::start(&at("routes.json"), &tiny.remote, &at("artefacts"));
        write_credentials(&at("credentials.toml"));
        let (listener, _) = testkit::listener();
        let port = listener.local_addr().expect("an address").port();
        let database = testkit::database().await;
        let settings = vec![("RECOVERY_GRACE_S", "3600".to_owned()), ("RETRY_MS", "100".to_owned())];
        Self { folder, tiny, doubles, settings, database, port, life: None }
    }

    /// With a deployer that has rolled the first commit out.
    pub(crate) async fn running() -> Self {
        Self::new().await.started().await
    }

    pub(crate) async fn started(mut self) -> Self {
        self.start().await;
        let head = self.tiny.head();
        self.live_at(&head).await;
        self
    }

    pub(crate) fn at(&self, part: &str) -> PathBuf {
        self.folder.path().join(part)
    }

    pub(crate) fn base(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }

    /// Starts the real program.
    pub(crate) async fn start(&mut self) {
        self.life = Some(self.spawn());
        let url = format!("{}/readyz", self.base());
        let ready = async || reqwest::get(&url).await.ok().filter(|answer| answer.status() == 200).map(|_| ());
        testkit::eventually("the deployer is ready", LIMIT, ready).await;
    }

    /// The process, without waiting for it.
    pub(crate) fn spawn(&self) -> Child {
        let log = std::fs::OpenOptions::new().create(true).append(true).open(self.at("deployer.log")).expect("a log");
        let mut command = Command::new(env!("CARGO_BIN_EXE_deployer"));
        command.env_clear().env("PATH", "/usr/bin:/bin").env("KINTSUGI_CREDENTIALS", self.at("credentials.toml"));
        command.env("DATABASE_URL", self.database.url().expose_secret()).env("RUST_LOG", "info,deployer=debug");
        command.env("KINTSUGI_SETTINGS_DIR", self.at("nothing")).env("SECRET_CANARY", "canary");
        let mut settings = vec![
            ("LISTEN", format!("127.0.0.1:{}", self.port)),
            ("TARGETS", self.tiny.targets.display().to_string()),
            ("ARTEFACTS", self.at("artefacts").display().to_string()),
            ("ROUTES", self.at("routes.json").display().to_string()),
            ("WORK", self.at("work").display().to_string()),
            ("VERIFIER", self.doubles.verifier.clone()),
            ("FRONT", self.doubles.front.clone()),
            ("POLL_MS", "50".to_owned()),
        ];
        settings.extend(self.settings.clone());
        command.envs(settings.into_iter().map(|(key, value)| (format!("DEPLOYER__{key}"), value)));
        command.stdin(Stdio::null()).stdout(log.try_clone().expect("a log")).stderr(log);
        command.spawn().expect("the deployer starts")
    }

    /// SIGKILL: nothing is finished.
    pub(crate) fn crash(&mut self) {
        let mut life = self.life.take().expect("a deployer");
        life.kill().expect("killed");
        life.wait().expect("its end");
    }

    /// SIGTERM; it must end by itself.
    pub(crate) async fn stop(&mut self) {
        let mut life = self.life.take().expect("a deployer");
        let pid = nix::unistd::Pid::from_raw(i32::try_from(life.id()).expect("a pid"));
        nix::sys::signal::kill(pid, nix::sys::signal::Signal::SIGTERM).expect("told");
        let ended = async || life.try_wait().expect("its end");
        let status = testkit::eventually("the deployer ends", LIMIT, ended).await;
        assert!(status.success(), "{status}: {}", self.log());
    }

    pub(crate) fn log(&self) -> String {
        std::fs::read_to_string(self.at("deployer.log")).unwrap_or_default()
    }

    pub(crate) fn client(&self) -> Deployer {
        let callee = Callee::new(Service::Deployer, &self.base(), testkit::credentials(Service::Healer));
        Deployer::new(callee.expect("a client"))
    }

    pub(crate) fn name(&self) -> TargetName {
        self.tiny.target.name.clone()
    }

    pub(crate) async fn live(&self) -> Option<Live> {
        self.client().live(&self.name()).await.ok().flatten()
    }

    /// Waits until a commit is live.
    pub(crate) async fn live_at(&self, commit: &CommitId) -> Live {
        let live = async || self.live().await.filter(|live| live.commit == *commit);
        testkit::eventually("the commit is live", LIMIT, live).await
    }

    /// Commits a file's new content on the branch.
    pub(crate) fn commit(&self, file: &str, content: &str, message: &str) -> (CommitId, TreeId) {
        let repository = git2::Repository::open_bare(&self.tiny.remote).expect("the remote");
        let head = git2::Oid::from_str(self.tiny.head().as_str()).expect("an id");
        let parent = repository.find_commit(head).expect("the head");
        let base = parent.tree().expect("a tree");
        let blob = repository.blob(content.as_bytes()).expect("a blob");
        let mut update = git2::build::TreeUpdateBuilder::new();
        let tree = update.upsert(file, blob, git2::FileMode::Blob).create_updated(&repository, &base).expect("a tree");
        let tree = repository.find_tree(tree).expect("a tree");
        let who = git2::Signature::now("A developer", "developer@kintsugi.invalid").expect("a signature");
        let commit =
            repository.commit(Some("refs/heads/main"), &who, &who, message, &tree, &[&parent]).expect("a commit");
        (commit.to_string().parse().expect("an id"), tree.id().to_string().parse().expect("an id"))
    }

    /// A recovery's commit with the right cure, verified as an admission would have done it.
    pub(crate) fn cure(&self) -> Deploy {
        let faulty = testkit::repository::read(&self.tiny.remote, "faults/greet.py");
        let cured = faulty.replace("\"value \" + value", "\"value \" + str(value)");
        self.recovery("faults/greet.py", &cured)
    }

    /// A recovery's commit.
    pub(crate) fn recovery(&self, file: &str, content: &str) -> Deploy {
        let incident = IncidentId::fresh();
        let message = format!("[FAULT:{FAULT}] cure\n\nKintsugi-Incident: {incident}\nKintsugi-Fault: {FAULT}\n");
        let (commit, tree) = self.commit(file, content, &message);
        let artefact: Digest = self.doubles.admit(&commit).artefact;
        let code = FAULT.parse().expect("a code");
        Deploy {
            incident,
            target: self.name(),
            commit,
            tree,
            artefact: Some(artefact),
            mode: Mode::Heal { code },
            authority: Authority { fence: Fence(1), epoch: Epoch(1) },
        }
    }

    pub(crate) fn key(deploy: &Deploy, attempt: u32) -> OperationKey {
        OperationKey::of_step(deploy.incident, wire::event::Step::Deploy, attempt)
    }

    pub(crate) async fn deploy(&self, deploy: &Deploy, attempt: u32) -> Result<Rollout, EffectError> {
        self.client().effects.run(&Self::key(deploy, attempt), deploy, LIMIT, None).await
    }

    /// What the live version answers, by the route in force.
    pub(crate) async fn greet(&self) -> u16 {
        let table = self.doubles.table();
        let route = table.routes.first().expect("a route");
        let answer = reqwest::get(format!("{}/greet", route.upstream)).await.expect("an answer of what is live");
        answer.status().as_u16()
    }

    pub(crate) async fn sql(&self, sql: &str) {
        let mut conn = self.connection().await;
        conn.batch_execute(sql).await.expect("SQL");
    }

    /// A count.
    pub(crate) async fn count(&self, sql: &str) -> i64 {
        #[derive(diesel::QueryableByName)]
        struct Count {
            #[diesel(sql_type = diesel::sql_types::BigInt)]
            count: i64,
        }
        let mut conn = self.connection().await;
        diesel_async::RunQueryDsl::get_result::<Count>(diesel::sql_query(sql), &mut conn).await.expect("a count").count
    }

    async fn connection(&self) -> AsyncPgConnection {
        AsyncPgConnection::establish(self.database.url().expose_secret()).await.expect("a connection")
    }

    /// The instances that run now, by their working folder.
    pub(crate) fn instances(&self) -> Vec<i32> {
        processes_in(&self.at("artefacts"))
    }

    /// Waits until so many instances run.
    pub(crate) async fn instances_are(&self, count: usize) -> Vec<i32> {
        let pids = async || Some(self.instances()).filter(|pids| pids.len() == count);
        testkit::eventually(&format!("{count} instances run"), LIMIT, pids).await
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        if let Some(mut life) = self.life.take() {
            let _gone = life.kill();
            let _gone = life.wait();
        }
        for pid in processes_in(self.folder.path()) {
            let _gone = nix::sys::signal::kill(nix::unistd::Pid::from_raw(pid), nix::sys::signal::Signal::SIGKILL);
        }
        if std::thread::panicking() {
            eprintln!("--- the deployer's log\n{}", self.log());
        }
    }
}

fn processes_in(folder: &Path) -> Vec<i32> {
    let folder = folder.canonicalize().unwrap_or_else(|_| folder.to_owned());
    let pids = std::fs::read_dir("/proc").expect("/proc").flatten();
    let pids = pids.filter_map(|entry| entry.file_name().to_str()?.parse::<i32>().ok());
    pids.filter(|pid| std::fs::read_link(format!("/proc/{pid}/cwd")).is_ok_and(|cwd| cwd.starts_with(&folder)))
        .collect()
}

fn write_credentials(path: &Path) {
    use std::fmt::Write;
    let credentials = testkit::credentials(Service::Deployer);
    let mut text = format!("token = {:?}\n", credentials.token.expose_secret());
    for accepted in &credentials.accept {
        let roles: Vec<String> = accepted
            .roles
            .iter()
            .map(|role| match role {
                chassis::auth::Role::Service(service) => format!("{{ service = \"{service}\" }}"),
                chassis::auth::Role::HandOver => "\"hand_over\"".to_owned(),
                plain => format!("\"{}\"", format!("{plain:?}").to_lowercase()),
            })
            .collect();
        let (name, sha256) = (&accepted.name, &accepted.sha256);
        let _infallible =
            writeln!(text, "[[accept]]\nname = \"{name}\"\nroles = [{}]\nsha256 = \"{sha256}\"", roles.join(", "));
    }
    std::fs::write(path, text).expect("the credentials");
}
