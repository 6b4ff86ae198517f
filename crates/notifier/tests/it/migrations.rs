//! Every migration on tables that are not empty, and back.

use diesel_async::{AsyncConnection, AsyncPgConnection, SimpleAsyncConnection};
use secrecy::ExposeSecret;
use std::path::{Path, PathBuf};

fn migrations() -> Vec<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../migrations/notifier");
    let mut found: Vec<PathBuf> =
        folder.read_dir().expect("the folder").map(|entry| entry.expect("an entry").path()).collect();
    found.sort();
    found
}

#[tokio::test]
async fn each_migration_goes_up_on_tables_that_are_not_empty_and_down_again() {
    let database = testkit::database().await;
    let mut conn = AsyncPgConnection::establish(database.url().expose_secret()).await.expect("a connection");
    let migrations = migrations();
    assert!(!migrations.is_empty());
    for _ in 0..2 {
        let up = migrations.iter().flat_map(|migration| [migration.join("up.sql"), migration.join("sample.sql")]);
        let down = migrations.iter().rev().map(|migration| migration.join("down.sql"));
        for path in up.chain(down) {
            let sql = std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
            conn.batch_execute(&sql).await.unwrap_or_else(|error| panic!("{}: {error}", path.display()));
        }
    }
}
