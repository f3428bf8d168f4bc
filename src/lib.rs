//! Portcullis: one shared service keeps the screened-worker records and the credential revocations of the ports of a
//! network, and every gate asks it "is this card good, here, now?".
//!
//! # What always holds
//!
//! 1. A gate check does no I/O and takes no lock that a writer can hold. Not knowing is an answer, not an error.
//! 2. Nothing changes without a ledger entry in the same transaction. Entries are never updated or deleted; the schema
//!    of both databases enforces it.
//! 3. Index, tables and replay learn only from ledger entries, through the same fold: at start, live, and from other
//!    nodes.
//! 4. No personal data in ledger, logs, metrics, URLs or errors: identifiers, keyed hashes of cards and facts only. Names, card
//!    numbers and document numbers are sealed wherever they are stored, under the worker's own key, each for its row and field.
//! 5. Revoked is final. There is no function, role, file or migration that leads out of it.
//! 6. Time and randomness come in through one trait, [`domain::time::Environment`].
//! 7. Nothing is believed because it stands in the database. The head is sealed under a key that is not in it, over the
//!    entries and over all that gates are answered from, and each node remembers outside it how far the ledger went.
//! 8. Bodies, pages, queues, batches, caches: every one has a named limit.
//!
//! # The map
//!
//! Imports point one way, and `tests/it/tidy.rs` reads the sources to prove it:
//! `domain ← ledger ← {access, index, store} ← service ← http ← app ← {demo, cli}`; [`config`], [`environment`],
//! [`telemetry`] and [`metrics`] are leaves beside them.
//!
//! | folder | what it is | what it never does |
//! |---|---|---|
//! | [`domain`] | the words of the trade and its pure rules | know a request, a database, a clock |
//! | [`ledger`] | entries, the Merkle tree over them, the fold, the replay | hold a name or a card number |
//! | [`access`] | roles and the one permission table, tokens, keys | trust what a token says of itself |
//! | [`index`] | what a gate check reads | I/O, or wait for a writer |
//! | [`store`] | the only SQL; diesel over SQLite or PostgreSQL | decide anything |
//! | [`service`] | one file per thing a person or machine does; [`service::commit`] is the one door for changes | know HTTP |
//! | [`http`] | takes requests apart, calls one service function, dresses the answer | hold a rule |
//! | [`http::console`] | pages for people, in four languages, made whole on the server | hold a rule, need a script |
//! | [`app`] | puts a node together and serves it | |
//! | [`demo`] | a network of invented workers on a real node | go past the door for changes |
//! | [`cli`] | the commands: asks a server over its API, or works on a database that no server has open | hold a rule |
//!
//! A path leads to its handler, rule, query and test by name: `/v1/credentials` is `http/handlers/credentials.rs`,
//! `service/credentials.rs`, `store/credentials.rs`, and where a path says more than its first word, as
//! `/v1/credentials/{id}/revocations` does, the handler is named after what it says: `http/handlers/revocations.rs`.
//! [`http::routes`] has every path with its handler.
//!
//! A screening says whether a worker is cleared for a function; a credential, whether a card may pass a gate. The two are
//! apart on purpose, in the law as here: [`domain::screening`] has no word of cards, and [`domain::decision`] none of
//! advice. They meet at one place: a zone may require a function, and a credential may be for one. For what a person is
//! cleared, by all screenings at all members, is one pure rule ([`domain::clearance`]); what moves a screening brings each of
//! their credentials up to it in the same transaction ([`service::effects`]), so that a gate looks at the credential alone
//! ([`index`]). What an act would do is told before it is done ([`service::impact`]).
//!
//! A person may be recorded by several members, and no record is ever merged into another. That two of them bear one document
//! is noticed by a keyed hash of it, which stands beside the ledger; whether they are of one person somebody must say ([`domain::match_case`]), and until then
//! nothing is issued to the one that came later. Whoever is shown who a worker is, is noted ([`service::lookups`]).
//!
//! What people are found by, documents, names, employers and staff numbers, lies sealed, and is looked up by keyed hashes
//! ([`access::blind_key`]). An operator changes that key, as the one that workers' own keys are under, by a file beside the master
//! key, while everything goes on; which versions are in use stands in the ledger, so that all nodes change over at one entry and
//! nobody is missed meanwhile ([`service::blind`]). National register numbers are such documents only while two administrators
//! have an authorisation on record ([`service::sharing`]).
//!
//! What needs two people is decided where the act is: its service function judges that it could be done, and hands it to
//! [`service::approvals`] instead of doing it. There stand the rules of the second person, once for all acts
//! ([`domain::approval`] has the acts): another person, in the right role at that moment, not the one whom it is about, who
//! has read exactly what is asked for. Who asks is a person too: a tool that is nobody's could be in the hands of both. What may not wait (a revocation, a suspension, bad news about somebody who was
//! cleared) is done at once; the graver of these are confirmed afterwards, and no silence undoes them. A revocation for cause shuts the
//! gate at once and waits for its second person as a revocation.
//!
//! The issue of a credential is such an act, where its member has not said otherwise: what is requested is an approval that
//! waits, what is granted is approved, and no gate opens before it was handed over in person ([`service::issuing`]). What a
//! file brings in is in people's hands already, and good as soon as a second person has granted the file.
//!
//! A revocation of everybody is an attack too, so what one person revokes and suspends in ten minutes is counted
//! ([`index::lately`]), and more than twenty need a second person, one by one, as a list or as a file. A duty officer can break this
//! glass for an hour, before the eyes of every member ([`service::break_glass`]).
//!
//! What one member holds against somebody binds the others only so far as the law says. A court's ban binds all at once and
//! comes from the State's register alone ([`service::bans`]). What a member holds for cause leaves it only where the network
//! is switched to share and that member has a legal basis ([`service::sharing`]); then the others are told a reason's code,
//! and each decides with two people of its own ([`service::referrals`], [`service::exclusions`]).
//!
//! What follows from a date is stated by [`service::sweep`], within a second or two and by whichever node comes first: bans and
//! exclusions that begin or end, clearances that lapse, credentials that no gate let in for sixty days ([`domain::dormancy`];
//! the log of checks tells which were used). What a person must do by some day is never done for them: it is on the list of
//! those who can ([`service::work`], [`domain::work`]), and when the day has passed on that of more people. A suspension for
//! cause is reviewed after a week and decided after thirty days ([`domain::grounds`]), and never ends by itself.
//!
//! A person is erased by destroying their key ([`service::erasures`]): two registrars say so, a week passes, and what was
//! sealed is noise, in every copy of the database that there is. The ledger names them by identifiers alone, so it stays as
//! it was, and so does every decision in it.
//!
//! Who asks what is held of them is given all of it, who looked among it ([`service::exports`]); what an inquiry that goes on must not
//! let out is counted ([`domain::export`]). Nothing is kept longer than somebody needs it: each purpose has its term
//! ([`domain::retention`]), what is past it is forgotten or shown to a registrar as work ([`service::retention`]).
//!
//! # Three walks
//!
//! **A badge is read at a gate.** `POST /v1/gate-checks` → answered straight from the connection where all about the request
//! is as usual ([`http::direct`]), else by the app, with the same words → the token is known to this thread, its client is
//! not revoked ([`http::state`]) → [`service::gate_check::ask`]: the card's text is parsed to its one canonical form
//! ([`domain::card`]), hashed under the network's key ([`access::keyring`]), looked up ([`index::Index::by_card`]); the
//! pure rule [`domain::decision::decide`] says yes or no; a copy that is too old turns every yes into "ask a person". The
//! answer leaves; the line for the log goes into a bounded queue ([`service::check_log`]).
//!
//! **A badge is revoked.** `POST /v1/credentials/{id}/revocations` → a [`access::permission::Permit`] for
//! `Revoke` → a job for the door ([`service::commit`]) → the one thread that writes locks the ledger's head, states the
//! fact, folds it into the tables under a guard that names the states it may come from, and commits it with whatever
//! else waits. **Durable.** Then this node's index follows: **its gates know.** Then the officer is answered. Other
//! nodes are woken by the database, and would find out by asking anyway ([`service::follow`]).
//!
//! **A node starts.** The schema is brought up, or refused if it is newer than the program ([`store::migrate`]); the
//! ledger must go on from the last head that this node has noted ([`service::seen`], [`service::restore`]); the index
//! is loaded from the tables as of one entry ([`service::load`]), if the sum over the rows is the one in the seal on
//! that entry's head ([`service::head`], [`service::sum`]); from that entry on it follows the ledger, opening the seal
//! on each head and computing tree and sum along, so that a head that is not of what it has read is noticed.
//! `portcullis verify` re-reads everything and proves that chain, tables, replay and seal say the same
//! ([`service::verify`]).

pub mod domain;
pub mod ledger;

pub mod access;
pub mod index;
pub mod store;

pub mod service;

pub mod http;
pub mod metrics;

pub mod app;
pub mod cli;
pub mod config;
pub mod demo;
pub mod environment;
pub mod telemetry;
