//! The server, put together. Placeholder on this branch.

use crate::config::Config;

/// Serves until it is told to stop.
pub fn serve(_config: &Config) -> Result<(), Box<dyn std::error::Error>> {
    Err("This program was built without its server.".into())
}
