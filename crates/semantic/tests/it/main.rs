//! The model against a plain reference, and what is said of one that is broken.

mod minilm;
