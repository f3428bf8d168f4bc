//! HTTP: takes requests apart, calls one service function, dresses the answer. No rule and no SQL here.
//!
//! * [`routes`]: the table of paths. [`handlers`]: one file a resource, the same names as in `service`.
//! * [`extract`]: permission, body, path and query as argument types, so that none can be forgotten.
//! * [`connection`]: what one caller can hold of the server. [`direct`]: gate checks, answered straight from it.
//! * [`problem`]: every error as a problem document (RFC 9457); [`worded`]: also those that never reach the app. [`envelope`]: what every answer carries.
//! * [`openapi`]: the description that is generated from all this. [`console`]: pages for people.

pub mod connection;
pub mod console;
pub mod direct;
pub mod envelope;
pub mod extract;
pub mod handlers;
pub mod limits;
pub mod openapi;
pub mod problem;
mod resource;
pub mod routes;
pub mod schemas;
pub mod state;
pub mod worded;
