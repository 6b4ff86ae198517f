//! The files in `deploy/`.

use verifier::Settings;
use wire::target::Target;

fn deploy(file: &str) -> String {
    let path = format!("{}/../../deploy/{file}", env!("CARGO_MANIFEST_DIR"));
    std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{path}: {error}"))
}

#[test]
fn the_sample_holds_every_setting_with_its_default() {
    let sample: Settings = toml::from_str(&deploy("verifier.toml")).expect("the sample file");
    assert_eq!(format!("{sample:?}"), format!("{:?}", Settings::default()));
    for line in format!("{:#?}", Settings::default()).lines().filter(|line| line.starts_with("    ")) {
        let key = line.trim().split(':').next().expect("a key");
        assert!(deploy("verifier.toml").contains(&format!("\n{key} = ")), "{key} is not in the sample");
    }
    assert!(toml::from_str::<Settings>("unknown = 1").is_err());
}

#[test]
fn the_committed_targets_can_be_verified_against() {
    let text = deploy("targets/fault-app.toml")
        .replace("${MOCK_UPSTREAM}", "http://127.0.0.1:5001")
        .replace("${FRONT}", "http://127.0.0.1:8000");
    let target = Target::parse(&text).expect("a target");
    verifier::targets::check(&target).expect("it can be verified against");
}

#[tokio::test]
async fn guards_that_do_not_bite_are_refused_at_the_start() {
    let folder = tempfile::tempdir().expect("a folder");
    let tiny = testkit::tiny::Tiny::create(folder.path());
    let text = std::fs::read_to_string(tiny.targets.join("tiny.toml")).expect("the target file");
    let with = |from: &str, to: &str| {
        assert!(text.contains(from), "{from} is in the file");
        let target = Target::parse(&text.replacen(from, to, 1)).expect("a target");
        verifier::targets::check(&target)
    };
    assert_eq!(with("tiny", "tiny"), Ok(()));
    for (from, to, wanted) in [
        ("\"eval($$$)\"", "\"def (\"", "patch.forbidden"),
        ("language = \"python\"", "language = \"cobol\"", "grammar"),
        ("outputs = [{ from = \"app.py\"", "outputs = [{ from = \"../app.py\"", "plain relative path"),
        ("\"/usr/bin/python3\", \"-m\", \"unittest\", \"-q\", \"test_app\"", "", "untested"),
        ("kind = \"call_count\",", "kind = \"call_count\", at_least = 0,", "asks for nothing"),
        ("?replay={replay}", "", "{replay}"),
        ("path = \"/healthz\"", "path = \"healthz\"", "does not start with"),
        ("path = \"/greet\"", "path = \"greet\"", "not a method and a path"),
    ] {
        let why = with(from, to).expect_err(to);
        assert!(why.contains(wanted), "{why}");
    }
}
