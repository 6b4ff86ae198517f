//! fault-router
