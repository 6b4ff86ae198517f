//! Every migration on tables that are not empty, and back.

use diesel::sql_types::BigInt;
use diesel_async::{AsyncConnection, AsyncPgConnection, RunQueryDsl, SimpleAsyncConnection};
use secrecy::ExposeSecret;
use std::path::{Path, PathBuf};

#[derive(diesel::QueryableByName)]
struct Count {
    #[diesel(sql_type = BigInt)]
    count: i64,
}

async fn tables(conn: &mut AsyncPgConnection) -> i64 {
    let count = "SELECT count(*) AS count FROM pg_class JOIN pg_namespace n ON n.oid = relnamespace \
                 WHERE n.nspname = current_schema() AND relkind IN ('r', 'S')";
    diesel::sql_query(count).get_result::<Count>(conn).await.expect("a count").count
}

fn migrations() -> Vec<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../migrations/incident-store");
    let mut found: Vec<PathBuf> = folder.read_dir().expect("the folder").map(|entry| entry.unwrap().path()).collect();
    found.sort();
    found
}

async fn apply(conn: &mut AsyncPgConnection, migration: &Path, file: &str) {
    let path = migration.join(file);
    let sql = std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    conn.batch_execute(&sql).await.unwrap_or_else(|error| panic!("{}: {error}", path.display()));
}

#[tokio::test]
async fn each_migration_goes_up_on_tables_that_are_not_empty_and_down_again() {
    let database = testkit::database().await;
    let mut conn = AsyncPgConnection::establish(database.url().expose_secret()).await.expect("a connection");
    let migrations = migrations();
    for _ in 0..2 {
        for migration in &migrations {
            apply(&mut conn, migration, "up.sql").await;
            apply(&mut conn, migration, "sample.sql").await;
        }
        assert!(tables(&mut conn).await > 0);
        for migration in migrations.iter().rev() {
            apply(&mut conn, migration, "down.sql").await;
        }
        assert_eq!(tables(&mut conn).await, 0, "everything that went up came down");
    }
}

#[tokio::test]
async fn two_replicas_that_start_at_once_migrate_once() {
    let url = testkit::database().await.url();
    let patience = std::time::Duration::from_secs(5);
    let migrate = || database::Db::migrate(&url, incident_store::app::MIGRATIONS, patience);
    let (one, two) = tokio::join!(migrate(), migrate());
    one.expect("the first");
    two.expect("the second");
}
