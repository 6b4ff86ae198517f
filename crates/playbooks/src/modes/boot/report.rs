//! What a target reports of its start.

use chrono::{DateTime, TimeDelta, Utc};
use serde::Deserialize;
use std::collections::BTreeMap;
use std::io::{Read as _, Seek as _, SeekFrom};
use std::path::Path;

/// So much of the end of a report is read, bytes.
const MAX_BYTES: u64 = 64 * 1024;

/// How it went with a phase.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Course {
    NotReported,
    Running {
        begun: DateTime<Utc>,
    },
    /// The start went on without it.
    Left {
        waited: TimeDelta,
    },
    /// It ended; so long did the start wait for it.
    Ended {
        waited: TimeDelta,
    },
}

impl Course {
    /// How long the start waited for it, or has been waiting.
    pub(super) fn took(self, now: DateTime<Utc>) -> TimeDelta {
        let took = match self {
            Course::NotReported => TimeDelta::zero(),
            Course::Running { begun } => now - begun,
            Course::Left { waited } | Course::Ended { waited } => waited,
        };
        took.max(TimeDelta::zero())
    }
}

#[derive(Deserialize)]
struct Line {
    phase: String,
    state: State,
    at: DateTime<Utc>,
}

#[derive(Deserialize)]
#[serde(rename_all = "snake_case")]
enum State {
    Begun,
    Left,
    Ended,
}

/// The phases of the newest start; none where nothing was reported yet.
pub(super) fn newest(path: &Path) -> std::io::Result<BTreeMap<String, Course>> {
    let mut file = match std::fs::File::open(path) {
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(BTreeMap::new()),
        file => file?,
    };
    let from = file.metadata()?.len().saturating_sub(MAX_BYTES);
    file.seek(SeekFrom::Start(from))?;
    let mut bytes = Vec::new();
    file.take(MAX_BYTES).read_to_end(&mut bytes)?;
    Ok(courses(&String::from_utf8_lossy(&bytes)))
}

/// A phase that begins a second time belongs to a new start. A line that says nothing known is passed over.
fn courses(text: &str) -> BTreeMap<String, Course> {
    let mut courses = BTreeMap::new();
    for Line { phase, state, at } in text.lines().filter_map(|line| serde_json::from_str(line).ok()) {
        let course = match (state, courses.get(&phase)) {
            (State::Begun, before) => {
                if before.is_some() {
                    courses.clear();
                }
                Course::Running { begun: at }
            }
            (State::Left, Some(Course::Running { begun })) => Course::Left { waited: at - *begun },
            (State::Ended, Some(Course::Running { begun })) => Course::Ended { waited: at - *begun },
            // It ended in the background: nobody waited for that.
            (State::Ended, Some(Course::Left { .. })) => Course::Ended { waited: TimeDelta::zero() },
            _ => continue,
        };
        courses.insert(phase, course);
    }
    courses
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, expected: &[(&str, Course)]) {
        let expected = expected.iter().map(|(phase, course)| ((*phase).to_owned(), *course)).collect();
        assert_eq!(courses(text), expected, "{text}");
    }

    fn line(phase: &str, state: &str, second: u32) -> String {
        format!("{{\"phase\": \"{phase}\", \"state\": \"{state}\", \"at\": \"2026-11-22T10:00:{second:02}Z\"}}\n")
    }

    #[test]
    fn the_newest_start_counts_and_what_ended_in_the_background_kept_nobody_waiting() {
        let begun = "2026-11-22T10:00:40Z".parse().expect("a time");
        let first = line("a", "begun", 1) + &line("a", "ended", 3);
        check(&first, &[("a", Course::Ended { waited: TimeDelta::seconds(2) })]);
        let left = first.clone() + "torn {\n" + &line("b", "begun", 4) + &line("b", "left", 9);
        let a = ("a", Course::Ended { waited: TimeDelta::seconds(2) });
        check(&left, &[a, ("b", Course::Left { waited: TimeDelta::seconds(5) })]);
        let ended = left.clone() + &line("b", "ended", 30);
        check(&ended, &[a, ("b", Course::Ended { waited: TimeDelta::zero() })]);
        check(&(ended + &line("a", "begun", 40)), &[("a", Course::Running { begun })]);
        check("", &[]);
    }
}
