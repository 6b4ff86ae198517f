//! The further faults of `fault-app`: what only looks like a cure is refused, what piles up is eased within seconds without a change of
//! code, and each fault is healed by its rule. One stack, because its first build is the dear part.
#![expect(clippy::unwrap_used, reason = "a story that cannot be told is a failed test")]

use e2e::fleet::diagnosis;
use e2e::patient::{Patient, RECOVERY, Setup, root, told};
use testkit::{eventually, repository};
use wire::event::Body;
use wire::incident::{Incident, Status};

/// A fault: its code, its file, its route, how it fails, and how a healthy route answers.
struct Further {
    code: &'static str,
    file: &'static str,
    route: &'static str,
    fails: u16,
    heals: u16,
}

const MEMORY: Further = Further {
    code: "FAULT_MEMORY_PRESSURE",
    file: "src/faults/memory.rs",
    route: "/test-fault/memory",
    fails: 503,
    heals: 200,
};
const SESSION: Further = Further {
    code: "FAULT_SESSION_EXPIRED",
    file: "src/faults/session.rs",
    route: "/test-fault/session",
    fails: 502,
    heals: 200,
};
const STORM: Further = Further {
    code: "FAULT_RETRY_STORM",
    file: "src/faults/retry_storm.rs",
    route: "/test-fault/retry-storm",
    fails: 502,
    heals: 503,
};
const QUEUE: Further = Further {
    code: "FAULT_QUEUE_BACKLOG",
    file: "src/faults/queue.rs",
    route: "/test-fault/queue",
    fails: 503,
    heals: 200,
};

/// A fake cure: the fault, a piece of its file and what stands there instead, and the codes of a right refusal.
type Cheat = (&'static Further, &'static str, &'static str, &'static [&'static str]);

const CHEATS: [Cheat; 7] = [
    (&MEMORY, "pages.keep(number, page)?;", "let _ = pages.keep(number, page);", &["error_swallowed"]),
    // Nothing is kept.
    (
        &MEMORY,
        "pages.keep(number, page)?;",
        "if number > 99 {\n            pages.keep(number, page)?;\n        }",
        &["contract_broken"],
    ),
    (&SESSION, "1..=Session::PARTS", "1..=2", &["contract_broken"]),
    // A token for each part.
    (
        &SESSION,
        "session.send(part, &pass).await?;",
        "session.send(part, &session.log_in().await?).await?;",
        &["no_witness"],
    ),
    // Fewer calls, and all at once.
    (&STORM, "0..30", "0..4", &["contract_broken"]),
    (&QUEUE, "1..=Queue::JOBS_OF_AN_ORDER", "1..=40", &["contract_broken"]),
    (
        &QUEUE,
        "queue.put(number).await?;",
        "if queue.put(number).await.is_err() {\n            return Ok(());\n        }",
        &["contract_broken"],
    ),
];

/// Whether each fake cure is refused for a right reason.
async fn refused(patient: &Patient) {
    let base = repository::head(&patient.remote);
    let mut believed = Vec::new();
    for (at, (fault, piece, instead, codes)) in CHEATS.into_iter().enumerate() {
        let original = std::fs::read_to_string(root().join("crates/fault-app").join(fault.file)).unwrap();
        assert!(original.contains(piece), "{piece} in {}", fault.file);
        let text = original.replace(piece, instead);
        let verdict =
            patient.admit_file(&base, fault.code.parse().unwrap(), fault.file, &text, &format!("cheat-{at}")).await;
        let code = verdict.gates.iter().find(|gate| !gate.passed).map_or("none", |gate| gate.code.as_str());
        println!("{} {instead:?}: {code}", fault.code);
        if verdict.admitted || !codes.contains(&code) {
            believed.push(format!("{text}\n{}", told(&verdict)));
        }
    }
    assert!(believed.is_empty(), "{}", believed.join("\n---\n"));
}

/// The incident of a code, once it has ended, which it must have with proof.
async fn resolved(patient: &Patient, code: &str) -> Incident {
    let store = patient.stack.store().unwrap();
    let incident = eventually(&format!("{code} comes to its end"), RECOVERY, async || {
        let page = store.incidents(50, false).await.ok()?;
        let ended = |status: Status| status == Status::Escalated || !status.is_open();
        page.incidents.into_iter().find(|one| one.code.as_str() == code && ended(one.status))
    })
    .await;
    let journal = store.journal(incident.id).await.unwrap();
    assert_eq!(incident.status, Status::Resolved, "{code}: {}", diagnosis(&journal));
    incident
}

/// Goes on asking until the resource's playbook has acted; how long after the first sign that was, milliseconds.
async fn eased(patient: &Patient, route: &str, code: &str) -> i64 {
    let store = patient.stack.store().unwrap();
    eventually(&format!("{code} is eased"), RECOVERY, async || {
        patient.post(route).await;
        let page = store.incidents(50, false).await.ok()?;
        let incident = page.incidents.into_iter().find(|one| one.code.as_str() == code)?;
        let journal = store.journal(incident.id).await.ok()?;
        let acted = journal.iter().find(|event| matches!(event.body, Body::Acted { .. }))?;
        assert!(
            !journal.iter().any(|event| matches!(event.body, Body::Pushed { .. })),
            "{code} needs no change of code"
        );
        Some((acted.at - incident.detected_at).num_milliseconds())
    })
    .await
}

/// Goes on asking until the registry says that nobody is to be called.
async fn shut(patient: &Patient, route: &str, registry: &str) {
    let path = patient.home.join("state/run/fault-app").join(registry);
    eventually(&format!("{registry} says that nobody is to be called"), RECOVERY, async || {
        patient.post(route).await;
        std::fs::read_to_string(&path).ok().filter(|text| text.contains(r#""at":"""#))
    })
    .await;
}

/// Makes all that the platform knows known, in a new epoch.
async fn know(patient: &Patient) {
    for entry in root().join("crates/rag-gateway/knowledge").read_dir().unwrap() {
        let entry = entry.unwrap();
        std::fs::copy(entry.path(), patient.knowledge.join(entry.file_name())).unwrap();
    }
    patient.learn_anew().await;
}

/// Asks until the fault has an incident, and waits until that is healed, by a change of code.
async fn healed(patient: &Patient, Further { code, route, heals, .. }: Further) {
    let store = patient.stack.store().unwrap();
    eventually(&format!("{code} is seen"), RECOVERY, async || {
        patient.post(route).await;
        let page = store.incidents(50, false).await.ok()?;
        page.incidents.into_iter().find(|one| one.code.as_str() == code)
    })
    .await;
    let journal = store.journal(resolved(patient, code).await.id).await.unwrap();
    assert!(journal.iter().any(|event| matches!(event.body, Body::Pushed { .. })), "{code}");
    println!("{code}: {}", kintsugi::incidents::check(&journal).unwrap());
    // What eased it may stand for a moment.
    eventually(route, RECOVERY, async || (patient.post(route).await == heals).then_some(())).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_further_faults_are_eased_at_once_and_healed_by_their_rules_and_by_nothing_less() {
    let patient = Patient::start(Setup::default()).await;
    // While no cure is known, a fault itself goes to a person, and what it does to the machine is eased all the same.
    for (fault, resource) in [(SESSION, "APP_CREDENTIAL_REVOKED"), (MEMORY, "APP_MEMORY_HIGH")] {
        assert_eq!(patient.post(fault.route).await, fault.fails, "{}", fault.route);
        let ms = eased(&patient, fault.route, resource).await;
        println!("{resource}: eased {ms} ms after it was seen");
    }
    for (fault, registry) in [(STORM, "upstream.json"), (QUEUE, "queue.json")] {
        assert_eq!(patient.post(fault.route).await, fault.fails, "{}", fault.route);
        shut(&patient, fault.route, registry).await;
        println!("{registry}: nobody is called");
    }
    refused(&patient).await;
    know(&patient).await;
    for fault in [MEMORY, SESSION, STORM, QUEUE] {
        healed(&patient, fault).await;
    }
}
