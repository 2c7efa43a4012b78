/*
 * cancel: aborts tasks and closes engines at awkward moments, and counts: every task that was accepted ends exactly
 * once and is let go of exactly once.
 *
 *   cancel URL                             of something large or slow; nothing of it is kept
 *
 * Exit code: 0 every count is right, 1 one is not, 2 wrong usage.
 */
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <ferry.h>

#define TASKS 6 /* of which two run at a time, so that the others are still in the queue */

enum moment {
  ABORT_AT_ONCE,
  ABORT_IN_HEADERS,
  ABORT_IN_PROGRESS,
  ABORT_FROM_MAIN,
  ABORT_AGAIN_AND_AGAIN,
  CLOSE_WHILE_RUNNING,
  CLOSE_IN_CALLBACK,
  RELEASE_WITHOUT_CLOSE,
  MOMENTS
};

static const char *const names[MOMENTS] = {
    "abort right after the start",    "abort in on_headers",          "abort in on_progress",
    "abort from another thread",      "abort again and again",        "close while tasks run and wait",
    "close inside a callback",        "release without closing",
};

struct run;

struct record {
  struct run *run;
  int progressed;
  int ended;
  int completed;
  int destroyed;
  int error;
};

/* One moment, one engine. Callbacks run on one thread; the lock is for main, which reads along. */
struct run {
  enum moment moment;
  ferry_engine *engine;
  struct record records[TASKS];
  int closed; /* the engine's own end */
  int wrong;
};

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t changed = PTHREAD_COND_INITIALIZER;

static void add(int *counter) {
  pthread_mutex_lock(&lock);
  ++*counter;
  pthread_cond_broadcast(&changed);
  pthread_mutex_unlock(&lock);
}

static void wait_for(const int *counter) {
  pthread_mutex_lock(&lock);
  while (*counter == 0) pthread_cond_wait(&changed, &lock);
  pthread_mutex_unlock(&lock);
}

static void expect(struct run *run, int holds, const char *what) {
  if (holds) return;
  fprintf(stderr, "%s: %s\n", names[run->moment], what);
  run->wrong = 1;
}

static void check(ferry_status status, const char *what) {
  if (status == FERRY_OK) return;
  fprintf(stderr, "%s: %s\n", what, ferry_status_string(status));
  exit(1);
}

static void on_closed(void *user_data) {
  struct run *run = user_data;
  add(&run->closed);
}

static void on_headers(void *user_data, ferry_task *task, const ferry_headers *headers) {
  struct record *record = user_data;
  struct run *run = record->run;
  (void)headers;
  if (run->moment == ABORT_IN_HEADERS || run->moment == ABORT_AGAIN_AND_AGAIN) {
    check(ferry_task_abort(task), "ferry_task_abort");
  }
  if (run->moment == ABORT_AGAIN_AND_AGAIN) check(ferry_task_abort(task), "ferry_task_abort");
  if (run->moment == CLOSE_IN_CALLBACK) {
    /* To wait for itself would never end; ferry says so. Beginning to close is fine, once. */
    ferry_status status = ferry_engine_close(run->engine);
    expect(run, status == FERRY_WOULD_DEADLOCK, "a blocking close inside a callback was not refused");
    status = ferry_engine_close_async(run->engine, NULL, NULL);
    expect(run, status == FERRY_OK || status == FERRY_ENGINE_CLOSED, "close_async inside a callback failed");
  }
}

static void on_progress(void *user_data, ferry_task *task, const ferry_progress *progress) {
  struct record *record = user_data;
  (void)progress;
  if (record->run->moment == ABORT_IN_PROGRESS) check(ferry_task_abort(task), "ferry_task_abort");
  add(&record->progressed);
}

static void on_success(void *user_data, ferry_task *task, const ferry_result *result) {
  struct record *record = user_data;
  (void)task;
  remove(ferry_result_temp_file_path(result).data); /* it was faster than the moment */
  add(&record->ended);
}

static void on_fail(void *user_data, ferry_task *task, const ferry_result *result) {
  struct record *record = user_data;
  (void)task;
  record->error = (int)ferry_result_errno(result);
  add(&record->ended);
}

static void on_complete(void *user_data, ferry_task *task, const ferry_result *result) {
  struct record *record = user_data;
  (void)result;
  if (record->run->moment == ABORT_AGAIN_AND_AGAIN) check(ferry_task_abort(task), "ferry_task_abort after the end");
  add(&record->progressed); /* ABORT_FROM_MAIN must not wait for progress that will not come */
  add(&record->completed);
}

static void destroy(void *user_data) {
  struct record *record = user_data;
  add(&record->destroyed);
}

/* What main does about the tasks it has started. */
static void act(struct run *run, ferry_task **tasks) {
  int i;
  switch (run->moment) {
    case ABORT_AT_ONCE:
      for (i = 0; i < TASKS; i++) check(ferry_task_abort(tasks[i]), "ferry_task_abort");
      break;
    case ABORT_FROM_MAIN:
      for (i = 0; i < TASKS; i++) {
        wait_for(&run->records[i].progressed);
        check(ferry_task_abort(tasks[i]), "ferry_task_abort");
      }
      break;
    case CLOSE_WHILE_RUNNING:
      wait_for(&run->records[0].progressed);
      check(ferry_engine_close(run->engine), "ferry_engine_close");
      for (i = 0; i < TASKS; i++) expect(run, run->records[i].destroyed == 1, "close returned before a destroy");
      break;
    default: /* the callbacks act */
      break;
  }
}

static void review(struct run *run) {
  int i;
  for (i = 0; i < TASKS; i++) {
    const struct record *record = &run->records[i];
    expect(run, record->ended == 1, "a task did not end exactly once");
    expect(run, record->completed == 1, "a task did not complete exactly once");
    expect(run, record->destroyed == 1, "a task was not destroyed exactly once");
    expect(run,
           record->error == FERRY_ERRNO_OK || record->error == FERRY_ERRNO_DOWNLOAD_ABORTED ||
               record->error == FERRY_ERRNO_INTERRUPTED,
           "a task failed for another reason");
  }
  expect(run, run->closed == 1, "the engine did not end exactly once");
}

static int try_moment(enum moment moment, const char *url) {
  struct run run;
  ferry_task *tasks[TASKS];
  ferry_engine_config config = FERRY_ENGINE_CONFIG_INIT;
  ferry_download_options options = FERRY_DOWNLOAD_OPTIONS_INIT;
  ferry_callbacks callbacks = FERRY_CALLBACKS_INIT;
  int started = 0;
  int i;

  memset(&run, 0, sizeof run);
  run.moment = moment;
  config.max_downloads = 2;
  config.user_data = &run;
  config.destroy = on_closed;
  check(ferry_engine_create(&config, &run.engine), "ferry_engine_create");

  options.url = url;
  callbacks.on_headers = on_headers;
  callbacks.on_progress = on_progress;
  callbacks.on_success = on_success;
  callbacks.on_fail = on_fail;
  callbacks.on_complete = on_complete;
  callbacks.destroy = destroy;
  for (i = 0; i < TASKS; i++) {
    struct record *record = &run.records[i];
    ferry_status status;
    record->run = &run;
    callbacks.user_data = record;
    status = ferry_download_file(run.engine, &options, &callbacks, &tasks[i]);
    if (status == FERRY_ENGINE_CLOSED && moment == CLOSE_IN_CALLBACK) {
      /* A callback was quicker than this loop: nothing was taken, and none of the callbacks will come. */
      expect(&run, record->destroyed == 0, "a refused start was destroyed");
      record->ended = record->completed = record->destroyed = 1;
      tasks[i] = NULL;
      continue;
    }
    check(status, "ferry_download_file");
    started++;
  }

  act(&run, tasks);
  for (i = 0; i < TASKS; i++) ferry_task_release(tasks[i]); /* letting go aborts nothing, and NULL is fine */
  if (moment != RELEASE_WITHOUT_CLOSE) {
    for (i = 0; i < TASKS; i++) wait_for(&run.records[i].destroyed);
    check(ferry_engine_close(run.engine), "ferry_engine_close");
    expect(&run, ferry_download_file(run.engine, &options, &callbacks, NULL) == FERRY_ENGINE_CLOSED,
           "a closed engine took a task");
  }
  ferry_engine_release(run.engine);
  wait_for(&run.closed);
  review(&run);
  printf("%-32s %d started: %s\n", names[moment], started, run.wrong ? "WRONG" : "each ended once");
  return run.wrong;
}

int main(int argc, char **argv) {
  int wrong = 0;
  int moment;
  if (argc != 2) {
    fprintf(stderr, "usage: cancel URL\n");
    return 2;
  }
  for (moment = 0; moment < MOMENTS; moment++) wrong |= try_moment((enum moment)moment, argv[1]);
  return wrong;
}
