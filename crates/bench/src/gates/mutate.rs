//! Small changes to right patches, each of which a tired hand or a confident model could make. Pure.

use super::corpus::{Candidate, Edit, Group};
use crate::madeup::MadeUp;
use std::collections::BTreeSet;
use variants::Fault;

/// What is replaced by what, one place at a time. An empty list of faults: all.
const CHANGES: &[(&str, &str, &str)] = &[
    // statements
    ("SELECT 1", "SELECT", "the list is lost"),
    ("SELECT 1", "SELECT FROM", "the fault is back"),
    ("SELECT 1", "SELEC 1", "a letter is lost"),
    ("SELECT 1", "SELECT 1 WHERE false", "no row comes back"),
    ("SELECT 1", "SELECT NULL::int4", "nothing comes back"),
    ("SELECT 1", "SELECT 1::int8", "another type"),
    ("SELECT 1", "SELECT '1'", "a text"),
    ("SELECT 1", "SELECT 1 FROM nowhere", "a table that is not there"),
    ("SELECT 1", "SELECT 1/0", "a division by zero"),
    ("SELECT 1", "SELECT 1; SELECT 2", "two statements in one"),
    ("SELECT 42", "SELECT 42.5", "another type"),
    ("SELECT 42", "SELECT FROM 42", "the fault is back"),
    ("::int4", "::int8", "another type"),
    ("::int4", "::text", "another type"),
    ("::int4", "::int2", "another type"),
    ("AS number", "AS numbr", "another name"),
    ("\"number\"", "\"value\"", "another name"),
    ("$1", "$2", "a parameter that is not there"),
    ("count(*)", "count(", "a parenthesis is lost"),
    ("max(n)", "n", "many rows"),
    ("pg_catalog.", "pg_catalogue.", "a schema that is not there"),
    ("from (values (1)) as one", "from", "a clause that is not complete"),
    ("WITH one AS (SELECT 1 AS n)", "WITH one AS SELECT 1 AS n", "parentheses are lost"),
    // limits and waits
    ("5500ms", "55000ms", "ten times the limit"),
    ("5500ms", "550ms", "a tenth of the limit"),
    ("5500ms", "0", "no limit"),
    ("5500ms", "6500ms", "a second more"),
    ("5500ms", "5500s", "another unit"),
    ("'4s'", "'40s'", "ten times the limit"),
    ("'4s'", "'4ms'", "another unit"),
    ("'5s'", "'5h'", "another unit"),
    ("TO 5000", "TO 50000", "ten times the limit"),
    ("TO 5000", "TO DEFAULT", "no limit of its own"),
    ("5_500", "55_000", "ten times the limit"),
    ("pg_sleep(2)", "pg_sleep(10)", "the fault is back"),
    ("pg_sleep(2)", "pg_sleep(20)", "longer than before"),
    ("pg_sleep(2)", "pg_sleep(0)", "no work"),
    ("pg_sleep(2)", "pg_sleep(0.2)", "hardly any work"),
    ("pg_sleep(2)", "pg_sleep(5.6)", "just over the limit"),
    ("pg_sleep(2)", "pg_sleep(-2)", "no work"),
    ("pg_sleep(2)", "pg_sleeep(2)", "a function that is not there"),
    ("pg_sleep(2)", "pg_sleep('two')", "no number"),
    ("pg_sleep(4)", "pg_sleep(14)", "longer than before"),
    ("pg_sleep(2.5)", "pg_sleep(25)", "ten times the work"),
    ("pg_sleep(1.5)", "pg_sleep(0.15)", "a tenth of the work"),
    ("LEAST(", "GREATEST(", "the longer of the two"),
    ("0.8 *", "8 *", "ten times the share"),
    ("0.8 *", "1.2 *", "more than the limit"),
    ("2.0_f64", "20.0_f64", "ten times the work"),
    ("2.0_f64", "0.0_f64", "no work"),
    ("'2 seconds'", "'2 minutes'", "another unit"),
    ("SET LOCAL statement_timeout", "SET LOCAL lock_timeout", "another limit"),
    ("SET LOCAL statement_timeout", "SET LOCAL statement_timeot", "a letter is lost"),
    ("set local statement_timeout", "set local lock_timeout", "another limit"),
    // the upstream
    (".resilient()", "", "nothing is done about failures"),
    ("Upstream::resilient(upstream)", "upstream", "nothing is done about failures"),
    ("\"/data\"", "\"/date\"", "another path"),
    ("\"/data\"", "\"/healthz\"", "another path"),
    ("\"/data\"", "\"\"", "no path"),
    ("from_secs(3)", "from_secs(0)", "no time at all"),
    ("from_secs(3)", "from_millis(3)", "another unit"),
    ("from_secs(3)", "from_secs(30)", "ten times the limit"),
    ("from_secs(2)", "from_secs(0)", "no time at all"),
    ("from_millis(2_500)", "from_micros(2_500)", "another unit"),
    // code
    (".await?", "", "it is never waited for"),
    (".await?;", ".await;", "the failure is forgotten"),
    (".await?;", ".await.ok();", "the failure is forgotten"),
    ("?.answer()", "?.answer()?", "one sign too many"),
    ("try_get(0)", "try_get(1)", "another column"),
    ("try_get(0)", "try_get(\"one\")", "a name that is not there"),
    ("query_one", "query", "another form of answer"),
    ("query_one", "query_opt", "another form of answer"),
    ("query_one", "execute", "another form of answer"),
    ("batch_execute", "query", "another form of answer"),
    ("execute(", "batch_execute(", "another form of call"),
    ("Ok(())", "Err(())", "always a failure"),
    ("&[&number]", "&[]", "a parameter is lost"),
    ("&[&seconds]", "&[]", "a parameter is lost"),
];

/// All mutants of some right patches, without those that are alike, in a fixed order.
pub(crate) fn all(right: &[Candidate]) -> Vec<Candidate> {
    let mut seen = BTreeSet::new();
    let mut mutants = Vec::new();
    for cure in right {
        let Some(Edit::Write { path, text }) = cure.edits.first() else { continue };
        let head = text.find("pub(crate) async fn run").unwrap_or(0);
        let texts = CHANGES.iter().flat_map(|(from, to, what)| replaced(text, from, to).map(move |text| (text, *what)));
        for (text, what) in texts.chain(without_a_line(text, head)) {
            if seen.insert((cure.fault.name(), text.clone())) {
                let edits = vec![Edit::Write { path: path.clone(), text }];
                let name = format!("{} {}", cure.name, mutants.len());
                let (fault, what) = (cure.fault, what.to_owned());
                mutants.push(Candidate { group: Group::Mutant, fault, name, what, edits });
            }
        }
    }
    mutants
}

/// So many of them, the same number of each fault as far as there are so many, decided by a seed.
pub(crate) fn some(mutants: Vec<Candidate>, n: usize, seed: u64) -> Vec<Candidate> {
    let (mut chosen, mut made_up) = (Vec::new(), MadeUp::new(seed));
    for (at, fault) in Fault::ALL.into_iter().enumerate() {
        let mut of_fault: Vec<Candidate> = mutants.iter().filter(|one| one.fault == fault).cloned().collect();
        let rest = n.saturating_sub(chosen.len());
        let share = rest.div_ceil(Fault::ALL.len() - at);
        while of_fault.len() > share {
            of_fault.swap_remove(made_up.below(of_fault.len()));
        }
        of_fault.sort_by(|one, other| one.name.cmp(&other.name));
        chosen.extend(of_fault);
    }
    chosen
}

/// The text with one occurrence replaced, each in turn.
fn replaced<'t>(text: &'t str, from: &'t str, to: &'t str) -> impl Iterator<Item = String> + 't {
    text.match_indices(from)
        .filter_map(move |(at, _)| Some(format!("{}{to}{}", text.get(..at)?, text.get(at + from.len()..)?)))
}

/// The text without one line of the function's body, each in turn.
fn without_a_line(text: &str, head: usize) -> impl Iterator<Item = (String, &'static str)> + '_ {
    let body = text.get(head..).unwrap_or_default();
    let lines = body.lines().skip(1).filter(|line| line.starts_with("    ") && line.trim_end().ends_with(';'));
    lines.map(move |line| (text.replacen(&format!("{line}\n"), "", 1), "a line is lost"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn mutants_are_many_differ_and_are_chosen_by_the_seed() {
        let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("cures");
        let right = super::super::corpus::cures(&folder).expect("the cures");
        let mutants = all(&right);
        assert!(mutants.len() >= 300, "{}", mutants.len());
        let names = |seed| some(mutants.clone(), 90, seed).into_iter().map(|one| one.name).collect::<Vec<_>>();
        assert_eq!(names(1), names(1));
        assert_ne!(names(1), names(2));
        assert_eq!(names(1).len(), 90);
    }
}
