//! Code that nothing is wrong with is left alone by every cure.

use crate::places::{cures, root};
use variants::Fault;

#[tokio::test]
async fn healthy_code_is_left_alone() {
    let cures = cures().await;
    let text = std::fs::read_to_string(root().join("crates/variants/tests/it/healthy.txt")).expect("the snippets");
    let snippets: Vec<&str> = text.split("\n//----\n").collect();
    assert!(snippets.len() >= 30, "{}", snippets.len());
    for snippet in &snippets {
        assert!(variants::tree::is_sound(snippet), "no Rust:\n{snippet}");
        for fault in Fault::ALL {
            assert!(!fault.is_in(snippet), "{} is in\n{snippet}", fault.name());
            assert_eq!(cures.all(fault, snippet).expect("the engine"), [], "of\n{snippet}");
        }
    }
    println!("{} healthy snippets left alone", snippets.len());
}

#[tokio::test]
async fn the_application_s_own_healthy_files_are_left_alone() {
    let cures = cures().await;
    let mut files = vec![root().join("crates/fault-app/src")];
    let mut seen = 0;
    while let Some(path) = files.pop() {
        // The tests hold faults on purpose.
        if path.is_dir() && !matches!(path.file_name(), Some("faults" | "tests")) {
            files.extend(path.read_dir_utf8().expect("a folder").map(|entry| entry.expect("an entry").into_path()));
        } else if path.extension() == Some("rs") {
            let text = std::fs::read_to_string(&path).expect("a file");
            for fault in Fault::ALL {
                assert_eq!(cures.all(fault, &text).expect("the engine"), [], "{path}");
            }
            seen += 1;
        }
    }
    assert!(seen > 10, "{seen} files");
}
