/* Downloads a message to a file, with a progress bar. Large messages never stand in memory.
 *
 *   download HOST PORT USER MAILBOX NUMBER FILE [CA-FILE]        the password is taken from IMAPKIT_PASSWORD
 */
#include <imapkit.h>

#include <stdio.h>
#include <stdlib.h>

static int32_t progress(imapkit_control *imap, void *context, uint32_t number, uint64_t size, uint64_t copied,
                        uint32_t percent) {
    static const char bar[] = "########################################";
    (void)imap;
    (void)context;
    fprintf(stderr, "\rmessage %u [%-40.*s] %3u %% of %llu bytes", number, (int)(percent * 40 / 100), bar, percent,
            (unsigned long long)size);
    if (copied == size) fputc('\n', stderr);
    return 0; /* another number would end the download */
}

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
    int32_t message = argc > 5 ? number(argv[5]) : -1;
    if (argc < 7 || port < 0 || message < 0) {
        fprintf(stderr, "usage: download HOST PORT USER MAILBOX NUMBER FILE [CA-FILE]\n");
        return 64;
    }
    imapkit_control *imap = imapkit_control_new();
    imapkit_control_set_auth_type(imap, IMAPKIT_AUTH_AUTO);
    if (argc > 7) imapkit_control_set_certificate_authorities(imap, argv[7]);
    if (imapkit_control_connect_ex(imap, argv[1], port, argv[3], getenv("IMAPKIT_PASSWORD"), 20,
                                   IMAPKIT_OPTION_SECURE_IMPLICIT))
        return failed(imap, "no connection");
    if (imapkit_control_examine_mailbox(imap, argv[4])) return failed(imap, argv[4]);
    imapkit_control_on_progress(imap, progress, NULL);
    if (imapkit_control_store_message(imap, (uint32_t)message, argv[6])) return failed(imap, "downloading");

    uint64_t bytes = 0, rate = 0;
    imapkit_control_transfer_bytes(imap, &bytes);
    imapkit_control_transfer_rate(imap, &rate);
    printf("%llu bytes in %s, %llu bytes a second\n", (unsigned long long)bytes, argv[6], (unsigned long long)rate);
    imapkit_control_disconnect(imap);
    imapkit_control_free(imap);
    return 0;
}
