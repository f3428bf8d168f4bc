//! The API. Placeholder on this branch.
pub mod openapi;
