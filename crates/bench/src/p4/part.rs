//! The contenders of this crate, each a process of its own, as ripgrep is.

use super::sets::Set;
use anyhow::Context;
use fault_router::rules::Rules;
use fault_router::scan;
use std::fs::File;
use std::io::Read;
use std::path::Path;

/// How much the floor reads at once, bytes: as much as the scanner.
const BLOCK: usize = 256 * 1024;

/// What a scan says at its end.
#[derive(Debug, PartialEq)]
pub(super) struct Said {
    pub(super) bytes: u64,
    pub(super) hits: u64,
    /// The most memory that was resident, bytes.
    pub(super) peak: u64,
}

impl Said {
    pub(super) fn parse(text: &[u8]) -> anyhow::Result<Self> {
        let text = std::str::from_utf8(text)?;
        let numbers: Vec<u64> = text.split_whitespace().map_while(|word| word.parse().ok()).collect();
        let [bytes, hits, peak] = numbers.try_into().map_err(|_| anyhow::anyhow!("a scan said {text:?}"))?;
        Ok(Self { bytes, hits, peak })
    }
}

/// Scans a file and keeps the offset and the text of each hit.
pub(crate) fn scan(set: Set, path: &Path) -> anyhow::Result<()> {
    let rules = Rules::new(&set.rules()?)?;
    let mut file = File::open(path).with_context(|| format!("cannot read {}", path.display()))?;
    let mut hits: Vec<(u64, Vec<u8>)> = Vec::new();
    let bytes = scan::scan(&rules, &mut file, |hit| hits.push((hit.offset, hit.line.to_vec())))?;
    let status = std::fs::read_to_string("/proc/self/status")?;
    let peak = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).context("no VmHWM")?;
    let peak: u64 = peak.trim().trim_end_matches(" kB").parse()?;
    println!("{bytes} {} {}", hits.len(), peak << 10);
    Ok(())
}

/// Counts newlines and does nothing else.
pub(crate) fn newlines(path: &Path) -> anyhow::Result<()> {
    let mut file = File::open(path).with_context(|| format!("cannot read {}", path.display()))?;
    let (mut block, mut count) = (vec![0; BLOCK], 0);
    loop {
        let read = file.read(&mut block)?;
        if read == 0 {
            break;
        }
        count += memchr::memchr_iter(b'\n', block.get(..read).unwrap_or_default()).count();
    }
    println!("{count}");
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_scan_says_is_read_back_and_nothing_else_is_taken_for_it() {
        assert_eq!(Said::parse(b"7 2 4096\n").unwrap(), Said { bytes: 7, hits: 2, peak: 4096 });
        assert!(Said::parse(b"7 2\n").is_err() && Said::parse(b"nothing").is_err());
    }
}
