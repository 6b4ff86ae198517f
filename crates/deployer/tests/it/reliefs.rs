//! Reliefs: put in force, kept through a crash and a roll-out, withdrawn, swept.

use crate::place::{LIMIT, Place};
use testkit::tiny::FAULT;
use wire::relief::{Ease, Relieve, Withdraw};
use wire::{Authority, Epoch, Fence, IncidentId};

async fn place() -> Place {
    let relief = "relief = [{ kind = \"stale\", paths = [\"/greet\"] }, { kind = \"breaker\", paths = [\"/greet\"] }]";
    let title = "title = \"The greeting cannot be made\"";
    Place::with(|target| target.replace(title, &format!("{title}\n{relief}\nrelief_s = 600"))).await.started().await
}

fn authority(fence: i64, epoch: i64) -> Authority {
    Authority { fence: Fence(fence), epoch: Epoch(epoch) }
}

fn relieve(place: &Place, authority: Authority) -> Relieve {
    let code = FAULT.parse().expect("a code");
    Relieve { incident: IncidentId::fresh(), target: place.name(), code, authority }
}

fn withdraw(relieve: &Relieve) -> Withdraw {
    Withdraw { incident: relieve.incident, target: relieve.target.clone(), authority: relieve.authority }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_relief_is_in_force_when_it_is_answered_outlives_a_crash_and_a_roll_out_and_is_withdrawn_once() {
    let mut place = place().await;
    assert_eq!(place.doubles.table().routes[0].keep, ["/greet"], "what may be needed is kept from the start");
    let asked = relieve(&place, authority(1, 1));
    let relieved = place.client().relieve(&asked).await.expect("a relief");
    assert!(relieved.what.contains("/greet"), "{}", relieved.what);
    let stands = place.doubles.table().reliefs;
    assert_eq!((stands.len(), stands[0].incident, stands[0].until), (1, asked.incident, relieved.until));
    assert!(matches!(stands[0].eases[..], [Ease::Stale { .. }, Ease::Breaker { .. }]));
    place.crash();
    place.start().await;
    assert_eq!(place.client().relieve(&asked).await.expect("the same"), relieved, "asked again, it lasts no longer");
    let rollout = place.deploy(&place.cure(), 1).await.expect("an outcome");
    assert!(rollout.switched_at.is_some());
    assert_eq!(place.doubles.table().reliefs, stands, "a roll-out leaves it alone");
    place.doubles.script().relieved.insert(asked.incident, 7);
    let withdrawn = place.client().withdraw(&withdraw(&asked)).await.expect("withdrawn");
    assert_eq!((withdrawn.what, withdrawn.answered), (relieved.what, Some(7)));
    assert!(place.doubles.table().reliefs.is_empty());
    let again = place.client().withdraw(&withdraw(&asked)).await.expect("nothing to do");
    assert_eq!((again.what.as_str(), again.answered), ("", None), "of what is not there nobody knows");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_older_lease_or_epoch_eases_nothing_and_a_reset_takes_what_stands() {
    let place = place().await;
    place.client().relieve(&relieve(&place, authority(5, 1))).await.expect("a relief");
    let refused = place.client().relieve(&relieve(&place, authority(4, 1))).await.expect_err("an older lease");
    assert_eq!(refused.code(), Some("fence_stale"));
    assert_eq!(place.doubles.table().reliefs.len(), 1);
    place.commit("note.txt", "reset\n", "Reset\n\nKintsugi-Reset: 2\n");
    let swept = async || place.doubles.table().reliefs.is_empty().then_some(());
    testkit::eventually("a reset's epoch takes it away", LIMIT, swept).await;
    let refused = place.client().relieve(&relieve(&place, authority(6, 1))).await.expect_err("an older epoch");
    assert_eq!(refused.code(), Some("epoch_stale"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_fault_without_a_relief_and_a_target_that_nobody_knows_are_said_to_be_so() {
    let place = Place::running().await;
    let refused = place.client().relieve(&relieve(&place, authority(1, 1))).await.expect_err("no relief");
    assert_eq!((refused.status(), refused.code()), (Some(404), Some("not_found")));
    let stranger = Relieve { target: "nobody".parse().expect("a name"), ..relieve(&place, authority(1, 1)) };
    assert_eq!(place.client().relieve(&stranger).await.expect_err("no target").status(), Some(404));
}
