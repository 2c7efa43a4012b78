/*
 * pump: ferry in a host that has a loop of its own: callbacks run on the loop's thread and nowhere else, so
 * the host needs no locks.
 *
 *   pump URL [URL ...]                     downloads all to temporary files, says how long they are, deletes them
 *
 * The engine calls wakeup() from its own threads; all it does is write a byte to a pipe that poll(2) watches beside
 * whatever else the host waits for (here: its standard input, to stop with a line of text).
 * Exit code: 0 all were answered with 2xx, 1 some were not, 2 wrong usage.
 */
#define _POSIX_C_SOURCE 200809L
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <ferry.h>

struct host {
  int wake_read;
  int wake_write;
  int running; /* plain ints: only the loop's thread touches them */
  int good;
};

static void wakeup(void *user_data) {
  struct host *host = user_data;
  ssize_t written;
  do {
    written = write(host->wake_write, "", 1);
  } while (written < 0 && errno == EINTR);
  /* EAGAIN: the pipe is full, so the loop has enough to wake up for. */
}

static void on_success(void *user_data, ferry_task *task, const ferry_result *result) {
  struct host *host = user_data;
  uint32_t status = ferry_result_status_code(result);
  (void)task;
  printf("HTTP %u, %llu bytes from %s\n", (unsigned)status, (unsigned long long)ferry_result_data_length(result),
         ferry_result_effective_url(result).data);
  if (status >= 200 && status < 300) host->good++;
  remove(ferry_result_temp_file_path(result).data);
}

static void on_fail(void *user_data, ferry_task *task, const ferry_result *result) {
  (void)user_data;
  (void)task;
  printf("%s (errno %d)\n", ferry_result_err_msg(result).data, (int)ferry_result_errno(result));
}

static void on_complete(void *user_data, ferry_task *task, const ferry_result *result) {
  struct host *host = user_data;
  (void)task;
  (void)result;
  host->running--;
}

static void check(ferry_status status, const char *what) {
  if (status == FERRY_OK) return;
  fprintf(stderr, "%s: %s\n", what, ferry_status_string(status));
  exit(1);
}

static void make_pipe(struct host *host) {
  int ends[2];
  int i;
  if (pipe(ends) != 0) {
    perror("pipe");
    exit(1);
  }
  for (i = 0; i < 2; i++) {
    /* Not blocking: wakeup() must never hold up the engine, nor emptying the pipe the loop. */
    fcntl(ends[i], F_SETFL, O_NONBLOCK);
    fcntl(ends[i], F_SETFD, FD_CLOEXEC);
  }
  host->wake_read = ends[0];
  host->wake_write = ends[1];
}

int main(int argc, char **argv) {
  struct host host = {0, 0, 0, 0};
  ferry_engine_config config = FERRY_ENGINE_CONFIG_INIT;
  ferry_engine *engine = NULL;
  struct pollfd watched[2];
  int stop = 0;
  int i;

  if (argc < 2) {
    fprintf(stderr, "usage: pump URL [URL ...]\n");
    return 2;
  }
  make_pipe(&host);
  config.dispatch = FERRY_DISPATCH_PUMP;
  config.user_data = &host;
  config.wakeup = wakeup;
  check(ferry_engine_create(&config, &engine), "ferry_engine_create");

  for (i = 1; i < argc; i++) {
    ferry_download_options options = FERRY_DOWNLOAD_OPTIONS_INIT;
    ferry_callbacks callbacks = FERRY_CALLBACKS_INIT;
    options.url = argv[i];
    callbacks.user_data = &host;
    callbacks.on_success = on_success;
    callbacks.on_fail = on_fail;
    callbacks.on_complete = on_complete;
    check(ferry_download_file(engine, &options, &callbacks, NULL), "ferry_download_file");
    host.running++;
  }

  watched[0].fd = host.wake_read;
  watched[1].fd = STDIN_FILENO;
  watched[0].events = watched[1].events = POLLIN;
  while (host.running > 0 && !stop) {
    char bytes[64];
    if (poll(watched, 2, -1) < 0) {
      if (errno == EINTR) continue;
      perror("poll");
      return 1;
    }
    if (watched[0].revents != 0) {
      /* Empty the pipe first: a wakeup during the dispatch must not be lost. */
      while (read(host.wake_read, bytes, sizeof bytes) > 0) continue;
      check(ferry_engine_dispatch(engine, 0, NULL), "ferry_engine_dispatch");
    }
    if (watched[1].revents != 0) {
      stop = read(STDIN_FILENO, bytes, sizeof bytes) > 0;
      watched[1].fd = -1; /* or its end: do not ask again */
    }
  }

  /* What still runs fails with `interrupted`, told inside this call. */
  check(ferry_engine_close(engine), "ferry_engine_close");
  ferry_engine_release(engine);
  close(host.wake_read);
  close(host.wake_write);
  return host.running == 0 && host.good == argc - 1 ? 0 : 1;
}
