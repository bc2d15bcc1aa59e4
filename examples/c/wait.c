/* Waits for new mail and tells of it, until so many messages have come.
 *
 *   wait HOST PORT USER COUNT [CA-FILE]        the password is taken from IMAPKIT_PASSWORD
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
    int32_t left = argc > 4 ? number(argv[4]) : -1;
    if (argc < 5 || port < 0 || left < 0) {
        fprintf(stderr, "usage: wait HOST PORT USER COUNT [CA-FILE]\n");
        return 64;
    }
    imapkit_control *imap = imapkit_control_new();
    imapkit_control_set_auth_type(imap, IMAPKIT_AUTH_AUTO);
    if (argc > 5) imapkit_control_set_certificate_authorities(imap, argv[5]);
    if (imapkit_control_connect_ex(imap, argv[1], port, argv[3], getenv("IMAPKIT_PASSWORD"), 20,
                                   IMAPKIT_OPTION_SECURE_IMPLICIT))
        return failed(imap, "no connection");
    if (imapkit_control_examine_mailbox(imap, "INBOX")) return failed(imap, "opening INBOX");
    imapkit_control_set_header_field(imap, "Subject");
    puts("waiting");
    fflush(stdout);
    while (left > 0) {
        uint32_t update = IMAPKIT_UPDATE_UNKNOWN, number = 0;
        /* Comes back when something has changed, or after ten minutes. */
        if (imapkit_control_idle(imap, IMAPKIT_IDLE_WAIT, 600, &update, &number)) return failed(imap, "waiting");
        if (update != IMAPKIT_UPDATE_MESSAGE) continue;
        char *subject = NULL;
        if (imapkit_control_set_message(imap, number) || imapkit_control_header_value(imap, &subject, NULL))
            return failed(imap, "reading");
        printf("new message %u: %s\n", number, subject);
        imapkit_free(subject);
        left--;
    }
    imapkit_control_disconnect(imap);
    imapkit_control_free(imap);
    return 0;
}
