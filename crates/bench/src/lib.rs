#![doc = include_str!("../README.md")]

pub mod command;
pub mod stats;
pub mod sheet;
pub mod document;
pub mod machine;
pub mod madeup;
pub mod child;
mod gates;
mod http;
mod stand;
mod p1;
mod p3;
mod p4;
mod p9;
mod p10;
mod p11;
mod planners;
mod learning;
mod storm;
mod mining;
mod modes;
mod errors;

pub use command::run;
