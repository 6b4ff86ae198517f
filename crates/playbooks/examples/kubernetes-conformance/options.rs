//! What is asked of the command line: `[--runs N] [--figures FILE] [IMAGE]`.

use anyhow::{Context as _, bail, ensure};
use std::path::PathBuf;
use std::sync::OnceLock;

static OPTIONS: OnceLock<Options> = OnceLock::new();

/// What is asked.
#[derive(Debug)]
pub(crate) struct Options {
    /// How often each scene is played, each time in a namespace of its own.
    pub(crate) runs: u32,
    /// Where the figures go, as JSON.
    pub(crate) figures: Option<PathBuf>,
    /// An image with a shell.
    pub(crate) image: String,
}

/// Reads the command line, once.
pub(crate) fn read() -> anyhow::Result<&'static Options> {
    let options = parse(std::env::args().skip(1))?;
    Ok(OPTIONS.get_or_init(|| options))
}

/// What was read; the defaults before.
pub(crate) fn image() -> String {
    OPTIONS.get().map_or_else(|| Options::default().image, |options| options.image.clone())
}

impl Default for Options {
    fn default() -> Self {
        Self { runs: 1, figures: None, image: "busybox:1.36".to_owned() }
    }
}

fn parse(mut words: impl Iterator<Item = String>) -> anyhow::Result<Options> {
    let mut options = Options::default();
    while let Some(word) = words.next() {
        match word.as_str() {
            "--runs" => {
                let runs = words.next().and_then(|runs| runs.parse().ok());
                options.runs = runs.context("--runs wants a number")?;
                ensure!((1..=100).contains(&options.runs), "--runs must be 1 to 100");
            }
            "--figures" => options.figures = Some(words.next().context("--figures wants a file")?.into()),
            other if other.starts_with('-') => {
                bail!("{other}: there are --runs N, --figures FILE, and the name of an image")
            }
            _ => options.image = word,
        }
    }
    Ok(options)
}
