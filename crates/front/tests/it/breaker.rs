//! The breaker alone.

use chrono::{DateTime, TimeDelta, Utc};
use front::breaker::{Breaker, Came, Way};

const EVERY: TimeDelta = TimeDelta::seconds(5);

fn at(seconds: i64) -> DateTime<Utc> {
    DateTime::from_timestamp(seconds, 0).expect("a time")
}

#[test]
fn it_begins_with_a_try_and_the_others_wait_for_what_becomes_of_it() {
    let mut breaker = Breaker::fresh(at(0));
    assert_eq!(breaker.ask(at(0), EVERY), Way::Try);
    assert_eq!(breaker.ask(at(0), EVERY), Way::Wait(5));
    assert_eq!(breaker.ask(at(4), EVERY), Way::Wait(1));
    assert_eq!(breaker.ask(at(5), EVERY), Way::Try, "a try that never ends keeps nobody waiting for ever");
}

#[test]
fn a_try_that_fails_keeps_it_open_and_one_that_goes_well_closes_it() {
    let mut breaker = Breaker::fresh(at(0));
    assert_eq!(breaker.ask(at(0), EVERY), Way::Try);
    breaker.told(Way::Try, Came::Ill, at(1), EVERY);
    assert_eq!(breaker.ask(at(5), EVERY), Way::Wait(1));
    assert_eq!(breaker.ask(at(6), EVERY), Way::Try);
    breaker.told(Way::Try, Came::Well, at(6), EVERY);
    assert_eq!(breaker.ask(at(6), EVERY), Way::Pass);
}

#[test]
fn one_failure_opens_it_again_and_what_was_passed_on_before_does_not_close_it() {
    let mut breaker = Breaker::Closed;
    assert_eq!((breaker.ask(at(0), EVERY), breaker.ask(at(0), EVERY)), (Way::Pass, Way::Pass));
    breaker.told(Way::Pass, Came::Ill, at(0), EVERY);
    breaker.told(Way::Pass, Came::Well, at(0), EVERY);
    assert_eq!(breaker.ask(at(1), EVERY), Way::Wait(4));
}

#[test]
fn a_try_that_says_nothing_gives_its_turn_back_and_one_that_is_late_keeps_it() {
    let mut breaker = Breaker::fresh(at(0));
    assert_eq!(breaker.ask(at(0), EVERY), Way::Try);
    breaker.told(Way::Try, Came::Nothing, at(1), EVERY);
    assert_eq!(breaker.ask(at(1), EVERY), Way::Try, "neither closed nor kept shut");
    breaker.told(Way::Try, Came::Late, at(2), EVERY);
    assert_eq!((breaker.ask(at(2), EVERY), breaker.ask(at(6), EVERY)), (Way::Wait(4), Way::Try));
    let mut closed = Breaker::Closed;
    for came in [Came::Nothing, Came::Late] {
        for way in [Way::Pass, Way::Try] {
            closed.told(way, came, at(9), EVERY);
            assert_eq!(closed, Breaker::Closed, "{way:?} {came:?}");
        }
    }
}
