//! How many rows there are, for whoever goes through all of them and must not miss one.

use diesel::prelude::*;

use super::conn::Reader;
use super::error::StoreError;
use super::schema::{
    approvals, badge_cards, badges, ban_workers, bans, credentials, engagements, erasures,
    exclusion_members, exclusions, match_cases, moves, network_records, referrals, screenings,
    workers,
};

/// How many rows each table of the projection has, under its name.
pub fn of_projection(reader: &mut Reader) -> Result<[(&'static str, u64); 16], StoreError> {
    macro_rules! counts {
        ($($table:ident),*) => {
            [$({
                let count: i64 = $table::table.count().get_result(&mut reader.0)?;
                (stringify!($table), count as u64)
            },)*]
        };
    }
    Ok(counts!(
        network_records,
        workers,
        erasures,
        match_cases,
        engagements,
        screenings,
        bans,
        ban_workers,
        referrals,
        exclusions,
        exclusion_members,
        approvals,
        credentials,
        badges,
        badge_cards,
        moves
    ))
}
