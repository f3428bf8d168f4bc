//! The demonstration: its story ends well from the command line, and would not if an answer were another.

use std::process::Command;

use portcullis::demo::{self, DemoOptions, story};

#[test]
fn the_story_plays_by_itself_and_every_answer_is_as_told() {
    let told = Command::new(env!("CARGO_BIN_EXE_portcullis"))
        .args(["demo", "--story", "--workers", "300"])
        .output()
        .expect("the program runs");
    let text = String::from_utf8_lossy(&told.stdout);
    let said = format!("{text}\n{}", String::from_utf8_lossy(&told.stderr));
    assert_eq!(told.status.code(), Some(0), "{said}");
    assert!(text.contains("DEMO DATA"), "{said}");
    assert!(text.contains("All 5 answers were as told."), "{said}");
    assert!(!text.contains("NO:"), "{said}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_story_with_one_wrong_expectation_does_not_end_well() {
    let options = DemoOptions {
        workers: 100,
        story: true,
        ..DemoOptions::default()
    };
    let played = demo::on_stage(&options, async |demo| {
        let mut steps = story::steps(&demo.stage);
        steps[2].told = story::Told::Permit;
        let mut said = String::new();
        let well = story::play(&demo.stage, &steps, |line| said += &format!("{line}\n")).await?;
        Ok((well, said))
    });
    let (well, said) = played
        .await
        .expect("the demonstration runs")
        .expect("nobody stops it");
    assert!(!well, "{said}");
    assert!(said.contains("NO: it should be permit"), "{said}");
    assert!(said.contains("1 of 5 answers were not as told."), "{said}");
}
