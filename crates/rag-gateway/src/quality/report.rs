//! The figures as tables for people, in Markdown.

use super::Judged;
use super::engine::Observed;
use super::labelled::Split;
use super::measure::{Answer, Reliability, figures, reliability};
use std::fmt::Write;

/// All tables.
pub fn tables(judged: &[Judged], observed: &[Observed]) -> String {
    let mut text = String::new();
    for (split, title) in
        [(Split::HeldOut, "Held-out queries"), (Split::Fit, "Queries for fitting, each by a fit to other folds")]
    {
        let _ = writeln!(text, "## {title}\n\n{}", compared(judged, observed, split));
    }
    if let Some(serving) = judged.last() {
        let _ = writeln!(
            text,
            "## By the way it is told, held out, {}\n\n{}",
            serving.engine.name,
            by_kind(serving, observed)
        );
    }
    for judged in judged
        .iter()
        .filter(|judged| !judged.engine.by_rank && judged.engine.uses.iter().filter(|uses| **uses).count() > 3)
    {
        let name = judged.engine.name;
        for (split, of) in [(Split::HeldOut, "held out"), (Split::Fit, "by other folds")] {
            let table = reliable(&reliability(of_split(&judged.crossed, observed, split)));
            let _ = writeln!(text, "## Reliability, {name}, {of}\n\n{table}");
        }
    }
    text
}

/// The queries to which the serving engine answers wrongly, or keeps silent though it knows.
pub fn misses(judged: &[Judged], observed: &[Observed]) -> String {
    let mut text = String::new();
    let Some(serving) = judged.last() else { return text };
    for (answer, observed) in serving.crossed.iter().zip(observed) {
        let Some(best) =
            answer.hits.first().filter(|best| if answer.is_known { !best.is_right } else { !answer.abstains })
        else {
            continue;
        };
        let (query, found, said) = (&observed.query, &best.document, best.confidence);
        let _ = writeln!(text, "{said:.2} {found}, wanted {:?}: {:?} {:?}", query.relevant, query.code, query.query);
    }
    text
}

fn of_split<'a>(
    answers: &'a [Answer],
    observed: &'a [Observed],
    split: Split,
) -> impl Iterator<Item = &'a Answer> + Clone {
    let both = answers.iter().zip(observed);
    both.filter(move |(_, observed)| observed.query.split() == split).map(|(answer, _)| answer)
}

fn compared(judged: &[Judged], observed: &[Observed], split: Split) -> String {
    let mut text = String::from(
        "| engine | n | recall@1 | recall@3 | MRR | nothing fits: n | abstention precision | abstention recall | given answers that are right | right answers given | threshold |\n\
         | --- | --: | --: | --: | --: | --: | --: | --: | --: | --: | --: |\n",
    );
    for judged in judged {
        let figures = figures(of_split(&judged.crossed, observed, split));
        let _ = writeln!(
            text,
            "| {} | {} | {:.3} | {:.3} | {:.3} | {} | {:.3} | {:.3} | {:.3} | {:.3} | {:.2} |",
            judged.engine.name,
            figures.known,
            figures.recall_at_1,
            figures.recall_at_3,
            figures.mrr,
            figures.unknown,
            figures.abstention_precision,
            figures.abstention_recall,
            figures.answer_precision,
            figures.answered,
            judged.fit.min_confidence,
        );
    }
    text
}

fn by_kind(judged: &Judged, observed: &[Observed]) -> String {
    let mut kinds: Vec<&str> = observed.iter().map(|observed| observed.query.kind.as_str()).collect();
    kinds.sort_unstable();
    kinds.dedup();
    let mut text = String::from(
        "| kind | n | recall@1 | recall@3 | MRR | nothing fits: n | abstention recall |\n| --- | --: | --: | --: | --: | --: | --: |\n",
    );
    for kind in kinds {
        let both = judged.crossed.iter().zip(observed);
        let of = both.filter(|(_, observed)| observed.query.kind == kind && observed.query.split() == Split::HeldOut);
        let figures = figures(of.map(|(answer, _)| answer));
        let _ = writeln!(
            text,
            "| {kind} | {} | {:.3} | {:.3} | {:.3} | {} | {:.3} |",
            figures.known,
            figures.recall_at_1,
            figures.recall_at_3,
            figures.mrr,
            figures.unknown,
            figures.abstention_recall
        );
    }
    text
}

fn reliable(reliability: &Reliability) -> String {
    let mut text =
        String::from("| confidence of the best hit | n | mean confidence | right |\n| --- | --: | --: | --: |\n");
    for range in &reliability.ranges {
        let right = if range.n == 0 { "–".to_owned() } else { format!("{:.3}", range.right as f64 / range.n as f64) };
        let said = if range.n == 0 { "–".to_owned() } else { format!("{:.3}", range.said) };
        let _ = writeln!(text, "| {:.1} to {:.1} | {} | {said} | {right} |", range.from, range.to, range.n);
    }
    let _ =
        writeln!(text, "\nBrier score {:.3}; expected calibration error {:.3}.", reliability.brier, reliability.off);
    text
}
