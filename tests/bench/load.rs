//! A load generator for HTTP/1.1 over kept connections, made to cost as little as it can: it shares the machine with what it measures.
//!
//! One thread looks at many sockets at once (epoll, edge-triggered) and pays two system calls a request, one write and one read.
//! It never sleeps: waking a thread on another core costs the server that answers it more than the answer does, the more so
//! in a virtual machine, and the slower of two servers would pay it more often than the faster one.
//! Requests are complete bytes made before the run. There is no pipelining: a connection has one request under way, as a gate has.

use std::collections::VecDeque;
use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::{Duration, Instant};

use hdrhistogram::Histogram;
use rustix::event::{Timespec, epoll};
use rustix::fd::OwnedFd;

use crate::connection::{Connection, Progress};

/// What to send, how, and for how long.
pub struct LoadPlan {
    /// Where the server listens.
    pub address: SocketAddr,
    /// Kept connections, each with at most one request under way.
    pub connections: usize,
    /// Complete requests, sent in this order over all connections and again from the start. Every answer must carry `Content-Length`.
    pub requests: Arc<Vec<Vec<u8>>>,
    /// Time before the measurement begins; what is due in it is sent and forgotten.
    pub warmup: Duration,
    /// Time in which measured requests become due.
    pub duration: Duration,
    /// An answer with another status is an error.
    pub expect_status: u16,
    /// `None`: each connection sends as soon as it has its answer, which finds the highest rate (closed loop).
    /// `Some`: requests become due at this even rate whether or not earlier ones are answered, and their latency counts from the moment
    /// they were due. A server that stalls is so charged for every request it kept waiting, not for one a connection (open loop).
    pub rate_per_second: Option<f64>,
}

/// What came of a plan. Latencies are of expected answers only.
#[expect(dead_code, reason = "printed whole, by Debug")]
#[derive(Debug, Clone)]
pub struct LoadReport {
    /// Measured requests that were answered as expected.
    pub answers: u64,
    /// Measured requests with another status, a broken connection, or no answer within [`PATIENCE`] of the end.
    pub errors: u64,
    /// Answers divided by the time they took, in requests per second.
    pub per_second: f64,
    /// Median latency in microseconds.
    pub p50_us: f64,
    /// Latency in microseconds that 99 % of the answers kept.
    pub p99_us: f64,
    /// Latency in microseconds that 99.9 % of the answers kept.
    pub p999_us: f64,
    /// The longest latency in microseconds.
    pub max_us: f64,
    /// The part of the time in which this generator had something to do, 0 to 1. Close to 1 it is the generator that was
    /// measured and not the server.
    pub generator_busy_share: f64,
    /// The part of the measured requests whose latency says nothing of the server, 0 to 1: they were due or under way while this
    /// generator itself stood still for longer than [`STILL`]. A virtual machine is taken off its core for milliseconds whenever
    /// its host wants that. They count as answers, not as latencies.
    pub set_aside_share: f64,
}

/// The generator never sleeps, and between two looks at the clock it does at most a read and a write. If more time than this lies
/// between them, it did not run.
const STILL: Duration = Duration::from_micros(200);

/// How long answers may come in after the plan's end.
pub const PATIENCE: Duration = Duration::from_secs(1);

/// Runs a plan on the calling thread and blocks until it is done; pin the thread first (`cores::pin_this_thread`).
///
/// # Errors
/// When a connection cannot be made, at the start or after the server broke one, and when an answer is not HTTP/1.1 with a length.
pub fn run(plan: &LoadPlan) -> io::Result<LoadReport> {
    if plan.requests.is_empty() || plan.connections == 0 {
        return Err(io::Error::other(
            "a plan needs at least one request and one connection",
        ));
    }
    let mut generator = Generator::connect(plan)?;
    generator.drive()?;
    Ok(generator.report())
}

struct Generator<'a> {
    plan: &'a LoadPlan,
    epoll: OwnedFd,
    connections: Vec<Connection>,
    /// Connections without a request under way. The one that was idle longest comes first, so that none is idle so long that
    /// the server closes it.
    idle: VecDeque<usize>,
    next_request: usize,
    /// Requests that have become due so far; in the open loop it gives the time of the next one.
    started: u64,
    start: Instant,
    begin: Instant,
    end: Instant,
    /// Time since `begin` in which there was nothing to do.
    unoccupied: Duration,
    last_answer: Instant,
    /// When this generator last looked at the clock, and when it last came to itself after standing still.
    looked: Instant,
    woke: Instant,
    latencies_ns: Histogram<u64>,
    set_aside: u64,
    errors: u64,
}

impl<'a> Generator<'a> {
    fn connect(plan: &'a LoadPlan) -> io::Result<Self> {
        let epoll = epoll::create(epoll::CreateFlags::CLOEXEC)?;
        let connections: Vec<Connection> = (0..plan.connections)
            .map(|id| Connection::open(plan.address, &epoll, id))
            .collect::<io::Result<_>>()?;
        let start = Instant::now();
        let begin = start + plan.warmup;
        Ok(Self {
            plan,
            epoll,
            idle: (0..connections.len()).collect(),
            connections,
            next_request: 0,
            started: 0,
            start,
            begin,
            end: begin + plan.duration,
            unoccupied: Duration::ZERO,
            last_answer: begin,
            looked: start,
            woke: start,
            set_aside: 0,
            latencies_ns: Histogram::new_with_bounds(1, HIGHEST_LATENCY_NS, 3)
                .expect("the bounds are in order"),
            errors: 0,
        })
    }

    fn drive(&mut self) -> io::Result<()> {
        let mut events = Vec::with_capacity(EVENTS_AT_ONCE);
        loop {
            let now = self.look();
            self.send_what_is_due(now)?;
            let under_way = self.idle.len() < self.connections.len();
            if now >= self.end
                && (!under_way && self.next_due(now).is_none() || now >= self.end + PATIENCE)
            {
                break;
            }
            events.clear();
            match epoll::wait(
                &self.epoll,
                rustix::buffer::spare_capacity(&mut events),
                Some(&Timespec::default()),
            ) {
                Ok(_) | Err(rustix::io::Errno::INTR) => {}
                Err(error) => return Err(error.into()),
            }
            if events.is_empty() && now >= self.begin {
                self.unoccupied += now.elapsed();
            }
            for event in &events {
                self.follow(event.data.u64() as usize)?;
            }
        }
        Ok(())
    }

    /// Takes a connection as far as it goes without waiting, and gives it the next request when it has its answer.
    fn follow(&mut self, id: usize) -> io::Result<()> {
        let connection = &mut self.connections[id];
        let progress = connection.advance(&self.plan.requests)?;
        if matches!(progress, Progress::Waiting) {
            return Ok(());
        }
        let due = connection.due.take();
        let now = self.look();
        if let Some(due) = due.filter(|due| *due >= self.begin) {
            match progress {
                Progress::Answered { status } if status == self.plan.expect_status => {
                    if due < self.woke {
                        self.set_aside += 1;
                    } else {
                        let latency = now.saturating_duration_since(due).as_nanos() as u64;
                        self.latencies_ns.saturating_record(latency);
                    }
                    self.last_answer = now;
                }
                _ => self.errors += 1,
            }
        }
        if matches!(progress, Progress::Broken) {
            self.connections[id] = Connection::open(self.plan.address, &self.epoll, id)?;
        }
        // A server may close a connection that was idle already; it is then still in the list.
        if due.is_some() {
            self.idle.push_back(id);
        }
        self.send_what_is_due(now)
    }

    /// The time, and whether this generator stood still since it last asked for it.
    fn look(&mut self) -> Instant {
        let now = Instant::now();
        if now - self.looked > STILL {
            self.woke = now;
        }
        self.looked = now;
        now
    }

    fn send_what_is_due(&mut self, now: Instant) -> io::Result<()> {
        while let Some(due) = self.next_due(now) {
            let Some(id) = self.idle.pop_front() else {
                return Ok(());
            };
            self.started += 1;
            self.connections[id].begin(due, self.next_request, &self.plan.requests);
            self.next_request = (self.next_request + 1) % self.plan.requests.len();
        }
        Ok(())
    }

    /// The time for which the next request is due, when that time has come.
    fn next_due(&self, now: Instant) -> Option<Instant> {
        let due = match self.plan.rate_per_second {
            Some(rate) => self.scheduled(rate),
            None => now,
        };
        (due <= now && due < self.end).then_some(due)
    }

    fn scheduled(&self, rate_per_second: f64) -> Instant {
        self.start + Duration::from_secs_f64(self.started as f64 / rate_per_second)
    }

    fn report(self) -> LoadReport {
        let unanswered = self
            .connections
            .iter()
            .filter_map(|connection| connection.due);
        let mut errors = self.errors + unanswered.filter(|due| *due >= self.begin).count() as u64;
        if let Some(rate) = self.plan.rate_per_second {
            // What became due and found no free connection to the end was not answered either.
            let due_by = |time: Instant| ((time - self.start).as_secs_f64() * rate) as u64;
            errors += due_by(self.end).saturating_sub(self.started.max(due_by(self.begin)));
        }
        let answers = self.latencies_ns.len() + self.set_aside;
        let took = self.last_answer.max(self.end) - self.begin;
        let us = |quantile| self.latencies_ns.value_at_quantile(quantile) as f64 / 1000.0;
        LoadReport {
            answers,
            errors,
            per_second: answers as f64 / took.as_secs_f64(),
            p50_us: us(0.5),
            p99_us: us(0.99),
            p999_us: us(0.999),
            max_us: self.latencies_ns.max() as f64 / 1000.0,
            set_aside_share: self.set_aside as f64 / answers.max(1) as f64,
            generator_busy_share: 1.0 - self.unoccupied.as_secs_f64() / took.as_secs_f64(),
        }
    }
}

const EVENTS_AT_ONCE: usize = 256;
const HIGHEST_LATENCY_NS: u64 = 600_000_000_000;
