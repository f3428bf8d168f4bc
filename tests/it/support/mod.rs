//! What stories are told with: a world with the real server in it, people and gates who speak, answers that can be asked,
//! a line to the database that can fail.

pub mod actors;
pub mod clock;
pub mod database;
pub mod figures;
pub mod files;
pub mod log;
pub mod machine;
pub mod proxy;
pub mod world;

pub use world::{Database, World};
