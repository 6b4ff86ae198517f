//! What to do when the store did not take a detection. Pure.

use wire::problem::code;

/// How often an answer is doubted that says neither "later" nor "never".
const DOUBTED: u32 = 20;

/// The next thing to do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Next {
    /// Ask again after a pause.
    Again,
    /// Ask again after a long pause: somebody has to change something.
    Slowly,
    /// The store knows it already.
    Known,
    /// It will never be taken.
    Skip,
}

/// Decides by the answer's status (`None`: no answer, or none that was agreed) and code, and by how often it was tried.
pub(super) fn next(status: Option<u16>, problem: Option<&str>, tries: u32) -> Next {
    match status {
        Some(401 | 403) => Next::Slowly,
        Some(408 | 429) => Next::Again,
        Some(409) if problem == Some(code::KEY_CONFLICT) => Next::Known,
        // A race within the store, or another service at that address: both may pass, neither may block for ever.
        Some(409) if tries < DOUBTED => Next::Again,
        Some(404 | 405) if tries < DOUBTED => Next::Slowly,
        Some(400..=499) => Next::Skip,
        _ => Next::Again,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(status: Option<u16>, problem: Option<&str>, tries: u32, expected: Next) {
        assert_eq!(next(status, problem, tries), expected, "{status:?} {problem:?} try {tries}");
    }

    #[test]
    fn an_absent_store_is_waited_for_and_an_invalid_detection_is_not() {
        for status in [None, Some(500), Some(502), Some(503), Some(429), Some(302)] {
            check(status, None, 1_000_000, Next::Again);
        }
        for status in [400, 413, 415, 422] {
            check(Some(status), Some("bad_request"), 1, Next::Skip);
        }
        for status in [401, 403] {
            check(Some(status), None, 1_000_000, Next::Slowly);
        }
    }

    #[test]
    fn an_ambiguous_refusal_is_doubted_but_not_for_ever() {
        check(Some(409), Some("key_conflict"), 1, Next::Known);
        check(Some(409), Some("position_conflict"), 1, Next::Again);
        check(Some(409), Some("position_conflict"), DOUBTED, Next::Skip);
        check(Some(404), Some("not_found"), 1, Next::Slowly);
        check(Some(404), Some("not_found"), DOUBTED, Next::Skip);
    }
}
