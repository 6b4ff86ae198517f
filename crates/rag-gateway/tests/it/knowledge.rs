//! The folder: what a right file becomes, and what is said of a wrong one.

use camino::Utf8Path;
use rag_gateway::document::Document;
use rag_gateway::knowledge::load;
use wire::Digest;
use wire::plan::{Remedy, Verdict};

/// A right document, with one line of its front matter replaced and one added.
pub(crate) fn document(replaced: (&str, &str), added: &str) -> String {
    let front = "id = \"greeting\"\ntitle = \"A greeting fails\"\nsymptoms = \"no greeting\"\nroot_cause = \"none\"\nverdict = \"code_fault\"\n";
    let front = front.replace(replaced.0, replaced.1);
    format!("+++\n{front}{added}\n+++\nGreet again.\n")
}

#[track_caller]
fn check_error(text: &str, wanted: &str) {
    let error = Document::parse(text).expect_err("this is no document");
    assert!(error.contains(wanted), "{text}\nsaid {error:?}, wanted {wanted:?}");
}

#[test]
fn what_is_wrong_with_a_file_is_said() {
    let nothing = ("", "");
    check_error("no fence", "must begin with a line `+++`");
    check_error("+++\nid = \"a\"\n", "another line `+++`");
    check_error(&document(("title = \"A greeting fails\"\n", ""), ""), "title");
    check_error(&document(nothing, "colour = \"red\""), "colour");
    check_error(&document(("greeting\"\ntitle", "Not An Id\"\ntitle"), ""), "is not an id");
    check_error(&document(("greeting\"\ntitle", "lesson-1\"\ntitle"), ""), "not beginning with `lesson-`");
    check_error(&document(("code_fault", "code_falt"), ""), "is not a verdict");
    check_error(&document(("no greeting", " "), ""), "`symptoms` is empty");
    check_error(&document(nothing, "markers = [\"\"]"), "a marker is empty");
    check_error(&document(nothing, "faults = [\"no code\"]"), "fault code");
    check_error(&document(nothing, "").replace("Greet again.", ""), "the text for people");
    check_error(&document(nothing, "[rule]\nfix = \"x\"\nrule.pattern = \"y\""), "needs its `language`");
    let with_language = |rule: &str| document(nothing, &format!("language = \"rust\"\n[rule]\n{rule}"));
    check_error(&with_language("fix = \"x\""), "needs a table `rule`");
    check_error(&with_language("rule.pattern = \"y\""), "and a `fix`");
    check_error(&with_language("fix = \"x\"\nrule.pattern = \"y\"\nseverity = \"error\""), "unknown key `severity`");
}

#[test]
fn a_rule_becomes_a_rule_config_as_json_with_its_digest() {
    let rule = "language = \"rust\"\n[rule]\nfix = \"x\"\nrule.pattern = \"y\"\nconstraints = { A = { kind = \"z\" } }";
    let read = Document::parse(&document(("", ""), rule)).expect("a right document");
    let Some(Remedy::Codemod { document, rule, digest }) = read.remedy else { panic!("a remedy: {read:?}") };
    let wanted = serde_json::json!({
        "id": "greeting", "language": "rust", "rule": { "pattern": "y" }, "constraints": { "A": { "kind": "z" } }, "fix": "x",
    });
    assert_eq!((document.as_str(), &rule), ("greeting", &wanted));
    assert_eq!(digest, Digest::of_json(&wanted));
    assert_eq!(read.verdict, Verdict::CodeFault);
}

#[test]
fn several_documents_may_share_a_cure() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = Utf8Path::from_path(folder.path()).expect("a path that is text");
    let write = |name: &str, text: String| std::fs::write(path.join(name), text).expect("written");
    write("a.md", document(("id = \"greeting", "id = \"other"), "language = \"rust\"\ncure = \"greeting\""));
    let lost = load(path).expect_err("no such document").to_string();
    assert!(lost.contains("a.md") && lost.contains("expected the id of a document with a `[rule]`"), "{lost}");

    let rule = "[rule]\nfix = \"x\"\nrule.pattern = \"y\"";
    write("b.md", document(("", ""), &format!("language = \"rust\"\n{rule}")));
    let documents = load(path).expect("two documents");
    assert!(documents[0].remedy.is_some() && documents[0].remedy == documents[1].remedy, "{documents:?}");
    check_error(&document(("", ""), &format!("language = \"rust\"\ncure = \"b\"\n{rule}")), "either the remedy");
}

#[test]
fn symptoms_may_be_a_list_and_lines_may_end_as_on_windows() {
    let text = document(("\"no greeting\"", "[\"no\", \"greeting\"]"), "").replace('\n', "\r\n");
    assert_eq!(Document::parse(&text).expect("a right document").symptoms, "no\ngreeting");
}

#[test]
fn a_bad_file_stops_the_start_and_is_named() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = Utf8Path::from_path(folder.path()).expect("a path that is text");
    std::fs::write(path.join("notes.txt"), "not read").expect("written");
    std::fs::write(path.join("a.md"), document(("", ""), "")).expect("written");
    assert_eq!(load(path).expect("one document").len(), 1);

    std::fs::write(path.join("b.md"), document(("", ""), "")).expect("written");
    let twice = load(path).expect_err("an id is there twice").to_string();
    assert!(twice.contains("b.md") && twice.contains("a.md") && twice.contains("\"greeting\""), "{twice}");

    std::fs::write(path.join("b.md"), "nothing").expect("written");
    let bad = load(path).expect_err("a bad file").to_string();
    assert!(bad.contains("b.md is not a document: it must begin"), "{bad}");

    std::fs::write(path.join("b.md"), "x".repeat(300 * 1024)).expect("written");
    assert!(load(path).expect_err("a large file").to_string().contains("at most 262144"));
    let missing = load(&path.join("nowhere")).expect_err("no folder").to_string();
    assert!(missing.contains("nowhere"), "{missing}");
}

#[test]
fn the_committed_folder_and_the_sample_settings_load() {
    let root = Utf8Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let text = std::fs::read_to_string(root.join("deploy/rag-gateway.toml")).expect("the sample file");
    let settings: rag_gateway::Settings = toml::from_str(&text).expect("the settings");
    let documents = load(&root.join(&settings.knowledge)).expect("the folder");
    assert!(documents.iter().any(|document| document.remedy.is_some()), "{documents:?}");
    let default = rag_gateway::Settings::default();
    assert_eq!(format!("{settings:?}"), format!("{default:?}"), "the sample shows the defaults");
}
