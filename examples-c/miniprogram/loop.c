/* The loop of a host with one JavaScript thread: poll(2) on a pipe that ferry's wakeup writes to, and timers. */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <unistd.h>

#include "host.h"

volatile sig_atomic_t loop_signal;

static int signal_pipe = -1;

static void on_signal(int number) {
  loop_signal = number;
  int saved = errno;
  ssize_t written = write(signal_pipe, "", 1);
  (void)written;
  errno = saved;
}

bool loop_open(struct host *host) {
  int ends[2];
  if (pipe(ends) != 0) {
    perror("pipe");
    return false;
  }
  for (int i = 0; i < 2; i++) {
    fcntl(ends[i], F_SETFL, O_NONBLOCK);
    fcntl(ends[i], F_SETFD, FD_CLOEXEC);
  }
  host->wake_read = ends[0];
  host->wake_write = ends[1];
  signal_pipe = ends[1];
  struct sigaction action = {0};
  action.sa_handler = on_signal;
  sigemptyset(&action.sa_mask);
  action.sa_flags = (int)SA_RESETHAND; /* a second one ends the program at once */
  sigaction(SIGINT, &action, NULL);
  sigaction(SIGTERM, &action, NULL);
  return true;
}

void loop_wakeup(void *user_data) {
  struct host *host = user_data;
  ssize_t written;
  do {
    written = write(host->wake_write, "", 1);
  } while (written < 0 && errno == EINTR);
  /* EAGAIN: the pipe is full, so the loop has reason enough to wake up. */
}

static void drain(int descriptor) {
  char bytes[256];
  while (read(descriptor, bytes, sizeof bytes) > 0) {
  }
}

void loop_turn(struct host *host) {
  JSContext *context;
  int ran;
  while ((ran = JS_ExecutePendingJob(host->runtime, &context)) != 0) {
    if (ran < 0) report_pending(host);
  }
  report_rejections(host);
}

void loop_run(struct host *host) {
  loop_turn(host);
  while (loop_signal == 0 && (host->timer_count > 0 || ferry_quickjs_running(host->bridge) > 0)) {
    fflush(stdout);
    struct pollfd wake = {.fd = host->wake_read, .events = POLLIN};
    poll(&wake, 1, timers_wait(host));
    /* Emptied before the dispatch: what comes after it writes again. */
    drain(host->wake_read);
    ferry_quickjs_pump(host->bridge, 0, NULL);
    loop_turn(host);
    timers_run(host);
    loop_turn(host);
  }
}

void loop_close(struct host *host) {
  signal(SIGINT, SIG_DFL);
  signal(SIGTERM, SIG_DFL);
  close(host->wake_read);
  close(host->wake_write);
}
