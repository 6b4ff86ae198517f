//! The faults: each is really injected.

use serde::Serialize;
use std::time::Duration;
use testkit::tiny::Mood;

/// For how long a dependency is away.
pub(super) const OUTAGE: Duration = Duration::from_secs(10);

/// A fault of the tiny target.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Fault {
    BadPush,
    Latent,
    Crash,
    Hang,
    UpstreamFails,
    UpstreamHangs,
}

impl Fault {
    pub(super) const ALL: [Fault; 6] =
        [Fault::BadPush, Fault::Latent, Fault::Crash, Fault::Hang, Fault::UpstreamFails, Fault::UpstreamHangs];

    pub(super) fn name(self) -> &'static str {
        match self {
            Fault::BadPush => "bad push",
            Fault::Latent => "latent code fault",
            Fault::Crash => "crash",
            Fault::Hang => "hung process",
            Fault::UpstreamFails => "upstream fails",
            Fault::UpstreamHangs => "upstream hangs",
        }
    }

    pub(super) fn told(self) -> &'static str {
        match self {
            Fault::BadPush => "a developer's push makes a path answer 500; the version before was well",
            Fault::Latent => {
                "the upstream begins to serve a number instead of a text; every version so far answers 500 then"
            }
            Fault::Crash => "the process is killed (SIGKILL)",
            Fault::Hang => "the process is stopped (SIGSTOP) and answers nothing any more",
            Fault::UpstreamFails => "the upstream answers 500 for a while",
            Fault::UpstreamHangs => "the upstream answers nothing for a while; the target gives up after 2 s",
        }
    }

    /// How the upstream behaves before the fault.
    pub(super) fn mood_before(self) -> Mood {
        if self == Fault::Latent { Mood::Text } else { Mood::Well }
    }

    /// How the upstream behaves from the fault on, and whether that passes.
    pub(super) fn mood(self) -> Option<(Mood, bool)> {
        match self {
            Fault::Latent => Some((Mood::Well, false)),
            Fault::UpstreamFails => Some((Mood::Fails, true)),
            Fault::UpstreamHangs => Some((Mood::Hangs, true)),
            Fault::BadPush | Fault::Crash | Fault::Hang => None,
        }
    }
}
