//! `fault-app` under cures that are missing or wrong: a person gets a diagnosis, and nothing is pushed. One stack for all of
//! them, because its first build is the dear part.
#![expect(clippy::unwrap_used, reason = "a story that cannot be told is a failed test")]

use crate::patient_stack::{Patient, RECOVERY, original, told};
use e2e::fleet::diagnosis;
use testkit::{eventually, repository};
use variants::Fault;
use wire::Service;
use wire::event::{Body, EscalationReason};
use wire::incident::Status;

impl Patient {
    /// Makes this cure all that is known, in a new epoch.
    async fn know(&self, cure: Option<String>) {
        let store = self.stack.store().unwrap();
        assert!(store.reset().await.unwrap().complete);
        let path = self.knowledge.join("wrong.md");
        match cure {
            Some(text) => std::fs::write(path, text).unwrap(),
            None => drop(std::fs::remove_file(path)),
        }
        let starts = || self.stack.supervisor.running().get(&Service::RagGateway).map_or(0, |running| running.starts);
        let before = starts();
        self.stack.supervisor.kill(Service::RagGateway, false);
        eventually("the knowledge base runs again", RECOVERY, async || (starts() > before).then_some(())).await;
        self.live(RECOVERY).await;
        store.resume().await.unwrap();
    }

    /// A fault whose only known cure is this one ends with a person, for this reason and after these refusals.
    async fn check(&self, fault: Fault, rule: Option<&str>, wanted: EscalationReason, refusals: &[&str]) {
        self.know(rule.map(|rule| cure(fault, rule))).await;
        let (before, store) = (self.live(RECOVERY).await, self.stack.store().unwrap());
        self.fire(fault).await;
        let code = fault.code().unwrap();
        let incident = eventually("a person is called", RECOVERY, async || {
            let page = store.incidents(10, false).await.ok()?;
            page.incidents.into_iter().find(|one| one.code == code && one.status == Status::Escalated)
        })
        .await;
        let journal = store.journal(incident.id).await.unwrap();
        let told = diagnosis(&journal);
        println!("{code}: {told}");
        let refused = journal.iter().filter_map(|event| match &event.body {
            Body::Refused { refusal, .. } => Some(refusal.code.as_str()),
            _ => None,
        });
        assert_eq!((incident.escalation, refused.collect::<Vec<_>>()), (Some(wanted), refusals.to_vec()), "{told}");
        let after = self.live(RECOVERY).await;
        let changed = (after.commit, after.rollouts) != (before.commit, before.rollouts);
        assert!(!changed, "nothing was pushed or rolled out");
        self.fire(fault).await;
    }

    /// The verifier refuses this body, and says so.
    async fn cheat(&self, fault: Fault, name: &str, change: impl FnOnce(String) -> String, codes: &[&str]) {
        let (base, text) = (repository::head(&self.remote), original(fault));
        let text = change(text.clone());
        let key = format!("{}-{}", fault.name(), name.replace(' ', "-"));
        let verdict = self.admit(&base, fault, &text, &key).await;
        let code = verdict.gates.iter().find(|gate| !gate.passed).map(|gate| gate.code.as_str());
        println!("{} {name}: {code:?}", fault.name());
        assert!(!verdict.admitted && codes.contains(&code.unwrap_or("none")), "{name}:\n{text}\n{}", told(&verdict));
    }
}

fn cure(fault: Fault, rule: &str) -> String {
    let (code, (reason, message)) = (fault.code().unwrap(), fault.symptom());
    format!(
        "+++\nid = \"wrong\"\ntitle = \"A wrong cure\"\nfaults = [\"{code}\"]\nlanguage = \"rust\"\n\
         symptoms = \"{code} {reason} {message}\"\nmarkers = [\"{code}\"]\nroot_cause = \"Something is wrong.\"\n\
         verdict = \"code_fault\"\nverification = \"Run it.\"\n\n[rule]\n{rule}\n+++\nA cure that is wrong.\n"
    )
}

/// Puts other statements in place of the whole body.
fn body(statements: &'static str) -> impl FnOnce(String) -> String {
    move |text| {
        let at = text.rfind("> {\n").unwrap() + 4;
        format!("{}    {statements}\n}}\n", text.get(..at).unwrap())
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn fault_app_is_left_alone_by_every_cure_that_is_missing_or_wrong() {
    let patient = Patient::start(None).await;
    // Every call fails at once, and none by chance.
    patient.upstream(&["error"], 1.0).await;
    cheats(&patient).await;
    for fault in Fault::ALL {
        patient.check(fault, None, EscalationReason::NoRemedy, &[]).await;
    }
    let exhausted = EscalationReason::OptionsExhausted;
    let constant = r#"
rule = { kind = "function_item", regex = "fn run" }
fix = """
pub(crate) async fn run(_transaction: &Transaction<'_>) -> Result<i32, Error> {
    Ok(1)
}"""
"#;
    patient.check(Fault::Sql, Some(constant), exhausted, &["no_witness"]).await;
    let broken = "rule = { kind = \"string_literal\", regex = \"SELECT FROM\" }\nfix = '\"SELECT 1\".no_such_method()'";
    patient.check(Fault::Sql, Some(broken), exhausted, &["build_failed"]).await;
    // The pattern stands in the wrapper alone, which is not on the allow-list.
    let outside = "rule = { kind = \"string_literal\", regex = \"/test-fault/run\" }\nfix = '\"/nowhere\"'";
    patient.check(Fault::Sql, Some(outside), exhausted, &["no_match"]).await;
    let patient_call = "rule = { kind = \"integer_literal\", regex = \"^3$\" }\nfix = \"30\"";
    patient.check(Fault::Api, Some(patient_call), exhausted, &["contract_broken"]).await;
    let without = "rule = { kind = \"string_literal\", regex = \"pg_sleep\" }\nfix = '\"SELECT 1\"'";
    patient.check(Fault::Db, Some(without), exhausted, &["no_witness"]).await;
}

/// What somebody might try who wants to be believed, not to cure.
async fn cheats(patient: &Patient) {
    let (api, db) = (Fault::Api, Fault::Db);
    // There is no way to make an answer but to get one.
    patient.cheat(api, "a constant", body("Ok(Answer(Default::default()))"), &["build_failed"]).await;
    patient
        .cheat(api, "a longer time-out", |text| text.replace("from_secs(3)", "from_secs(30)"), &["contract_broken"])
        .await;
    patient
        .cheat(api, "no time-out", |text| text.replace(".timeout(Duration::from_secs(3))", ""), &["contract_broken"])
        .await;
    let until =
        "loop { if let Ok(it) = upstream.get(\"/data\").send().await && let Ok(it) = it.answer() { return Ok(it); } }";
    patient.cheat(api, "asking until it works", body(until), &["contract_broken"]).await;
    let twice = "match upstream.get(\"/data\").send().await { Ok(it) => it.answer(), Err(_) => upstream.get(\"/data\").send().await?.answer() }";
    patient.cheat(api, "asking twice", body(twice), &["contract_broken"]).await;
    let panics = "upstream.get(\"/data\").send().await.map(|it| it.answer().unwrap()).map_err(|_| unreachable!())";
    patient.cheat(api, "a panic", body(panics), &["contract_broken"]).await;

    patient.cheat(db, "a constant", body("Ok(())"), &["no_witness"]).await;
    let swallow = |text: String| text.replace("5500ms", "1500ms").replace("&[]).await?;", "&[]).await.ok();");
    patient.cheat(db, "a swallowed error", swallow, &["no_witness", "contract_broken"]).await;
    patient
        .cheat(db, "a longer time-out", |text| text.replace("5500ms", "20s"), &["no_witness", "contract_broken"])
        .await;
    let unlimited = |text: String| text.replace("5500ms", "0").replace("pg_sleep(10)", "pg_sleep(2)");
    patient.cheat(db, "no time-out", unlimited, &["no_witness"]).await;
    patient.cheat(db, "no wait", |text| text.replace("pg_sleep(10)", "pg_sleep(0)"), &["no_witness"]).await;
    patient.cheat(db, "another query", |text| text.replace("pg_sleep(10)", "1"), &["no_witness"]).await;
    let first = "transaction.execute(\"SELECT pg_sleep(2)\", &[]).await?;\n    transaction.batch_execute(\"SET LOCAL statement_timeout='5500ms'\").await";
    patient.cheat(db, "the time-out afterwards", body(first), &["no_witness"]).await;
}
