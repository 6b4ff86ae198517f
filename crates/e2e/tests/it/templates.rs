//! What a reset restores is what was there in the beginning.

use std::path::Path;
use wire::target::Target;

#[test]
fn every_template_of_fault_app_is_its_fault_file_byte_for_byte() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let text = std::fs::read_to_string(root.join("deploy/targets/fault-app.toml")).unwrap();
    let text = text.replace("${FRONT}", "http://127.0.0.1:8000");
    let target = Target::parse(&text).unwrap();
    assert!(!target.reset.is_empty());
    for reset in &target.reset {
        let read = |file: &str| std::fs::read(root.join("crates/fault-app").join(file)).unwrap();
        assert_eq!(read(&reset.file), read(&reset.template), "{} and {}", reset.file, reset.template);
        assert!(target.patch.files.contains(&reset.file), "{} is patchable", reset.file);
    }
}
