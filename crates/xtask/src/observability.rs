//! What stands beside a local stack: Prometheus' configuration and rules, and the dashboards with their queries.

use anyhow::{Context, ensure};
use serde_json::{Value, json};
use std::collections::BTreeSet;
use std::path::Path;
use std::process::Command;

const DASHBOARDS: [&str; 2] = ["recovery", "services"];

/// Checks what can be checked without a container; the queries only where `promtool` is installed.
pub(crate) fn check(root: &Path) -> anyhow::Result<()> {
    let folder = root.join("compose/observability");
    let sources = provisioned(&folder)?;
    let mut rules = Vec::new();
    for name in DASHBOARDS {
        let path = folder.join(format!("grafana/dashboards/{name}.json"));
        let text = std::fs::read_to_string(&path).with_context(|| format!("cannot read {}", path.display()))?;
        let dashboard = serde_json::from_str(&text).with_context(|| format!("{} is not JSON", path.display()))?;
        let queries = queries(&dashboard, &sources).with_context(|| path.display().to_string())?;
        rules.extend(
            queries.into_iter().enumerate().map(|(n, query)| json!({"record": format!("{name}:{n}"), "expr": query})),
        );
    }
    if !Command::new("promtool").arg("--version").output().is_ok_and(|output| output.status.success()) {
        println!("observability: promtool is not installed (`scripts/prepare lint`): no rule and no query was checked");
        return Ok(());
    }
    let prometheus = folder.join("prometheus");
    promtool(&prometheus, &["check", "config", "--syntax-only", "prometheus.yml"])?;
    promtool(&prometheus, &["check", "rules", "rules.yml"])?;
    promtool(&prometheus, &["test", "rules", "rules_test.yml"])?;
    // A rule's expression is a query, and JSON is YAML.
    let (count, path) = (rules.len(), root.join("target/dashboard-queries.yml"));
    let file = json!({"groups": [{"name": "dashboards", "rules": rules}]});
    std::fs::write(&path, file.to_string()).with_context(|| format!("cannot write {}", path.display()))?;
    promtool(root, &["check", "rules", &path.to_string_lossy()])?;
    println!(
        "observability: promtool takes the configuration, the rules and their tests, and {count} queries of dashboards"
    );
    Ok(())
}

/// The ids of the data sources.
fn provisioned(folder: &Path) -> anyhow::Result<BTreeSet<String>> {
    let path = folder.join("grafana/provisioning/datasources/kintsugi.yaml");
    let text = std::fs::read_to_string(&path).with_context(|| format!("cannot read {}", path.display()))?;
    Ok(text.lines().filter_map(|line| line.trim().strip_prefix("uid: ")).map(str::to_owned).collect())
}

/// The queries of a dashboard whose panels have ids of their own and data sources that are there.
fn queries(dashboard: &Value, sources: &BTreeSet<String>) -> anyhow::Result<Vec<String>> {
    let panels = dashboard["panels"].as_array().context("no panels")?;
    let (mut ids, mut queries) = (BTreeSet::new(), Vec::new());
    for panel in panels {
        let (id, title) = (panel["id"].as_i64().context("a panel without an id")?, &panel["title"]);
        ensure!(ids.insert(id), "two panels have the id {id}");
        let source = panel.pointer("/datasource/uid").and_then(Value::as_str).unwrap_or_default();
        ensure!(
            sources.contains(source),
            "panel {id} ({title}) asks the data source {source:?}, which is not provisioned"
        );
        let targets = panel["targets"].as_array().with_context(|| format!("panel {id} ({title}) asks nothing"))?;
        for target in targets {
            let query = target["expr"].as_str().with_context(|| format!("panel {id} ({title}) has no query"))?;
            queries.push(query.to_owned());
        }
    }
    Ok(queries)
}

fn promtool(folder: &Path, arguments: &[&str]) -> anyhow::Result<()> {
    let output =
        Command::new("promtool").args(arguments).current_dir(folder).output().context("cannot run promtool")?;
    let said = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    ensure!(
        output.status.success(),
        "promtool {} failed:\n{}{}",
        arguments.join(" "),
        said(&output.stdout),
        said(&output.stderr)
    );
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn dashboard(ids: [i64; 2], source: &str) -> Value {
        let panel = |id| json!({"id": id, "title": "t", "datasource": {"uid": source}, "targets": [{"expr": "up"}]});
        json!({"panels": ids.map(panel)})
    }

    #[test]
    fn a_panel_has_an_id_of_its_own_and_asks_a_data_source_that_is_there() {
        let sources = BTreeSet::from(["prometheus".to_owned()]);
        assert_eq!(queries(&dashboard([1, 2], "prometheus"), &sources).unwrap(), ["up", "up"]);
        for (wrong, why) in
            [(dashboard([1, 1], "prometheus"), "two panels"), (dashboard([1, 2], "elsewhere"), "not provisioned")]
        {
            let error = queries(&wrong, &sources).unwrap_err().to_string();
            assert!(error.contains(why), "{error}");
        }
    }

    #[test]
    fn what_is_in_the_repository_holds() {
        check(&crate::root()).unwrap();
    }
}
