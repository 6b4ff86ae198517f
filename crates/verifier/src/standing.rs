//! Who answers a replay, and what it is worth when it was somebody else. Pure.

use crate::gates::replay::Answer;
use wire::rollout::Answerer;
use wire::verification::{Judgement, WitnessReport};
use wire::vouch::{Exchange, Key};

/// The kind of the front as a witness.
const KIND: &str = "front";

/// Who answers at an endpoint.
#[derive(Debug, Clone)]
pub enum Who {
    /// A job of our own in the sandbox.
    Own,
    /// A running instance, and nobody tells which.
    Untold,
    /// A running instance behind the front, which tells.
    Front {
        /// What it knows us by.
        key: Key,
        /// The one that is live.
        live: Answerer,
    },
}

impl Who {
    /// At the address of a running instance. Where none is named, or no front gives its word, nobody tells.
    pub fn of(live: Option<Answerer>, front: Option<&Key>) -> Self {
        live.zip(front.cloned()).map_or(Who::Untold, |(live, key)| Who::Front { key, live })
    }

    /// Who gave the answer, if that is the front's word.
    pub fn heard(&self, exchange: &Exchange<'_>, word: &str) -> Option<Answerer> {
        if let Who::Front { key, .. } = self { key.heard(exchange, word) } else { None }
    }

    /// What a right answer is worth by who gave it. A wrong one stays what it is.
    pub fn judge(&self, judged: (Judgement, String), answer: &Answer) -> (Judgement, String) {
        let Who::Front { live, .. } = self else { return judged };
        match &answer.answered_by {
            _ if judged.0 != Judgement::Met => judged,
            Some(who) if who == live => judged,
            Some(who) => {
                let why = format!("answered_by_another: the answer was right, but {who} gave it where {live} is live");
                (Judgement::NoWitness, why)
            }
            None => {
                let why = format!(
                    "not_by_the_front: the answer was right, but it came without the front's word that {live} gave it"
                );
                (Judgement::Unverified, why)
            }
        }
    }

    /// What the front said of an answer, as a witness.
    pub fn report(&self, answer: &Answer) -> Option<WitnessReport> {
        let Who::Front { live, .. } = self else { return None };
        let seen = answer.answered_by.as_ref().map(|who| u64::from(who == live));
        let sample = answer.answered_by.iter().map(ToString::to_string).collect();
        Some(WitnessReport { kind: KIND.to_owned(), seen, wanted: 1, sample })
    }

    /// What is to be added to the verdict that a replay was answered rightly.
    pub fn remark(&self) -> &'static str {
        match self {
            Who::Own => "",
            Who::Untold => "; nobody witnessed who answered",
            Who::Front { .. } => "; by the front's word the live instance answered",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn instance(port: u16) -> Answerer {
        Answerer { upstream: wire::rollout::upstream(port), label: "app/green/1234567".into() }
    }

    #[track_caller]
    fn check(who: &Who, judgement: Judgement, answered_by: Option<Answerer>, wanted: Judgement, code: &str) {
        let answer = Answer { status: Some(200), answered_by, ..Answer::default() };
        let (got, why) = who.judge((judgement, "as_it_was: so".into()), &answer);
        assert_eq!((got, why.split(':').next()), (wanted, Some(code)), "{why}");
    }

    #[test]
    fn a_right_answer_counts_when_the_front_says_that_the_live_instance_gave_it() {
        use Judgement::{Broken, Met, NoWitness, Unverified};
        let front = Who::of(Some(instance(1)), Some(&Key::of_token("t")));
        check(&front, Met, Some(instance(1)), Met, "as_it_was");
        check(&front, Met, Some(instance(2)), NoWitness, "answered_by_another");
        check(
            &front,
            Met,
            Some(Answerer { label: "app/blue/1234567".into(), ..instance(1) }),
            NoWitness,
            "answered_by_another",
        );
        check(&front, Met, None, Unverified, "not_by_the_front");
        for wrong in [Broken, NoWitness, Unverified] {
            check(&front, wrong, None, wrong, "as_it_was");
            check(&front, wrong, Some(instance(2)), wrong, "as_it_was");
        }
    }

    #[test]
    fn without_a_front_or_a_live_instance_the_verdict_says_that_nobody_witnessed_who_answered() {
        let key = Key::of_token("t");
        for who in [Who::of(Some(instance(1)), None), Who::of(None, Some(&key)), Who::of(None, None)] {
            check(&who, Judgement::Met, None, Judgement::Met, "as_it_was");
            assert!(who.report(&Answer::default()).is_none());
            assert!(who.remark().contains("nobody witnessed who answered"));
        }
        let told = Who::of(Some(instance(1)), Some(&key));
        let seen = |by: Option<Answerer>| told.report(&Answer { answered_by: by, ..Answer::default() }).map(|r| r.seen);
        assert_eq!(
            (seen(None), seen(Some(instance(2))), seen(Some(instance(1)))),
            (Some(None), Some(Some(0)), Some(Some(1)))
        );
    }
}
