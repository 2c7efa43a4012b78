/*
 * upload: sends a file as multipart/form-data, as wx.uploadFile does, and prints what the server answers.
 *
 *   upload URL FILE [NAME=VALUE ...]       form fields, sent before the file
 *
 * Exit code: 0 the server answered 2xx, 1 it did not, 2 wrong usage.
 */
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <ferry.h>

/* What the callbacks (on ferry's thread) tell main. */
struct upload {
  pthread_mutex_t lock;
  pthread_cond_t changed;
  int over;
  int good;
};

static void on_progress(void *user_data, ferry_task *task, const ferry_progress *progress) {
  (void)user_data;
  (void)task;
  fprintf(stderr, "sent %llu of %llu bytes (%d %%)\n", (unsigned long long)progress->transferred,
          (unsigned long long)progress->expected, (int)progress->percent);
}

/* Any answer of the server is a success, a 404 too: the status code is the host's to judge. */
static void on_success(void *user_data, ferry_task *task, const ferry_result *result) {
  struct upload *upload = user_data;
  uint32_t status = ferry_result_status_code(result);
  ferry_string body = ferry_result_body(result);
  (void)task;
  fprintf(stderr, "HTTP %u\n", (unsigned)status);
  fwrite(body.data, 1, body.length, stdout);
  if (body.length > 0 && body.data[body.length - 1] != '\n') putchar('\n');
  upload->good = status >= 200 && status < 300;
}

static void on_fail(void *user_data, ferry_task *task, const ferry_result *result) {
  (void)user_data;
  (void)task;
  fprintf(stderr, "%s (errno %d)\n", ferry_result_err_msg(result).data, (int)ferry_result_errno(result));
}

/* The last that ferry does with user_data: from here on main may take it apart. */
static void destroy(void *user_data) {
  struct upload *upload = user_data;
  pthread_mutex_lock(&upload->lock);
  upload->over = 1;
  pthread_cond_signal(&upload->changed);
  pthread_mutex_unlock(&upload->lock);
}

static void check(ferry_status status, const char *what) {
  if (status == FERRY_OK) return;
  fprintf(stderr, "%s: %s\n", what, ferry_status_string(status));
  exit(1);
}

/* Cuts NAME=VALUE in two, in place. */
static ferry_form_field field_of(char *argument) {
  ferry_form_field field = {argument, "", 0};
  char *equals = strchr(argument, '=');
  if (equals != NULL) {
    *equals = '\0';
    field.value = equals + 1;
  }
  return field;
}

int main(int argc, char **argv) {
  struct upload upload = {PTHREAD_MUTEX_INITIALIZER, PTHREAD_COND_INITIALIZER, 0, 0};
  ferry_upload_options options = FERRY_UPLOAD_OPTIONS_INIT;
  ferry_callbacks callbacks = FERRY_CALLBACKS_INIT;
  ferry_form_field fields[32];
  ferry_engine *engine = NULL;
  int i;

  if (argc < 3 || argc - 3 > (int)(sizeof fields / sizeof fields[0])) {
    fprintf(stderr, "usage: upload URL FILE [NAME=VALUE ...]\n");
    return 2;
  }
  for (i = 3; i < argc; i++) fields[i - 3] = field_of(argv[i]);
  options.url = argv[1];
  options.file_path = argv[2];
  options.name = "file";
  options.form = fields;
  options.form_count = (size_t)(argc - 3);
  callbacks.user_data = &upload;
  callbacks.on_progress = on_progress;
  callbacks.on_success = on_success;
  callbacks.on_fail = on_fail;
  callbacks.destroy = destroy;

  check(ferry_engine_create(NULL, &engine), "ferry_engine_create");
  check(ferry_upload_file(engine, &options, &callbacks, NULL), "ferry_upload_file");

  pthread_mutex_lock(&upload.lock);
  while (!upload.over) pthread_cond_wait(&upload.changed, &upload.lock);
  pthread_mutex_unlock(&upload.lock);

  check(ferry_engine_close(engine), "ferry_engine_close");
  ferry_engine_release(engine);
  return upload.good ? 0 : 1;
}
