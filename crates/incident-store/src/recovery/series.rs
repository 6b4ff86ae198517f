//! The numbers that are kept: their names, labels and buckets, and how samples are added up. Pure.

use std::collections::BTreeMap;
use wire::span::Stage;
use wire::target::Catalogue;

/// From a fault that a rule cures at once to an hour, seconds.
const RECOVERY: &[f64] =
    &[0.5, 1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 8.0, 10.0, 15.0, 20.0, 30.0, 45.0, 60.0, 120.0, 300.0, 900.0, 3600.0];
/// From a line that is read as it is written to one that waited for a store that was away, seconds.
const DETECTION: &[f64] = &[0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 5.0, 30.0, 300.0];
/// Of one stage, seconds.
const STAGE: &[f64] = &[0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.0, 4.0, 8.0, 15.0, 30.0, 60.0, 300.0, 1800.0];

/// What a label says of what is in no catalogue.
pub(super) const OTHER: &str = "other";
/// How an incident ends. `resolved` is the platform's own work; the others leave it to a person or to nobody.
pub(super) const OUTCOMES: [&str; 7] =
    ["resolved", "resolved_by_person", "escalated", "dismissed", "advised", "mitigated", "archived"];
/// What becomes of a candidate: refused, or admitted by the gates; then pushed; then perhaps taken back.
pub(super) const PATCHES: [&str; 4] = ["admitted", "refused", "pushed", "undone"];
/// How a roll-out ends.
pub(super) const DEPLOYS: [&str; 5] = ["live", "refused", "rolled_back", "superseded", "unknown"];
/// What a person does to an incident.
pub(super) const INTERVENTIONS: [&str; 4] = ["approved", "rejected", "resolved", "dismissed"];

/// A number that is kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) enum Family {
    Incidents,
    Ended,
    Recovery,
    Detection,
    Stage,
    Patches,
    Deploys,
    Reopened,
    Interventions,
}

impl Family {
    pub(super) const ALL: [Family; 9] = [
        Family::Incidents,
        Family::Ended,
        Family::Recovery,
        Family::Detection,
        Family::Stage,
        Family::Patches,
        Family::Deploys,
        Family::Reopened,
        Family::Interventions,
    ];

    pub(super) fn name(self) -> &'static str {
        match self {
            Family::Incidents => "kintsugi_incidents_total",
            Family::Ended => "kintsugi_incidents_ended_total",
            Family::Recovery => "kintsugi_recovery_seconds",
            Family::Detection => "kintsugi_detection_seconds",
            Family::Stage => "kintsugi_stage_seconds",
            Family::Patches => "kintsugi_patches_total",
            Family::Deploys => "kintsugi_deploys_total",
            Family::Reopened => "kintsugi_reopened_total",
            Family::Interventions => "kintsugi_manual_interventions_total",
        }
    }

    pub(super) fn help(self) -> &'static str {
        match self {
            Family::Incidents => "Incidents that were opened.",
            Family::Ended => {
                "Incidents that came to an end, or to a person. One that was escalated and then resolved by a person is in both."
            }
            Family::Recovery => "From the failing line to the proof, of what the platform healed by itself.",
            Family::Detection => "From the failing line to the incident.",
            Family::Stage => {
                "What each stage of a recovery took, from the stage before; told when the incident is resolved."
            }
            Family::Patches => "Candidates, by what became of them.",
            Family::Deploys => "Roll-outs of cures, by how they ended.",
            Family::Reopened => "Incidents that came back after they were thought healed.",
            Family::Interventions => "What people did to incidents.",
        }
    }

    pub(super) fn labels(self) -> &'static [&'static str] {
        match self {
            Family::Incidents => &["target", "code", "severity"],
            Family::Ended | Family::Patches => &["target", "code", "outcome"],
            Family::Recovery | Family::Reopened => &["target", "code"],
            Family::Detection => &["target"],
            Family::Stage => &["stage"],
            Family::Deploys => &["target", "outcome"],
            Family::Interventions => &["target", "kind"],
        }
    }

    /// The upper bounds of its buckets; a counter has none. Others than these need a migration of what is kept.
    pub(super) fn bounds(self) -> &'static [f64] {
        match self {
            Family::Recovery => RECOVERY,
            Family::Detection => DETECTION,
            Family::Stage => STAGE,
            _ => &[],
        }
    }
}

/// What one event adds: one to a counter, or a number of seconds to a histogram.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Sample {
    pub(super) family: Family,
    pub(super) labels: Vec<String>,
    pub(super) value: f64,
}

/// What a series has come to.
#[derive(Debug, Clone, PartialEq, Default)]
pub(super) struct Sum {
    pub(super) count: i64,
    pub(super) sum: f64,
    /// How many fell into each bucket, the last one without a bound; of a counter none.
    pub(super) buckets: Vec<i64>,
}

impl Sum {
    pub(super) fn of_none(family: Family) -> Self {
        let bounds = family.bounds().len();
        Self { buckets: vec![0; if bounds == 0 { 0 } else { bounds + 1 }], ..Self::default() }
    }

    fn add(&mut self, family: Family, value: f64) {
        self.count += 1;
        self.sum += value;
        let place = family.bounds().iter().filter(|bound| value > **bound).count();
        if let Some(bucket) = self.buckets.get_mut(place) {
            *bucket += 1;
        }
    }
}

/// Series by name and labels.
pub(super) type Sums = BTreeMap<(Family, Vec<String>), Sum>;

/// Adds samples up.
pub(super) fn add_up(samples: impl IntoIterator<Item = Sample>) -> Sums {
    let mut sums = Sums::new();
    for Sample { family, labels, value } in samples {
        sums.entry((family, labels)).or_insert_with(|| Sum::of_none(family)).add(family, value);
    }
    sums
}

/// Every series that the catalogue makes possible, at nothing: a counter that begins with its first event is not seen to
/// rise by whoever counts its increase.
pub(super) fn known(catalogue: &Catalogue) -> Sums {
    let mut sums = Sums::new();
    let mut begin = |family: Family, labels: &[&str]| {
        sums.insert((family, labels.iter().map(|label| (*label).to_owned()).collect()), Sum::of_none(family));
    };
    for (target, file) in catalogue {
        let target = target.as_str();
        begin(Family::Detection, &[target]);
        DEPLOYS.iter().for_each(|outcome| begin(Family::Deploys, &[target, *outcome]));
        INTERVENTIONS.iter().for_each(|kind| begin(Family::Interventions, &[target, *kind]));
        for fault in &file.faults {
            let code = fault.code.as_str();
            begin(Family::Incidents, &[target, code, fault.severity.as_str()]);
            OUTCOMES.iter().for_each(|outcome| begin(Family::Ended, &[target, code, *outcome]));
            PATCHES.iter().for_each(|outcome| begin(Family::Patches, &[target, code, *outcome]));
            begin(Family::Recovery, &[target, code]);
            begin(Family::Reopened, &[target, code]);
        }
    }
    // The client alone knows of the fault; the line is where a stage is counted from.
    for stage in Stage::ALL.into_iter().filter(|stage| !matches!(stage, Stage::Fault | Stage::Line)) {
        begin(Family::Stage, &[stage.as_str()]);
    }
    sums
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_duration_falls_into_the_first_bucket_that_holds_it_and_a_counter_has_none() {
        let sample = |family, value| Sample { family, labels: vec!["a".into()], value };
        let sums = add_up([
            sample(Family::Detection, 0.001),
            sample(Family::Detection, 0.002),
            sample(Family::Detection, 9_999.0),
            sample(Family::Reopened, 1.0),
            sample(Family::Reopened, 1.0),
        ]);
        let detection = &sums[&(Family::Detection, vec!["a".to_owned()])];
        assert_eq!((detection.count, detection.buckets.len()), (3, DETECTION.len() + 1));
        assert_eq!((detection.buckets[0], detection.buckets[1], detection.buckets[DETECTION.len()]), (1, 1, 1));
        assert_eq!(detection.buckets.iter().sum::<i64>(), 3);
        assert!((detection.sum - 9_999.003).abs() < 1e-9, "{detection:?}");
        let reopened = &sums[&(Family::Reopened, vec!["a".to_owned()])];
        assert_eq!((reopened.count, reopened.buckets.as_slice()), (2, &[][..]));
    }

    #[test]
    fn bounds_rise_and_every_series_has_as_many_values_as_labels() {
        for family in Family::ALL {
            assert!(family.bounds().windows(2).all(|pair| pair[0] < pair[1]), "{family:?}");
        }
        for ((family, labels), _) in known(&Catalogue::new()) {
            assert_eq!(family.labels().len(), labels.len(), "{family:?}");
        }
    }
}
