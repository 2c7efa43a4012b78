/*
 * ferry, a small command-line host: carries files up and down, many at a time, with progress bars, a waterfall of
 * each transfer (--profile) or lines for machines (--json). It pumps the engine on its only thread.
 *
 *   ferry up FILE... URL [-n NAME] [-F k=v]...     ferry down URL... [-o PATH]
 */
#define _POSIX_C_SOURCE 200809L
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli/arguments.h"
#include "cli/bars.h"
#include "ferry.h"
#include "cli/json.h"
#include "cli/waterfall.h"

enum { EXIT_SOME_FAILED = 1, EXIT_USAGE = 2, EXIT_HTTP_STATUS = 3, EXIT_INTERRUPTED = 130 };

static int wake_pipe[2];
static volatile sig_atomic_t interrupts;

struct transfer {
  ferry_task *task;
  const char *label;
  struct bar *bar;
};

static struct {
  const struct arguments *arguments;
  struct bar *bars;
  size_t count, ended, failed, refused;
} all;

/* Both may run on any thread or in a signal: they only write a byte. A full pipe is as good as a written one. */
static void wake(void) {
  int saved = errno;
  ssize_t ignored = write(wake_pipe[1], "", 1);
  (void)ignored;
  errno = saved;
}

static void on_wakeup(void *user_data) {
  (void)user_data;
  wake();
}

static void on_interrupt(int signal) {
  (void)signal;
  interrupts++;
  wake();
}

static void on_headers(void *user_data, ferry_task *task, const ferry_headers *headers) {
  struct transfer *transfer = user_data;
  (void)task;
  (void)headers;
  transfer->bar->note = "";
}

static void on_progress(void *user_data, ferry_task *task, const ferry_progress *progress) {
  struct transfer *transfer = user_data;
  (void)task;
  transfer->bar->percent = progress->percent;
  transfer->bar->transferred = progress->transferred;
  transfer->bar->expected = progress->expected;
  transfer->bar->note = "";
}

static void on_complete(void *user_data, ferry_task *task, const ferry_result *result) {
  struct transfer *transfer = user_data;
  (void)task;
  int failed = ferry_result_errno(result) != 0;
  unsigned status = (unsigned)ferry_result_status_code(result);
  all.ended++;
  all.failed += failed ? 1 : 0;
  all.refused += !failed && status >= 400 ? 1 : 0;
  transfer->bar->note = failed ? "failed" : "done";
  bars_clear();
  if (all.arguments->json) {
    json_result(stdout, transfer->label, result);
  } else {
    FILE *out = failed || status >= 400 ? stderr : stdout;
    ferry_string path = ferry_result_file_path(result);
    fprintf(out, "%s: %s, status %u", transfer->label, ferry_result_err_msg(result).data, status);
    if (path.data) fprintf(out, ", %llu bytes in %s", (unsigned long long)ferry_result_data_length(result), path.data);
    fputc('\n', out);
    if (all.arguments->up && !failed && ferry_result_data(result).length) printf("%s\n", ferry_result_data(result).data);
    ferry_profile profile = FERRY_PROFILE_INIT;
    if (all.arguments->profile && ferry_result_profile(result, &profile) == FERRY_OK)
      waterfall(stdout, &profile, isatty(STDOUT_FILENO) ? bars_width() : 80);
  }
  fflush(stdout);
}

static void check(ferry_status status, const char *what) {
  if (status == FERRY_OK) return;
  fprintf(stderr, "ferry: %s: %s\n", what, ferry_status_string(status));
  exit(EXIT_SOME_FAILED);
}

static void on_log(void *user_data, uint32_t level, const char *message) {
  (void)user_data;
  (void)level;
  fprintf(stderr, "ferry: %s\n", message);
}

static ferry_engine *make_engine(const struct arguments *a) {
  ferry_engine_config config = FERRY_ENGINE_CONFIG_INIT;
  config.dispatch = FERRY_DISPATCH_PUMP;
  config.wakeup = on_wakeup;
  config.log = on_log;
  config.log_level = a->verbose ? FERRY_LOG_DEBUG : FERRY_LOG_ERROR;
  config.ca_file = a->ca_file;
  config.max_download_size = FERRY_UNLIMITED;
  config.max_response_body = 64u << 20;
  /* A person at a terminal decides how long is too long. */
  config.max_timeout_ms = UINT32_MAX;
  config.default_timeout_ms = UINT32_MAX;
  config.idle_timeout_ms = 60000;
  ferry_engine *engine = NULL;
  check(ferry_engine_create(&config, &engine), "cannot make an engine");
  return engine;
}

static void start(ferry_engine *engine, const struct arguments *a, struct transfer *transfer, size_t index) {
  ferry_callbacks callbacks = FERRY_CALLBACKS_INIT;
  callbacks.user_data = transfer;
  callbacks.on_headers = on_headers;
  callbacks.on_progress = on_progress;
  callbacks.on_complete = on_complete;
  ferry_switch http2 = a->http2 ? FERRY_ON : FERRY_OFF;
  if (a->up) {
    ferry_upload_options options = FERRY_UPLOAD_OPTIONS_INIT;
    options.url = a->url;
    options.file_path = a->names[index];
    options.name = a->field_name;
    options.headers = a->headers;
    options.header_count = a->header_count;
    options.form = a->form;
    options.form_count = a->form_count;
    options.timeout_ms = a->timeout_ms;
    options.enable_http2 = http2;
    check(ferry_upload_file(engine, &options, &callbacks, &transfer->task), "cannot start an upload");
  } else {
    ferry_download_options options = FERRY_DOWNLOAD_OPTIONS_INIT;
    options.url = a->names[index];
    options.file_path = a->outputs[index];
    options.headers = a->headers;
    options.header_count = a->header_count;
    options.timeout_ms = a->timeout_ms;
    options.enable_http2 = http2;
    check(ferry_download_file(engine, &options, &callbacks, &transfer->task), "cannot start a download");
  }
}

/* Sleeps until ferry or a signal has something, then lets ferry run the callbacks. */
static void pump_until_done(ferry_engine *engine, struct transfer *transfers) {
  sig_atomic_t seen = 0;
  while (all.ended < all.count) {
    struct pollfd wait = {wake_pipe[0], POLLIN, 0};
    if (poll(&wait, 1, -1) < 0 && errno != EINTR) exit(EXIT_SOME_FAILED);
    char drain[64];
    while (read(wake_pipe[0], drain, sizeof drain) > 0) {
    }
    if (interrupts > seen) {
      seen = interrupts;
      if (seen > 1) _exit(EXIT_INTERRUPTED);
      for (size_t i = 0; i < all.count; i++) ferry_task_abort(transfers[i].task);
    }
    check(ferry_engine_dispatch(engine, 0, NULL), "cannot dispatch");
    if (!all.arguments->quiet && !all.arguments->json && all.ended < all.count) bars_draw(all.bars, all.count);
  }
  bars_clear();
}

int main(int argc, char **argv) {
  struct arguments a;
  if (!parse_arguments(&a, argc, argv)) return EXIT_USAGE;
  if (pipe(wake_pipe) != 0) return EXIT_SOME_FAILED;
  for (int end = 0; end < 2; end++) fcntl(wake_pipe[end], F_SETFL, fcntl(wake_pipe[end], F_GETFL) | O_NONBLOCK);
  struct sigaction action;
  memset(&action, 0, sizeof action);
  action.sa_handler = on_interrupt;
  sigaction(SIGINT, &action, NULL);
  sigaction(SIGTERM, &action, NULL);

  ferry_engine *engine = make_engine(&a);
  struct transfer *transfers = calloc(a.count, sizeof *transfers);
  all.arguments = &a;
  all.count = a.count;
  all.bars = calloc(a.count, sizeof *all.bars);
  if (!transfers || !all.bars) return EXIT_SOME_FAILED;
  for (size_t i = 0; i < a.count; i++) {
    all.bars[i].label = transfers[i].label = a.names[i];
    all.bars[i].note = "waiting";
    transfers[i].bar = &all.bars[i];
    start(engine, &a, &transfers[i], i);
  }
  pump_until_done(engine, transfers);
  for (size_t i = 0; i < a.count; i++) ferry_task_release(transfers[i].task);
  check(ferry_engine_close(engine), "cannot close");
  ferry_engine_release(engine);
  free(transfers);
  free(all.bars);
  free_arguments(&a);
  if (interrupts) return EXIT_INTERRUPTED;
  if (all.failed) return EXIT_SOME_FAILED;
  return all.refused ? EXIT_HTTP_STATUS : 0;
}
