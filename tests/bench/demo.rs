//! The demonstration: how long somebody who sees the program for the first time waits for open gates.

use std::io::{BufRead, BufReader};
use std::process::{Command, Stdio};
use std::time::Instant;

use crate::table::{Aim, Measure};

/// Seconds from the command to open gates, with as many workers as it has by itself.
pub fn measure() -> Measure {
    let started = Instant::now();
    let mut demo = Command::new(env!("CARGO_BIN_EXE_portcullis"))
        .args([
            "demo",
            "--listen",
            "127.0.0.1:0",
            "--metrics-listen",
            "127.0.0.1:0",
        ])
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .expect("the demonstration starts");
    let said = BufReader::new(demo.stdout.take().expect("it says something"));
    let open = said
        .lines()
        .map_while(Result::ok)
        .any(|line| line.contains("The gates are open"));
    let took = started.elapsed().as_secs_f64();
    // It removes its folder when it is asked to end.
    let asked = Command::new("kill").arg(demo.id().to_string()).status();
    assert!(
        asked.is_ok_and(|asked| asked.success()),
        "it can be stopped"
    );
    demo.wait().expect("it ends");
    assert!(open, "the gates open");
    Measure::new("demo_ready_seconds", took, "s").aim(Aim::AtMost(10.0))
}
