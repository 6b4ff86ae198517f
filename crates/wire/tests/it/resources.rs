//! The inventory of a target file, as its guide shows it.

use wire::target::{ResourceKind, Target};

const GUIDE: &str = include_str!("../../../../docs/resources.md");
const REST: &str = r#"
name = "shop"
[repository]
url = "/srv/shop.git"
branch = "main"
[logs]
live = "/logs/live"
private = "/logs/private"
[patch]
language = "python"
files = ["app.py"]
[build]
outputs = [{ from = "app.py", to = "app.py" }]
[test]
command = ["true"]
[run]
command = ["true"]
[run.health]
path = "/healthz"
[[faults]]
code = "F"
marker = "F"
"#;

fn sample() -> String {
    let inventory = GUIDE.split("```toml").nth(1).and_then(|rest| rest.split("```").next()).expect("a sample");
    format!("{REST}\n{inventory}")
}

#[test]
fn the_guides_sample_is_an_inventory_of_all_ten_kinds() {
    let target = Target::parse(&sample()).expect("a valid target file");
    let mut kinds: Vec<_> = target.resources.iter().map(|resource| std::mem::discriminant(&resource.is)).collect();
    kinds.dedup();
    assert_eq!((target.resources.len(), kinds.len()), (10, 10));
    let limits: u64 = target.resources.iter().map(|resource| resource.is.limit_s()).sum();
    assert_eq!(limits, 205, "the ten limits average 20.5 s");
    let disk = target.resource(&"DISK_FULL".parse().expect("a code")).expect("the disk");
    assert!(matches!(disk.is, ResourceKind::Disk(_)));
    assert!(target.severity(&disk.fault).is_some(), "its fault is one of the target's");
}

#[test]
fn mistakes_are_told_with_what_would_be_right() {
    let wrong = [
        ("offline = \"offline\"", "offline = \"of\"", "pulls the lever of, which `levers` does not have"),
        ("fault = \"DISK_FULL\"", "fault = \"MODEL_AWAY\"", "each has its own"),
        ("every_ms = 250", "every_ms = 10", "must be 50 to 60000"),
        ("probes = [\"api.example.org:443\"]", "probes = []", "`probes` must name at least one"),
        (", backup_probe = \"http://10.0.0.8/health\"", "", "go together"),
        (
            "pid_file = \"/srv/shop/run/ollama.pid\"",
            "start_ms = 20000, pid_file = \"/x\"",
            "`start_ms` must be 100 to 15000",
        ),
        ("limit_bytes = 536870912", "limit_bytes = 0", "`limit_bytes` must be above 0"),
        ("by = { put = ", "by = { post = ", "post"),
    ];
    for (right, mistake, told) in wrong {
        let text = sample();
        assert!(text.contains(right), "{right}");
        let error = Target::parse(&text.replacen(right, mistake, 1)).expect_err(mistake).to_string();
        assert!(error.contains(told), "{mistake}: {error}");
    }
}
