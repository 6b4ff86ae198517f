#![doc = include_str!("../README.md")]

mod layers;
mod lint;
mod observability;
mod report;
mod run;
mod transitions;
mod variants;

use std::path::{Path, PathBuf};
use std::process::ExitCode;

const USAGE: &str = "\
cargo xtask COMMAND
  check               everything that CI checks besides the tests
  test [ARGS]         all tests, with one PostgreSQL and one Redis for the run; ARGS go to nextest where it is installed, else to cargo test
  layers              imports go down only; docs/calls.txt says who calls whom
  lint                the house rules that a machine can check
  observability       what promtool says of the rules and of the dashboards' queries, where it is installed
  transitions [--check]  writes the transition table into docs/ARCHITECTURE.md, or checks that it is current
  variants            heals variants of the faults: VARIANTS=dir the given ones, else those of crates/variants; VARIANTS_FULL=1 also
                      compiles and replays each cure in the real sandbox, and heals one a fault by the whole loop
  check-report FILE   recomputes a demo report from the journal, the git log and the target's own log";

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let (command, rest) = arguments.split_first().map_or(("", &[][..]), |(first, rest)| (first.as_str(), rest));
    let root = root();
    let done = match command {
        "check" => run::check(&root),
        "test" => run::test(&root, rest),
        "layers" => layers::check(&root),
        "lint" => lint::check(&root),
        "observability" => observability::check(&root),
        "transitions" => transitions::write(&root, rest.iter().any(|argument| argument == "--check")),
        "variants" => variants::heal(&root),
        "check-report" => match rest {
            [path] => report::check(Path::new(path)),
            _ => Err(anyhow::anyhow!("check-report takes one file, e.g. .kintsugi/demo/report.json")),
        },
        _ => {
            eprintln!("{USAGE}");
            return ExitCode::from(2);
        }
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("xtask {command}: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn root() -> PathBuf {
    let here = PathBuf::from(env!("CARGO_MANIFEST_DIR"));
    here.ancestors().nth(2).map_or(here.clone(), Path::to_owned)
}
