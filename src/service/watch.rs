//! Threads that call the database. Such a call cannot be broken off from outside, and a connection can die without a word:
//! so whoever makes calls is watched, and when one gives no answer the thread is left to itself and another takes over,
//! over a new connection. A line that died costs seconds, not the hours until the kernel notices.
//!
//! What is left behind ends by itself when its call does. Connecting has a time limit, so while the whole database is
//! frozen there is one call that hangs and not one more every few seconds.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

/// How often the watch looks.
const LOOK: Duration = Duration::from_millis(50);
/// How long it waits before the next turn begins.
const PAUSE: Duration = Duration::from_millis(200);

/// One thread's time at a task.
pub struct Turn {
    began: Instant,
    /// Milliseconds after `began`, plus one, at which the call under way was made; 0 while there is none.
    asked_ms: AtomicU64,
    over: AtomicBool,
}

/// How a turn ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ended {
    /// The task goes on in another turn.
    Again,
    /// The task is done.
    ForGood,
}

impl Turn {
    fn new() -> Self {
        Self {
            began: Instant::now(),
            asked_ms: AtomicU64::new(0),
            over: AtomicBool::new(false),
        }
    }

    /// A call begins, or goes on: from here on its time counts.
    pub fn asks(&self) {
        let ms = u64::try_from(self.began.elapsed().as_millis()).unwrap_or(u64::MAX - 1);
        self.asked_ms.store(ms + 1, Ordering::Release);
    }

    /// The call has ended.
    pub fn answered(&self) {
        self.asked_ms.store(0, Ordering::Release);
    }

    /// Whether another thread has taken over.
    pub fn is_over(&self) -> bool {
        self.over.load(Ordering::Acquire)
    }

    fn hangs(&self, patience: Duration) -> bool {
        match self.asked_ms.load(Ordering::Acquire) {
            0 => false,
            asked_ms => self.began.elapsed() > Duration::from_millis(asked_ms) + patience,
        }
    }
}

/// Lets threads that answer gates go first where they share a core with the calling thread, which writes or follows
/// behind their answers. A quarter of the core is still its own when all of it is wanted.
pub fn stand_back() {
    const NICE: i32 = 5;
    // Threads have a priority each on Linux. Where that is refused, gates wait a little longer and nothing else changes.
    let _ = rustix::process::setpriority_process(Some(rustix::thread::gettid()), NICE);
}

/// Lets another thread have the core that the calling one is busy on. Long work calls this after each little piece: the kernel
/// lets a busy thread go on for milliseconds before it looks for others, whatever their priority, and a gate would wait that long.
pub fn make_way() {
    std::thread::yield_now();
}

/// Keeps a thread at `work`, turn after turn, until one ends for good. A call may take as long as `patience`.
pub fn keep_at(
    name: &'static str,
    patience: Duration,
    work: impl Fn(&Turn) -> Ended + Send + Sync + 'static,
) -> std::io::Result<JoinHandle<()>> {
    let work = Arc::new(work);
    let watch = move || {
        loop {
            let turn = Arc::new(Turn::new());
            let at_work = {
                let (work, turn) = (work.clone(), turn.clone());
                std::thread::Builder::new()
                    .name(name.into())
                    .spawn(move || {
                        stand_back();
                        work(&turn)
                    })
            };
            match at_work {
                Ok(at_work) => {
                    if end_of(name, at_work, &turn, patience) == Ended::ForGood {
                        return;
                    }
                }
                Err(error) => {
                    tracing::error!(thread = name, error = %error, "a thread cannot be started")
                }
            }
            std::thread::sleep(PAUSE);
        }
    };
    std::thread::Builder::new()
        .name(format!("{name}-watch"))
        .spawn(watch)
}

fn end_of(name: &str, at_work: JoinHandle<Ended>, turn: &Turn, patience: Duration) -> Ended {
    while !at_work.is_finished() {
        if turn.hangs(patience) {
            turn.over.store(true, Ordering::Release);
            tracing::error!(
                thread = name,
                "the database gives no answer; another connection is tried"
            );
            return Ended::Again;
        }
        std::thread::sleep(LOOK);
    }
    at_work.join().unwrap_or_else(|_| {
        tracing::error!(
            thread = name,
            "a thread ended by a panic; another takes its place"
        );
        Ended::Again
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::atomic::AtomicUsize;

    #[test]
    fn who_hangs_or_panics_is_replaced_and_who_is_done_is_not() {
        let turns = Arc::new(AtomicUsize::new(0));
        let counted = turns.clone();
        let work = move |turn: &Turn| match counted.fetch_add(1, Ordering::SeqCst) {
            0 => {
                turn.asks();
                while !turn.is_over() {
                    std::thread::sleep(LOOK);
                }
                Ended::Again
            }
            1 => panic!("on purpose"),
            2 => {
                // Idle for longer than a call may take: nothing hangs.
                turn.asks();
                turn.answered();
                std::thread::sleep(Duration::from_millis(100));
                assert!(!turn.is_over());
                Ended::Again
            }
            _ => Ended::ForGood,
        };
        let thread = keep_at("test", Duration::from_millis(20), work).expect("starts");
        thread.join().expect("ends");
        assert_eq!(turns.load(Ordering::SeqCst), 4);
    }
}
