/*
 * ferry-miniprogram: a host for mini-programs, as small as one can be. It embeds QuickJS, pumps ferry on its JavaScript
 * thread, and keeps the script's files in a storage of its own. `ferry-miniprogram --help` has the options.
 */
#define _XOPEN_SOURCE 700
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "host.h"
#include "prelude_js.h" /* made from prelude.js */
#include "profile_js.h" /* made from profile.js */

static void log_line(void *user_data, uint32_t level, const char *message) {
  (void)user_data;
  fprintf(stderr, "ferry %u: %s\n", (unsigned)level, message);
}

static bool open_engine(struct host *host, const char *root) {
  const struct options *options = host->options;
  ferry_engine_config config = FERRY_ENGINE_CONFIG_INIT;
  config.dispatch = FERRY_DISPATCH_PUMP;
  config.user_data = host;
  config.wakeup = loop_wakeup;
  config.log = log_line;
  config.log_level = options->log_level == 0 ? FERRY_LOG_ERROR : options->log_level;
  config.progress_interval_ms = options->progress_interval_ms;
  config.referer = "https://servicewechat.com/ferry-miniprogram/1/page-frame.html";
  config.ca_file = options->ca_file;
  config.dns_overrides = options->overrides;
  config.dns_override_count = options->override_count;
  config.upload_origins = config.download_origins = options->allow;
  config.upload_origin_count = config.download_origin_count = options->allow_count;
  config.https_only = options->https_only ? FERRY_ON : FERRY_DEFAULT;
  config.storage_root = root;
  ferry_status status = ferry_engine_create(&config, &host->engine);
  if (status != FERRY_OK) fprintf(stderr, "ferry-miniprogram: no engine: %s\n", ferry_status_string(status));
  return status == FERRY_OK;
}

/* Evaluates a script of the host's that is a function, and calls it. Takes `argument`. */
static JSValue run_own(struct host *host, const unsigned char *text, size_t length, const char *name,
                       JSValue argument) {
  JSContext *context = host->context;
  JSValue function = JS_Eval(context, (const char *)text, length, name, JS_EVAL_TYPE_GLOBAL);
  JSValue answer = JS_Call(context, function, JS_UNDEFINED, 1, (JSValueConst *)&argument);
  JS_FreeValue(context, function);
  JS_FreeValue(context, argument);
  return answer;
}

static bool open_context(struct host *host) {
  host->runtime = JS_NewRuntime();
  host->context = host->runtime != NULL ? JS_NewContext(host->runtime) : NULL;
  if (host->context == NULL) return false;
  if (host->options->leak_check) JS_SetDumpFlags(host->runtime, JS_ABORT_ON_LEAKS);
  JS_SetContextOpaque(host->context, host);
  JS_SetHostPromiseRejectionTracker(host->runtime, track_rejection, host);
  JSValue global = JS_GetGlobalObject(host->context);
  JSValue wx = JS_NewObject(host->context);
  timers_install(host, global);
  JS_DefinePropertyValueStr(host->context, global, "wx", JS_DupValue(host->context, wx), JS_PROP_C_W_E);
  JS_FreeValue(host->context, global);
  host->bridge = ferry_quickjs_attach(host->context, host->engine, wx, report_error, host);
  JS_FreeValue(host->context, wx);
  return host->bridge != NULL;
}

static void run_app(struct host *host) {
  JSContext *context = host->context;
  JSValue run = run_own(host, prelude_js, prelude_js_length, "prelude.js", natives_new(host));
  if (host->options->profile && !JS_IsException(run)) {
    JS_FreeValue(context, run_own(host, profile_js, profile_js_length, "profile.js", natives_new(host)));
  }
  JSValue app = JS_NewString(context, host->options->app);
  JSValue answer = JS_Call(context, run, JS_UNDEFINED, 1, (JSValueConst *)&app);
  if (JS_IsException(answer)) report_pending(host);
  JS_FreeValue(context, answer);
  JS_FreeValue(context, app);
  JS_FreeValue(context, run);
}

static int remove_entry(const char *path, const struct stat *about, int kind, struct FTW *where) {
  (void)about, (void)kind, (void)where;
  return remove(path);
}

/* The engine ends first, so that a script that is stopped in the middle still hears of its transfers. */
static void close_all(struct host *host) {
  if (host->engine != NULL) ferry_engine_close(host->engine);
  if (host->bridge != NULL) {
    loop_turn(host);
    ferry_quickjs_detach(host->bridge);
  }
  if (host->engine != NULL) ferry_engine_release(host->engine);
  if (host->context != NULL) {
    timers_free(host);
    free(host->rejections);
    JS_FreeContext(host->context);
  }
  fflush(stdout);
  if (host->runtime != NULL) JS_FreeRuntime(host->runtime);
}

static int run(const struct options *options, const char *root) {
  struct host host = {.options = options};
  int code = 2;
  if (!loop_open(&host)) return code;
  if (open_engine(&host, root)) {
    if (open_context(&host)) {
      run_app(&host);
      loop_run(&host);
      code = 0;
    } else {
      fputs("ferry-miniprogram: no JavaScript\n", stderr);
    }
  }
  close_all(&host);
  loop_close(&host);
  if (loop_signal != 0) return 128 + (int)loop_signal;
  return code == 0 && host.failed ? 1 : code;
}

int main(int argc, char **argv) {
  struct options options = {0};
  if (!options_read(&options, argc, argv)) return 2;
  char own_root[] = "/tmp/ferry-miniprogram-XXXXXX";
  const char *root = options.root;
  if (root == NULL) root = mkdtemp(own_root);
  if (root == NULL) {
    perror("ferry-miniprogram: a folder in /tmp");
    options_free(&options);
    return 2;
  }
  int code = run(&options, root);
  if (options.root == NULL) nftw(own_root, remove_entry, 8, FTW_DEPTH | FTW_PHYS);
  options_free(&options);
  return code;
}
