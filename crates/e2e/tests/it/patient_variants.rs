//! Variants of the patient's faults: the verifier admits their cures, and whole recoveries of some of them end well. One stack,
//! because its first build is the dear part.
#![expect(clippy::unwrap_used, reason = "a story that cannot be told is a failed test")]

use camino::Utf8PathBuf;
use e2e::fleet::diagnosis;
use e2e::patient::{Patient, RECOVERY, Setup, original, root, told};
use std::collections::BTreeMap;
use std::path::PathBuf;
use testkit::eventually;
use variants::{Cures, Fault, folder, variant};
use wire::incident::Status;

/// Made variants a fault that are compiled and replayed.
const COMPILED: u64 = 5;
/// Their first seed: none that the rules were looked at with.
const FIRST_SEED: u64 = 1_000;

/// Variants by their names, each for one fault.
fn made() -> Vec<(Fault, String, String)> {
    let texts = |fault: Fault| {
        let original = original(fault);
        (FIRST_SEED..FIRST_SEED + COMPILED).map(move |seed| {
            let variant = variant(fault, &original, seed);
            (fault, format!("seed {seed}, {}", variant.changes.join(", ")), variant.text)
        })
    };
    Fault::ALL.into_iter().flat_map(texts).collect()
}

/// Has the cure of each judged; answers the names of those that were not admitted, with the reasons.
async fn judge(patient: &Patient, cures: &Cures, variants: &[(Fault, String, String)]) -> Vec<String> {
    let (mut missed, mut healed) = (Vec::new(), BTreeMap::<&str, usize>::new());
    for (at, (fault, name, text)) in variants.iter().enumerate() {
        let base = patient.push(&format!("variant-{at}"), &[(*fault, text)]);
        let mut refusals = Vec::new();
        let mut admitted = false;
        // As the healer does: one option after the other, until one is admitted.
        for cure in cures.all(*fault, text).unwrap() {
            let verdict = patient.admit(&base, *fault, &cure.text, &format!("{at}-{}", cure.document)).await;
            admitted = verdict.admitted;
            println!("{} {name}: {} admitted {admitted}", fault.name(), cure.document);
            if admitted {
                break;
            }
            refusals.push(format!("{}\n{}\n{}", cure.document, told(&verdict), cure.text));
        }
        match admitted {
            true => *healed.entry(fault.name()).or_default() += 1,
            false => missed.push(format!("{} {name}\n{text}\n{}", fault.name(), refusals.join("\n"))),
        }
    }
    println!("admitted: {healed:?} of {}", variants.len());
    missed
}

/// Pushes one variant of each fault, and has all three healed by the whole loop.
async fn recover(patient: &Patient, variants: &[(Fault, String, String)]) {
    let chosen = |fault: Fault| variants.iter().find(|(other, ..)| *other == fault).map(|(_, _, text)| text.as_str());
    let files: Vec<(Fault, &str)> = Fault::ALL.into_iter().filter_map(|fault| Some((fault, chosen(fault)?))).collect();
    patient.push("main", &files);
    patient.live(RECOVERY).await;
    let store = patient.stack.store().unwrap();
    for (fault, _) in files {
        patient.fire(fault).await;
        let code = fault.code().unwrap();
        let incident = eventually(&format!("{code} comes to its end"), RECOVERY, async || {
            let page = store.incidents(10, false).await.ok()?;
            let ended = |status: Status| status == Status::Escalated || !status.is_open();
            page.incidents.into_iter().find(|incident| incident.code == code && ended(incident.status))
        })
        .await;
        let journal = store.journal(incident.id).await.unwrap();
        assert_eq!(incident.status, Status::Resolved, "{code}: {}", diagnosis(&journal));
        println!("{code}: resolved by the whole loop");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_cures_of_variants_are_admitted_and_whole_recoveries_end_well() {
    let knowledge = root().join("crates/rag-gateway/knowledge");
    let patient = Patient::start(Setup { known: Some(&knowledge), ..Setup::default() }).await;
    let cures = Cures::of(&Utf8PathBuf::from_path_buf(knowledge).unwrap()).await.unwrap();
    let supplied = chassis::settings::variable("VARIANTS").map(PathBuf::from);
    let variants = match &supplied {
        Some(path) => {
            let read = folder::read(path).unwrap_or_else(|error| panic!("{error:#}"));
            read.into_iter().map(|one| (one.fault, one.path.display().to_string(), one.text)).collect()
        }
        None => made(),
    };
    let missed = judge(&patient, &cures, &variants).await;
    assert!(missed.is_empty(), "{} of {}:\n{}", missed.len(), variants.len(), missed.join("\n---\n"));
    recover(&patient, &variants).await;
}
