//! Imports on a database of their own, through the door that all changes go through.

mod rate;
mod stories;
mod world;
