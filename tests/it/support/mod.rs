//! What stories are told with: a world with the real server in it, people and gates who speak, answers that can be asked.

pub mod actors;
pub mod clock;
pub mod world;

pub use world::{Database, World};
