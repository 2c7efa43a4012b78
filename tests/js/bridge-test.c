/*
 * The bridge as a library: what a host may do with it at awkward moments. The argument is the URL of a test server.
 * Exits with 0, or says what went wrong.
 */
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "ferry_quickjs.h"

struct place {
  JSRuntime *runtime;
  JSContext *context;
  ferry_quickjs *bridge;
  int reports;
};

static int wake[2];

static void check(int good, const char *what) {
  if (good) return;
  fprintf(stderr, "bridge: %s\n", what);
  exit(1);
}

static void wakeup(void *user_data) {
  (void)user_data;
  check(write(wake[1], "", 1) == 1, "write");
}

static ferry_engine *engine_new(uint32_t dispatch) {
  ferry_engine_config config = FERRY_ENGINE_CONFIG_INIT;
  ferry_engine *engine = NULL;
  config.dispatch = dispatch;
  config.wakeup = dispatch == FERRY_DISPATCH_PUMP ? wakeup : NULL;
  check(ferry_engine_create(&config, &engine) == FERRY_OK, "engine");
  return engine;
}

static void count_report(void *user_data, JSContext *context, JSValueConst error) {
  struct place *place = user_data;
  (void)context, (void)error;
  place->reports++;
}

/* host.detach() in a script. */
static JSValue detach(JSContext *context, JSValueConst this_value, int argc, JSValueConst *argv) {
  struct place *place = JS_GetContextOpaque(context);
  (void)this_value, (void)argc, (void)argv;
  ferry_quickjs_detach(place->bridge);
  place->bridge = NULL;
  return JS_UNDEFINED;
}

static int try_open(struct place *place, ferry_engine *engine) {
  *place = (struct place){.runtime = JS_NewRuntime()};
  JS_SetDumpFlags(place->runtime, JS_ABORT_ON_LEAKS);
  place->context = JS_NewContext(place->runtime);
  JS_SetContextOpaque(place->context, place);
  JSValue global = JS_GetGlobalObject(place->context);
  JSValue wx = JS_NewObject(place->context);
  JS_SetPropertyStr(place->context, global, "wx", JS_DupValue(place->context, wx));
  JS_SetPropertyStr(place->context, global, "detach", JS_NewCFunction(place->context, detach, "detach", 0));
  place->bridge = ferry_quickjs_attach(place->context, engine, wx, count_report, place);
  JS_FreeValue(place->context, wx);
  JS_FreeValue(place->context, global);
  return place->bridge != NULL;
}

static void close_place(struct place *place) {
  ferry_quickjs_detach(place->bridge);
  JS_FreeContext(place->context);
  JS_FreeRuntime(place->runtime);
}

static void jobs(struct place *place) {
  JSContext *context;
  while (JS_ExecutePendingJob(place->runtime, &context) > 0) {
  }
}

static void run(struct place *place, const char *url, const char *script) {
  char text[2048];
  snprintf(text, sizeof text, "var server = '%s'; var log = globalThis.log || []; %s", url, script);
  JSValue value = JS_Eval(place->context, text, strlen(text), "script", JS_EVAL_TYPE_GLOBAL);
  check(!JS_IsException(value), "the script threw");
  JS_FreeValue(place->context, value);
  jobs(place);
}

static void expect(struct place *place, const char *expected) {
  JSValue value = JS_Eval(place->context, "log.join()", strlen("log.join()"), "log", JS_EVAL_TYPE_GLOBAL);
  const char *text = JS_ToCString(place->context, value);
  if (strcmp(text, expected) != 0) fprintf(stderr, "bridge: '%s' instead of '%s'\n", text, expected);
  check(strcmp(text, expected) == 0, "another log");
  JS_FreeCString(place->context, text);
  JS_FreeValue(place->context, value);
}

/* Until nothing of `place` runs any more, or it is detached. */
static void pump(struct place *place) {
  while (place->bridge != NULL && ferry_quickjs_running(place->bridge) > 0) {
    struct pollfd wait = {.fd = wake[0], .events = POLLIN};
    char bytes[64];
    poll(&wait, 1, -1);
    check(read(wake[0], bytes, sizeof bytes) > 0, "read");
    check(ferry_quickjs_pump(place->bridge, 1, NULL) == FERRY_OK, "pump");
  }
}

static void an_engine_with_a_thread_is_refused(void) {
  ferry_engine *engine = engine_new(FERRY_DISPATCH_THREAD);
  struct place place;
  check(!try_open(&place, engine), "attached to an engine that is not pumped");
  check(JS_HasException(place.context), "no exception");
  JS_FreeValue(place.context, JS_GetException(place.context));
  close_place(&place);
  ferry_engine_close(engine);
  ferry_engine_release(engine);
}

static void two_contexts_share_an_engine(const char *url) {
  ferry_engine *engine = engine_new(FERRY_DISPATCH_PUMP);
  struct place one, two;
  check(try_open(&one, engine) && try_open(&two, engine), "attach");
  const char *script = "wx.downloadFile({ url: server + '/bytes/5', complete: (r) => { log.push(r.dataLength); throw 1; } });";
  run(&one, url, script);
  run(&two, url, script);
  pump(&one);
  ferry_quickjs_detach(one.bridge);
  one.bridge = NULL;
  pump(&two);
  expect(&one, "5");
  expect(&two, "5");
  check(one.reports == 1 && two.reports == 1, "errors are reported where they happen");
  close_place(&one);
  close_place(&two);
  ferry_engine_close(engine);
  ferry_engine_release(engine);
}

static void detached_in_the_middle(const char *url) {
  ferry_engine *engine = engine_new(FERRY_DISPATCH_PUMP);
  struct place place;
  check(try_open(&place, engine), "attach");
  run(&place, url,
      "for (let i = 0; i < 20; i++) {"
      "  const task = wx.downloadFile({ url: server + '/bytes/5', success() { log.push('success'); detach(); },"
      "    fail() { log.push('fail'); }, complete() { log.push('complete'); } });"
      "  task.onProgressUpdate(() => {}); globalThis.kept = task;"
      "}");
  pump(&place);
  /* The one that detached goes on to its end; nobody is told of the others. */
  expect(&place, "success,complete");
  /* What a script kept still works, and fails as it should; so do new calls. */
  run(&place, url,
      "kept.abort(); kept.onProgressUpdate(() => {}); kept.offProgressUpdate(); log.length = 0;"
      "const task = wx.uploadFile({ url: server, filePath: '/x', name: 'f', fail: (r) => log.push(r.errMsg, r.errno) });"
      "log.push(typeof task.abort); task.abort();");
  expect(&place, "function,uploadFile:fail interrupted,600003");
  ferry_engine_close(engine);
  ferry_engine_release(engine);
  run(&place, url, "log.length = 0; wx.downloadFile({ url: server, complete: (r) => log.push(r.errMsg) });");
  expect(&place, "downloadFile:fail interrupted");
  close_place(&place);
}

static void closed_before_it_is_detached(const char *url) {
  ferry_engine *engine = engine_new(FERRY_DISPATCH_PUMP);
  struct place place;
  check(try_open(&place, engine), "attach");
  run(&place, url,
      "const again = (r) => { log.push(r.errMsg); if (log.length < 3) wx.downloadFile({ url: server, complete: again }); };"
      "wx.downloadFile({ url: server + '/never', complete: again });");
  check(ferry_engine_close(engine) == FERRY_OK, "close");
  jobs(&place);
  expect(&place, "downloadFile:fail interrupted,downloadFile:fail interrupted,downloadFile:fail interrupted");
  check(ferry_quickjs_running(place.bridge) == 0, "something runs in a closed engine");
  close_place(&place);
  ferry_engine_release(engine);
}

static void a_context_that_goes_with_transfers_in_flight(const char *url) {
  ferry_engine *engine = engine_new(FERRY_DISPATCH_PUMP);
  struct place place;
  check(try_open(&place, engine), "attach");
  run(&place, url, "for (let i = 0; i < 30; i++) wx.downloadFile({ url: server + '/never', complete() { log.push(1); } });");
  close_place(&place);
  ferry_engine_close(engine);
  ferry_engine_release(engine);
}

int main(int argc, char **argv) {
  check(argc == 2 && pipe(wake) == 0, "usage: bridge URL");
  an_engine_with_a_thread_is_refused();
  two_contexts_share_an_engine(argv[1]);
  detached_in_the_middle(argv[1]);
  closed_before_it_is_detached(argv[1]);
  a_context_that_goes_with_transfers_in_flight(argv[1]);
  return 0;
}
