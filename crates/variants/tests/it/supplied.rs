//! Folders that somebody supplies.

use crate::places::original;
use variants::{Fault, folder};

#[track_caller]
fn check(files: &[(&str, &str)], wanted: Result<usize, &str>) {
    let folder = tempfile::tempdir().expect("a folder");
    for (name, text) in files {
        let path = folder.path().join(name);
        std::fs::create_dir_all(path.parent().expect("its folder")).expect("a folder");
        std::fs::write(path, text).expect("written");
    }
    let read = folder::read(folder.path()).map(|found| found.len()).map_err(|error| format!("{error:#}"));
    match (&read, wanted) {
        (Ok(count), Ok(wanted)) => assert_eq!(*count, wanted),
        (Err(told), Err(wanted)) => assert!(told.contains(wanted), "{told}"),
        (got, wanted) => assert_eq!(format!("{got:?}"), format!("{wanted:?}")),
    }
}

#[test]
fn a_folder_may_have_a_folder_a_fault_or_files_named_so() {
    let [sql, api, db] = Fault::ALL.map(original);
    check(&[("sql/a.rs", &sql), ("sql/b.rs", &sql), ("api/a.rs", &api), ("db/notes.md", "no variant")], Ok(3));
    check(&[("sql_1.rs", &sql), ("db-2.rs", &db), ("README.md", "no variant")], Ok(2));
}

#[test]
fn a_folder_that_is_not_right_is_told_what_would_be() {
    let sql = original(Fault::Sql);
    check(&[], Err("has the folders sql, api and db"));
    check(&[("other.rs", &sql)], Err("other.rs is of no fault"));
    check(&[("sql/a.rs", "fn run( {")], Err("is not Rust"));
    check(&[("sql/a.rs", &sql.replace("fn run", "fn other"))], Err("has no function `run`"));
    check(&[("api/a.rs", &"x".repeat(300_000))], Err("at most 262144"));
    let missing = folder::read(std::path::Path::new("/nowhere")).expect_err("no folder");
    assert!(format!("{missing:#}").contains("cannot read the folder /nowhere"), "{missing:#}");
}
