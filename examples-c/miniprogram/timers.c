/* setTimeout, setInterval and what clears them: a heap of what is due, by time and then by order. */
#include <stdlib.h>
#include <time.h>

#include "host.h"

#define MAX_ARGUMENTS 8 /* what setTimeout hands on to its function */

struct timer {
  int64_t due; /* milliseconds of the monotonic clock */
  uint64_t order;
  uint32_t id;
  int64_t interval; /* -1: once */
  JSValue callback;
  int argument_count;
  JSValue arguments[];
};

static int64_t now_ms(void) {
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

static bool before(const struct timer *a, const struct timer *b) {
  return a->due != b->due ? a->due < b->due : a->order < b->order;
}

static void swap(struct host *host, size_t a, size_t b) {
  struct timer *one = host->timers[a];
  host->timers[a] = host->timers[b];
  host->timers[b] = one;
}

static void rise(struct host *host, size_t at) {
  while (at > 0 && before(host->timers[at], host->timers[(at - 1) / 2])) {
    swap(host, at, (at - 1) / 2);
    at = (at - 1) / 2;
  }
}

static void sink(struct host *host, size_t at) {
  for (;;) {
    size_t next = 2 * at + 1;
    if (next >= host->timer_count) return;
    if (next + 1 < host->timer_count && before(host->timers[next + 1], host->timers[next])) next++;
    if (!before(host->timers[next], host->timers[at])) return;
    swap(host, at, next);
    at = next;
  }
}

static bool push(struct host *host, struct timer *timer) {
  if (host->timer_count == host->timer_capacity) {
    size_t capacity = host->timer_capacity == 0 ? 16 : host->timer_capacity * 2;
    struct timer **grown = realloc(host->timers, capacity * sizeof *grown);
    if (grown == NULL) return false;
    host->timers = grown;
    host->timer_capacity = capacity;
  }
  host->timers[host->timer_count++] = timer;
  rise(host, host->timer_count - 1);
  return true;
}

static struct timer *take(struct host *host, size_t at) {
  struct timer *timer = host->timers[at];
  host->timer_count--;
  if (at < host->timer_count) {
    host->timers[at] = host->timers[host->timer_count];
    rise(host, at);
    sink(host, at);
  }
  return timer;
}

static void timer_free(JSContext *context, struct timer *timer) {
  JS_FreeValue(context, timer->callback);
  for (int i = 0; i < timer->argument_count; i++) JS_FreeValue(context, timer->arguments[i]);
  free(timer);
}

enum { ONCE, AGAIN };

static JSValue set_timer(JSContext *context, JSValueConst this_value, int argc, JSValueConst *argv, int again) {
  struct host *host = JS_GetContextOpaque(context);
  (void)this_value;
  if (!JS_IsFunction(context, argv[0])) return JS_ThrowTypeError(context, "a timer needs a function");
  double delay = 0;
  if (argc > 1 && JS_ToFloat64(context, &delay, argv[1]) < 0) return JS_EXCEPTION;
  if (!(delay >= 0)) delay = 0;
  if (delay > INT32_MAX) delay = INT32_MAX;
  int extra = argc - 2 < 0 ? 0 : argc - 2 > MAX_ARGUMENTS ? MAX_ARGUMENTS : argc - 2;
  struct timer *timer = calloc(1, sizeof *timer + (size_t)extra * sizeof(JSValue));
  if (timer == NULL) return JS_ThrowOutOfMemory(context);
  timer->order = ++host->timers_made;
  timer->id = (uint32_t)(timer->order % INT32_MAX);
  timer->due = now_ms() + (int64_t)delay;
  /* An interval of 0 would leave the loop no time for anything else. */
  timer->interval = again == AGAIN ? (delay < 1 ? 1 : (int64_t)delay) : -1;
  timer->callback = JS_DupValue(context, argv[0]);
  timer->argument_count = extra;
  for (int i = 0; i < extra; i++) timer->arguments[i] = JS_DupValue(context, argv[i + 2]);
  if (!push(host, timer)) {
    timer_free(context, timer);
    return JS_ThrowOutOfMemory(context);
  }
  return JS_NewUint32(context, timer->id);
}

static JSValue clear_timer(JSContext *context, JSValueConst this_value, int argc, JSValueConst *argv) {
  struct host *host = JS_GetContextOpaque(context);
  (void)this_value, (void)argc;
  /* Whatever is no timer's number clears nothing. */
  if (!JS_IsNumber(argv[0])) return JS_UNDEFINED;
  int64_t id = 0;
  JS_ToInt64(context, &id, argv[0]);
  for (size_t i = 0; i < host->timer_count; i++) {
    if (host->timers[i]->id == id) {
      timer_free(context, take(host, i));
      break;
    }
  }
  return JS_UNDEFINED;
}

void timers_install(struct host *host, JSValueConst global) {
  static const JSCFunctionListEntry functions[] = {
      JS_CFUNC_MAGIC_DEF("setTimeout", 2, set_timer, ONCE),
      JS_CFUNC_MAGIC_DEF("setInterval", 2, set_timer, AGAIN),
      JS_CFUNC_DEF("clearTimeout", 1, clear_timer),
      JS_CFUNC_DEF("clearInterval", 1, clear_timer),
  };
  JS_SetPropertyFunctionList(host->context, global, functions, sizeof functions / sizeof *functions);
}

int timers_wait(const struct host *host) {
  if (host->timer_count == 0) return -1;
  int64_t left = host->timers[0]->due - now_ms();
  return left < 0 ? 0 : (int)left;
}

/* Those that are due now; what they set anew waits for the next turn of the loop. */
void timers_run(struct host *host) {
  JSContext *context = host->context;
  int64_t now = now_ms();
  uint64_t last = host->timers_made;
  while (host->timer_count > 0 && host->timers[0]->due <= now && host->timers[0]->order <= last) {
    struct timer *timer = take(host, 0);
    JSValue callback = JS_DupValue(context, timer->callback);
    JSValue arguments[MAX_ARGUMENTS];
    int count = timer->argument_count;
    for (int i = 0; i < count; i++) arguments[i] = JS_DupValue(context, timer->arguments[i]);
    if (timer->interval < 0) {
      timer_free(context, timer);
    } else {
      timer->due = now + timer->interval;
      timer->order = ++host->timers_made;
      if (!push(host, timer)) timer_free(context, timer);
    }
    JSValue answer = JS_Call(context, callback, JS_UNDEFINED, count, arguments);
    if (JS_IsException(answer)) report_pending(host);
    JS_FreeValue(context, answer);
    JS_FreeValue(context, callback);
    for (int i = 0; i < count; i++) JS_FreeValue(context, arguments[i]);
    loop_turn(host);
  }
}

void timers_free(struct host *host) {
  while (host->timer_count > 0) timer_free(host->context, take(host, host->timer_count - 1));
  free(host->timers);
  host->timers = NULL;
  host->timer_capacity = 0;
}
