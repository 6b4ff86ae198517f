//! A target whose remote is behind a host.

use e2e::fleet::{Fleet, RECOVERY, Setup};
use testkit::eventually;
use testkit::ssh::Sshd;
use wire::event::Body;
use wire::incident::Status;

/// More than the attempts of what does not pass by itself.
const FAILURES: usize = 4;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_fault_is_healed_over_ssh_also_when_the_host_is_away_for_a_while() {
    let Some(sshd) = Sshd::start() else { return };
    let mut fleet = Fleet::start(Setup { sshd: Some(sshd), ..Setup::default() }).await;
    let before = fleet.until_live_is_head().await;
    fleet.fire().await;
    let incident = fleet.until(&[Status::Resolved]).await;
    fleet.assert_healed(&incident, &before).await;
    fleet.reset().await;

    let before = fleet.until_live_is_head().await;
    fleet.sshd.as_mut().expect("the host").pause();
    fleet.fire().await;
    eventually("steps fail while the host is away", RECOVERY, async || {
        let page = fleet.store().incidents(1, false).await.ok()?;
        let journal = fleet.journal(page.incidents.first()?.id).await;
        let failed = journal.iter().filter(|event| match &event.body {
            Body::Failed { problem, may_pass, .. } => {
                assert!(*may_pass && problem.code == "unavailable", "{problem}");
                true
            }
            _ => false,
        });
        (failed.count() >= FAILURES).then_some(())
    })
    .await;
    fleet.sshd.as_mut().expect("the host").resume();
    let incident = fleet.until(&[Status::Resolved]).await;
    fleet.assert_healed(&incident, &before).await;
}
