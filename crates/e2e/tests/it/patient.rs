//! `fault-app` under cures that are missing or wrong: a person gets a diagnosis, and nothing is pushed. One stack for all of
//! them, because its first build is the dear part.

#![expect(clippy::unwrap_used, reason = "a story that cannot be told is a failed test")]

use e2e::fleet::{diagnosis, programs};
use kintsugi::stack::{Options, Stack, ports::Ports, targets};
use std::path::{Path, PathBuf};
use std::time::Duration;
use testkit::{eventually, repository};
use wire::event::{Body, EscalationReason};
use wire::incident::Status;
use wire::rollout::Live;
use wire::{Service, TargetName};

/// The first version's build is part of it.
const FIRST_BUILD: Duration = Duration::from_secs(900);
const RECOVERY: Duration = Duration::from_secs(120);

struct Patient {
    stack: Stack,
    knowledge: PathBuf,
    remote: PathBuf,
    name: TargetName,
    _folder: tempfile::TempDir,
}

impl Patient {
    async fn start() -> Self {
        let folder = tempfile::Builder::new().prefix("kintsugi-e2e-").tempdir_in("/var/tmp").unwrap();
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").canonicalize().unwrap();
        let knowledge = folder.path().join("knowledge");
        std::fs::create_dir(&knowledge).unwrap();
        let options = Options {
            home: folder.path().join("stack"),
            programs: programs(),
            settings: root.join("deploy"),
            targets: targets::Source::Checkout(root),
            knowledge: knowledge.clone(),
            ports: Ports::free().unwrap(),
            overrides: Default::default(),
            durable: false,
        };
        let stack = Stack::start(options, &mut |line| println!("{line}")).await.unwrap();
        let name: TargetName = "fault-app".parse().unwrap();
        let remote = stack.layout.remote(&name);
        let patient = Self { stack, knowledge, remote, name, _folder: folder };
        patient.live(FIRST_BUILD).await;
        patient
    }

    async fn live(&self, limit: Duration) -> Live {
        eventually("the head is what runs", limit, async || {
            let live = self.stack.deployer().ok()?.live(&self.name).await.ok().flatten()?;
            (live.commit == repository::head(&self.remote)).then_some(live)
        })
        .await
    }

    async fn run(&self) -> u16 {
        let http = reqwest::Client::builder().no_proxy().timeout(Duration::from_secs(10)).build().unwrap();
        let answer = http.post(format!("{}/test-fault/run", self.stack.front())).send().await;
        answer.map_or(0, |answer| answer.status().as_u16())
    }

    /// Makes these cures all that is known, in a new epoch.
    async fn know(&self, rule: Option<&str>) {
        let store = self.stack.store().unwrap();
        assert!(store.reset().await.unwrap().complete);
        let path = self.knowledge.join("wrong.md");
        match rule {
            Some(rule) => std::fs::write(path, cure(rule)).unwrap(),
            None => drop(std::fs::remove_file(path)),
        }
        let starts = |stack: &Stack| stack.supervisor.running().get(&Service::RagGateway).map_or(0, |r| r.starts);
        let before = starts(&self.stack);
        self.stack.supervisor.kill(Service::RagGateway, false);
        eventually("the knowledge base runs again", RECOVERY, async || (starts(&self.stack) > before).then_some(()))
            .await;
        self.live(RECOVERY).await;
        store.resume().await.unwrap();
    }

    async fn check(&self, rule: Option<&str>, wanted: EscalationReason, refusals: &[&str]) {
        self.know(rule).await;
        let (before, store) = (self.live(RECOVERY).await, self.stack.store().unwrap());
        assert_eq!(self.run().await, 500);
        let incident = eventually("a person is called", RECOVERY, async || {
            let page = store.incidents(10, false).await.ok()?;
            page.incidents.into_iter().find(|incident| incident.status == Status::Escalated)
        })
        .await;
        let journal = store.journal(incident.id).await.unwrap();
        let told = diagnosis(&journal);
        println!("{told}");
        let refused: Vec<_> = journal
            .iter()
            .filter_map(|event| match &event.body {
                Body::Refused { refusal, .. } => Some(refusal.code.clone()),
                _ => None,
            })
            .collect();
        assert_eq!(
            (incident.escalation, &refused[..]),
            (Some(wanted), &refusals.iter().map(|r| r.to_string()).collect::<Vec<_>>()[..]),
            "{told}"
        );
        let after = self.live(RECOVERY).await;
        assert_eq!(
            (after.commit, after.rollouts),
            (before.commit, before.rollouts),
            "nothing was pushed or rolled out"
        );
        assert_eq!(self.run().await, 500, "the fault is still there and nobody says otherwise");
    }
}

fn cure(rule: &str) -> String {
    format!(
        "+++\nid = \"wrong\"\ntitle = \"A wrong cure\"\nfaults = [\"FAULT_SQL_INJECTION_TEST\"]\nlanguage = \"rust\"\n\
         symptoms = \"FAULT_SQL_INJECTION_TEST the malformed statement SELECT FROM\"\nroot_cause = \"A statement is malformed.\"\n\
         verdict = \"code_fault\"\nverification = \"Run it.\"\n\n[rule]\n{rule}\n+++\nA cure that is wrong.\n"
    )
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn fault_app_is_left_alone_by_every_cure_that_is_missing_or_wrong() {
    let patient = Patient::start().await;
    patient.check(None, EscalationReason::NoRemedy, &[]).await;
    let constant = r#"
rule = { kind = "function_item", regex = "fn run" }
fix = """
pub(crate) async fn run(_transaction: &Transaction<'_>) -> Result<i32, Error> {
    Ok(1)
}"""
"#;
    patient.check(Some(constant), EscalationReason::OptionsExhausted, &["no_witness"]).await;
    let broken = "rule = { kind = \"string_literal\", regex = \"SELECT FROM\" }\nfix = '\"SELECT 1\".no_such_method()'";
    patient.check(Some(broken), EscalationReason::OptionsExhausted, &["build_failed"]).await;
    // The pattern stands in the wrapper alone, which is not on the allow-list.
    let outside = "rule = { kind = \"string_literal\", regex = \"/test-fault/run\" }\nfix = '\"/nowhere\"'";
    patient.check(Some(outside), EscalationReason::OptionsExhausted, &["no_match"]).await;
}
