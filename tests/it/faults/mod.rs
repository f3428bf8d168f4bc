//! What breaks, and what must hold all the same.

pub mod checker;
pub mod crash;
pub mod frozen;
pub mod nodes;
pub mod schema;
pub mod tamper;
pub mod writers;

/// Every fault that either database can have.
macro_rules! all {
    ($database:expr) => {
        $crate::faults::tell!($database, writers:
            of_many_writers_no_entry_is_lost_and_none_is_out_of_order,
        );
        $crate::faults::tell!($database, crash:
            what_was_acknowledged_outlives_every_kill,
        );
        $crate::faults::tell!($database, schema:
            the_schema_refuses_to_forget,
            a_newer_schema_is_refused_with_both_versions,
        );
        $crate::faults::tell!($database, tamper:
            a_head_with_a_forged_hash_is_noticed,
            a_head_that_went_back_is_noticed_and_not_built_upon,
            a_missing_entry_is_noticed,
            an_entry_that_lifts_a_revocation_is_noticed,
            an_entry_that_cannot_be_read_is_noticed,
            a_forged_entry_is_believed_by_nobody,
            a_head_that_vouches_for_something_else_is_noticed,
            changed_rows_are_not_started_from,
            an_old_copy_of_the_database_is_not_served_until_it_is_restored,
            another_numbering_is_noticed,
            another_ledger_is_not_served,
            an_exchanged_entry_is_found_by_verify,
        );
        mod migrations {
            use super::*;
            #[test]
            fn they_go_up_down_and_up_again() {
                $crate::faults::schema::migrations_go_up_down_and_up_again($database);
            }
        }
    };
}
pub(crate) use all;

/// What only a database with several nodes, or with a line to it, can have.
macro_rules! all_of_postgres {
    () => {
        $crate::faults::tell!(Database::Postgres, nodes:
            a_revocation_reaches_the_other_node,
            a_revocation_reaches_the_other_node_by_polling_alone,
            a_revoked_client_loses_its_power_everywhere,
            at_least_waits_for_the_copy_or_says_that_it_cannot_tell,
            a_node_behind_a_frozen_line_stops_permitting_and_heals,
            a_node_behind_a_cut_line_stops_permitting_and_heals,
            a_node_behind_a_dead_line_stops_permitting_and_heals,
            a_node_that_died_while_it_wrote_keeps_nobody_from_revoking,
        );
        $crate::faults::tell!(Database::Postgres, frozen:
            gates_do_not_notice_a_frozen_database_and_writers_are_told,
            a_node_stops_while_its_database_is_frozen,
            a_write_behind_somebody_elses_lock_is_told_to_come_again,
            a_restarted_server_costs_no_write,
        );
        mod late_commits {
            #[actix_web::test]
            async fn a_naive_follower_loses_entries_and_the_same_test_finds_them() {
                $crate::faults::writers::a_naive_ledger_is_caught().await;
            }
        }
        mod starts {
            #[actix_web::test]
            async fn two_nodes_start_at_once_on_a_new_database() {
                $crate::faults::schema::two_nodes_start_at_once().await;
            }
        }
    };
}
pub(crate) use all_of_postgres;

/// Makes tests of faults.
macro_rules! tell {
    ($database:expr, $file:ident: $($fault:ident,)*) => {
        mod $file {
            use super::*;
            $(
                #[actix_web::test]
                async fn $fault() {
                    let world = $crate::support::World::begin($database).await;
                    $crate::faults::$file::$fault(world).await;
                }
            )*
        }
    };
}
pub(crate) use tell;

/// Whether the long loops are wanted: `scripts/test --full`.
pub fn full() -> bool {
    std::env::var_os("PORTCULLIS_TEST_FULL").is_some()
}
