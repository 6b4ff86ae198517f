//! Writes made variants and what the cures make of them, to be read or compiled: `write FOLDER FIRST_SEED COUNT`.

use anyhow::Context;
use camino::Utf8PathBuf;
use variants::{Cures, Fault, variant};

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [folder, first, count] = arguments.as_slice() else { anyhow::bail!("write FOLDER FIRST_SEED COUNT") };
    let (first, count): (u64, u64) = (first.parse().context("FIRST_SEED")?, count.parse().context("COUNT")?);
    let root = Utf8PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../..");
    let cures = Cures::of(&root.join("crates/rag-gateway/knowledge")).await?;
    for fault in Fault::ALL {
        let name = fault.name();
        let original = std::fs::read_to_string(root.join(format!("crates/fault-app/src/faults/fault_{name}.txt")))?;
        for (kind, text) in [("faulty", false), ("cured", true)] {
            let place = Utf8PathBuf::from(folder).join(kind).join(name);
            std::fs::create_dir_all(&place)?;
            for seed in first..first + count {
                let made = variant(fault, &original, seed).text;
                let cured = cures.first(fault, &made)?.map(|cure| cure.text);
                match if text { cured } else { Some(made) } {
                    Some(text) => std::fs::write(place.join(format!("{seed}.rs")), text)?,
                    None => println!("{name} {seed} is not healed"),
                }
            }
        }
    }
    Ok(())
}
