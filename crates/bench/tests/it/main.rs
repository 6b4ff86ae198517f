//! Rows in small: every contender that needs nothing but this crate's programs is sampled, and the results are kept.

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a step of a test that fails is a failed test"
)]

use std::path::Path;
use std::process::Command;

fn measure(row: &str, folder: &Path) -> serde_json::Value {
    let (out, document) = (folder.join("out"), folder.join("performance.md"));
    let done = Command::new(env!("CARGO_BIN_EXE_bench"))
        .args(["measure", row, "--smoke", "--out"])
        .arg(&out)
        .arg("--document")
        .arg(&document)
        .arg("--work")
        .arg(folder)
        .output()
        .unwrap();
    assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
    assert!(!document.exists(), "figures that say nothing were written into the document");
    let left: Vec<_> = std::fs::read_dir(folder).unwrap().flatten().map(|entry| entry.file_name()).collect();
    assert_eq!(left, ["out"], "big files were left behind");
    let section = std::fs::read_to_string(out.join(format!("{row}.md"))).unwrap();
    assert!(section.starts_with(&format!("<!-- row {row} -->\n## ")), "{section}");
    serde_json::from_str(&std::fs::read_to_string(out.join(format!("{row}.json"))).unwrap()).unwrap()
}

/// How often each contender was sampled for something, at least.
#[track_caller]
fn assert_sampled(sheet: &serde_json::Value, wanted: &[(&str, &str, usize)]) {
    for (what, whose, times) in wanted {
        let of_both = |one: &&serde_json::Value| one["what"] == *what && one["whose"] == *whose;
        let series = sheet["series"].as_array().unwrap().iter().find(of_both);
        let series = series.unwrap_or_else(|| panic!("no {what} of {whose} in {sheet:#}"));
        assert!(series["spread"]["n"].as_u64().unwrap() as usize >= *times, "{series:#}");
    }
}

#[test]
fn a_scan_is_measured_beside_a_count_of_newlines() {
    let folder = tempfile::tempdir().unwrap();
    let sheet = measure("p4", folder.path());
    let sets = ["literals3", "literals100", "regexes20"];
    assert_sampled(&sheet, &sets.map(|set| (set, "fault-router", 2)));
    assert_sampled(&sheet, &[("floor", "newline count", 2)]);
    let memory = sheet["goals"].as_array().unwrap().iter().find(|goal| goal["unit"] == "MiB").unwrap();
    assert!(memory["found"].as_f64().unwrap() > 0.5, "{memory}");
}

#[test]
fn retrieval_is_measured_beside_an_exact_scan() {
    let folder = tempfile::tempdir().unwrap();
    let sheet = measure("p10", folder.path());
    let query = "query, p50, 1000 documents";
    assert_sampled(&sheet, &[(query, "rag-gateway, words and meaning", 2), (query, "exact scan of f32", 2)]);
    assert_sampled(&sheet, &[("recall of the ten nearest, 1000 documents", "semantic, meaning alone", 2)]);
}

#[test]
fn the_stream_is_measured_beside_a_bare_write_loop_and_gives_descriptors_back() {
    let folder = tempfile::tempdir().unwrap();
    let sheet = measure("p9", folder.path());
    let hub = "hub of incident-store";
    assert_sampled(&sheet, &[("publish → last of 20", hub, 2), ("publish → last of 20", "bare write loop", 2)]);
    assert_sampled(&sheet, &[("burst of 3 events to 20", hub, 1)]);
    let left = "40 clients vanish: descriptors left after 20 s";
    let series = sheet["series"].as_array().unwrap().iter().find(|one| one["what"] == left && one["whose"] == hub);
    assert_eq!(series.unwrap()["samples"], serde_json::json!([0.0]));
}
