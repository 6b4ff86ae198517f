//! Target files: what they hold, and a sentence on each mistake.

use wire::target::{Autonomy, ReplayPermission, Target, Witness, is_plain_path};

pub(crate) const MINIMAL: &str = r#"
name = "tiny"
[repository]
url = "/srv/tiny.git"
branch = "main"
[logs]
live = "/logs/live"
private = "/logs/private"
[[faults]]
code = "FAULT_TINY"
marker = "FAULT_TINY"
[patch]
language = "python"
files = ["app.py"]
[build]
outputs = [{ from = "app.py", to = "app.py" }]
[test]
command = ["python3", "-m", "unittest"]
[run]
command = ["python3", "{artefact}/app.py"]
[run.health]
path = "/healthz"
"#;

const CONTRACT: &str = r#"
[[contracts]]
fault = "FAULT_TINY"
replay = "live"
request = { method = "POST", path = "/break" }
expect = { status = 200, deadline_ms = 1000, json = { "/ok" = true } }
witnesses = [
  { kind = "call_count", url = "http://127.0.0.1:9/calls/{replay}" },
  { kind = "statement_log", path = "/pg/log", statement = "select", at_least = 2 },
]
"#;

#[track_caller]
pub(crate) fn refuses(text: &str, part_of_why: &str) {
    let error = Target::parse(text).expect_err("the file is refused").to_string();
    assert!(error.contains(part_of_why), "{error:?} should say {part_of_why:?}");
}

#[test]
fn a_silence_that_is_too_short_to_judge_is_refused_and_none_at_all_can_be_named() {
    let with = |ms: u64| format!("{MINIMAL}hung_ms = {ms}\n");
    refuses(&with(2_999), "`run.health.hung_ms` is 2999; it must be 3000 to 600000, or 0");
    refuses(&with(600_001), "it must be 3000 to 600000");
    assert_eq!(Target::parse(&with(3_000)).unwrap().run.health.hung_ms, 3_000);
    assert_eq!(Target::parse(&with(0)).unwrap().run.health.hung(), None);
}

#[test]
fn a_minimal_file_has_careful_defaults() {
    let target = Target::parse(MINIMAL).unwrap();
    assert_eq!(target.autonomy, Autonomy::Observe);
    assert_eq!((target.run.port_env.as_str(), target.run.prefix.as_str()), ("PORT", "/"));
    assert_eq!(
        (target.build.timeout_ms, target.test.timeout_ms, target.run.health.timeout_ms),
        (600_000, 120_000, 10_000)
    );
    assert_eq!(target.run.health.hung(), Some(std::time::Duration::from_secs(5)));
    assert!(target.contracts.is_empty() && target.reset.is_empty() && target.sandbox.services.is_empty());
    assert!(target.contract(&"FAULT_TINY".parse().unwrap()).is_none());
}

#[test]
fn a_contract_is_found_by_its_fault() {
    let target = Target::parse(&format!("{MINIMAL}{CONTRACT}")).unwrap();
    let contract = target.contract(&"FAULT_TINY".parse().unwrap()).unwrap();
    assert_eq!(contract.replay, ReplayPermission::Live);
    assert_eq!((contract.answers.len(), contract.limit_ms()), (1, 1000));
    assert!(matches!(&contract.answers[0].witnesses[0], Witness::CallCount { at_least: 1, .. }));
    assert!(matches!(&contract.answers[0].witnesses[1], Witness::StatementLog { at_least: 2, .. }));
    let without = CONTRACT.replace("replay = \"live\"\n", "");
    let target = Target::parse(&format!("{MINIMAL}{without}")).unwrap();
    assert_eq!(target.contracts[0].replay, ReplayPermission::Scratch);
}

#[test]
fn unknown_keys_are_refused_wherever_they_stand() {
    refuses(&format!("colour = \"blue\"\n{MINIMAL}"), "colour");
    refuses(&MINIMAL.replace("branch =", "brunch ="), "brunch");
    refuses(&MINIMAL.replace("marker =", "marks = 1\nmarker ="), "marks");
    refuses(&format!("{MINIMAL}{}", CONTRACT.replace("at_least", "at_most")), "at_most");
}

#[test]
fn missing_and_mistyped_values_are_named() {
    refuses(&MINIMAL.replace("branch = \"main\"\n", ""), "branch");
    refuses(&MINIMAL.replace("\"tiny\"", "\"Tiny App\""), "target name");
    refuses(&MINIMAL.replace("code = \"FAULT_TINY\"", "code = \"a b\""), "fault code");
    refuses(&MINIMAL.replace("\"tiny\"", "7"), "name");
    refuses(&format!("autonomy = \"reckless\"\n{MINIMAL}"), "reckless");
    refuses("not toml at all", "not valid");
    refuses("", "missing field");
}

#[test]
fn a_file_that_could_never_heal_is_refused() {
    refuses(
        &MINIMAL.replace("[[faults]]\ncode = \"FAULT_TINY\"\nmarker = \"FAULT_TINY\"", "").replacen(
            "name",
            "faults = []\nname",
            1,
        ),
        "`faults` is empty",
    );
    refuses(&MINIMAL.replace("command = [\"python3\", \"{artefact}/app.py\"]", "command = []"), "run.command");
    refuses(&MINIMAL.replace("outputs = [{ from = \"app.py\", to = \"app.py\" }]", "outputs = []"), "build.outputs");
    refuses(&format!("{MINIMAL}{}", CONTRACT.replace("FAULT_TINY", "FAULT_OTHER")), "FAULT_OTHER");
}

#[test]
fn healthy_requests_name_paths_and_are_bounded() {
    let with = |healthy: &str| format!("{MINIMAL}\n[healthy]\n{healthy}\n");
    let request = |path: &str| format!("{{ method = \"GET\", path = \"{path}\" }}");
    refuses(&with(&format!("requests = [{}]", request("x"))), "healthy: \"x\" does not start with `/`");
    refuses(&with("never = [\"x\"]"), "healthy: \"x\" does not start with `/`");
    let many = vec![request("/x"); 33].join(", ");
    refuses(&with(&format!("requests = [{many}]")), "names 33 requests; 32 are allowed");
    refuses(&with("ever = []"), "ever");
    let some = with(&format!("requests = [{}]\nrecorded = \"/r\"\nnever = [\"/n\"]", request("/x")));
    assert_eq!(Target::parse(&some).expect("a target").healthy.requests[0].path, "/x");
}

#[test]
fn what_is_to_be_earned_is_a_share_between_nothing_and_all() {
    let with = |bound: &str| format!("{MINIMAL}\n[earn]\nlower_bound = {bound}\n");
    assert_eq!(Target::parse(&with("0.8")).unwrap().earn.map(|earn| earn.lower_bound), Some(0.8));
    for bound in ["0.0", "1.0", "-0.5", "1.5", "nan"] {
        refuses(&with(bound), "`earn.lower_bound` must be above 0 and below 1");
    }
}

#[test]
fn paths_of_patches_and_resets_stay_beneath_the_repository() {
    for path in ["../x", "/etc/passwd", "a/../b", "a//b", ".git/config", "a/.GIT/x", "", "./a", "a/.", "a\\\\b"] {
        refuses(&MINIMAL.replace("files = [\"app.py\"]", &format!("files = [\"{path}\"]")), "plain relative path");
        let reset = format!("{MINIMAL}\n[[reset]]\nfile = \"app.py\"\ntemplate = \"{path}\"\n");
        refuses(&reset, "plain relative path");
    }
    for path in ["a", "a/b.rs", "faults/sql.rs", ".github/x", "a.b/..c"] {
        assert!(is_plain_path(path), "{path}");
    }
    assert!(!is_plain_path("a\0b") && !is_plain_path(&"a".repeat(513)));
}

#[test]
fn a_fault_is_marked_by_a_literal_or_a_pattern_and_a_wrong_one_is_explained() {
    let with = |rule: &str| MINIMAL.replace("marker = \"FAULT_TINY\"", rule);
    let target = Target::parse(&with("pattern = 'refused \\d+'")).unwrap();
    assert!(target.faults[0].expression().unwrap().unwrap().is_match(b"refused 7"));
    refuses(&with(""), "neither `marker` nor `pattern`");
    refuses(&with("pattern = '(open'"), "the pattern of the fault FAULT_TINY is not a regular expression");
    refuses(&with("pattern = 'x*'"), "matches every line");
    refuses(&with("pattern = '(?:[a-z]{900}){900}'"), "bounded size");
    refuses(&with(&format!("marker = '{}'", "x".repeat(600))), "at most 512 bytes");
    refuses(&with("marker = \"a\\nb\""), "one line");
}

#[test]
fn a_marker_from_outside_marks_a_known_fault_or_one_of_its_own() {
    let with = |marker: &str| {
        let mut target = Target::parse(MINIMAL).unwrap();
        target
            .add_marker(marker)
            .map(|()| target.faults.into_iter().map(|f| (f.marker, f.code.to_string())).skip(1).collect::<Vec<_>>())
    };
    let pair = |marker: &str, code: &str| Ok(vec![(marker.to_owned(), code.to_owned())]);
    assert_eq!(with("INTENTIONAL_INVALID_SQL"), pair("INTENTIONAL_INVALID_SQL", "INTENTIONAL_INVALID_SQL"));
    assert_eq!(with("a b=FAULT_TINY"), pair("a b", "FAULT_TINY"));
    assert_eq!(with("a=b!"), pair("a=b!", "a_b_"));
    assert_eq!(with("[ü]"), pair("[ü]", "FAULT___"));
    assert_eq!(with("FAULT_TINY"), Ok(vec![]));
    assert!(with("a\nb").unwrap_err().contains("one line"));
}

#[test]
fn a_pipeline_that_deploys_is_named_with_its_place_and_its_secret() {
    use wire::target::Backend;
    assert_eq!(Target::parse(MINIMAL).unwrap().deploy, Backend::Processes {});
    let with = |deploy: &str| format!("{MINIMAL}\n[deploy]\n{deploy}\n");
    let good = "backend = \"pipeline\"\nurl = \"http://127.0.0.1:9\"\nenvironment = \"production\"\nsecret = \"/s\"\n";
    let version = "version = { path = \"/version\", json = \"/commit\" }";
    let target = Target::parse(&with(&format!("{good}{version}"))).unwrap();
    let pipeline = target.deploy.pipeline().unwrap();
    assert_eq!((pipeline.timeout_ms, pipeline.version.is_some()), (900_000, true));
    assert!(Target::parse(&with("backend = \"processes\"")).unwrap().deploy.pipeline().is_none());
    for url in ["https://h:1", "http://h", "http://h:0", "http://h:1/x", "http://u:p@h:1", "h:1"] {
        refuses(&with(&good.replace("http://127.0.0.1:9", url)), "deploy.url");
    }
    refuses(&with(&good.replace("production", "")), "deploy.environment");
    refuses(&with(&good.replace("/s\"", "\"")), "deploy.secret");
    refuses(&with(&format!("{good}timeout_ms = 0")), "deploy.timeout_ms");
    refuses(&with(&format!("{good}timeout_ms = 1500001")), "deploy.timeout_ms");
    refuses(&with(&format!("{good}{}", version.replace("/commit", "commit"))), "deploy.version");
    refuses(&with(&format!("{good}colour = 1")), "colour");
    refuses(&with("backend = \"processes\"\nurl = \"x\""), "url");
    refuses(&with("backend = \"ecs\""), "ecs");
    refuses(&with("url = \"x\""), "backend");
}
