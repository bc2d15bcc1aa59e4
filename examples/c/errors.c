/* Tells failures apart by their codes, and decides what to do about each.
 *
 *   errors HOST PORT USER MAILBOX [CA-FILE]        the password is taken from IMAPKIT_PASSWORD
 */
#include <imapkit.h>

#include <stdio.h>
#include <stdlib.h>

/* What a program would do; a person is told the text as well. */
static const char *advice(int32_t code) {
    switch (code) {
    case IMAPKIT_E_HOST_UNKNOWN: return "check the name of the server";
    case IMAPKIT_E_CONNECTION_REFUSED:
    case IMAPKIT_E_TIMED_OUT: return "try again later";
    case IMAPKIT_E_CERTIFICATE_REJECTED:
    case IMAPKIT_E_UNSAFE_SERVER: return "do not send the password";
    case IMAPKIT_E_LOGIN_REJECTED:
    case IMAPKIT_E_TOKEN_REJECTED: return "ask for the password again";
    case IMAPKIT_E_MAILBOX_NOT_FOUND: return "make the mailbox";
    default: return "give up";
    }
}

/* Called for every error, before the function that failed returns. */
static int32_t on_error(imapkit_control *imap, void *context, int32_t code, const char *description) {
    (void)imap;
    fprintf(context, "0x%08x: %s\n  meaning: %s\n  advice: %s\n", (unsigned)code, description,
            imapkit_error_meaning(code), advice(code));
    return 0;
}

/* A number of the command line; -1 if it is none. */
static int32_t number(const char *text) {
    char *end = NULL;
    long value = strtol(text, &end, 10);
    return end == text || *end != 0 || value < 0 || value > INT32_MAX ? -1 : (int32_t)value;
}

int main(int argc, char **argv) {
    int32_t port = argc > 2 ? number(argv[2]) : -1;
    if (argc < 5 || port < 0) {
        fprintf(stderr, "usage: errors HOST PORT USER MAILBOX [CA-FILE]\n");
        return 64;
    }
    imapkit_control *imap = imapkit_control_new();
    imapkit_control_on_error(imap, on_error, stdout);
    imapkit_control_set_auth_type(imap, IMAPKIT_AUTH_AUTO);
    if (argc > 5) imapkit_control_set_certificate_authorities(imap, argv[5]);

    int32_t code = imapkit_control_connect_ex(imap, argv[1], port, argv[3], getenv("IMAPKIT_PASSWORD"), 20,
                                              IMAPKIT_OPTION_SECURE_IMPLICIT);
    if (code == IMAPKIT_E_CERTIFICATE_REJECTED) {
        uint32_t status = 0;
        imapkit_control_certificate_status(imap, &status);
        printf("certificate status %u\n", status);
    }
    if (code == 0) code = imapkit_control_select_mailbox(imap, argv[4]);
    if (code == IMAPKIT_E_MAILBOX_NOT_FOUND && imapkit_control_create_mailbox(imap, argv[4]) == 0)
        code = imapkit_control_select_mailbox(imap, argv[4]);
    if (code == 0) puts("selected");

    bool connected = false;
    imapkit_control_is_connected(imap, &connected);
    if (connected) imapkit_control_disconnect(imap);
    imapkit_control_free(imap);
    return code == 0 ? 0 : 1;
}
