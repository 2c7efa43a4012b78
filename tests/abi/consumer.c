/* A program outside the tree: sends FILE to URL/upload and fetches URL/bytes/300000 to TARGET. */
#define _POSIX_C_SOURCE 200809L
#include <ferry.h>
#include <stdio.h>
#include <unistd.h>

struct end {
  int over;
  int good;
};

static void on_success(void *user_data, ferry_task *task, const ferry_result *result) {
  (void)task;
  ((struct end *)user_data)->good = ferry_result_status_code(result) == 200;
}

static void on_fail(void *user_data, ferry_task *task, const ferry_result *result) {
  (void)user_data;
  (void)task;
  fprintf(stderr, "%s\n", ferry_result_err_msg(result).data);
}

static void destroy(void *user_data) { ((struct end *)user_data)->over = 1; }

/* Pumped, so that no thread library is needed to link this. */
static int waking[2];

static void wakeup(void *user_data) {
  (void)user_data;
  if (write(waking[1], "", 1) != 1) perror("write");
}

int main(int argc, char **argv) {
  ferry_engine_config config = FERRY_ENGINE_CONFIG_INIT;
  ferry_upload_options up = FERRY_UPLOAD_OPTIONS_INIT;
  ferry_download_options down = FERRY_DOWNLOAD_OPTIONS_INIT;
  ferry_callbacks callbacks = FERRY_CALLBACKS_INIT;
  ferry_engine *engine = NULL;
  struct end sent = {0, 0}, fetched = {0, 0};
  char upload_url[256], download_url[256];

  if (argc != 4) return 2;
  if (ferry_version_number() != FERRY_VERSION_MAJOR * 1000000 + FERRY_VERSION_MINOR * 1000 + FERRY_VERSION_PATCH) return 3;
  snprintf(upload_url, sizeof upload_url, "%s/upload", argv[1]);
  snprintf(download_url, sizeof download_url, "%s/bytes/300000", argv[1]);

  if (pipe(waking) != 0) return 10;
  config.dispatch = FERRY_DISPATCH_PUMP;
  config.wakeup = wakeup;
  if (ferry_engine_create(&config, &engine) != FERRY_OK) return 4;
  callbacks.on_success = on_success;
  callbacks.on_fail = on_fail;
  callbacks.destroy = destroy;
  up.url = upload_url;
  up.file_path = argv[2];
  up.name = "file";
  callbacks.user_data = &sent;
  if (ferry_upload_file(engine, &up, &callbacks, NULL) != FERRY_OK) return 5;
  down.url = download_url;
  down.file_path = argv[3];
  callbacks.user_data = &fetched;
  if (ferry_download_file(engine, &down, &callbacks, NULL) != FERRY_OK) return 6;

  while (!sent.over || !fetched.over) {
    char byte;
    if (read(waking[0], &byte, 1) != 1) return 9;
    if (ferry_engine_dispatch(engine, 0, NULL) != FERRY_OK) return 7;
  }
  if (ferry_engine_close(engine) != FERRY_OK) return 8;
  ferry_engine_release(engine);
  return sent.good && fetched.good ? 0 : 1;
}
