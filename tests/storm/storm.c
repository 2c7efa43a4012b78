/* The lifecycle storm in C, for valgrind and AddressSanitizer: tasks aborted in every state, listened to, retained,
 * released and closed under, from all sides at once.
 *
 *     storm PORT TASKS [SEED]
 *
 * PORT is a ferry-test-server's on 127.0.0.1. Exit status 0: each task ended exactly once, each destroy ran exactly
 * once, and threads, descriptors and temporary files are as they were at the start. tests/storm.rs is the same in Rust. */
#define _GNU_SOURCE
#include <dirent.h>
#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "ferry.h"

enum { SEATS = 4, WORKERS = 4, HELD = 200, UNDER_WAY = 300 };
enum stage { QUIET, SUCCEEDED, FAILED, COMPLETED, GONE };
enum moment { IN_HEADERS, IN_PROGRESS, IN_END, IN_COMPLETE, NEVER };

static atomic_int violations;
#define CHECK(condition, ...)                                                                  \
  do {                                                                                         \
    if (!(condition) && atomic_fetch_add(&violations, 1) < 20) {                               \
      fprintf(stderr, "storm.c:%d: not %s: ", __LINE__, #condition);                           \
      fprintf(stderr, __VA_ARGS__);                                                            \
      fputc('\n', stderr);                                                                     \
    }                                                                                          \
  } while (0)

/* --- random numbers: one generator per thread --------------------------------------------------------------- */

static uint64_t next(uint64_t *state) {
  *state ^= *state >> 12;
  *state ^= *state << 25;
  *state ^= *state >> 27;
  return *state * UINT64_C(0x2545f4914f6cdd1d);
}

static unsigned below(uint64_t *state, unsigned bound) { return (unsigned)((next(state) >> 11) % bound); }

/* --- records ------------------------------------------------------------------------------------------------ */

/* One task; kept to the end. */
struct record {
  struct record *before;
  /* silenced: aborted inside a callback, nothing comes after that but the end. */
  atomic_int accepted, stage, inside, silenced, headers, percent, destroyed;
};

/* One added listener; kept to the end. */
struct listener {
  struct listener *before;
  struct record *record;
  uint64_t id;
  atomic_int accepted, destroyed;
};

/* What a task's callbacks do: ferry's until destroy, which frees it, so that a memory checker sees a late use. */
struct plan {
  struct record *record;
  enum moment abort_in, listen_in, release_in;
  ferry_task *own;
};

static pthread_mutex_t records_lock = PTHREAD_MUTEX_INITIALIZER;
static struct record *records;
static struct listener *listeners;
static atomic_long left, accepted, ended, aborted_in[7];

static void *make(size_t size) {
  void *made = calloc(1, size);
  if (made == NULL) abort();
  return made;
}

static struct record *new_record(void) {
  struct record *record = make(sizeof *record);
  pthread_mutex_lock(&records_lock);
  record->before = records;
  records = record;
  pthread_mutex_unlock(&records_lock);
  return record;
}

static void enter(struct record *record, const char *name) {
  CHECK(atomic_exchange(&record->inside, 1) == 0, "%s overlaps another callback of its task", name);
}

static void leave(struct record *record) { atomic_store(&record->inside, 0); }

static void advance(struct record *record, int from, int to) {
  int stage = atomic_exchange(&record->stage, to);
  CHECK(stage == from, "from stage %d to %d", stage, to);
}

static void before_the_end(struct record *record, const char *what) {
  CHECK(atomic_load(&record->stage) == QUIET, "%s after the end", what);
  CHECK(!atomic_load(&record->silenced), "%s after an abort inside a callback", what);
}

/* --- callbacks ---------------------------------------------------------------------------------------------- */

static void abort_task(ferry_task *task) {
  uint32_t state = ferry_task_state(task);
  CHECK(ferry_task_abort(task) == FERRY_OK, "abort");
  atomic_fetch_add(&aborted_in[state], 1);
}

static void heard_headers(void *data, ferry_task *task, const ferry_headers *headers) {
  struct listener *listener = data;
  (void)task;
  enter(listener->record, "a headers listener");
  before_the_end(listener->record, "headers");
  CHECK(ferry_headers_status_code(headers) != 0, "headers without a status");
  leave(listener->record);
}

static void heard_progress(void *data, ferry_task *task, const ferry_progress *progress) {
  struct listener *listener = data;
  enter(listener->record, "a progress listener");
  before_the_end(listener->record, "progress");
  CHECK(progress->percent <= 100, "%d %%", progress->percent);
  if (listener->id % 3 == 0) ferry_task_off_progress(task, listener->id);
  leave(listener->record);
}

static void listener_gone(void *data) {
  struct listener *listener = data;
  CHECK(listener->id != 0, "destroyed before its id was known");
  atomic_fetch_add(&listener->destroyed, 1);
}

static void listen_to(ferry_task *task, struct record *record, int progress) {
  struct listener *listener = make(sizeof *listener);
  ferry_status status;
  listener->record = record;
  pthread_mutex_lock(&records_lock);
  listener->before = listeners;
  listeners = listener;
  pthread_mutex_unlock(&records_lock);
  if (progress)
    status = ferry_task_on_progress(task, heard_progress, listener, listener_gone, &listener->id);
  else
    status = ferry_task_on_headers(task, heard_headers, listener, listener_gone, &listener->id);
  CHECK(status == FERRY_OK || status == FERRY_TASK_ENDED, "status %d", status);
  atomic_store(&listener->accepted, status == FERRY_OK);
}

static void trouble_inside(struct plan *plan, ferry_task *task, enum moment moment) {
  if (plan->abort_in == moment) {
    abort_task(task);
    atomic_store(&plan->record->silenced, 1);
  }
  if (plan->listen_in == moment) listen_to(task, plan->record, 1);
  if (plan->release_in == moment) {
    ferry_task_release(plan->own);
    plan->own = NULL;
  }
}

static void on_headers(void *data, ferry_task *task, const ferry_headers *headers) {
  struct plan *plan = data;
  enter(plan->record, "on_headers");
  before_the_end(plan->record, "headers");
  CHECK(atomic_fetch_add(&plan->record->headers, 1) == 0, "headers twice");
  CHECK(ferry_headers_status_code(headers) != 0, "headers without a status");
  trouble_inside(plan, task, IN_HEADERS);
  leave(plan->record);
}

static void on_progress(void *data, ferry_task *task, const ferry_progress *progress) {
  struct plan *plan = data;
  enter(plan->record, "on_progress");
  before_the_end(plan->record, "progress");
  CHECK(atomic_exchange(&plan->record->percent, progress->percent) <= progress->percent, "progress fell");
  trouble_inside(plan, task, IN_PROGRESS);
  leave(plan->record);
}

static void on_success(void *data, ferry_task *task, const ferry_result *result) {
  struct plan *plan = data;
  ferry_string path = ferry_result_temp_file_path(result);
  enter(plan->record, "on_success");
  advance(plan->record, QUIET, SUCCEEDED);
  CHECK(atomic_load(&plan->record->percent) == 100, "success at %d %%", atomic_load(&plan->record->percent));
  CHECK(ferry_result_errno(result) == 0, "errno %d", ferry_result_errno(result));
  if (path.data != NULL) {
    struct stat file;
    CHECK(stat((const char *)path.data, &file) == 0, "no file");
    CHECK((uint64_t)file.st_size == ferry_result_data_length(result), "%lld bytes", (long long)file.st_size);
    CHECK(unlink((const char *)path.data) == 0, "the file is the host's");
  }
  trouble_inside(plan, task, IN_END);
  leave(plan->record);
}

static void on_fail(void *data, ferry_task *task, const ferry_result *result) {
  struct plan *plan = data;
  enter(plan->record, "on_fail");
  advance(plan->record, QUIET, FAILED);
  CHECK(ferry_result_errno(result) != 0 && ferry_result_err_msg(result).length > 0, "a failure without a reason");
  trouble_inside(plan, task, IN_END);
  leave(plan->record);
}

/* The engine whose handle the next callback on this thread is to release. */
static _Thread_local ferry_engine *release_inside;

static ferry_engine *take_release(void) {
  ferry_engine *engine = release_inside;
  release_inside = NULL;
  return engine;
}

static void on_complete(void *data, ferry_task *task, const ferry_result *result) {
  struct plan *plan = data;
  int stage = atomic_exchange(&plan->record->stage, COMPLETED);
  enter(plan->record, "on_complete");
  CHECK(stage == SUCCEEDED || stage == FAILED, "complete at stage %d", stage);
  CHECK(ferry_task_result(task) == result, "another result");
  trouble_inside(plan, task, IN_COMPLETE);
  leave(plan->record);
  ferry_engine_release(take_release());
}

static pthread_mutex_t pulse_lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t pulse = PTHREAD_COND_INITIALIZER;

static void on_gone(void *data) {
  struct plan *plan = data;
  advance(plan->record, COMPLETED, GONE);
  atomic_fetch_add(&plan->record->destroyed, 1);
  ferry_task_release(plan->own);
  free(plan);
  pthread_mutex_lock(&pulse_lock);
  atomic_fetch_add(&ended, 1);
  pthread_cond_broadcast(&pulse);
  pthread_mutex_unlock(&pulse_lock);
}

/* --- engines ------------------------------------------------------------------------------------------------ */

/* What an engine tells its host; kept to the end. */
struct host {
  struct host *before;
  pthread_mutex_t lock;
  pthread_cond_t changed;
  int woken, destroyed, closings, closed;
};

static struct seat {
  /* Locked for writing to release the handle. */
  pthread_rwlock_t lock;
  ferry_engine *engine;
  struct host *host;
} seats[SEATS];

static struct host *hosts;
static char folder[] = "/tmp/ferry-storm-XXXXXX";
static atomic_int over;

static void wakeup(void *data) {
  struct host *host = data;
  pthread_mutex_lock(&host->lock);
  CHECK(!host->destroyed, "a wake-up after destroy");
  host->woken = 1;
  pthread_cond_broadcast(&host->changed);
  pthread_mutex_unlock(&host->lock);
}

static void engine_gone(void *data) {
  struct host *host = data;
  pthread_mutex_lock(&host->lock);
  host->destroyed++;
  pthread_cond_broadcast(&host->changed);
  pthread_mutex_unlock(&host->lock);
}

static void engine_closed(void *data) {
  struct host *host = data;
  pthread_mutex_lock(&host->lock);
  host->closed++;
  pthread_cond_broadcast(&host->changed);
  pthread_mutex_unlock(&host->lock);
}

static void deadline(struct timespec *at, long milliseconds) {
  clock_gettime(CLOCK_REALTIME, at);
  at->tv_nsec += milliseconds % 1000 * 1000000;
  at->tv_sec += milliseconds / 1000 + at->tv_nsec / 1000000000;
  at->tv_nsec %= 1000000000;
}

/* A new engine; every other one is pumped. The seat is the caller's alone. */
static void open_engine(int number) {
  struct seat *seat = &seats[number];
  ferry_engine_config config = FERRY_ENGINE_CONFIG_INIT;
  struct host *host = make(sizeof *host);
  ferry_status status;
  pthread_mutex_init(&host->lock, NULL);
  pthread_cond_init(&host->changed, NULL);
  pthread_mutex_lock(&records_lock);
  host->before = hosts;
  hosts = host;
  pthread_mutex_unlock(&records_lock);
  config.dispatch = number % 2 ? FERRY_DISPATCH_PUMP : FERRY_DISPATCH_THREAD;
  config.user_data = host;
  config.wakeup = wakeup;
  config.destroy = engine_gone;
  config.temp_dir = folder;
  config.progress_interval_ms = FERRY_PROGRESS_EVERY_CHANGE;
  status = ferry_engine_create(&config, &seat->engine);
  if (status != FERRY_OK) {
    fprintf(stderr, "engine: %s\n", ferry_status_string(status));
    exit(1);
  }
  seat->host = host;
}

static void *close_too(void *engine) {
  CHECK(ferry_engine_close(engine) == FERRY_OK, "close");
  return NULL;
}

/* Ends an engine, one way or another, with whatever it has in flight. */
static void replace_engine(uint64_t *random) {
  int number = (int)below(random, SEATS);
  struct seat *seat = &seats[number];
  ferry_engine *engine;
  pthread_t other;
  pthread_rwlock_rdlock(&seat->lock);
  engine = seat->engine;
  switch (below(random, 4)) {
  case 0:
    close_too(engine);
    break;
  case 1:
    pthread_create(&other, NULL, close_too, engine);
    close_too(engine);
    pthread_join(other, NULL);
    break;
  case 2:
    pthread_mutex_lock(&seat->host->lock);
    seat->host->closings++;
    pthread_mutex_unlock(&seat->host->lock);
    if (ferry_engine_close_async(engine, engine_closed, seat->host) != FERRY_OK) engine_closed(seat->host);
    break;
  default:
    break;
  }
  pthread_rwlock_unlock(&seat->lock);
  pthread_rwlock_wrlock(&seat->lock);
  engine = seat->engine;
  open_engine(number);
  pthread_rwlock_unlock(&seat->lock);
  ferry_engine_release(engine);
}

/* A callback of the engine lets go of it, or we do. */
static void pump_and_release(int number) {
  struct seat *seat = &seats[number];
  pthread_rwlock_wrlock(&seat->lock);
  if (seat->engine != NULL) {
    release_inside = seat->engine;
    ferry_engine_dispatch(seat->engine, 0, NULL);
    ferry_engine_release(take_release());
    open_engine(number);
  }
  pthread_rwlock_unlock(&seat->lock);
}

static void *pump(void *argument) {
  int number = (int)(intptr_t)argument;
  struct seat *seat = &seats[number];
  uint64_t random = 77 + (uint64_t)number;
  while (!atomic_load(&over)) {
    struct host *host;
    struct timespec until;
    int woken;
    pthread_rwlock_rdlock(&seat->lock);
    host = seat->host;
    pthread_rwlock_unlock(&seat->lock);
    /* A new engine may have taken the seat: look again from time to time. */
    deadline(&until, 20);
    pthread_mutex_lock(&host->lock);
    if (!host->woken) pthread_cond_timedwait(&host->changed, &host->lock, &until);
    woken = host->woken;
    host->woken = 0;
    pthread_mutex_unlock(&host->lock);
    if (!woken) continue;
    if (below(&random, 100) == 0) {
      pump_and_release(number);
      continue;
    }
    pthread_rwlock_rdlock(&seat->lock);
    if (seat->engine != NULL) CHECK(ferry_engine_dispatch(seat->engine, below(&random, 8), NULL) == FERRY_OK, "dispatch");
    pthread_rwlock_unlock(&seat->lock);
  }
  return NULL;
}

/* --- tasks -------------------------------------------------------------------------------------------------- */

static const char *const brief_downloads[] = {
    "/bytes/0",      "/bytes/5",   "/bytes/3k",   "/bytes/70k",         "/chunked/20k",
    "/redirect-chain/2", "/status/404", "/delay?headers=3&body=3", "/slow/1k?chunk=256&every=2",
    "/drop-after/100/of/1k", "/keepalive-then-close", NULL /* not a URL */};
static const char *const stuck_downloads[] = {"/never", "/stall-after/1k/of/64k"};
static const char *const brief_uploads[] = {"/sink", "/upload", "/redirect/307?to=/sink", "/reset-upload/1k"};
static const char *const stuck_uploads[] = {"/stop-reading/1k", "/never"};
#define PICK(random, list) (list)[below(random, sizeof(list) / sizeof *(list))]

static int port;
static char small_file[64], large_file[64];

static struct held {
  ferry_task *task;
  struct record *record;
} held[HELD];
static int held_count;
static pthread_mutex_t held_lock = PTHREAD_MUTEX_INITIALIZER;

/* Puts a task among those that are held, and takes another one out when there are many. */
static struct held hold(struct held one, uint64_t *random) {
  struct held out = {NULL, NULL};
  pthread_mutex_lock(&held_lock);
  if (held_count < HELD) {
    held[held_count++] = one;
  } else {
    int place = (int)below(random, HELD);
    out = held[place];
    held[place] = one;
  }
  pthread_mutex_unlock(&held_lock);
  return out;
}

/* Does something to a task that is held. */
static void trouble(uint64_t *random) {
  struct held one = {NULL, NULL};
  const ferry_result *result;
  pthread_mutex_lock(&held_lock);
  if (held_count > 0) {
    one = held[below(random, (unsigned)held_count)];
    ferry_task_retain(one.task);
  }
  pthread_mutex_unlock(&held_lock);
  if (one.task == NULL) return;
  switch (below(random, 8)) {
  case 0:
    abort_task(one.task);
    break;
  case 1:
  case 2:
    listen_to(one.task, one.record, 1);
    break;
  case 3:
    listen_to(one.task, one.record, 0);
    break;
  case 4:
    ferry_task_off_progress(one.task, below(random, 4));
    break;
  case 5:
    ferry_task_off_headers(one.task, below(random, 4));
    break;
  case 6:
    result = ferry_task_result(one.task);
    CHECK(result == NULL || ferry_result_err_msg(result).length > 0, "a result without errMsg");
    break;
  default:
    CHECK(ferry_task_id(one.task) != 0 && ferry_task_kind(one.task) != 0, "a task without id or kind");
    break;
  }
  ferry_task_release(one.task);
}

static enum moment some_moment(uint64_t *random) {
  unsigned moment = below(random, 2 * NEVER);
  return moment < NEVER ? (enum moment)moment : NEVER;
}

static int start(uint64_t *random) {
  struct seat *seat = &seats[below(random, SEATS)];
  struct record *record = new_record();
  struct plan *plan = make(sizeof *plan);
  ferry_callbacks callbacks = FERRY_CALLBACKS_INIT;
  ferry_task *task = NULL;
  /* Nobody else holds it: its only reference is released inside a callback. */
  int alone = below(random, 10) < 3, stays = below(random, 10) == 0, upload = below(random, 10) < 4;
  int64_t timeout = stays ? 200 + (int64_t)below(random, 600) : 0;
  const char *path;
  char url[128];
  ferry_status status;

  plan->record = record;
  plan->abort_in = below(random, 5) == 0 ? some_moment(random) : NEVER;
  plan->listen_in = some_moment(random);
  plan->release_in = alone ? some_moment(random) : NEVER;
  callbacks.user_data = plan;
  callbacks.on_headers = on_headers;
  callbacks.on_progress = on_progress;
  callbacks.on_success = on_success;
  callbacks.on_fail = on_fail;
  callbacks.on_complete = on_complete;
  callbacks.destroy = on_gone;

  if (upload)
    path = stays ? PICK(random, stuck_uploads) : PICK(random, brief_uploads);
  else
    path = stays ? PICK(random, stuck_downloads) : PICK(random, brief_downloads);
  if (path == NULL)
    snprintf(url, sizeof url, "not a url");
  else
    snprintf(url, sizeof url, "http://127.0.0.1:%d%s", port, path);

  pthread_rwlock_rdlock(&seat->lock);
  if (upload) {
    ferry_upload_options options = FERRY_UPLOAD_OPTIONS_INIT;
    options.url = url;
    options.file_path = stays ? large_file : small_file;
    options.name = "file";
    options.timeout_ms = timeout;
    options.priority = (int32_t)below(random, 3) - 1;
    status = ferry_upload_file(seat->engine, &options, &callbacks, alone ? &plan->own : &task);
  } else {
    ferry_download_options options = FERRY_DOWNLOAD_OPTIONS_INIT;
    options.url = url;
    options.timeout_ms = timeout;
    options.priority = (int32_t)below(random, 3) - 1;
    status = ferry_download_file(seat->engine, &options, &callbacks, alone ? &plan->own : &task);
  }
  pthread_rwlock_unlock(&seat->lock);

  if (status != FERRY_OK) {
    CHECK(status == FERRY_ENGINE_CLOSED, "status %d", status);
    free(plan);
    return 0;
  }
  atomic_store(&record->accepted, 1);
  atomic_fetch_add(&accepted, 1);
  if (!alone) {
    struct held one = {task, record}, out;
    if (below(random, 20) == 0) abort_task(task);
    out = hold(one, random);
    if (out.task != NULL && below(random, 2)) abort_task(out.task);
    ferry_task_release(out.task);
  }
  return 1;
}

/* One start of those still to be made. */
static int claim(void) {
  long now = atomic_load(&left);
  while (now > 0)
    if (atomic_compare_exchange_weak(&left, &now, now - 1)) return 1;
  return 0;
}

static void *blow(void *argument) {
  uint64_t random = (uint64_t)(uintptr_t)argument | 1;
  while (claim()) {
    if (!start(&random)) atomic_fetch_add(&left, 1);
    trouble(&random);
    if (below(&random, 800) == 0) replace_engine(&random);
    while (atomic_load(&accepted) - atomic_load(&ended) > UNDER_WAY) {
      struct timespec until;
      trouble(&random);
      deadline(&until, 2);
      pthread_mutex_lock(&pulse_lock);
      pthread_cond_timedwait(&pulse, &pulse_lock, &until);
      pthread_mutex_unlock(&pulse_lock);
    }
  }
  return NULL;
}

/* --- the whole ---------------------------------------------------------------------------------------------- */

static int entries(const char *path) {
  DIR *directory = opendir(path);
  int count = 0;
  while (directory != NULL && readdir(directory) != NULL) count++;
  if (directory != NULL) closedir(directory);
  return count;
}

static void write_file(char *path, size_t size, const char *name, size_t length) {
  FILE *file;
  snprintf(path, size, "%s-%s", folder, name);
  file = fopen(path, "w");
  if (file == NULL || ftruncate(fileno(file), (off_t)length) != 0 || fclose(file) != 0) {
    perror(path);
    exit(1);
  }
}

/* Counts what came, and frees the records. */
static long settle(void) {
  long tasks = 0;
  while (listeners != NULL) {
    struct listener *listener = listeners;
    listeners = listener->before;
    CHECK(listener->destroyed == listener->accepted, "a listener was destroyed %d times", listener->destroyed);
    free(listener);
  }
  while (records != NULL) {
    struct record *record = records;
    records = record->before;
    CHECK(record->destroyed == record->accepted, "a task was destroyed %d times", record->destroyed);
    CHECK(record->stage == (record->accepted ? GONE : QUIET), "a task is at stage %d", record->stage);
    tasks += record->accepted;
    free(record);
  }
  while (hosts != NULL) {
    struct host *host = hosts;
    hosts = host->before;
    CHECK(host->destroyed == 1 && host->closed == host->closings, "an engine was destroyed %d times", host->destroyed);
    pthread_mutex_destroy(&host->lock);
    pthread_cond_destroy(&host->changed);
    free(host);
  }
  return tasks;
}

static void wait_for_engines(void) {
  struct host *host;
  struct timespec until;
  deadline(&until, 120000);
  for (host = hosts; host != NULL; host = host->before) {
    pthread_mutex_lock(&host->lock);
    while (host->destroyed == 0 || host->closed < host->closings)
      if (pthread_cond_timedwait(&host->changed, &host->lock, &until) != 0) break;
    pthread_mutex_unlock(&host->lock);
  }
}

int main(int count, char **arguments) {
  pthread_t workers[WORKERS], pumps[SEATS];
  long tasks = count > 2 ? atol(arguments[2]) : 0;
  uint64_t seed = count > 3 ? strtoull(arguments[3], NULL, 10) : (uint64_t)time(NULL);
  int threads, descriptors, i;
  time_t give_up;

  if (tasks <= 0) {
    fprintf(stderr, "usage: %s PORT TASKS [SEED]\n", arguments[0]);
    return 2;
  }
  port = atoi(arguments[1]);
  printf("storm: %ld tasks, seed %llu\n", tasks, (unsigned long long)seed);
  if (mkdtemp(folder) == NULL) {
    perror(folder);
    return 1;
  }
  write_file(small_file, sizeof small_file, "small", 3000);
  write_file(large_file, sizeof large_file, "large", 4 << 20);

  /* What a process opens once and keeps is opened before it is counted. */
  open_engine(0);
  ferry_engine_close(seats[0].engine);
  ferry_engine_release(seats[0].engine);
  threads = entries("/proc/self/task");
  descriptors = entries("/proc/self/fd");

  atomic_store(&left, tasks);
  for (i = 0; i < SEATS; i++) {
    pthread_rwlock_init(&seats[i].lock, NULL);
    open_engine(i);
  }
  for (i = 1; i < SEATS; i += 2) pthread_create(&pumps[i], NULL, pump, (void *)(intptr_t)i);
  for (i = 1; i < WORKERS; i++)
    pthread_create(&workers[i], NULL, blow, (void *)(uintptr_t)(seed * 2654435761u + (uint64_t)i * 40503u));
  blow((void *)(uintptr_t)(seed * 2654435761u));
  for (i = 1; i < WORKERS; i++) pthread_join(workers[i], NULL);
  /* The last engines close with whatever is still on its way. */
  for (i = 0; i < SEATS; i++) {
    pthread_rwlock_wrlock(&seats[i].lock);
    CHECK(ferry_engine_close(seats[i].engine) == FERRY_OK, "close");
    ferry_engine_release(seats[i].engine);
    seats[i].engine = NULL;
    pthread_rwlock_unlock(&seats[i].lock);
  }
  atomic_store(&over, 1);
  for (i = 1; i < SEATS; i += 2) pthread_join(pumps[i], NULL);
  while (held_count > 0) ferry_task_release(held[--held_count].task);
  wait_for_engines();

  CHECK(settle() == tasks, "lost some");
  /* Threads that have told their last may still be on their way out. */
  give_up = time(NULL) + 60;
  while (time(NULL) < give_up && (entries("/proc/self/task") != threads || entries("/proc/self/fd") != descriptors))
    sched_yield();
  CHECK(entries("/proc/self/task") == threads, "%d threads, %d before", entries("/proc/self/task"), threads);
  CHECK(entries("/proc/self/fd") == descriptors, "%d descriptors, %d before", entries("/proc/self/fd"), descriptors);
  unlink(small_file);
  unlink(large_file);
  CHECK(rmdir(folder) == 0, "files are left in %s", folder);
  printf("aborts by state (queued, connecting, sending, receiving, finishing, ended): %ld %ld %ld %ld %ld %ld\n",
         aborted_in[0], aborted_in[1], aborted_in[2], aborted_in[3], aborted_in[4], aborted_in[5] + aborted_in[6]);
  printf("storm: %s\n", atomic_load(&violations) == 0 ? "each task ended once, nothing is left" : "FAILED");
  return atomic_load(&violations) != 0;
}
