//! As short as it can be.

use fault_app::upstream::{Answer, Failure, Upstream};

pub(crate) async fn run(u: &Upstream) -> Result<Answer, Failure> {
    u.get("/data").send().await?.answer()
}
