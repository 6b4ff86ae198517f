//! Variants that the cures must heal: made ones, those that were written by hand, and those that somebody supplies.

use crate::places::{cures, original, root};
use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;
use variants::{Cures, Fault, folder, variant};

/// Made variants a fault.
const MANY: u64 = 200;

/// What became of several variants of a fault.
#[derive(Default)]
struct Tally {
    all: usize,
    by_document: BTreeMap<String, usize>,
    missed: Vec<String>,
}

impl Tally {
    fn heal(&mut self, cures: &Cures, fault: Fault, name: &str, text: &str) {
        self.all += 1;
        match cures.first(fault, text).expect("the engine") {
            Some(cure) => {
                *self.by_document.entry(cure.document.clone()).or_default() += 1;
                // A healed file is left alone by every option.
                let again = cures.all(fault, &cure.text).expect("the engine");
                assert_eq!(again, [], "{name} is changed again after\n{}", cure.text);
            }
            None => {
                let tried = cures.all(fault, text).expect("the engine");
                let tried: Vec<_> = tried.iter().map(|cure| format!("{}:\n{}", cure.document, cure.text)).collect();
                self.missed.push(format!("=== {name}\n{text}\n=== by {}", tried.join("\n=== by ")));
            }
        }
    }

    /// Says what became of them, and answers whether all were healed.
    fn tell(&self, fault: Fault, what: &str) -> bool {
        let healed = self.all - self.missed.len();
        println!("{}: {healed} of {} {what} healed, by {:?}", fault.name(), self.all, self.by_document);
        self.missed.iter().for_each(|missed| println!("NOT HEALED {missed}"));
        self.missed.is_empty()
    }
}

#[tokio::test]
async fn every_made_variant_is_healed() {
    let cures = cures().await;
    let mut whole = true;
    for fault in Fault::ALL {
        println!("{}: options {:?}", fault.name(), cures.documents(fault));
        let (original, mut tally, mut texts) = (original(fault), Tally::default(), BTreeSet::new());
        for seed in 0..MANY {
            let variant = variant(fault, &original, seed);
            assert_eq!(variant, variants::variant(fault, &original, seed), "the seed decides");
            assert!(variants::tree::is_sound(&variant.text) && fault.is_in(&variant.text), "{}", variant.text);
            tally.heal(&cures, fault, &format!("seed {seed}, {}", variant.changes.join(", ")), &variant.text);
            texts.insert(variant.text);
        }
        assert!(texts.len() > 190, "{}: only {} of {MANY} differ", fault.name(), texts.len());
        whole &= tally.tell(fault, "made variants");
    }
    assert!(whole, "see above");
}

#[tokio::test]
async fn every_variant_written_by_hand_or_supplied_is_healed() {
    let cures = cures().await;
    let given = chassis::settings::variable("VARIANTS").map(PathBuf::from);
    let path = given.unwrap_or_else(|| root().join("crates/variants/samples").into());
    let supplied = folder::read(&path).expect("a folder of variants");
    let mut whole = true;
    for fault in Fault::ALL {
        let mut tally = Tally::default();
        for one in supplied.iter().filter(|one| one.fault == fault) {
            tally.heal(&cures, fault, &one.path.display().to_string(), &one.text);
        }
        whole &= tally.tell(fault, "files");
    }
    assert!(whole, "see above");
}

#[tokio::test]
async fn a_cure_of_one_fault_leaves_the_other_files_alone() {
    let cures = cures().await;
    for (fault, other) in
        Fault::ALL.into_iter().flat_map(|one| Fault::ALL.map(|two| (one, two))).filter(|(a, b)| a != b)
    {
        let original = original(other);
        for seed in 0..50 {
            let text = variant(other, &original, seed).text;
            let touched = cures.all(fault, &text).expect("the engine");
            assert_eq!(touched, [], "a cure of {} in a file of {}:\n{text}", fault.name(), other.name());
        }
    }
}
