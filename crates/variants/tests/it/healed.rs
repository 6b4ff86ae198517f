//! Variants that the cures must heal.

use crate::places::{cures, original};
use std::collections::BTreeMap;
use variants::{Cures, Fault, variant};

/// Variants a fault.
const MANY: u64 = 200;

/// Heals many variants of a fault; answers how many options in were needed, by document.
#[track_caller]
fn check(cures: &Cures, fault: Fault) {
    let (original, mut by_document, mut missed) = (original(fault), BTreeMap::<String, u32>::new(), Vec::new());
    let mut seen = std::collections::BTreeSet::new();
    for seed in 0..MANY {
        let variant = variant(fault, &original, seed);
        seen.insert(variant.text.clone());
        match cures.first(fault, &variant.text).expect("the engine") {
            Some(cure) => *by_document.entry(cure.document).or_default() += 1,
            None => missed.push(format!("seed {seed} ({}):\n{}", variant.changes.join(", "), variant.text)),
        }
    }
    let healed = MANY - missed.len() as u64;
    println!("{}: {healed} of {MANY} healed, {} of them different; by {by_document:?}", fault.name(), seen.len());
    assert!(missed.is_empty(), "{} of {MANY} are not healed:\n{}", missed.len(), missed.join("\n---\n"));
}

#[tokio::test]
async fn every_variant_is_healed() {
    let cures = cures().await;
    for fault in Fault::ALL {
        println!("{}: {:?}", fault.name(), cures.documents(fault));
    }
    for fault in Fault::ALL {
        check(&cures, fault);
    }
}
