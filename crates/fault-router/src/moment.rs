//! When a line says that it was written. Pure.

use chrono::{DateTime, SubsecRound, TimeDelta, Utc};

/// How far a line's own time may lie ahead of ours.
const AHEAD: TimeDelta = TimeDelta::minutes(1);
/// How far it may lie back; a clock that was never set is further away than this.
const BACK: TimeDelta = TimeDelta::days(366);

/// The time of a text in RFC 3339, if it is credible; else ours.
pub(crate) fn credible(ts: Option<&str>, now: DateTime<Utc>) -> DateTime<Utc> {
    let told = ts.and_then(|ts| DateTime::parse_from_rfc3339(ts).ok()).map(|t| t.to_utc().trunc_subsecs(6));
    told.filter(|at| *at <= now + AHEAD && *at >= now - BACK).unwrap_or(now)
}

/// The time that a line of text begins with, as it stands there: RFC 3339, or date and time in two words.
pub(crate) fn leading(line: &str) -> Option<String> {
    let text = line.trim_start_matches(['[', '<', '(', ' ']);
    let length = text.find(|c: char| !c.is_ascii_digit() && !"-:.,TZ+ ".contains(c)).unwrap_or(text.len());
    let time = text.get(..length)?.trim_end();
    let date: Vec<u8> = time.bytes().take(10).map(|byte| if byte.is_ascii_digit() { b'0' } else { byte }).collect();
    let clock = time.get(11..19).is_some_and(|clock| clock.bytes().filter(u8::is_ascii_digit).count() == 6);
    (date == b"0000-00-00" && clock).then(|| time.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_of_text_tells_its_time_at_its_beginning() {
        for (line, expected) in [
            ("2026-11-22T10:00:00.123Z ERROR x", Some("2026-11-22T10:00:00.123Z")),
            ("[2026-11-22 10:00:00,123] x", Some("2026-11-22 10:00:00,123")),
            ("2026-11-22 10:00:00 x", Some("2026-11-22 10:00:00")),
            ("2026-11-22 x", None),
            ("x 2026-11-22T10:00:00Z", None),
            ("2026-11-22 ten past", None),
            ("", None),
        ] {
            assert_eq!(leading(line).as_deref(), expected, "{line:?}");
        }
    }
}
