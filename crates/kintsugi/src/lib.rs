#![doc = include_str!("../README.md")]

pub mod stack;
pub mod demo;
pub mod incidents;
mod git;
