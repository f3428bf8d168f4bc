//! The words of the trade: what a worker, a credential, a gate and a decision are, and which change leads where.
//!
//! Pure. No web, no database, no clock, no randomness, no I/O: everything here can be read, tested and trusted by
//! itself. What time it is and what is random come in as arguments, from [`time::Environment`].

pub mod approval;
pub mod ban;
pub mod break_glass;
pub mod calendar;
pub mod card;
pub mod clearance;
pub mod client;
pub mod credential;
pub mod decision;
pub mod digest;
pub mod document;
pub mod dormancy;
pub mod erasure;
pub mod exclusion;
pub mod export;
pub mod freshness;
pub mod grounds;
pub mod ids;
pub mod lookup;
pub mod match_case;
pub mod name_search;
pub mod network;
pub mod reason;
pub mod referral;
pub mod retention;
pub mod screening;
pub mod text;
pub mod time;
pub mod work;
pub mod worker;
