//! Targets beside the one that runs: the store takes their detections in, and the healer knows who needs whom.

use std::collections::BTreeMap;
use std::path::Path;
use testkit::tiny::Tiny;
use wire::Service;

/// The fault of a target beside that needs something; the others have the tiny target's own.
pub const SYMPTOM: &str = "CALL_FAILED";

/// Writes their files, and the tiny target's among them, and has the store and the healer read them.
pub(super) fn add(
    beside: &[(String, Vec<String>)],
    tiny: &Tiny,
    folder: &Path,
    overrides: &mut BTreeMap<Service, BTreeMap<String, String>>,
) {
    if beside.is_empty() {
        return;
    }
    std::fs::create_dir_all(folder).expect("a folder");
    let own = std::fs::read_to_string(tiny.targets.join("tiny.toml")).expect("the target file");
    std::fs::write(folder.join("tiny.toml"), &own).expect("a target file");
    for (name, needs) in beside {
        let text = own.replacen("name = \"tiny\"", &format!("name = \"{name}\""), 1);
        let text = text.replacen("depends_on = [\"upstream\"]", &format!("depends_on = {needs:?}"), 1);
        let text = if needs.is_empty() { text } else { text.replace(testkit::tiny::FAULT, SYMPTOM) };
        std::fs::write(folder.join(format!("{name}.toml")), text).expect("a target file");
    }
    for (service, key) in [(Service::IncidentStore, "INCIDENT_STORE"), (Service::Healer, "HEALER")] {
        overrides.entry(service).or_default().insert(format!("{key}__TARGETS"), folder.display().to_string());
    }
}
