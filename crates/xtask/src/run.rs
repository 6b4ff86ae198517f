//! Runs the checks and the tests.

use anyhow::{Context, ensure};
use std::path::Path;
use std::process::Command;
use substrate::{Postgres, Redis, folder_for};

/// Everything that CI checks besides the tests.
pub(crate) fn check(root: &Path) -> anyhow::Result<()> {
    let fault_app = ["--manifest-path", "crates/fault-app/Cargo.toml"];
    cargo(root, &["fmt", "--all", "--check"])?;
    cargo(root, &[&["fmt", "--check"][..], &fault_app].concat())?;
    crate::lint::check(root)?;
    crate::layers::check(root)?;
    crate::transitions::write(root, true)?;
    crate::observability::check(root)?;
    cargo(root, &["clippy", "--workspace", "--all-targets", "--locked", "--quiet", "--", "-D", "warnings"])?;
    let clippy = [&["clippy", "--all-targets", "--locked", "--quiet"][..], &fault_app, &["--", "-D", "warnings"]];
    cargo(root, &clippy.concat())?;
    docs(root)?;
    cargo(root, &["deny", "--log-level", "error", "check", "bans", "licenses", "sources"])?;
    println!("xtask check: everything holds");
    Ok(())
}

fn docs(root: &Path) -> anyhow::Result<()> {
    println!("cargo doc");
    let status = Command::new("cargo")
        .args(["doc", "--workspace", "--no-deps", "--locked", "--quiet", "--document-private-items"])
        .env("RUSTDOCFLAGS", "-D warnings -A rustdoc::private_intra_doc_links")
        .current_dir(root)
        .status()?;
    ensure!(status.success(), "cargo doc failed");
    Ok(())
}

/// All tests, with one PostgreSQL and one Redis for the run. Fault-app's own tests run in its own workspace; the browser's and
/// the guides' come before the workspace's, whose runner has the last word. With arguments only the workspace's are run.
pub(crate) fn test(root: &Path, arguments: &[String]) -> anyhow::Result<()> {
    let home = root.join("target/test-servers");
    std::fs::create_dir_all(&home)?;
    let folder = folder_for(&home.join(format!("postgres-{}", std::process::id())));
    let postgres = Postgres::start(&folder, false).context("cannot bring PostgreSQL up for the tests")?;
    let redis = Redis::start(&folder_for(&home.join(format!("redis-{}", std::process::id()))))
        .context("cannot bring Redis up for the tests")?;
    let servers = [("KINTSUGI_TEST_POSTGRES", testkit::base_of(&postgres)), ("KINTSUGI_TEST_REDIS", redis.url())];
    // The stories run the services' own binaries.
    cargo(root, &["build", "--workspace", "--bins", "--locked"])?;
    let others = || {
        fault_app(root, &postgres)?;
        script(root, "scripts/browser-tests", &["--no-build"])?;
        script(root, "scripts/docs-check", &[])
    };
    let done = if arguments.is_empty() { others() } else { Ok(()) };
    let done = done.and_then(|()| workspace(root, &servers, arguments));
    drop((postgres, redis));
    let _swept = std::fs::remove_dir_all(&folder);
    done
}

fn fault_app(root: &Path, postgres: &Postgres) -> anyhow::Result<()> {
    let password = substrate::secret();
    postgres.sql("postgres", &format!("CREATE ROLE fault_app_test LOGIN PASSWORD '{password}'"))?;
    let arguments = ["test", "--locked", "--quiet", "--manifest-path", "crates/fault-app/Cargo.toml"];
    println!("cargo {}", arguments.join(" "));
    let mut command = Command::new("cargo");
    command.args(arguments).current_dir(root);
    command.env("TEST_DATABASE_URL", postgres.url("fault_app_test", &password, "postgres"));
    ensure!(command.status().context("cannot run cargo")?.success(), "fault-app's own tests failed");
    Ok(())
}

/// With nextest where it is installed: a process a test. Else with `cargo test`, the stories one after the other, because a
/// stack takes its whole process for itself.
fn workspace(root: &Path, servers: &[(&str, String)], arguments: &[String]) -> anyhow::Result<()> {
    let nextest = Command::new("cargo").args(["nextest", "--version"]).output().is_ok_and(|out| out.status.success());
    let runs: Vec<Vec<&str>> = if nextest {
        vec![vec!["nextest", "run", "--workspace", "--locked"]]
    } else {
        vec![
            vec!["test", "--workspace", "--locked", "--exclude", "e2e"],
            vec!["test", "--package", "e2e", "--locked", "--", "--test-threads=1"],
        ]
    };
    for run in runs {
        println!("cargo {}", run.join(" "));
        let mut command = Command::new("cargo");
        command.args(&run).args(arguments).current_dir(root).envs(servers.iter().cloned());
        ensure!(command.status()?.success(), "tests failed");
    }
    Ok(())
}

fn script(root: &Path, path: &str, arguments: &[&str]) -> anyhow::Result<()> {
    println!("{path} {}", arguments.join(" "));
    let status = Command::new(root.join(path)).args(arguments).current_dir(root).status();
    ensure!(status.with_context(|| format!("cannot run {path}"))?.success(), "{path} failed");
    Ok(())
}

fn cargo(root: &Path, arguments: &[&str]) -> anyhow::Result<()> {
    println!("cargo {}", arguments.join(" "));
    let status = Command::new("cargo").args(arguments).current_dir(root).status().context("cannot run cargo")?;
    ensure!(status.success(), "cargo {} failed", arguments.join(" "));
    Ok(())
}
