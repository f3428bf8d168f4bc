//! The pages in a real browser (Chromium): every kind of page in every language, held against what checks accessibility and
//! markup, in the ways in which people come. What they look like is kept as pictures in `target/browser/pages`.

use std::path::Path;
use std::process::Command;

use crate::matrix::conventions::Scene;

#[actix_web::test]
async fn every_kind_of_page_is_sound_in_every_language() {
    let scene = Scene::begin().await;
    let tools = std::env::var("PORTCULLIS_TEST_BROWSER").expect(
        "PORTCULLIS_TEST_BROWSER says where the browser's driver is; scripts/test makes it",
    );
    // All areas are made by one template, and so are all types: the shortest and the longest of them stand for the rest.
    let pages = [
        "/",
        "/accessibility",
        "/docs",
        "/docs/areas/tokens",
        "/docs/areas/network",
        "/docs/types/ReasonBody",
        "/docs/types/Reason",
        "/docs/types/GateCheckView",
    ];
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let server = format!("http://{}", scene.world.node.address);
    let done = actix_web::web::block(move || {
        Command::new("node")
            .arg(root.join("tests/browser/pages.cjs"))
            .arg(&tools)
            .arg(&server)
            .args(pages)
            .output()
    });
    let done = done.await.expect("it is waited for").expect("node runs");
    assert!(
        done.status.success(),
        "{}\n{}",
        String::from_utf8_lossy(&done.stdout),
        String::from_utf8_lossy(&done.stderr)
    );
}
