//! What a running node does when keys in the files beside the master key were changed.

use std::time::Duration;

use actix_web::web::Data;

use crate::http::state::Shared;
use crate::service::{blind, rewrap};

/// How often a node looks whether keys were changed.
const KEYS_EVERY: Duration = Duration::from_secs(10);
/// After how many of these it looks for keys that are under an old one all the same: another node may have been slower.
const REWRAP_EVERY: u64 = 360;

pub(super) async fn follow_keks(shared: Data<Shared>) {
    for round in 0u64.. {
        let services = &shared.services;
        if rewrap::reload(services) || round.is_multiple_of(REWRAP_EVERY) {
            match rewrap::rewrap(services).await {
                Ok(done) if done.keys > 0 => {
                    tracing::info!(
                        kek = done.kek,
                        keys = done.keys,
                        "every worker's key is under the key in use"
                    );
                }
                Ok(_) => {}
                Err(error) => {
                    tracing::warn!(error = %error, "keys of workers were not wrapped anew; the next round does it");
                }
            }
        }
        tokio::time::sleep(KEYS_EVERY).await;
    }
}

pub(super) async fn follow_blind_keys(shared: Data<Shared>) {
    loop {
        let services = &shared.services;
        blind::reload(services);
        match blind::follow_file(services).await {
            Ok(done) if done.rows > 0 => {
                tracing::info!(
                    version = done.version,
                    rows = done.rows,
                    "whoever was found by the former blind-index key is found by the one in use"
                );
            }
            Ok(_) => {}
            Err(error) => {
                tracing::warn!(error = %error, "the blind-index key was not changed; the next round goes on with it");
            }
        }
        tokio::time::sleep(KEYS_EVERY).await;
    }
}
