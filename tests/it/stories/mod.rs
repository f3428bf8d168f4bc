//! The stories. Each is an async function of a [`World`](crate::support::World); [`all!`] names them once for both databases.

pub mod administrators;
pub mod approvals;
pub mod bans;
pub mod batches;
pub mod bulk;
pub mod check_log;
pub mod commands;
pub mod corrections;
pub mod demo;
pub mod dormancy;
pub mod effects;
pub mod erasures;
pub mod exclusions;
pub mod exports;
pub mod files;
pub mod freshness;
pub mod gate_check;
pub mod imports;
pub mod inquiries;
pub mod issuing;
pub mod keys;
pub mod lookups;
pub mod match_cases;
pub mod national_register;
pub mod races;
pub mod ready;
pub mod referrals;
pub mod replacements;
pub mod restart;
pub mod retention;
pub mod screenings;
pub mod search;
pub mod transitions;
pub mod work;

/// Every story, as a test on one database.
macro_rules! all {
    ($database:expr) => {
        $crate::stories::tell!($database, gate_check:
            a_badge_revoked_at_b_is_refused_at_a,
            a_suspended_badge_is_refused_until_it_is_lifted,
            why_is_told_only_where_the_facility_allows_it,
            a_number_that_two_systems_know_opens_nothing_until_one_is_named,
            a_uid_is_read_in_the_order_of_its_system,
        );
        $crate::stories::tell!($database, batches:
            a_batch_of_questions_is_answered_in_its_order,
            a_batch_of_revocations_says_what_became_of_each,
        );
        $crate::stories::tell!($database, bulk:
            the_twenty_first_in_ten_minutes_waits_for_a_second_person,
            a_list_of_more_than_twenty_waits_whole,
            a_file_of_more_than_twenty_waits_whole,
            a_duty_officer_breaks_the_glass_and_everybody_sees_it,
            what_is_done_at_once_is_confirmed_afterwards,
            an_employer_of_more_than_twenty_lapses_by_two,
        );
        $crate::stories::tell!($database, imports:
            a_file_opens_gates_and_changes_nothing_the_second_time,
            a_file_without_a_usable_row_is_refused,
            badges_on_a_list_are_refused_at_once_in_another_port,
            an_import_is_its_members_alone,
            a_file_with_a_title_and_no_last_days_is_understood,
            nobody_is_born_tomorrow,
        );
        $crate::stories::tell!($database, files:
            a_file_of_engagements_registers_people_and_opens_match_cases,
            outcomes_of_a_file_wait_each_for_a_second_person_and_bad_news_does_not,
            a_badge_of_a_file_is_only_for_what_its_worker_is_cleared_for,
        );
        $crate::stories::tell!($database, restart:
            a_node_says_after_a_restart_what_it_said_before,
        );
        $crate::stories::tell!($database, transitions:
            every_change_of_every_state_leads_where_the_list_says,
            every_change_of_every_state_is_made_by_the_roles_of_the_list_and_by_no_other,
            a_change_with_the_same_key_is_made_once,
            what_is_approved_or_excluded_leads_where_the_list_says,
        );
        $crate::stories::tell!($database, screenings:
            how_long_a_screening_holds_is_set_by_two,
            an_appeal_in_time_is_won_and_the_worker_is_cleared,
            a_term_that_runs_out_makes_a_refusal_final,
            a_clearance_lapses_after_its_last_day_and_not_before,
            new_unfavourable_advice_refuses_at_once,
            nobody_bars_a_port_alone_by_bad_news,
            nobody_closes_the_clearances_of_a_port_alone,
            a_worker_has_one_open_screening_for_a_function,
            what_cannot_be_meant_is_refused_with_its_field,
            a_screening_is_its_members_alone,
            every_change_of_every_state_leads_where_the_list_says,
            every_change_of_every_state_is_made_by_the_role_of_the_list_and_by_no_other,
        );
        $crate::stories::tell!($database, work:
            a_suspension_for_cause_is_reviewed_in_a_week_and_escalates_after_thirty_days,
            an_approval_waits_for_who_may_answer_it,
            nobody_is_shown_what_they_asked_for_themselves,
            matches_and_bans_wait_for_the_officer_page_by_page,
            a_refusal_waits_until_its_term_of_appeal_has_run_out,
            a_clearance_is_warned_of_and_then_lapses,
            an_exclusion_waits_for_those_who_are_told,
        );
        $crate::stories::tell!($database, corrections:
            a_wrong_revocation_stays_and_is_known_to_be_wrong,
        );
        $crate::stories::tell!($database, dormancy:
            what_no_gate_lets_in_for_sixty_days_goes_to_sleep,
        );
        $crate::stories::tell!($database, inquiries:
            nobody_says_by_hand_what_no_authority_said,
            nothing_else_is_issued_while_an_inquiry_stands,
            what_was_granted_before_is_not_handed_over_while_an_inquiry_stands,
            no_single_person_ends_an_inquiry,
        );
        $crate::stories::tell!($database, effects:
            a_refusal_at_a_closes_the_zone_at_the_gates_of_b_and_nothing_else,
            an_appeal_that_is_won_opens_the_zone_again,
            a_clearance_that_lapses_closes_the_zone,
            who_is_screened_anew_in_time_loses_nothing,
            bad_news_about_who_is_cleared_by_another_screening_acts_at_once,
            a_clearance_that_comes_to_end_sooner_is_lost_to_what_would_outlast_it,
            a_suspended_credential_is_kept_up_to_date_and_a_revoked_one_is_left_alone,
            what_is_found_to_be_one_person_is_treated_as_one,
            who_was_refused_gets_no_clean_card_by_another_member,
            withdrawing_consent_takes_back_no_refusal,
            a_credential_is_good_for_no_longer_than_what_it_rests_on,
            a_zone_that_comes_to_require_a_function_does_so_at_once,
            an_employer_that_lapses_takes_its_credentials_with_it,
            what_an_act_would_do_is_what_it_does,
            the_end_of_an_engagement_does_what_was_shown,
        );
        $crate::stories::tell!($database, match_cases:
            who_comes_by_another_member_is_noticed_and_gets_nothing_before_it_is_decided,
            that_it_is_not_this_person_is_lasting,
            who_comes_with_a_document_later_waits_for_who_had_it_before,
            nobody_becomes_another_by_a_change_of_their_record,
            several_records_are_asked_about_one_by_one_and_lead_to_one_person,
            more_records_than_one_person_can_have_are_not_made_one_person,
            a_document_that_cannot_be_meant_is_refused_with_its_field,
        );
        $crate::stories::tell!($database, national_register:
            a_national_register_number_is_used_only_while_an_authorisation_is_in_force,
        );
        $crate::stories::tell!($database, bans:
            nobody_bars_a_port_alone_by_the_document_of_who_is_banned,
            a_ban_bars_every_gate_of_every_member_at_once,
            the_end_of_a_ban_lifts_what_it_did_and_nothing_else,
            a_ban_begins_on_its_day,
            a_ban_on_somebody_unknown_bites_when_they_are_registered,
            a_match_that_is_confirmed_brings_the_ban_along,
            who_is_banned_does_not_end_it,
            nobody_makes_or_ends_a_ban_by_hand_alone,
            a_file_of_the_register_is_mirrored_row_by_row,
            a_ban_that_cannot_be_meant_is_refused_with_its_field,
        );
        $crate::stories::tell!($database, referrals:
            nothing_leaves_a_member_without_the_switch_and_a_legal_basis,
            what_b_adopts_with_two_people_suspends,
            what_b_declines_has_a_ground_and_changes_nothing,
            what_is_not_answered_in_three_days_is_overdue,
            a_referral_falls_with_its_ground,
            the_network_is_switched_by_two,
        );
        $crate::stories::tell!($database, exclusions:
            what_a_excludes_holds_at_a_and_leaves_it_only_where_it_may,
            what_b_adopts_holds_at_b_and_is_lifted_exactly,
            an_exclusion_keeps_from_where_it_says_and_from_nowhere_else,
            an_exclusion_ends_by_itself,
            an_exclusion_falls_with_its_ground,
            a_contest_is_decided_by_two_of_another_member,
            who_is_known_later_is_told_later,
            where_nothing_may_leave_any_more_nobody_else_is_told,
            every_state_takes_what_the_list_says,
            an_exclusion_that_cannot_be_meant_is_refused_with_its_field,
        );
        $crate::stories::tell!($database, exports:
            a_worker_is_given_all_that_is_held_and_who_looked,
            an_inquiry_that_goes_on_is_counted_and_not_told,
            the_page_shows_a_name_and_runs_nothing,
        );
        $crate::stories::tell!($database, retention:
            a_record_that_nobody_needs_is_shown_to_the_registrar_and_erased,
            what_was_lost_for_cause_keeps_the_record_for_five_years,
            what_is_past_its_time_is_counted_and_then_forgotten,
            who_may_see_the_clocks_sees_numbers_and_nobody,
        );
        $crate::stories::tell!($database, search:
            a_worker_is_found_by_how_a_name_begins_and_by_nobody_else,
            a_worker_is_found_by_document_and_by_card,
            a_worker_is_found_by_the_employer_while_they_work_for_it,
            a_search_that_cannot_be_meant_is_refused_with_its_field,
            who_works_there_is_found_at_once_though_hundreds_have_left,
        );
        $crate::stories::tell!($database, lookups:
            every_look_at_a_person_is_noted_for_registrar_and_auditor,
            who_reads_through_the_records_of_a_port_is_seen,
            who_looks_up_too_often_is_told_to_wait,
            one_person_with_three_tools_looks_as_one,
            a_file_that_meets_somebody_is_a_look_at_them,
        );
        $crate::stories::tell!($database, administrators:
            nobody_makes_a_second_person_alone,
            a_secret_is_good_from_when_the_other_granted_it,
            what_is_not_granted_in_time_never_works,
            what_changed_meanwhile_must_be_asked_again,
            nobody_grants_power_to_themselves,
            every_role_asks_and_grants_in_every_state_as_the_list_says,
            it_takes_two_from_the_second_on_and_ever_after,
            two_who_come_at_once_are_two,
            the_operator_lets_somebody_in_again,
            the_network_has_two_administrators_of_its_own,
            a_place_is_opened_by_two_and_shut_by_one,
        );
        $crate::stories::tell!($database, approvals:
            a_suspension_for_cause_is_lifted_by_two,
            who_declines_or_takes_back_ends_it,
            nobody_is_two_people,
            what_was_asked_for_is_what_is_granted,
            who_lost_the_role_has_lost_what_was_asked_in_it,
            it_waits_for_three_days,
            an_approval_is_its_desks_and_its_members_alone,
            of_many_who_grant_at_once_one_does,
            every_end_of_every_state_is_given_by_the_role_of_the_list_and_by_no_other,
            who_is_demoted_before_the_commit_lets_nothing_happen,
            who_is_recorded_twice_is_not_two_people,
            nobody_decides_about_themselves,
            who_asked_and_is_gone_is_still_who_asked,
            a_yes_that_was_heard_is_of_no_use_again,
            for_cause_the_gate_is_shut_at_once_and_two_revoke,
            a_list_revoked_for_cause_is_one_approval_of_exactly_that_list,
        );
        $crate::stories::tell!($database, races:
            what_only_one_may_be_is_one_also_of_many_at_once,
            revoked_and_replaced_at_once_at_most_the_new_one_is_good,
            replaced_by_two_at_once_there_is_one_new_one,
            revoked_while_its_lift_is_granted_it_is_revoked,
            banned_while_something_is_issued_nothing_is_good,
            found_to_be_one_person_while_something_is_issued_nothing_is_good,
            ended_while_something_is_issued_that_rests_on_it_nothing_is_good,
            expired_while_it_is_revoked_and_replaced_nothing_is_good,
        );
        $crate::stories::tell!($database, erasures:
            an_inquiry_that_outlived_its_credential_is_decided_first,
            a_week_after_two_have_said_so_nothing_of_a_person_is_left,
            what_an_erased_worker_was_issued_is_still_revoked,
            of_many_any_subset_is_erased_and_the_rest_stays_whole,
            an_erasure_that_waits_is_taken_back,
            what_stands_in_the_way_is_named,
            what_comes_in_between_puts_it_off,
            who_was_refused_does_not_begin_anew_by_being_forgotten,
            nobody_erases_themselves,
        );
        $crate::stories::tell!($database, keys:
            the_key_encryption_key_is_changed_while_everything_goes_on,
            a_node_learns_of_a_new_key_when_it_meets_it,
            the_blind_index_key_is_changed_while_everybody_is_found,
            a_change_of_the_blind_index_key_that_is_cut_off_is_gone_on_with,
            a_node_without_the_key_in_use_records_nobody,
        );
        $crate::stories::tell!($database, issuing:
            what_was_granted_to_one_is_not_handed_over_to_another,
            who_lost_a_credential_for_cause_gets_another_by_two,
            who_bears_no_document_gets_nothing,
            what_a_second_person_grants_is_good_when_it_was_handed_over,
            what_changed_meanwhile_must_be_asked_again,
            what_is_not_handed_over_can_be_stopped,
            one_person_issues_when_two_administrators_say_so,
            a_lost_badge_is_handed_over_like_the_first,
            a_badge_comes_back_when_its_credential_is_over,
            a_file_is_granted_as_it_was_shown_or_not_at_all,
            nobody_grants_a_file_with_a_row_about_themselves,
        );
        $crate::stories::tell!($database, replacements:
            a_lost_badge_is_replaced_in_one_act,
            nobody_gets_a_new_badge_for_what_they_did,
            a_credential_ends_with_the_engagement_it_rests_on,
        );
        $crate::stories::tell!($database, freshness:
            a_copy_permits_up_to_the_strictest_limit_and_not_a_millisecond_longer,
            a_credential_is_good_from_its_first_second_to_its_last,
            a_token_ends,
        );
        $crate::stories::tell!($database, check_log:
            a_refusal_is_seen_by_the_gates_member_and_by_the_issuer_and_by_nobody_else,
            while_the_database_is_occupied_gates_go_on_and_no_denial_is_dropped,
            what_is_older_than_it_may_be_is_forgotten_and_nothing_else,
        );
        $crate::stories::tell!($database, ready:
            a_node_beside_another_schema_is_not_ready,
            an_old_copy_raises_the_alarm_once_and_says_when_it_is_fresh_again,
        );
        mod commands {
            use super::*;
            #[actix_web::test]
            async fn a_port_is_run_from_the_command_line() {
                $crate::stories::commands::a_port_is_run_from_the_command_line($database).await;
            }
            #[actix_web::test]
            async fn a_server_killed_in_the_middle_of_a_change_of_key() {
                $crate::stories::keys::a_server_killed_in_the_middle_of_a_change_of_key($database).await;
            }
        }
    };
}
pub(crate) use all;

/// Makes tests of stories.
macro_rules! tell {
    ($database:expr, $file:ident: $($story:ident,)*) => {
        mod $file {
            use super::*;
            $(
                #[actix_web::test]
                async fn $story() {
                    let world = $crate::support::World::begin($database).await;
                    $crate::stories::$file::$story(world).await;
                }
            )*
        }
    };
}
pub(crate) use tell;
