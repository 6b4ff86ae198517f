//! What a change is made of: nothing that somebody else did meanwhile is replaced.

use crate::changes::{changer, cluster, seen};
use kubernetes::{Order, Set, Upon};
use serde_json::{Value, json};
use testkit::failure::cluster::objects::{self, pod, with};
use testkit::failure::cluster::{Api, workload};

fn own(set: Set) -> Order<'static> {
    Order { incident: "inc-1", upon: Upon::Own(set) }
}

/// Somebody rolls out another image: another generation.
fn rolled_out(image: &str) -> Value {
    let deployment = with(objects::deployment(), "/spec/template", objects::template(image));
    with(with(deployment, "/metadata/generation", json!(5)), "/status/observedGeneration", json!(5))
}

#[tokio::test]
async fn what_somebody_else_rolled_out_since_it_was_looked_at_is_not_replaced() {
    for (line, conflicts) in [("dryRun=All", 1), ("orders?&fieldManager", 2)] {
        let api = Api::start();
        api.refuse(line, &[409]);
        api.know(|known| known.forestalled = Some(rolled_out("orders:3")));
        let error = changer(&api, workload()).await.use_revision(1, &seen("inc-1")).await.expect_err("refused");
        assert!(error.is_foreign() && error.may_pass(), "{error:?}");
        assert_eq!(error.is_unsent(), conflicts == 1, "{error:?}");
        let image = api.know(|known| known.deployment["spec"]["template"]["spec"]["containers"][0]["image"].clone());
        assert_eq!(image, "orders:3");
        assert_eq!(api.lines("PATCH").len(), conflicts);
    }
    // Nobody was in the way of it: it was changed between the look and the first request.
    let api = Api::start();
    api.know(|known| known.deployment = rolled_out("orders:3"));
    let changer = changer(&api, workload()).await;
    for done in [changer.use_revision(1, &seen("inc-1")).await, changer.scale(3, &seen("inc-1")).await] {
        assert!(done.expect_err("refused").to_string().contains("somebody changed it"));
    }
    assert_eq!(api.lines("PATCH").len(), 0);
}

#[tokio::test]
async fn what_nobody_decided_is_only_found_to_be_done_already() {
    let api = Api::start();
    let changer = changer(&api, workload()).await;
    let order = Order { incident: "inc-1", upon: Upon::Seen(None) };
    assert!(changer.restart(&order).await.expect_err("nobody knows").is_foreign());
    changer.restart(&seen("inc-1")).await.expect("restarted");
    changer.restart(&order).await.expect("it is done already");
    assert_eq!(api.lines("PATCH").len(), 2);
    let nobodys = Order { incident: "", ..seen("inc-1") };
    let error = changer.restart(&nobodys).await.expect_err("for no incident");
    assert!(error.to_string().contains("no incident") && api.lines("PATCH").len() == 2, "{error}");
}

#[tokio::test]
async fn what_is_taken_back_is_what_was_set_and_nothing_else() {
    let (api, mi) = (Api::start(), 1 << 20);
    let changer = changer(&api, workload()).await;
    changer.scale(3, &seen("inc-1")).await.expect("scaled");
    changer.scale(0, &own(Set::Pods(3))).await.expect("taken back");
    changer.scale(3, &seen("inc-1")).await.expect("scaled");
    changer.limit_memory(192 * mi, None, &seen("inc-1")).await.expect("raised");
    changer.use_revision(1, &seen("inc-1")).await.expect("another revision");
    // A person scales it, rolls something out, and gives it memory of their own.
    let mut others = rolled_out("orders:8");
    others["metadata"]["annotations"] = api.know(|known| known.deployment["metadata"]["annotations"].clone());
    others["spec"]["replicas"] = json!(5);
    others["spec"]["template"]["spec"]["containers"][0]["resources"]["limits"]["memory"] = json!("1Gi");
    api.know(|known| known.deployment = others.clone());
    let patches = api.lines("PATCH").len();
    for left in [
        changer.scale(0, &own(Set::Pods(3))).await,
        changer.limit_memory(128 * mi, None, &own(Set::Memory(192 * mi))).await,
        changer.use_revision(2, &own(Set::Revision(1))).await,
        changer.use_revision(9, &own(Set::Revision(1))).await,
    ] {
        assert!(left.as_ref().expect_err("left alone").is_foreign(), "{left:?}");
    }
    assert_eq!((api.lines("PATCH").len(), api.know(|known| known.deployment.clone())), (patches, others));
}

#[tokio::test]
async fn what_was_never_set_is_not_taken_back() {
    let api = Api::start();
    // It has two pods, and no mark of the incident: another one had set them.
    let left = changer(&api, workload()).await.scale(0, &own(Set::Pods(2))).await.expect_err("left alone");
    assert!(left.is_foreign() && api.lines("PATCH").is_empty(), "{left:?}");
}

#[tokio::test]
async fn what_was_not_sent_is_told_from_what_may_have_been_made() {
    let look = "GET /apis/apps/v1/namespaces/shop/deployments";
    for (line, is_unsent) in [(look, true), ("dryRun=All", true), ("orders?&fieldManager", false)] {
        let api = Api::start();
        api.refuse(line, &[500, 500, 500]);
        let error = changer(&api, workload()).await.restart(&seen("inc-1")).await.expect_err(line);
        assert_eq!((error.is_unsent(), error.may_pass()), (is_unsent, true), "{line}: {error:?}");
    }
}

#[tokio::test]
async fn without_replica_sets_nobodys_pods_are_judged_or_deleted() {
    let api = Api::start();
    let at = objects::NOW.parse().expect("a time");
    // Another controller's, which the selector fits.
    let mut foreign = with(pod("foreign"), "/status/phase", json!("Failed"));
    foreign["metadata"]["ownerReferences"][0]["uid"] = json!("job-1");
    api.know(|known| known.pods = vec![foreign]);
    api.refuse("/replicasets", &[403, 403]);
    let found = cluster(&api).await.look(&workload(), at, false).await.findings();
    assert!(found.pods.is_none() && found.failed.is_empty(), "{found:?}");
    let error = changer(&api, workload()).await.delete_failed().await.expect_err("nobody can tell whose they are");
    assert!(error.is_unsent() && api.lines("DELETE").is_empty(), "{error:?}");
}

#[tokio::test]
async fn a_list_of_many_pages_is_read_to_its_end_or_not_at_all() {
    let api = Api::start();
    let at = objects::NOW.parse().expect("a time");
    let pods = |count: usize| (0..count).map(|nth| pod(&format!("orders-{nth}"))).collect::<Vec<_>>();
    api.know(|known| (known.page, known.pods) = (Some(2), pods(5)));
    let found = cluster(&api).await.look(&workload(), at, false).await.findings();
    assert_eq!(found.pods.expect("pods").present, 5);
    api.know(|known| known.pods = pods(21));
    let found = cluster(&api).await.look(&workload(), at, false).await.findings();
    assert!(found.pods.is_none() && found.unseen.iter().any(|why| why.contains("more than 20")), "{:?}", found.unseen);
}
