/* Connects and disconnects so often. What is allocated has to be flat over the second half; resident memory follows more slowly, as
 * an allocator with an arena for each thread first has to settle, and has to be flat over the last quarter.
 *
 *   leak HOST PORT USER TIMES CA-FILE        the password is taken from IMAPKIT_PASSWORD
 */
#include <imapkit.h>

#include <malloc.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

static long resident_kib(void) {
    long pages = 0, resident = 0;
    FILE *file = fopen("/proc/self/statm", "r");
    if (!file) return 0;
    if (fscanf(file, "%ld %ld", &pages, &resident) != 2) resident = 0;
    fclose(file);
    return resident * (sysconf(_SC_PAGESIZE) / 1024);
}

static long allocated_kib(void) {
    return (long)(mallinfo2().uordblks / 1024); /* of all arenas */
}

int main(int argc, char **argv) {
    if (argc < 6) return 64;
    long half_way = 0, settled = 0;
    int times = atoi(argv[4]);
    for (int i = 0; i < times; i++) {
        imapkit_control *imap = imapkit_control_new();
        imapkit_control_set_auth_type(imap, IMAPKIT_AUTH_AUTO);
        imapkit_control_set_certificate_authorities(imap, argv[5]);
        int32_t code = imapkit_control_connect_ex(imap, argv[1], atoi(argv[2]), argv[3], getenv("IMAPKIT_PASSWORD"), 60,
                                                  IMAPKIT_OPTION_SECURE_IMPLICIT);
        if (code == 0) code = imapkit_control_select_mailbox(imap, "INBOX");
        if (code == 0) code = imapkit_control_disconnect(imap);
        imapkit_control_free(imap);
        if (code != 0) {
            fprintf(stderr, "connection %d: 0x%08x\n", i, (unsigned)code);
            return 1;
        }
        if (i + 1 == times / 2) half_way = allocated_kib();
        if (i + 1 == times - times / 4) settled = resident_kib();
    }
    long allocated = allocated_kib() - half_way, resident = resident_kib() - settled;
    printf("%d connections: allocated %+ld KiB over the second half, resident %+ld KiB over the last quarter\n", times,
           allocated, resident);
    return times >= 1000 && (allocated > 192 || resident > 512);
}
