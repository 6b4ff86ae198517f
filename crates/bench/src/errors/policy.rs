//! The policies. Those beside the platform are as simple as they are in most places, and quick: a look every half second.

use super::world::World;
use serde::Serialize;
use std::cell::Cell;
use std::time::Duration;
use wire::relief::Ease;

/// Between two looks.
const LOOK: Duration = Duration::from_millis(500);
/// How long a look waits.
const PATIENCE: Duration = Duration::from_secs(1);
/// So many looks in a row must have failed.
const STRIKES: u32 = 3;

/// What is done about faults.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Policy {
    Nothing,
    Restart,
    RollBack,
    Breaker,
    Kintsugi,
}

impl Policy {
    pub(super) const ALL: [Policy; 5] =
        [Policy::Nothing, Policy::Restart, Policy::RollBack, Policy::Breaker, Policy::Kintsugi];

    pub(super) fn name(self) -> &'static str {
        match self {
            Policy::Nothing => "nothing",
            Policy::Restart => "restart only",
            Policy::RollBack => "roll back only",
            Policy::Breaker => "breaker only",
            Policy::Kintsugi => "Kintsugi",
        }
    }

    /// What the front does all the time under this policy.
    pub(super) fn eases(self) -> Vec<Ease> {
        let breaker = Ease::Breaker { paths: vec!["/greet".to_owned()], retry_after_s: 1 };
        if self == Policy::Breaker { vec![breaker] } else { Vec::new() }
    }

    /// Watches and acts, until the word to stop.
    ///
    /// # Errors
    /// When what is started does not come up.
    pub(super) async fn follow(self, world: &mut World, stop: &Cell<bool>) -> anyhow::Result<()> {
        let http = reqwest::Client::builder().no_proxy().timeout(PATIENCE).pool_max_idle_per_host(0).build()?;
        let mut strikes = 0;
        while !stop.get() {
            tokio::time::sleep(LOOK).await;
            // A restarter looks at the process alone; who rolls back looks at what users get.
            let url = match self {
                Policy::Restart => format!("{}/healthz", world.upstream()),
                Policy::RollBack => format!("{}/greet", world.front),
                Policy::Nothing | Policy::Breaker | Policy::Kintsugi => continue,
            };
            let is_well = http.get(url).send().await.is_ok_and(|answer| answer.status() == 200);
            strikes = if is_well { 0 } else { strikes + 1 };
            if strikes < STRIKES {
                continue;
            }
            strikes = 0;
            match self {
                Policy::Restart => world.restart().await?,
                _ => world.roll_back().await?,
            }
        }
        Ok(())
    }
}
