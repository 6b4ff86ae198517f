use super::*;
use crate::recognise::Judge;
use crate::rules::Rules;
use crate::rules::tests::rule;

const TARGET: &str = r#"
name = "tiny"
build = { outputs = [{ from = "a", to = "a" }] }
test = { command = ["true"] }
repository = { url = "/nowhere", branch = "main" }
logs = { live = "/nowhere", private = "/nowhere" }
faults = [{ code = "CODE_BOOM", marker = "BOOM" }]
patch = { language = "python", files = ["a"] }
run = { command = ["true"], health = { path = "/" } }
"#;

fn now() -> DateTime<Utc> {
    "2026-11-22T10:00:00Z".parse().unwrap()
}

struct Bench {
    errors: Errors,
    rules: Rules,
    folder: tempfile::TempDir,
}

fn open(folder: &Path, sections: &str) -> Option<Errors> {
    let target = Target::parse(&format!("{TARGET}\n{sections}")).unwrap();
    Errors::open(folder.join("tiny.errors.json"), &target, now()).unwrap()
}

fn bench() -> Bench {
    let folder = tempfile::tempdir().unwrap();
    let errors = open(folder.path(), "unknown = { learn_s = 0 }").unwrap();
    Bench { errors, rules: Rules::and_errors(&[rule("CODE_BOOM", "BOOM", None)]).unwrap(), folder }
}

impl Bench {
    /// The codes of a line, `UNKNOWN` for those of unknown kinds, and the last message.
    fn judge(&self, line: &str) -> (Vec<String>, Option<String>) {
        let found = Judge { rules: &self.rules, errors: Some(&self.errors), now: now() }.line(line.as_bytes(), false);
        let code = |code: &FaultCode| if code.is_unmarked() { "UNKNOWN".to_owned() } else { code.to_string() };
        let message = found.last().and_then(|found| found.fields.message.clone());
        (found.iter().map(|found| code(&found.code)).collect(), message)
    }

    #[track_caller]
    fn check(&self, line: &str, expected: &[&str], message: Option<&str>) {
        let (codes, said) = self.judge(line);
        assert_eq!(
            (codes, said.as_deref()),
            (expected.iter().map(|code| (*code).to_owned()).collect(), message),
            "{line}"
        );
    }
}

#[test]
fn an_error_that_no_rule_names_is_found_and_what_is_none_is_not() {
    let bench = bench();
    bench.check(
        r#"{"level":"error","message":"disk 7 is full","event_id":"e-1"}"#,
        &["UNKNOWN"],
        Some("disk <*> is full"),
    );
    bench.check("2026-11-22T09:59:59Z ERROR disk 7 is lost", &["UNKNOWN"], Some("ERROR disk <*> is lost"));
    bench.check(r#"{"level":"info","message":"disk 7 is new"}"#, &[], None);
    bench.check(r#"{"level":"error","message":"of a replay","replay":"kr-1"}"#, &[], None);
    bench.check(r#"{"level":"error","marker":"BOOM","message":"it broke"}"#, &["CODE_BOOM"], Some("it broke"));
    bench.check("2026-11-22T09:59:59Z INFO all is well", &[], None);
}

#[test]
fn a_line_that_names_itself_does_not_name_what_else_was_noticed_of_it() {
    let bench = bench();
    let line = br#"{"level":"error","message":"disk 7 is full","event_id":"e-1"}"#;
    let found = Judge { rules: &bench.rules, errors: Some(&bench.errors), now: now() }.line(line, false);
    assert!(found.iter().all(|found| found.own_id().is_none()) && found.len() == 1);
}

#[test]
fn what_is_kept_is_what_was_acknowledged_and_an_unreadable_file_is_put_aside() {
    let bench = bench();
    let (folder, line) = (bench.folder.path(), "ERROR disk 7 is full");
    assert!(open(folder, "").is_none(), "nothing is watched where the target file says nothing");
    let judge =
        |errors: &Errors| Judge { rules: &bench.rules, errors: Some(errors), now: now() }.line(line.as_bytes(), false);
    let found = judge(&bench.errors);
    let again = open(folder, "unknown = { learn_s = 0 }").unwrap();
    assert_eq!(judge(&again).len(), 1, "it was not acknowledged");
    bench.errors.settle(found.iter().map(|found| &found.code), true).unwrap();
    let again = open(folder, "unknown = { learn_s = 0 }").unwrap();
    assert_eq!(judge(&again), []);
    fs::write(&bench.errors.path, "{half").unwrap();
    let anew = open(folder, "unknown = { learn_s = 0 }").unwrap();
    assert_eq!(judge(&anew).len(), 1);
    assert!(bench.errors.path.with_extension("unreadable").exists());
}
