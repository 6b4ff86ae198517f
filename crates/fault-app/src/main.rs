//! The binary: the fault bodies in the stable wrapper of the library.

mod faults;

use std::process::ExitCode;

fn main() -> ExitCode {
    fault_app::run(fault_app::Faults {
        sql: |transaction| Box::pin(faults::sql::run(transaction)),
        api: |upstream| Box::pin(faults::api::run(upstream)),
        db: |transaction| Box::pin(faults::db::run(transaction)),
        memory: |pages| Box::pin(faults::memory::run(pages)),
        session: |session| Box::pin(faults::session::run(session)),
        retry_storm: |client| Box::pin(faults::retry_storm::run(client)),
        queue: |queue| Box::pin(faults::queue::run(queue)),
    })
}
