//! Each family is taught on its first instance; the others must be cured by what was learned, and nothing healthy touched.

use crate::families::{Family, families, healthy};
use codemod::{Codemod, NotDistilled, distil, is_alike};

/// How many files at most.
const MOST: usize = 110;

/// What became of a family.
struct Outcome {
    cured: usize,
    others: usize,
    fired: usize,
    unseen: usize,
    missed: Vec<usize>,
    rule: String,
}

fn teach(family: &Family, known: &[&str], unseen: &[&str]) -> Result<Outcome, NotDistilled> {
    let (first, others) = family.instances.split_first().expect("a first instance");
    let distilled = distil(family.language, &first.before, &first.after, known, "a test")?;
    assert_eq!((distilled.cured, distilled.fired), (distilled.variants, 0));
    let codemod = Codemod::new(&distilled.rule, family.language).expect("a rule");
    let cures = |before: &str, after: &str| {
        let Ok(Some(text)) = codemod.rewrite(before) else { return false };
        is_alike(family.language, &text, after).unwrap_or(false)
    };
    let missed: Vec<usize> = (1..)
        .zip(others)
        .filter(|(_, instance)| !cures(&instance.before, &instance.after))
        .map(|(number, _)| number)
        .collect();
    let fired = unseen.iter().filter(|text| !matches!(codemod.rewrite(text), Ok(None))).count();
    let (others, rule) = (others.len(), format!("{:#}", distilled.rule));
    Ok(Outcome { cured: others - missed.len(), others, fired, unseen: unseen.len(), missed, rule })
}

#[test]
fn what_is_learned_from_one_instance_cures_the_others_and_fires_on_nothing_healthy() {
    let sources = ["rust", "python"].map(|language| (language, healthy(language)));
    let mut wrong = Vec::new();
    let families = families();
    assert!(families.len() >= 5);
    for family in &families {
        assert!(family.instances.len() >= 10, "{} has {}", family.name, family.instances.len());
        let (_, all) = sources.iter().find(|(language, _)| *language == family.language).expect("sources");
        // Some of the healthy files are for the trials, the others have never been seen.
        let some = |known: bool| all.iter().enumerate().filter(move |(number, _)| (number % 4 == 0) == known);
        let some = |known: bool| some(known).map(|(_, text)| text.as_str()).take(MOST).collect::<Vec<_>>();
        let outcome = match teach(family, &some(true), &some(false)) {
            Ok(outcome) => outcome,
            Err(why) => {
                wrong.push(format!("{}: {why}", family.name));
                continue;
            }
        };
        assert!(outcome.unseen >= 100, "{} healthy files", outcome.unseen);
        println!(
            "{}: {} of {} others cured, {} false fires on {} unseen healthy files",
            family.name, outcome.cured, outcome.others, outcome.fired, outcome.unseen
        );
        if outcome.cured < outcome.others || outcome.fired > 0 {
            wrong.push(format!(
                "{}: missed {:?}, fired {}\n{}",
                family.name, outcome.missed, outcome.fired, outcome.rule
            ));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn the_same_patch_gives_the_same_rule() {
    for family in families() {
        let first = family.instances.first().expect("an instance");
        let one = distil(family.language, &first.before, &first.after, &[], "a test");
        let two = distil(family.language, &first.before, &first.after, &[], "a test");
        assert!(one.is_ok() && one == two, "{}: {one:?}", family.name);
    }
}
