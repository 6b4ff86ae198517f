//! A time-out in a constant, longer than any deadline.

use fault_app::upstream::{Answer, Failure, Upstream};
use std::time::Duration;

const PATIENCE: Duration = Duration::from_millis(30_000);
const PATH: &str = "/data";

pub(crate) async fn run(service: &Upstream) -> Result<Answer, Failure> {
    let request = service.get(PATH);
    let request = request.timeout(PATIENCE);
    request.send().await.and_then(|response| response.answer())
}
