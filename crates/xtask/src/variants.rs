//! Heals variants of the faults, by rule alone or in full.

use anyhow::{Context, ensure};
use std::path::Path;
use std::process::Command;

/// Runs the tests that read `VARIANTS` and prints what became of each variant.
pub(crate) fn heal(root: &Path) -> anyhow::Result<()> {
    // Tests run in their own folders: a relative path is meant from here.
    let given = setting("VARIANTS").map(std::path::absolute).transpose()?;
    let full = setting("VARIANTS_FULL").is_some_and(|value| value != "0");
    let by_rule = if given.is_some() { "every_variant_written_by_hand_or_supplied" } else { "healed::" };
    let mut runs = vec![vec!["test", "-p", "variants", "--test", "it", "--", "--nocapture", by_rule]];
    if full {
        runs.push(vec!["build", "--workspace", "--bins"]);
        runs.push(vec!["test", "-p", "e2e", "--test", "it", "--", "--nocapture", "patient_variants::"]);
    }
    for run in runs {
        println!("cargo {}", run.join(" "));
        let mut command = Command::new("cargo");
        command.args(&run).current_dir(root).envs(given.as_ref().map(|path| ("VARIANTS", path)));
        ensure!(command.status().context("cannot run cargo")?.success(), "not every variant is healed: see above");
    }
    Ok(())
}

#[expect(clippy::disallowed_methods, reason = "what is said on the command line of a developer's tool")]
fn setting(name: &str) -> Option<String> {
    std::env::var(name).ok().filter(|value| !value.is_empty())
}
