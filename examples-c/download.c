/*
 * download: fetches a file, as wx.downloadFile does, with a progress bar.
 *
 *   download URL [FILE]                    without FILE: a temporary file, whose path is printed
 *
 * On a terminal the bar is redrawn in place; in a pipe or a log there is one plain line for each quarter.
 * Control-C aborts: ferry removes the half file then, and an older FILE stays as it was.
 * Exit code: 0 the server answered 2xx, 1 it did not, 2 wrong usage.
 */
#define _POSIX_C_SOURCE 200809L
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <ferry.h>

struct download {
  int is_terminal;
  int told_quarter;
  sigset_t signals;
  int good;
};

/* A full sum with both numbers when the size is known, a plain count when it is not (`expected` is 0 then). */
static void on_progress(void *user_data, ferry_task *task, const ferry_progress *progress) {
  static const char full[] = "########################################";
  struct download *download = user_data;
  double mib = (double)progress->transferred / 1048576.0;
  (void)task;
  if (download->is_terminal) {
    if (progress->expected == 0) {
      fprintf(stderr, "\r%.1f MiB", mib);
    } else {
      int width = (int)sizeof full - 1;
      int filled = (int)progress->percent * width / 100;
      fprintf(stderr, "\r[%-*.*s] %3d %%  %.1f MiB", width, filled, full, (int)progress->percent, mib);
    }
    if (progress->percent == 100) fputc('\n', stderr);
  } else if (progress->percent / 25 > download->told_quarter) {
    download->told_quarter = (int)progress->percent / 25;
    fprintf(stderr, "%d %%, %.1f MiB\n", download->told_quarter * 25, mib);
  }
}

static void on_success(void *user_data, ferry_task *task, const ferry_result *result) {
  struct download *download = user_data;
  uint32_t status = ferry_result_status_code(result);
  ferry_string path = ferry_result_file_path(result);
  (void)task;
  if (path.data == NULL) path = ferry_result_temp_file_path(result); /* ours now: we may keep, move or delete it */
  fprintf(stderr, "HTTP %u, %llu bytes\n", (unsigned)status, (unsigned long long)ferry_result_data_length(result));
  printf("%s\n", path.data);
  download->good = status >= 200 && status < 300;
}

static void on_fail(void *user_data, ferry_task *task, const ferry_result *result) {
  struct download *download = user_data;
  (void)task;
  if (download->is_terminal) fputc('\n', stderr);
  fprintf(stderr, "%s (errno %d)\n", ferry_result_err_msg(result).data, (int)ferry_result_errno(result));
}

/* Wakes main, which waits for signals anyway. The last that ferry does with user_data. */
static void destroy(void *user_data) {
  (void)user_data;
  kill(getpid(), SIGUSR1);
}

static void check(ferry_status status, const char *what) {
  if (status == FERRY_OK) return;
  fprintf(stderr, "%s: %s\n", what, ferry_status_string(status));
  exit(1);
}

int main(int argc, char **argv) {
  struct download download;
  ferry_download_options options = FERRY_DOWNLOAD_OPTIONS_INIT;
  ferry_callbacks callbacks = FERRY_CALLBACKS_INIT;
  ferry_engine *engine = NULL;
  ferry_task *task = NULL;
  int signal_number = 0;

  if (argc < 2 || argc > 3) {
    fprintf(stderr, "usage: download URL [FILE]\n");
    return 2;
  }
  memset(&download, 0, sizeof download);
  download.is_terminal = isatty(STDERR_FILENO);

  /* Blocked before the engine starts its threads, so that only sigwait below gets them. */
  sigemptyset(&download.signals);
  sigaddset(&download.signals, SIGINT);
  sigaddset(&download.signals, SIGTERM);
  sigaddset(&download.signals, SIGUSR1);
  pthread_sigmask(SIG_BLOCK, &download.signals, NULL);

  options.url = argv[1];
  options.file_path = argc == 3 ? argv[2] : NULL;
  callbacks.user_data = &download;
  callbacks.on_progress = on_progress;
  callbacks.on_success = on_success;
  callbacks.on_fail = on_fail;
  callbacks.destroy = destroy;

  check(ferry_engine_create(NULL, &engine), "ferry_engine_create");
  check(ferry_download_file(engine, &options, &callbacks, &task), "ferry_download_file");

  while (sigwait(&download.signals, &signal_number) == 0 && signal_number != SIGUSR1) {
    check(ferry_task_abort(task), "ferry_task_abort"); /* the end still comes through on_fail and destroy */
  }

  ferry_task_release(task);
  check(ferry_engine_close(engine), "ferry_engine_close");
  ferry_engine_release(engine);
  return download.good ? 0 : 1;
}
