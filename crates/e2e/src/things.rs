//! Resources of a target that can be broken.

use std::path::Path;

/// What stands in it.
pub const GOOD: &str = "[server]\nport = 8001\n";

/// A configuration file `app.toml` with a backup, as `[[resources]]` of the target file.
///
/// # Panics
/// When the folder cannot be written to.
pub fn configuration(folder: &Path) -> String {
    std::fs::create_dir_all(folder.join("backups")).expect("a folder");
    for file in ["app.toml", "backups/monday.toml", "defaults.toml"] {
        std::fs::write(folder.join(file), GOOD).expect("written");
    }
    let at = folder.display();
    format!(
        r#"
[[resources]]
name = "settings"
fault = "CONFIGURATION_BROKEN"
every_ms = 100

[resources.is.configuration]
path = "{at}/app.toml"
format = "toml"
required = ["/server/port"]
backups = "{at}/backups"
defaults = "{at}/defaults.toml"
copies = "{at}/copies"
"#
    )
}
