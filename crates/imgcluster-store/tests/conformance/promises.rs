//! What every store promises, by subject; each is a function of the module of that name.

/// Gives the list of all promises to a macro.
macro_rules! all_promises {
    ($take:ident) => {
        $take! {
            files {
                an_empty_store_knows_nothing,
                nothing_asked_gives_nothing,
                an_empty_batch_changes_nothing,
                files_are_answered_in_the_order_asked,
                a_changed_file_is_known_as_it_was_last_seen,
                extreme_stamps_are_kept,
                paths_that_are_not_utf8_are_kept_apart,
                known_files_below_a_folder_leave_its_siblings_out,
                a_relative_path_is_refused,
            }

            features {
                features_load_in_the_order_asked_and_as_often,
                putting_twice_changes_nothing,
                the_first_feature_of_a_content_stays,
                a_content_twice_in_a_batch_is_stored_once,
                a_content_that_is_not_stored_is_an_error_that_names_it,
                spaces_that_differ_in_anything_live_side_by_side,
                signatures_of_any_length_come_back,
                a_batch_in_which_everything_is_empty_comes_back,
                every_finite_value_comes_back_bit_for_bit,
                features_that_do_not_fit_are_refused_with_the_whole_batch,
                forty_thousand_contents_fit_in_one_call,
            }

            contents {
                sizes_are_answered_in_the_order_asked,
                thumbnails_come_only_where_asked_for,
                a_thumbnail_made_later_fills_the_gap_and_replaces_nothing,
            }

            failures {
                a_failure_counts_only_for_the_decoder_it_happened_in,
                a_failure_counts_in_every_space,
                the_first_reason_stays,
                a_failure_is_over_once_its_decoder_reads_the_content,
                a_stored_feature_counts_more_than_a_failure,
            }

            listing {
                an_empty_store_lists_nothing,
                contents_come_in_bytewise_order_and_page_by_page,
                a_content_is_listed_in_the_spaces_it_has_a_feature_in,
                failures_come_by_content_and_decoder_and_page_by_page,
                a_failure_is_listed_though_another_decoder_reads_the_content,
                what_is_over_or_forgotten_is_not_listed,
                twenty_thousand_contents_and_failures_are_each_listed_once,
            }

            runs {
                runs_are_listed_newest_first,
                members_come_in_the_bytewise_order_of_their_paths,
                a_run_of_nothing_is_remembered,
                a_run_of_ten_thousand_files_is_remembered,
                a_run_that_is_not_remembered_is_none,
            }

            decisions {
                an_empty_store_holds_no_decisions,
                a_decision_comes_back_as_it_was_put,
                a_set_that_is_decided_again_keeps_its_number_time_and_paths,
                sets_that_differ_in_a_member_or_a_copy_are_decisions_of_their_own,
                decisions_are_listed_in_the_order_they_were_put,
                a_decision_that_is_forgotten_is_gone_and_its_number_with_it,
                decisions_outlive_the_pictures_they_are_about,
                forgetting_a_decision_harms_no_picture_and_no_run,
                decisions_about_ten_thousand_files_come_back,
                ten_thousand_decisions_in_one_call_come_back,
                many_who_decide_the_same_at_once_get_one_number,
            }

            prune {
                pruning_an_empty_store_removes_nothing,
                pruning_forgets_only_what_no_file_has,
                a_content_stays_as_long_as_one_file_has_it,
                pruning_no_files_still_removes_orphans,
                runs_outlive_what_they_were_about,
                what_was_forgotten_can_be_put_again,
                the_status_counts_everything,
            }

            transfer {
                an_empty_store_is_copied_as_nothing,
                everything_comes_through_bit_for_bit_at_any_page,
                copying_again_changes_nothing,
                what_the_other_store_holds_beyond_stays,
                a_copy_that_was_stopped_anywhere_is_completed_by_the_next,
                a_target_that_fails_in_the_middle_is_completed_by_the_next,
                a_feature_of_its_own_stays_and_is_told_after_the_rest_is_copied,
                a_decision_that_both_hold_is_not_doubled_and_keeps_its_time,
                a_newer_stamp_of_a_file_replaces_the_one_that_was_known,
                whatever_is_lost_or_garbled_on_the_way_is_told,
                equal_runs_of_one_store_are_as_many_in_the_other,
                twenty_thousand_contents_are_copied_page_by_page,
            }
        }
    };
}
