//! The tables as diesel sees them: one text for both databases, checked against both by a test.

use diesel::table;

// Diesel's own, for the version of the schema.
table! {
    __diesel_schema_migrations (version) { version -> Text, }
}
table! {
    ledger_entries (seq) { seq -> BigInt, body -> Binary, chain -> Binary, }
}
table! {
    ledger_head (id) {
        id -> SmallInt,
        #[sql_name = "gen"]
        numbering -> Binary,
        seq -> BigInt, root -> Binary, edge -> Binary, chain -> Binary, seal -> Binary, }
}
table! {
    network_records (id) { id -> Text, body -> Text, version -> BigInt, }
}
table! {
    workers (id) {
        id -> Binary,
        member -> Binary,
        details_digest -> Binary,
        erased -> Bool,
        version -> BigInt,
    }
}
table! {
    worker_documents (document_key, worker) {
        document_key -> Binary,
        worker -> Binary,
        key_version -> Integer,
    }
}
table! {
    worker_names (name_key, worker) {
        name_key -> Binary,
        worker -> Binary,
        key_version -> Integer,
    }
}
table! {
    erasures (id) {
        id -> Binary,
        worker -> Binary,
        member -> Binary,
        due_at -> BigInt,
        state -> SmallInt,
        since -> BigInt,
        version -> BigInt,
    }
}
table! {
    match_cases (id) {
        id -> Binary,
        worker -> Binary,
        member -> Binary,
        candidate -> Binary,
        candidate_member -> Binary,
        state -> SmallInt,
        opened_at -> BigInt,
        decided_at -> Nullable<BigInt>,
        version -> BigInt,
    }
}
table! {
    worker_keys (worker) { worker -> Binary, kek -> Binary, wrapped -> Binary, }
}
table! {
    sealed_details (subject) { subject -> Binary, worker -> Binary, sealed -> Binary, }
}
table! {
    engagements (id) {
        id -> Binary,
        worker -> Binary,
        member -> Binary,
        details_digest -> Binary,
        until -> Nullable<Integer>,
        ended -> Bool,
        version -> BigInt,
    }
}
table! {
    staff_numbers (staff_key) {
        staff_key -> Binary,
        engagement -> Binary,
        worker -> Binary,
        key_version -> Integer,
    }
}
table! {
    engagement_employers (engagement) {
        employer_key -> Binary,
        engagement -> Binary,
        key_version -> Integer,
    }
}
table! {
    employer_names (name_key, worker, engagement) {
        name_key -> Binary,
        worker -> Binary,
        engagement -> Binary,
        key_version -> Integer,
    }
}
table! {
    screenings (id) {
        id -> Binary,
        member -> Binary,
        worker -> Binary,
        function -> SmallInt,
        consented_at -> BigInt,
        state -> SmallInt,
        authority -> Nullable<SmallInt>,
        reference -> Nullable<Text>,
        outcome_on -> Nullable<Integer>,
        valid_until -> Nullable<Integer>,
        since -> BigInt,
        version -> BigInt,
    }
}
table! {
    bans (id) {
        id -> Binary,
        reference -> Text,
        document_digest -> Nullable<Binary>,
        starts_at -> BigInt,
        ends_at -> BigInt,
        state -> SmallInt,
        since -> BigInt,
        version -> BigInt,
    }
}
table! {
    ban_documents (ban) {
        ban -> Binary,
        document_key -> Binary,
        sealed -> Binary,
        key_version -> Integer,
    }
}
table! {
    ban_workers (ban, worker) { ban -> Binary, worker -> Binary, }
}
table! {
    referrals (id) {
        id -> Binary,
        member -> Binary,
        worker -> Binary,
        credential -> Binary,
        reason -> SmallInt,
        to_member -> Nullable<Binary>,
        to_worker -> Nullable<Binary>,
        state -> SmallInt,
        ground -> Nullable<SmallInt>,
        opened_at -> BigInt,
        since -> BigInt,
        version -> BigInt,
    }
}
table! {
    exclusions (id) {
        id -> Binary,
        member -> Binary,
        worker -> Binary,
        credential -> Binary,
        reason -> SmallInt,
        facilities -> Text,
        ends_at -> BigInt,
        state -> SmallInt,
        why -> Nullable<SmallInt>,
        since -> BigInt,
        version -> BigInt,
    }
}
table! {
    exclusion_members (exclusion, member) {
        exclusion -> Binary,
        member -> Binary,
        worker -> Binary,
        answer -> SmallInt,
        ground -> Nullable<SmallInt>,
        told_at -> BigInt,
        version -> BigInt,
    }
}
table! {
    approvals (id) {
        id -> Binary,
        member -> Binary,
        desk -> SmallInt,
        body -> Text,
        done -> SmallInt,
        state -> SmallInt,
        ended_by -> Nullable<Binary>,
        ground -> Nullable<SmallInt>,
        since -> BigInt,
        version -> BigInt,
    }
}
table! {
    credentials (id) {
        id -> Binary,
        member -> Binary,
        worker -> Binary,
        engagement -> Nullable<Binary>,
        valid_from -> BigInt,
        valid_until -> BigInt,
        scope -> Text,
        functions -> SmallInt,
        state -> SmallInt,
        reason -> Nullable<SmallInt>,
        since -> BigInt,
        for_cause_since -> Nullable<BigInt>,
        judicial_since -> Nullable<BigInt>,
        corrected_at -> Nullable<BigInt>,
        version -> BigInt,
        used_on -> Integer,
    }
}
table! {
    badges (id) {
        id -> Binary,
        credential -> Binary,
        medium -> SmallInt,
        recovered_at -> Nullable<BigInt>,
    }
}
table! {
    badge_cards (card_key) {
        card_key -> Binary,
        badge -> Binary,
        credential -> Binary,
        card_system -> Binary,
        format -> SmallInt,
    }
}
table! {
    gate_checks (id) {
        id -> Binary,
        at -> BigInt,
        client -> Binary,
        gate -> Binary,
        credential -> Nullable<Binary>,
        decision -> SmallInt,
        status -> SmallInt,
        seq -> BigInt,
    }
}
table! {
    gate_permits (id) {
        id -> Binary,
        first_at -> BigInt,
        last_at -> BigInt,
        lines -> BigInt,
        body -> Binary,
    }
}
table! {
    sightings (id) {
        id -> Binary,
        at -> BigInt,
        gate -> Binary,
        gate_member -> Binary,
        issuer -> Nullable<Binary>,
        credential -> Nullable<Binary>,
        status -> SmallInt,
        check_id -> Binary,
    }
}
table! {
    lookups (id) {
        id -> Binary,
        at -> BigInt,
        client -> Binary,
        person -> Nullable<Binary>,
        member -> Binary,
        what -> SmallInt,
        worker -> Nullable<Binary>,
        hits -> Integer,
        unusual -> Bool,
    }
}
table! {
    lookup_workers (worker, lookup) { worker -> Binary, lookup -> Binary, }
}
table! {
    moves (subject, seq) { subject -> Binary, seq -> BigInt, at -> BigInt, }
}
table! {
    imports (id) {
        id -> Binary,
        member -> Binary,
        client -> Binary,
        purpose -> Text,
        state -> Text,
        settings -> Text,
        report -> Binary,
        counts -> Text,
        rows_total -> BigInt,
        rows_done -> BigInt,
        created_at -> BigInt,
        file_sha256 -> Binary,
        granted -> Bool,
        granted_by -> Nullable<Binary>,
        new_max -> Nullable<BigInt>,
    }
}
table! {
    import_files (import) { import -> Binary, sealed -> Binary, }
}
table! {
    idempotency_keys (id) { id -> Binary, request -> Binary, answer -> Binary, created_at -> BigInt, }
}
table! {
    signing_keys (kid) { kid -> Text, sealed -> Binary, created_at -> BigInt, }
}

diesel::allow_tables_to_appear_in_same_query!(
    credentials,
    badges,
    badge_cards,
    workers,
    worker_documents,
    engagements,
    engagement_employers,
    employer_names,
    moves,
    screenings,
    match_cases,
    erasures,
    bans,
    ban_documents,
    ban_workers,
    exclusions,
    exclusion_members
);
diesel::allow_tables_to_appear_in_same_query!(sealed_details, worker_keys);
diesel::allow_tables_to_appear_in_same_query!(lookups, lookup_workers);
