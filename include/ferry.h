/*
 * ferry: files up and down for hosts of mini-programs (wx.uploadFile, wx.downloadFile), behind a C ABI.
 *
 *   ferry_engine *engine = NULL;
 *   ferry_engine_create(NULL, &engine);                        all defaults, callbacks on a thread of ferry's
 *
 *   ferry_download_options options = FERRY_DOWNLOAD_OPTIONS_INIT;
 *   options.url = "https://example.com/a.png";
 *   ferry_callbacks callbacks = FERRY_CALLBACKS_INIT;
 *   callbacks.on_complete = done;
 *   ferry_download_file(engine, &options, &callbacks, NULL);
 *   ...
 *   ferry_engine_close(engine);                                 waits until all has ended and been told
 *   ferry_engine_release(engine);
 *
 * WHO FAILS HOW. A mistake of the calling program (NULL where there must be something, a struct_size that is none, a closed engine) is
 * told at once by a ferry_status: nothing was taken then, and nothing of it is called or destroyed later. Whatever a
 * mini-program can cause (a bad URL, a missing file, a server that misbehaves) starts a task all the same and
 * is told by its callbacks, with an errno and an errMsg:
 *
 *   errno     errMsg after "uploadFile:fail " or "downloadFile:fail "
 *   1         abort (upload)                                603105  abort (download)
 *   4         internal error: ...                           111     out of memory
 *   5         timeout                                       1001    parameter error: ... (names the option)
 *   600001    network error: ... (libcurl's code and words; DNS, connect, TLS, reset, protocol)
 *   600002    url not in domain list / redirect url not in domain list
 *   600003    interrupted (background, engine closed, network lost)
 *   600007    exceed max task count                         600008  exceed max redirect count
 *   600009    invalid URL                                   603300  save file error
 *   603301    exceed max file size                          603303  permission denied, open PATH
 *   1300002   file not found                                1300005 file read error
 *   1300013   permission denied                             1300021 is a directory
 *   1300202   storage limit exceeded
 *
 * After any failure no temporary or partial file is left, and a file that was there is untouched. Any answer of the
 * server is a success, whatever its status code.
 *
 * ORDER. For each task: on_headers, on_progress any number of times (an upload's also before on_headers), exactly
 * one of on_success and on_fail, on_complete, destroy, nothing more. Callbacks of one task never overlap. Every task that
 * was accepted ends exactly once, also when its engine is closed. No callback runs inside a call of the host's, but
 * for dispatch and close of a pumped engine.
 *
 * THREADS. Every function may be called on any thread and inside any callback, except: ferry_engine_close and
 * ferry_engine_dispatch say FERRY_WOULD_DEADLOCK inside a callback of the same engine. (Two engines that close each other
 * inside callbacks wait for ever; ferry_engine_close_async does not wait.) Callbacks run on a thread of the
 * engine's ("ferry-callback"), one at a time; a slow one delays the telling, never the transfers. A host with a loop of its own chooses
 * FERRY_DISPATCH_PUMP: wakeup() says that something waits, and ferry_engine_dispatch runs the callbacks on the host's
 * thread. What waits to be told of a task is bounded: progress that was not told is replaced by newer. Callbacks must
 * not throw C++ exceptions or longjmp out.
 *
 * OWNERSHIP. Strings and arrays that go in are copied before the call returns. What comes out (ferry_string, ferry_headers,
 * ferry_result, ferry_progress) is borrowed: for the callback, or for as long as the task is retained. Handles are the
 * caller's to release. user_data stays the host's; its destroy function is called exactly once, where callbacks run, after
 * the last use.
 *
 * VERSIONS. Structs begin with struct_size and only grow at their end; zero means "default" in every field. Set them up
 * with the _INIT macros, or with the _init functions and sizeof. A program built with an older, shorter struct keeps
 * working with a newer library; a newer, longer one works with an older library as long as what it does not know is 0.
 *
 * All times are milliseconds, all sizes bytes, unless the name says otherwise. All text is UTF-8.
 */


#ifndef FERRY_H
#define FERRY_H

/* Made from src/ffi by `make header`; do not edit. */

#include <stddef.h>
#include <stdint.h>

/**
 * Version of this header.
 */
#define FERRY_VERSION_MAJOR 0

/**
 * Version of this header.
 */
#define FERRY_VERSION_MINOR 1

/**
 * Version of this header.
 */
#define FERRY_VERSION_PATCH 0

/**
 * `ferry_result_errno`: no failure.
 */
#define FERRY_ERRNO_OK 0

/**
 * Upload aborted.
 */
#define FERRY_ERRNO_UPLOAD_ABORTED 1

/**
 * A fault of ferry itself.
 */
#define FERRY_ERRNO_INTERNAL 4

/**
 * The timeout of the task, of its connection, or without a byte.
 */
#define FERRY_ERRNO_TIMEOUT 5

/**
 * Out of memory.
 */
#define FERRY_ERRNO_OUT_OF_MEMORY 111

/**
 * A bad or missing option.
 */
#define FERRY_ERRNO_PARAMETER 1001

/**
 * DNS, connect, TLS, reset, protocol.
 */
#define FERRY_ERRNO_NETWORK 600001

/**
 * The URL, a redirect's target or an address is not allowed.
 */
#define FERRY_ERRNO_NOT_IN_DOMAIN_LIST 600002

/**
 * Background, engine closed, network lost.
 */
#define FERRY_ERRNO_INTERRUPTED 600003

/**
 * The queue is full.
 */
#define FERRY_ERRNO_TOO_MANY_TASKS 600007

/**
 * More than 20 redirects.
 */
#define FERRY_ERRNO_TOO_MANY_REDIRECTS 600008

/**
 * The URL cannot be parsed, or is not http or https.
 */
#define FERRY_ERRNO_INVALID_URL 600009

/**
 * Download aborted.
 */
#define FERRY_ERRNO_DOWNLOAD_ABORTED 603105

/**
 * Download: writing failed.
 */
#define FERRY_ERRNO_SAVE_FILE 603300

/**
 * Download: larger than the limit.
 */
#define FERRY_ERRNO_FILE_TOO_LARGE 603301

/**
 * Download: `file_path` is not permitted, or its folder is missing.
 */
#define FERRY_ERRNO_TARGET_NOT_PERMITTED 603303

/**
 * Upload: no such file.
 */
#define FERRY_ERRNO_FILE_NOT_FOUND 1300002

/**
 * Upload: the file shrank, or could not be read to its end.
 */
#define FERRY_ERRNO_FILE_READ 1300005

/**
 * Upload: the file may not be read, or is no regular file.
 */
#define FERRY_ERRNO_FILE_PERMISSION 1300013

/**
 * Upload: a directory.
 */
#define FERRY_ERRNO_IS_DIRECTORY 1300021

/**
 * Download: a quota or the disk is full.
 */
#define FERRY_ERRNO_STORAGE_LIMIT 1300202

/**
 * Callbacks run on a thread of the engine's, so that a slow host never slows a transfer.
 */
#define FERRY_DISPATCH_THREAD 0

/**
 * Callbacks run only inside `ferry_engine_dispatch`, which the host calls on a thread of its choice
 * after `wakeup`.
 */
#define FERRY_DISPATCH_PUMP 1

/**
 * No log.
 */
#define FERRY_LOG_OFF 0

/**
 * What should not happen: faults of ferry or of the system.
 */
#define FERRY_LOG_ERROR 1

/**
 * What a host should look at.
 */
#define FERRY_LOG_WARN 2

/**
 * The life of the engine and of each task: id, kind, host, status, errno. No header values, bodies, query strings or paths.
 */
#define FERRY_LOG_INFO 3

/**
 * Everything, URLs and paths included. For a developer's machine.
 */
#define FERRY_LOG_DEBUG 4

/**
 * `progress_interval_ms`: an event for every change.
 */
#define FERRY_PROGRESS_EVERY_CHANGE UINT32_MAX

/**
 * A size or a time that has no limit.
 */
#define FERRY_UNLIMITED UINT64_MAX

/**
 * Loopback addresses are refused.
 */
#define FERRY_REFUSE_LOOPBACK 1

/**
 * Private and shared addresses (RFC 1918, RFC 4193, RFC 6598 …) are refused.
 */
#define FERRY_REFUSE_PRIVATE 2

/**
 * Link-local addresses are refused.
 */
#define FERRY_REFUSE_LINK_LOCAL 4

/**
 * All of these, and whatever else is not a public unicast address.
 */
#define FERRY_REFUSE_NON_PUBLIC 15

/**
 * Not known: no observation yet.
 */
#define FERRY_NETTYPE_UNKNOWN 0

/**
 * The host has said so.
 */
#define FERRY_NETTYPE_OFFLINE 1

/**
 * HTTP round trip of 2010 ms or more.
 */
#define FERRY_NETTYPE_SLOW_2G 2

/**
 * 1420 ms or more.
 */
#define FERRY_NETTYPE_2G 3

/**
 * 272 ms or more.
 */
#define FERRY_NETTYPE_3G 4

/**
 * Less than 272 ms.
 */
#define FERRY_NETTYPE_4G 5

/**
 * Not known: no response came.
 */
#define FERRY_PROTOCOL_UNKNOWN 0

/**
 * HTTP/1.1 (`http1.1`).
 */
#define FERRY_PROTOCOL_HTTP1_1 1

/**
 * HTTP/2 (`h2`).
 */
#define FERRY_PROTOCOL_H2 2

/**
 * HTTP/3 (`quic`).
 */
#define FERRY_PROTOCOL_QUIC 3

/**
 * The device is online, perhaps on another network than before.
 */
#define FERRY_NETWORK_ONLINE 0

/**
 * The device has no network.
 */
#define FERRY_NETWORK_OFFLINE 1

/**
 * Added to one of the two: running tasks fail with `interrupted` instead of getting a chance to finish.
 */
#define FERRY_NETWORK_INTERRUPT 256

/**
 * Waits in the queue for its place.
 */
#define FERRY_STATE_QUEUED 0

/**
 * Resolves, connects, shakes hands.
 */
#define FERRY_STATE_CONNECTING 1

/**
 * Sends the request, or waits for the response.
 */
#define FERRY_STATE_SENDING 2

/**
 * Receives the response.
 */
#define FERRY_STATE_RECEIVING 3

/**
 * Its end waits to be told; an abort still wins.
 */
#define FERRY_STATE_FINISHING 4

/**
 * It has succeeded.
 */
#define FERRY_STATE_SUCCEEDED 5

/**
 * It has failed.
 */
#define FERRY_STATE_FAILED 6

/**
 * An upload.
 */
#define FERRY_KIND_UPLOAD 1

/**
 * A download.
 */
#define FERRY_KIND_DOWNLOAD 2

/**
 * For the `off` functions: every listener that was added for the event (not the callbacks given at the start).
 */
#define FERRY_ALL_LISTENERS 0

/**
 * The host's file stays.
 */
#define FERRY_ADOPT_COPY 0

/**
 * The host's file is gone afterwards.
 */
#define FERRY_ADOPT_MOVE 1

/**
 * An engine: a thread that runs transfers, and the tasks it was given. Several may live in one process. All
 * functions on it may be called on any thread, also inside callbacks; the exceptions say so.
 */
typedef struct ferry_engine ferry_engine;

/**
 * Response headers, borrowed from the callback or the result they come with. All functions on them may be called
 * on any thread.
 */
typedef struct ferry_headers ferry_headers;

/**
 * The result of a task, on success and on failure. Borrowed: for the callback it is handed to, or from
 * `ferry_task_result` for as long as the task is retained. Nothing in it changes. All functions on it may be
 * called on any thread; with NULL they answer 0 or an empty string.
 */
typedef struct ferry_result ferry_result;

/**
 * One upload or download. Reference-counted: `ferry_upload_file` and `ferry_download_file` hand out one
 * reference, which `ferry_task_release` gives back. A task runs to its end whether anybody holds a reference or
 * not; letting go does not abort it. All functions on it may be called on any thread, also inside callbacks, and
 * after its engine is closed and released.
 */
typedef struct ferry_task ferry_task;

/**
 * What a function of ferry returns: `FERRY_OK` (0) or one of the grouped values below. These tell of
 * a mistake in the calling program or a refusal of the system. What goes wrong with a transfer is not told
 * here but through the task's callbacks (`ferry_result_errno`).
 */
typedef int32_t ferry_status;

/**
 * A switch with a default: `FERRY_DEFAULT`, `FERRY_ON` or `FERRY_OFF`.
 */
typedef uint32_t ferry_switch;

/**
 * One request header.
 */
typedef struct ferry_header {
  /**
   * Name, NUL-terminated.
   */
  const char *name;
  /**
   * Value, NUL-terminated UTF-8; "" is sent as an empty header.
   */
  const char *value;
} ferry_header;

/**
 * One form field of an upload.
 */
typedef struct ferry_form_field {
  /**
   * Name, NUL-terminated UTF-8.
   */
  const char *name;
  /**
   * Value: `value_length` bytes, or NUL-terminated when `value_length` is 0. NULL is the empty value.
   */
  const char *value;
  /**
   * Bytes of `value`, for a value that holds NUL bytes; 0: `value` is NUL-terminated.
   */
  size_t value_length;
} ferry_form_field;

/**
 * Options of `ferry_upload_file`: a POST of multipart/form-data, the form fields first, in the order given,
 * the file last. Start from `FERRY_UPLOAD_OPTIONS_INIT` or `ferry_upload_options_init`; zero is the default
 * of every field. All strings are copied before the call returns. What is missing or wrong in here
 * (it may come from a mini-program) ends the task with errno 1001 through the callbacks, not the call.
 */
typedef struct ferry_upload_options {
  /**
   * sizeof(ferry_upload_options).
   */
  uint32_t struct_size;
  /**
   * `FERRY_DEFAULT` is on: the result has a profile.
   */
  ferry_switch enable_profile;
  /**
   * Server address, http or https. Spaces and non-ASCII text are percent-encoded, IDN hosts work. Required.
   */
  const char *url;
  /**
   * The file to send: a plain path, or a `wxfile://` path where the engine has a storage root. Required.
   */
  const char *file_path;
  /**
   * Form name of the file part. Required.
   */
  const char *name;
  /**
   * Request headers; NULL when `header_count` is 0. Referer, Host, Connection, Content-Type, Content-Length
   * and Transfer-Encoding are dropped: they are ferry's.
   */
  const struct ferry_header *headers;
  /**
   * Number of `headers`.
   */
  size_t header_count;
  /**
   * Form fields; NULL when `form_count` is 0.
   */
  const struct ferry_form_field *form;
  /**
   * Number of `form`.
   */
  size_t form_count;
  /**
   * Milliseconds the transfer may take from leaving the queue, redirects included. 0: the engine's default.
   * More than the engine's `max_timeout_ms` counts as that. Negative: errno 1001.
   */
  int64_t timeout_ms;
  /**
   * Tasks of a higher priority leave the queue first; equal ones in the order of their start. Default 0.
   */
  int32_t priority;
  /**
   * `FERRY_DEFAULT` is off. On: HTTP/2 is negotiated by ALPN over TLS, with HTTP/1.1 as the fallback.
   */
  ferry_switch enable_http2;
  /**
   * `FERRY_DEFAULT` is off. On: HTTP/3 where the linked libcurl has it, otherwise ignored.
   */
  ferry_switch enable_quic;
  /**
   * Must be 0.
   */
  uint32_t reserved;
} ferry_upload_options;

/**
 * Options of `ferry_download_file`: a GET whose body becomes a file. See `ferry_upload_options` for what is
 * common to both.
 */
typedef struct ferry_download_options {
  /**
   * sizeof(ferry_download_options).
   */
  uint32_t struct_size;
  /**
   * `FERRY_DEFAULT` is on: the result has a profile.
   */
  ferry_switch enable_profile;
  /**
   * Server address, http or https. Required.
   */
  const char *url;
  /**
   * Where to store the file; its folder must exist. An existing file is replaced only when the
   * download has succeeded, in one step. NULL or "": a temporary file is made, whose extension follows
   * the response's Content-Type.
   */
  const char *file_path;
  /**
   * Request headers; NULL when `header_count` is 0. Referer, Host, Connection, Content-Length and
   * Transfer-Encoding are dropped.
   */
  const struct ferry_header *headers;
  /**
   * Number of `headers`.
   */
  size_t header_count;
  /**
   * As in `ferry_upload_options`.
   */
  int64_t timeout_ms;
  /**
   * As in `ferry_upload_options`.
   */
  int32_t priority;
  /**
   * As in `ferry_upload_options`.
   */
  ferry_switch enable_http2;
  /**
   * As in `ferry_upload_options`.
   */
  ferry_switch enable_quic;
  /**
   * Must be 0.
   */
  uint32_t reserved;
} ferry_download_options;

/**
 * Called with the response headers, once, for the final response (not for redirects). `headers` is borrowed
 * for the call; the same headers are in the result later.
 */
typedef void (*ferry_headers_fn)(void *user_data, struct ferry_task *task, const struct ferry_headers *headers);

/**
 * How far a transfer is. `struct_size` is that of the library: newer fields come at the end.
 */
typedef struct ferry_progress {
  /**
   * sizeof(ferry_progress) in the library.
   */
  uint32_t struct_size;
  /**
   * Whole percent, 0 to 100; 0 while the total is unknown.
   */
  int32_t percent;
  /**
   * Bytes of the body so far: upload, the whole multipart body sent; download, written to the file.
   */
  uint64_t transferred;
  /**
   * Bytes of the whole body; 0 while unknown.
   */
  uint64_t expected;
} ferry_progress;

/**
 * Called with progress. `progress` is borrowed for the call.
 */
typedef void (*ferry_progress_fn)(void *user_data,
                                  struct ferry_task *task,
                                  const struct ferry_progress *progress);

/**
 * Called with the end of a task. `result` is borrowed for the call; `ferry_task_result` gives the same
 * for as long as the task is retained.
 */
typedef void (*ferry_result_fn)(void *user_data, struct ferry_task *task, const struct ferry_result *result);

/**
 * Called once when ferry lets go of a `user_data`.
 */
typedef void (*ferry_destroy_fn)(void *user_data);

/**
 * The callbacks of one task. Every function may be NULL. In order: `on_headers`, `on_progress` any number of
 * times (for an upload also before `on_headers`), exactly one of `on_success` and `on_fail`, `on_complete`
 * with the same result, `destroy`, nothing more. They never overlap, never run inside a call of
 * the host's, and run on the callback thread, or in `ferry_engine_dispatch` where the host pumps.
 */
typedef struct ferry_callbacks {
  /**
   * sizeof(ferry_callbacks).
   */
  uint32_t struct_size;
  /**
   * Must be 0.
   */
  uint32_t reserved;
  /**
   * Handed to each function. Stays the host's; ferry calls `destroy` when it will not use it again.
   */
  void *user_data;
  /**
   * Response headers.
   */
  ferry_headers_fn on_headers;
  /**
   * Progress: at most one call per `progress_interval_ms`, never falling; the last one says
   * 100 and comes before `on_success`.
   */
  ferry_progress_fn on_progress;
  /**
   * The server answered, with any status code.
   */
  ferry_result_fn on_success;
  /**
   * It failed: see `ferry_result_errno` and `ferry_result_err_msg`.
   */
  ferry_result_fn on_fail;
  /**
   * After `on_success` or `on_fail`.
   */
  ferry_result_fn on_complete;
  /**
   * Last, exactly once, for every task that was accepted. A start that did not return `FERRY_OK` took
   * nothing and never calls it.
   */
  ferry_destroy_fn destroy;
} ferry_callbacks;

/**
 * Called when something waits for `ferry_engine_dispatch`: once, until the next dispatch. It may come from
 * any thread, also from inside a call of the host's, and must not call ferry; it should set an event, write to a pipe
 * or post to a looper.
 */
typedef void (*ferry_wakeup_fn)(void *user_data);

/**
 * Called with a line of log. `message` is NUL-terminated UTF-8, borrowed for the call. Any thread of
 * ferry's; must not call ferry.
 */
typedef void (*ferry_log_fn)(void *user_data, uint32_t level, const char *message);

/**
 * A public key that a host's certificate must have.
 */
typedef struct ferry_pin {
  /**
   * Host name as in the URL, without port.
   */
  const char *host;
  /**
   * Base64 of the SHA-256 of the certificate's SubjectPublicKeyInfo. Give one entry for each key
   * that is good; a host without an entry is not pinned.
   */
  const char *spki_sha256;
} ferry_pin;

/**
 * Addresses to use for a host instead of asking DNS.
 */
typedef struct ferry_dns_override {
  /**
   * Host name, without port.
   */
  const char *host;
  /**
   * Port the entry is for.
   */
  uint16_t port;
  /**
   * Port to connect to instead; 0: `port`.
   */
  uint16_t connect_port;
  /**
   * Must be 0.
   */
  uint32_t reserved;
  /**
   * IPv4 or IPv6 addresses, separated by commas, tried in libcurl's order.
   */
  const char *addresses;
} ferry_dns_override;

/**
 * Configuration of an engine. Start from `FERRY_ENGINE_CONFIG_INIT` or `ferry_engine_config_init`; zero is the
 * default of every field. Everything but `user_data` is copied before `ferry_engine_create` returns.
 */
typedef struct ferry_engine_config {
  /**
   * sizeof(ferry_engine_config).
   */
  uint32_t struct_size;
  /**
   * `FERRY_DISPATCH_THREAD` (default) or `FERRY_DISPATCH_PUMP`.
   */
  uint32_t dispatch;
  /**
   * Handed to `wakeup`, `log` and `destroy`.
   */
  void *user_data;
  /**
   * Required with `FERRY_DISPATCH_PUMP`, otherwise unused.
   */
  ferry_wakeup_fn wakeup;
  /**
   * Log; NULL: none.
   */
  ferry_log_fn log;
  /**
   * Called once, when the engine is closed and every other callback has run but `on_closed`.
   */
  ferry_destroy_fn destroy;
  /**
   * `FERRY_LOG_OFF` (default) to `FERRY_LOG_DEBUG`.
   */
  uint32_t log_level;
  /**
   * Uploads at a time; 0: 10.
   */
  uint32_t max_uploads;
  /**
   * Downloads at a time; 0: 10.
   */
  uint32_t max_downloads;
  /**
   * Tasks of a kind that may wait in the queue, beyond which a new one fails with errno 600007; 0: no limit.
   */
  uint32_t max_queued;
  /**
   * Milliseconds for a task that gives no timeout; 0: 60000.
   */
  uint32_t default_timeout_ms;
  /**
   * Ceiling for every timeout, milliseconds; 0: 60000.
   */
  uint32_t max_timeout_ms;
  /**
   * Milliseconds for a connection (DNS, TCP, TLS); 0: no limit of its own, the timeout holds.
   */
  uint32_t connect_timeout_ms;
  /**
   * Milliseconds without a byte in either direction, once connected; 0: no limit of its own.
   */
  uint32_t idle_timeout_ms;
  /**
   * Least milliseconds between two progress events of a task; 0: 100; `FERRY_PROGRESS_EVERY_CHANGE`: each change.
   */
  uint32_t progress_interval_ms;
  /**
   * Bits `FERRY_REFUSE_…`: addresses that no transfer may connect to, checked on the address itself
   * whatever name led there; 0: none.
   */
  uint32_t refuse_addresses;
  /**
   * Most bytes of an upload's response body; 0: 16 MiB; `FERRY_UNLIMITED`.
   */
  uint64_t max_response_body;
  /**
   * Most bytes of a download, errno 603301 beyond; 0: 200 MiB; `FERRY_UNLIMITED`.
   */
  uint64_t max_download_size;
  /**
   * User-Agent of every request; NULL: the caller's, or `ferry/VERSION`.
   */
  const char *user_agent;
  /**
   * Referer of every request (a mini-program cannot set one), as a rule
   * `https://servicewechat.com/{appid}/{version}/page-frame.html`; NULL: none.
   */
  const char *referer;
  /**
   * PEM file of CA certificates used instead of the platform's; NULL: see `ca_pem`.
   */
  const char *ca_file;
  /**
   * PEM bytes of CA certificates used instead of the platform's; NULL: the platform's, where there is one
   * that libcurl can read (not on Android: give the bytes).
   */
  const uint8_t *ca_pem;
  /**
   * Length of `ca_pem`.
   */
  size_t ca_pem_length;
  /**
   * Public keys; NULL when `pin_count` is 0.
   */
  const struct ferry_pin *pins;
  /**
   * Number of `pins`.
   */
  size_t pin_count;
  /**
   * DNS overrides; NULL when `dns_override_count` is 0.
   */
  const struct ferry_dns_override *dns_overrides;
  /**
   * Number of `dns_overrides`.
   */
  size_t dns_override_count;
  /**
   * Proxy URL; NULL or "": none (environment variables are not read).
   */
  const char *proxy;
  /**
   * Origins (`https://host` or `https://host:port`) that uploads may reach, redirects included. NULL: any;
   * not NULL with a count of 0: none.
   */
  const char *const *upload_origins;
  /**
   * Number of `upload_origins`.
   */
  size_t upload_origin_count;
  /**
   * The same for downloads.
   */
  const char *const *download_origins;
  /**
   * Number of `download_origins`.
   */
  size_t download_origin_count;
  /**
   * `FERRY_DEFAULT` is off. On: http URLs fail with errno 600002.
   */
  ferry_switch https_only;
  /**
   * `FERRY_DEFAULT` is off: bytes are stored as the server sent them. On: gzip and deflate are asked for
   * and decoded, and sizes count what is written, unless the caller set Accept-Encoding itself.
   */
  ferry_switch decode_content;
  /**
   * `FERRY_DEFAULT` is off. On: `ferry_engine_set_background` fails tasks as described there.
   */
  ferry_switch background_limit;
  /**
   * Must be 0.
   */
  uint32_t reserved;
  /**
   * Folder for temporary downloads where there is no storage root; NULL: the system's.
   */
  const char *temp_dir;
  /**
   * Storage root of one mini-program (made if it is missing, with its parents). Paths are then `wxfile://tmp_…` and
   * `wxfile://usr/…` only, and lead nowhere else. One engine at a time per root. NULL: plain paths, for trusted callers.
   */
  const char *storage_root;
  /**
   * Bytes of temporary files while running; 0: 4 GiB.
   */
  uint64_t temp_quota;
  /**
   * Bytes of temporary files kept at start, least recently used go first; 0: 2 GiB.
   */
  uint64_t temp_keep;
  /**
   * Bytes of user files; 0: 200 MiB.
   */
  uint64_t user_quota;
} ferry_engine_config;

/**
 * A string or bytes that ferry hands out, borrowed: how long they live is told where they come from.
 * `data` is never NULL unless that says so, and a NUL byte follows the `length` bytes.
 */
typedef struct ferry_string {
  /**
   * The bytes; UTF-8 where it is text.
   */
  const char *data;
  /**
   * How many, the NUL not counted.
   */
  size_t length;
} ferry_string;

/**
 * Where the time of a task went. Times are milliseconds since the epoch, from one reading of the wall clock and
 * monotonic offsets: they never go backwards within a task. 0 is a stage that did not happen, unless the field
 * says otherwise. On a failure the stage that failed has its start, not its end. Everything from `fetch_start` on
 * is of the last hop.
 */
typedef struct ferry_profile {
  /**
   * sizeof(ferry_profile); set by the caller.
   */
  uint32_t struct_size;
  /**
   * `FERRY_NETTYPE_…`, estimated from the engine's recent requests.
   */
  uint32_t estimate_nettype;
  /**
   * The call was made.
   */
  int64_t invoke_start;
  /**
   * The task began to wait for a place.
   */
  int64_t queue_start;
  /**
   * It had one.
   */
  int64_t queue_end;
  /**
   * The first redirect began; 0 unless every hop stayed on one host.
   */
  int64_t redirect_start;
  /**
   * The last redirect ended; 0 likewise.
   */
  int64_t redirect_end;
  /**
   * Ready to fetch.
   */
  int64_t fetch_start;
  /**
   * DNS; `fetch_start` on a reused connection.
   */
  int64_t domain_lookup_start;
  /**
   * DNS.
   */
  int64_t domain_lookup_end;
  /**
   * TCP; `fetch_start` on a reused connection.
   */
  int64_t connect_start;
  /**
   * TCP, TLS and proxy done.
   */
  int64_t connect_end;
  /**
   * TLS; 0 without TLS, `fetch_start` on a reused connection.
   */
  int64_t ssl_connection_start;
  /**
   * TLS done.
   */
  int64_t ssl_connection_end;
  /**
   * The request began to go out.
   */
  int64_t request_start;
  /**
   * Its last byte went out.
   */
  int64_t request_end;
  /**
   * First byte of the response.
   */
  int64_t response_start;
  /**
   * Last byte of the response.
   */
  int64_t response_end;
  /**
   * Bytes sent on the last hop, headers included.
   */
  int64_t send_bytes_count;
  /**
   * Bytes received on the last hop, headers included (spelt as in the API).
   */
  int64_t received_byted_count;
  /**
   * Round trip of this connection as the kernel knows it, ms; 0 unknown.
   */
  uint32_t rtt;
  /**
   * Estimated from recent requests, ms; 0 unknown.
   */
  uint32_t http_rtt_estimate;
  /**
   * Estimated from recent connections, ms; 0 unknown.
   */
  uint32_t transport_rtt_estimate;
  /**
   * Estimated from recent downloads, kbit/s; 0 unknown.
   */
  uint32_t downstream_throughput_kbps_estimate;
  /**
   * This transfer's received bytes over its duration, kbit/s.
   */
  uint32_t throughput_kbps;
  /**
   * Port of the peer; 0 unknown.
   */
  uint32_t port;
  /**
   * `FERRY_PROTOCOL_…`.
   */
  uint32_t protocol;
  /**
   * 1: the connection was there before.
   */
  uint32_t socket_reused;
  /**
   * Always 0.
   */
  uint32_t using_high_performance_mode;
  /**
   * Must be 0.
   */
  uint32_t reserved;
  /**
   * IP address of the peer, NUL-terminated; "" unknown.
   */
  char peer_ip[64];
} ferry_profile;

/**
 * Counters of an engine, as they were a moment ago.
 */
typedef struct ferry_engine_stats {
  /**
   * sizeof(ferry_engine_stats); set by the caller.
   */
  uint32_t struct_size;
  /**
   * Uploads that wait for a place.
   */
  uint32_t uploads_queued;
  /**
   * Uploads that run.
   */
  uint32_t uploads_running;
  /**
   * Downloads that wait for a place.
   */
  uint32_t downloads_queued;
  /**
   * Downloads that run.
   */
  uint32_t downloads_running;
  /**
   * Tasks with something that waits to be told.
   */
  uint32_t undelivered;
  /**
   * Tasks accepted so far.
   */
  uint64_t accepted;
  /**
   * Tasks whose end was told so far.
   */
  uint64_t ended;
} ferry_engine_stats;

/**
 * What the engine estimates of the network.
 */
typedef struct ferry_network {
  /**
   * sizeof(ferry_network); set by the caller.
   */
  uint32_t struct_size;
  /**
   * `FERRY_NETTYPE_…`.
   */
  uint32_t nettype;
  /**
   * ms; 0 unknown.
   */
  uint32_t http_rtt;
  /**
   * ms; 0 unknown.
   */
  uint32_t transport_rtt;
  /**
   * kbit/s; 0 unknown.
   */
  uint32_t downstream_kbps;
  /**
   * Must be 0.
   */
  uint32_t reserved;
} ferry_network;

/**
 * The call did what it says.
 */
#define FERRY_OK 0

/**
 * A pointer that must not be NULL is NULL, or a value is outside its range.
 */
#define FERRY_INVALID_ARGUMENT 100

/**
 * `struct_size` is too small to be any version of the struct, or larger than this library knows with bytes
 * that are not zero in the part it does not know.
 */
#define FERRY_INVALID_STRUCT_SIZE 101

/**
 * A string of the configuration is not UTF-8, or is not what its field asks for (the log says which).
 */
#define FERRY_INVALID_CONFIG 102

/**
 * The buffer is too small; the length needed was stored.
 */
#define FERRY_BUFFER_TOO_SMALL 103

/**
 * The engine is closed or closing: nothing was taken.
 */
#define FERRY_ENGINE_CLOSED 200

/**
 * The task has ended: nothing was taken.
 */
#define FERRY_TASK_ENDED 201

/**
 * The call would wait for itself: a blocking close, or a dispatch, from inside a callback.
 */
#define FERRY_WOULD_DEADLOCK 202

/**
 * There is no such listener (any more), or no such entry.
 */
#define FERRY_NOT_FOUND 203

/**
 * The engine runs its callbacks on its own thread, so there is nothing to dispatch; or the engine has no
 * storage root, so there are no `wxfile://` paths.
 */
#define FERRY_NOT_AVAILABLE 204

/**
 * No memory.
 */
#define FERRY_OUT_OF_MEMORY 300

/**
 * A thread or a descriptor could not be had from the system.
 */
#define FERRY_SYSTEM 301

/**
 * The storage root could not be made or opened, or its file could not be read or written.
 */
#define FERRY_STORAGE 302

/**
 * A fault of ferry itself. It was contained: the engine goes on.
 */
#define FERRY_INTERNAL 900

/**
 * What the documentation of the field calls the default.
 */
#define FERRY_DEFAULT 0

/**
 * On, whatever the default.
 */
#define FERRY_ON 1

/**
 * Off, whatever the default.
 */
#define FERRY_OFF 2

#ifdef __cplusplus
extern "C" {
#endif // __cplusplus

/**
 * The version of the linked library: major * 1000000 + minor * 1000 + patch. Compare with the
 * `FERRY_VERSION_…` macros of the header. Any thread.
 */
uint32_t ferry_version_number(void);

/**
 * The version of the linked library as text, `0.1.0`. Never NULL; lives as long as the library. Any thread.
 */
const char *ferry_version(void);

/**
 * The libcurl inside and what it is made of, for bug reports: `libcurl/8.22.0 AWS-LC/1.73.0 zlib/1.3.2 nghttp2/1.68.1`.
 * Never NULL; lives as long as the library. Any thread.
 */
const char *ferry_curl_version(void);

/**
 * The English name of a status, for logs. Never NULL; the text lives as long as the library. Any thread.
 */
const char *ferry_status_string(ferry_status status);

/**
 * Fills `target` with defaults: zeroes `struct_size` bytes and stores `struct_size`. Pass
 * sizeof(ferry_upload_options); NULL does nothing. For languages that cannot use the `_INIT` macro.
 */
void ferry_upload_options_init(struct ferry_upload_options *target, uint32_t struct_size);

/**
 * As `ferry_upload_options_init`, with sizeof(ferry_download_options).
 */
void ferry_download_options_init(struct ferry_download_options *target, uint32_t struct_size);

/**
 * As `ferry_upload_options_init`, with sizeof(ferry_callbacks).
 */
void ferry_callbacks_init(struct ferry_callbacks *target, uint32_t struct_size);

/**
 * As `ferry_upload_options_init`, with sizeof(ferry_engine_config).
 */
void ferry_engine_config_init(struct ferry_engine_config *target, uint32_t struct_size);

/**
 * The text of a `FERRY_NETTYPE_…`: `slow 2g`, `2g`, `3g`, `4g`, `offline` or `unknown`. Never NULL; any thread.
 */
const char *ferry_nettype_string(uint32_t nettype);

/**
 * The text of a `FERRY_PROTOCOL_…`: `http1.1`, `h2`, `quic` or `unknown`. Never NULL; any thread.
 */
const char *ferry_protocol_string(uint32_t protocol);

/**
 * How many header lines the response has, repeats counted. NULL: 0.
 */
size_t ferry_headers_count(const struct ferry_headers *headers);

/**
 * The header line at `index`, in the order and with the names that the server sent. `out_name` and
 * `out_value` may be NULL. FERRY_NOT_FOUND past the end.
 */
ferry_status ferry_headers_at(const struct ferry_headers *headers,
                              size_t index,
                              struct ferry_string *out_name,
                              struct ferry_string *out_value);

/**
 * How many different names the response has, upper and lower case being the same. NULL: 0.
 */
size_t ferry_headers_joined_count(const struct ferry_headers *headers);

/**
 * The name at `index` with all its values joined by `,`: what a mini-program sees. As `ferry_headers_at` otherwise.
 */
ferry_status ferry_headers_joined_at(const struct ferry_headers *headers,
                                     size_t index,
                                     struct ferry_string *out_name,
                                     struct ferry_string *out_value);

/**
 * The values of a name joined by `,`, whatever its case. `data` is NULL when the response has no such header.
 */
struct ferry_string ferry_headers_get(const struct ferry_headers *headers, const char *name);

/**
 * How many `Set-Cookie` values the response has. NULL: 0.
 */
size_t ferry_headers_cookie_count(const struct ferry_headers *headers);

/**
 * One `Set-Cookie` value, whole. `data` is NULL past the end.
 */
struct ferry_string ferry_headers_cookie_at(const struct ferry_headers *headers, size_t index);

/**
 * The status code that came with the headers. NULL: 0.
 */
uint32_t ferry_headers_status_code(const struct ferry_headers *headers);

/**
 * 0 on success, otherwise the errno of the failure. The numbers are listed at the top of this file.
 */
int32_t ferry_result_errno(const struct ferry_result *result);

/**
 * `uploadFile:ok`, `downloadFile:ok`, or `uploadFile:fail …` / `downloadFile:fail …` with the reason.
 */
struct ferry_string ferry_result_err_msg(const struct ferry_result *result);

/**
 * HTTP status code of the final response; 0 when there was none.
 */
uint32_t ferry_result_status_code(const struct ferry_result *result);

/**
 * Headers of the final response, empty when there was none. Live as long as the result.
 */
const struct ferry_headers *ferry_result_headers(const struct ferry_result *result);

/**
 * Upload: the response body, byte for byte. Empty for a download or a failure.
 */
struct ferry_string ferry_result_body(const struct ferry_result *result);

/**
 * Upload: the response body as UTF-8 text, without a leading byte order mark; what is no UTF-8 becomes U+FFFD.
 */
struct ferry_string ferry_result_data(const struct ferry_result *result);

/**
 * Download without `file_path`: where the temporary file is, a `wxfile://tmp_…` path where the engine has a
 * storage root, otherwise a plain path to a file that is now the host's. `data` is NULL otherwise.
 */
struct ferry_string ferry_result_temp_file_path(const struct ferry_result *result);

/**
 * Download with `file_path`: that path, as it was given. `data` is NULL otherwise.
 */
struct ferry_string ferry_result_file_path(const struct ferry_result *result);

/**
 * Download: bytes written to the file. Upload: bytes of the response body. 0 on failure.
 */
uint64_t ferry_result_data_length(const struct ferry_result *result);

/**
 * The URL of the last request, after redirects, without user name and password; "" when none was made.
 */
struct ferry_string ferry_result_effective_url(const struct ferry_result *result);

/**
 * Fills `out_profile`, whose `struct_size` the caller has set. FERRY_NOT_AVAILABLE when the profile was switched
 * off. A task that failed before it left the queue has only its first times.
 */
ferry_status ferry_result_profile(const struct ferry_result *result,
                                  struct ferry_profile *out_profile);

/**
 * Makes an engine and starts its threads. `config` may be NULL for all defaults. On FERRY_OK `*out_engine` is the
 * caller's, to be closed and released; otherwise nothing was taken, `destroy` is not called and `*out_engine` is NULL.
 *
 * Returns FERRY_OK, FERRY_INVALID_ARGUMENT, FERRY_INVALID_STRUCT_SIZE, FERRY_INVALID_CONFIG (the log says what),
 * FERRY_STORAGE, FERRY_SYSTEM, FERRY_INTERNAL.
 */
ferry_status ferry_engine_create(const struct ferry_engine_config *config,
                                 struct ferry_engine **out_engine);

/**
 * Closes the engine and waits: tasks that have not ended fail with `interrupted` (errno 600003), every callback and
 * every destroy has run, the threads are gone. Pumped engines tell the rest inside this call, on the
 * calling thread. The handle stays valid, for `ferry_engine_release`. Closing again does nothing.
 *
 * Returns FERRY_OK; FERRY_WOULD_DEADLOCK inside a callback of this engine, which then goes on as it was;
 * FERRY_INVALID_ARGUMENT for NULL.
 */
ferry_status ferry_engine_close(struct ferry_engine *engine);

/**
 * Begins to close the engine and returns: what `ferry_engine_close` promises has come true when
 * `on_closed(user_data)` is called, the last callback of the engine, on the callback thread or in the host's
 * `ferry_engine_dispatch` (the callback thread itself ends right after it). `on_closed` may be NULL. May be called inside callbacks.
 *
 * Returns FERRY_OK; FERRY_ENGINE_CLOSED when the engine is closed already (`on_closed` is not called then);
 * FERRY_INVALID_ARGUMENT for NULL.
 */
ferry_status ferry_engine_close_async(struct ferry_engine *engine,
                                      ferry_destroy_fn on_closed,
                                      void *user_data);

/**
 * Gives the handle back; NULL is fine. An engine that was not closed begins to close and ends on its own; a pumped one
 * is closed inside this call, or at the end of the dispatch that runs the callback it is called in. To be sure that
 * nothing of it is left, close it first.
 */
void ferry_engine_release(struct ferry_engine *engine);

/**
 * Runs at most `max_events` callbacks that wait (0: all that wait now) on the calling thread, for an engine with
 * `FERRY_DISPATCH_PUMP`; never waits for one. When some are left, `wakeup` is called again. `out_dispatched` may
 * be NULL. Call it on one thread.
 *
 * Returns FERRY_OK; FERRY_WOULD_DEADLOCK inside a callback of this engine; FERRY_NOT_AVAILABLE when the engine has a
 * callback thread; FERRY_INVALID_ARGUMENT for NULL.
 */
ferry_status ferry_engine_dispatch(struct ferry_engine *engine,
                                   uint32_t max_events,
                                   uint32_t *out_dispatched);

/**
 * Fills `out_stats`, whose `struct_size` the caller has set.
 */
ferry_status ferry_engine_get_stats(const struct ferry_engine *engine, struct ferry_engine_stats *out_stats);

/**
 * Fills `out_network`, whose `struct_size` the caller has set, with what the engine estimates of the network from its recent requests.
 */
ferry_status ferry_engine_network(const struct ferry_engine *engine,
                                  struct ferry_network *out_network);

/**
 * The host tells that the network changed: connections and addresses of the old one are not used again, and the
 * estimate starts anew. Running tasks go on on their connections, unless `FERRY_NETWORK_INTERRUPT` is added.
 *
 * Returns FERRY_OK, FERRY_ENGINE_CLOSED, FERRY_INVALID_ARGUMENT.
 */
ferry_status ferry_engine_network_changed(struct ferry_engine *engine,
                                          uint32_t change);

/**
 * The host tells that the app went to the background (not 0) or came back (0). With `background_limit` on: tasks
 * still running or queued five seconds after it went fail with `interrupted` (errno 600003), new ones fail at once, until it
 * is back. Without, nothing happens.
 *
 * Returns FERRY_OK, FERRY_ENGINE_CLOSED, FERRY_INVALID_ARGUMENT.
 */
ferry_status ferry_engine_set_background(struct ferry_engine *engine,
                                         int32_t background);

/**
 * Starts an upload: `wx.uploadFile`. Returns at once; no callback runs inside the call. Whatever is wrong with what
 * the options hold ends the task through `on_fail`.
 *
 * `callbacks` may be NULL; its `user_data` is taken only when FERRY_OK is returned, and then its `destroy` is called
 * exactly once. `out_task` may be NULL; otherwise it is set before any callback runs, and the caller owns
 * one reference. Any thread.
 *
 * Returns FERRY_OK, FERRY_INVALID_ARGUMENT, FERRY_INVALID_STRUCT_SIZE, FERRY_ENGINE_CLOSED, FERRY_INTERNAL.
 */
ferry_status ferry_upload_file(struct ferry_engine *engine,
                               const struct ferry_upload_options *options,
                               const struct ferry_callbacks *callbacks,
                               struct ferry_task **out_task);

/**
 * Starts a download: `wx.downloadFile`. As `ferry_upload_file` otherwise.
 */
ferry_status ferry_download_file(struct ferry_engine *engine,
                                 const struct ferry_download_options *options,
                                 const struct ferry_callbacks *callbacks,
                                 struct ferry_task **out_task);

/**
 * Takes another reference and returns `task`. NULL is fine.
 */
struct ferry_task *ferry_task_retain(struct ferry_task *task);

/**
 * Gives one reference back. The result and everything borrowed from it are gone with the last. NULL is fine.
 * May be called inside any callback, also of this task.
 */
void ferry_task_release(struct ferry_task *task);

/**
 * Ends the task with `fail abort`, from any state; after its end it does nothing. Called on the callback thread,
 * no callback of the task but `on_fail` and `on_complete` comes after it returns; called on another thread, at
 * most one that was already running. The end comes through the callbacks, never inside this call.
 *
 * Returns FERRY_OK, or FERRY_INVALID_ARGUMENT for NULL.
 */
ferry_status ferry_task_abort(struct ferry_task *task);

/**
 * A number that no other task of the engine has; 0 for NULL.
 */
uint64_t ferry_task_id(const struct ferry_task *task);

/**
 * `FERRY_KIND_UPLOAD` or `FERRY_KIND_DOWNLOAD`; 0 for NULL.
 */
uint32_t ferry_task_kind(const struct ferry_task *task);

/**
 * `FERRY_STATE_…`, as it was a moment ago; `FERRY_STATE_FAILED` for NULL.
 */
uint32_t ferry_task_state(const struct ferry_task *task);

/**
 * The result, from the moment the end is being told; NULL before. Borrowed for as long as the task is retained.
 */
const struct ferry_result *ferry_task_result(const struct ferry_task *task);

/**
 * Adds a listener for progress, called after `on_progress` and those added before it. When it is removed or the
 * task ends, `destroy(user_data)` is called once, where callbacks run. `out_listener` may be NULL; it is set
 * before the listener can be called. Any thread.
 *
 * Returns FERRY_OK; FERRY_TASK_ENDED or FERRY_INVALID_ARGUMENT, and then nothing was taken and `destroy` is not
 * called.
 */
ferry_status ferry_task_on_progress(struct ferry_task *task,
                                    ferry_progress_fn on_progress,
                                    void *user_data,
                                    ferry_destroy_fn destroy,
                                    uint64_t *out_listener);

/**
 * Adds a listener for the response headers, as `ferry_task_on_progress` does for progress. One that is
 * added after the headers were told is not called.
 */
ferry_status ferry_task_on_headers(struct ferry_task *task,
                                   ferry_headers_fn on_headers,
                                   void *user_data,
                                   ferry_destroy_fn destroy,
                                   uint64_t *out_listener);

/**
 * Removes a listener for progress, or with `FERRY_ALL_LISTENERS` all that were added. Called where callbacks run, it is
 * not called again after this returns; from another thread, a call that was running may still be. FERRY_OK, or
 * FERRY_NOT_FOUND when it is gone already. Any thread.
 */
ferry_status ferry_task_off_progress(struct ferry_task *task,
                                     uint64_t listener);

/**
 * Removes a listener for the response headers, as `ferry_task_off_progress`.
 */
ferry_status ferry_task_off_headers(struct ferry_task *task, uint64_t listener);

/**
 * The real path behind a `wxfile://` path, for the host's own use (playing a downloaded file, say); the file need not be
 * there. Writes it to `buffer` with a NUL and stores its length, without the NUL, in `out_length` (may be NULL),
 * also when the buffer is too small. Any thread.
 *
 * Returns FERRY_OK; FERRY_BUFFER_TOO_SMALL; FERRY_NOT_FOUND or FERRY_STORAGE when the path leads nowhere in the
 * storage; FERRY_NOT_AVAILABLE without a storage root; FERRY_INVALID_ARGUMENT.
 */
ferry_status ferry_engine_real_path(const struct ferry_engine *engine,
                                    const char *path,
                                    char *buffer,
                                    size_t capacity,
                                    size_t *out_length);

/**
 * Makes a file of the host's a temporary file of the mini-program's, which is what `wx.chooseImage` hands out: writes
 * a new `wxfile://tmp_…` path, with the file's extension, as `ferry_engine_real_path` writes its own. `how` is
 * `FERRY_ADOPT_COPY` or `FERRY_ADOPT_MOVE`. May take as long as copying the file takes. 96 bytes of buffer are always enough. Any
 * thread.
 *
 * Returns FERRY_OK; FERRY_BUFFER_TOO_SMALL (nothing was taken); FERRY_NOT_FOUND; FERRY_STORAGE (not a
 * regular file, not readable, or the quota is full); FERRY_NOT_AVAILABLE without a storage root; FERRY_INVALID_ARGUMENT.
 */
ferry_status ferry_engine_adopt_file(struct ferry_engine *engine,
                                     const char *host_path,
                                     uint32_t how,
                                     char *buffer,
                                     size_t capacity,
                                     size_t *out_length);

/**
 * Counts the files below the storage root anew. ferry counts what it writes itself; call this when the host has removed or
 * added files there, or what was removed is found to be free only some time after a download was refused for
 * want of room. May take as long as looking at every file takes. Any thread.
 *
 * Returns FERRY_OK; FERRY_NOT_AVAILABLE without a storage root; FERRY_INVALID_ARGUMENT for NULL.
 */
ferry_status ferry_engine_recount_files(struct ferry_engine *engine);

#ifdef __cplusplus
}  // extern "C"
#endif  // __cplusplus

#endif  /* FERRY_H */

/* Initialisers: every field at its default. In C and C++. */

#define FERRY_ENGINE_CONFIG_INIT \
  { \
    sizeof(ferry_engine_config), FERRY_DISPATCH_THREAD, NULL, NULL, NULL, NULL, FERRY_LOG_OFF, 0, 0, 0, 0, 0, 0, 0, \
    0, 0, 0, 0, NULL, NULL, NULL, NULL, 0, NULL, 0, NULL, 0, NULL, NULL, 0, NULL, 0, FERRY_DEFAULT, FERRY_DEFAULT, \
    FERRY_DEFAULT, 0, NULL, NULL, 0, 0, 0 \
  }

#define FERRY_UPLOAD_OPTIONS_INIT \
  { \
    sizeof(ferry_upload_options), FERRY_DEFAULT, NULL, NULL, NULL, NULL, 0, NULL, 0, 0, 0, FERRY_DEFAULT, \
    FERRY_DEFAULT, 0 \
  }

#define FERRY_DOWNLOAD_OPTIONS_INIT \
  { sizeof(ferry_download_options), FERRY_DEFAULT, NULL, NULL, NULL, 0, 0, 0, FERRY_DEFAULT, FERRY_DEFAULT, 0 }

#define FERRY_CALLBACKS_INIT \
  { sizeof(ferry_callbacks), 0, NULL, NULL, NULL, NULL, NULL, NULL, NULL }

#define FERRY_ENGINE_STATS_INIT \
  { sizeof(ferry_engine_stats), 0, 0, 0, 0, 0, 0, 0 }

#define FERRY_NETWORK_INIT \
  { sizeof(ferry_network), 0, 0, 0, 0, 0 }

#define FERRY_PROFILE_INIT \
  { \
    sizeof(ferry_profile), 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, \
    { 0 } \
  }
