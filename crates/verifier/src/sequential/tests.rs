use super::*;

fn settings(at_most: u64) -> Sequential {
    Sequential { faulty: 0.28, healthy: 0.98, alpha: 0.01, beta: 0.01, at_most }
}

/// A small generator with a fixed seed (splitmix64): the same numbers on every machine.
struct Draws(u64);

impl Draws {
    fn below(&mut self, share: f64) -> bool {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        let unit = ((mixed ^ (mixed >> 31)) >> 11) as f64 / (1_u64 << 53) as f64;
        unit < share
    }
}

/// The shares taken for healthy, for broken and undecided, and the mean number of replays.
fn simulate(settings: &Sequential, share: f64, seed: u64) -> [f64; 4] {
    const RUNS: u64 = 20_000;
    let mut draws = Draws(seed);
    let mut counted = [0.0; 4];
    for _ in 0..RUNS {
        let mut test = Test::new(settings);
        let judgement = loop {
            test.saw(if draws.below(share) { Judgement::Met } else { Judgement::Broken });
            if let Some((judgement, _)) = test.outcome("") {
                break judgement;
            }
        };
        let at = match judgement {
            Judgement::Met => 0,
            Judgement::Broken => 1,
            _ => 2,
        };
        counted[at] += 1.0 / RUNS as f64;
        counted[3] += test.replays as f64 / RUNS as f64;
    }
    counted
}

#[test]
fn the_table_in_the_documentation_is_what_a_simulation_finds() {
    let rows: Vec<Vec<f64>> = include_str!("../sequential.rs")
        .lines()
        .filter_map(|line| line.strip_prefix("//! | "))
        .map(|line| line.split('|').filter_map(|cell| cell.trim().parse().ok()).collect::<Vec<f64>>())
        .filter(|row| row.len() == 5)
        .collect();
    assert_eq!(rows.len(), 9, "the table");
    for row in rows {
        let found = simulate(&settings(20), row[0], 7);
        for (found, wanted) in found.iter().zip(&row[1..]) {
            assert!((found - wanted).abs() < 0.01 + 0.01 * wanted, "{row:?}: {found} where {wanted} stands");
        }
    }
}

#[test]
fn the_errors_stay_within_their_bounds() {
    for (faulty, healthy, alpha, beta) in
        [(0.28, 0.98, 0.01, 0.01), (0.5, 0.9, 0.05, 0.05), (0.1, 0.6, 0.02, 0.1), (0.6, 0.95, 0.01, 0.2)]
    {
        let settings = Sequential { faulty, healthy, alpha, beta, at_most: 100 };
        for seed in [1, 2, 3] {
            let (broken, well) = (simulate(&settings, faulty, seed), simulate(&settings, healthy, seed));
            // Wald's bounds, and three standard deviations of a simulation of 20,000 runs.
            let (most_alpha, most_beta) = (alpha / (1.0 - beta), beta / (1.0 - alpha));
            let deviation = |share: f64| 3.0 * (share * (1.0 - share) / 20_000.0).sqrt();
            assert!(broken[0] <= most_alpha + deviation(most_alpha), "{settings:?}: {broken:?}");
            assert!(well[1] <= most_beta + deviation(most_beta), "{settings:?}: {well:?}");
        }
    }
}

#[track_caller]
fn outcome(settings: &Sequential, seen: &[Judgement]) -> Option<Judgement> {
    let mut test = Test::new(settings);
    for (at, judgement) in seen.iter().enumerate() {
        test.saw(*judgement);
        let outcome = test.outcome("the last").map(|(judgement, _)| judgement);
        assert!(outcome.is_none() || at + 1 == seen.len(), "it was decided after {} of {seen:?}", at + 1);
        if at + 1 == seen.len() {
            return outcome;
        }
    }
    None
}

#[test]
fn it_ends_as_soon_as_it_is_decided_and_not_before() {
    use Judgement::{Broken, Met, NoWitness, Unverified};
    let settings = settings(20);
    assert_eq!(settings.shortest(), 4);
    assert_eq!(outcome(&settings, &[Met; 3]), None);
    assert_eq!(outcome(&settings, &[Met; 4]), Some(Met));
    assert_eq!(outcome(&settings, &[Broken]), None);
    assert_eq!(outcome(&settings, &[Broken; 2]), Some(Broken));
    assert_eq!(outcome(&settings, &[Broken, Met, Met, Met, Met, Met, Met]), None);
    assert_eq!(outcome(&settings, &[Broken, Met, Met, Met, Met, Met, Met, Met]), Some(Met));
    assert_eq!(outcome(&settings, &[Met, Met, NoWitness]), Some(NoWitness));
    assert_eq!(outcome(&settings, &[Met, Unverified, Met, Unverified, Met, Unverified, Met]), Some(Met));
    assert_eq!(outcome(&settings, &[Met, Unverified, Unverified, Unverified]), Some(Unverified));
}

#[test]
fn undecided_after_all_that_is_allowed_is_unverified() {
    use Judgement::{Broken, Met, Unverified};
    let seen = [Met, Broken, Met, Met, Met];
    assert_eq!(outcome(&settings(6), &seen), None);
    assert_eq!(outcome(&settings(5), &seen), Some(Unverified));
    assert_eq!(outcome(&settings(4), &[Unverified, Unverified, Met, Unverified]), Some(Unverified));
}

#[test]
fn the_report_counts_what_was_seen() {
    let settings = settings(20);
    let mut test = Test::new(&settings);
    for judgement in [Judgement::Met, Judgement::Unverified, Judgement::Broken, Judgement::Broken] {
        test.saw(judgement);
    }
    let report = test.report(Vec::new());
    assert_eq!((report.replays, report.right, report.wrong, report.decision), (4, 1, 2, Decision::Faulty));
    let wanted = (0.98_f64 / 0.28).ln() + 2.0 * (0.02_f64 / 0.72).ln();
    assert!((report.log_likelihood_ratio - wanted).abs() < 1e-12);
    assert!((report.upper - 99.0_f64.ln()).abs() < 1e-12 && (report.lower + 99.0_f64.ln()).abs() < 1e-12);
}
