//! See the README.

fn main() -> anyhow::Result<()> {
    bench::run()
}
