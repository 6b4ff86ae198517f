//! Mode 10, against a real process that is gone, hangs, does not come up, or is not installed.

use crate::stand::{Stand, check};
use playbooks::{Levers, ModelServerPlaybook, Playbook};
use serde_json::Value;
use std::time::Duration;
use testkit::failure::process::{EndsWithTest, command, free_port, started};
use wire::runtime::{ActOutcome, Action, Process, ResourceName};
use wire::target::{Lever, LeverBy, ModelServer};

/// A place for a model server, with the lever to go on without it.
struct Place {
    /// Before the folder with the pid file goes.
    _ends: EndsWithTest,
    stand: Stand,
    server: ModelServer,
    lever: Lever,
}

impl Place {
    fn new() -> Self {
        let stand = Stand::new();
        let port = free_port();
        let name: ResourceName = "without-models".to_owned().try_into().expect("a name");
        let by = LeverBy::File(stand.text("without-models"));
        let lever = Lever { name: name.clone(), title: "Answer by rules and from the cache".into(), by };
        let server = ModelServer {
            probe: format!("http://127.0.0.1:{port}/api/tags"),
            probe_ms: 500,
            start: command(port, stand.folder.path()),
            start_ms: 10_000,
            pid_file: stand.text("model.pid"),
            without: Some(name),
        };
        let ends = EndsWithTest(stand.path("model.pid"));
        Self { _ends: ends, stand, server, lever }
    }

    fn playbook(&self) -> ModelServerPlaybook {
        let levers = Levers::new(std::slice::from_ref(&self.lever), reqwest::Client::new());
        ModelServerPlaybook::new(self.server.clone(), levers)
    }

    fn noted(&self) -> Option<Process> {
        serde_json::from_slice(&std::fs::read(self.stand.path("model.pid")).ok()?).ok()
    }

    /// Whether what was started runs.
    fn runs(&self) -> bool {
        self.noted().is_some_and(|noted| started(noted.pid) == Some(noted.started))
    }

    fn starts(&self) -> Vec<i32> {
        let text = std::fs::read_to_string(self.stand.path("starts")).unwrap_or_default();
        text.lines().map(|line| line.parse().expect("a pid")).collect()
    }

    fn is_without(&self) -> bool {
        self.stand.path("without-models").exists()
    }
}

#[test]
fn a_server_that_is_gone_is_started_and_outlives_who_started_it() {
    let place = Place::new();
    let runtime = || tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    let first = runtime();
    let report = first.block_on(place.stand.heal(&place.playbook(), "gone"));
    check(&report, ActOutcome::Healed);
    drop(first);
    assert!(place.runs() && !place.is_without());
    let about: Value = runtime().block_on(async {
        let answer = reqwest::get(&place.server.probe).await.expect("an answer");
        answer.json().await.expect("JSON")
    });
    let pid = place.noted().expect("a note").pid;
    assert_eq!((about["pid"].as_i64(), about["session"].as_i64()), (Some(pid.into()), Some(pid.into())));
    let names: Vec<&str> = about["environment"].as_array().expect("names").iter().filter_map(Value::as_str).collect();
    let ours = ["HOME", "KINTSUGI_STARTED_FOR", "LC_CTYPE", "PATH"];
    assert!(names.iter().all(|name| ours.contains(name)), "{names:?}");
}

#[tokio::test]
async fn what_was_started_and_hangs_is_ended_and_started_anew() {
    let mut place = Place::new();
    place.server.start_ms = 3_000;
    place.stand.write("hang", "");
    let playbook = place.playbook();
    playbook.act(&Action::Start {}).await.expect_err("it hangs");
    assert!(place.runs());
    let hung = place.noted().expect("a note");
    std::fs::remove_file(place.stand.path("hang")).expect("removed");
    check(&place.stand.heal(&playbook, "hangs").await, ActOutcome::Healed);
    assert_eq!(started(hung.pid), None, "the one that hung is gone");
    assert!(place.runs() && !place.is_without());
}

#[tokio::test]
async fn what_does_not_come_up_is_ended_and_the_target_goes_on_without_it() {
    for mood in ["broken", "hang"] {
        let mut place = Place::new();
        place.server.start_ms = 2_000;
        place.stand.write(mood, "");
        let report = place.stand.heal(&place.playbook(), mood).await;
        check(&report, ActOutcome::Relieved);
        assert!(place.is_without());
        assert_eq!(place.noted(), None, "nothing of it is left");
        let pid = *place.starts().first().expect("it was started");
        assert_eq!((place.starts().len(), started(pid)), (1, None));
        assert!(report.advice.join(" ").contains("model.pid.log"), "{report:#?}");
    }
}

#[tokio::test]
async fn what_is_not_installed_is_told_and_the_target_goes_on_without_it_until_somebody_starts_it() {
    let mut place = Place::new();
    let [program, arguments @ ..] = place.server.start.as_slice() else { panic!("a command") };
    let mut by_hand = std::process::Command::new(program);
    by_hand.args(arguments);
    place.server.start = vec![place.stand.text("no-such-program"), "serve".into()];
    let playbook = place.playbook();
    let report = place.stand.heal(&playbook, "not installed").await;
    check(&report, ActOutcome::Relieved);
    assert!(place.is_without());
    let advice = report.advice.join(" ");
    assert!(advice.contains("not installed") && advice.contains("no-such-program"), "{advice}");
    let mut diary = place.stand.diary();
    assert!(!playbooks::withdraw(&playbook, &place.stand.site, &mut diary).await.expect("a diary"));
    let mut child = by_hand.spawn().expect("it starts");
    let back =
        async || playbooks::withdraw(&playbook, &place.stand.site, &mut diary).await.expect("a diary").then_some(());
    testkit::eventually("the lever is withdrawn", Duration::from_secs(10), back).await;
    let is_without = place.is_without();
    child.kill().expect("killed");
    child.wait().expect("waited for");
    assert!(!is_without);
}

#[tokio::test]
async fn a_start_that_was_cut_short_goes_on_with_the_process_that_it_began() {
    let place = Place::new();
    place.stand.write("slow", "1.5");
    let playbook = place.playbook();
    {
        let mut diary = place.stand.diary();
        let healing = playbooks::heal(&playbook, &place.stand.site, &mut diary, "x");
        tokio::pin!(healing);
        let begun = async {
            let there = async || (place.starts().len() == 1).then_some(());
            testkit::eventually("it is started", Duration::from_secs(10), there).await;
        };
        tokio::select! { _ = &mut healing => panic!("it was not slow"), () = begun => {} }
    }
    // As if we had died before the note was written, too.
    let noted = std::fs::read(place.stand.path("model.pid")).expect("a note");
    std::fs::remove_file(place.stand.path("model.pid")).expect("removed");
    let report = playbooks::heal(&playbook, &place.stand.site, &mut place.stand.diary(), "x").await.expect("a diary");
    place.stand.write("model.pid", noted);
    check(&report, ActOutcome::Healed);
    assert_eq!(place.starts().len(), 1, "one process, not two");
}

#[tokio::test]
async fn the_undo_ends_what_was_started_and_nothing_else() {
    let place = Place::new();
    let playbook = place.playbook();
    let remedies = playbook.remedies(&playbook.look().await);
    assert_eq!(remedies.len(), 2, "{remedies:?}");
    for remedy in remedies {
        playbook.act(&remedy.action).await.expect("done");
        playbook.act(&remedy.action).await.expect("done twice");
        assert!(place.stand.is_well(&playbook).await);
        playbook.act(remedy.undo.action().expect("an undo")).await.expect("undone");
        assert!(!place.runs() && !place.is_without() && place.noted().is_none());
    }
    assert_eq!(place.starts().len(), 1);
    // Another process that was given the pid: the start time is not the one that was noted.
    let mut other = std::process::Command::new("/bin/sleep").arg("60").spawn().expect("another process");
    let pid = i32::try_from(other.id()).expect("a pid");
    let noted = Process { pid, started: started(pid).expect("it runs") - 1 };
    place.stand.write("model.pid", serde_json::to_vec(&noted).expect("JSON"));
    playbook.act(&Action::Stop {}).await.expect("nothing to stop");
    let ended = other.try_wait().expect("asked");
    other.kill().expect("killed");
    other.wait().expect("waited for");
    assert_eq!(ended, None);
}
