//! The Kubernetes conditions, over HTTP: what is found, in which order things are tried, and what is left alone.

use kubernetes::Cluster;
use playbooks::{Playbook, WorkloadPlaybook};
use serde_json::{Value, json};
use testkit::failure::cluster::objects::{NOW, ailing, pod, progressing, template, terminated, waiting, with};
use testkit::failure::cluster::{Api, workload};
use wire::runtime::{ActOutcome, Action, Undo};
use wire::target::Workload;

use crate::stand::{Stand, check};

const MI: u64 = 1 << 20;

async fn playbook(api: &Api, of: Workload) -> WorkloadPlaybook {
    let cluster = Cluster::of(&api.kubeconfig).await.expect("a kubeconfig");
    let now: chrono::DateTime<chrono::Utc> = NOW.parse().expect("a time");
    let clock = testkit::FakeClock::at(now.timestamp());
    let playbook = WorkloadPlaybook::new(of, cluster, std::sync::Arc::new(clock));
    playbook.is_for("inc-1");
    playbook
}

/// What would be tried, in order.
async fn tried(playbook: &WorkloadPlaybook) -> Vec<Action> {
    let seen = playbook.look().await;
    playbook.remedies(&seen).into_iter().map(|remedy| remedy.action).collect()
}

fn crashing() -> Value {
    ailing("orders-a", waiting("CrashLoopBackOff", ""), terminated("Error", 1, "2026-11-22T11:51:00Z"), 1)
}

fn imageless() -> Value {
    ailing("orders-a", waiting("ImagePullBackOff", "not found"), json!({}), 0)
}

fn killed() -> Value {
    ailing("orders-a", waiting("CrashLoopBackOff", ""), terminated("OOMKilled", 137, "2026-11-22T11:59:00Z"), 4)
}

#[tokio::test]
async fn what_is_well_is_well_and_nothing_is_tried() {
    let api = Api::start();
    let playbook = playbook(&api, workload()).await;
    assert!(Stand::new().is_well(&playbook).await);
    assert_eq!(tried(&playbook).await, []);
    assert!(api.lines("GET").iter().all(|line| !line.contains("/events")), "a workload that is well is not asked why");
}

#[tokio::test]
async fn each_condition_has_its_remedies_in_their_order() {
    let back = || Action::UseRevision { revision: 1 };
    let more = Action::LimitMemory { limit: 192 * MI, request: None };
    for (pod, wanted) in [
        (crashing(), vec![Action::RestartPods {}, back()]),
        (imageless(), vec![back()]),
        (killed(), vec![more]),
        (ailing("orders-a", json!({ "running": {} }), json!({}), 0), vec![Action::RestartPods {}, back()]),
        (
            with(pod("orders-a"), "/status/phase", json!("Failed")),
            vec![Action::RestartPods {}, Action::DeleteFailedPods {}],
        ),
    ] {
        let api = Api::start();
        api.know(|known| known.pods = vec![pod.clone()]);
        assert_eq!(tried(&playbook(&api, workload()).await).await, wanted, "{pod}");
    }
}

#[tokio::test]
async fn every_remedy_knows_its_way_back() {
    let api = Api::start();
    api.know(|known| known.pods = vec![imageless()]);
    let of = playbook(&api, workload()).await;
    let undo = |remedies: Vec<wire::runtime::Remedy>| remedies.into_iter().next().map(|remedy| remedy.undo);
    assert_eq!(undo(of.remedies(&of.look().await)), Some(Undo::by(Action::UseRevision { revision: 2 })));
    api.know(|known| known.pods = vec![killed()]);
    let before = Action::LimitMemory { limit: 128 * MI, request: None };
    assert_eq!(undo(of.remedies(&of.look().await)), Some(Undo::by(before)));
    api.know(|known| known.deployment["spec"]["replicas"] = json!(0));
    assert_eq!(undo(of.remedies(&of.look().await)), Some(Undo::by(Action::ScalePods { replicas: 0 })));
}

#[tokio::test]
async fn a_healing_is_one_patch_that_is_tried_out_first() {
    let (api, stand) = (Api::start(), Stand::new());
    api.know(|known| known.deployment["spec"]["replicas"] = json!(0));
    let report = stand.heal(&playbook(&api, workload()).await, "inc-1").await;
    check(&report, ActOutcome::Healed);
    assert_eq!(api.body("PATCH")["spec"], json!({ "replicas": 2 }));
    assert_eq!(api.lines("PATCH").len(), 2);
}

#[tokio::test]
async fn what_makes_nothing_better_is_taken_back_and_not_tried_again() {
    let (api, stand) = (Api::start(), Stand::new());
    api.know(|known| known.pods = vec![imageless()]);
    let report = stand.heal(&playbook(&api, workload()).await, "inc-1").await;
    check(&report, ActOutcome::Unhealed);
    let kept: Vec<_> = report.tried.iter().map(|tried| (tried.remedy.action.clone(), tried.kept)).collect();
    assert_eq!(kept, [(Action::UseRevision { revision: 1 }, false)]);
    let image = api.know(|known| known.deployment["spec"]["template"]["spec"]["containers"][0]["image"].clone());
    assert_eq!(image, "orders:2");
}

#[tokio::test]
async fn what_somebody_else_rolled_out_meanwhile_is_not_taken_back() {
    let (api, stand) = (Api::start(), Stand::new());
    api.know(|known| known.pods = vec![imageless()]);
    let of = playbook(&api, workload()).await;
    let diary = &mut stand.diary();
    let healing = playbooks::heal(&of, &stand.site, diary, "inc-1");
    let other = async {
        testkit::eventually("it is patched", std::time::Duration::from_secs(10), async || {
            (api.lines("PATCH").len() == 2).then_some(())
        })
        .await;
        api.know(|known| known.deployment["spec"]["template"] = template("orders:3"));
    };
    let (report, ()) = tokio::join!(healing, other);
    let report = report.expect("a diary");
    check(&report, ActOutcome::Unhealed);
    assert!(report.tried.first().is_some_and(|tried| tried.what.contains("left as it is")), "{report:#?}");
    let image = api.know(|known| known.deployment["spec"]["template"]["spec"]["containers"][0]["image"].clone());
    assert_eq!((image, api.lines("PATCH").len()), (json!("orders:3"), 2));
}

#[tokio::test]
async fn an_outage_before_anything_is_sent_calls_nobody_and_spends_nothing() {
    let (api, stand) = (Api::start(), Stand::new());
    api.know(|known| known.pods = vec![imageless()]);
    let of = playbook(&api, workload()).await;
    api.refuse("PATCH", &[500; 9]);
    let report = stand.heal(&of, "inc-1").await;
    check(&report, ActOutcome::Unhealed);
    assert!(report.tried.is_empty() && report.advice.join("").contains("answered 500"), "{report:#?}");
    assert!(!stand.diary().is_cut_short() && api.lines("PATCH").iter().all(|line| line.contains("dryRun=All")));
    // Once the cluster is there again, the same is tried.
    let report = stand.heal(&of, "inc-1").await;
    assert_eq!(report.tried.len(), 1, "{report:#?}");
    // What the cluster does not take is spent, and there is nothing to take back.
    let (api, stand) = (Api::start(), Stand::new());
    api.know(|known| known.pods = vec![imageless()]);
    api.refuse("PATCH", &[422]);
    let report = stand.heal(&playbook(&api, workload()).await, "inc-1").await;
    check(&report, ActOutcome::Unhealed);
    assert!(report.tried.first().is_some_and(|tried| tried.what.contains("nothing was changed")), "{report:#?}");
    assert_eq!(api.lines("PATCH").len(), 1);
}

#[tokio::test]
async fn a_restart_that_was_cut_short_is_not_done_a_second_time() {
    for is_restarted in [true, false] {
        let (api, stand) = (Api::start(), Stand::new());
        let notes = json!({ "kintsugi/restarted-for": "inc-1" });
        api.know(|known| {
            known.pods = vec![crashing()];
            if is_restarted {
                known.deployment["spec"]["template"]["metadata"]["annotations"] = notes.clone();
            }
        });
        let of = playbook(&api, workload()).await;
        of.is_for("");
        let remedy = of.remedies(&of.look().await).into_iter().next().expect("a restart");
        let trying = json!({ "remedy": remedy, "before": 1, "from": NOW });
        let page = json!({ "cause": "inc-1", "first": [], "tried": [], "held": [], "trying": trying });
        stand.write("diary.json", page.to_string());
        playbooks::withdraw(&of, &stand.site, &mut stand.diary()).await.expect("a diary");
        assert!(!stand.diary().is_cut_short());
        // Where it had not begun it is decided anew, by whoever is asked to heal it.
        let left = std::fs::read_to_string(stand.path("diary.json")).expect("a diary");
        assert_eq!(left.contains("were restarted for this incident already"), is_restarted, "{left}");
        assert_eq!(api.lines("PATCH"), Vec::<String>::new(), "{is_restarted}");
    }
}

#[tokio::test]
async fn a_workload_of_git_ops_gets_advice_with_the_exact_change_and_no_patch() {
    for (pod, told) in [
        (crashing(), "rollout restart"),
        (imageless(), "revision 1 (images: orders:1)"),
        (killed(), "`resources.limits.memory` of the container app to 192Mi"),
    ] {
        let (api, stand) = (Api::start(), Stand::new());
        api.know(|known| {
            known.pods = vec![pod];
            known.deployment["metadata"]["labels"] = json!({ "argocd.argoproj.io/instance": "shop" });
        });
        let report = stand.heal(&playbook(&api, workload()).await, "inc-1").await;
        check(&report, ActOutcome::Unhealed);
        let advice = report.advice.join("\n");
        assert!(advice.contains("It belongs to Argo CD") && advice.contains(told), "{advice}");
        assert_eq!(api.lines("PATCH"), Vec::<String>::new());
    }
}

#[tokio::test]
async fn what_only_a_person_can_set_right_is_not_restarted() {
    let failure = json!({ "type": "ReplicaFailure", "status": "True", "reason": "FailedCreate", "message": "exceeded quota: tight" });
    let conditions = json!([failure, progressing("NewReplicaSetAvailable")]);
    let mut stranded = crashing();
    stranded["spec"]["volumes"] = json!([{ "name": "data", "persistentVolumeClaim": { "claimName": "orders-data" } }]);
    for (pods, conditions, told) in
        [(vec![], conditions, "tight"), (vec![stranded], json!([progressing("NewReplicaSetAvailable")]), "orders-data")]
    {
        let (api, stand) = (Api::start(), Stand::new());
        api.know(|known| {
            known.pods = pods;
            known.deployment["status"]["conditions"] = conditions;
        });
        let report = stand.heal(&playbook(&api, workload()).await, "inc-1").await;
        check(&report, ActOutcome::Unhealed);
        assert!(report.tried.is_empty() && report.advice.join("\n").contains(told), "{report:#?}");
    }
}

#[tokio::test]
async fn what_may_not_be_seen_is_never_well() {
    let (api, stand) = (Api::start(), Stand::new());
    for what in ["/horizontalpodautoscalers", "/pods?", "/deployments/orders"] {
        api.refuse(what, &[403]);
        assert!(!stand.is_well(&playbook(&api, workload()).await).await, "{what}");
    }
    api.refuse("/deployments/orders", &[403; 10]);
    let playbook = playbook(&api, workload()).await;
    let report = playbooks::heal(&playbook, &stand.site, &mut stand.diary(), "inc-1").await.expect("a diary");
    check(&report, ActOutcome::Unverified);
    assert!(report.tried.is_empty() && report.advice.join("\n").contains("get deployments.apps"), "{report:#?}");
}

#[tokio::test]
async fn a_change_that_is_under_way_is_no_fault_until_it_is_seen_to_fail() {
    let api = Api::start();
    let new = ailing("orders-a", waiting("ContainerCreating", ""), json!({}), 0);
    api.know(|known| {
        known.pods = vec![new];
        known.deployment["status"]["availableReplicas"] = json!(0);
        known.deployment["status"]["conditions"] = json!([progressing("ReplicaSetUpdated")]);
    });
    let playbook = playbook(&api, workload()).await;
    let ill = async || playbook.invariants(&playbook.look().await).into_iter().any(|it| it.holds == Some(false));
    assert!(!ill().await);
    assert_eq!(tried(&playbook).await, []);
    api.know(|known| known.deployment["status"]["conditions"] = json!([progressing("ProgressDeadlineExceeded")]));
    assert!(ill().await);
}
