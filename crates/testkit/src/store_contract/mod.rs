//! One suite of cases for every engine of the store. An engine's tests are one line, `store_contract!(Engine);`, which runs each case in a fresh
//! database of its own.
//!
//! A case is a `pub async fn` over an [`Engine`], named as the sentence that it shows to be true, and listed in `store_contract!`; a test here
//! finds those that are not.
#![expect(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "this is test code, though it is compiled as a library")]
#![expect(missing_docs, reason = "a case is named as the sentence that it shows")]

use std::future::Future;

use async_trait::async_trait;
use daftar_store::SqlStore;

pub mod access;
pub mod accounts;
pub mod at_rest;
pub mod attempts;
pub mod audit;
pub mod clients;
pub mod codes;
pub mod contacts;
pub mod customers;
pub mod devices;
pub mod erasure;
pub mod given;
pub mod housekeeping;
pub mod limits;
pub mod messages;
pub mod moving;
pub mod profiles;
pub mod recoveries;
pub mod registrations;
pub mod repeats;
pub mod restored;
pub mod sessions;
pub mod signing_keys;
pub mod time;

/// A database of an engine, and what only a test may do with it.
#[async_trait]
pub trait Engine: Send + Sync + Sized {
    /// A fresh database with the newest schema.
    async fn fresh() -> Self;
    /// The store on it.
    fn store(&self) -> &SqlStore;
    /// Closes the store and opens it again.
    async fn reopened(self) -> Self;
    /// Runs statements behind the store's back.
    async fn execute(&self, sql: &str);
    /// The number that a query gives.
    async fn count(&self, sql: &str) -> i64;
    /// Every row of every table, as text, bytes in hexadecimal digits.
    async fn rows(&self) -> Vec<String>;
    /// Everything that the database holds on disk while the store is open.
    async fn bytes(&self) -> Vec<u8>;
}

/// Makes all calls at once, each in a task of its own.
pub(crate) async fn at_once<F>(calls: impl IntoIterator<Item = F>) -> Vec<F::Output>
where
    F: Future<Output: Send + 'static> + Send + 'static,
{
    let tasks: Vec<_> = calls.into_iter().map(tokio::spawn).collect();
    let mut answers = Vec::with_capacity(tasks.len());
    for task in tasks {
        answers.push(task.await.unwrap());
    }
    answers
}

/// Runs every case on an engine.
#[macro_export]
macro_rules! store_contract {
    ($engine:ty) => {
        $crate::store_contract! { @list ($crate::store_contract_test), $engine }
    };
    (@list ($($with:tt)*), $engine:ty) => {
        $($with)*! { $engine,
            access {
                a_grant_reads_back_as_it_was_written_with_its_client
                a_grant_is_good_until_it_is_over
                an_ended_grant_is_good_no_more_and_the_others_are
                a_rotated_or_disabled_client_has_no_good_grant_and_gets_none_for_what_it_was
                nobody_else_has_the_grant_of_a_client_whose_secret_is_the_same
                of_64_grants_beside_a_rotation_none_is_good_after_it
                of_64_grants_that_end_while_others_begin_exactly_those_are_gone
            }
            accounts {
                an_account_reads_back_as_it_was_written
                an_account_without_a_password_reads_back_as_it_was_written_and_no_password_opens_it
                an_identifier_is_one_in_upper_and_lower_case
                nobody_is_known_by_a_name_that_nobody_has
                the_first_taken_claim_is_reported_and_nothing_is_written
                of_64_simultaneous_accounts_for_one_phone_one_is_made
                an_unverified_holder_stands_in_the_way_of_everybody_but_a_proof
                an_account_holds_one_identifier_of_a_kind
                row_12_disabling_ends_every_session_for_good
            }
            at_rest {
                everything_is_there_after_the_store_was_closed_and_opened
                row_54_the_database_holds_no_code_no_link_and_no_letter
                row_54_the_database_holds_no_code_and_no_made_up_password_in_clear
                row_54_the_database_holds_no_customers_token_link_or_letter_in_clear
                a_corrupt_row_names_itself
                row_52_a_corrupt_row_does_not_name_a_whole_contact
            }
            attempts {
                every_attempt_is_kept_as_it_was_and_told_to_the_next_claim
                a_message_whose_receipt_does_not_come_is_claimed_again_with_its_letter
                a_receipt_ends_the_waiting_and_wipes_the_letter
                row_45_a_receipt_that_comes_before_the_answer_is_kept_for_it
                row_45_a_receipt_that_comes_twice_or_changes_its_mind_changes_nothing
                row_45_a_receipt_for_what_is_not_ours_changes_nothing
                what_will_not_arrive_goes_on_at_once_or_is_given_up
                what_will_not_arrive_matters_only_for_the_newest_attempt
                an_awaited_message_that_expires_is_sent_and_not_failed
                row_42_what_a_second_route_costs_is_counted_when_it_has_taken_the_message
                a_used_code_is_not_sent_by_another_route
                row_4_a_replaced_code_is_not_tried_again
                a_code_that_was_never_tried_is_sent_although_a_newer_one_follows
                a_failed_message_is_sent_once_more_on_demand_while_it_is_worth_it
                what_was_sent_is_not_sent_once_more
                whoever_settles_a_message_that_was_claimed_again_changes_nothing_of_it
                an_undelivered_message_that_nobody_else_takes_is_failed
                a_name_that_a_gateway_uses_again_does_not_judge_the_newer_attempt
                messages_are_listed_newest_first_by_recipient_state_and_page
                queues_are_counted_by_channel
                row_45_of_answers_and_receipts_at_once_none_is_lost
                row_45_of_16_receipts_at_once_one_is_new
                attempts_and_receipts_are_kept_for_30_days
                a_damaged_attempt_names_itself
            }
            audit {
                an_entry_says_who_did_what_to_whom_through_which_door_and_from_where
                everything_that_is_done_to_an_account_is_written_down_in_its_order
                who_loses_a_contact_has_it_written_down
                what_operators_change_is_written_down
                what_was_refused_is_no_deed
                the_trail_is_read_page_by_page_by_account_and_by_act
                old_entries_go_a_bounded_amount_at_a_time_and_young_ones_stay
                the_sessions_of_an_account_are_those_that_live_the_newest_first
                accounts_are_found_by_how_anything_of_theirs_begins
            }
            clients {
                a_client_reads_back_as_it_was_written
                clients_are_listed_oldest_first
                a_client_is_rotated_and_disabled
                a_client_reads_phone_numbers_where_it_was_told_to
                no_two_clients_have_one_id
            }
            codes {
                a_code_is_sent_and_signs_its_account_in
                a_code_makes_an_account_that_has_proven_its_contact
                row_1_a_code_of_4_or_5_digits_dies_after_three_wrong_ones_and_a_longer_one_after_five
                row_2_of_200_racing_guesses_exactly_the_allowed_ones_are_compared
                row_3_wrong_codes_add_up_per_account_until_a_success
                row_3_wrong_codes_of_newcomers_add_up_per_destination
                row_3_of_200_racing_guesses_at_four_codes_of_one_account_six_are_compared
                row_4_a_newer_code_voids_the_older_one_of_its_purpose_and_destination_alone
                row_4_of_16_racing_codes_for_one_purpose_and_destination_one_is_good
                row_6_a_code_shown_for_another_purpose_is_refused_and_the_try_counts
                row_7_of_100_racing_right_codes_one_signs_in
                row_7_of_100_racing_right_codes_one_makes_an_account
                row_8_a_code_of_another_length_is_refused_and_costs_nothing
                a_code_that_has_expired_is_not_compared
                a_disabled_account_is_told_so_after_a_right_code_alone_and_the_code_is_spent
                row_34_an_unverified_contact_neither_signs_in_nor_recovers
                row_34_whoever_signs_up_takes_a_contact_that_its_holder_never_proved
                a_right_code_is_not_spent_where_its_identifier_was_taken_meanwhile
            }
            contacts {
                a_proven_contact_takes_the_place_of_the_one_of_its_kind
                row_57_the_old_verified_contact_is_told_of_the_change
                row_57_an_old_contact_that_was_never_verified_is_told_nothing
                row_34_somebodys_own_unverified_contact_can_be_proven
                row_34_a_proof_takes_a_contact_from_an_account_that_never_proved_it_which_is_told
                row_34_a_contact_that_somebody_else_proved_meanwhile_is_taken_and_nothing_is_written
                no_contact_is_changed_without_a_live_session_and_the_code_is_not_spent
                a_disabled_account_changes_no_contact
                row_6_another_accounts_code_for_a_contact_is_refused_and_the_try_counts
                row_3_many_contacts_buy_an_account_no_more_guesses
                row_3_many_accounts_buy_no_more_guesses_at_a_contact
                row_3_of_200_racing_guesses_of_four_accounts_at_one_contact_six_are_compared
                row_13_changing_a_contact_voids_the_accounts_codes_that_went_to_it
                row_13_changing_a_contact_voids_the_recoveries_that_a_code_to_it_paid_for
                row_13_losing_a_contact_voids_the_losers_codes_to_it
                row_7_of_100_racing_right_codes_one_changes_the_contact
                row_34_of_16_accounts_that_prove_one_contact_at_once_one_gets_it
                row_13_a_code_to_the_old_contact_beside_its_change_works_before_it_or_not_at_all
            }
            customers {
                a_registration_is_found_by_its_host_and_the_end_of_its_phone
                a_token_makes_the_account_once_and_proves_the_phone
                without_a_token_the_link_must_have_been_used_and_proves_the_address
                row_32_another_host_confirms_and_sends_nothing_and_is_not_counted
                a_newer_registration_replaces_its_own_hosts_older_one_alone
                row_4_a_new_token_voids_the_old_one_and_is_counted
                a_new_link_kills_the_old_one_and_leaves_the_token
                row_1_wrong_tokens_are_counted_until_it_is_dead
                row_34_a_disowned_registration_is_dead_with_its_token
                a_registration_that_is_over_is_dead_and_swept_a_day_later
                what_is_taken_is_reported_and_the_token_not_spent
                row_34_the_token_takes_a_phone_that_nobody_proved_and_the_loser_is_told
                row_58_a_repeat_registers_nothing
                row_7_of_100_right_tokens_at_once_one_makes_the_account
                row_2_of_100_wrong_tokens_at_once_three_are_compared
                of_64_registrations_of_a_phone_at_once_one_is_pending_at_each_host
                whoever_confirms_disowns_replaces_or_sends_anew_at_once_nobody_wins_twice
            }
            devices {
                a_device_reads_back_as_it_was_bound
                a_device_can_be_bound_while_signing_in
                a_device_belongs_to_the_newest_session_alone
                a_session_has_one_device
                an_ended_session_has_no_device
                a_device_is_bound_to_a_live_session_alone
                of_16_sessions_that_want_one_device_at_once_one_has_it
                sessions_that_swap_their_devices_at_once_wait_for_one_another
                no_device_is_bound_to_a_session_that_ends_at_the_same_time
            }
            erasure {
                an_erased_account_leaves_everything_as_if_it_had_never_been
                what_others_have_is_not_erased_with_an_account
                nobody_is_erased_twice
                of_8_erasures_beside_codes_that_are_asked_for_proofs_and_sign_ins_one_is_done_and_nothing_is_left
            }
            housekeeping {
                the_store_is_ready
                the_store_is_not_ready_when_its_schema_is_older
                the_store_serves_from_a_newer_schema_until_that_says_it_is_too_old
                the_master_key_is_remembered_the_first_time
                a_sweep_deletes_what_is_past_and_keeps_what_is_not
                a_sweep_takes_a_bounded_amount
                row_14_a_sweep_beside_it_takes_no_fresh_charge_away
            }
            limits {
                row_14_of_100_racing_charges_exactly_the_burst_is_allowed
                several_limits_are_charged_all_or_none
                a_refund_makes_room_again
                a_refund_of_nothing_changes_nothing
                a_refusal_says_how_long_until_all_have_room
                row_43_a_budget_counts_exactly_also_when_the_store_was_closed_meanwhile
                row_42_of_100_racing_short_messages_the_hour_pays_for_exactly_its_number
                row_43_a_refused_message_leaves_the_code_before_it_alone
                row_42_what_became_of_a_prefixs_codes_is_known
                row_5_what_is_forgiven_counts_no_longer_than_what_was_wrong
                row_60_what_is_noted_counts_whether_or_not_there_was_room
                fault_6_a_clock_an_hour_back_is_mended_in_the_store
                row_15_whoever_recovers_by_a_code_is_known_where_he_is
                row_15_whoever_recovers_an_account_makes_strangers_of_all_others
                row_15_addresses_that_people_signed_in_from_are_known
                what_is_used_is_listed_longest_first_and_by_kind
                a_reset_forgets_one_limit_or_a_kind_and_nothing_else
                row_42_a_prefix_whose_pause_is_reset_is_judged_anew
                row_42_a_cap_that_is_nearly_spent_is_told_before_it_is
            }
            messages {
                messages_are_claimed_by_channel_when_due_oldest_first
                a_claimed_message_is_nobody_elses_until_its_lease_is_over
                of_20_racing_workers_each_message_has_one
                a_sent_message_is_never_claimed_again
                a_failed_message_keeps_its_reason_and_loses_its_letter_when_it_expires
                a_retried_message_comes_back_when_it_is_due
                an_expired_message_is_given_up_unsent
                the_inbox_shows_the_newest_first
                a_message_delivered_twice_is_in_the_inbox_once
            }
            moving {
                accounts_that_move_in_read_back_as_they_were
                whoever_moved_in_before_is_known_and_nothing_changes
                an_identifier_of_somebody_else_keeps_one_out_and_lets_its_mates_in
                foreseeing_says_the_same_and_changes_nothing
                of_8_imports_of_the_same_people_at_once_each_is_made_once
                pages_hold_every_account_once_in_the_order_of_ids
            }
            profiles {
                a_profile_reads_back_as_it_was_changed
                the_same_phone_keeps_its_standing
                a_new_phone_starts_unverified
                row_57_a_verified_phone_is_told_that_it_was_changed
                row_42_a_notice_by_short_message_is_sent_and_counts_as_money
                a_contact_for_tests_is_told_nothing
                row_13_changing_the_phone_voids_the_accounts_codes_to_it
                a_taken_phone_changes_nothing_at_all
                of_16_accounts_that_want_one_phone_one_gets_it
                the_profile_of_nobody_is_not_found
            }
            recoveries {
                a_recovery_reads_back_as_it_was_given
                row_11_a_recovery_is_good_once
                row_11_a_recovery_lasts_ten_minutes
                row_11_a_newer_recovery_voids_the_older
                row_11_of_16_racing_resets_one_is_done
                row_11_a_recovery_is_no_good_for_another_account
                row_7_of_100_racing_right_codes_one_gives_a_recovery
                row_12_a_reset_ends_every_session_of_the_account
                row_12_no_session_that_was_opened_before_a_reset_beside_it_lives
                a_disabled_account_resets_no_password
                an_account_that_is_enabled_again_revives_no_recovery
                row_13_a_recovery_is_worth_nothing_once_the_account_has_lost_its_contact_however
                a_made_up_password_is_not_told_to_a_contact_that_the_account_has_lost
                a_made_up_password_is_told_once_it_is_set
                the_first_password_is_set_once_and_ends_no_session
                of_16_racing_first_passwords_one_is_set
                the_first_password_needs_a_live_session_of_the_account
                an_account_without_a_password_gets_one_by_a_recovery
            }
            registrations {
                a_registration_reads_back_as_it_was_written
                a_taken_claim_is_reported_and_nothing_is_kept
                a_right_code_makes_the_account
                a_link_makes_the_account_once
                row_2_of_200_racing_wrong_codes_five_are_compared
                row_7_of_100_racing_right_codes_one_makes_the_account
                row_7_of_code_and_link_racing_one_makes_the_account
                row_3_wrong_codes_add_up_until_a_success
                row_5_wrong_codes_of_the_last_hour_count_against_everybody
                row_4_sending_again_voids_the_older_code_and_link
                row_4_a_newer_registration_for_the_same_address_voids_the_older_code
                row_6_another_clients_code_is_not_compared
                a_code_expires_before_its_link
                a_finished_registration_is_sent_nothing
                row_34_a_disowned_registration_is_dead
                row_34_a_proof_takes_an_unverified_contact_and_its_holder_is_told
                row_34_a_holder_without_another_contact_loses_it_silently
                row_13_losing_a_contact_voids_the_losers_codes_to_it
                a_name_taken_meanwhile_costs_neither_the_code_nor_a_try
                a_finished_registration_forgets_its_password
            }
            repeats {
                row_58_a_repeated_call_gets_the_first_answer
                row_58_of_64_racing_repeats_one_is_carried_out
                row_58_another_call_under_the_same_key_is_told_apart
                row_58_a_key_belongs_to_its_client
                row_58_a_key_is_free_again_after_a_day
                row_58_only_successes_are_kept
            }
            restored {
                what_is_restored_brings_nothing_back_to_life
                what_has_ended_before_stays_as_it_is
            }
            sessions {
                a_session_speaks_for_its_account_until_it_is_over
                signing_out_ends_that_session_alone_and_for_good
                no_session_opens_for_a_password_that_was_changed
                row_12_no_session_opens_for_a_disabled_account
                a_stale_password_is_replaced_by_its_new_record
                a_right_password_gives_its_charges_back
            }
            signing_keys {
                a_key_reads_back_as_it_was_written
                of_16_racing_first_keys_one_is_everybodys
                a_rotated_key_checks_until_nothing_that_it_signed_can_live
                a_session_that_was_opened_for_longer_keeps_its_key
                a_code_and_a_recovery_that_last_longer_keep_their_key
                a_grant_that_lasts_longer_keeps_its_key
                a_revoked_key_is_gone_at_once
                of_16_racing_rotations_one_key_is_the_newest
                a_sweep_deletes_a_key_that_has_retired
                row_54_the_database_holds_no_signing_key_in_clear
            }
            time {
                fault_6_a_clock_that_wakes_up_in_another_century_takes_nothing_with_it
                fault_6_a_clock_that_goes_on_or_is_back_by_less_than_a_second_changes_nothing
                fault_6_what_was_over_when_the_clock_was_set_back_is_over_then
                fault_6_what_was_over_stays_over_after_a_restart_with_the_clock_back
                fault_6_what_was_made_in_an_hour_that_comes_again_lives_no_longer
                fault_6_a_message_waits_no_longer_when_the_clock_is_set_back
                fault_6_a_limit_refills_as_if_the_clock_had_not_been_set_back
                fault_6_wrong_codes_count_against_everybody_for_an_hour_although_the_clock_is_set_back
                fault_6_a_thousand_rows_are_put_in_order_however_many_servers_say_so
            }
        }
    };
}

/// Turns listed cases into tests.
#[doc(hidden)]
#[macro_export]
macro_rules! store_contract_test {
    ($engine:ty, $($module:ident { $($case:ident)* })*) => {$(
        mod $module {
            use super::*;
            $(
                #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
                async fn $case() {
                    $crate::store_contract::$module::$case(<$engine as $crate::store_contract::Engine>::fresh().await).await;
                }
            )*
        }
    )*};
}

#[cfg(test)]
mod tests {
    macro_rules! names {
        ($engine:ty, $($module:ident { $($case:ident)* })*) => {
            &[$((concat!(stringify!($module), ".rs"), include_str!(concat!(stringify!($module), ".rs")), &[$(stringify!($case)),*])),*]
        };
    }

    #[test]
    fn every_case_is_listed() {
        let modules: &[(&str, &str, &[&str])] = crate::store_contract! { @list (names), () };
        for (file, source, listed) in modules {
            let written = source.matches("\npub async fn ").count();
            assert_eq!(written, listed.len(), "{file} has cases that the list does not name");
        }
    }
}
