/* The native functions that wx.js asks for, over ferry.h, and the ways in and out of a context. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "handles.h"
#include "internal.h"
#include "wx_js.h" /* made from wx.js: wx_js, its bytes with a NUL, and wx_js_length */

/* One upload or download, from start to its destroy callback. */
struct transfer {
  ferry_quickjs *bridge;
  ferry_task *task;
  JSValue tell; /* wx.js's function for this task's events; undefined when nobody is to be told any more */
  int64_t handle;
  uint64_t progress_listener;
  uint64_t headers_listener;
};

struct ferry_quickjs {
  JSContext *context; /* NULL once detached */
  ferry_engine *engine;
  ferry_quickjs_report_fn report;
  void *user_data;
  struct handles transfers;
  size_t references; /* the host's, one for each native function, one for each transfer */
};

static void release(void *opaque) {
  ferry_quickjs *bridge = opaque;
  if (--bridge->references > 0) return;
  handles_free(&bridge->transfers);
  free(bridge);
}

/* ---- errors ---------------------------------------------------------------------------------------------------- */

static void print_error(JSContext *context, JSValueConst error) {
  const char *text = JS_ToCString(context, error);
  JSValue stack = JS_IsError(error) ? JS_GetPropertyStr(context, error, "stack") : JS_UNDEFINED;
  const char *trace = JS_IsString(stack) ? JS_ToCString(context, stack) : NULL;
  fprintf(stderr, "%s\n%s", text != NULL ? text : "an error without a text", trace != NULL ? trace : "");
  if (trace != NULL) JS_FreeCString(context, trace);
  if (text != NULL) JS_FreeCString(context, text);
  JS_FreeValue(context, stack);
  /* Making the text may have thrown in its turn. */
  JS_FreeValue(context, JS_GetException(context));
}

static void report(ferry_quickjs *bridge, JSContext *context, JSValueConst error) {
  if (bridge->report != NULL) {
    bridge->report(bridge->user_data, context, error);
  } else {
    print_error(context, error);
  }
}

static void report_pending(ferry_quickjs *bridge, JSContext *context) {
  JSValue error = JS_GetException(context);
  report(bridge, context, error);
  JS_FreeValue(context, error);
}

/* What a callback left to promises runs before the next callback, as it does in a mini-program. */
static void run_jobs(ferry_quickjs *bridge) {
  while (bridge->context != NULL) {
    JSContext *context = NULL;
    int ran = JS_ExecutePendingJob(JS_GetRuntime(bridge->context), &context);
    if (ran == 0) return;
    if (ran < 0) report_pending(bridge, context);
  }
}

/* ---- transfers ------------------------------------------------------------------------------------------------- */

static struct transfer *transfer_new(ferry_quickjs *bridge) {
  struct transfer *transfer = calloc(1, sizeof *transfer);
  if (transfer == NULL) return NULL;
  transfer->handle = handles_add(&bridge->transfers, transfer);
  if (transfer->handle == 0) {
    free(transfer);
    return NULL;
  }
  transfer->bridge = bridge;
  transfer->tell = JS_UNDEFINED;
  bridge->references++;
  return transfer;
}

static void forget_tell(struct transfer *transfer) {
  if (transfer->bridge->context != NULL) JS_FreeValue(transfer->bridge->context, transfer->tell);
  transfer->tell = JS_UNDEFINED;
}

/* ferry's destroy callback: nothing of the task comes after it. */
static void transfer_destroy(void *user_data) {
  struct transfer *transfer = user_data;
  ferry_quickjs *bridge = transfer->bridge;
  handles_remove(&bridge->transfers, transfer->handle);
  forget_tell(transfer);
  ferry_task_release(transfer->task);
  free(transfer);
  release(bridge);
}

static struct transfer *transfer_of(ferry_quickjs *bridge, JSContext *context, JSValueConst value) {
  int64_t handle;
  if (JS_ToInt64(context, &handle, value) != 0) {
    JS_FreeValue(context, JS_GetException(context));
    return NULL;
  }
  return handles_get(&bridge->transfers, handle);
}

/* ---- from ferry to JavaScript ---------------------------------------------------------------------------------- */

/* Takes the arguments after the event's name. */
static void tell(struct transfer *transfer, const char *event, int argc, JSValue *argv) {
  ferry_quickjs *bridge = transfer->bridge;
  JSContext *context = bridge->context;
  JSValue arguments[4];
  bool whole = true;
  arguments[0] = JS_NewString(context, event);
  for (int i = 0; i < argc; i++) arguments[i + 1] = argv[i];
  for (int i = 0; i <= argc; i++) whole = whole && !JS_IsException(arguments[i]);
  /* The function may detach the bridge, or its task may end for other reasons: hold what the call needs. */
  JSValue function = JS_DupValue(context, transfer->tell);
  JSContext *held = JS_DupContext(context);
  bridge->references++;
  JSValue answer = whole ? JS_Call(context, function, JS_UNDEFINED, argc + 1, arguments) : JS_EXCEPTION;
  if (JS_IsException(answer)) report_pending(bridge, context);
  JS_FreeValue(context, answer);
  for (int i = 0; i <= argc; i++) JS_FreeValue(context, arguments[i]);
  JS_FreeValue(context, function);
  run_jobs(bridge);
  JS_FreeContext(held);
  release(bridge);
}

static bool is_heard(const struct transfer *transfer) {
  return transfer->bridge->context != NULL && !JS_IsUndefined(transfer->tell);
}

static void on_progress(void *user_data, ferry_task *task, const ferry_progress *progress) {
  struct transfer *transfer = user_data;
  (void)task;
  if (!is_heard(transfer)) return;
  JSContext *context = transfer->bridge->context;
  JSValue arguments[] = {
      JS_NewInt32(context, progress->percent),
      JS_NewInt64(context, (int64_t)progress->transferred),
      JS_NewInt64(context, (int64_t)progress->expected),
  };
  tell(transfer, "progress", 3, arguments);
}

static void on_headers(void *user_data, ferry_task *task, const ferry_headers *headers) {
  struct transfer *transfer = user_data;
  (void)task;
  if (!is_heard(transfer)) return;
  JSValue list = payload_of_headers(transfer->bridge->context, headers);
  tell(transfer, "headers", 1, &list);
}

static void on_end(void *user_data, ferry_task *task, const ferry_result *result) {
  struct transfer *transfer = user_data;
  (void)task;
  if (!is_heard(transfer)) return;
  JSValue details = payload_of_result(transfer->bridge->context, result);
  tell(transfer, "end", 1, &details);
}

/* ---- from JavaScript to ferry: the native functions, as README.md beside wx.js has them ------------------------ */

static ferry_status begin(struct transfer *transfer, const struct request *request) {
  ferry_callbacks callbacks = FERRY_CALLBACKS_INIT;
  callbacks.user_data = transfer;
  callbacks.on_success = on_end;
  callbacks.on_fail = on_end;
  callbacks.destroy = transfer_destroy;
  return request_start(request, transfer->bridge->engine, &callbacks, &transfer->task);
}

/* start(kind, request, tell): a handle, or 0 when nothing can be started any more. */
static JSValue native_start(JSContext *context, JSValueConst this_value, int argc, JSValueConst *argv, int magic,
                            void *opaque) {
  ferry_quickjs *bridge = opaque;
  (void)this_value, (void)argc, (void)magic;
  if (bridge->context == NULL) return JS_NewInt32(context, 0);
  struct transfer *transfer = transfer_new(bridge);
  if (transfer == NULL) return JS_ThrowOutOfMemory(context);
  transfer->tell = JS_DupValue(context, argv[2]);
  int64_t handle = transfer->handle;
  struct request request = {.kind = FERRY_KIND_DOWNLOAD};
  const char *kind = JS_ToCString(context, argv[0]);
  if (kind != NULL && strcmp(kind, "upload") == 0) request.kind = FERRY_KIND_UPLOAD;
  bool good = kind != NULL && request_read(context, &request, argv[1]);
  ferry_status status = good ? begin(transfer, &request) : FERRY_OK;
  if (!good || status != FERRY_OK) transfer_destroy(transfer);
  request_free(context, &request);
  if (kind != NULL) JS_FreeCString(context, kind);
  if (!good) return JS_EXCEPTION;
  if (status == FERRY_ENGINE_CLOSED) return JS_NewInt32(context, 0);
  if (status != FERRY_OK) return JS_ThrowInternalError(context, "ferry: %s", ferry_status_string(status));
  return JS_NewInt64(context, handle);
}

/* abort(handle) */
static JSValue native_abort(JSContext *context, JSValueConst this_value, int argc, JSValueConst *argv, int magic,
                            void *opaque) {
  (void)this_value, (void)argc, (void)magic;
  struct transfer *transfer = transfer_of(opaque, context, argv[0]);
  if (transfer != NULL) ferry_task_abort(transfer->task);
  return JS_UNDEFINED;
}

static void listen_to_progress(struct transfer *transfer, bool on) {
  if (on && transfer->progress_listener == 0) {
    ferry_task_on_progress(transfer->task, on_progress, transfer, NULL, &transfer->progress_listener);
  } else if (!on && transfer->progress_listener != 0) {
    ferry_task_off_progress(transfer->task, transfer->progress_listener);
    transfer->progress_listener = 0;
  }
}

static void listen_to_headers(struct transfer *transfer, bool on) {
  if (on && transfer->headers_listener == 0) {
    ferry_task_on_headers(transfer->task, on_headers, transfer, NULL, &transfer->headers_listener);
  } else if (!on && transfer->headers_listener != 0) {
    ferry_task_off_headers(transfer->task, transfer->headers_listener);
    transfer->headers_listener = 0;
  }
}

/* listen(handle, event, on) */
static JSValue native_listen(JSContext *context, JSValueConst this_value, int argc, JSValueConst *argv, int magic,
                             void *opaque) {
  (void)this_value, (void)argc, (void)magic;
  struct transfer *transfer = transfer_of(opaque, context, argv[0]);
  const char *event = JS_ToCString(context, argv[1]);
  if (event == NULL) return JS_EXCEPTION;
  bool on = JS_ToBool(context, argv[2]) > 0;
  if (transfer != NULL && strcmp(event, "progress") == 0) listen_to_progress(transfer, on);
  if (transfer != NULL && strcmp(event, "headers") == 0) listen_to_headers(transfer, on);
  JS_FreeCString(context, event);
  return JS_UNDEFINED;
}

static JSValue call_later(JSContext *context, int argc, JSValueConst *argv) {
  (void)argc;
  return JS_Call(context, argv[0], JS_UNDEFINED, 0, NULL);
}

/* later(function): a job, so that it also runs in a context that is not pumped any more. */
static JSValue native_later(JSContext *context, JSValueConst this_value, int argc, JSValueConst *argv, int magic,
                            void *opaque) {
  (void)this_value, (void)argc, (void)magic, (void)opaque;
  return JS_EnqueueJob(context, call_later, 1, argv) < 0 ? JS_EXCEPTION : JS_UNDEFINED;
}

/* report(error) */
static JSValue native_report(JSContext *context, JSValueConst this_value, int argc, JSValueConst *argv, int magic,
                             void *opaque) {
  (void)this_value, (void)argc, (void)magic;
  report(opaque, context, argv[0]);
  return JS_UNDEFINED;
}

/* ---- attach, pump, detach -------------------------------------------------------------------------------------- */

static bool add_native(ferry_quickjs *bridge, JSContext *context, JSValueConst native, const char *name, int length,
                       JSCClosure *function) {
  JSValue value = JS_NewCClosure(context, function, name, release, length, 0, bridge);
  if (JS_IsException(value)) return false;
  bridge->references++;
  return JS_DefinePropertyValueStr(context, native, name, value, JS_PROP_C_W_E) >= 0;
}

static bool move_property(JSContext *context, JSValueConst from, JSValueConst to, const char *name) {
  JSValue value = JS_GetPropertyStr(context, from, name);
  if (JS_IsException(value)) return false;
  return JS_DefinePropertyValueStr(context, to, name, value, JS_PROP_C_W_E | JS_PROP_THROW) >= 0;
}

static bool install(ferry_quickjs *bridge, JSContext *context, JSValueConst wx) {
  JSValue factory = JS_Eval(context, (const char *)wx_js, wx_js_length, "wx.js", JS_EVAL_TYPE_GLOBAL);
  JSValue native = JS_NewObject(context);
  JSValue calls = JS_UNDEFINED;
  bool done = !JS_IsException(factory) && !JS_IsException(native) &&
              add_native(bridge, context, native, "start", 3, native_start) &&
              add_native(bridge, context, native, "abort", 1, native_abort) &&
              add_native(bridge, context, native, "listen", 3, native_listen) &&
              add_native(bridge, context, native, "later", 1, native_later) &&
              add_native(bridge, context, native, "report", 1, native_report);
  if (done) {
    calls = JS_Call(context, factory, JS_UNDEFINED, 1, (JSValueConst *)&native);
    done = !JS_IsException(calls) && move_property(context, calls, wx, "uploadFile") &&
           move_property(context, calls, wx, "downloadFile");
  }
  JS_FreeValue(context, calls);
  JS_FreeValue(context, native);
  JS_FreeValue(context, factory);
  return done;
}

ferry_quickjs *ferry_quickjs_attach(JSContext *context, ferry_engine *engine, JSValueConst wx,
                                    ferry_quickjs_report_fn report, void *user_data) {
  /* An engine with a callback thread would run JavaScript on it. Inside a callback it is pumped for sure. */
  ferry_status status = ferry_engine_dispatch(engine, 1, NULL);
  if (status != FERRY_OK && status != FERRY_WOULD_DEADLOCK) {
    JS_ThrowTypeError(context, "ferry: the engine cannot be pumped: %s", ferry_status_string(status));
    return NULL;
  }
  ferry_quickjs *bridge = calloc(1, sizeof *bridge);
  if (bridge == NULL) {
    JS_ThrowOutOfMemory(context);
    return NULL;
  }
  bridge->context = context;
  bridge->engine = engine;
  bridge->report = report;
  bridge->user_data = user_data;
  bridge->references = 1;
  if (!install(bridge, context, wx)) {
    ferry_quickjs_detach(bridge);
    return NULL;
  }
  return bridge;
}

ferry_status ferry_quickjs_pump(ferry_quickjs *bridge, uint32_t max_events, uint32_t *out_dispatched) {
  return ferry_engine_dispatch(bridge->engine, max_events, out_dispatched);
}

size_t ferry_quickjs_running(const ferry_quickjs *bridge) { return bridge->transfers.count; }

void ferry_quickjs_detach(ferry_quickjs *bridge) {
  if (bridge == NULL) return;
  struct transfer *transfer;
  uint32_t place = 0;
  while ((transfer = handles_next(&bridge->transfers, &place)) != NULL) {
    forget_tell(transfer);
    ferry_task_abort(transfer->task);
  }
  bridge->context = NULL;
  release(bridge);
}
