/* imapkit.h: IMAP as an object with properties, methods and events. MIT or Apache-2.0.

   Made by `cargo xtask header` from the source of imapkit-ffi; not to be edited.

   HOW IT IS USED

     imapkit_control *imap = imapkit_control_new();
     imapkit_control_set_auth_type(imap, IMAPKIT_AUTH_AUTO);
     int32_t code = imapkit_control_connect_ex(imap, "imap.example.org", -1, "me", "secret", 20,
                                               IMAPKIT_OPTION_SECURE_IMPLICIT);
     if (code == 0) code = imapkit_control_select_mailbox(imap, "INBOX");
     ...
     imapkit_control_free(imap);

   RESULTS. A function returns 0, or a code: IMAPKIT_E_... What happened, in words, is
   imapkit_control_last_error_string; what a code means, imapkit_error_meaning. Results other than the code go
   to the pointers given last; nothing is written to them when the code is not 0. The connection is lost when
   imapkit_control_is_connected says so.

   TEXTS are UTF-8. Those that go in end in a zero byte; NULL for one that may be left out means "not given".
   Those that come out end in a zero byte too, and tell their length without it where that is asked for.

   MEMORY. Texts, bytes and lists that come out are freed by imapkit_free, each once. What goes in is copied.

   THREADS. A control may be used from any thread. One call runs at a time: a second one gets
   IMAPKIT_E_IN_PROGRESS. imapkit_control_cancel, and properties that do not ask the server, are for any thread
   at any time. Different controls do not disturb each other.

   CALLBACKS run on the thread that makes the call; on the control's own thread when `blocking` is false and
   while it monitors a mailbox. A callback may cancel, read properties and register callbacks; other calls get
   IMAPKIT_E_IN_PROGRESS. It has to return: an exception or longjmp out of it ends the program.

   HANDLES that are NULL, were freed, or never existed are answered with IMAPKIT_E_INVALID_ARGUMENT. What a
   function trusts is this: texts that go in end in a zero byte, and pointers that results go to are NULL or may
   be written to. */


#ifndef IMAPKIT_H
#define IMAPKIT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

// A standard connection to that host and port: clear text on 143, TLS on 993.
#define IMAPKIT_OPTION_NONE 0

// Says who the program is (ID, RFC 2971) once logged in, where the server offers that.
#define IMAPKIT_OPTION_IDENTIFY 1

// The connection runs through a tunnel or a forwarded port: address and port prove nothing, only the `Secure` bits
// say whether there is TLS; certificates are checked against `host_name`; capabilities are asked for again; PREAUTH
// is accepted.
#define IMAPKIT_OPTION_TUNNEL 1024

// The server's certificate is not validated. `certificate_status` still tells what is wrong with it.
#define IMAPKIT_OPTION_TRUSTED_SITE 2048

// TLS by STARTTLS, or no connection at all.
#define IMAPKIT_OPTION_SECURE_EXPLICIT 4096

// TLS before the greeting.
#define IMAPKIT_OPTION_SECURE_IMPLICIT 8192

// Also permits TLS 1.0 and 1.1 and the suites of that time, where there is TLS. Needs the feature `legacy-tls`.
#define IMAPKIT_OPTION_SECURE_FALLBACK 32768

// Tries IPv6 addresses first.
#define IMAPKIT_OPTION_PREFER_IPV6 262144

// No flag.
#define IMAPKIT_FLAG_NONE 0

// It has been answered.
#define IMAPKIT_FLAG_ANSWERED 1

// It is a draft.
#define IMAPKIT_FLAG_DRAFT 2

// It is important (`\Flagged`).
#define IMAPKIT_FLAG_URGENT 4

// It has been read.
#define IMAPKIT_FLAG_SEEN 8

// It has come since the mailbox was last looked at. Cannot be set.
#define IMAPKIT_FLAG_RECENT 256

// It is to be removed.
#define IMAPKIT_FLAG_DELETED 512

// No flag.
#define IMAPKIT_MAILBOX_NONE 0

// There can be no mailboxes below it.
#define IMAPKIT_MAILBOX_NO_INFERIORS 65536

// It cannot be selected.
#define IMAPKIT_MAILBOX_NO_SELECT 131072

// The server thinks there is something new in it.
#define IMAPKIT_MAILBOX_MARKED 262144

// Nothing has come since it was last selected.
#define IMAPKIT_MAILBOX_UNMARKED 524288

// All of the message, or of the part.
#define IMAPKIT_SECTION_DEFAULT 0

// The header of the message, or of a message in a part.
#define IMAPKIT_SECTION_HEADER 1

// The MIME header of the part.
#define IMAPKIT_SECTION_MIME_HEADER 2

// What follows the header.
#define IMAPKIT_SECTION_BODY 4

// Does not mark the message as read.
#define IMAPKIT_SECTION_PREVIEW 4096

// Every call and how it ended.
#define IMAPKIT_TRACE_INFO 0

// Calls that failed, and nothing else.
#define IMAPKIT_TRACE_ERROR 1

// Calls that failed, and warnings.
#define IMAPKIT_TRACE_WARNING 2

// Also what was said on the wire, line by line. Passwords and tokens are replaced, contents are told by their size.
#define IMAPKIT_TRACE_BYTES 4

// Those that are safe today: 1.2 and 1.3.
#define IMAPKIT_TLS_DEFAULT 0

// TLS 1.0; needs `SecureFallback`.
#define IMAPKIT_TLS_1_0 4

// TLS 1.1; needs `SecureFallback`.
#define IMAPKIT_TLS_1_1 8

// TLS 1.2
#define IMAPKIT_TLS_1_2 16

// TLS 1.3
#define IMAPKIT_TLS_1_3 32

// The LOGIN command, or AUTHENTICATE LOGIN where only that is offered.
#define IMAPKIT_AUTH_LOGIN 0

// AUTHENTICATE PLAIN
#define IMAPKIT_AUTH_PLAIN 1

// AUTHENTICATE CRAM-MD5
#define IMAPKIT_AUTH_CRAM_MD5 2

// AUTHENTICATE SCRAM-SHA-1
#define IMAPKIT_AUTH_SCRAM_SHA_1 3

// A token, as Google and Microsoft take it.
#define IMAPKIT_AUTH_XOAUTH2 4

// A token by RFC 7628.
#define IMAPKIT_AUTH_OAUTH_BEARER 5

// AUTHENTICATE SCRAM-SHA-256
#define IMAPKIT_AUTH_SCRAM_SHA_256 6

// Who we are is told by the client certificate, or by the socket.
#define IMAPKIT_AUTH_EXTERNAL 7

// Nobody in particular.
#define IMAPKIT_AUTH_ANONYMOUS 8

// The best the server offers.
#define IMAPKIT_AUTH_AUTO 255

// There is no connection.
#define IMAPKIT_STATE_DISCONNECTED 0

// A connection is being made.
#define IMAPKIT_STATE_CONNECTING 1

// There is a connection; nobody is logged in.
#define IMAPKIT_STATE_CONNECTED 2

// Somebody is being logged in.
#define IMAPKIT_STATE_AUTHENTICATING 3

// Somebody is logged in, and nothing is to be done.
#define IMAPKIT_STATE_IDLE 4

// A command or a message is being sent.
#define IMAPKIT_STATE_SENDING 5

// A message is being received.
#define IMAPKIT_STATE_RECEIVING 6

// Changes of the mailbox are being waited for.
#define IMAPKIT_STATE_MONITORING 7

// The connection is being closed.
#define IMAPKIT_STATE_CLOSING 8

// Not at all yet.
#define IMAPKIT_RESULT_UNKNOWN 0

// It has done it.
#define IMAPKIT_RESULT_OK 1

// It could not do it.
#define IMAPKIT_RESULT_NO 2

// It did not understand it.
#define IMAPKIT_RESULT_BAD 3

// It waits for more. Never the result of a call of this version, which sends it.
#define IMAPKIT_RESULT_CONTINUE 4

// It returns at once; updates come by `on_update` until `cancel`.
#define IMAPKIT_IDLE_NO_WAIT 0

// It returns when something has changed, or the time is over.
#define IMAPKIT_IDLE_WAIT 1

// Nothing that is known.
#define IMAPKIT_UPDATE_UNKNOWN 0

// A message has come; the number is its own.
#define IMAPKIT_UPDATE_MESSAGE 1

// A message is gone; the number is what it was, those behind it have moved up by one.
#define IMAPKIT_UPDATE_EXPUNGE 2

// Something else: flags of the message of that number, or with number 0 the mailbox as a whole.
#define IMAPKIT_UPDATE_MAILBOX 3

// There is none: no TLS.
#define IMAPKIT_CERTIFICATE_NONE 0

// It is good.
#define IMAPKIT_CERTIFICATE_VALID 1

// It is for another host.
#define IMAPKIT_CERTIFICATE_NO_MATCH 2

// It has expired, or is not valid yet.
#define IMAPKIT_CERTIFICATE_EXPIRED 3

// Its issuer has revoked it.
#define IMAPKIT_CERTIFICATE_REVOKED 4

// Its issuer is not trusted.
#define IMAPKIT_CERTIFICATE_UNTRUSTED 5

// It is no proper certificate.
#define IMAPKIT_CERTIFICATE_INVALID 6

// The user's own.
#define IMAPKIT_NAMESPACE_PERSONAL 0

// Other users'.
#define IMAPKIT_NAMESPACE_OTHER 1

// Everybody's.
#define IMAPKIT_NAMESPACE_SHARED 2

// It did not fail.
#define IMAPKIT_OK 0

// The call was cancelled by `cancel` or by a callback (0x80042714).
#define IMAPKIT_E_CANCELLED -2147211500

// The system does not permit it (0x8004271d).
#define IMAPKIT_E_ACCESS_DENIED -2147211491

// An argument or property cannot be used as it is; nothing was sent (0x80042726).
#define IMAPKIT_E_INVALID_ARGUMENT -2147211482

// Too many files or sockets are open (0x80042728).
#define IMAPKIT_E_TOO_MANY_FILES -2147211480

// Another call is in progress, or this one was made from inside a callback (0x80042734).
#define IMAPKIT_E_IN_PROGRESS -2147211468

// The address does not exist here (0x80042741).
#define IMAPKIT_E_ADDRESS_NOT_AVAILABLE -2147211455

// The network is down (0x80042742).
#define IMAPKIT_E_NETWORK_DOWN -2147211454

// The network cannot be reached (0x80042743).
#define IMAPKIT_E_NETWORK_UNREACHABLE -2147211453

// The system gave the connection up (0x80042745).
#define IMAPKIT_E_CONNECTION_ABORTED -2147211451

// The connection was broken off by the other side (0x80042746).
#define IMAPKIT_E_CONNECTION_RESET -2147211450

// There is a connection already (0x80042748).
#define IMAPKIT_E_ALREADY_CONNECTED -2147211448

// There is no connection (0x80042749).
#define IMAPKIT_E_NOT_CONNECTED -2147211447

// The time given is over; after a connect the text names the phase (0x8004274c).
#define IMAPKIT_E_TIMED_OUT -2147211444

// Nobody listens at that address and port (0x8004274d).
#define IMAPKIT_E_CONNECTION_REFUSED -2147211443

// The host cannot be reached (0x80042751).
#define IMAPKIT_E_HOST_UNREACHABLE -2147211439

// The host name does not exist (0x80042af9).
#define IMAPKIT_E_HOST_UNKNOWN -2147210503

// The name server did not answer; later it may (0x80042afa).
#define IMAPKIT_E_RESOLVER_FAILED -2147210502

// The host name exists but has no address (0x80042afc).
#define IMAPKIT_E_HOST_WITHOUT_ADDRESS -2147210500

// The TLS handshake failed, or TLS broke later (0x80041000).
#define IMAPKIT_E_TLS_FAILED -2147217408

// The server's certificate was rejected; `certificate_status` tells why (0x80041001).
#define IMAPKIT_E_CERTIFICATE_REJECTED -2147217407

// The server wants a secure connection before it takes a password (0x80041002).
#define IMAPKIT_E_SECURE_CONNECTION_REQUIRED -2147217406

// The server does not offer STARTTLS, or refused it; no credential was sent (0x80041003).
#define IMAPKIT_E_STARTTLS_UNAVAILABLE -2147217405

// The server, or somebody on the way, acted unsafely before TLS; no credential was sent (0x80041004).
#define IMAPKIT_E_UNSAFE_SERVER -2147217404

// The server does not offer the way to log in that is asked for (0x80041005).
#define IMAPKIT_E_MECHANISM_UNAVAILABLE -2147217403

// The server refused the user name or password (0x80041006).
#define IMAPKIT_E_LOGIN_REJECTED -2147217402

// The server refused the access token; it may have expired (0x80041007).
#define IMAPKIT_E_TOKEN_REJECTED -2147217401

// Somebody is logged in already (0x80041008).
#define IMAPKIT_E_ALREADY_AUTHENTICATED -2147217400

// Nobody is logged in (0x80041009).
#define IMAPKIT_E_NOT_AUTHENTICATED -2147217399

// The server could not do it (NO) (0x8004100a).
#define IMAPKIT_E_COMMAND_FAILED -2147217398

// The server did not understand it (BAD) (0x8004100b).
#define IMAPKIT_E_COMMAND_REFUSED -2147217397

// The server's answer makes no sense (0x8004100c).
#define IMAPKIT_E_UNEXPECTED_REPLY -2147217396

// The server ended the connection (BYE) (0x8004100d).
#define IMAPKIT_E_SERVER_CLOSED -2147217395

// No mailbox is selected (0x8004100e).
#define IMAPKIT_E_NO_MAILBOX_SELECTED -2147217394

// There is no such mailbox (0x8004100f).
#define IMAPKIT_E_MAILBOX_NOT_FOUND -2147217393

// There is a mailbox of that name already (0x80041010).
#define IMAPKIT_E_MAILBOX_EXISTS -2147217392

// The mailbox is open read-only (0x80041011).
#define IMAPKIT_E_MAILBOX_READ_ONLY -2147217391

// There is no message of that number or UID (0x80041012).
#define IMAPKIT_E_MESSAGE_NOT_FOUND -2147217390

// The message has no such part (0x80041013).
#define IMAPKIT_E_PART_NOT_FOUND -2147217389

// No message is open for reading (0x80041014).
#define IMAPKIT_E_MESSAGE_NOT_OPEN -2147217388

// The server did not understand the search criteria (0x80041015).
#define IMAPKIT_E_SEARCH_REJECTED -2147217387

// The charset of the search is not known, here or to the server (0x80041016).
#define IMAPKIT_E_CHARSET_REJECTED -2147217386

// There is no room: the quota is exceeded (0x80041017).
#define IMAPKIT_E_QUOTA_EXCEEDED -2147217385

// The server asks to slow down or to come back later (0x80041018).
#define IMAPKIT_E_THROTTLED -2147217384

// Something is larger than a limit, which the text names (0x80041019).
#define IMAPKIT_E_LIMIT_EXCEEDED -2147217383

// The server cannot do this at all (0x8004101a).
#define IMAPKIT_E_NOT_SUPPORTED_BY_SERVER -2147217382

// This build of the library cannot do this (0x8004101b).
#define IMAPKIT_E_NOT_SUPPORTED_IN_BUILD -2147217381

// A file could not be read or written (0x8004101c).
#define IMAPKIT_E_FILE_ERROR -2147217380

// There is not enough memory (0x8004101d).
#define IMAPKIT_E_OUT_OF_MEMORY -2147217379

// A mistake in this library, or a callback that panicked (0x8004101e).
#define IMAPKIT_E_INTERNAL_ERROR -2147217378

// The proxy refused, or does not speak the protocol of its URL (0x8004101f).
#define IMAPKIT_E_PROXY_FAILED -2147217377

// The connection was lost, or the time over, before the answer came: the server may have done it or not
// (0x80041020).
#define IMAPKIT_E_OUTCOME_UNKNOWN -2147217376

// The server does not permit it to this user (0x80041021).
#define IMAPKIT_E_PERMISSION_DENIED -2147217375

// The mailbox was selected anew, or its UIDs have changed, while this was under way (0x80041022).
#define IMAPKIT_E_MAILBOX_CHANGED -2147217374

// An IMAP session with properties, methods and events. Made by imapkit_control_new, ended by imapkit_control_free.
typedef struct imapkit_control imapkit_control;

// Counts of a mailbox that need not be selected. What the server did not tell is 0.
typedef struct imapkit_mailbox_status {
  // Messages in it.
  uint32_t messages;
  // Messages nobody had seen.
  uint32_t recent;
  // Messages that were not read.
  uint32_t unseen;
  // The UID that the next message will have at least.
  uint32_t uid_next;
  // The epoch of the UIDs.
  uint32_t uid_validity;
} imapkit_mailbox_status;

// Where mailboxes are.
typedef struct imapkit_namespace {
  // Whose they are: IMAPKIT_NAMESPACE_….
  uint32_t kind;
  // What their names begin with; often empty.
  const char *prefix;
  // What separates levels of the hierarchy; empty where there are no levels.
  const char *delimiter;
} imapkit_namespace;

// How much of something may be used, and is.
typedef struct imapkit_quota {
  // The name of what the limit is for; often empty.
  const char *root;
  // What is limited: `STORAGE` in units of 1024 bytes, `MESSAGE`, or what else the server counts.
  const char *resource;
  // How much is used.
  uint64_t usage;
  // How much may be used.
  uint64_t limit;
} imapkit_quota;

// A part of a message, as the server describes it.
typedef struct imapkit_message_part {
  // Its number, counted from 1.
  uint32_t number;
  // Whether it is to be saved rather than shown.
  bool is_attachment;
  // Its size in bytes as it is sent, encoded.
  uint64_t size;
  // Its place in the tree, as IMAP writes it: `2.1`.
  const char *section;
  // `text/plain`, in lower case.
  const char *media_type;
  // The charset of a text; empty when none is told.
  const char *charset;
  // How it is encoded for the way: `base64`.
  const char *encoding;
  // The name its sender gave it; empty when there is none. Not a path.
  const char *file_name;
  // The Content-ID; empty when there is none.
  const char *content_id;
} imapkit_message_part;

// Gives the next bytes of a message that is put into a mailbox: writes at most `size` bytes to `buffer` and returns how many; 0 is the end,
// and a negative number ends the call. `context` is what was given with it.
typedef int64_t (*imapkit_reader)(void *context, uint8_t *buffer, size_t size);

// A callback without arguments of its own. `context` is what was registered with it. Every callback returns 0 to go on; another number ends
// the call, where that makes sense: one of IMAPKIT_E_… becomes its result, and any other number IMAPKIT_E_CANCELLED.
typedef int32_t (*imapkit_callback)(struct imapkit_control *control, void *context);

// A callback with a number and a text, which is there only during the call.
typedef int32_t (*imapkit_text_callback)(struct imapkit_control *control,
                                         void *context,
                                         int32_t code,
                                         const char *description);

// A callback with the progress of a transfer: the number of the message, 0 for one that is created; its size and what was copied of it, in
// bytes; and in percent.
typedef int32_t (*imapkit_progress_callback)(struct imapkit_control *control,
                                             void *context,
                                             uint32_t message_number,
                                             uint64_t size,
                                             uint64_t copied,
                                             uint32_t percent);

// A callback with a change of the mailbox: IMAPKIT_UPDATE_…, and the number of the message.
typedef int32_t (*imapkit_update_callback)(struct imapkit_control *control,
                                           void *context,
                                           uint32_t update,
                                           uint32_t message_number);

#ifdef __cplusplus
extern "C" {
#endif // __cplusplus

// Makes a control that is not connected, with the default of every property. NULL when there is no memory.
struct imapkit_control *imapkit_control_new(void);

// Ends a control: cancels the call in progress, closes the connection and frees what the control holds. The handle is of no use afterwards;
// every function answers it with IMAPKIT_E_INVALID_ARGUMENT, this one as well. A call that another thread is making on it, and its callbacks,
// end first: this function waits for them, so do not hold a lock that a callback waits for. From inside a callback:
// IMAPKIT_E_IN_PROGRESS, and nothing happens.
int32_t imapkit_control_free(struct imapkit_control *control);

// Frees what a function of this library has handed out: texts, bytes and lists. NULL is permitted.
void imapkit_free(void *memory);

// Connects, secures the connection and logs in, under one deadline. Arguments that are not given are taken from the properties: NULL for
// texts and options, -1 for the port and the seconds. Options are a pointer so that 0, a standard connection, can be given.
int32_t imapkit_control_connect(struct imapkit_control *control,
                                const char *remote_host,
                                int32_t remote_port,
                                const char *user_name,
                                const char *password,
                                int32_t timeout,
                                const uint32_t *options);

// Connects as imapkit_control_connect does, with options as they are.
int32_t imapkit_control_connect_ex(struct imapkit_control *control,
                                   const char *remote_host,
                                   int32_t remote_port,
                                   const char *user_name,
                                   const char *password,
                                   int32_t timeout,
                                   uint32_t options);

// Logs in on a connection that was made without a user. NULL and -1 for what is to be taken from the properties.
int32_t imapkit_control_login(struct imapkit_control *control,
                              const char *user_name,
                              const char *password,
                              int32_t auth_type);

// Ends the call in progress and monitoring. May be called from any thread and from callbacks; does not wait.
int32_t imapkit_control_cancel(struct imapkit_control *control);

// Sends a command in the caller's words; parameters may be NULL. Then read result_code and result_string.
int32_t imapkit_control_command(struct imapkit_control *control, const char *name, const char *parameters);

// Says goodbye and closes the connection.
int32_t imapkit_control_disconnect(struct imapkit_control *control);

// Leaves the mailbox without an expunge, closes an open message, forgets errors.
int32_t imapkit_control_reset(struct imapkit_control *control);

// Begins the life of the object. Nothing has to be called first; kept for callers' habits.
int32_t imapkit_control_initialize(struct imapkit_control *control);

// Ends the life of the object: disconnects, forgets callbacks, sets every property to its default. The handle stays.
int32_t imapkit_control_uninitialize(struct imapkit_control *control);

// Waits for changes of the selected mailbox. `option` is IMAPKIT_IDLE_…, `timeout` in seconds, -1 or 0 for no end but cancel. What sort of
// change it was, and of which message, go to `update` and `number`, either of which may be NULL; `update` is IMAPKIT_UPDATE_UNKNOWN and
// `number` 0 when the time is over, or with IMAPKIT_IDLE_NO_WAIT.
int32_t imapkit_control_idle(struct imapkit_control *control,
                             uint32_t option,
                             int32_t timeout,
                             uint32_t *update,
                             uint32_t *number);

// How to log in: one of IMAPKIT_AUTH_….
int32_t imapkit_control_auth_type(struct imapkit_control *control, uint32_t *value);

// Sets how to log in.
int32_t imapkit_control_set_auth_type(struct imapkit_control *control, uint32_t value);

// Whether assigning one of host_name and host_address resolves the other.
int32_t imapkit_control_auto_resolve(struct imapkit_control *control, bool *value);

// Sets whether assigning one of host_name and host_address resolves the other.
int32_t imapkit_control_set_auto_resolve(struct imapkit_control *control, bool value);

// The OAuth 2.0 access token; empty when auth_type is no OAuth method.
int32_t imapkit_control_bearer_token(struct imapkit_control *control, char **text, size_t *length);

// Sets the access token, and auth_type to IMAPKIT_AUTH_XOAUTH2 unless it is an OAuth method already.
int32_t imapkit_control_set_bearer_token(struct imapkit_control *control, const char *value);

// Whether calls return when they are done.
int32_t imapkit_control_blocking(struct imapkit_control *control, bool *value);

// Sets whether calls return when they are done. If not, connect only begins, and on_connect or on_error tells the
// end.
int32_t imapkit_control_set_blocking(struct imapkit_control *control,
                                     bool value);

// The address to connect to; empty if none was set.
int32_t imapkit_control_host_address(struct imapkit_control *control, char **text, size_t *length);

// Sets the address to connect to. It is dialled in place of host_name; certificates are checked against host_name.
int32_t imapkit_control_set_host_address(struct imapkit_control *control,
                                         const char *value);

// The name of the server.
int32_t imapkit_control_host_name(struct imapkit_control *control, char **text, size_t *length);

// Sets the name of the server.
int32_t imapkit_control_set_host_name(struct imapkit_control *control, const char *value);

// Whether a call is in progress.
int32_t imapkit_control_is_blocked(struct imapkit_control *control, bool *value);

// Whether there is a connection.
int32_t imapkit_control_is_connected(struct imapkit_control *control, bool *value);

// Whether a read would return at once.
int32_t imapkit_control_is_readable(struct imapkit_control *control, bool *value);

// Whether a write would return at once.
int32_t imapkit_control_is_writable(struct imapkit_control *control, bool *value);

// Our own address on the connection; empty without one.
int32_t imapkit_control_local_address(struct imapkit_control *control, char **text, size_t *length);

// The name of this machine.
int32_t imapkit_control_local_name(struct imapkit_control *control, char **text, size_t *length);

// The options that connect uses when it is given none: IMAPKIT_OPTION_… combined by or.
int32_t imapkit_control_options(struct imapkit_control *control, uint32_t *value);

// Sets the options that connect uses when it is given none. Unknown bits are refused by name.
int32_t imapkit_control_set_options(struct imapkit_control *control, uint32_t value);

// The password; the token while auth_type is an OAuth method.
int32_t imapkit_control_password(struct imapkit_control *control, char **text, size_t *length);

// Sets the password.
int32_t imapkit_control_set_password(struct imapkit_control *control, const char *value);

// The URL of the proxy as it was set, with its password if it has one; empty if there is none.
int32_t imapkit_control_proxy(struct imapkit_control *control, char **text, size_t *length);

// Sets the proxy by URL: socks5, socks5h, socks4a, http, https, command: or unix:. An empty text takes it away.
int32_t imapkit_control_set_proxy(struct imapkit_control *control,
                                  const char *value);

// The port; 0 for the default of the service.
int32_t imapkit_control_remote_port(struct imapkit_control *control, uint16_t *value);

// Sets the port; 0 for the default of the service.
int32_t imapkit_control_set_remote_port(struct imapkit_control *control, uint16_t value);

// The name of the service: imap or imaps.
int32_t imapkit_control_remote_service(struct imapkit_control *control, char **text, size_t *length);

// Sets the port by the name of a service, or by a number in a text.
int32_t imapkit_control_set_remote_service(struct imapkit_control *control, const char *value);

// What the control is doing: one of IMAPKIT_STATE_….
int32_t imapkit_control_state(struct imapkit_control *control, uint32_t *value);

// Seconds each call may take.
int32_t imapkit_control_timeout(struct imapkit_control *control, uint32_t *value);

// Sets the seconds each call may take; 20 at first.
int32_t imapkit_control_set_timeout(struct imapkit_control *control, uint32_t value);

// The user.
int32_t imapkit_control_user_name(struct imapkit_control *control, char **text, size_t *length);

// Sets the user.
int32_t imapkit_control_set_user_name(struct imapkit_control *control, const char *value);

// Before connect: whether TLS is asked for from the beginning. Afterwards: whether there is TLS.
int32_t imapkit_control_secure(struct imapkit_control *control, bool *value);

// Before connect: asks for TLS from the beginning. On a live session: STARTTLS, now.
int32_t imapkit_control_set_secure(struct imapkit_control *control, bool value);

// Whether the connection is protected by TLS.
int32_t imapkit_control_is_secure(struct imapkit_control *control, bool *value);

// Versions of TLS, IMAPKIT_TLS_…: those permitted before connect, the one in use after it.
int32_t imapkit_control_secure_protocol(struct imapkit_control *control, uint32_t *value);

// Sets the versions of TLS that are permitted; IMAPKIT_TLS_DEFAULT for those that are safe today.
int32_t imapkit_control_set_secure_protocol(struct imapkit_control *control, uint32_t value);

// The cipher in use.
int32_t imapkit_control_secure_cipher(struct imapkit_control *control, char **text, size_t *length);

// The hash in use.
int32_t imapkit_control_secure_hash(struct imapkit_control *control, char **text, size_t *length);

// The key exchange that was used.
int32_t imapkit_control_secure_key_exchange(struct imapkit_control *control, char **text, size_t *length);

// The length of the cipher's key, in bits.
int32_t imapkit_control_cipher_strength(struct imapkit_control *control, uint32_t *value);

// The length of the hash, in bits.
int32_t imapkit_control_hash_strength(struct imapkit_control *control, uint32_t *value);

// What the server's certificate is worth: one of IMAPKIT_CERTIFICATE_…, also where it was accepted all the same.
int32_t imapkit_control_certificate_status(struct imapkit_control *control,
                                           uint32_t *value);

// When the server's certificate ends to be valid.
int32_t imapkit_control_certificate_expires(struct imapkit_control *control, char **text, size_t *length);

// When the server's certificate began to be valid.
int32_t imapkit_control_certificate_issued(struct imapkit_control *control, char **text, size_t *length);

// Who issued the server's certificate.
int32_t imapkit_control_certificate_issuer(struct imapkit_control *control, char **text, size_t *length);

// Whom the server's certificate names.
int32_t imapkit_control_certificate_subject(struct imapkit_control *control, char **text, size_t *length);

// The SHA-256 fingerprint of the server's certificate.
int32_t imapkit_control_certificate_fingerprint(struct imapkit_control *control, char **text, size_t *length);

// The name of our own certificate in its store.
int32_t imapkit_control_certificate_name(struct imapkit_control *control, char **text, size_t *length);

// Sets the name of our own certificate in its store.
int32_t imapkit_control_set_certificate_name(struct imapkit_control *control, const char *value);

// The password of the store of our own certificate.
int32_t imapkit_control_certificate_password(struct imapkit_control *control, char **text, size_t *length);

// Sets the password of the store of our own certificate.
int32_t imapkit_control_set_certificate_password(struct imapkit_control *control, const char *value);

// The file with our own certificate and its key.
int32_t imapkit_control_certificate_store(struct imapkit_control *control, char **text, size_t *length);

// Sets the file with our own certificate and its key: PEM or PKCS#12.
int32_t imapkit_control_set_certificate_store(struct imapkit_control *control, const char *value);

// The file of authorities that are trusted besides the system's.
int32_t imapkit_control_certificate_authorities(struct imapkit_control *control, char **text, size_t *length);

// Sets a PEM file of authorities to be trusted besides the system's.
int32_t imapkit_control_set_certificate_authorities(struct imapkit_control *control, const char *value);

// The code of the last error; 0 if there was none.
int32_t imapkit_control_last_error(struct imapkit_control *control, int32_t *value);

// Sets the last error; 0 clears it.
int32_t imapkit_control_set_last_error(struct imapkit_control *control, int32_t value);

// What the last error was, in words, and what to do where that is known.
int32_t imapkit_control_last_error_string(struct imapkit_control *control, char **text, size_t *length);

// How the server answered the last command: one of IMAPKIT_RESULT_….
int32_t imapkit_control_result_code(struct imapkit_control *control, uint32_t *value);

// What the server said last.
int32_t imapkit_control_result_string(struct imapkit_control *control, char **text, size_t *length);

// Whether a trace is written.
int32_t imapkit_control_trace(struct imapkit_control *control, bool *value);

// Starts or ends the trace.
int32_t imapkit_control_set_trace(struct imapkit_control *control, bool value);

// The file the trace goes to.
int32_t imapkit_control_trace_file(struct imapkit_control *control, char **text, size_t *length);

// Sets the file the trace goes to.
int32_t imapkit_control_set_trace_file(struct imapkit_control *control, const char *value);

// What the trace tells: IMAPKIT_TRACE_….
int32_t imapkit_control_trace_flags(struct imapkit_control *control, uint32_t *value);

// Sets what the trace tells. Secrets are replaced, whatever is set.
int32_t imapkit_control_set_trace_flags(struct imapkit_control *control, uint32_t value);

// Whether failed calls raise, in languages that can. C cannot.
int32_t imapkit_control_throw_error(struct imapkit_control *control, bool *value);

// Sets whether failed calls raise, in languages that can.
int32_t imapkit_control_set_throw_error(struct imapkit_control *control, bool value);

// Bytes of the last transfer.
int32_t imapkit_control_transfer_bytes(struct imapkit_control *control, uint64_t *value);

// Bytes a second of the last transfer.
int32_t imapkit_control_transfer_rate(struct imapkit_control *control, uint64_t *value);

// Whole seconds the last transfer has taken, so far.
int32_t imapkit_control_transfer_time(struct imapkit_control *control, uint64_t *value);

// The version of the library, which is the property `version` of every control: `0.1.0`. The text stays; it is not to be freed.
const char *imapkit_version(void);

// What a code means: one lower-case line. The text stays; it is not to be freed. NULL for numbers that are no code.
const char *imapkit_error_meaning(int32_t code);

// Selects a mailbox. Another one that is selected is closed first, with an expunge.
int32_t imapkit_control_select_mailbox(struct imapkit_control *control, const char *name);

// Selects a mailbox read-only. Another one that is selected is closed first, with an expunge.
int32_t imapkit_control_examine_mailbox(struct imapkit_control *control, const char *name);

// Selects the mailbox again, without an expunge.
int32_t imapkit_control_reselect_mailbox(struct imapkit_control *control);

// Leaves the mailbox; with `expunge` messages marked as deleted are removed.
int32_t imapkit_control_unselect_mailbox(struct imapkit_control *control, bool expunge);

// Asks the server to save the state of the mailbox, and for news.
int32_t imapkit_control_check_mailbox(struct imapkit_control *control);

// Removes the messages that are marked as deleted.
int32_t imapkit_control_expunge_mailbox(struct imapkit_control *control);

// Makes a mailbox.
int32_t imapkit_control_create_mailbox(struct imapkit_control *control, const char *name);

// Removes a mailbox and all that is in it.
int32_t imapkit_control_delete_mailbox(struct imapkit_control *control, const char *name);

// Renames a mailbox. A selected one is left, renamed and selected again.
int32_t imapkit_control_rename_mailbox(struct imapkit_control *control,
                                       const char *name,
                                       const char *new_name);

// Subscribes to a mailbox.
int32_t imapkit_control_subscribe_mailbox(struct imapkit_control *control, const char *name);

// Ends the subscription to a mailbox.
int32_t imapkit_control_unsubscribe_mailbox(struct imapkit_control *control, const char *name);

// Counts of a mailbox that need not be selected.
int32_t imapkit_control_get_mailbox_status(struct imapkit_control *control,
                                           const char *name,
                                           struct imapkit_mailbox_status *status);

// Lists the mailboxes, filtered by mailbox_path and mailbox_mask, and gives their number.
int32_t imapkit_control_mailboxes(struct imapkit_control *control, uint32_t *value);

// The name of a mailbox, counted from 0, as listed by imapkit_control_mailboxes last.
int32_t imapkit_control_mailbox(struct imapkit_control *control, uint32_t index, char **text, size_t *length);

// Where mailboxes are listed.
int32_t imapkit_control_mailbox_path(struct imapkit_control *control, char **text, size_t *length);

// Sets where mailboxes are listed.
int32_t imapkit_control_set_mailbox_path(struct imapkit_control *control, const char *value);

// Which mailboxes are listed.
int32_t imapkit_control_mailbox_mask(struct imapkit_control *control, char **text, size_t *length);

// Sets which mailboxes are listed: `*` stands for anything, `%` for anything within one level.
int32_t imapkit_control_set_mailbox_mask(struct imapkit_control *control, const char *value);

// What separates levels of the hierarchy; empty where there are no levels.
int32_t imapkit_control_mailbox_delimiter(struct imapkit_control *control, char **text, size_t *length);

// Flags of the selected mailbox: IMAPKIT_MAILBOX_….
int32_t imapkit_control_mailbox_flags(struct imapkit_control *control, uint32_t *value);

// The name of the selected mailbox; empty if there is none.
int32_t imapkit_control_mailbox_name(struct imapkit_control *control, char **text, size_t *length);

// Selects a mailbox; an empty name leaves it, the same name looks again without an expunge.
int32_t imapkit_control_set_mailbox_name(struct imapkit_control *control, const char *value);

// The UIDVALIDITY of the selected mailbox.
int32_t imapkit_control_mailbox_uid(struct imapkit_control *control, uint32_t *value);

// Messages in the selected mailbox.
int32_t imapkit_control_message_count(struct imapkit_control *control, uint32_t *value);

// Messages that have come since it was selected or last checked.
int32_t imapkit_control_new_messages(struct imapkit_control *control, uint32_t *value);

// Messages nobody had seen when it was selected.
int32_t imapkit_control_recent_messages(struct imapkit_control *control, uint32_t *value);

// Messages that are not read. Asks the server.
int32_t imapkit_control_unread_messages(struct imapkit_control *control, uint32_t *value);

// Whether the selected mailbox is subscribed to. Asks the server.
int32_t imapkit_control_subscribed(struct imapkit_control *control, bool *value);

// Subscribes to the selected mailbox, or ends that.
int32_t imapkit_control_set_subscribed(struct imapkit_control *control, bool value);

// What the server can do, words parted by spaces.
int32_t imapkit_control_capability(struct imapkit_control *control, char **text, size_t *length);

// Where mailboxes are, as a list in one block that imapkit_free frees. Asks the server.
int32_t imapkit_control_namespace(struct imapkit_control *control,
                                  struct imapkit_namespace **list,
                                  size_t *count);

// The limits that count for the selected mailbox, or for INBOX, as a list in one block that imapkit_free frees. Asks the server.
int32_t imapkit_control_quota(struct imapkit_control *control,
                              struct imapkit_quota **list,
                              size_t *count);

// The numbers of the messages that match, in ascending order, in a list that imapkit_free frees. `criteria` are as
// IMAP writes them (`UNSEEN FROM "ann"`), in UTF-8; `charset` may be NULL.
int32_t imapkit_control_search_mailbox(struct imapkit_control *control,
                                       const char *criteria,
                                       const char *charset,
                                       uint32_t **numbers,
                                       size_t *count);

// The UIDs of the messages that match, in ascending order, in a list that imapkit_free frees. `criteria` are as IMAP
// writes them (`UNSEEN FROM "ann"`), in UTF-8; `charset` may be NULL.
int32_t imapkit_control_search_mailbox_uid(struct imapkit_control *control,
                                           const char *criteria,
                                           const char *charset,
                                           uint32_t **numbers,
                                           size_t *count);

// Copies a message by its number to another mailbox.
int32_t imapkit_control_copy_message(struct imapkit_control *control, uint32_t number, const char *mailbox);

// Copies messages by a set of numbers (`1:5,9`) to another mailbox.
int32_t imapkit_control_copy_message_set(struct imapkit_control *control,
                                         const char *set,
                                         const char *mailbox);

// Copies a message by its UID to another mailbox.
int32_t imapkit_control_copy_message_uid(struct imapkit_control *control, uint32_t uid, const char *mailbox);

// Copies messages by a set of UIDs (`1:5,9`) to another mailbox.
int32_t imapkit_control_copy_message_set_uid(struct imapkit_control *control,
                                             const char *set,
                                             const char *mailbox);

// Moves a message by its number to another mailbox.
int32_t imapkit_control_move_message(struct imapkit_control *control, uint32_t number, const char *mailbox);

// Moves messages by a set of numbers (`1:5,9`) to another mailbox.
int32_t imapkit_control_move_message_set(struct imapkit_control *control,
                                         const char *set,
                                         const char *mailbox);

// Moves a message by its UID to another mailbox.
int32_t imapkit_control_move_message_uid(struct imapkit_control *control, uint32_t uid, const char *mailbox);

// Moves messages by a set of UIDs (`1:5,9`) to another mailbox.
int32_t imapkit_control_move_message_set_uid(struct imapkit_control *control,
                                             const char *set,
                                             const char *mailbox);

// Marks a message by its number as deleted.
int32_t imapkit_control_delete_message(struct imapkit_control *control, uint32_t number);

// Marks messages by a set of numbers (`1:5,9`) as deleted.
int32_t imapkit_control_delete_message_set(struct imapkit_control *control, const char *set);

// Marks a message by its UID as deleted.
int32_t imapkit_control_delete_message_uid(struct imapkit_control *control, uint32_t uid);

// Marks messages by a set of UIDs (`1:5,9`) as deleted.
int32_t imapkit_control_delete_message_set_uid(struct imapkit_control *control, const char *set);

// Takes the mark of deletion away from a message by its number.
int32_t imapkit_control_undelete_message(struct imapkit_control *control, uint32_t number);

// Takes the mark of deletion away from messages by a set of numbers (`1:5,9`).
int32_t imapkit_control_undelete_message_set(struct imapkit_control *control, const char *set);

// Takes the mark of deletion away from a message by its UID.
int32_t imapkit_control_undelete_message_uid(struct imapkit_control *control, uint32_t uid);

// Takes the mark of deletion away from messages by a set of UIDs (`1:5,9`).
int32_t imapkit_control_undelete_message_set_uid(struct imapkit_control *control, const char *set);

// Sets the flags of a message by its number: IMAPKIT_FLAG_… combined by or.
int32_t imapkit_control_set_flags(struct imapkit_control *control, uint32_t number, uint32_t flags);

// Sets the flags of messages by a set of numbers (`1:5,9`): IMAPKIT_FLAG_… combined by or.
int32_t imapkit_control_set_flags_set(struct imapkit_control *control, const char *set, uint32_t flags);

// Sets the flags of a message by its UID: IMAPKIT_FLAG_… combined by or.
int32_t imapkit_control_set_flags_uid(struct imapkit_control *control, uint32_t uid, uint32_t flags);

// Sets the flags of messages by a set of UIDs (`1:5,9`): IMAPKIT_FLAG_… combined by or.
int32_t imapkit_control_set_flags_set_uid(struct imapkit_control *control, const char *set, uint32_t flags);

// The flags of a message by its number.
int32_t imapkit_control_get_flags(struct imapkit_control *control, uint32_t number, uint32_t *flags);

// The flags of a message by its UID.
int32_t imapkit_control_get_flags_uid(struct imapkit_control *control, uint32_t uid, uint32_t *flags);

// The number of the current message; 0 if there is none.
int32_t imapkit_control_message(struct imapkit_control *control, uint32_t *value);

// Sets the current message, counted from 1.
int32_t imapkit_control_set_message(struct imapkit_control *control, uint32_t value);

// The flags of the current message: IMAPKIT_FLAG_….
int32_t imapkit_control_message_flags(struct imapkit_control *control, uint32_t *value);

// Sets the flags of the current message.
int32_t imapkit_control_set_message_flags(struct imapkit_control *control, uint32_t value);

// How many parts the current message has.
int32_t imapkit_control_message_parts(struct imapkit_control *control, uint32_t *value);

// The size of the current message in bytes, as the server tells it.
int32_t imapkit_control_message_size(struct imapkit_control *control, uint64_t *value);

// The UID of the current message.
int32_t imapkit_control_message_uid(struct imapkit_control *control, uint32_t *value);

// When the current message came, as RFC 3339 writes it.
int32_t imapkit_control_message_date(struct imapkit_control *control, char **text, size_t *length);

// The name of the field that header_value reads.
int32_t imapkit_control_header_field(struct imapkit_control *control, char **text, size_t *length);

// Sets the name of the field that header_value reads.
int32_t imapkit_control_set_header_field(struct imapkit_control *control, const char *value);

// The value of that field in the current message, decoded.
int32_t imapkit_control_header_value(struct imapkit_control *control, char **text, size_t *length);

// A part of the current message, counted from 1, in a block that imapkit_free frees.
int32_t imapkit_control_message_part(struct imapkit_control *control,
                                     uint32_t number,
                                     struct imapkit_message_part **part);

// The parts of a message by its number, as a list in one block that imapkit_free frees.
int32_t imapkit_control_get_parts(struct imapkit_control *control,
                                  uint32_t number,
                                  struct imapkit_message_part **list,
                                  size_t *count);

// The parts of a message by its UID, as a list in one block that imapkit_free frees.
int32_t imapkit_control_get_parts_uid(struct imapkit_control *control,
                                      uint32_t uid,
                                      struct imapkit_message_part **list,
                                      size_t *count);

// A message by its number, or a part of it as it is sent; part 0 is the message itself. `section` is
// IMAPKIT_SECTION_…. In memory, to be freed by imapkit_free; larger ones are for imapkit_control_store_message and
// imapkit_control_open_message.
int32_t imapkit_control_get_message(struct imapkit_control *control,
                                    uint32_t number,
                                    uint32_t part,
                                    uint32_t section,
                                    uint8_t **data,
                                    size_t *length);

// The header of a message by its number, which does not mark it as read.
int32_t imapkit_control_get_headers(struct imapkit_control *control,
                                    uint32_t number,
                                    uint8_t **data,
                                    size_t *length);

// Writes a message, by its number, to a file.
int32_t imapkit_control_store_message(struct imapkit_control *control, uint32_t number, const char *file);

// A part of a message by its number, decoded, in memory to be freed by imapkit_free.
int32_t imapkit_control_get_part(struct imapkit_control *control,
                                 uint32_t number,
                                 uint32_t part,
                                 uint8_t **data,
                                 size_t *length);

// Saves a part of a message by its number, decoded. `file` is a file, or a folder in which it gets the name its
// sender gave it. The path it was written to goes to `text`, which may be NULL.
int32_t imapkit_control_get_attachment(struct imapkit_control *control,
                                       uint32_t number,
                                       uint32_t part,
                                       const char *file,
                                       char **text);

// Saves the part of that name, as imapkit_control_get_attachment does.
int32_t imapkit_control_get_attachment_named(struct imapkit_control *control,
                                             uint32_t number,
                                             const char *name,
                                             const char *file,
                                             char **text);

// Opens a message by its number for imapkit_control_read; 0 is the current message. `length` 0 asks for all from
// `offset` on. The bytes that will come go to `size`, which may be NULL.
int32_t imapkit_control_open_message(struct imapkit_control *control,
                                     uint32_t number,
                                     uint32_t part,
                                     uint64_t offset,
                                     uint64_t length,
                                     uint32_t section,
                                     uint64_t *size);

// A message by its UID, or a part of it as it is sent; part 0 is the message itself. `section` is IMAPKIT_SECTION_….
// In memory, to be freed by imapkit_free; larger ones are for imapkit_control_store_message and
// imapkit_control_open_message.
int32_t imapkit_control_get_message_uid(struct imapkit_control *control,
                                        uint32_t uid,
                                        uint32_t part,
                                        uint32_t section,
                                        uint8_t **data,
                                        size_t *length);

// The header of a message by its UID, which does not mark it as read.
int32_t imapkit_control_get_headers_uid(struct imapkit_control *control,
                                        uint32_t uid,
                                        uint8_t **data,
                                        size_t *length);

// Writes a message, by its UID, to a file.
int32_t imapkit_control_store_message_uid(struct imapkit_control *control, uint32_t uid, const char *file);

// A part of a message by its UID, decoded, in memory to be freed by imapkit_free.
int32_t imapkit_control_get_part_uid(struct imapkit_control *control,
                                     uint32_t uid,
                                     uint32_t part,
                                     uint8_t **data,
                                     size_t *length);

// Saves a part of a message by its UID, decoded. `file` is a file, or a folder in which it gets the name its sender
// gave it. The path it was written to goes to `text`, which may be NULL.
int32_t imapkit_control_get_attachment_uid(struct imapkit_control *control,
                                           uint32_t uid,
                                           uint32_t part,
                                           const char *file,
                                           char **text);

// Saves the part of that name, as imapkit_control_get_attachment_uid does.
int32_t imapkit_control_get_attachment_named_uid(struct imapkit_control *control,
                                                 uint32_t uid,
                                                 const char *name,
                                                 const char *file,
                                                 char **text);

// Opens a message by its UID for imapkit_control_read. `length` 0 asks for all from `offset` on. The bytes that will
// come go to `size`, which may be NULL.
int32_t imapkit_control_open_message_uid(struct imapkit_control *control,
                                         uint32_t uid,
                                         uint32_t part,
                                         uint64_t offset,
                                         uint64_t length,
                                         uint32_t section,
                                         uint64_t *size);

// The next bytes of the open message, at most `size`; how many go to `count`, 0 at its end.
int32_t imapkit_control_read(struct imapkit_control *control, void *buffer, size_t size, size_t *count);

// Closes the open message.
int32_t imapkit_control_close_message(struct imapkit_control *control);

// Puts a message into a mailbox; NULL is the selected one. `flags` are IMAPKIT_FLAG_…. Its UID goes to `uid`, 0 when the server does not tell;
// `uid` may be NULL.
int32_t imapkit_control_create_message(struct imapkit_control *control,
                                       const uint8_t *data,
                                       size_t length,
                                       uint32_t flags,
                                       const char *mailbox,
                                       uint32_t *uid);

// Puts a message of `size` bytes into a mailbox, which `reader` gives piece by piece, on this thread. Its lines have to end in CRLF.
int32_t imapkit_control_create_message_from(struct imapkit_control *control,
                                            imapkit_reader reader,
                                            void *context,
                                            uint64_t size,
                                            uint32_t flags,
                                            const char *mailbox,
                                            uint32_t *uid);

// Puts the message in a file into a mailbox. Its lines have to end in CRLF.
int32_t imapkit_control_create_message_from_file(struct imapkit_control *control,
                                                 const char *file,
                                                 uint32_t flags,
                                                 const char *mailbox,
                                                 uint32_t *uid);

// Registers what is called when a call was ended by imapkit_control_cancel. NULL takes it away.
int32_t imapkit_control_on_cancel(struct imapkit_control *control, imapkit_callback callback, void *context);

// Registers what is called when a connection is there and the user, if one is named, is logged in; another number
// than 0 closes it again. NULL takes it away.
int32_t imapkit_control_on_connect(struct imapkit_control *control,
                                   imapkit_callback callback,
                                   void *context);

// Registers what is called once when the server has closed the connection, or it was lost. NULL takes it away.
int32_t imapkit_control_on_disconnect(struct imapkit_control *control,
                                      imapkit_callback callback,
                                      void *context);

// Registers what is called when a piece of a message was received. NULL takes it away.
int32_t imapkit_control_on_read(struct imapkit_control *control, imapkit_callback callback, void *context);

// Registers what is called when a piece of a message is about to be sent. NULL takes it away.
int32_t imapkit_control_on_write(struct imapkit_control *control, imapkit_callback callback, void *context);

// Registers what is called when a call took longer than it may. NULL takes it away.
int32_t imapkit_control_on_timeout(struct imapkit_control *control, imapkit_callback callback, void *context);

// Registers what is called for every error, with its code and what it was. NULL takes it away.
int32_t imapkit_control_on_error(struct imapkit_control *control,
                                 imapkit_text_callback callback,
                                 void *context);

// Registers what is called before a secret goes over a connection that others can read, and when a certificate is
// accepted that is not valid; another number than 0 ends the call before anything is sent. NULL takes it away.
int32_t imapkit_control_on_security_warning(struct imapkit_control *control,
                                            imapkit_text_callback callback,
                                            void *context);

// Registers what is called when the server has answered: how (IMAPKIT_RESULT_…), and in which words. NULL takes it
// away.
int32_t imapkit_control_on_command(struct imapkit_control *control,
                                   imapkit_text_callback callback,
                                   void *context);

// Registers what is called while a message is received or sent. NULL takes it away.
int32_t imapkit_control_on_progress(struct imapkit_control *control,
                                    imapkit_progress_callback callback,
                                    void *context);

// Registers what is called for every change of the mailbox while imapkit_control_idle watches it. NULL takes it away.
int32_t imapkit_control_on_update(struct imapkit_control *control,
                                  imapkit_update_callback callback,
                                  void *context);

// Takes all callbacks away.
int32_t imapkit_control_clear_events(struct imapkit_control *control);

#ifdef __cplusplus
}  // extern "C"
#endif  // __cplusplus

#endif  /* IMAPKIT_H */
