//! How fast files are imported.

use super::world::*;

/// Prints how many rows a second are imported; `PORTCULLIS_RATE_URL` names an empty PostgreSQL database.
#[test]
#[ignore = "measures, and needs a release build to mean anything"]
fn rows_a_second() {
    let url = std::env::var("PORTCULLIS_RATE_URL").ok();
    let world = World::in_time(url.as_deref());
    let rows = 100_000;
    let file = workers(rows);
    for run in ["new", "same"] {
        let started = std::time::Instant::now();
        let id = world.brings(&credentials(ANTWERP), file.as_bytes());
        let checked = started.elapsed();
        world.runs(id, u64::MAX);
        let applied = started.elapsed() - checked;
        let rate = |time: std::time::Duration| (f64::from(rows) / time.as_secs_f64()) as u64;
        println!(
            "{run}: {} rows/s checked, {} rows/s applied",
            rate(checked),
            rate(applied)
        );
    }
    let list: String = (1..=rows).map(|n| format!("{n:08}\n")).collect();
    let id = world.brings(&revocations(ANTWERP), format!("badge\n{list}").as_bytes());
    let started = std::time::Instant::now();
    world.runs(id, u64::MAX);
    println!(
        "revoked: {} rows/s",
        (f64::from(rows) / started.elapsed().as_secs_f64()) as u64
    );
}
