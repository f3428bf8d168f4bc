-- The ledger: every fact, in the order of commit. Rows are written once.
CREATE TABLE ledger_entries (
    seq BIGINT NOT NULL PRIMARY KEY CHECK (seq > 0),
    body BYTEA NOT NULL,
    -- SHA-256 over the chain up to the entry before and this entry: names the first one that was changed.
    chain BYTEA NOT NULL
);
-- Its head: one row, moved in the same transaction as every entry.
CREATE TABLE ledger_head (
    id SMALLINT NOT NULL PRIMARY KEY CHECK (id = 1),
    gen BYTEA NOT NULL,
    seq BIGINT NOT NULL,
    root BYTEA NOT NULL,
    edge BYTEA NOT NULL,
    chain BYTEA NOT NULL,
    -- Made with a key that is not in this database: who can only write here cannot make a head that is believed.
    seal BYTEA NOT NULL
);

-- Members, facilities, zones, gates, card systems and clients, whole, as the ledger last stated them.
CREATE TABLE network_records (
    id TEXT NOT NULL PRIMARY KEY,
    body TEXT NOT NULL,
    version BIGINT NOT NULL
);

CREATE TABLE workers (
    id BYTEA NOT NULL PRIMARY KEY,
    member BYTEA NOT NULL,
    details_digest BYTEA NOT NULL,
    -- What was known of the person is destroyed; the identifier stays, as decisions name it.
    erased BOOLEAN NOT NULL,
    version BIGINT NOT NULL
);
CREATE INDEX workers_by_member ON workers (member, id);

-- Keyed hashes of workers' documents: who is registered a second time is found by them. One may stand at several workers.
CREATE TABLE worker_documents (
    document_key BYTEA NOT NULL,
    worker BYTEA NOT NULL,
    -- The version of the blind-index key that the hash was made with. The same in the tables below.
    key_version INTEGER NOT NULL,
    PRIMARY KEY (document_key, worker)
);
CREATE INDEX worker_documents_by_worker ON worker_documents (worker, key_version, document_key);

-- Keyed hashes of how names begin, by which a member finds its workers. They go with the person.
CREATE TABLE worker_names (
    name_key BYTEA NOT NULL,
    worker BYTEA NOT NULL,
    key_version INTEGER NOT NULL,
    PRIMARY KEY (name_key, worker)
);
CREATE INDEX worker_names_by_worker ON worker_names (worker, key_version);

-- Who is to be erased, from when on, and what became of it.
CREATE TABLE erasures (
    id BYTEA NOT NULL PRIMARY KEY,
    worker BYTEA NOT NULL,
    member BYTEA NOT NULL,
    due_at BIGINT NOT NULL,
    state SMALLINT NOT NULL,
    since BIGINT NOT NULL,
    version BIGINT NOT NULL
);
CREATE INDEX erasures_by_member ON erasures (member, id);
CREATE INDEX erasures_by_state ON erasures (state, due_at);
-- One at a time waits for a worker.
CREATE UNIQUE INDEX erasures_waiting ON erasures (worker) WHERE state = 0;

-- Whether two records that bear one document are of one person.
CREATE TABLE match_cases (
    id BYTEA NOT NULL PRIMARY KEY,
    worker BYTEA NOT NULL,
    member BYTEA NOT NULL,
    candidate BYTEA NOT NULL,
    candidate_member BYTEA NOT NULL,
    state SMALLINT NOT NULL,
    opened_at BIGINT NOT NULL,
    decided_at BIGINT,
    version BIGINT NOT NULL
);
CREATE INDEX match_cases_by_member ON match_cases (member, id);
CREATE INDEX match_cases_by_candidate_member ON match_cases (candidate_member, id);
CREATE INDEX match_cases_by_worker ON match_cases (worker, state);
CREATE INDEX match_cases_by_candidate ON match_cases (candidate, state);
-- A pair is asked about once, whichever of the two came later.
CREATE UNIQUE INDEX match_cases_once ON match_cases (LEAST(worker, candidate), GREATEST(worker, candidate));

-- Each worker's own key, under a key that is not in this database. Whoever is erased has zeros here.
CREATE TABLE worker_keys (
    worker BYTEA NOT NULL PRIMARY KEY,
    kek BYTEA NOT NULL,
    wrapped BYTEA NOT NULL
);

-- What only its member may read, sealed under the key of the worker whom it is about.
CREATE TABLE sealed_details (
    subject BYTEA NOT NULL PRIMARY KEY,
    worker BYTEA NOT NULL,
    sealed BYTEA NOT NULL
);

CREATE TABLE engagements (
    id BYTEA NOT NULL PRIMARY KEY,
    worker BYTEA NOT NULL,
    member BYTEA NOT NULL,
    details_digest BYTEA NOT NULL,
    -- The last day, counted from 1970-01-01, where one is agreed.
    until INTEGER,
    ended BOOLEAN NOT NULL,
    version BIGINT NOT NULL
);
CREATE INDEX engagements_by_worker ON engagements (worker, id);

-- Keyed hashes of staff numbers, so that a file names the same worker twice as one.
CREATE TABLE staff_numbers (
    staff_key BYTEA NOT NULL PRIMARY KEY,
    engagement BYTEA NOT NULL,
    worker BYTEA NOT NULL,
    key_version INTEGER NOT NULL
);
CREATE INDEX staff_numbers_by_engagement ON staff_numbers (engagement);

-- Keyed hashes of employers' names, by which a member finds the engagements at one.
CREATE TABLE engagement_employers (
    employer_key BYTEA NOT NULL,
    engagement BYTEA NOT NULL PRIMARY KEY,
    key_version INTEGER NOT NULL
);
CREATE INDEX engagement_employers_by_key ON engagement_employers (employer_key, engagement);

-- Keyed hashes of how employers' names begin, by which a member finds whoever works for one.
CREATE TABLE employer_names (
    name_key BYTEA NOT NULL,
    worker BYTEA NOT NULL,
    engagement BYTEA NOT NULL,
    key_version INTEGER NOT NULL,
    PRIMARY KEY (name_key, worker, engagement)
);
CREATE INDEX employer_names_by_engagement ON employer_names (engagement, key_version);

-- Where the verification of a worker for one function stands, and what it rests on. Days are counted from 1970-01-01.
CREATE TABLE screenings (
    id BYTEA NOT NULL PRIMARY KEY,
    member BYTEA NOT NULL,
    worker BYTEA NOT NULL,
    function SMALLINT NOT NULL,
    consented_at BIGINT NOT NULL,
    state SMALLINT NOT NULL,
    authority SMALLINT,
    reference TEXT,
    outcome_on INTEGER,
    valid_until INTEGER,
    since BIGINT NOT NULL,
    version BIGINT NOT NULL
);
CREATE INDEX screenings_by_member ON screenings (member, id);
CREATE INDEX screenings_by_state ON screenings (member, state, id);
CREATE INDEX screenings_by_worker ON screenings (worker, id);
-- Those whose last day is near or past.
CREATE INDEX screenings_by_end ON screenings (state, valid_until, id);
CREATE INDEX screenings_by_end_of_member ON screenings (member, state, valid_until, id);
-- A worker has one screening for a function that waits for its answer. States from 2 on have one.
CREATE UNIQUE INDEX screenings_unanswered ON screenings (worker, function) WHERE state < 2;

-- Port bans, as the register of the State has them.
CREATE TABLE bans (
    id BYTEA NOT NULL PRIMARY KEY,
    reference TEXT NOT NULL,
    document_digest BYTEA,
    starts_at BIGINT NOT NULL,
    ends_at BIGINT NOT NULL,
    state SMALLINT NOT NULL,
    since BIGINT NOT NULL,
    version BIGINT NOT NULL
);
CREATE INDEX bans_by_reference ON bans (reference);
-- Those whose day has come.
CREATE INDEX bans_by_start ON bans (state, starts_at);
CREATE INDEX bans_by_end ON bans (state, ends_at);
-- The document that names whom a ban is about, sealed, and by what it is found. It goes with the end of the ban.
CREATE TABLE ban_documents (
    ban BYTEA NOT NULL PRIMARY KEY,
    document_key BYTEA NOT NULL,
    sealed BYTEA NOT NULL,
    key_version INTEGER NOT NULL
);
CREATE INDEX ban_documents_by_key ON ban_documents (document_key);
-- The records that are of somebody who is banned.
CREATE TABLE ban_workers (
    ban BYTEA NOT NULL,
    worker BYTEA NOT NULL,
    PRIMARY KEY (ban, worker)
);
CREATE INDEX ban_workers_by_worker ON ban_workers (worker, ban);

-- What issuers tell each other of a person for cause. One that is for nobody is a draft.
CREATE TABLE referrals (
    id BYTEA NOT NULL PRIMARY KEY,
    member BYTEA NOT NULL,
    worker BYTEA NOT NULL,
    credential BYTEA NOT NULL,
    reason SMALLINT NOT NULL,
    to_member BYTEA,
    to_worker BYTEA,
    state SMALLINT NOT NULL,
    ground SMALLINT,
    opened_at BIGINT NOT NULL,
    since BIGINT NOT NULL,
    version BIGINT NOT NULL
);
CREATE INDEX referrals_by_member ON referrals (member, id);
CREATE INDEX referrals_by_addressee ON referrals (to_member, id);
CREATE INDEX referrals_by_credential ON referrals (credential, state);

-- Blocks on a person, and what each member that proposed one or was told of it says.
CREATE TABLE exclusions (
    id BYTEA NOT NULL PRIMARY KEY,
    member BYTEA NOT NULL,
    worker BYTEA NOT NULL,
    credential BYTEA NOT NULL,
    reason SMALLINT NOT NULL,
    facilities TEXT NOT NULL,
    ends_at BIGINT NOT NULL,
    state SMALLINT NOT NULL,
    why SMALLINT,
    since BIGINT NOT NULL,
    version BIGINT NOT NULL
);
CREATE INDEX exclusions_by_worker ON exclusions (worker, state);
CREATE INDEX exclusions_by_credential ON exclusions (credential, state);
-- Those whose end has come. States from 3 on are ends.
CREATE INDEX exclusions_by_end ON exclusions (ends_at) WHERE state < 3;
CREATE TABLE exclusion_members (
    exclusion BYTEA NOT NULL,
    member BYTEA NOT NULL,
    worker BYTEA NOT NULL,
    answer SMALLINT NOT NULL,
    ground SMALLINT,
    told_at BIGINT NOT NULL,
    version BIGINT NOT NULL,
    PRIMARY KEY (exclusion, member)
);
CREATE INDEX exclusion_members_by_member ON exclusion_members (member, exclusion);

-- Acts that need a second person, as they were asked for, and what became of each.
CREATE TABLE approvals (
    id BYTEA NOT NULL PRIMARY KEY,
    member BYTEA NOT NULL,
    desk SMALLINT NOT NULL,
    body TEXT NOT NULL,
    -- 1 if it is done already, and only confirmed.
    done SMALLINT NOT NULL,
    state SMALLINT NOT NULL,
    ended_by BYTEA,
    -- Why it was declined, if it was.
    ground SMALLINT,
    since BIGINT NOT NULL,
    version BIGINT NOT NULL
);
CREATE INDEX approvals_by_desk ON approvals (desk, member, id);
-- What was done at once and nobody has looked at. It waits however long.
CREATE INDEX approvals_to_confirm ON approvals (desk, member, id) WHERE done = 1 AND state = 0;

CREATE TABLE credentials (
    id BYTEA NOT NULL PRIMARY KEY,
    member BYTEA NOT NULL,
    worker BYTEA NOT NULL,
    engagement BYTEA,
    valid_from BIGINT NOT NULL,
    valid_until BIGINT NOT NULL,
    scope TEXT NOT NULL,
    -- Of the functions in its scope, those that the worker is cleared for, as bits.
    functions SMALLINT NOT NULL,
    state SMALLINT NOT NULL,
    reason SMALLINT,
    since BIGINT NOT NULL,
    for_cause_since BIGINT,
    judicial_since BIGINT,
    corrected_at BIGINT,
    version BIGINT NOT NULL,
    -- On which day of the calendar a gate last let somebody in with it. Not from the ledger.
    used_on INTEGER NOT NULL
);
CREATE INDEX credentials_by_member ON credentials (member, id);
CREATE INDEX credentials_by_worker ON credentials (worker, id);
-- Those that are good and long unused.
CREATE INDEX credentials_unused ON credentials (used_on) WHERE state = 0;
-- Few were granted and not handed over yet.
CREATE INDEX credentials_approved ON credentials (member, id) WHERE state = 99;
-- Few are suspended so at one time, and somebody must see to each of them.
CREATE INDEX credentials_for_cause ON credentials (member, for_cause_since) WHERE for_cause_since IS NOT NULL;
CREATE INDEX credentials_judicial ON credentials (member, judicial_since) WHERE judicial_since IS NOT NULL;

CREATE TABLE badges (
    id BYTEA NOT NULL PRIMARY KEY,
    credential BYTEA NOT NULL,
    medium SMALLINT NOT NULL,
    recovered_at BIGINT
);
CREATE INDEX badges_by_credential ON badges (credential, id);

-- Which badge a card identifier is on. The number itself is in sealed_details, under the same key.
CREATE TABLE badge_cards (
    card_key BYTEA NOT NULL PRIMARY KEY,
    badge BYTEA NOT NULL,
    credential BYTEA NOT NULL,
    card_system BYTEA NOT NULL,
    format SMALLINT NOT NULL
);
CREATE INDEX badge_cards_by_badge ON badge_cards (badge);

-- Which entries did something to a worker, engagement, screening or credential after it was recorded, so that its history is found.
CREATE TABLE moves (
    subject BYTEA NOT NULL,
    seq BIGINT NOT NULL,
    at BIGINT NOT NULL,
    PRIMARY KEY (subject, seq)
);

-- What was answered at gates and was no permit. Written behind the answer; a gap here is counted, not healed.
CREATE TABLE gate_checks (
    id BYTEA NOT NULL PRIMARY KEY,
    at BIGINT NOT NULL,
    client BYTEA NOT NULL,
    gate BYTEA NOT NULL,
    credential BYTEA,
    decision SMALLINT NOT NULL,
    status SMALLINT NOT NULL,
    seq BIGINT NOT NULL
);

-- Permits, many in a row: they are nearly all checks, and are read only to be counted and searched. Rows here and in
-- the tables beside lie in the order of time, by which they are forgotten, as identifiers begin with it.
CREATE TABLE gate_permits (
    id BYTEA NOT NULL PRIMARY KEY,
    first_at BIGINT NOT NULL,
    last_at BIGINT NOT NULL,
    lines BIGINT NOT NULL,
    body BYTEA NOT NULL
);

-- A card that was not good was presented.
CREATE TABLE sightings (
    id BYTEA NOT NULL PRIMARY KEY,
    at BIGINT NOT NULL,
    gate BYTEA NOT NULL,
    gate_member BYTEA NOT NULL,
    issuer BYTEA,
    credential BYTEA,
    status SMALLINT NOT NULL,
    check_id BYTEA NOT NULL
);
CREATE INDEX sightings_by_credential ON sightings (credential, id);

-- Who was shown whom. Written behind the answer.
CREATE TABLE lookups (
    id BYTEA NOT NULL PRIMARY KEY,
    at BIGINT NOT NULL,
    client BYTEA NOT NULL,
    person BYTEA,
    member BYTEA NOT NULL,
    what SMALLINT NOT NULL,
    worker BYTEA,
    hits INTEGER NOT NULL,
    unusual BOOLEAN NOT NULL
);
CREATE INDEX lookups_by_member ON lookups (member, id);
-- Each of those who were shown, so that each can be told.
CREATE TABLE lookup_workers (
    worker BYTEA NOT NULL,
    lookup BYTEA NOT NULL,
    PRIMARY KEY (worker, lookup)
);
CREATE INDEX lookup_workers_by_lookup ON lookup_workers (lookup);

-- Files brought in, and what became of them.
CREATE TABLE imports (
    id BYTEA NOT NULL PRIMARY KEY,
    member BYTEA NOT NULL,
    client BYTEA NOT NULL,
    purpose TEXT NOT NULL,
    state TEXT NOT NULL,
    settings TEXT NOT NULL,
    -- Sealed, as headers are as somebody wrote them, and the first row of a file without a header is a person.
    report BYTEA NOT NULL,
    counts TEXT NOT NULL,
    rows_total BIGINT NOT NULL,
    rows_done BIGINT NOT NULL,
    created_at BIGINT NOT NULL,
    file_sha256 BYTEA NOT NULL,
    -- Whether it is carried out however many it revokes.
    granted BOOLEAN NOT NULL,
    -- The second person's client, and how many new rows they were shown: not more are carried out.
    granted_by BYTEA,
    new_max BIGINT
);
CREATE INDEX imports_by_state ON imports (state, created_at);

-- Their bytes, sealed, until they are applied or dropped. Apart, so that noting progress does not write a file anew.
CREATE TABLE import_files (
    import BYTEA NOT NULL PRIMARY KEY,
    sealed BYTEA NOT NULL
);

-- Answers to requests that carried an Idempotency-Key, kept for a day.
CREATE TABLE idempotency_keys (
    id BYTEA NOT NULL PRIMARY KEY,
    request BYTEA NOT NULL,
    answer BYTEA NOT NULL,
    created_at BIGINT NOT NULL
);
CREATE INDEX idempotency_keys_by_age ON idempotency_keys (created_at);

-- Keys that sign tokens, sealed under a key that is not in this database.
CREATE TABLE signing_keys (
    kid TEXT NOT NULL PRIMARY KEY,
    sealed BYTEA NOT NULL,
    created_at BIGINT NOT NULL
);

CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN RAISE EXCEPTION '%', TG_ARGV[0]; END $$;

CREATE TRIGGER ledger_entries_stay BEFORE UPDATE ON ledger_entries
FOR EACH ROW EXECUTE FUNCTION refuse('ledger entries are never updated');
CREATE TRIGGER ledger_entries_remain BEFORE DELETE ON ledger_entries
FOR EACH ROW EXECUTE FUNCTION refuse('ledger entries are never deleted');
CREATE TRIGGER ledger_entries_kept BEFORE TRUNCATE ON ledger_entries
FOR EACH STATEMENT EXECUTE FUNCTION refuse('ledger entries are never deleted');
-- Its numbering may change only with an entry that says so: a restore.
CREATE TRIGGER ledger_head_rises BEFORE UPDATE ON ledger_head FOR EACH ROW
WHEN (NEW.seq <= OLD.seq) EXECUTE FUNCTION refuse('the ledger only grows');
CREATE TRIGGER ledger_head_remains BEFORE DELETE ON ledger_head
FOR EACH ROW EXECUTE FUNCTION refuse('the ledger head is never deleted');
CREATE TRIGGER ledger_head_kept BEFORE TRUNCATE ON ledger_head
FOR EACH STATEMENT EXECUTE FUNCTION refuse('the ledger head is never deleted');
CREATE TRIGGER revoked_is_final BEFORE UPDATE ON credentials FOR EACH ROW
WHEN (OLD.state = 100 AND NEW.state <> 100) EXECUTE FUNCTION refuse('a revoked credential stays revoked');
CREATE TRIGGER credentials_remain BEFORE DELETE ON credentials
FOR EACH ROW EXECUTE FUNCTION refuse('credentials are never deleted');
CREATE TRIGGER credentials_kept BEFORE TRUNCATE ON credentials
FOR EACH STATEMENT EXECUTE FUNCTION refuse('credentials are never deleted');
