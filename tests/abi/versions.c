/*
 * Programs built against older and newer headers than the library's: structs that are shorter and longer than those
 * that the library knows, used for real transfers.
 *
 *   versions URL FILE FOLDER
 */
#define _DEFAULT_SOURCE /* MAP_ANONYMOUS */
#define _DARWIN_C_SOURCE
#include <ferry.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "check.h"

static int waking[2];
static int succeeded, failed, destroyed;

static void wakeup(void *user_data) {
  (void)user_data;
  if (write(waking[1], "", 1) != 1) perror("write");
}

static void on_success(void *user_data, ferry_task *task, const ferry_result *result) {
  (void)user_data, (void)task;
  succeeded += ferry_result_status_code(result) == 200;
}

static void on_fail(void *user_data, ferry_task *task, const ferry_result *result) {
  (void)user_data, (void)task;
  fprintf(stderr, "%s\n", ferry_result_err_msg(result).data);
  failed++;
}

static void destroy(void *user_data) {
  (void)user_data;
  destroyed++;
}

/* Dispatches until one more task has told its success or failure. */
static void wait_for_end(ferry_engine *engine) {
  int before = succeeded + failed;
  while (succeeded + failed == before) {
    char byte;
    if (read(waking[0], &byte, 1) != 1) exit(3);
    CHECK_EQUAL(ferry_engine_dispatch(engine, 0, NULL), FERRY_OK);
  }
}

/*
 * A struct as a program has it whose header ends after `size` bytes. It ends where a page does that nobody may read: a
 * library that looks further crashes.
 */
static void *cut(const void *whole, size_t size) {
  size_t page = (size_t)sysconf(_SC_PAGESIZE);
  char *pages = mmap(NULL, 2 * page, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  uint32_t said = (uint32_t)size;
  char *copy;
  if (pages == MAP_FAILED || mprotect(pages + page, page, PROT_NONE) != 0) exit(3);
  copy = pages + page - size;
  memcpy(copy, whole, size);
  memcpy(copy, &said, sizeof said);
  return copy;
}

/* The same as a newer header has it: `extra` bytes more, the last of which is `last`. */
static void *grown(const void *whole, size_t size, size_t extra, char last) {
  char *copy = calloc(1, size + extra);
  uint32_t said = (uint32_t)(size + extra);
  if (copy == NULL) exit(3);
  memcpy(copy, whole, size);
  memcpy(copy, &said, sizeof said);
  copy[size + extra - 1] = last;
  return copy;
}

/* Cut too, but with something behind that must be taken for nothing. */
static void *rubbish_after(const void *whole, size_t kept, size_t size) {
  char *copy = malloc(size);
  uint32_t said = (uint32_t)kept;
  if (copy == NULL) exit(3);
  memset(copy, 0xa5, size);
  memcpy(copy, whole, kept);
  memcpy(copy, &said, sizeof said);
  return copy;
}

static ferry_engine *old_engine(void) {
  ferry_engine_config config = FERRY_ENGINE_CONFIG_INIT;
  ferry_engine *engine = NULL;
  void *old;
  config.dispatch = FERRY_DISPATCH_PUMP;
  config.wakeup = wakeup;
  CHECK_EQUAL(ferry_engine_create(cut(&config, offsetof(ferry_engine_config, log)), &engine), FERRY_OK);
  ferry_engine_release(engine);
  old = rubbish_after(&config, offsetof(ferry_engine_config, log), sizeof config);
  CHECK_EQUAL(ferry_engine_create(old, &engine), FERRY_OK);
  free(old);
  if (engine == NULL) exit(3);
  return engine;
}

struct case_ {
  ferry_upload_options upload;
  ferry_download_options download;
  ferry_callbacks callbacks;
};

static void old_structs(ferry_engine *engine, const struct case_ *c) {
  void *old[4];
  old[0] = rubbish_after(&c->upload, offsetof(ferry_upload_options, headers), sizeof c->upload);
  old[1] = cut(&c->upload, offsetof(ferry_upload_options, timeout_ms));
  CHECK_EQUAL(ferry_upload_file(engine, old[0], &c->callbacks, NULL), FERRY_OK);
  wait_for_end(engine);
  CHECK_EQUAL(ferry_upload_file(engine, old[1], &c->callbacks, NULL), FERRY_OK);
  wait_for_end(engine);
  old[2] = cut(&c->download, offsetof(ferry_download_options, headers));
  CHECK_EQUAL(ferry_download_file(engine, old[2], &c->callbacks, NULL), FERRY_OK);
  wait_for_end(engine);
  CHECK_EQUAL(destroyed, 3);
  /* A header whose callbacks ended before on_complete and destroy: neither is called. */
  old[3] = rubbish_after(&c->callbacks, offsetof(ferry_callbacks, on_complete), sizeof c->callbacks);
  CHECK_EQUAL(ferry_download_file(engine, &c->download, old[3], NULL), FERRY_OK);
  wait_for_end(engine);
  CHECK_EQUAL(destroyed, 3);
  CHECK_EQUAL(succeeded, 4);
  free(old[0]);
  free(old[3]);
}

static void new_structs(ferry_engine *engine, const struct case_ *c) {
  void *upload = grown(&c->upload, sizeof c->upload, 64, 0);
  void *download = grown(&c->download, sizeof c->download, 8, 0);
  void *callbacks = grown(&c->callbacks, sizeof c->callbacks, 16, 0);
  CHECK_EQUAL(ferry_upload_file(engine, upload, callbacks, NULL), FERRY_OK);
  wait_for_end(engine);
  CHECK_EQUAL(ferry_download_file(engine, download, callbacks, NULL), FERRY_OK);
  wait_for_end(engine);
  CHECK_EQUAL(succeeded, 6);
  free(upload);
  free(download);
  free(callbacks);
}

/* An option that this library does not know must not be ignored in silence, nor may anything be taken. */
static void refused(ferry_engine *engine, const struct case_ *c) {
  ferry_engine_config config = FERRY_ENGINE_CONFIG_INIT;
  ferry_engine_stats stats = FERRY_ENGINE_STATS_INIT;
  ferry_engine *other = engine;
  ferry_task *task = NULL;
  int before = destroyed;
  size_t i;
  void *wrong_one[4];
  wrong_one[0] = grown(&c->upload, sizeof c->upload, 64, 1);
  CHECK_EQUAL(ferry_upload_file(engine, wrong_one[0], &c->callbacks, &task), FERRY_INVALID_STRUCT_SIZE);
  wrong_one[1] = grown(&c->download, sizeof c->download, 1, 1);
  CHECK_EQUAL(ferry_download_file(engine, wrong_one[1], &c->callbacks, &task), FERRY_INVALID_STRUCT_SIZE);
  wrong_one[2] = grown(&c->callbacks, sizeof c->callbacks, 8, 1);
  CHECK_EQUAL(ferry_download_file(engine, &c->download, wrong_one[2], &task), FERRY_INVALID_STRUCT_SIZE);
  wrong_one[3] = grown(&config, sizeof config, 8, 1);
  CHECK_EQUAL(ferry_engine_create(wrong_one[3], &other), FERRY_INVALID_STRUCT_SIZE);
  CHECK(other == NULL);
  for (i = 0; i < 4; i++) free(wrong_one[i]);

  /* Forgotten, shorter than any version ever was, or not set up at all. */
  for (i = 0; i < 4; i++) {
    static const uint32_t sizes[] = {0, 4, 7, 0xa5a5a5a5};
    ferry_upload_options upload = c->upload;
    ferry_download_options download = c->download;
    ferry_callbacks callbacks = c->callbacks;
    upload.struct_size = download.struct_size = callbacks.struct_size = config.struct_size = stats.struct_size = sizes[i];
    CHECK_EQUAL(ferry_upload_file(engine, &upload, &c->callbacks, &task), FERRY_INVALID_STRUCT_SIZE);
    CHECK_EQUAL(ferry_download_file(engine, &download, &c->callbacks, &task), FERRY_INVALID_STRUCT_SIZE);
    CHECK_EQUAL(ferry_download_file(engine, &c->download, &callbacks, &task), FERRY_INVALID_STRUCT_SIZE);
    CHECK_EQUAL(ferry_engine_create(&config, &other), FERRY_INVALID_STRUCT_SIZE);
    CHECK_EQUAL(ferry_engine_get_stats(engine, &stats), FERRY_INVALID_STRUCT_SIZE);
  }
  CHECK(task == NULL);
  CHECK_EQUAL(destroyed, before);
}

/* Structs that the library fills: never more than the caller has, never less than it says. */
static void filled(ferry_engine *engine) {
  unsigned char room[sizeof(ferry_engine_stats) + 16];
  ferry_engine_stats *stats = malloc(sizeof room);
  size_t old_size = offsetof(ferry_engine_stats, ended);
  if (stats == NULL) exit(3);
  memset(stats, 0xa5, sizeof room);
  stats->struct_size = (uint32_t)old_size;
  CHECK_EQUAL(ferry_engine_get_stats(engine, stats), FERRY_OK);
  memcpy(room, stats, sizeof room);
  CHECK_EQUAL(stats->struct_size, old_size);
  CHECK_EQUAL(stats->accepted, 6);
  CHECK_EQUAL(room[old_size], 0xa5);

  memset(stats, 0xa5, sizeof room);
  stats->struct_size = (uint32_t)sizeof room;
  CHECK_EQUAL(ferry_engine_get_stats(engine, stats), FERRY_OK);
  memcpy(room, stats, sizeof room);
  CHECK_EQUAL(stats->struct_size, sizeof room);
  CHECK_EQUAL(stats->ended, 6);
  CHECK_EQUAL(room[sizeof(ferry_engine_stats)], 0);
  CHECK_EQUAL(room[sizeof room - 1], 0);
  free(stats);
}

int main(int argc, char **argv) {
  struct case_ c = {FERRY_UPLOAD_OPTIONS_INIT, FERRY_DOWNLOAD_OPTIONS_INIT, FERRY_CALLBACKS_INIT};
  char upload_url[256], download_url[256], target[512];
  ferry_engine *engine;
  if (argc != 4 || pipe(waking) != 0) return 2;
  snprintf(upload_url, sizeof upload_url, "%s/upload", argv[1]);
  snprintf(download_url, sizeof download_url, "%s/bytes/5000", argv[1]);
  snprintf(target, sizeof target, "%s/fetched", argv[3]);
  c.upload.url = upload_url;
  c.upload.file_path = argv[2];
  c.upload.name = "file";
  c.download.url = download_url;
  c.download.file_path = target;
  c.callbacks.on_success = on_success;
  c.callbacks.on_fail = on_fail;
  c.callbacks.destroy = destroy;

  engine = old_engine();
  old_structs(engine, &c);
  new_structs(engine, &c);
  refused(engine, &c);
  filled(engine);
  CHECK_EQUAL(failed, 0);
  CHECK_EQUAL(ferry_engine_close(engine), FERRY_OK);
  ferry_engine_release(engine);
  return wrong != 0;
}
