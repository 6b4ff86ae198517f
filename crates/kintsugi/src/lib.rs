#![doc = include_str!("../README.md")]

pub mod stack;
pub mod demo;
pub mod doctor;
pub mod status;
pub mod incidents;
pub mod operations;
pub mod resources;
pub mod kb;
pub mod connection;
pub mod output;
pub mod exit;
mod git;
