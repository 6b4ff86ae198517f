//! What a row's measurement came to: samples, goals judged by them, and what could not be measured. Pure.

use crate::machine::Machine;
use crate::stats::{Spread, median};
use serde::{Deserialize, Serialize};

/// The results of one row.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Sheet {
    /// Its name in the specification, in small letters.
    pub row: String,
    /// What it is about.
    pub title: String,
    /// Where and when.
    pub machine: Machine,
    /// What was sampled, in the order of the first samples.
    pub series: Vec<Series>,
    /// What was wanted.
    pub goals: Vec<Goal>,
    /// What there was no measurement of, and why.
    pub not_measured: Vec<String>,
    /// How it was measured, as far as the figures do not say it.
    pub notes: Vec<String>,
}

/// Samples of one contender under one condition.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Series {
    /// What was asked of everybody.
    pub what: String,
    /// Of whom.
    pub whose: String,
    /// Of what.
    pub unit: String,
    /// Each run's figure.
    pub samples: Vec<f64>,
    /// Where they lie.
    pub spread: Option<Spread>,
}

/// A goal and what was found.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Goal {
    /// What for.
    pub what: String,
    /// What was found; none when it could not be measured.
    pub found: Option<f64>,
    /// What is wanted.
    pub wanted: Limit,
    /// Of what; empty for a ratio.
    pub unit: String,
}

/// What is wanted of a figure.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Limit {
    /// Not more.
    AtMost(f64),
    /// Not less.
    AtLeast(f64),
}

/// How a goal was met.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// It was.
    Met,
    /// It was not.
    Missed,
    /// Nobody knows.
    NotMeasured,
}

impl Limit {
    /// Whether a figure is within.
    pub fn holds(self, figure: f64) -> bool {
        match self {
            Limit::AtMost(most) => figure <= most,
            Limit::AtLeast(least) => figure >= least,
        }
    }
}

impl Goal {
    /// How it was met.
    pub fn verdict(&self) -> Verdict {
        match self.found {
            None => Verdict::NotMeasured,
            Some(found) if self.wanted.holds(found) => Verdict::Met,
            Some(_) => Verdict::Missed,
        }
    }
}

impl Sheet {
    /// An empty one.
    pub fn new(row: &str, title: &str, machine: Machine) -> Self {
        let (row, title) = (row.to_owned(), title.to_owned());
        Self { row, title, machine, series: vec![], goals: vec![], not_measured: vec![], notes: vec![] }
    }

    /// One more sample.
    pub fn sample(&mut self, what: &str, whose: &str, unit: &str, figure: f64) {
        let known = self.series.iter_mut().find(|one| one.what == what && one.whose == whose && one.unit == unit);
        match known {
            Some(series) => series.samples.push(figure),
            None => self.series.push(Series {
                what: what.to_owned(),
                whose: whose.to_owned(),
                unit: unit.to_owned(),
                samples: vec![figure],
                spread: None,
            }),
        }
    }

    /// The median of what was sampled.
    pub fn median(&self, what: &str, whose: &str, unit: &str) -> Option<f64> {
        let found = self.series.iter().find(|one| one.what == what && one.whose == whose && one.unit == unit)?;
        median(&found.samples)
    }

    /// How many times the second contender's median the first one's is.
    pub fn ratio(&self, what: &str, unit: &str, whose: &str, of: &str) -> Option<f64> {
        let (ours, theirs) = (self.median(what, whose, unit)?, self.median(what, of, unit)?);
        (theirs > 0.0).then(|| ours / theirs)
    }

    /// A goal for a ratio.
    pub fn want_ratio(&mut self, what: &str, found: Option<f64>, wanted: Limit) {
        self.want(what, found, wanted, "");
    }

    /// A goal for a figure.
    pub fn want(&mut self, what: &str, found: Option<f64>, wanted: Limit, unit: &str) {
        let goal = Goal { what: what.to_owned(), found, wanted, unit: unit.to_owned() };
        self.goals.push(goal);
    }

    /// What could not be measured.
    pub fn lacks(&mut self, what: impl Into<String>) {
        self.not_measured.push(what.into());
    }

    /// How something was measured.
    pub fn note(&mut self, note: impl Into<String>) {
        self.notes.push(note.into());
    }

    /// Works out where the samples lie.
    pub fn finish(&mut self) {
        self.machine.end();
        self.series.iter_mut().for_each(|series| series.spread = Spread::of(&series.samples));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn samples_of_one_contender_come_together_and_ratios_are_of_medians() {
        let mut sheet = Sheet::new("p0", "a title", Machine::default());
        for (ours, theirs) in [(2.0, 4.0), (4.0, 16.0), (30.0, 8.0)] {
            sheet.sample("all", "we", "ms", ours);
            sheet.sample("all", "they", "ms", theirs);
            sheet.sample("all", "they", "MiB", 1.0);
        }
        assert_eq!(sheet.series.len(), 3);
        assert_eq!(sheet.ratio("all", "ms", "we", "they"), Some(0.5));
        assert_eq!(sheet.ratio("all", "ms", "we", "nobody"), None);
    }

    #[test]
    fn a_goal_is_met_on_its_own_side_of_the_limit_and_unknown_without_a_figure() {
        let verdict = |found, wanted| Goal { what: String::new(), found, wanted, unit: String::new() }.verdict();
        assert_eq!(verdict(Some(0.9), Limit::AtLeast(0.9)), Verdict::Met);
        assert_eq!(verdict(Some(0.89), Limit::AtLeast(0.9)), Verdict::Missed);
        assert_eq!(verdict(Some(2.0), Limit::AtMost(2.0)), Verdict::Met);
        assert_eq!(verdict(Some(2.1), Limit::AtMost(2.0)), Verdict::Missed);
        assert_eq!(verdict(Some(f64::NAN), Limit::AtMost(2.0)), Verdict::Missed);
        assert_eq!(verdict(None, Limit::AtMost(2.0)), Verdict::NotMeasured);
    }
}
