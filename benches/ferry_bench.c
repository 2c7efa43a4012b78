/*
 * ferry through its C ABI, as a host uses it.
 *
 *   ferry_bench get URL FILE [CA]         one download to a file
 *   ferry_bench put URL FILE [CA]         one upload
 *   ferry_bench get-many URL FOLDER N     N downloads to FOLDER/1 …, ten at a time
 *   ferry_bench put-many URL FILE N       N uploads of the file, ten at a time
 * and what only ferry has, printed as "MEDIAN P99 WORST" in microseconds:
 *   ferry_bench submit URL FOLDER N       how long the call that starts a task takes
 *   ferry_bench abort URL FOLDER N        from the call of abort to on_fail, of running tasks; URL stalls in the body
 * and as a number of context switches of ferry's threads:
 *   ferry_bench idle URL FOLDER SECONDS   an engine that has carried files and has nothing to do
 */
#define _GNU_SOURCE
#include <dirent.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "ferry.h"

#define AT_A_TIME 10

typedef struct run {
  pthread_mutex_t lock;
  pthread_cond_t changed;
  int answered; /* tasks that have their headers */
  int ended;
  int failed;
  int awaited; /* what a counter must come to before the waiting thread is woken: not for each task */
} run;

typedef struct slot {
  run *run;
  struct timespec ended;
} slot;

static run the_run = {PTHREAD_MUTEX_INITIALIZER, PTHREAD_COND_INITIALIZER, 0, 0, 0, 0};

static void check(ferry_status status, const char *what)
{
  if (status != FERRY_OK) {
    fprintf(stderr, "%s: %s\n", what, ferry_status_string(status));
    exit(1);
  }
}

static double microseconds(const struct timespec *from, const struct timespec *to)
{
  return (double)(to->tv_sec - from->tv_sec) * 1e6 + (double)(to->tv_nsec - from->tv_nsec) / 1e3;
}

static void count(run *run, int *counter)
{
  pthread_mutex_lock(&run->lock);
  if (++*counter == run->awaited)
    pthread_cond_signal(&run->changed);
  pthread_mutex_unlock(&run->lock);
}

static void on_headers(void *user_data, ferry_task *task, const ferry_headers *headers)
{
  slot *slot = user_data;
  (void)task, (void)headers;
  count(slot->run, &slot->run->answered);
}

static void on_fail(void *user_data, ferry_task *task, const ferry_result *result)
{
  slot *slot = user_data;
  (void)task;
  clock_gettime(CLOCK_MONOTONIC, &slot->ended);
  if (ferry_result_errno(result) != FERRY_ERRNO_DOWNLOAD_ABORTED)
    fprintf(stderr, "%s\n", ferry_result_err_msg(result).data);
}

static void on_complete(void *user_data, ferry_task *task, const ferry_result *result)
{
  slot *slot = user_data;
  (void)task;
  /* Read when all have ended. */
  slot->run->failed += ferry_result_errno(result) != 0 || ferry_result_status_code(result) != 200;
  count(slot->run, &slot->run->ended);
}

static void wait_until(const int *counter, int number)
{
  pthread_mutex_lock(&the_run.lock);
  the_run.awaited = number;
  while (*counter < number)
    pthread_cond_wait(&the_run.changed, &the_run.lock);
  pthread_mutex_unlock(&the_run.lock);
}

static ferry_engine *engine_for(const char *ca)
{
  ferry_engine_config config = FERRY_ENGINE_CONFIG_INIT;
  ferry_engine *engine = NULL;
  config.max_download_size = FERRY_UNLIMITED;
  config.ca_file = ca;
  check(ferry_engine_create(&config, &engine), "ferry_engine_create");
  return engine;
}

static ferry_callbacks callbacks_for(slot *slot)
{
  ferry_callbacks callbacks = FERRY_CALLBACKS_INIT;
  slot->run = &the_run;
  callbacks.user_data = slot;
  callbacks.on_fail = on_fail;
  callbacks.on_complete = on_complete;
  return callbacks;
}

static void start_get(ferry_engine *engine, const char *url, const char *file, slot *slot)
{
  ferry_download_options options = FERRY_DOWNLOAD_OPTIONS_INIT;
  ferry_callbacks callbacks = callbacks_for(slot);
  options.url = url;
  options.file_path = file;
  check(ferry_download_file(engine, &options, &callbacks, NULL), "ferry_download_file");
}

static void start_put(ferry_engine *engine, const char *url, const char *file, slot *slot)
{
  ferry_upload_options options = FERRY_UPLOAD_OPTIONS_INIT;
  ferry_callbacks callbacks = callbacks_for(slot);
  options.url = url;
  options.file_path = file;
  options.name = "file";
  check(ferry_upload_file(engine, &options, &callbacks, NULL), "ferry_upload_file");
}

static char *numbered(const char *folder, int number)
{
  char *name;
  if (asprintf(&name, "%s/%d", folder, number) < 0)
    exit(1);
  return name;
}

static void get_many(ferry_engine *engine, const char *url, const char *folder, slot *slots, int count)
{
  for (int i = 0; i < count; i++) {
    char *name = numbered(folder, i + 1);
    start_get(engine, url, name, &slots[i]);
    free(name);
  }
  wait_until(&the_run.ended, count);
}

static int ascending(const void *left, const void *right)
{
  double a = *(const double *)left, b = *(const double *)right;
  return (a > b) - (a < b);
}

static void print_percentiles(double *samples, int count)
{
  qsort(samples, (size_t)count, sizeof *samples, ascending);
  printf("%.2f %.2f %.2f\n", samples[count / 2], samples[(int)((double)count * 0.99)], samples[count - 1]);
}

static void submit(ferry_engine *engine, const char *url, const char *folder, slot *slots, int count)
{
  double *samples = calloc((size_t)count, sizeof *samples);
  char **names = calloc((size_t)count, sizeof *names);
  for (int i = 0; i < count; i++)
    names[i] = numbered(folder, i + 1);
  for (int i = 0; i < count; i++) {
    ferry_download_options options = FERRY_DOWNLOAD_OPTIONS_INIT;
    ferry_callbacks callbacks = callbacks_for(&slots[i]);
    struct timespec before, after;
    ferry_status status;
    options.url = url;
    options.file_path = names[i];
    clock_gettime(CLOCK_MONOTONIC, &before);
    status = ferry_download_file(engine, &options, &callbacks, NULL);
    clock_gettime(CLOCK_MONOTONIC, &after);
    check(status, "ferry_download_file");
    samples[i] = microseconds(&before, &after);
  }
  wait_until(&the_run.ended, count);
  print_percentiles(samples, count);
  for (int i = 0; i < count; i++)
    free(names[i]);
  free(names);
  free(samples);
}

static void abort_running(ferry_engine *engine, const char *url, const char *folder, slot *slots, int count)
{
  double *samples = calloc((size_t)count, sizeof *samples);
  for (int first = 0; first + AT_A_TIME <= count; first += AT_A_TIME) {
    ferry_task *tasks[AT_A_TIME];
    for (int i = first; i < first + AT_A_TIME; i++) {
      ferry_download_options options = FERRY_DOWNLOAD_OPTIONS_INIT;
      ferry_callbacks callbacks = callbacks_for(&slots[i]);
      char *name = numbered(folder, i + 1);
      callbacks.on_headers = on_headers;
      options.url = url;
      options.file_path = name;
      check(ferry_download_file(engine, &options, &callbacks, &tasks[i - first]), "ferry_download_file");
      free(name);
    }
    wait_until(&the_run.answered, first + AT_A_TIME);
    for (int i = first; i < first + AT_A_TIME; i++) {
      struct timespec before;
      clock_gettime(CLOCK_MONOTONIC, &before);
      check(ferry_task_abort(tasks[i - first]), "ferry_task_abort");
      wait_until(&the_run.ended, i + 1);
      samples[i] = microseconds(&before, &slots[i].ended);
      ferry_task_release(tasks[i - first]);
    }
  }
  print_percentiles(samples, count - count % AT_A_TIME);
  the_run.failed = 0;
  free(samples);
}

/* Context switches of the threads whose names begin with "ferry-", so far. */
static long context_switches(void)
{
  DIR *tasks = opendir("/proc/self/task");
  struct dirent *entry;
  long total = 0;
  while (tasks != NULL && (entry = readdir(tasks)) != NULL) {
    char path[300], line[256];
    int ours = 0;
    FILE *status;
    long number;
    snprintf(path, sizeof path, "/proc/self/task/%s/status", entry->d_name);
    if (entry->d_name[0] == '.' || (status = fopen(path, "r")) == NULL)
      continue;
    while (fgets(line, sizeof line, status) != NULL) {
      ours |= strncmp(line, "Name:\tferry-", 12) == 0;
      if (ours && (sscanf(line, "voluntary_ctxt_switches: %ld", &number) == 1 ||
                   sscanf(line, "nonvoluntary_ctxt_switches: %ld", &number) == 1))
        total += number;
    }
    fclose(status);
  }
  if (tasks != NULL)
    closedir(tasks);
  return total;
}

static void idle(ferry_engine *engine, const char *url, const char *folder, slot *slots, int seconds)
{
  long before;
  get_many(engine, url, folder, slots, 20);
  sleep(1);
  before = context_switches();
  sleep((unsigned)seconds);
  printf("%ld\n", context_switches() - before);
}

int main(int argc, char **argv)
{
  const char *how = argc > 1 ? argv[1] : "";
  const char *ca = NULL;
  int single = strcmp(how, "get") == 0 || strcmp(how, "put") == 0;
  int count = 1;
  ferry_engine *engine;
  slot *slots;

  if (argc < 4 || argc > 5 || (!single && argc != 5)) {
    fprintf(stderr, "usage: see the top of ferry_bench.c\n");
    return 2;
  }
  if (single)
    ca = argc == 5 ? argv[4] : NULL;
  else
    count = atoi(argv[4]);
  slots = calloc((size_t)(count < 20 ? 20 : count), sizeof *slots);
  engine = engine_for(ca);

  if (strcmp(how, "get") == 0) {
    start_get(engine, argv[2], argv[3], &slots[0]);
    wait_until(&the_run.ended, 1);
  } else if (strcmp(how, "put") == 0) {
    start_put(engine, argv[2], argv[3], &slots[0]);
    wait_until(&the_run.ended, 1);
  } else if (strcmp(how, "get-many") == 0) {
    get_many(engine, argv[2], argv[3], slots, count);
  } else if (strcmp(how, "put-many") == 0) {
    for (int i = 0; i < count; i++)
      start_put(engine, argv[2], argv[3], &slots[i]);
    wait_until(&the_run.ended, count);
  } else if (strcmp(how, "submit") == 0) {
    submit(engine, argv[2], argv[3], slots, count);
  } else if (strcmp(how, "abort") == 0) {
    abort_running(engine, argv[2], argv[3], slots, count);
  } else if (strcmp(how, "idle") == 0) {
    idle(engine, argv[2], argv[3], slots, count);
  } else {
    fprintf(stderr, "no %s\n", how);
    return 2;
  }

  check(ferry_engine_close(engine), "ferry_engine_close");
  ferry_engine_release(engine);
  free(slots);
  return the_run.failed != 0;
}
