//! Ids as newtypes: an id of one kind cannot be passed for another, also on the wire.

use serde::{Deserialize, Serialize};
use std::fmt;
use std::str::FromStr;
use uuid::Uuid;

/// Why a text is not the id it was read as.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{got:?} is not a {kind}: expected {expected}")]
pub struct InvalidId {
    /// The kind of id that was expected.
    pub kind: &'static str,
    /// The text that was given.
    pub got: String,
    /// The form that would be right.
    pub expected: &'static str,
}

macro_rules! text_id {
    ($(#[$doc:meta])* $name:ident, $kind:literal, $expected:literal, $check:expr) => {
        $(#[$doc])*
        #[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(try_from = "String", into = "String")]
        pub struct $name(String);

        impl $name {
            /// The text, as it stands on the wire.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }
        impl TryFrom<String> for $name {
            type Error = InvalidId;
            fn try_from(text: String) -> Result<Self, InvalidId> {
                let check: fn(&str) -> bool = $check;
                if check(&text) {
                    Ok(Self(text))
                } else {
                    let got = text.chars().take(80).collect();
                    Err(InvalidId { kind: $kind, got, expected: $expected })
                }
            }
        }
        impl FromStr for $name {
            type Err = InvalidId;
            fn from_str(text: &str) -> Result<Self, InvalidId> {
                Self::try_from(text.to_owned())
            }
        }
        impl From<$name> for String {
            fn from(id: $name) -> String {
                id.0
            }
        }
        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }
    };
}

pub(crate) fn is_name(text: &str, max: usize, extra: &str) -> bool {
    !text.is_empty()
        && text.len() <= max
        && text.chars().all(|c| c.is_ascii_alphanumeric() || extra.contains(c))
        && text.starts_with(|c: char| c.is_ascii_alphanumeric())
}

fn is_hex(text: &str, length: usize) -> bool {
    text.len() == length && text.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'))
}

text_id!(
    /// A watched service, as its target file names it.
    TargetName, "target name", "1 to 64 of a-z 0-9 -",
    |t| is_name(t, 64, "-") && !t.chars().any(|c| c.is_ascii_uppercase())
);
text_id!(
    /// The code of a fault, e.g. `FAULT_SQL_INJECTION_TEST`.
    FaultCode, "fault code", "1 to 96 of A-Z a-z 0-9 _ - .",
    |t| is_name(t, 96, "_-.")
);
text_id!(
    /// One occurrence of a fault; the application's report and the router's detection carry the same one.
    EventId, "event id", "1 to 128 of A-Z a-z 0-9 _ - . :",
    |t| is_name(t, 128, "_-.:")
);
text_id!(
    /// A git commit: 40 lower-case hexadecimal digits.
    CommitId, "commit id", "40 lower-case hexadecimal digits", |t| is_hex(t, 40)
);
text_id!(
    /// A git tree: 40 lower-case hexadecimal digits. Equal trees build equal artefacts.
    TreeId, "tree id", "40 lower-case hexadecimal digits", |t| is_hex(t, 40)
);
text_id!(
    /// The id a replay carries in `x-kintsugi-replay`; it is also the witness' tag.
    ReplayId, "replay id", "1 to 48 of A-Z a-z 0-9 -", |t| is_name(t, 48, "-")
);

impl ReplayId {
    /// A fresh id (`kr-` and 32 hexadecimal digits), short enough for PostgreSQL's `application_name` (63 bytes).
    pub fn fresh() -> Self {
        Self(format!("kr-{}", Uuid::new_v4().simple()))
    }
}

impl EventId {
    /// A fresh random id.
    pub fn fresh() -> Self {
        Self(Uuid::new_v4().simple().to_string())
    }
}

/// An incident.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct IncidentId(pub Uuid);

impl IncidentId {
    /// A fresh id that sorts by its time.
    pub fn fresh() -> Self {
        Self(Uuid::now_v7())
    }
}

impl fmt::Display for IncidentId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl FromStr for IncidentId {
    type Err = InvalidId;
    fn from_str(text: &str) -> Result<Self, InvalidId> {
        Uuid::parse_str(text).map(Self).map_err(|_| InvalidId {
            kind: "incident id",
            got: text.chars().take(80).collect(),
            expected: "a UUID",
        })
    }
}

macro_rules! number_id {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(transparent)]
        pub struct $name(pub i64);

        impl $name {
            /// The one after this.
            pub fn next(self) -> Self {
                Self(self.0 + 1)
            }
        }
        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.fmt(f)
            }
        }
    };
}

number_id!(
    /// A fencing token: grows with every lease granted, over all incidents. A receiver refuses a lower one than it has seen.
    Fence
);
number_id!(
    /// A reset starts a new epoch; work of an older one is refused everywhere.
    Epoch
);
number_id!(
    /// The place of an event in its incident's journal, from 1.
    Position
);

/// What an effect is asked with: the lease it is done under and the epoch it belongs to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Authority {
    /// The lease's fencing token.
    pub fence: Fence,
    /// The epoch in which the lease was granted.
    pub epoch: Epoch,
}

/// A reader's place in the feed of all events. A sequence is not a commit order, so it is the pair
/// (transaction, id): `pg_current_xact_id()` and the row's id.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Cursor {
    /// The transaction that wrote the last event read.
    pub txid: u64,
    /// The id of the last event read.
    pub id: i64,
}

impl fmt::Display for Cursor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}-{}", self.txid, self.id)
    }
}

impl From<Cursor> for String {
    fn from(cursor: Cursor) -> String {
        cursor.to_string()
    }
}

impl TryFrom<String> for Cursor {
    type Error = InvalidId;
    fn try_from(text: String) -> Result<Self, InvalidId> {
        let parsed =
            text.split_once('-').and_then(|(txid, id)| Some(Self { txid: txid.parse().ok()?, id: id.parse().ok()? }));
        parsed.filter(|cursor| cursor.id >= 0).ok_or_else(|| InvalidId {
            kind: "cursor",
            got: text.chars().take(80).collect(),
            expected: "TXID-ID, as a feed answered it (0-0 for the start)",
        })
    }
}

impl FromStr for Cursor {
    type Err = InvalidId;
    fn from_str(text: &str) -> Result<Self, InvalidId> {
        Self::try_from(text.to_owned())
    }
}
