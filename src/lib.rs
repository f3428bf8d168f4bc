//! Portcullis.
pub mod access;
pub mod domain;
pub mod index;
pub mod ledger;
pub mod service;
pub mod store;
pub mod metrics;
pub mod http;
