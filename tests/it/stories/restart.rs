//! A node that starts again loads its copy from the tables and not from its memory: it must say the same as before.

use serde_json::json;

use crate::support::World;
use crate::support::actors::verdict;

pub async fn a_node_says_after_a_restart_what_it_said_before(mut world: World) {
    let a = world.member("Haven A").await;
    let hr = a.hr(&world).await;
    let (here, there) = (
        a.gate(&world, &[&hr.card_system]).await,
        a.gate(&world, &[&hr.card_system]).await,
    );
    let scope = json!({ "facilities": [here.facility] });
    let passes = [
        hr.issues().await,
        hr.issues_with(json!({ "scope": scope })).await,
        hr.issues_with(json!({ "valid_from": "2026-03-03T00:00:00Z" }))
            .await,
        hr.issues().await,
        hr.issues().await,
    ];
    hr.suspends(&passes[3], "under_inquiry").await.created();
    hr.revokes(&passes[4], "stolen").await.created();
    let wanted = [
        (("permit", "valid"), ("permit", "valid")),
        (("permit", "valid"), ("deny", "out_of_scope")),
        (("deny", "not_yet_valid"), ("deny", "not_yet_valid")),
        (("deny", "not_valid"), ("deny", "not_valid")),
        (("deny", "not_valid"), ("deny", "not_valid")),
    ];
    for restarted in [false, true] {
        if restarted {
            world.restart();
        }
        // The tokens are good still: what signs them is in the database.
        let (here, there) = (here.at(world.node.address), there.at(world.node.address));
        for (pass, (at_one, at_other)) in passes.iter().zip(wanted) {
            assert_eq!(verdict(&here.asks_about(pass).await), at_one);
            assert_eq!(verdict(&there.asks_about(pass).await), at_other);
        }
        let record = hr.api.at(world.node.address);
        let worker = format!("/v1/workers/{}", passes[0].worker);
        assert_eq!(record.get(&worker).await.ok()["family_name"], "Peeters");
        world.db_examine(&world.node);
    }
}
