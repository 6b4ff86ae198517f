use super::*;
use std::collections::BTreeMap;
use wire::target::Limits;

fn job() -> Job {
    Job {
        name: "test".into(),
        command: vec!["true".into(), "--all".into()],
        env: BTreeMap::from([("A".into(), "1".into())]),
        folder: "/src".into(),
        places: Vec::new(),
        forwards: vec![(8080, "/run/db/s".into())],
        doubles: Vec::new(),
        serve: Some("PORT".into()),
        collect: Vec::new(),
        limits: Limits::default(),
        scratch: "/scratch".into(),
    }
}

fn built(job: &Job) -> Vec<String> {
    let top = [("/bin", Some("usr/bin".to_owned())), ("/lib64", None)];
    let shown = ["--ro-bind", "/m", "/src"].map(str::to_owned).to_vec();
    arguments(job, Path::new("/v"), ["/etc0", "/link", "/doubles"].map(Path::new), Some(8081), &top, shown)
}

fn has(all: &[String], wanted: &[&str]) -> bool {
    all.windows(wanted.len()).any(|words| words == wanted)
}

#[test]
fn the_sandbox_has_no_network_no_capabilities_and_no_environment_of_ours() {
    let all = built(&job());
    let before_command = all.iter().position(|word| word == "--").expect("a command");
    for flag in
        ["--unshare-all", "--unshare-user", "--disable-userns", "--die-with-parent", "--new-session", "--clearenv"]
    {
        assert!(all[..before_command].contains(&flag.to_owned()), "{flag} is missing in {all:?}");
    }
    assert!(!all.contains(&"--share-net".to_owned()));
    assert!(has(&all, &["--cap-drop", "ALL"]) && has(&all, &["--uid", "1000", "--gid", "1000"]));
    assert!(has(&all, &["--symlink", "usr/bin", "/bin"]) && has(&all, &["--ro-bind-try", "/lib64", "/lib64"]));
}

#[test]
fn only_the_declared_environment_and_the_port_are_set() {
    let all = built(&job());
    let names: Vec<&str> =
        all.windows(2).filter(|words| words[0] == "--setenv").map(|words| words[1].as_str()).collect();
    assert_eq!(names, ["A", "HOME", "PATH", "PORT"]);
    assert!(has(&all, &["--setenv", "PORT", "8081"]));
}

#[test]
fn the_command_goes_through_as_data_never_as_flags_of_the_sandbox() {
    let all = built(&job());
    let end = all.iter().position(|word| word == "--").expect("a command");
    let inside: Inside = serde_json::from_str(all.last().expect("an argument")).expect("our own form");
    assert_eq!(all[end + 1..end + 3], [PROGRAM.to_owned(), hidden::INSIDE.to_owned()]);
    assert_eq!(all.len(), end + 4);
    assert_eq!(inside.command, ["true", "--all"]);
}

#[test]
fn a_double_takes_the_place_of_a_service_and_its_socket_cannot_be_replaced() {
    let inside =
        |job: &Job| -> Inside { serde_json::from_str(built(job).last().expect("an argument")).expect("our form") };
    assert!(!built(&job()).contains(&DOUBLES.to_owned()));
    let job = Job { doubles: vec![8080, 5001], ..job() };
    assert!(has(&built(&job), &["--ro-bind", "/doubles", DOUBLES]));
    assert!(inside(&job).forwards.is_empty());
    assert_eq!(inside(&job).doubles, [8080, 5001]);
}
