//! Both clients against real servers: Dovecot and Cyrus in the versions that `tests/servers` raises, over plain, STARTTLS and TLS.
//!
//! A suite of its own because only real servers show what scripted ones were not told. Each scenario is a function over [`Connection`] in the
//! module of its theme; the table below names it, the features it needs and makes two tests of it, one per client. A test runs its scenario
//! on every live server that has the features, and reports every failure with the conversation.
//!
//! Without `IMAPKIT_LIVE` the tests say aloud that they skip; in CI they fail instead.

mod another_age;
mod append;
mod clients;
mod copy_move;
mod expunge;
mod fetch;
mod idle;
mod list;
mod login;
mod mails;
mod quirks;
mod search;
mod select;
mod site;
mod store;

macro_rules! scenarios {
    ($($module:ident { $($name:ident $([$($feature:literal)+])?)+ })+) => {
        scenarios! { @client tokio Tokio $($module { $($name $([$($feature)+])?)+ })+ }
        scenarios! { @client blocking Blocking $($module { $($name $([$($feature)+])?)+ })+ }
    };
    (@client $client:ident $Client:ident $($module:ident { $($name:ident $([$($feature:literal)+])?)+ })+) => {
        mod $client {
            $(mod $module {
                use crate::clients::{$Client as Client, Connection};
                use crate::{$module as scenarios, site};
                $(#[test]
                fn $name() {
                    let features: &[&str] = &[$($($feature),+)?];
                    site::on_each_server::<Client>(stringify!($name), features, |site| Client::block_on(scenarios::$name::<Client>(site)));
                })+
            })+
        }
    };
}

scenarios! {
    login {
        best_way_over_every_link
        every_way_with_a_password
        tokens["auth=oauthbearer"]
        tokens_are_refreshed_once["auth=oauthbearer"]
        wrong_password_is_called_that
        wrong_authority_is_refused
        bound_to_the_connection
        anonymous["auth=anonymous"]
        compressed["compress=deflate"]
    }
    another_age {
        by_client_certificate["auth=external"]
        nobody_without_the_certificate["auth=external"]
        over_old_tls["auth=external"]
    }
    list {
        names_of_every_kind
        renamed_subscribed_removed
        refusals_have_reasons
        special_uses["special-use"]
        extended_lists["list-extended" "list-status"]
        counts
        made_for_a_purpose["create-special-use"]
    }
    select {
        facts
        close_expunges_and_unselect_does_not
        handles_of_another_mailbox_are_stale
        side_by_side
        many_at_once
        long_sets
        vanished["qresync"]
    }
    append {
        small_with_flags_and_date
        five_megabytes_from_a_reader
        several_at_once["multiappend"]
        sizes_around_the_literal_limit
        to_where_there_is_no_mailbox
        beyond_ascii
        larger_than_the_server_takes["appendlimit=1073741824"]
        shorter_than_announced
    }
    fetch {
        envelope_and_structure
        sections
        partial
        a_stream_of_many
        by_sequence_number
        decoded_by_the_server["binary"]
        items_of_extensions
        changed_since["condstore"]
        beside_other_commands
    }
    store {
        add_remove_replace
        only_if_unchanged["condstore"]
    }
    search {
        keys
        text
        extended["esearch"]
        without_esearch
        by_mod_seq["condstore"]
    }
    idle {
        by_idle["idle"]
        by_asking_where_there_is_no_idle
        of_a_mailbox_that_is_left["idle"]
        beside_many_commands["idle"]
    }
    copy_move {
        copied
        moved["move"]
        moved_without_move
        moved_with_nothing_to_move_by
        by_sequence_number["move"]
        to_where_there_is_no_mailbox["move"]
    }
    expunge {
        all_that_are_marked
        only_those_named["uidplus"]
        by_somebody_else
    }
    quirks {
        rev2["imap4rev2"]
        utf8_accept["utf8=accept"]
        uid_only["uidonly"]
        windows_of_a_search["partial"]
        replaced["replace"]
        raw_commands
        capabilities
    }
}
