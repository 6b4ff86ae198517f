//! Log lines that want to be obeyed: templates with goals, or the lines of a file that somebody supplies.

use anyhow::{Context, ensure};
use std::path::Path;

/// The longest supplied file, bytes, and the most payloads of it.
const MAX_FILE: u64 = 4 << 20;
const MAX_PAYLOADS: usize = 2_000;

/// The payloads of a file (one a line; `\n`, `\uXXXX` and such stand for the character), or our own.
///
/// # Errors
/// When a file cannot be read or holds none.
pub(super) fn all(supplied: Option<&Path>, own: &Path) -> anyhow::Result<Vec<String>> {
    if let Some(file) = supplied {
        let length = file.metadata().with_context(|| format!("cannot read {}", file.display()))?.len();
        ensure!(length <= MAX_FILE, "{} has {length} bytes; at most {MAX_FILE} are read", file.display());
        let lines = lines(file)?;
        ensure!(!lines.is_empty(), "{} holds no payload: one a line is wanted", file.display());
        return Ok(lines.iter().take(MAX_PAYLOADS).map(|line| unescaped(line)).collect());
    }
    let (templates, goals) = (lines(&own.join("templates.txt"))?, lines(&own.join("goals.txt"))?);
    let of =
        |template: &String| goals.iter().map(|goal| unescaped(&template.replace("{goal}", goal))).collect::<Vec<_>>();
    Ok(templates.iter().flat_map(of).collect())
}

fn lines(file: &Path) -> anyhow::Result<Vec<String>> {
    let text = std::fs::read_to_string(file).with_context(|| format!("cannot read {} as text", file.display()))?;
    Ok(text.lines().filter(|line| !line.trim().is_empty()).map(str::to_owned).collect())
}

/// `\n` and `\uXXXX` as characters; any other backslash is one.
fn unescaped(text: &str) -> String {
    let mut out = String::new();
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('\\') {
        out.push_str(before);
        let hex =
            after.strip_prefix('u').and_then(|hex| hex.get(..4)).and_then(|hex| u32::from_str_radix(hex, 16).ok());
        rest = match (hex.and_then(char::from_u32), after.strip_prefix('n')) {
            (Some(character), _) => {
                out.push(character);
                after.get(5..).unwrap_or_default()
            }
            (None, Some(after)) => {
                out.push('\n');
                after
            }
            (None, None) => {
                out.push('\\');
                after
            }
        };
    }
    out.push_str(rest);
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn there_are_two_hundred_and_more_that_all_differ() {
        let own = Path::new(env!("CARGO_MANIFEST_DIR")).join("payloads");
        let all = all(None, &own).expect("payloads");
        let different: std::collections::BTreeSet<&String> = all.iter().collect();
        assert!(different.len() >= 200, "{}", different.len());
        assert!(all.iter().any(|one| one.contains('\n')) && all.iter().any(|one| one.contains('\u{202e}')));
    }

    #[test]
    fn characters_are_read_and_other_backslashes_stay() {
        assert_eq!(unescaped(r"a\nb\u001b[0m\x\\"), "a\nb\u{1b}[0m\\x\\\\");
        assert_eq!(unescaped(r"\u12"), r"\u12");
        assert_eq!(unescaped("\\"), "\\");
    }
}
