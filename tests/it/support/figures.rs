//! Times that were measured, and what is said of them.

use std::time::Duration;

/// Times, shortest first.
pub struct Figures(Vec<Duration>);

impl Figures {
    pub fn of(mut times: Vec<Duration>) -> Self {
        assert!(!times.is_empty(), "nothing was measured");
        times.sort();
        Self(times)
    }

    /// The time that this share of all did not exceed.
    pub fn quantile(&self, share: f64) -> Duration {
        let at = (self.0.len() as f64 * share).ceil() as usize;
        self.0[at.clamp(1, self.0.len()) - 1]
    }

    pub fn max(&self) -> Duration {
        self.quantile(1.0)
    }

    /// One line of a table. Shown by `cargo test -- --nocapture`.
    pub fn print(&self, what: &str) {
        let ms = |time: Duration| time.as_secs_f64() * 1_000.0;
        println!(
            "{what:<44} n {:>5}  p50 {:>7.2} ms  p99 {:>7.2} ms  max {:>7.2} ms",
            self.0.len(),
            ms(self.quantile(0.5)),
            ms(self.quantile(0.99)),
            ms(self.max())
        );
    }
}
