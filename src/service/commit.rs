//! The single door for changes.
//!
//! One thread owns the connection that writes. It takes whatever waits, up to [`GROUP_MAX`] jobs, and commits them as one
//! transaction: durability costs one flush for all of them, so throughput rises with the number of writers. In order:
//!
//! 1. The head is locked and read, and its seal opened. From here on nobody else gives out a seq.
//! 2. Each job runs: it reads, decides, and states facts. Each fact gets the next seq and is folded into the tables.
//! 3. The new head is sealed; new rows, entries, head and kept answers are written, and the transaction commits. **Now it
//!    is durable.** A crash before this leaves nothing, a crash after it leaves everything; start-up reads it back.
//! 4. The index follows. **Now this node's gates know.**
//! 5. Each caller is answered.
//!
//! A job that is refused before it stated anything costs the others nothing. If one fails after that, the whole group
//! is rolled back and its jobs are run again one by one, so that nobody pays for a neighbour.

use std::collections::HashMap;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, TrySendError, sync_channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;
use std::time::Duration;

use tokio::sync::oneshot;

use super::error::{Code, Error};
use super::follow;
use super::head::{self, Vouched};
use super::sum::{Ahead, Summing};
use super::watch::{Ended, Turn, keep_at};
use crate::access::keyring::Keyring;
use crate::access::permission::Caller;
use crate::access::seal::{Field, WorkerKey};
use crate::domain::ids::{CredentialId, WorkerId};
use crate::domain::retention::ANSWERS_KEPT_MS;
use crate::domain::time::{Environment, Timestamp};
use crate::index::lately::Doer;
use crate::index::{Comparison, Index, Loaded};
use crate::ledger::entry::{Actor, Entry, Fact};
use crate::ledger::fold::fold;
use crate::store::idempotency::{self, Kept};
use crate::store::ledger::{self, Head, Line};
use crate::store::tables::{Pending, Tables};
use crate::store::{Reader, Store, StoreError, Writer};

/// How many jobs are committed together at most.
pub const GROUP_MAX: usize = 256;
/// How many jobs may wait. A further one is told to come again.
pub const QUEUE_MAX: usize = 4_096;
/// How long a caller waits for its job before it is told that the outcome is unknown, and how long the thread that writes
/// may hang before another takes over.
const PATIENCE: Duration = Duration::from_secs(15);
/// How long answers to requests with an Idempotency-Key are kept.
const KEPT_MS: i64 = ANSWERS_KEPT_MS;

/// Where changes go in. Cheap to clone; every clone leads to the same thread.
#[derive(Clone)]
pub struct Door {
    queue: SyncSender<Message>,
}

/// Something to write that is no change of the ledger.
type Work = Box<dyn FnOnce(&mut Writer) -> Result<(), StoreError> + Send>;

enum Message {
    Job(Box<dyn Job>),
    /// Something to write that is no change: logs, progress, old answers to forget.
    Aside(Aside),
    Stop,
}

/// Something to write that is no change, and who is told how it ended.
struct Aside {
    work: Work,
    ended: Box<dyn FnOnce(Result<(), StoreError>) + Send>,
}

/// What a job works with: reading, stating facts, the clock.
pub struct Tx<'a> {
    writer: &'a mut Writer,
    pending: &'a mut Pending,
    group: &'a mut Group,
    actor: Actor,
    /// When this is happening.
    pub now: Timestamp,
    /// The network's keys.
    pub keyring: &'a Keyring,
    /// Time and randomness.
    pub environment: &'a dyn Environment,
    /// What this node knows by heart: all that stands but what this group has stated so far.
    pub index: &'a Index,
}

/// What a group has stated so far.
struct Group {
    head: Head,
    entries: Vec<Entry>,
    lines: Vec<Line>,
    answers: Vec<Kept>,
    /// The sum with what was stated.
    ahead: Ahead,
    /// How many were revoked and suspended by whom.
    withdrawn: HashMap<Doer, usize>,
    /// The keys of workers that a job of this group has sealed something for.
    keys: HashMap<WorkerId, Arc<WorkerKey>>,
    /// Rows were touched beside the ledger's projection: a failing job can no longer be left out alone.
    touched: bool,
}

impl Tx<'_> {
    /// States a fact. It has the returned seq if and when the transaction commits.
    pub fn state(&mut self, fact: Fact) -> Result<u64, StoreError> {
        let seq = self.group.head.seq() + 1;
        let entry = Entry {
            seq,
            at: self.now,
            by: self.actor,
            fact,
        };
        let body = entry.encode();
        // Before the fold, so that a job that fails in the middle of it counts as one that has written.
        self.group.touched = true;
        fold(
            &entry,
            &mut Tables {
                writer: self.writer,
                pending: self.pending,
            },
        )?;
        let mut summing = Summing {
            keyring: self.keyring,
            index: self.index,
            ahead: &mut self.group.ahead,
        };
        // What the tables took, it takes: they hold the same.
        fold(&entry, &mut summing).map_err(StoreError::Corrupt)?;
        if let Fact::CredentialRevoked { .. } | Fact::CredentialSuspended { .. } = &entry.fact
            && let Actor::Client(client) = self.actor
        {
            let places = self.index.places();
            let person = places.caller(client).and_then(|client| client.person);
            let withdrawn = self.group.withdrawn.entry(Doer::of(client, person));
            *withdrawn.or_default() += 1;
        }
        let line = self.group.head.push(body);
        self.group.entries.push(entry);
        self.group.lines.push(line);
        Ok(seq)
    }

    /// How a credential stands, this group's own statements included. Asks no database.
    pub fn standing(&self, id: CredentialId) -> Option<Loaded> {
        let touched = self.group.ahead.standing(id).cloned();
        touched.or_else(|| self.index.standing(id))
    }

    /// How many credentials the caller revoked or suspended in the time that counts for the rule on bulk, this group's own
    /// statements included.
    pub fn withdrawn_lately(&self, caller: Caller) -> usize {
        let doer = Doer::of(caller.client, caller.person);
        let stood = self.index.write().lately().count(doer, self.now);
        stood + self.group.withdrawn.get(&doer).copied().unwrap_or(0)
    }

    /// For reading what stands, this group's own statements included.
    pub fn reader(&mut self) -> Result<&mut Reader, StoreError> {
        self.pending.flush(self.writer)?;
        Ok(self.writer)
    }

    /// For writing beside the ledger what must stand or fall with it: sealed details, progress.
    pub fn writer(&mut self) -> Result<&mut Writer, StoreError> {
        self.pending.flush(self.writer)?;
        self.group.touched = true;
        Ok(self.writer)
    }

    /// For rows that are inserted with the facts of this transaction.
    pub fn pending(&mut self) -> &mut Pending {
        self.group.touched = true;
        self.pending
    }

    /// The keys of workers that this group has made or read so far.
    pub(super) fn known_keys(&mut self) -> &mut HashMap<WorkerId, Arc<WorkerKey>> {
        &mut self.group.keys
    }

    /// The seq of the last fact stated, or of the head if none was.
    pub fn seq(&self) -> u64 {
        self.group.head.seq()
    }
}

/// An answer that can be given again: for requests with an Idempotency-Key.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Rendered {
    /// HTTP status.
    pub status: u16,
    /// The `Location` header.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub location: Option<String>,
    /// The `ETag` header.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub etag: Option<String>,
    /// The body, JSON.
    pub body: String,
    /// Whether it is given again.
    #[serde(skip)]
    pub replayed: bool,
}

/// Under which digests a request and its answer are kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Once {
    /// Of client, route and key.
    pub id: [u8; 32],
    /// Of the body.
    pub request: [u8; 32],
}

impl Once {
    /// What the answer is sealed for.
    fn subject(&self) -> &[u8; 16] {
        self.id
            .first_chunk()
            .expect("a digest has more than 16 bytes")
    }
}

/// A job with its type erased. `run` may be called again after a rollback.
trait Job: Send {
    fn actor(&self) -> Actor;
    fn once(&self) -> Option<&Once>;
    fn run(&mut self, tx: &mut Tx<'_>, kept: Option<&Kept>) -> Result<(), ()>;
    /// Decides that it shall not run.
    fn refuse(&mut self, why: Error);
    /// Ends the job: with the value it computed, or with this error.
    fn end(self: Box<Self>, failed: Option<Error>);
}

struct JobOf<T, F> {
    actor: Actor,
    once: Option<Once>,
    work: F,
    result: Option<Result<T, Error>>,
    reply: oneshot::Sender<Result<T, Error>>,
    /// Reads back an answer that was kept; only jobs with a key have one.
    replay: fn(&[u8]) -> Option<Result<T, Error>>,
    keep: fn(&T) -> Option<Vec<u8>>,
}

impl<T: Send, F: FnMut(&mut Tx<'_>) -> Result<T, Error> + Send> Job for JobOf<T, F> {
    fn actor(&self) -> Actor {
        self.actor
    }

    fn once(&self) -> Option<&Once> {
        self.once.as_ref()
    }

    fn run(&mut self, tx: &mut Tx<'_>, kept: Option<&Kept>) -> Result<(), ()> {
        if let (Some(kept), Some(once)) = (kept, &self.once) {
            self.result = match tx
                .keyring
                .open(Field::KeptAnswer, once.subject(), &kept.answer)
            {
                _ if kept.request != once.request => Some(Err(Error::new(
                    Code::KeyReused,
                    "This Idempotency-Key was used for another request. Use a new key for a new request.",
                ))),
                Ok(answer) => (self.replay)(&answer),
                Err(unsealable) => Some(Err(Error::internal(unsealable))),
            };
            return Ok(());
        }
        // A panic in a rule is our mistake; it must cost one request, not the one thread that can write.
        let outcome = catch_unwind(AssertUnwindSafe(|| (self.work)(tx)));
        let result = outcome.unwrap_or_else(|_| Err(Error::internal("a rule panicked")));
        if let (Ok(value), Some(once)) = (&result, &self.once)
            && let Some(answer) = (self.keep)(value)
        {
            // An answer may hold a name or a new client's secret: sealed like everything else of that kind.
            tx.group.answers.push(Kept {
                id: once.id.to_vec(),
                request: once.request.to_vec(),
                answer: tx
                    .keyring
                    .seal(Field::KeptAnswer, once.subject(), &answer, tx.environment),
                created_at: tx.now.as_ms(),
            });
        }
        let ok = result.is_ok();
        self.result = Some(result);
        if ok { Ok(()) } else { Err(()) }
    }

    fn refuse(&mut self, why: Error) {
        self.result = Some(Err(why));
    }

    fn end(self: Box<Self>, failed: Option<Error>) {
        let result = match (failed, self.result) {
            (Some(error), Some(Ok(_)) | None) => Err(error),
            (_, Some(result)) => result,
            (None, None) => Err(Error::internal("a job was ended before it ran")),
        };
        // The caller may have given up waiting; then nobody needs the answer.
        let _ = self.reply.send(result);
    }
}

impl Door {
    /// Opens the door: starts the thread that writes. It ends after [`Door::close`].
    pub fn open(
        store: Store,
        index: Arc<Index>,
        keyring: Arc<Keyring>,
        environment: Arc<dyn Environment>,
        group_max: usize,
    ) -> std::io::Result<(Self, JoinHandle<()>)> {
        let (queue, waiting) = sync_channel(QUEUE_MAX);
        let waiting = Mutex::new(waiting);
        let thread = keep_at("commit", PATIENCE, move |turn| {
            let committer = Committer {
                store: store.clone(),
                index: index.clone(),
                keyring: keyring.clone(),
                environment: environment.clone(),
                writer: None,
                group_max,
            };
            committer.run(&waiting, turn)
        })?;
        Ok((Self { queue }, thread))
    }

    /// Makes a change: runs `work` in a transaction and answers when it is durable and this node's index knows.
    /// `work` may be run again after a rollback, so it must not change anything but through the transaction.
    pub async fn change<T: Send + 'static>(
        &self,
        actor: Actor,
        work: impl FnMut(&mut Tx<'_>) -> Result<T, Error> + Send + 'static,
    ) -> Result<T, Error> {
        self.send(actor, None, work, |_| None, |_| None).await
    }

    /// Makes a change once: if the same request came before with the same key, its answer is given again.
    pub async fn change_once(
        &self,
        actor: Actor,
        once: Option<Once>,
        work: impl FnMut(&mut Tx<'_>) -> Result<Rendered, Error> + Send + 'static,
    ) -> Result<Rendered, Error> {
        let replay = |answer: &[u8]| {
            let answer = serde_json::from_slice::<Rendered>(answer).map_err(Error::internal);
            Some(answer.map(|answer| Rendered {
                replayed: true,
                ..answer
            }))
        };
        self.send(actor, once, work, replay, |answer| {
            serde_json::to_vec(answer).ok()
        })
        .await
    }

    async fn send<T: Send + 'static>(
        &self,
        actor: Actor,
        once: Option<Once>,
        work: impl FnMut(&mut Tx<'_>) -> Result<T, Error> + Send + 'static,
        replay: fn(&[u8]) -> Option<Result<T, Error>>,
        keep: fn(&T) -> Option<Vec<u8>>,
    ) -> Result<T, Error> {
        let (reply, answer) = oneshot::channel();
        let job = JobOf {
            actor,
            once,
            work,
            result: None,
            reply,
            replay,
            keep,
        };
        match self.queue.try_send(Message::Job(Box::new(job))) {
            Ok(()) => {}
            Err(TrySendError::Full(_)) => {
                return Err(Error::new(
                    Code::Busy,
                    "Too many changes are waiting. Nothing was done; try again soon.",
                ));
            }
            Err(TrySendError::Disconnected(_)) => {
                return Err(Error::new(
                    Code::Unavailable,
                    "The service is stopping. Nothing was done.",
                ));
            }
        }
        match tokio::time::timeout(PATIENCE, answer).await {
            Ok(Ok(result)) => result,
            Ok(Err(_)) | Err(_) => Err(outcome_unknown()),
        }
    }

    /// Writes something that is no change of the ledger, when its turn comes. `false` if the queue is full.
    pub fn aside(
        &self,
        work: impl FnOnce(&mut Writer) -> Result<(), StoreError> + Send + 'static,
    ) -> bool {
        self.aside_then(work, |done| {
            if let Err(error) = done {
                tracing::warn!(error = %error, "what was to be written aside was not");
            }
        })
    }

    /// The same, and `ended` is told when it is durable or failed.
    pub fn aside_then(
        &self,
        work: impl FnOnce(&mut Writer) -> Result<(), StoreError> + Send + 'static,
        ended: impl FnOnce(Result<(), StoreError>) + Send + 'static,
    ) -> bool {
        let aside = Aside {
            work: Box::new(work),
            ended: Box::new(ended),
        };
        self.queue.try_send(Message::Aside(aside)).is_ok()
    }

    /// Lets what waits be done, and then ends the thread.
    pub fn close(&self) {
        // A full queue is one behind a database that does not answer: then nobody waits for the thread anyway.
        let _ = self.queue.try_send(Message::Stop);
    }
}

fn outcome_unknown() -> Error {
    Error::new(
        Code::OutcomeUnknown,
        "The database did not confirm in time, so this may or may not have been done. Repeat the request with the same \
         Idempotency-Key to find out.",
    )
}

/// The thread that writes.
struct Committer {
    store: Store,
    index: Arc<Index>,
    keyring: Arc<Keyring>,
    environment: Arc<dyn Environment>,
    /// Opened when needed, dropped when it fails.
    writer: Option<Writer>,
    group_max: usize,
}

/// How a group ended that did not commit.
enum Undone {
    /// A job failed after it had written. Nothing of the group is in the database; each job has its result.
    Refused,
    /// The database failed. Nothing of the group is in it.
    RolledBack(StoreError),
    /// The connection broke during the commit: it may be there or not, for good.
    Unknown(StoreError),
}

impl From<StoreError> for Undone {
    fn from(error: StoreError) -> Self {
        Self::RolledBack(error)
    }
}

impl Committer {
    /// Writes what waits until the door is closed, or until another has taken over because this one hung. Both may then
    /// write at the same time: the lock on the head keeps them apart like the committers of two nodes.
    fn run(mut self, waiting: &Mutex<Receiver<Message>>, turn: &Turn) -> Ended {
        let mut forgot_at = Timestamp::EPOCH;
        while !turn.is_over() {
            let waiting = waiting.lock().unwrap_or_else(PoisonError::into_inner);
            let first = match waiting.recv_timeout(Duration::from_secs(60)) {
                Ok(message) => Some(message),
                Err(RecvTimeoutError::Timeout) => None,
                Err(RecvTimeoutError::Disconnected) => return Ended::ForGood,
            };
            let mut jobs = Vec::new();
            let mut asides = Vec::new();
            let mut stop = false;
            for message in first
                .into_iter()
                .chain(std::iter::from_fn(|| waiting.try_recv().ok()))
            {
                match message {
                    Message::Job(job) => jobs.push(job),
                    Message::Aside(work) => asides.push(work),
                    Message::Stop => stop = true,
                }
                if jobs.len() >= self.group_max || stop {
                    break;
                }
            }
            drop(waiting);
            turn.asks();
            if !jobs.is_empty() {
                self.group(jobs, turn);
            }
            let now = self.environment.now();
            if now > forgot_at.plus_ms(KEPT_MS / 24) {
                forgot_at = now;
                let forgotten = self.aside(Box::new(move |writer| {
                    idempotency::forget(writer, now.plus_ms(-KEPT_MS)).map(drop)
                }));
                if let Err(error) = forgotten {
                    tracing::warn!(error = %error, "old answers were not dropped");
                }
            }
            for Aside { work, ended } in asides {
                turn.asks();
                ended(self.aside(work));
            }
            turn.answered();
            if stop {
                return Ended::ForGood;
            }
        }
        Ended::Again
    }

    fn aside(&mut self, work: Work) -> Result<(), StoreError> {
        let mut writer = self.begin()?;
        work(&mut writer)?;
        writer.commit()?;
        self.writer = Some(writer);
        Ok(())
    }

    /// A connection in a new transaction. The one at hand may have died since its last use, which is nothing that a
    /// caller must hear of: nothing was done over it yet, and another is opened.
    fn begin(&mut self) -> Result<Writer, StoreError> {
        if let Some(mut writer) = self.writer.take() {
            match writer.begin() {
                Ok(()) => return Ok(writer),
                // A file does not die. Somebody holds it, and was waited for.
                Err(error) if !writer.is_shared() => return Err(error),
                Err(_) => {}
            }
        }
        let mut writer = self.store.writer()?;
        writer.begin()?;
        Ok(writer)
    }

    fn group(&mut self, mut jobs: Vec<Box<dyn Job>>, turn: &Turn) {
        turn.asks();
        match self.commit(&mut jobs) {
            Ok(()) => jobs.into_iter().for_each(|job| job.end(None)),
            Err(Undone::Refused) if jobs.len() == 1 => {
                jobs.into_iter().for_each(|job| job.end(None))
            }
            Err(Undone::RolledBack(cause))
                if jobs.len() == 1 || matches!(cause, StoreError::Unavailable(_)) =>
            {
                let text = cause.to_string();
                let mut cause = Some(cause);
                for job in jobs {
                    let cause = cause
                        .take()
                        .unwrap_or_else(|| StoreError::Unavailable(text.clone()));
                    job.end(Some(cause.into()));
                }
            }
            // One of them spoiled it. Alone, only that one fails.
            Err(Undone::Refused | Undone::RolledBack(_)) => {
                jobs.into_iter().for_each(|job| self.group(vec![job], turn))
            }
            Err(Undone::Unknown(cause)) => {
                tracing::error!(error = %cause, "the database broke off during a commit; callers are told to repeat");
                jobs.into_iter()
                    .for_each(|job| job.end(Some(outcome_unknown())));
            }
        }
    }

    /// Runs the jobs in one transaction and commits it. On success every job has its result.
    fn commit(&mut self, jobs: &mut [Box<dyn Job>]) -> Result<(), Undone> {
        let mut writer = self.begin()?;
        let worked = self.work(&mut writer, jobs);
        let group = match worked {
            Ok(group) if group.touched => group,
            // Nothing but refusals and kept answers, or something failed: there is nothing to make durable. A
            // connection that cannot even roll back is dropped, and its transaction with it.
            other => {
                self.writer = writer.rollback().is_ok().then_some(writer);
                return other.map(drop);
            }
        };
        writer.commit().map_err(Undone::Unknown)?;
        self.writer = Some(writer);
        self.follow(&group);
        Ok(())
    }

    fn work(&self, writer: &mut Writer, jobs: &mut [Box<dyn Job>]) -> Result<Group, Undone> {
        let (before, vouched) = self.lock(writer).inspect_err(|error| {
            // What cannot be is never built upon: the new entry would be a second past.
            if let StoreError::Corrupt(why) = error {
                self.index.give_up(why);
            }
        })?;
        let ids: Vec<Vec<u8>> = jobs
            .iter()
            .filter_map(|job| job.once().map(|once| once.id.to_vec()))
            .collect();
        let kept = idempotency::find(writer, &ids)?;
        let mut group = Group {
            head: before.clone(),
            entries: Vec::new(),
            lines: Vec::new(),
            answers: Vec::new(),
            ahead: Ahead::of(vouched.sum),
            withdrawn: HashMap::new(),
            keys: HashMap::new(),
            touched: false,
        };
        let mut pending = Pending::default();
        let now = self.environment.now();
        for job in jobs {
            if !self.is_live(job.actor(), &group) {
                job.refuse(Error::new(
                    Code::Forbidden,
                    "This client was revoked while its request waited. Nothing was done.",
                ));
                continue;
            }
            let touched_before = std::mem::take(&mut group.touched);
            // Two requests with one key can meet in one group: the second finds the first one's answer.
            let known = job.once().and_then(|once| {
                kept.iter()
                    .chain(&group.answers)
                    .find(|kept| kept.id == once.id)
            });
            let known = known.cloned();
            let mut tx = Tx {
                writer,
                pending: &mut pending,
                group: &mut group,
                actor: job.actor(),
                now,
                keyring: &self.keyring,
                environment: &*self.environment,
                index: &self.index,
            };
            if job.run(&mut tx, known.as_ref()).is_err() && group.touched {
                // It wrote and then failed: what it wrote can only be taken back with everybody's.
                return Err(Undone::Refused);
            }
            group.touched |= touched_before;
        }
        pending.flush(writer)?;
        if !group.entries.is_empty() {
            let vouched = Vouched {
                sum: group.ahead.sum(),
                ..vouched
            };
            head::seal(&mut group.head, vouched, &self.keyring, &*self.environment);
            ledger::append(writer, &before, &group.head, &group.lines)?;
        }
        idempotency::keep(writer, &group.answers)?;
        Ok(group)
    }

    /// Locks the head and follows to it: from here on this node's copy is exactly what stands.
    fn lock(&self, writer: &mut Writer) -> Result<(Head, Vouched), StoreError> {
        let head = ledger::lock(writer)?;
        let (tip, index) = (head.tip(), &self.index);
        if index.compare(&index.write(), tip.r#gen, tip.seq, &tip.root) == Comparison::Forked {
            let why = "the head in the database is not of the ledger that this node knows";
            return Err(StoreError::Corrupt(why.into()));
        }
        // Entries that other nodes wrote meanwhile.
        let vouched = follow::catch_up(index, &self.keyring, writer, &tip, || {})?;
        Ok((head, vouched))
    }

    /// Whether the actor still has its power at this place in the ledger: of two clients that revoke each other at one
    /// moment, only the first does.
    fn is_live(&self, actor: Actor, group: &Group) -> bool {
        let Actor::Client(id) = actor else {
            return true;
        };
        let revoked_here = |entry: &Entry| matches!(&entry.fact, Fact::ClientRecorded(client) if client.id == id && client.revoked);
        self.index.places().caller(id).is_some() && !group.entries.iter().any(revoked_here)
    }

    /// Lets this node's index know.
    fn follow(&self, group: &Group) {
        let bodies = group.lines.iter().map(|line| line.body.as_slice());
        let followed = follow::take_in(&self.index, &self.keyring, &group.entries, bodies);
        if let Err(error) = followed {
            // The change is durable all the same; the follower goes on trying, and until it succeeds the copy grows old.
            tracing::error!(error = %error, "the index could not follow its own node's entries");
        }
    }
}
