//! The service over HTTP on a real PostgreSQL, and on a real Redis where it matters.
#![cfg(test)]

mod access;
mod appends;
mod cursor;
mod degraded;
mod detections;
mod leases;
mod listener;
mod migrations;
mod replicas;
mod reset;
mod setup;
mod settings;
mod stream;
