/* Every form of a function means what its name says: a number, a set of numbers, a UID, a set of UIDs; a part by its number or its name.
 * Numbers and UIDs differ by one in the mailbox it makes, so that one taken for the other shows.
 *
 *   forms HOST PORT USER CA-FILE [clear]        the password is taken from IMAPKIT_PASSWORD
 */
#include <imapkit.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static imapkit_control *imap;
static int wrong;

static void check(int line, const char *what, int good) {
    if (good) return;
    char *text = NULL;
    imapkit_control_last_error_string(imap, &text, NULL);
    fprintf(stderr, "line %d: %s (%s)\n", line, what, text);
    imapkit_free(text);
    wrong = 1;
}

#define IS(condition) check(__LINE__, #condition, condition)
#define OK(call) check(__LINE__, #call, (call) == 0)

static const char letter[] = "From: ann@example.org\r\nSubject: %d\r\n"
                             "Content-Type: multipart/mixed; boundary=b\r\nMIME-Version: 1.0\r\n\r\n"
                             "--b\r\nContent-Type: text/plain\r\n\r\nletter %d\r\n"
                             "--b\r\nContent-Type: application/octet-stream; name=file%d\r\n"
                             "Content-Transfer-Encoding: base64\r\nContent-Disposition: attachment; filename=file%d\r\n\r\n"
                             "%s\r\n--b--\r\n";
/* "file 1" to "file 5" */
static const char *const encoded[] = {"ZmlsZSAx", "ZmlsZSAy", "ZmlsZSAz", "ZmlsZSA0", "ZmlsZSA1"};

/* The subjects in a mailbox, `2345`. */
static int holds(const char *mailbox, const char *subjects) {
    uint32_t count = 0, at = 1;
    OK(imapkit_control_select_mailbox(imap, mailbox));
    OK(imapkit_control_message_count(imap, &count));
    OK(imapkit_control_set_header_field(imap, "Subject"));
    int good = count == strlen(subjects);
    for (; good && at <= count; at++) {
        char *subject = NULL;
        OK(imapkit_control_set_message(imap, at));
        OK(imapkit_control_header_value(imap, &subject, NULL));
        good = subject && subject[0] == subjects[at - 1] && subject[1] == 0;
        imapkit_free(subject);
    }
    return good;
}

/* Whether of the messages 2 to 5, by UID, exactly these have a flag. */
static int flagged(uint32_t flag, const char *uids) {
    for (uint32_t uid = 2; uid <= 5; uid++) {
        uint32_t flags = 0, same = 0;
        OK(imapkit_control_get_flags_uid(imap, uid, &flags));
        OK(imapkit_control_get_flags(imap, uid - 1, &same));
        if (flags != same || ((flags & flag) != 0) != (strchr(uids, '0' + (int)uid) != NULL)) return 0;
    }
    return 1;
}

static int is(const uint8_t *data, size_t length, const char *wanted) {
    return data && length >= strlen(wanted) && memcmp(data, wanted, strlen(wanted)) == 0;
}

static int file_is(const char *path, const char *wanted) {
    uint8_t text[1024];
    FILE *file = path ? fopen(path, "rb") : NULL;
    size_t length = file ? fread(text, 1, sizeof text, file) : 0;
    if (file) fclose(file);
    return length > 0 && is(text, length, wanted) && remove(path) == 0;
}

static void flags(void) {
    OK(imapkit_control_set_flags(imap, 1, IMAPKIT_FLAG_SEEN));
    IS(flagged(IMAPKIT_FLAG_SEEN, "2"));
    OK(imapkit_control_set_flags_uid(imap, 3, IMAPKIT_FLAG_URGENT));
    IS(flagged(IMAPKIT_FLAG_URGENT, "3"));
    OK(imapkit_control_set_flags_set(imap, "3:4", IMAPKIT_FLAG_ANSWERED));
    IS(flagged(IMAPKIT_FLAG_ANSWERED, "45"));
    OK(imapkit_control_set_flags_set_uid(imap, "2,4", IMAPKIT_FLAG_DRAFT));
    IS(flagged(IMAPKIT_FLAG_DRAFT, "24"));
    OK(imapkit_control_delete_message(imap, 1));
    OK(imapkit_control_delete_message_uid(imap, 3));
    IS(flagged(IMAPKIT_FLAG_DELETED, "23"));
    OK(imapkit_control_undelete_message(imap, 2));
    OK(imapkit_control_undelete_message_uid(imap, 2));
    IS(flagged(IMAPKIT_FLAG_DELETED, ""));
    OK(imapkit_control_delete_message_set(imap, "2:3"));
    IS(flagged(IMAPKIT_FLAG_DELETED, "34"));
    OK(imapkit_control_undelete_message_set_uid(imap, "4,5"));
    IS(flagged(IMAPKIT_FLAG_DELETED, "3"));
    OK(imapkit_control_delete_message_set_uid(imap, "4:5"));
    IS(flagged(IMAPKIT_FLAG_DELETED, "345"));
    OK(imapkit_control_undelete_message_set(imap, "2:4"));
    IS(flagged(IMAPKIT_FLAG_DELETED, ""));
}

static void places(void) {
    OK(imapkit_control_copy_message(imap, 1, "Copies"));
    OK(imapkit_control_copy_message_uid(imap, 3, "Copies"));
    OK(imapkit_control_copy_message_set(imap, "3:4", "Copies"));
    OK(imapkit_control_copy_message_set_uid(imap, "2,5", "Copies"));
    IS(holds("Copies", "234525"));
    OK(imapkit_control_move_message(imap, 1, "Moved"));
    OK(imapkit_control_move_message_uid(imap, 2, "Moved"));
    OK(imapkit_control_move_message_set(imap, "1", "Moved"));
    OK(imapkit_control_move_message_set_uid(imap, "5:6", "Moved"));
    IS(holds("Copies", "5"));
    IS(holds("Moved", "23425"));
}

static void contents(const char *folder) {
    uint8_t *data = NULL;
    size_t length = 0, count = 0;
    uint64_t size = 0;
    uint32_t *list = NULL;
    imapkit_message_part *parts = NULL;
    char *path = NULL, buffer[16] = {0}, file[4096];
    snprintf(file, sizeof file, "%s/letter", folder);

    OK(imapkit_control_search_mailbox(imap, "DRAFT", NULL, &list, &count));
    IS(count == 2 && list[1] == 3), imapkit_free(list);
    OK(imapkit_control_search_mailbox_uid(imap, "DRAFT", NULL, &list, &count));
    IS(count == 2 && list[1] == 4), imapkit_free(list);

    OK(imapkit_control_get_message(imap, 2, 1, IMAPKIT_SECTION_DEFAULT, &data, &length));
    IS(is(data, length, "letter 3")), imapkit_free(data);
    OK(imapkit_control_get_message_uid(imap, 2, 1, IMAPKIT_SECTION_DEFAULT, &data, &length));
    IS(is(data, length, "letter 2")), imapkit_free(data);
    OK(imapkit_control_get_headers(imap, 2, &data, &length));
    IS(is(data, length, "From: ann@example.org\r\nSubject: 3\r\n")), imapkit_free(data);
    OK(imapkit_control_get_headers_uid(imap, 2, &data, &length));
    IS(is(data, length, "From: ann@example.org\r\nSubject: 2\r\n")), imapkit_free(data);
    OK(imapkit_control_store_message(imap, 2, file));
    IS(file_is(file, "From: ann@example.org\r\nSubject: 3\r\n"));
    OK(imapkit_control_store_message_uid(imap, 2, file));
    IS(file_is(file, "From: ann@example.org\r\nSubject: 2\r\n"));
    OK(imapkit_control_open_message_uid(imap, 5, 1, 0, 0, IMAPKIT_SECTION_DEFAULT, &size));
    OK(imapkit_control_read(imap, buffer, sizeof buffer, &length));
    IS(size >= 8 && is((uint8_t *)buffer, length, "letter 5"));
    OK(imapkit_control_close_message(imap));

    OK(imapkit_control_get_parts_uid(imap, 3, &parts, &count));
    IS(count == 2 && parts[1].is_attachment && strcmp(parts[1].file_name, "file3") == 0), imapkit_free(parts);
    OK(imapkit_control_get_parts(imap, 3, &parts, &count));
    IS(count == 2 && strcmp(parts[1].file_name, "file4") == 0), imapkit_free(parts);
    OK(imapkit_control_get_part(imap, 3, 2, &data, &length));
    IS(length == 6 && is(data, length, "file 4")), imapkit_free(data);
    OK(imapkit_control_get_part_uid(imap, 3, 2, &data, &length));
    IS(length == 6 && is(data, length, "file 3")), imapkit_free(data);
    OK(imapkit_control_get_attachment(imap, 3, 2, folder, &path));
    IS(file_is(path, "file 4")), imapkit_free(path);
    OK(imapkit_control_get_attachment_uid(imap, 3, 2, folder, &path));
    IS(file_is(path, "file 3")), imapkit_free(path);
    OK(imapkit_control_get_attachment_named(imap, 3, "file4", folder, &path));
    IS(file_is(path, "file 4")), imapkit_free(path);
    IS(imapkit_control_get_attachment_named(imap, 3, "file3", folder, &path) == IMAPKIT_E_PART_NOT_FOUND);
}

int main(int argc, char **argv) {
    static const char *const mailboxes[] = {"Forms", "Copies", "Moved"};
    if (argc < 6) return 64;
    imap = imapkit_control_new();
    OK(imapkit_control_set_auth_type(imap, IMAPKIT_AUTH_AUTO));
    OK(imapkit_control_set_certificate_authorities(imap, argv[4]));
    OK(imapkit_control_connect_ex(imap, argv[1], atoi(argv[2]), argv[3], getenv("IMAPKIT_PASSWORD"), 20,
                                  argc > 6 ? IMAPKIT_OPTION_NONE : IMAPKIT_OPTION_SECURE_IMPLICIT));
    for (int i = 0; i < 3; i++) {
        /* A run that was broken off may have left it. */
        imapkit_control_delete_mailbox(imap, mailboxes[i]);
        OK(imapkit_control_create_mailbox(imap, mailboxes[i]));
    }
    for (int i = 1; i <= 5; i++) {
        char text[1024];
        int length = snprintf(text, sizeof text, letter, i, i, i, i, encoded[i - 1]);
        OK(imapkit_control_create_message(imap, (uint8_t *)text, (size_t)length, 0, "Forms", NULL));
    }
    OK(imapkit_control_select_mailbox(imap, "Forms"));
    OK(imapkit_control_delete_message(imap, 1));
    OK(imapkit_control_expunge_mailbox(imap));
    IS(holds("Forms", "2345"));
    flags();
    contents(argv[5]);
    places();
    OK(imapkit_control_select_mailbox(imap, "INBOX"));
    for (int i = 0; i < 3; i++) OK(imapkit_control_delete_mailbox(imap, mailboxes[i]));
    OK(imapkit_control_disconnect(imap));
    OK(imapkit_control_free(imap));
    return wrong;
}
