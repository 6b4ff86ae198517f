//! The service over real repositories and real HTTP.
