/* What the files of ferry-miniprogram share. */
#ifndef HOST_H
#define HOST_H

#include <signal.h>
#include <stdbool.h>
#include <stddef.h>

#include "ferry_quickjs.h"

struct timer;

struct options {
  const char *app;
  const char *root; /* NULL: a folder of its own, gone at the end */
  const char *ca_file;
  const char **allow;
  size_t allow_count;
  const char **images;
  size_t image_count;
  ferry_dns_override *overrides;
  size_t override_count;
  uint32_t progress_interval_ms;
  uint32_t log_level;
  bool https_only;
  bool profile;
  bool leak_check;
};

/* Promises that were rejected and that nobody has asked about yet. */
struct rejection {
  JSValue promise;
  JSValue reason;
};

struct host {
  const struct options *options;
  JSRuntime *runtime;
  JSContext *context;
  ferry_engine *engine;
  ferry_quickjs *bridge;
  int wake_read;
  int wake_write;
  bool failed; /* an error went uncaught: the exit code says so */
  struct timer **timers; /* a heap, the next one first */
  size_t timer_count;
  size_t timer_capacity;
  uint64_t timers_made;
  struct rejection *rejections;
  size_t rejection_count;
  size_t rejection_capacity;
};

/* options.c: false when the arguments make no sense, which has been said then. */
bool options_read(struct options *options, int argc, char **argv);
void options_free(struct options *options);

/* errors.c */
void report_error(void *host, JSContext *context, JSValueConst error);
void report_pending(struct host *host);
void track_rejection(JSContext *context, JSValueConst promise, JSValueConst reason, bool is_handled, void *host);
void report_rejections(struct host *host);

/* timers.c */
void timers_install(struct host *host, JSValueConst global);
int timers_wait(const struct host *host); /* milliseconds to the next one for poll(2), -1 without any */
void timers_run(struct host *host);
void timers_free(struct host *host);

/* natives.c: what prelude.js asks of the host. */
JSValue natives_new(struct host *host);
bool read_file(const char *path, char **out_text, size_t *out_length);

/* loop.c */
extern volatile sig_atomic_t loop_signal; /* the signal that ended the loop, or 0 */
bool loop_open(struct host *host);
void loop_wakeup(void *host); /* ferry's wakeup callback */
void loop_turn(struct host *host); /* what promises wait for, then what nobody caught */
void loop_run(struct host *host);
void loop_close(struct host *host);

#endif
