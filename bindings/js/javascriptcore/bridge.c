/* The native functions that wx.js asks for, over ferry.h, and the ways in and out of a context. */
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "handles.h"
#include "values.h"
#include "wx_js.h" /* made from wx.js: wx_js, its bytes with a NUL, and wx_js_length */

/* One upload or download, from start to its destroy callback. */
struct transfer {
  ferry_jsc *bridge;
  ferry_task *task;
  JSObjectRef tell; /* protected; NULL when nobody is to be told any more */
  int64_t handle;
  uint64_t progress_listener;
  uint64_t headers_listener;
};

struct ferry_jsc {
  JSGlobalContextRef context; /* NULL once detached */
  ferry_engine *engine;
  ferry_jsc_report_fn report;
  void *user_data;
  struct handles transfers;
  /* The host's, that of the native functions, one for each transfer. JavaScriptCore may finalize on any thread. */
  atomic_size_t references;
};

/* A script may not reach these through Promise.prototype: `constructor` would have a say in then(). */
static const char LATER[] =
    "(() => {"
    "  const ready = Promise.resolve(), { then } = Promise.prototype, { apply, defineProperty } = Reflect;"
    "  defineProperty(ready, 'constructor', { value: undefined });"
    "  return (job) => { apply(then, ready, [job]); };"
    "})()";

static void retain(ferry_jsc *bridge) { atomic_fetch_add(&bridge->references, 1); }

static void release(ferry_jsc *bridge) {
  if (atomic_fetch_sub(&bridge->references, 1) > 1) return;
  handles_free(&bridge->transfers);
  free(bridge);
}

static void forget_tell(struct transfer *transfer) {
  if (transfer->tell != NULL) JSValueUnprotect(transfer->bridge->context, transfer->tell);
  transfer->tell = NULL;
}

/* ferry's destroy callback: nothing of the task comes after it. */
static void transfer_destroy(void *user_data) {
  struct transfer *transfer = user_data;
  ferry_jsc *bridge = transfer->bridge;
  handles_remove(&bridge->transfers, transfer->handle);
  forget_tell(transfer);
  ferry_task_release(transfer->task);
  free(transfer);
  release(bridge);
}

static struct transfer *transfer_new(ferry_jsc *bridge) {
  struct transfer *transfer = calloc(1, sizeof *transfer);
  if (transfer == NULL) return NULL;
  transfer->handle = handles_add(&bridge->transfers, transfer);
  if (transfer->handle == 0) {
    free(transfer);
    return NULL;
  }
  transfer->bridge = bridge;
  retain(bridge);
  return transfer;
}

/* ---- from ferry to JavaScript ---------------------------------------------------------------------------------- */

static void report(ferry_jsc *bridge, JSContextRef context, JSValueRef error) {
  if (bridge->report != NULL) bridge->report(bridge->user_data, context, error);
}

static void tell(struct transfer *transfer, size_t argc, const JSValueRef *argv) {
  ferry_jsc *bridge = transfer->bridge;
  /* The function may detach the bridge: hold what the call needs. Values on the stack are not collected. */
  JSGlobalContextRef context = JSGlobalContextRetain(bridge->context);
  JSObjectRef function = transfer->tell;
  JSValueRef error = NULL;
  retain(bridge);
  JSObjectCallAsFunction(context, function, NULL, argc, argv, &error);
  if (error != NULL) report(bridge, context, error);
  release(bridge);
  JSGlobalContextRelease(context);
}

static void on_progress(void *user_data, ferry_task *task, const ferry_progress *progress) {
  struct transfer *transfer = user_data;
  (void)task;
  if (transfer->tell == NULL) return;
  JSContextRef context = transfer->bridge->context;
  JSValueRef arguments[] = {
      value_of_text(context, "progress"),
      JSValueMakeNumber(context, progress->percent),
      JSValueMakeNumber(context, (double)progress->transferred),
      JSValueMakeNumber(context, (double)progress->expected),
  };
  tell(transfer, 4, arguments);
}

static void on_headers(void *user_data, ferry_task *task, const ferry_headers *headers) {
  struct transfer *transfer = user_data;
  (void)task;
  if (transfer->tell == NULL) return;
  JSContextRef context = transfer->bridge->context;
  JSValueRef arguments[] = {value_of_text(context, "headers"), value_of_headers(context, headers)};
  tell(transfer, 2, arguments);
}

static void on_end(void *user_data, ferry_task *task, const ferry_result *result) {
  struct transfer *transfer = user_data;
  (void)task;
  if (transfer->tell == NULL) return;
  JSContextRef context = transfer->bridge->context;
  JSValueRef arguments[] = {value_of_text(context, "end"), value_of_result(context, result)};
  tell(transfer, 2, arguments);
}

/* ---- from JavaScript to ferry: the native functions, as README.md beside wx.js has them ------------------------ */

static JSValueRef throw_text(JSContextRef context, JSValueRef *exception, const char *text) {
  JSValueRef message = value_of_text(context, text);
  *exception = JSObjectMakeError(context, 1, &message, NULL);
  return NULL;
}

static bool is_text(JSContextRef context, JSValueRef value, const char *expected) {
  size_t length;
  char *text = text_of(context, value, &length);
  bool same = text != NULL && strcmp(text, expected) == 0;
  free(text);
  return same;
}

static struct transfer *transfer_of(JSContextRef context, JSObjectRef native, JSValueRef value) {
  ferry_jsc *bridge = JSObjectGetPrivate(native);
  double handle = JSValueToNumber(context, value, NULL);
  return handle > 0 && handle < 9007199254740992.0 ? handles_get(&bridge->transfers, (int64_t)handle) : NULL;
}

/* start(kind, request, tell) */
static JSValueRef native_start(JSContextRef context, JSObjectRef function, JSObjectRef native, size_t argc,
                               const JSValueRef argv[], JSValueRef *exception) {
  ferry_jsc *bridge = JSObjectGetPrivate(native);
  (void)function, (void)argc;
  if (bridge->context == NULL) return JSValueMakeNumber(context, 0);
  struct transfer *transfer = transfer_new(bridge);
  if (transfer == NULL) return throw_text(context, exception, "ferry: out of memory");
  transfer->tell = JSValueToObject(context, argv[2], NULL);
  JSValueProtect(bridge->context, transfer->tell);
  int64_t handle = transfer->handle;
  struct request request = {.kind = is_text(context, argv[0], "upload") ? FERRY_KIND_UPLOAD : FERRY_KIND_DOWNLOAD};
  ferry_callbacks callbacks = FERRY_CALLBACKS_INIT;
  callbacks.user_data = transfer;
  callbacks.on_success = on_end;
  callbacks.on_fail = on_end;
  callbacks.destroy = transfer_destroy;
  ferry_status status = FERRY_OUT_OF_MEMORY;
  if (request_read(context, &request, JSValueToObject(context, argv[1], NULL))) {
    status = request_start(&request, bridge->engine, &callbacks, &transfer->task);
  }
  request_free(&request);
  if (status == FERRY_OK) return JSValueMakeNumber(context, (double)handle);
  transfer_destroy(transfer);
  if (status == FERRY_ENGINE_CLOSED) return JSValueMakeNumber(context, 0);
  return throw_text(context, exception, ferry_status_string(status));
}

/* abort(handle) */
static JSValueRef native_abort(JSContextRef context, JSObjectRef function, JSObjectRef native, size_t argc,
                               const JSValueRef argv[], JSValueRef *exception) {
  (void)function, (void)argc, (void)exception;
  struct transfer *transfer = transfer_of(context, native, argv[0]);
  if (transfer != NULL) ferry_task_abort(transfer->task);
  return JSValueMakeUndefined(context);
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
static JSValueRef native_listen(JSContextRef context, JSObjectRef function, JSObjectRef native, size_t argc,
                                const JSValueRef argv[], JSValueRef *exception) {
  (void)function, (void)argc, (void)exception;
  struct transfer *transfer = transfer_of(context, native, argv[0]);
  bool on = JSValueToBoolean(context, argv[2]);
  if (transfer != NULL && is_text(context, argv[1], "progress")) listen_to_progress(transfer, on);
  if (transfer != NULL && is_text(context, argv[1], "headers")) listen_to_headers(transfer, on);
  return JSValueMakeUndefined(context);
}

/* report(error) */
static JSValueRef native_report(JSContextRef context, JSObjectRef function, JSObjectRef native, size_t argc,
                                const JSValueRef argv[], JSValueRef *exception) {
  (void)function, (void)argc, (void)exception;
  report(JSObjectGetPrivate(native), context, argv[0]);
  return JSValueMakeUndefined(context);
}

/* ---- attach, pump, detach -------------------------------------------------------------------------------------- */

static void native_finalize(JSObjectRef native) { release(JSObjectGetPrivate(native)); }

static JSObjectRef native_new(ferry_jsc *bridge, JSContextRef context) {
  static const JSStaticFunction functions[] = {
      {"start", native_start, kJSPropertyAttributeDontEnum},
      {"abort", native_abort, kJSPropertyAttributeDontEnum},
      {"listen", native_listen, kJSPropertyAttributeDontEnum},
      {"report", native_report, kJSPropertyAttributeDontEnum},
      {NULL, NULL, 0},
  };
  JSClassDefinition definition = kJSClassDefinitionEmpty;
  definition.className = "FerryNative";
  definition.staticFunctions = functions;
  definition.finalize = native_finalize;
  JSClassRef class = JSClassCreate(&definition);
  retain(bridge);
  JSObjectRef native = JSObjectMake(context, class, bridge);
  JSClassRelease(class);
  return native;
}

static JSValueRef evaluate(JSContextRef context, const char *text, const char *name, JSValueRef *error) {
  JSStringRef script = JSStringCreateWithUTF8CString(text);
  JSStringRef url = JSStringCreateWithUTF8CString(name);
  JSValueRef value = JSEvaluateScript(context, script, NULL, url, 1, error);
  JSStringRelease(url);
  JSStringRelease(script);
  return value;
}

static void copy_property(JSContextRef context, JSObjectRef from, JSObjectRef to, const char *name, JSValueRef *error) {
  JSStringRef key = JSStringCreateWithUTF8CString(name);
  JSValueRef value = JSObjectGetProperty(context, from, key, error);
  if (*error == NULL) JSObjectSetProperty(context, to, key, value, kJSPropertyAttributeNone, error);
  JSStringRelease(key);
}

static bool install(ferry_jsc *bridge, JSContextRef context, JSObjectRef wx, JSValueRef *error) {
  JSObjectRef native = native_new(bridge, context);
  JSValueRef later = evaluate(context, LATER, "wx.js", error);
  if (*error != NULL) return false;
  JSStringRef key = JSStringCreateWithUTF8CString("later");
  JSObjectSetProperty(context, native, key, later, kJSPropertyAttributeDontEnum, error);
  JSStringRelease(key);
  JSValueRef factory = *error == NULL ? evaluate(context, (const char *)wx_js, "wx.js", error) : NULL;
  if (*error != NULL) return false;
  JSValueRef argument = native;
  JSValueRef calls = JSObjectCallAsFunction(context, (JSObjectRef)factory, NULL, 1, &argument, error);
  if (*error != NULL) return false;
  copy_property(context, (JSObjectRef)calls, wx, "uploadFile", error);
  if (*error == NULL) copy_property(context, (JSObjectRef)calls, wx, "downloadFile", error);
  return *error == NULL;
}

ferry_jsc *ferry_jsc_attach(JSGlobalContextRef context, ferry_engine *engine, JSObjectRef wx,
                            ferry_jsc_report_fn report, void *user_data, JSValueRef *out_exception) {
  JSValueRef error = NULL;
  /* An engine with a callback thread would run JavaScript on it. Inside a callback it is pumped for sure. */
  ferry_status status = ferry_engine_dispatch(engine, 1, NULL);
  ferry_jsc *bridge = NULL;
  if (status != FERRY_OK && status != FERRY_WOULD_DEADLOCK) {
    throw_text(context, &error, "ferry: the engine cannot be pumped");
  } else if ((bridge = calloc(1, sizeof *bridge)) == NULL) {
    throw_text(context, &error, "ferry: out of memory");
  } else {
    bridge->context = JSGlobalContextRetain(context);
    bridge->engine = engine;
    bridge->report = report;
    bridge->user_data = user_data;
    atomic_init(&bridge->references, 1);
    if (!install(bridge, context, wx, &error)) {
      ferry_jsc_detach(bridge);
      bridge = NULL;
    }
  }
  if (out_exception != NULL) *out_exception = error;
  return bridge;
}

ferry_status ferry_jsc_pump(ferry_jsc *bridge, uint32_t max_events, uint32_t *out_dispatched) {
  return ferry_engine_dispatch(bridge->engine, max_events, out_dispatched);
}

size_t ferry_jsc_running(const ferry_jsc *bridge) { return bridge->transfers.count; }

void ferry_jsc_detach(ferry_jsc *bridge) {
  if (bridge == NULL) return;
  struct transfer *transfer;
  uint32_t place = 0;
  while ((transfer = handles_next(&bridge->transfers, &place)) != NULL) {
    forget_tell(transfer);
    ferry_task_abort(transfer->task);
  }
  JSGlobalContextRelease(bridge->context);
  bridge->context = NULL;
  release(bridge);
}
