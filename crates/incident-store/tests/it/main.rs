//! The service over HTTP on a real PostgreSQL, and on a real Redis where it matters.
#![cfg(test)]

mod access;
mod appends;
mod callee;
mod cooldown;
mod cursor;
mod degraded;
mod detections;
mod handovers;
mod leases;
mod listener;
mod migrations;
mod people;
mod people_playbooks;
mod recovery;
mod relatives;
mod remedies;
mod replicas;
mod reset;
mod setup;
mod sessions;
mod settings;
mod stream;
mod views;
