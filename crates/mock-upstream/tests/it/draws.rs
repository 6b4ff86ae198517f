//! The pure model against the mission's figures.

use mock_upstream::draw::{Answer, Behaviour, Mode, Rates};
use std::time::Duration;

/// Enough draws that five standard deviations are three percent.
const MANY: u64 = 8_000;
/// How long the patient waits.
const PATIENCE: Duration = Duration::from_secs(3);

fn share(behaviour: &Behaviour, hit: impl Fn(Option<Duration>, Answer) -> bool) -> f64 {
    let hits = (0..MANY).map(|n| behaviour.draw(n)).filter(|draw| hit(draw.delay, draw.answer)).count();
    f64::from(u32::try_from(hits).expect("a count")) / f64::from(u32::try_from(MANY).expect("a count"))
}

#[track_caller]
fn check(what: &str, share: f64, wanted: f64) {
    // Five standard deviations of a share of that many draws.
    let bound = 5.0 * (wanted * (1.0 - wanted) / 8_000.0).sqrt();
    assert!((share - wanted).abs() <= bound, "{what}: {share}, wanted {wanted} ± {bound}");
}

#[test]
fn the_default_fails_72_percent_of_a_patient_client_with_any_seed() {
    for seed in [0, 1, 7, u64::MAX] {
        let behaviour = Behaviour { seed, ..Behaviour::default() };
        let fails = |delay: Option<Duration>, answer| delay.is_some_and(|d| d > PATIENCE) || answer != Answer::Value;
        check("failing", share(&behaviour, fails), 0.72);
        check("late", share(&behaviour, |delay, _| delay.is_some()), 0.6);
        check("wrong", share(&behaviour, |_, answer| answer == Answer::WrongData), 0.3);
        // Independent: both at once as often as the product.
        check("both", share(&behaviour, |delay, answer| delay.is_some() && answer == Answer::WrongData), 0.18);
    }
}

#[test]
fn an_error_goes_before_wrong_data_and_each_is_drawn_apart() {
    let mode = Mode::Troubled { latency: false, error: true, wrong_data: true };
    let behaviour = Behaviour { mode, seed: 3, ..Behaviour::default() };
    check("errors", share(&behaviour, |_, answer| answer == Answer::Error), 0.3);
    check("wrong", share(&behaviour, |_, answer| answer == Answer::WrongData), 0.7 * 0.3);
    check("late", share(&behaviour, |delay, _| delay.is_some()), 0.0);
}

#[test]
fn delays_cover_their_range_and_stay_in_it() {
    let delays: Vec<Duration> = (0..MANY).filter_map(|n| Behaviour::default().draw(n).delay).collect();
    let (least, most) = (delays.iter().min().expect("a delay"), delays.iter().max().expect("a delay"));
    assert!((3_400..3_420).contains(&least.as_millis()), "{least:?}");
    assert!((7_980..=8_000).contains(&most.as_millis()), "{most:?}");
}

#[test]
fn the_same_seed_draws_the_same_and_another_seed_otherwise() {
    let all = |seed| (0..200).map(|n| Behaviour { seed, ..Behaviour::default() }.draw(n)).collect::<Vec<_>>();
    assert_eq!(all(7), all(7));
    assert_ne!(all(7), all(8));
}

#[test]
fn a_trouble_that_is_switched_off_shifts_no_other() {
    let with = |error| {
        let mode = Mode::Troubled { latency: true, error, wrong_data: false };
        (0..500).map(move |n| Behaviour { mode, seed: 5, ..Behaviour::default() }.draw(n).delay).collect::<Vec<_>>()
    };
    assert_eq!(with(true), with(false));
}

#[test]
fn rates_of_none_and_all_are_never_and_always() {
    let mode = Mode::Troubled { latency: true, error: false, wrong_data: true };
    for (rate, wanted) in [(0.0, 0.0), (1.0, 1.0)] {
        let rates = Rates { latency: rate, error: rate, wrong_data: rate };
        let behaviour = Behaviour { mode, rates, ..Behaviour::default() };
        let hit = |delay: Option<Duration>, answer| delay.is_some() && answer == Answer::WrongData;
        check("all", share(&behaviour, hit), wanted);
    }
}
