//! Which core does the work, and how much of it. A ratio of two servers is worth something only when each had one core to itself and
//! the load generator another.

use std::collections::HashMap;
use std::fs;
use std::io;
use std::time::Duration;

use rustix::io::Errno;
use rustix::param::clock_ticks_per_second;
use rustix::process::Pid;
use rustix::thread::{CpuSet, sched_getaffinity, sched_setaffinity};

/// Threads held on one core. Dropping it lets them run again where they could before.
#[must_use = "the threads are let go when this is dropped"]
pub struct Pinned {
    before: Vec<(Option<Pid>, CpuSet)>,
}

/// Holds the calling thread, and the threads and processes it starts from now on, on a core (0 is the first).
///
/// # Errors
/// When the machine has no such core.
pub fn pin_this_thread(core: usize) -> io::Result<Pinned> {
    let mut pinned = Pinned { before: Vec::new() };
    pinned.add(None, core)?;
    Ok(pinned)
}

/// Holds a process with all its threads and descendants on a core. What they start meanwhile begins there too, and stays there.
///
/// # Errors
/// When there is no such process or core, or the process is not ours to hold.
pub fn pin(pid: u32, core: usize) -> io::Result<Pinned> {
    let mut pinned = Pinned { before: Vec::new() };
    pinned.add_process(pid, core)?;
    Ok(pinned)
}

impl Pinned {
    fn add_process(&mut self, pid: u32, core: usize) -> io::Result<()> {
        for task in fs::read_dir(format!("/proc/{pid}/task"))? {
            let task = task?.path();
            let thread = task
                .file_name()
                .and_then(|name| name.to_str())
                .and_then(|name| name.parse().ok());
            unless_ended(self.add(thread.and_then(Pid::from_raw), core))?;
            let children =
                unless_ended(fs::read_to_string(task.join("children")))?.unwrap_or_default();
            for child in children.split_ascii_whitespace() {
                unless_ended(self.add_process(child.parse().map_err(io::Error::other)?, core))?;
            }
        }
        Ok(())
    }

    fn add(&mut self, thread: Option<Pid>, core: usize) -> io::Result<()> {
        let mut one = CpuSet::new();
        one.set(core);
        self.before.push((thread, sched_getaffinity(thread)?));
        Ok(sched_setaffinity(thread, &one)?)
    }
}

/// Threads and children come and go while we look at them; one that has ended needs no core.
fn unless_ended<T>(result: io::Result<T>) -> io::Result<Option<T>> {
    match result {
        Ok(value) => Ok(Some(value)),
        Err(error)
            if error.kind() == io::ErrorKind::NotFound
                || error.raw_os_error() == Some(Errno::SRCH.raw_os_error()) =>
        {
            Ok(None)
        }
        Err(error) => Err(error),
    }
}

impl Drop for Pinned {
    fn drop(&mut self) {
        for (thread, cores) in &self.before {
            // A thread that has ended needs nothing.
            let _ = sched_setaffinity(*thread, cores);
        }
    }
}

/// How busy the cores are from the moment this is made.
pub struct CoreLoad {
    begin: HashMap<usize, Ticks>,
}

#[derive(Clone, Copy, Default)]
struct Ticks {
    busy: u64,
    idle: u64,
}

impl CoreLoad {
    /// Begins to count.
    ///
    /// # Errors
    /// When /proc/stat cannot be read.
    pub fn begin() -> io::Result<Self> {
        Ok(Self {
            begin: read_ticks()?,
        })
    }

    /// The part of the time since `begin` that a core was busy with anything, 0 to 1. Close to 1 says that the server on it was at its limit.
    ///
    /// # Errors
    /// When /proc/stat cannot be read or has no such core.
    pub fn share(&self, core: usize) -> io::Result<f64> {
        let no_core = || io::Error::other(format!("there is no core {core}"));
        let begin = self.begin.get(&core).copied().ok_or_else(no_core)?;
        let end = read_ticks()?.get(&core).copied().ok_or_else(no_core)?;
        let busy = end.busy.saturating_sub(begin.busy) as f64;
        let idle = end.idle.saturating_sub(begin.idle) as f64;
        Ok(busy / (busy + idle).max(1.0))
    }
}

/// /proc/stat: `cpu0 user nice system idle iowait irq softirq steal ...`, see proc_stat(5).
fn read_ticks() -> io::Result<HashMap<usize, Ticks>> {
    let mut cores = HashMap::new();
    for line in fs::read_to_string("/proc/stat")?.lines() {
        let mut words = line.split_ascii_whitespace();
        let core = words
            .next()
            .and_then(|word| word.strip_prefix("cpu"))
            .and_then(|number| number.parse().ok());
        let Some(core) = core else { continue };
        let ticks: Vec<u64> = words.filter_map(|word| word.parse().ok()).collect();
        if let [user, nice, system, idle, wait, irq, softirq, ..] = ticks[..] {
            cores.insert(
                core,
                Ticks {
                    busy: user + nice + system + irq + softirq,
                    idle: idle + wait,
                },
            );
        }
    }
    Ok(cores)
}

/// CPU time of all child processes that have ended and been waited for, from /proc/self/stat (proc_pid_stat(5), cutime and cstime).
///
/// # Errors
/// When /proc/self/stat cannot be read.
pub fn ended_children_cpu_time() -> io::Result<Duration> {
    let stat = fs::read_to_string("/proc/self/stat")?;
    // The second field is the program's name in parentheses and may hold anything; the fields after it are numbers.
    let numbers = stat.rsplit_once(')').map_or("", |(_, numbers)| numbers);
    let ticks: u64 = numbers
        .split_ascii_whitespace()
        .skip(13)
        .take(2)
        .filter_map(|word| word.parse::<u64>().ok())
        .sum();
    Ok(Duration::from_secs_f64(
        ticks as f64 / clock_ticks_per_second() as f64,
    ))
}
