//! The upload behind `POST /test-fault/session`.
//!
//! The caller counts parts and tokens, and it is the caller who logs, reports and answers. Here is only the work itself.

use fault_app::session::{Refused, Session};

/// Sends all parts of an upload.
pub(crate) async fn run(session: &Session) -> Result<(), Refused> {
    let pass = session.log_in().await?;
    for part in 1..=Session::PARTS {
        session.send(part, &pass).await?;
    }
    Ok(())
}
