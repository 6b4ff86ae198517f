//! The demo's parts: its file, its constant-rate client, its closing table.

use crate::home::run_in;
use crate::stub::Stub;
use kintsugi::demo::scene::{Scene, TrafficPlan};
use kintsugi::demo::traffic::Traffic;
use serde_json::json;
use std::path::{Path, PathBuf};
use std::time::Duration;
use wire::target::Target;

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).ancestors().nth(2).unwrap().to_owned()
}

fn scene() -> Scene {
    Scene::load(&root().join(kintsugi::demo::scene::FILE)).unwrap()
}

fn written(text: &str) -> anyhow::Result<Scene> {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("demo.toml");
    std::fs::write(&path, text).unwrap();
    Scene::load(&path)
}

#[test]
fn every_fault_of_the_demo_is_one_that_the_target_is_watched_for_and_has_a_contract() {
    let scene = scene();
    for act in &scene.faults {
        let path = root().join(format!("deploy/targets/{}.toml", act.target));
        let text = std::fs::read_to_string(path).unwrap().replace("${FRONT}", "http://127.0.0.1:8000");
        let target = Target::parse(&text).unwrap();
        assert!(target.fault(&act.fault).is_some(), "{} is not watched for", act.fault);
        let contract = target.contract(&act.fault).unwrap_or_else(|| panic!("{} has no contract", act.fault));
        assert_eq!(act.request, contract.request, "{} is fired with another request than is replayed", act.name);
    }
}

#[test]
fn a_demo_file_that_cannot_be_played_is_refused_with_the_reason() {
    let traffic = "[traffic]\nper_second = 50\npaths = [\"/\"]\n";
    let act = "[[faults]]\nname = \"a\"\ntitle = \"t\"\ntarget = \"patient\"\nfault = \"FAULT_A\"\n\
               request = { method = \"GET\", path = \"/\" }\nfails_with = [500]\nheals_to = [200]\n";
    assert!(written(&format!("{traffic}{act}")).is_ok());
    for (text, why) in [
        (format!("{traffic}{act}{act}"), "the name a is there twice"),
        (format!("{}{act}", traffic.replace("50", "0")), "per_second must be 1 to 1000"),
        (format!("{}{act}", traffic.replace("\"/\"", "")), "at least one path"),
        (format!("{traffic}{}", act.replace("fails_with = [500]", "fails_with = []")), "fails_with"),
        (format!("{traffic}{act}sent_at_most = 0\n"), "sent_at_most must be 1 to 1000"),
        (format!("{traffic}{act}surprise = 1\n"), "surprise"),
        (format!("faults = []\n{traffic}"), "at least one of [[faults]]"),
    ] {
        let error = written(&text).unwrap_err();
        assert!(format!("{error:#}").contains(why), "wanted {why}: {error:#}");
    }
}

#[test]
fn only_the_named_faults_are_fired_in_the_order_of_the_file() {
    let names = |wanted: &[&str]| -> Vec<String> {
        let wanted: Vec<String> = wanted.iter().map(|name| (*name).to_owned()).collect();
        scene().only(&wanted).unwrap().faults.into_iter().map(|act| act.name).collect()
    };
    assert_eq!(names(&[]), ["sql", "api", "db"]);
    assert_eq!(names(&["db", "sql"]), ["sql", "db"]);
    assert_eq!(names(&["queue", "memory"]), ["memory", "queue"], "what is fired only when it is named");
}

#[test]
fn an_unknown_fault_is_a_wrong_command_line_that_names_the_known_ones() {
    let home = tempfile::tempdir().unwrap();
    let path = root().join(kintsugi::demo::scene::FILE);
    let ended = run_in(home.path(), &["demo", "--fault", "nope", "--scene", path.to_str().unwrap()]);
    assert_eq!(ended.code, 2);
    assert!(ended.err.contains("there are: sql, api, db, memory, session, retry-storm, queue"), "{ended:?}");
    assert!(!home.path().join("lock").exists(), "no stack was begun");
}

#[tokio::test]
async fn the_client_asks_every_path_and_counts_failures_by_phase() {
    let stub = Stub::start(|asked| (if asked.path == "/broken" { 503 } else { 200 }, json!({})));
    let plan = |paths: &[&str]| TrafficPlan { per_second: 200, paths: paths.iter().map(|p| (*p).to_owned()).collect() };
    let traffic = Traffic::start(&stub.url, &plan(&["/", "/broken"]), "first").unwrap();
    let asked = |more: usize| {
        let stub = stub.clone();
        async move {
            testkit::eventually("requests", Duration::from_secs(10), async || {
                (stub.asked().len() >= more).then_some(())
            })
            .await;
        }
    };
    asked(6).await;
    traffic.enter("second");
    let before = stub.asked().len();
    asked(before + 6).await;
    let counts = traffic.end().await;
    let all = stub.asked().len() as u64;
    let total: u64 = counts.values().map(|count| count.requests).sum();
    assert_eq!(total, all, "every request is counted once: {counts:?}");
    assert_eq!(counts.keys().collect::<Vec<_>>(), ["first", "second"]);
    for count in counts.values() {
        assert!(count.failed > 0 && count.failed < count.requests, "{count:?}");
        assert!(count.failures[0].contains("/broken: 503"), "{count:?}");
        assert!(count.failures.len() <= 5, "a phase keeps few failures");
    }
}
