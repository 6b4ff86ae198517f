//! What a pipeline's word on a commit means, and what the target's own answer does to it. Pure. No word is success: without
//! one the roll-out is unverified, and with one the target is asked where it can be.

use crate::ledger::Word;
use wire::CommitId;
use wire::rollout::{CallbackStatus, ToldBy};

/// The fewest digits by which a version is told apart.
const MIN_DIGITS: usize = 7;
/// The longest text of a target that is shown.
const MAX_SHOWN: usize = 80;

/// What the target itself says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Look {
    /// It is well, and cannot be asked for its version.
    Well,
    /// It is well, and runs the commit.
    Same,
    /// It is well, and says that it runs something else.
    Other(String),
    /// It answers its health check with something else than 200.
    Unwell(String),
    /// It gives no answer that could be read.
    Silent(String),
}

/// What is known of a commit that a pipeline is to roll out.
#[derive(Debug, Clone)]
pub(crate) struct Facts<'a> {
    /// The pipeline's last word.
    pub(crate) word: Option<&'a Word>,
    /// None until the target was looked at.
    pub(crate) look: Option<&'a Look>,
    /// The branch has a newer head.
    pub(crate) moved: bool,
    /// The word was waited for as long as the target file says.
    pub(crate) late: bool,
}

/// A step.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Step {
    /// For the pipeline's word.
    Wait,
    /// At the target.
    Look,
    /// It is live.
    Live(ToldBy),
    /// It is not, because of what it is.
    Refused(String),
    /// It will not be: the branch has moved on.
    Superseded,
    /// Nothing is known of it.
    Unverified {
        /// Stable, for programs.
        code: &'static str,
        why: String,
        /// Whether it may pass by itself.
        may_pass: bool,
    },
}

/// The next step.
pub(crate) fn next(facts: &Facts<'_>) -> Step {
    let unverified = |code, why: &str, may_pass| Step::Unverified { code, why: format!("unverified: {why}"), may_pass };
    match facts.word.map(|word| (word, word.callback.status)) {
        None if facts.moved => Step::Superseded,
        None if facts.late => unverified("no_callback", "the pipeline has not called back in time", false),
        None => Step::Wait,
        Some((word, CallbackStatus::Failure)) => Step::Refused(format!("the pipeline failed: {}", words(word))),
        Some((_, CallbackStatus::Cancelled)) if facts.moved => Step::Superseded,
        Some((word, CallbackStatus::Cancelled)) => {
            unverified("pipeline_cancelled", &format!("the pipeline was cancelled: {}", words(word)), false)
        }
        Some((_, CallbackStatus::Success)) => match facts.look {
            None => Step::Look,
            Some(Look::Well) => Step::Live(ToldBy::Pipeline),
            Some(Look::Same) => Step::Live(ToldBy::Target),
            Some(Look::Unwell(why)) => Step::Refused(format!("the pipeline says that it is live, but {why}")),
            Some(Look::Other(_)) if facts.moved => Step::Superseded,
            Some(Look::Other(version)) => {
                let why = format!("the pipeline says that it is live, but the target says that it runs {version}");
                unverified("not_confirmed", &why, false)
            }
            Some(Look::Silent(why)) => unverified(wire::problem::code::UNAVAILABLE, why, true),
        },
    }
}

/// A pipeline's own words, with where to read more.
fn words(word: &Word) -> String {
    let callback = &word.callback;
    let why = callback.why.as_deref().unwrap_or("it does not say why");
    callback.run.as_ref().map_or_else(|| why.to_owned(), |run| format!("{why} ({run})"))
}

/// Who says so, for a person.
pub(crate) fn told(by: ToldBy) -> &'static str {
    match by {
        ToldBy::Target => "live: the pipeline says so, and so does the target itself",
        ToldBy::Pipeline | ToldBy::Unknown => "live: the pipeline says so; nobody else confirmed it",
    }
}

/// What a target's answer says of its version.
pub(crate) fn version(body: &[u8], pointer: &str, commit: &CommitId) -> Look {
    let answer: Option<serde_json::Value> = serde_json::from_slice(body).ok();
    let Some(version) = answer.as_ref().and_then(|answer| answer.pointer(pointer)).and_then(|value| value.as_str())
    else {
        return Look::Silent(format!("the target's answer has no text at {pointer}"));
    };
    if version.len() >= MIN_DIGITS && commit.as_str().starts_with(version) {
        return Look::Same;
    }
    let shown: String = version.chars().filter(|c| c.is_ascii_graphic()).take(MAX_SHOWN).collect();
    Look::Other(format!("{shown:?}"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use chrono::DateTime;
    use wire::rollout::Callback;

    fn commit() -> CommitId {
        "0123456789abcdef0123456789abcdef01234567".parse().expect("a commit id")
    }

    fn word(status: CallbackStatus) -> Word {
        let (run, why) = (Some("https://ci.invalid/7".to_owned()), Some("the tests failed".to_owned()));
        let callback = Callback { commit: commit(), status, environment: "production".into(), run, why };
        Word { id: "7-1".into(), callback, sent_at: DateTime::UNIX_EPOCH, received_at: DateTime::UNIX_EPOCH }
    }

    fn step(status: Option<CallbackStatus>, look: Option<Look>, moved: bool, late: bool) -> Step {
        let word = status.map(word);
        next(&Facts { word: word.as_ref(), look: look.as_ref(), moved, late })
    }

    #[test]
    fn without_a_word_it_is_waited_for_and_then_nothing_is_known() {
        assert_eq!(step(None, None, false, false), Step::Wait);
        assert_eq!(step(None, None, true, true), Step::Superseded);
        // What the target says does not take the word's place.
        for look in [None, Some(Look::Same), Some(Look::Well)] {
            let late = step(None, look, false, true);
            assert!(matches!(late, Step::Unverified { code: "no_callback", may_pass: false, .. }), "{late:?}");
        }
    }

    #[test]
    fn a_word_of_success_is_believed_only_after_the_target_was_looked_at() {
        let success = Some(CallbackStatus::Success);
        for (moved, late) in [(false, false), (true, true)] {
            assert_eq!(step(success, None, moved, late), Step::Look);
            assert_eq!(step(success, Some(Look::Same), moved, late), Step::Live(ToldBy::Target));
            assert_eq!(step(success, Some(Look::Well), moved, late), Step::Live(ToldBy::Pipeline));
            let other = step(success, Some(Look::Other("\"b\"".into())), moved, late);
            let unconfirmed = matches!(other, Step::Unverified { code: "not_confirmed", may_pass: false, .. });
            assert!(if moved { other == Step::Superseded } else { unconfirmed }, "{other:?}");
            let silent = step(success, Some(Look::Silent("no answer".into())), moved, late);
            assert!(matches!(silent, Step::Unverified { may_pass: true, .. }), "{silent:?}");
            let unwell = step(success, Some(Look::Unwell("/healthz is answered with 500".into())), moved, late);
            assert!(matches!(unwell, Step::Refused(why) if why.contains("500")));
        }
    }

    #[test]
    fn a_word_of_failure_is_told_in_the_pipelines_words_and_a_cancelled_run_says_nothing_of_the_commit() {
        let failed = step(Some(CallbackStatus::Failure), Some(Look::Same), false, false);
        assert_eq!(failed, Step::Refused("the pipeline failed: the tests failed (https://ci.invalid/7)".into()));
        let cancelled = step(Some(CallbackStatus::Cancelled), None, false, false);
        assert!(matches!(cancelled, Step::Unverified { code: "pipeline_cancelled", .. }), "{cancelled:?}");
        assert_eq!(step(Some(CallbackStatus::Cancelled), None, true, false), Step::Superseded);
    }

    #[test]
    fn a_version_is_the_commit_or_enough_of_its_first_digits() {
        let ask =
            |text: &str| version(format!("{{\"build\":{{\"commit\":{text}}}}}").as_bytes(), "/build/commit", &commit());
        assert_eq!(ask(&format!("\"{}\"", commit())), Look::Same);
        assert_eq!(ask("\"0123456\""), Look::Same);
        for other in ["\"012345\"", "\"\"", "\"0123457\"", "\"0123456789abcdef0123456789abcdef012345678\"", "\"main\""]
        {
            assert!(matches!(ask(other), Look::Other(_)), "{other}");
        }
        for silent in ["7", "null", "{}"] {
            assert!(matches!(ask(silent), Look::Silent(_)), "{silent}");
        }
        assert!(matches!(version(b"<html>", "/x", &commit()), Look::Silent(_)));
        let long = ask(&format!("\"{}\\n\"", "x".repeat(500)));
        assert!(matches!(long, Look::Other(shown) if shown.len() <= MAX_SHOWN + 2));
    }
}
