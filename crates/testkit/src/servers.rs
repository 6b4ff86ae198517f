//! A real PostgreSQL and a real Redis: one for the whole run when `KINTSUGI_TEST_POSTGRES` and `KINTSUGI_TEST_REDIS` name
//! them (as `cargo xtask test` does), else one for this process.

use chassis::settings::variable;
use secrecy::SecretString;
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::sync::OnceLock;
use substrate::{Postgres, Redis, folder_for, secret};

/// A fresh, empty database of a real server. Dropped with the server at the end of the run.
#[derive(Debug)]
pub struct Database {
    url: String,
}

impl Database {
    /// Its URL, with a role that owns it.
    pub fn url(&self) -> SecretString {
        self.url.clone().into()
    }
}

/// Makes a database.
///
/// # Panics
/// When PostgreSQL cannot be brought up.
pub async fn database() -> Database {
    tokio::task::spawn_blocking(|| {
        let (base, name) = (server(), format!("test_{}", secret()));
        psql(base, &format!("CREATE DATABASE {name}"));
        Database { url: format!("{base}/{name}") }
    })
    .await
    .expect("a database for the test")
}

/// The URL of a real Redis.
///
/// # Panics
/// When Redis cannot be brought up.
pub fn redis() -> String {
    static OWN: OnceLock<(String, Option<Redis>)> = OnceLock::new();
    let (url, _) = OWN.get_or_init(|| match variable("KINTSUGI_TEST_REDIS") {
        Some(url) => (url, None),
        None => {
            let redis = Redis::start(&own_folder("redis")).expect("a Redis for the test");
            (redis.url(), Some(redis))
        }
    });
    url.clone()
}

/// The URL of a server without a database's name, with a role that may make databases.
fn server() -> &'static str {
    static OWN: OnceLock<(String, Option<Postgres>)> = OnceLock::new();
    let (base, _) = OWN.get_or_init(|| match variable("KINTSUGI_TEST_POSTGRES") {
        Some(base) => (base, None),
        None => {
            let postgres = Postgres::start(&own_folder("postgres"), false).expect("a PostgreSQL for the test");
            (base_of(&postgres), Some(postgres))
        }
    });
    base
}

/// Makes the role that tests use, and answers the URL without a database's name.
///
/// # Panics
/// When the server refuses.
pub fn base_of(postgres: &Postgres) -> String {
    let password = secret();
    let made = postgres.sql("postgres", &format!("CREATE ROLE test LOGIN CREATEDB PASSWORD '{password}'"));
    made.expect("a role for the tests");
    postgres.url("test", &password, "").trim_end_matches('/').to_owned()
}

/// A folder of this process; what processes that have ended left is swept.
fn own_folder(kind: &str) -> PathBuf {
    let home = PathBuf::from("/var/tmp/kintsugi-tests");
    std::fs::create_dir_all(&home).expect("a folder for the test's servers");
    for entry in std::fs::read_dir(&home).into_iter().flatten().flatten() {
        let name = entry.file_name().to_string_lossy().into_owned();
        let owner = name.rsplit('-').next().and_then(|pid| pid.parse::<u32>().ok());
        if owner.is_some_and(|pid| !PathBuf::from(format!("/proc/{pid}")).exists()) {
            let _swept = std::fs::remove_dir_all(entry.path());
        }
    }
    folder_for(&home.join(format!("{kind}-{}", std::process::id())))
}

fn psql(base: &str, sql: &str) {
    let output = Command::new("psql")
        .args(["-X", "-q", "-v", "ON_ERROR_STOP=1", "-d", &format!("{base}/postgres"), "-c", sql])
        .stdin(Stdio::null())
        .output()
        .expect("psql runs");
    assert!(output.status.success(), "{sql}: {}", String::from_utf8_lossy(&output.stderr));
}
