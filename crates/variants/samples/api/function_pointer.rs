//! The call is handed about as a function.

use fault_app::upstream::{Answer, Failure, Upstream};
use std::time::Duration;

use fault_app::upstream::Request;

fn data(upstream: &Upstream) -> Request {
    Upstream::get(upstream, "/data")
}

pub(crate) async fn run(upstream: &Upstream) -> Result<Answer, Failure> {
    let make: fn(&Upstream) -> Request = data;
    make(upstream).timeout(Duration::from_secs(3)).send().await?.answer()
}
