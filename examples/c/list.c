/* Connects, lists the mailboxes, and shows what is new in INBOX.
 *
 *   list HOST PORT USER [CA-FILE]        the password is taken from IMAPKIT_PASSWORD
 */
#include <imapkit.h>

#include <stdio.h>
#include <stdlib.h>

static int failed(imapkit_control *imap, const char *doing) {
    char *text = NULL;
    imapkit_control_last_error_string(imap, &text, NULL);
    fprintf(stderr, "%s: %s\n", doing, text);
    imapkit_free(text);
    imapkit_control_free(imap);
    return 1;
}

/* A number of the command line; -1 if it is none. */
static int32_t number(const char *text) {
    char *end = NULL;
    long value = strtol(text, &end, 10);
    return end == text || *end != 0 || value < 0 || value > INT32_MAX ? -1 : (int32_t)value;
}

int main(int argc, char **argv) {
    int32_t port = argc > 2 ? number(argv[2]) : -1;
    if (argc < 4 || port < 0) {
        fprintf(stderr, "usage: list HOST PORT USER [CA-FILE]\n");
        return 64;
    }
    imapkit_control *imap = imapkit_control_new();
    imapkit_control_set_auth_type(imap, IMAPKIT_AUTH_AUTO);
    if (argc > 4) imapkit_control_set_certificate_authorities(imap, argv[4]);
    if (imapkit_control_connect_ex(imap, argv[1], port, argv[3], getenv("IMAPKIT_PASSWORD"), 20,
                                   IMAPKIT_OPTION_SECURE_IMPLICIT | IMAPKIT_OPTION_IDENTIFY))
        return failed(imap, "no connection");

    uint32_t count = 0;
    if (imapkit_control_mailboxes(imap, &count)) return failed(imap, "listing");
    for (uint32_t i = 0; i < count; i++) {
        char *name = NULL;
        imapkit_mailbox_status status;
        bool there = true;
        if (imapkit_control_mailbox(imap, i, &name, NULL)) return failed(imap, "listing");
        /* Some hold other mailboxes and no messages: they have no status. */
        if (imapkit_control_get_mailbox_status(imap, name, &status) == 0)
            printf("%6u messages, %u unread\t%s\n", status.messages, status.unseen, name);
        else if (imapkit_control_is_connected(imap, &there) == 0 && there)
            printf("    no messages, only folders\t%s\n", name);
        imapkit_free(name);
        if (!there) return failed(imap, "listing");
    }

    uint32_t *numbers = NULL;
    size_t found = 0;
    if (imapkit_control_examine_mailbox(imap, "INBOX")) return failed(imap, "opening INBOX");
    if (imapkit_control_search_mailbox(imap, "UNSEEN", NULL, &numbers, &found)) return failed(imap, "searching");
    imapkit_control_set_header_field(imap, "Subject");
    for (size_t i = 0; i < found; i++) {
        char *subject = NULL;
        if (imapkit_control_set_message(imap, numbers[i]) || imapkit_control_header_value(imap, &subject, NULL))
            return failed(imap, "reading");
        printf("new: %s\n", subject);
        imapkit_free(subject);
    }
    imapkit_free(numbers);
    imapkit_control_disconnect(imap);
    imapkit_control_free(imap);
    return 0;
}
