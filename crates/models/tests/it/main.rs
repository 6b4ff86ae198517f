//! The chain against real HTTP.
