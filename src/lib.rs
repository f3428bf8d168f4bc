//! Portcullis.
pub mod access;
pub mod app;
pub mod config;
pub mod demo;
pub mod domain;
pub mod environment;
pub mod http;
pub mod index;
pub mod ledger;
pub mod metrics;
pub mod service;
pub mod store;
pub mod telemetry;
