/* Errors that a script did not catch: told with their stack, and the exit code remembers them. */
#include <stdio.h>
#include <stdlib.h>

#include "host.h"

static void print(JSContext *context, const char *title, JSValueConst error) {
  const char *text = JS_ToCString(context, error);
  fprintf(stderr, "%s %s\n", title, text != NULL ? text : "(an error that has no text)");
  if (text != NULL) JS_FreeCString(context, text);
  if (JS_IsError(error)) {
    JSValue stack = JS_GetPropertyStr(context, error, "stack");
    const char *trace = JS_IsString(stack) ? JS_ToCString(context, stack) : NULL;
    if (trace != NULL) {
      fputs(trace, stderr);
      JS_FreeCString(context, trace);
    }
    JS_FreeValue(context, stack);
  }
  /* A script's own toString or stack may have thrown. */
  JS_FreeValue(context, JS_GetException(context));
}

void report_error(void *user_data, JSContext *context, JSValueConst error) {
  struct host *host = user_data;
  host->failed = true;
  fflush(stdout);
  print(context, "Uncaught", error);
}

void report_pending(struct host *host) {
  JSValue error = JS_GetException(host->context);
  report_error(host, host->context, error);
  JS_FreeValue(host->context, error);
}

static void forget(struct host *host, size_t index) {
  JS_FreeValue(host->context, host->rejections[index].promise);
  JS_FreeValue(host->context, host->rejections[index].reason);
  host->rejections[index] = host->rejections[--host->rejection_count];
}

void track_rejection(JSContext *context, JSValueConst promise, JSValueConst reason, bool is_handled, void *user_data) {
  struct host *host = user_data;
  if (is_handled) {
    for (size_t i = 0; i < host->rejection_count; i++) {
      if (JS_IsStrictEqual(context, host->rejections[i].promise, promise)) {
        forget(host, i);
        return;
      }
    }
    return;
  }
  if (host->rejection_count == host->rejection_capacity) {
    size_t capacity = host->rejection_capacity == 0 ? 8 : host->rejection_capacity * 2;
    struct rejection *grown = realloc(host->rejections, capacity * sizeof *grown);
    if (grown == NULL) return;
    host->rejections = grown;
    host->rejection_capacity = capacity;
  }
  host->rejections[host->rejection_count++] = (struct rejection){
      .promise = JS_DupValue(context, promise),
      .reason = JS_DupValue(context, reason),
  };
}

void report_rejections(struct host *host) {
  while (host->rejection_count > 0) {
    host->failed = true;
    fflush(stdout);
    print(host->context, "Unhandled promise rejection:", host->rejections[0].reason);
    forget(host, 0);
  }
}
