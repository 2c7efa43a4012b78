/*
 * many: fifty downloads at once, each to a file of its own, and the queue they wait in.
 *
 *   many URL FOLDER [COUNT]                files are FOLDER/000, FOLDER/001 ...
 *
 * The engine runs ten downloads at a time; the others wait in the order they were started. Each time one ends, a
 * line shows the engine's counters and the states of all tasks.
 * Exit code: 0 all were answered with 2xx, 1 some were not, 2 wrong usage.
 */
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>

#include <ferry.h>

#define MOST 1000

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t changed = PTHREAD_COND_INITIALIZER;
static int ended = 0;
static int good = 0;

static void on_success(void *user_data, ferry_task *task, const ferry_result *result) {
  uint32_t status = ferry_result_status_code(result);
  (void)user_data;
  (void)task;
  if (status >= 200 && status < 300) good++; /* callbacks of one engine never overlap */
}

static void on_fail(void *user_data, ferry_task *task, const ferry_result *result) {
  (void)user_data;
  fprintf(stderr, "task %llu: %s (errno %d)\n", (unsigned long long)ferry_task_id(task),
          ferry_result_err_msg(result).data, (int)ferry_result_errno(result));
}

static void on_complete(void *user_data, ferry_task *task, const ferry_result *result) {
  (void)user_data;
  (void)task;
  (void)result;
  pthread_mutex_lock(&lock);
  ended++;
  pthread_cond_signal(&changed);
  pthread_mutex_unlock(&lock);
}

static void check(ferry_status status, const char *what) {
  if (status == FERRY_OK) return;
  fprintf(stderr, "%s: %s\n", what, ferry_status_string(status));
  exit(1);
}

/* One letter a task: . queued, c connecting, s sending, r receiving, f finishing, + succeeded, - failed. */
static void show(const ferry_engine *engine, ferry_task **tasks, int count) {
  static const char letters[] = ".csrf+-";
  ferry_engine_stats stats = FERRY_ENGINE_STATS_INIT;
  int i;
  check(ferry_engine_get_stats(engine, &stats), "ferry_engine_get_stats");
  printf("%3u queued %2u running %3llu ended  ", (unsigned)stats.downloads_queued, (unsigned)stats.downloads_running,
         (unsigned long long)stats.ended);
  for (i = 0; i < count; i++) {
    uint32_t state = ferry_task_state(tasks[i]);
    putchar(state < sizeof letters - 1 ? letters[state] : '?'); /* a newer library may know more states */
  }
  putchar('\n');
}

int main(int argc, char **argv) {
  static ferry_task *tasks[MOST];
  ferry_engine *engine = NULL;
  int count = argc == 4 ? atoi(argv[3]) : 50;
  int seen = 0;
  int i;

  if (argc < 3 || argc > 4 || count < 1 || count > MOST) {
    fprintf(stderr, "usage: many URL FOLDER [COUNT]\n");
    return 2;
  }
  check(ferry_engine_create(NULL, &engine), "ferry_engine_create");

  for (i = 0; i < count; i++) {
    ferry_download_options options = FERRY_DOWNLOAD_OPTIONS_INIT;
    ferry_callbacks callbacks = FERRY_CALLBACKS_INIT;
    char path[4096];
    snprintf(path, sizeof path, "%s/%03d", argv[2], i);
    options.url = argv[1];
    options.file_path = path; /* copied before the call returns */
    callbacks.on_success = on_success;
    callbacks.on_fail = on_fail;
    callbacks.on_complete = on_complete;
    check(ferry_download_file(engine, &options, &callbacks, &tasks[i]), "ferry_download_file");
  }
  show(engine, tasks, count);

  while (seen < count) {
    pthread_mutex_lock(&lock);
    while (ended == seen) pthread_cond_wait(&changed, &lock);
    seen = ended;
    pthread_mutex_unlock(&lock);
    show(engine, tasks, count);
  }

  for (i = 0; i < count; i++) ferry_task_release(tasks[i]);
  check(ferry_engine_close(engine), "ferry_engine_close");
  ferry_engine_release(engine);
  printf("%d of %d arrived\n", good, count);
  return good == count ? 0 : 1;
}
