/*
 * NULL wherever a pointer goes in: nothing crashes, and each function answers what the header says. Every function
 * of the header is called here.
 */
#include <ferry.h>
#include <string.h>

#include "check.h"

static int called = 0;

static void never_progress(void *user_data, ferry_task *task, const ferry_progress *progress) {
  (void)user_data, (void)task, (void)progress;
  called++;
}

static void never_headers(void *user_data, ferry_task *task, const ferry_headers *headers) {
  (void)user_data, (void)task, (void)headers;
  called++;
}

static void never(void *user_data) {
  (void)user_data;
  called++;
}

static int is_text(const char *text) { return text != NULL && *text != '\0'; }

static int is_empty(ferry_string string) { return string.data != NULL && *string.data == '\0' && string.length == 0; }

static int is_none(ferry_string string) { return string.data == NULL && string.length == 0; }

static void library(void) {
  CHECK(ferry_version_number() > 0);
  CHECK(is_text(ferry_version()));
  CHECK(is_text(ferry_curl_version()));
  CHECK(is_text(ferry_status_string(FERRY_OK)));
  CHECK(strcmp(ferry_status_string(12345), ferry_status_string(-1)) == 0);
  CHECK(is_text(ferry_nettype_string(12345)));
  CHECK(is_text(ferry_protocol_string(12345)));
  ferry_upload_options_init(NULL, 100);
  ferry_download_options_init(NULL, 100);
  ferry_callbacks_init(NULL, 100);
  ferry_engine_config_init(NULL, 100);
}

static void no_engine(void) {
  ferry_upload_options upload = FERRY_UPLOAD_OPTIONS_INIT;
  ferry_download_options download = FERRY_DOWNLOAD_OPTIONS_INIT;
  ferry_callbacks callbacks = FERRY_CALLBACKS_INIT;
  ferry_engine_stats stats = FERRY_ENGINE_STATS_INIT;
  ferry_network network = FERRY_NETWORK_INIT;
  ferry_task *task = NULL;
  char buffer[128];
  callbacks.destroy = never;
  CHECK_EQUAL(ferry_engine_create(NULL, NULL), FERRY_INVALID_ARGUMENT);
  CHECK_EQUAL(ferry_engine_close(NULL), FERRY_INVALID_ARGUMENT);
  CHECK_EQUAL(ferry_engine_close_async(NULL, never, NULL), FERRY_INVALID_ARGUMENT);
  ferry_engine_release(NULL);
  CHECK_EQUAL(ferry_engine_dispatch(NULL, 0, NULL), FERRY_INVALID_ARGUMENT);
  CHECK_EQUAL(ferry_engine_get_stats(NULL, &stats), FERRY_INVALID_ARGUMENT);
  CHECK_EQUAL(ferry_engine_network(NULL, &network), FERRY_INVALID_ARGUMENT);
  CHECK_EQUAL(ferry_engine_network_changed(NULL, FERRY_NETWORK_ONLINE), FERRY_INVALID_ARGUMENT);
  CHECK_EQUAL(ferry_engine_set_background(NULL, 1), FERRY_INVALID_ARGUMENT);
  CHECK_EQUAL(ferry_upload_file(NULL, &upload, &callbacks, &task), FERRY_INVALID_ARGUMENT);
  CHECK_EQUAL(ferry_download_file(NULL, &download, &callbacks, &task), FERRY_INVALID_ARGUMENT);
  CHECK_EQUAL(ferry_engine_real_path(NULL, "wxfile://usr/a", buffer, sizeof buffer, NULL), FERRY_INVALID_ARGUMENT);
  CHECK_EQUAL(ferry_engine_adopt_file(NULL, "/a", FERRY_ADOPT_COPY, buffer, sizeof buffer, NULL), FERRY_INVALID_ARGUMENT);
  CHECK_EQUAL(ferry_engine_recount_files(NULL), FERRY_INVALID_ARGUMENT);
  CHECK(task == NULL);
}

/* A real engine, and NULL for everything else. */
static void engine_and_nothing(void) {
  ferry_engine *engine = NULL;
  ferry_upload_options upload = FERRY_UPLOAD_OPTIONS_INIT;
  ferry_download_options download = FERRY_DOWNLOAD_OPTIONS_INIT;
  CHECK_EQUAL(ferry_engine_create(NULL, &engine), FERRY_OK);
  CHECK_EQUAL(ferry_upload_file(engine, NULL, NULL, NULL), FERRY_INVALID_ARGUMENT);
  CHECK_EQUAL(ferry_download_file(engine, NULL, NULL, NULL), FERRY_INVALID_ARGUMENT);
  upload.header_count = 1;
  CHECK_EQUAL(ferry_upload_file(engine, &upload, NULL, NULL), FERRY_INVALID_ARGUMENT);
  upload.header_count = 0;
  upload.form_count = 1;
  CHECK_EQUAL(ferry_upload_file(engine, &upload, NULL, NULL), FERRY_INVALID_ARGUMENT);
  download.header_count = 1;
  CHECK_EQUAL(ferry_download_file(engine, &download, NULL, NULL), FERRY_INVALID_ARGUMENT);
  CHECK_EQUAL(ferry_engine_get_stats(engine, NULL), FERRY_INVALID_ARGUMENT);
  CHECK_EQUAL(ferry_engine_network(engine, NULL), FERRY_INVALID_ARGUMENT);
  CHECK_EQUAL(ferry_engine_dispatch(engine, 0, NULL), FERRY_NOT_AVAILABLE);
  CHECK_EQUAL(ferry_engine_real_path(engine, NULL, NULL, 0, NULL), FERRY_INVALID_ARGUMENT);
  CHECK_EQUAL(ferry_engine_adopt_file(engine, NULL, FERRY_ADOPT_COPY, NULL, 0, NULL), FERRY_INVALID_ARGUMENT);
  CHECK_EQUAL(ferry_engine_recount_files(engine), FERRY_NOT_AVAILABLE);
  CHECK_EQUAL(ferry_engine_network_changed(engine, 12345), FERRY_INVALID_ARGUMENT);
  /* Without url or file a task is started all the same, and fails; no callbacks, no handle. */
  upload.form_count = 0;
  download.header_count = 0;
  CHECK_EQUAL(ferry_upload_file(engine, &upload, NULL, NULL), FERRY_OK);
  CHECK_EQUAL(ferry_download_file(engine, &download, NULL, NULL), FERRY_OK);
  CHECK_EQUAL(ferry_engine_close_async(engine, NULL, NULL), FERRY_OK);
  CHECK_EQUAL(ferry_engine_close(engine), FERRY_OK);
  ferry_engine_release(engine);
}

static void no_task(void) {
  uint64_t listener = 7;
  CHECK(ferry_task_retain(NULL) == NULL);
  ferry_task_release(NULL);
  CHECK_EQUAL(ferry_task_abort(NULL), FERRY_INVALID_ARGUMENT);
  CHECK_EQUAL(ferry_task_id(NULL), 0);
  CHECK_EQUAL(ferry_task_kind(NULL), 0);
  CHECK_EQUAL(ferry_task_state(NULL), FERRY_STATE_FAILED);
  CHECK(ferry_task_result(NULL) == NULL);
  CHECK_EQUAL(ferry_task_on_progress(NULL, never_progress, NULL, never, &listener), FERRY_INVALID_ARGUMENT);
  CHECK_EQUAL(ferry_task_on_progress(NULL, NULL, NULL, never, &listener), FERRY_INVALID_ARGUMENT);
  CHECK_EQUAL(ferry_task_on_headers(NULL, never_headers, NULL, never, &listener), FERRY_INVALID_ARGUMENT);
  CHECK_EQUAL(ferry_task_on_headers(NULL, NULL, NULL, never, &listener), FERRY_INVALID_ARGUMENT);
  CHECK_EQUAL(ferry_task_off_progress(NULL, 1), FERRY_INVALID_ARGUMENT);
  CHECK_EQUAL(ferry_task_off_headers(NULL, FERRY_ALL_LISTENERS), FERRY_INVALID_ARGUMENT);
  CHECK_EQUAL(listener, 7);
}

static void no_result(void) {
  ferry_profile profile = FERRY_PROFILE_INIT;
  ferry_string name = {NULL, 0};
  CHECK_EQUAL(ferry_result_errno(NULL), 0);
  CHECK(is_empty(ferry_result_err_msg(NULL)));
  CHECK_EQUAL(ferry_result_status_code(NULL), 0);
  CHECK(ferry_result_headers(NULL) == NULL);
  CHECK(is_empty(ferry_result_body(NULL)));
  CHECK(is_empty(ferry_result_data(NULL)));
  CHECK(is_none(ferry_result_temp_file_path(NULL)));
  CHECK(is_none(ferry_result_file_path(NULL)));
  CHECK_EQUAL(ferry_result_data_length(NULL), 0);
  CHECK(is_empty(ferry_result_effective_url(NULL)));
  CHECK_EQUAL(ferry_result_profile(NULL, &profile), FERRY_INVALID_ARGUMENT);
  CHECK_EQUAL(ferry_headers_count(NULL), 0);
  CHECK_EQUAL(ferry_headers_at(NULL, 0, &name, NULL), FERRY_INVALID_ARGUMENT);
  CHECK_EQUAL(ferry_headers_joined_count(NULL), 0);
  CHECK_EQUAL(ferry_headers_joined_at(NULL, 0, NULL, NULL), FERRY_INVALID_ARGUMENT);
  CHECK(is_none(ferry_headers_get(NULL, "Date")));
  CHECK(is_none(ferry_headers_get(NULL, NULL)));
  CHECK_EQUAL(ferry_headers_cookie_count(NULL), 0);
  CHECK(is_none(ferry_headers_cookie_at(NULL, 0)));
  CHECK_EQUAL(ferry_headers_status_code(NULL), 0);
}

int main(void) {
  library();
  no_engine();
  engine_and_nothing();
  no_task();
  no_result();
  CHECK_EQUAL(called, 0);
  return wrong != 0;
}
