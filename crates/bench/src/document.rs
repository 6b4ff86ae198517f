//! Results as Markdown, and the document that holds the last results of every row. Pure.

use crate::sheet::{Goal, Limit, Sheet, Verdict};
use std::fmt::Write;

/// What stands above the rows.
const HEAD: &str = "\
# Performance

Written by `scripts/bench [ROW …]`; each section is the last run of its row, misses included. The goals are those of the project's
specification: ratios against a peer and a floor that were measured in the same run, interleaved. A figure is the median of its
runs; an absolute one says nothing without the load beside it. The same as JSON: `target/bench/<row>.json`.
";

/// One row's section.
pub fn section(sheet: &Sheet) -> String {
    let mut text = format!("{}\n## {} · {}\n\n", mark(&sheet.row), sheet.row.to_uppercase(), sheet.title);
    let machine = &sheet.machine;
    let build = if machine.optimised { "release build" } else { "DEBUG BUILD: no figure counts" };
    let _ = writeln!(
        text,
        "`scripts/bench {}`, {} UTC, {build}, {} cores ({}), load average {:.1} at the beginning and {:.1} at the end.\n",
        sheet.row, machine.begun, machine.cores, machine.processor, machine.load_before, machine.load_after
    );
    if !sheet.goals.is_empty() {
        text.push_str("| goal | wanted | found | |\n| --- | --: | --: | --- |\n");
        sheet.goals.iter().for_each(|goal| text.push_str(&goal_line(goal)));
        text.push('\n');
    }
    if !sheet.series.is_empty() {
        text.push_str("| what | whose | median | least – most | n |\n| --- | --- | --: | --: | --: |\n");
        for series in &sheet.series {
            let Some(spread) = series.spread else { continue };
            let figures = [spread.median, spread.least, spread.most].map(figure);
            let [median, least, most] = figures;
            let (what, whose, unit, n) = (&series.what, &series.whose, &series.unit, spread.n);
            let _ = writeln!(text, "| {what} | {whose} | {median} {unit} | {least} – {most} | {n} |");
        }
        text.push('\n');
    }
    for what in &sheet.not_measured {
        let _ = writeln!(text, "- NOT MEASURED: {what}");
    }
    for note in &sheet.notes {
        let _ = writeln!(text, "- {note}");
    }
    text
}

fn goal_line(goal: &Goal) -> String {
    let (sign, limit) = match goal.wanted {
        Limit::AtMost(most) => ("≤", most),
        Limit::AtLeast(least) => ("≥", least),
    };
    let found = goal.found.map_or_else(|| "–".to_owned(), |found| with_unit(found, &goal.unit));
    let verdict = match goal.verdict() {
        Verdict::Met => "met",
        Verdict::Missed => "**MISSED**",
        Verdict::NotMeasured => "NOT MEASURED",
    };
    format!("| {} | {sign} {} | {found} | {verdict} |\n", goal.what, with_unit(limit, &goal.unit))
}

fn with_unit(value: f64, unit: &str) -> String {
    if unit.is_empty() { format!("{} ×", figure(value)) } else { format!("{} {unit}", figure(value)) }
}

/// Three digits that say something, without an exponent.
fn figure(value: f64) -> String {
    let size = value.abs();
    match size {
        _ if size >= 100.0 || size == 0.0 => format!("{value:.0}"),
        _ if size >= 10.0 => format!("{value:.1}"),
        _ if size >= 1.0 => format!("{value:.2}"),
        _ => format!("{value:.3}"),
    }
}

/// The document with the sections of these rows new and all others as they were; the rows in order.
pub fn with_sections(document: &str, sections: &[(String, String)]) -> String {
    let mut all: Vec<(String, String)> = known_sections(document);
    for (row, text) in sections {
        match all.iter_mut().find(|(known, _)| known == row) {
            Some(place) => place.1.clone_from(text),
            None => all.push((row.clone(), text.clone())),
        }
    }
    all.sort_by_key(|(row, _)| row.trim_start_matches('p').parse::<u32>().unwrap_or(u32::MAX));
    let parts = all.iter().map(|(_, text)| format!("\n{}\n", text.trim_end()));
    std::iter::once(HEAD.to_owned()).chain(parts).collect()
}

fn known_sections(document: &str) -> Vec<(String, String)> {
    let pieces = document.split("<!-- row ").skip(1);
    let rows = pieces.filter_map(|piece| Some((piece.split_once(" -->")?.0.to_owned(), format!("<!-- row {piece}"))));
    rows.collect()
}

fn mark(row: &str) -> String {
    format!("<!-- row {row} -->")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::machine::Machine;

    fn sheet(row: &str) -> Sheet {
        let mut sheet = Sheet::new(row, "speed", Machine::default());
        for figure in [1.0, 2.0, 4.0] {
            sheet.sample("all of it", "we", "ms", figure);
        }
        sheet.want_ratio("as fast as they", Some(1.25), Limit::AtMost(1.0));
        sheet.want("small", Some(3.0), Limit::AtMost(16.0), "MiB");
        sheet.want("unknown", None, Limit::AtLeast(2.0), "");
        sheet.lacks("they: not installed");
        sheet.finish();
        sheet
    }

    #[test]
    fn a_section_tells_goals_misses_figures_and_what_is_missing() {
        let text = section(&sheet("p4"));
        for line in [
            "| as fast as they | ≤ 1.00 × | 1.25 × | **MISSED** |",
            "| small | ≤ 16.0 MiB | 3.00 MiB | met |",
            "| unknown | ≥ 2.00 × | – | NOT MEASURED |",
            "| all of it | we | 2.00 ms | 1.00 – 4.00 | 3 |",
            "- NOT MEASURED: they: not installed",
        ] {
            assert!(text.lines().any(|one| one == line), "{line} is not in\n{text}");
        }
    }

    #[test]
    fn rows_that_were_not_run_are_kept_and_all_are_in_order() {
        let one = |row: &str, text: &str| (row.to_owned(), format!("{}\n## {text}\n", mark(row)));
        let first = with_sections("", &[one("p10", "ten"), one("p4", "four")]);
        let second = with_sections(&first, &[one("p9", "nine"), one("p4", "four again")]);
        let titles: Vec<&str> = second.lines().filter_map(|line| line.strip_prefix("## ")).collect();
        assert_eq!(titles, ["four again", "nine", "ten"]);
        assert!(second.starts_with(HEAD));
        assert_eq!(with_sections(&second, &[]), second);
    }

    #[test]
    fn figures_have_three_digits() {
        let figures = [0.0, 0.01234, 1.0, 12.34, 123.4, 51_234.0].map(figure);
        assert_eq!(figures, ["0", "0.012", "1.00", "12.3", "123", "51234"]);
    }
}
