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

int main(int argc, char **argv) {
    if (argc < 4) {
        fprintf(stderr, "usage: list HOST PORT USER [CA-FILE]\n");
        return 64;
    }
    imapkit_control *imap = imapkit_control_new();
    imapkit_control_set_auth_type(imap, IMAPKIT_AUTH_AUTO);
    if (argc > 4) imapkit_control_set_certificate_authorities(imap, argv[4]);
    if (imapkit_control_connect_ex(imap, argv[1], atoi(argv[2]), argv[3], getenv("IMAPKIT_PASSWORD"), 20,
                                   IMAPKIT_OPTION_SECURE_IMPLICIT | IMAPKIT_OPTION_IDENTIFY))
        return failed(imap, "no connection");

    uint32_t count = 0;
    if (imapkit_control_mailboxes(imap, &count)) return failed(imap, "listing");
    for (uint32_t i = 0; i < count; i++) {
        char *name = NULL;
        imapkit_mailbox_status status;
        if (imapkit_control_mailbox(imap, i, &name, NULL)) return failed(imap, "listing");
        if (imapkit_control_get_mailbox_status(imap, name, &status) == 0)
            printf("%-30s %6u messages, %u unread\n", name, status.messages, status.unseen);
        else
            printf("%-30s      no messages, only folders\n", name);
        imapkit_free(name);
    }

    uint32_t *numbers = NULL;
    size_t found = 0;
    if (imapkit_control_examine_mailbox(imap, "INBOX")) return failed(imap, "opening INBOX");
    if (imapkit_control_search_mailbox(imap, "UNSEEN", NULL, &numbers, &found)) return failed(imap, "searching");
    imapkit_control_set_header_field(imap, "Subject");
    for (size_t i = 0; i < found; i++) {
        char *subject = NULL;
        imapkit_control_set_message(imap, numbers[i]);
        if (imapkit_control_header_value(imap, &subject, NULL) == 0) printf("new: %s\n", subject);
        imapkit_free(subject);
    }
    imapkit_free(numbers);
    imapkit_control_disconnect(imap);
    imapkit_control_free(imap);
    return 0;
}
