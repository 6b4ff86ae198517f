#![doc = include_str!("../README.md")]

pub mod demo;
mod git;
pub mod incidents;
pub mod stack;
