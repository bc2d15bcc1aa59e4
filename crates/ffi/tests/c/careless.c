/* What careless callers do, function by function: every mistake gets its code, nothing crashes, the control goes on.
 *
 *   careless HOST PORT USER CA-FILE [clear]        the password is taken from IMAPKIT_PASSWORD
 */
#include <imapkit.h>

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int wrong;

#define EXPECT(code, call)                                                                         \
    do {                                                                                           \
        int32_t got = (call);                                                                      \
        if (got != (code)) {                                                                       \
            fprintf(stderr, "line %d: %s gave 0x%08x\n", __LINE__, #call, (unsigned)got);          \
            wrong = 1;                                                                             \
        }                                                                                          \
    } while (0)

#define INVALID IMAPKIT_E_INVALID_ARGUMENT

static imapkit_control *imap;
static uint32_t number;
static int inside_calls;

/* Calls from inside a callback: only cancelling, properties and registering. */
static int32_t from_inside(imapkit_control *control, void *context, uint32_t message, uint64_t size, uint64_t copied,
                           uint32_t percent) {
    (void)message, (void)size, (void)copied, (void)percent;
    uint32_t seconds = 0;
    EXPECT(IMAPKIT_E_IN_PROGRESS, imapkit_control_select_mailbox(control, "Archive"));
    EXPECT(IMAPKIT_E_IN_PROGRESS, imapkit_control_disconnect(control));
    EXPECT(IMAPKIT_E_IN_PROGRESS, imapkit_control_free(control));
    EXPECT(IMAPKIT_OK, imapkit_control_timeout(control, &seconds));
    *(int *)context += 1;
    return 0;
}

static int32_t end_it(imapkit_control *control, void *context, uint32_t message, uint64_t size, uint64_t copied,
                      uint32_t percent) {
    (void)control, (void)context, (void)message, (void)size, (void)copied;
    return percent > 0 ? IMAPKIT_E_QUOTA_EXCEEDED : 0;
}

static int32_t cancel_it(imapkit_control *control, void *context, uint32_t message, uint64_t size, uint64_t copied,
                         uint32_t percent) {
    (void)context, (void)message, (void)size, (void)copied, (void)percent;
    EXPECT(IMAPKIT_OK, imapkit_control_cancel(control));
    return 0;
}

static void *idle_for_ever(void *result) {
    *(int32_t *)result = imapkit_control_idle(imap, IMAPKIT_IDLE_WAIT, -1, NULL, NULL);
    return NULL;
}

static int64_t too_much(void *context, uint8_t *buffer, size_t size) {
    (void)context;
    memset(buffer, 'x', size);
    return (int64_t)size + 1;
}

static int64_t broken(void *context, uint8_t *buffer, size_t size) {
    (void)context, (void)buffer, (void)size;
    return -1;
}

static void handles(void) {
    imapkit_control *never = (imapkit_control *)(uintptr_t)0x1234560;
    imapkit_control *freed = imapkit_control_new();
    EXPECT(IMAPKIT_OK, imapkit_control_free(freed));
    imapkit_control *bad[] = {NULL, never, freed};
    for (size_t i = 0; i < 3; i++) {
        EXPECT(INVALID, imapkit_control_free(bad[i]));
        EXPECT(INVALID, imapkit_control_connect_ex(bad[i], "localhost", -1, NULL, NULL, -1, 0));
        EXPECT(INVALID, imapkit_control_timeout(bad[i], &number));
        EXPECT(INVALID, imapkit_control_cancel(bad[i]));
        EXPECT(INVALID, imapkit_control_on_read(bad[i], NULL, NULL));
    }
    imapkit_free(NULL);
}

static void before_connecting(void) {
    char *text = NULL;
    size_t count = 0;
    EXPECT(INVALID, imapkit_control_connect(imap, NULL, -1, NULL, NULL, -1, NULL)); /* no host anywhere */
    EXPECT(INVALID, imapkit_control_connect_ex(imap, "localhost", 70000, NULL, NULL, -1, 0));
    EXPECT(INVALID, imapkit_control_connect_ex(imap, "localhost", -2, NULL, NULL, -1, 0));
    EXPECT(INVALID, imapkit_control_connect_ex(imap, "localhost", -1, NULL, NULL, -3, 0));
    EXPECT(INVALID, imapkit_control_connect_ex(imap, "localhost", -1, NULL, NULL, -1, 0x3000)); /* both kinds of TLS */
    EXPECT(INVALID, imapkit_control_connect_ex(imap, "localhost", -1, NULL, NULL, -1, 0x2));    /* unknown bit */
    EXPECT(INVALID, imapkit_control_connect_ex(imap, "l\xf6" "calhost", -1, NULL, NULL, -1, 0));   /* no UTF-8 */
    EXPECT(INVALID, imapkit_control_set_options(imap, 0x2));
    EXPECT(INVALID, imapkit_control_set_auth_type(imap, 77));
    EXPECT(INVALID, imapkit_control_set_proxy(imap, "gopher://x"));
    EXPECT(INVALID, imapkit_control_set_user_name(imap, NULL));
    EXPECT(INVALID, imapkit_control_user_name(imap, NULL, NULL));
    EXPECT(INVALID, imapkit_control_timeout(imap, NULL));
    EXPECT(INVALID, imapkit_control_set_last_error(imap, 12345));
    EXPECT(IMAPKIT_OK, imapkit_control_last_error_string(imap, &text, &count));
    if (count == 0 || strlen(text) != count) wrong = 1;
    imapkit_free(text);
    EXPECT(IMAPKIT_OK, imapkit_control_set_last_error(imap, 0));
    EXPECT(IMAPKIT_E_NOT_CONNECTED, imapkit_control_select_mailbox(imap, "INBOX"));
    EXPECT(IMAPKIT_E_NOT_CONNECTED, imapkit_control_disconnect(imap));
    EXPECT(IMAPKIT_OK, imapkit_control_cancel(imap)); /* nothing to cancel */
    if (imapkit_error_meaning(1) || !imapkit_error_meaning(INVALID) || !imapkit_version()) wrong = 1;
}

static void connected(void) {
    uint8_t *data = NULL;
    uint32_t *numbers = NULL;
    size_t length = 0;
    char buffer[16];
    EXPECT(IMAPKIT_E_ALREADY_CONNECTED, imapkit_control_connect_ex(imap, "localhost", -1, NULL, NULL, -1, 0));
    EXPECT(IMAPKIT_E_NO_MAILBOX_SELECTED, imapkit_control_get_message(imap, 1, 0, 0, &data, &length));
    EXPECT(IMAPKIT_E_MAILBOX_NOT_FOUND, imapkit_control_select_mailbox(imap, "Nowhere"));
    EXPECT(INVALID, imapkit_control_select_mailbox(imap, NULL));
    EXPECT(IMAPKIT_OK, imapkit_control_select_mailbox(imap, "INBOX"));
    EXPECT(IMAPKIT_E_MESSAGE_NOT_FOUND, imapkit_control_get_message(imap, 0, 0, 0, &data, &length));
    EXPECT(IMAPKIT_E_MESSAGE_NOT_FOUND, imapkit_control_get_message(imap, 99, 0, 0, &data, &length));
    EXPECT(IMAPKIT_E_PART_NOT_FOUND, imapkit_control_get_message(imap, 1, 9, 0, &data, &length));
    EXPECT(INVALID, imapkit_control_get_message(imap, 1, 0, 0x8000, &data, &length));
    EXPECT(INVALID, imapkit_control_get_message(imap, 1, 0, 0, NULL, &length));
    EXPECT(INVALID, imapkit_control_copy_message_set(imap, "1,x", "Archive"));
    EXPECT(IMAPKIT_E_MAILBOX_NOT_FOUND, imapkit_control_copy_message(imap, 1, "Nowhere"));
    EXPECT(INVALID, imapkit_control_set_flags(imap, 1, 0x40000000));
    EXPECT(INVALID, imapkit_control_idle(imap, 9, -1, NULL, NULL));
    EXPECT(IMAPKIT_E_SEARCH_REJECTED, imapkit_control_search_mailbox(imap, "NO SUCH KEY", NULL, &numbers, &length));
    EXPECT(IMAPKIT_E_MESSAGE_NOT_OPEN, imapkit_control_read(imap, buffer, sizeof buffer, &length));
    EXPECT(IMAPKIT_E_MESSAGE_NOT_OPEN, imapkit_control_close_message(imap));
    EXPECT(INVALID, imapkit_control_command(imap, "NOOP\r\nA9 LOGOUT", NULL));
    EXPECT(INVALID, imapkit_control_create_message(imap, NULL, 5, 0, "Archive", NULL));
    EXPECT(INVALID, imapkit_control_create_message_from(imap, NULL, NULL, 5, 0, "Archive", NULL));

    /* Still as good as new. */
    EXPECT(IMAPKIT_OK, imapkit_control_open_message(imap, 1, 0, 0, 0, IMAPKIT_SECTION_PREVIEW, NULL));
    EXPECT(IMAPKIT_OK, imapkit_control_read(imap, buffer, sizeof buffer, &length));
    EXPECT(INVALID, imapkit_control_read(imap, NULL, 5, &length));
    EXPECT(IMAPKIT_OK, imapkit_control_close_message(imap));
    EXPECT(IMAPKIT_OK, imapkit_control_search_mailbox(imap, "SUBJECT \"first\"", NULL, &numbers, &length));
    if (length != 1 || numbers[0] != 1) wrong = 1;
    imapkit_free(numbers);
}

static void callbacks(void) {
    uint8_t *data = NULL;
    size_t length = 0;
    EXPECT(IMAPKIT_OK, imapkit_control_on_progress(imap, from_inside, &inside_calls));
    EXPECT(IMAPKIT_OK, imapkit_control_get_message(imap, 2, 0, IMAPKIT_SECTION_PREVIEW, &data, &length));
    imapkit_free(data);
    if (inside_calls < 2 || length < 200000) wrong = 1;
    EXPECT(IMAPKIT_OK, imapkit_control_on_progress(imap, end_it, NULL));
    EXPECT(IMAPKIT_E_QUOTA_EXCEEDED,
           imapkit_control_get_message(imap, 2, 0, IMAPKIT_SECTION_PREVIEW, &data, &length));
    EXPECT(IMAPKIT_OK, imapkit_control_on_progress(imap, cancel_it, NULL));
    EXPECT(IMAPKIT_E_CANCELLED, imapkit_control_get_message(imap, 2, 0, IMAPKIT_SECTION_PREVIEW, &data, &length));
    EXPECT(IMAPKIT_OK, imapkit_control_on_progress(imap, NULL, NULL));
    EXPECT(IMAPKIT_OK, imapkit_control_check_mailbox(imap));
}

static void two_threads(void) {
    pthread_t thread;
    int32_t ended = 0;
    uint32_t state = 0;
    if (pthread_create(&thread, NULL, idle_for_ever, &ended)) wrong = 1;
    while (state != IMAPKIT_STATE_MONITORING) EXPECT(IMAPKIT_OK, imapkit_control_state(imap, &state));
    EXPECT(IMAPKIT_E_IN_PROGRESS, imapkit_control_check_mailbox(imap));
    EXPECT(IMAPKIT_OK, imapkit_control_timeout(imap, &number)); /* properties are for everybody */
    EXPECT(IMAPKIT_OK, imapkit_control_cancel(imap));
    pthread_join(thread, NULL);
    if (ended != IMAPKIT_E_CANCELLED) {
        fprintf(stderr, "idle gave 0x%08x\n", (unsigned)ended);
        wrong = 1;
    }
    EXPECT(IMAPKIT_OK, imapkit_control_check_mailbox(imap));
}

static void readers(void) {
    if (imapkit_control_create_message_from(imap, too_much, NULL, 100, 0, "Archive", NULL) == 0) wrong = 1;
    bool there = true;
    EXPECT(IMAPKIT_OK, imapkit_control_is_connected(imap, &there));
    if (there) return; /* it was found out before a byte was sent */
    if (imapkit_control_create_message_from(imap, broken, NULL, 100, 0, "Archive", NULL) != IMAPKIT_E_NOT_CONNECTED)
        wrong = 1;
}

int main(int argc, char **argv) {
    if (argc < 5) return 64;
    handles();
    imap = imapkit_control_new();
    before_connecting();
    EXPECT(IMAPKIT_OK, imapkit_control_set_auth_type(imap, IMAPKIT_AUTH_AUTO));
    EXPECT(IMAPKIT_OK, imapkit_control_set_certificate_authorities(imap, argv[4]));
    EXPECT(IMAPKIT_OK, imapkit_control_connect_ex(imap, argv[1], atoi(argv[2]), argv[3], getenv("IMAPKIT_PASSWORD"), 60,
                                                  argc > 5 ? IMAPKIT_OPTION_NONE : IMAPKIT_OPTION_SECURE_IMPLICIT));
    connected();
    callbacks();
    two_threads();
    readers();
    EXPECT(IMAPKIT_OK, imapkit_control_free(imap)); /* while connected, or not any more */
    return wrong;
}
