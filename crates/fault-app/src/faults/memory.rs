//! The pages behind `POST /test-fault/memory`.
//!
//! The caller counts what is made and kept, and it is the caller who logs, reports and answers. Here is only the work itself.

use fault_app::memory::{Full, Pages};

/// Makes the pages of a report, and keeps them for whoever asks next.
pub(crate) async fn run(pages: &Pages) -> Result<(), Full> {
    for number in 1..=Pages::OF_A_REPORT {
        let page = pages.make(number);
        pages.keep(number, page)?;
    }
    Ok(())
}
