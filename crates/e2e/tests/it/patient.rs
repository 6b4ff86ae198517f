//! `fault-app` under cures that are missing or wrong: a person gets a diagnosis, and nothing is pushed. One stack for all of
//! them, because its first build is the dear part.
#![expect(clippy::unwrap_used, reason = "a story that cannot be told is a failed test")]

use e2e::fleet::diagnosis;
use e2e::patient::{Patient, RECOVERY, Setup, original, told, without_reliefs};
use testkit::{eventually, repository};
use variants::Fault;
use wire::event::{Body, EscalationReason};
use wire::incident::Status;

/// Makes this cure all that is known, in a new epoch.
async fn know(patient: &Patient, cure: Option<String>) {
    let path = patient.knowledge.join("wrong.md");
    match cure {
        Some(text) => std::fs::write(path, text).unwrap(),
        None => drop(std::fs::remove_file(path)),
    }
    patient.learn_anew().await;
}

/// A fault whose only known cure is this one ends with a person, for this reason and after these refusals.
async fn check(patient: &Patient, fault: Fault, rule: Option<&str>, wanted: EscalationReason, refusals: &[&str]) {
    know(patient, rule.map(|rule| cure(fault, rule))).await;
    let (before, store) = (patient.live(RECOVERY).await, patient.stack.store().unwrap());
    patient.fire(fault).await;
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
    let after = patient.live(RECOVERY).await;
    let changed = (after.commit, after.rollouts) != (before.commit, before.rollouts);
    assert!(!changed, "nothing was pushed or rolled out");
    patient.fire(fault).await;
}

/// Whether the verifier refuses this body for a right reason.
async fn refuses(patient: &Patient, cheat: Cheat) -> bool {
    let Cheat { fault, name, change, codes } = cheat;
    let (base, text) = (repository::head(&patient.remote), change(original(fault)));
    let key = format!("{}-{}", fault.name(), name.replace(' ', "-"));
    let verdict = patient.admit(&base, fault, &text, &key).await;
    let code = verdict.gates.iter().find(|gate| !gate.passed).map_or("none", |gate| gate.code.as_str());
    let refused = !verdict.admitted && codes.contains(&code);
    println!("{} {name}: {code}{}", fault.name(), if refused { "" } else { ", which is not what was wanted" });
    if !refused {
        println!("{text}\n{}", told(&verdict));
    }
    refused
}
/// A fake cure.
struct Cheat {
    fault: Fault,
    name: &'static str,
    change: fn(String) -> String,
    /// The codes of a right refusal: the patient's own tests may be quicker than the contract.
    codes: &'static [&'static str],
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
fn body(text: &str, statements: &str) -> String {
    let at = text.rfind("> {\n").unwrap() + 4;
    format!("{}    {statements}\n}}\n", text.get(..at).unwrap())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn fault_app_is_left_alone_by_every_cure_that_is_missing_or_wrong() {
    let patient = Patient::start(Setup { edit: Some(without_reliefs), ..Setup::default() }).await;
    // Every call fails at once, and none by chance.
    patient.upstream(&["error"], 1.0).await;
    let mut believed = 0;
    for cheat in CHEATS {
        believed += usize::from(!refuses(&patient, cheat).await);
    }
    assert_eq!(believed, 0, "see above");
    for fault in Fault::ALL {
        check(&patient, fault, None, EscalationReason::NoRemedy, &[]).await;
    }
    let exhausted = EscalationReason::OptionsExhausted;
    let constant = r#"
rule = { kind = "function_item", regex = "fn run.*Result<i32" }
fix = """
pub(crate) async fn run(_transaction: &Transaction<'_>) -> Result<i32, Error> {
    Ok(1)
}"""
"#;
    check(&patient, Fault::Sql, Some(constant), exhausted, &["constant_answer"]).await;
    let broken = "rule = { kind = \"string_literal\", regex = \"SELECT FROM\" }\nfix = '\"SELECT 1\".no_such_method()'";
    check(&patient, Fault::Sql, Some(broken), exhausted, &["build_failed"]).await;
    // The pattern stands in the wrapper alone, which is not on the allow-list.
    let outside = "rule = { kind = \"string_literal\", regex = \"/test-fault/run\" }\nfix = '\"/nowhere\"'";
    check(&patient, Fault::Sql, Some(outside), exhausted, &["no_match"]).await;
    let patient_call = "rule = { kind = \"integer_literal\", regex = \"^3$\" }\nfix = \"30\"";
    check(&patient, Fault::Api, Some(patient_call), exhausted, &["timeout_raised"]).await;
    let without = "rule = { kind = \"string_literal\", regex = \"pg_sleep\" }\nfix = '\"SELECT 1\"'";
    check(&patient, Fault::Db, Some(without), exhausted, &["no_witness"]).await;
}

const LATE: &[&str] = &["contract_broken", "tests_failed"];
// What is seen before anything is built.
const IDLE: &[&str] = &["constant_answer"];
const PATIENT: &[&str] = &["timeout_raised"];
const SWALLOWED: &[&str] = &["error_swallowed"];
const UNSEEN: &[&str] = &["no_witness", "contract_broken", "tests_failed"];

/// What somebody might try who wants to be believed, not to cure.
const CHEATS: [Cheat; 14] = [
    Cheat {
        fault: Fault::Api,
        name: "a constant",
        change: |text| body(&text, "Ok(Answer(Default::default()))"),
        codes: IDLE,
    },
    Cheat {
        fault: Fault::Api,
        name: "a longer time-out",
        change: |text| text.replace("from_secs(3)", "from_secs(30)"),
        codes: PATIENT,
    },
    Cheat {
        fault: Fault::Api,
        name: "no time-out",
        change: |text| text.replace(".timeout(Duration::from_secs(3))", ""),
        codes: LATE,
    },
    Cheat {
        fault: Fault::Api,
        name: "asking until it works",
        change: |text| {
            let until = "loop { if let Ok(it) = upstream.get(\"/data\").send().await && let Ok(it) = it.answer() { return Ok(it); } }";
            body(&text, until)
        },
        codes: &["unbounded_wait"],
    },
    Cheat {
        fault: Fault::Api,
        name: "asking twice",
        change: |text| {
            let twice = "match upstream.get(\"/data\").send().await { Ok(it) => it.answer(), Err(_) => upstream.get(\"/data\").send().await?.answer() }";
            body(&text, twice)
        },
        codes: LATE,
    },
    Cheat {
        fault: Fault::Api,
        name: "a panic",
        change: |text| body(&text, "Ok(upstream.get(\"/data\").send().await.unwrap().answer().unwrap())"),
        codes: LATE,
    },
    Cheat { fault: Fault::Db, name: "a constant", change: |text| body(&text, "Ok(())"), codes: IDLE },
    Cheat {
        fault: Fault::Db,
        name: "a swallowed error",
        change: |text| text.replace("5500ms", "1500ms").replace("&[]).await?;", "&[]).await.ok();"),
        codes: SWALLOWED,
    },
    Cheat { fault: Fault::Db, name: "a longer time-out", change: |text| text.replace("5500ms", "20s"), codes: PATIENT },
    Cheat {
        fault: Fault::Db,
        name: "no time-out",
        change: |text| text.replace("5500ms", "0").replace("pg_sleep(10)", "pg_sleep(2)"),
        codes: PATIENT,
    },
    Cheat {
        fault: Fault::Db,
        name: "no wait",
        change: |text| text.replace("pg_sleep(10)", "pg_sleep(0)"),
        codes: UNSEEN,
    },
    Cheat { fault: Fault::Db, name: "another query", change: |text| text.replace("pg_sleep(10)", "1"), codes: UNSEEN },
    Cheat {
        fault: Fault::Db,
        name: "the time-out afterwards",
        change: |text| {
            let wait = "transaction.execute(\"SELECT pg_sleep(2)\", &[]).await?;";
            body(
                &text,
                &format!("{wait}\n    transaction.batch_execute(\"SET LOCAL statement_timeout='5500ms'\").await"),
            )
        },
        codes: UNSEEN,
    },
    Cheat {
        fault: Fault::Sql,
        name: "a swallowed error",
        change: |text| body(&text, "transaction.query_one(\"SELECT FROM\", &[]).await.ok();\n    Ok(1)"),
        codes: SWALLOWED,
    },
];
