//! `doctor`: what facts mean.

use crate::home::run_in;
use kintsugi::doctor::facts::{Facts, Holder, Port};
use kintsugi::doctor::findings::{Finding, State, judge};
use kintsugi::doctor::tell;
use kintsugi::exit::Exit;
use serde_json::json;

/// A machine that lacks nothing.
fn good() -> Facts {
    let programs = [
        "git",
        "cc",
        "make",
        "initdb",
        "psql",
        "redis-server",
        "setpriv",
        "bwrap",
        "ssh",
        "sshd",
        "python3",
        "node",
        "chromium",
    ];
    Facts {
        programs: programs.into_iter().map(|name| (name.to_owned(), "1.0".to_owned())).collect(),
        rustc: Some("rustc 1.94.0 (abc 2026-01-01)".into()),
        sandbox: Ok(()),
        apparmor_restricts: false,
        sysctl_forbids: false,
        crates: Ok(()),
        not_built: vec![],
        ports: vec![Port { number: 8000, name: "front".into(), holder: None }],
        disk_free_mib: Some(100_000),
        memory_free_mib: Some(16_000),
        open_files: 20_000,
        model: Some(".kintsugi/model".into()),
        root: false,
    }
}

fn of(what: &str, facts: &Facts) -> Finding {
    judge(facts).into_iter().find(|finding| finding.what == what).unwrap()
}

#[test]
fn a_machine_that_lacks_nothing_is_told_so() {
    let findings = judge(&good());
    assert!(findings.iter().all(|finding| finding.state == State::Ok && finding.mend.is_none()), "{findings:?}");
    let answer = tell(&findings).unwrap();
    assert_eq!(answer.exit, Exit::Ok);
    assert!(answer.text.ends_with("everything that the local stack needs is here"), "{}", answer.text);
}

#[test]
fn each_missing_program_is_told_with_the_command_that_gets_it() {
    for (program, package) in [("redis-server", "redis-server"), ("initdb", "postgresql"), ("cc", "build-essential")] {
        let mut facts = good();
        facts.programs.remove(program);
        let finding = of(program, &facts);
        assert_eq!(finding.state, State::Missing);
        let mend = format!("sudo apt-get install --no-install-recommends {package}");
        assert_eq!(finding.mend.as_deref(), Some(mend.as_str()));
        assert_eq!(tell(&[finding]).unwrap().exit, Exit::NotDone);
        facts.root = true;
        assert!(!of(program, &facts).mend.unwrap().contains("sudo"), "root needs no sudo");
    }
}

#[test]
fn what_only_tests_and_comfort_need_is_optional() {
    for program in ["make", "ssh", "sshd", "python3", "node", "chromium"] {
        let mut facts = good();
        facts.programs.remove(program);
        let finding = of(program, &facts);
        assert_eq!(finding.state, State::Optional, "{program}");
        assert_eq!(tell(&[finding]).unwrap().exit, Exit::Ok);
    }
    assert_eq!(of("retrieval model", &Facts { model: None, ..good() }).state, State::Optional);
}

#[test]
fn a_compiler_that_is_too_old_or_strange_is_missing() {
    for (told, state) in [
        (Some("rustc 1.94.0 (x)"), State::Ok),
        (Some("rustc 2.0.0-nightly (x)"), State::Ok),
        (Some("rustc 1.93.9 (x)"), State::Missing),
        (Some("something else"), State::Missing),
        (None, State::Missing),
    ] {
        let facts = Facts { rustc: told.map(str::to_owned), ..good() };
        assert_eq!(of("rust toolchain", &facts).state, state, "{told:?}");
    }
}

#[test]
fn namespaces_are_mended_where_they_are_forbidden() {
    let broken = Facts { sandbox: Err("bwrap: No permissions to create a new namespace".into()), ..good() };
    let mend = |facts: &Facts| of("namespaces", facts).mend.unwrap();
    assert!(mend(&Facts { apparmor_restricts: true, ..broken.clone() }).contains("apparmor_restrict"));
    assert!(mend(&Facts { sysctl_forbids: true, ..broken.clone() }).contains("unprivileged_userns_clone=1"));
    assert!(mend(&broken).contains("container"));
    assert_eq!(of("namespaces", &broken).state, State::Missing);
}

#[test]
fn a_taken_port_names_its_holder_and_is_no_obstacle() {
    let held = |ours| {
        let holder = Some(Holder { pid: Some(7), who: "nginx, pid 7".into(), ours });
        let facts = Facts { ports: vec![Port { number: 8000, name: "front".into(), holder }], ..good() };
        of("port 8000 front", &facts)
    };
    let other = held(false);
    assert_eq!((other.state, other.found.as_str()), (State::Warning, "held by nginx, pid 7"));
    assert!(other.mend.as_ref().unwrap().starts_with("kill 7"), "{other:?}");
    let holder = Some(Holder { pid: Some(7), who: "front, pid 7".into(), ours: false });
    let facts = Facts { ports: vec![Port { number: 8000, name: "front".into(), holder }], ..good() };
    assert!(
        of("port 8000 front", &facts).mend.unwrap().starts_with("end the other stack"),
        "killing it would not help"
    );
    assert_eq!(held(true).state, State::Ok, "our own stack may hold it");
}

#[test]
fn tight_space_and_limits_warn_before_they_stop() {
    for (free, state) in [(Some(100), State::Missing), (Some(6_000), State::Warning), (None, State::Warning)] {
        assert_eq!(of("disk space", &Facts { disk_free_mib: free, ..good() }).state, state);
    }
    for (files, state) in [(256, State::Missing), (1024, State::Warning), (4096, State::Ok)] {
        assert_eq!(of("open files limit", &Facts { open_files: files, ..good() }).state, state);
    }
    assert_eq!(of("memory", &Facts { memory_free_mib: Some(500), ..good() }).state, State::Warning);
}

#[test]
fn the_json_has_a_finding_a_thing() {
    let answer = tell(&[of("bwrap", &Facts { programs: Default::default(), ..good() })]).unwrap();
    let finding = json!({
        "what": "bwrap", "state": "missing", "found": "not on this machine",
        "why": "candidates are built and run in a sandbox without network and secrets",
        "mend": "sudo apt-get install --no-install-recommends bubblewrap",
    });
    assert_eq!(answer.json, json!({ "ok": false, "missing": 1, "warnings": 0, "findings": [finding] }));
}

#[test]
fn this_machine_is_examined_without_a_stack() {
    let home = tempfile::tempdir().unwrap();
    let told = run_in(home.path(), &["doctor", "--output", "json"]).json();
    let findings = told["findings"].as_array().unwrap();
    let git = findings.iter().find(|finding| finding["what"] == "git").unwrap();
    assert!(git["found"].as_str().unwrap().contains("git version"), "{git}");
    assert!(findings.iter().any(|finding| finding["what"] == "port 8000 front"), "{told}");
}
