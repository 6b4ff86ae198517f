//! Prints, family by family, how many instances are cured by what was learned from each other one, and false fires.
#![expect(clippy::expect_used, reason = "what cannot be measured is said at once")]

#[path = "../tests/it/families.rs"]
mod families;

use codemod::{Codemod, distil, is_alike};
use families::{Family, families, healthy};

/// How many healthy files are for the trials, and how many for what comes after.
const FILES: usize = 110;

fn main() {
    println!(
        "| family | taught | rules | others cured | false fires | healthy files |\n| --- | --- | --- | --- | --- | --- |"
    );
    for language in ["python", "rust"] {
        let all = healthy(language);
        let part = |known: bool| all.iter().enumerate().filter(move |(number, _)| (number % 4 == 0) == known);
        let part = |known: bool| part(known).map(|(_, text)| text.as_str()).take(FILES).collect::<Vec<_>>();
        for family in families().iter().filter(|family| family.language == language) {
            measure(family, &part(true), &part(false));
        }
    }
}

/// One row: each instance is the one that is taught once.
fn measure(family: &Family, known: &[&str], unseen: &[&str]) {
    let (mut rules, mut cured, mut fired) = (0, 0, 0);
    for (number, teacher) in family.instances.iter().enumerate() {
        let Ok(distilled) = distil(family.language, &teacher.before, &teacher.after, known, "a measurement") else {
            continue;
        };
        let codemod = Codemod::new(&distilled.rule, family.language).expect("a rule that passed its trials");
        let others = family.instances.iter().enumerate().filter(|(other, _)| *other != number);
        let heals = others.filter(|(_, other)| {
            let text = codemod.rewrite(&other.before).ok().flatten();
            text.is_some_and(|text| is_alike(family.language, &text, &other.after).unwrap_or(false))
        });
        rules += 1;
        cured += heals.count();
        fired += unseen.iter().filter(|text| !matches!(codemod.rewrite(text), Ok(None))).count();
    }
    let count = family.instances.len();
    let pairs = count * (count - 1);
    println!("| {} | {count} | {rules} | {cured} of {pairs} | {fired} | {} |", family.name, unseen.len());
}
