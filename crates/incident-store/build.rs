//! The migrations are embedded: a change of a file there is a change of this crate.

fn main() {
    println!("cargo:rerun-if-changed=../../migrations/incident-store");
}
