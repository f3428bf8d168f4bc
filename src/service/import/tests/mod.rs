//! Imports on a database of their own, through the door that all changes go through.

mod stories;
mod world;
mod zeros;
