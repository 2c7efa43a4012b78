/*
 * wx.uploadFile and wx.downloadFile in a QuickJS context, for a host that pumps ferry on its JavaScript thread.
 *
 *   ferry_engine_config config = FERRY_ENGINE_CONFIG_INIT;
 *   config.dispatch = FERRY_DISPATCH_PUMP;
 *   config.wakeup = ...;                                   make the loop call ferry_quickjs_pump
 *   ferry_engine_create(&config, &engine);
 *   ferry_quickjs *bridge = ferry_quickjs_attach(context, engine, wx, report, NULL);
 *   ...                                                    run scripts; pump; run timers and pending jobs
 *   ferry_quickjs_detach(bridge);
 *   ferry_engine_close(engine);
 *   ferry_engine_release(engine);
 *   JS_FreeContext(context);
 *
 * Everything here belongs to the JavaScript thread. Several contexts may be attached to one engine, as long as they are
 * on one thread. The engine outlives its bridges; the context lives until the bridge is detached.
 */
#ifndef FERRY_QUICKJS_H
#define FERRY_QUICKJS_H

#include <stddef.h>
#include <stdint.h>

#include <ferry.h>
#include <quickjs.h>

#ifdef __cplusplus
extern "C" {
#endif

/* A context that has the two calls. */
typedef struct ferry_quickjs ferry_quickjs;

/*
 * Called with what a script's callback or a pending job threw. `error` is borrowed. It must not leave an exception
 * pending in `context`.
 */
typedef void (*ferry_quickjs_report_fn)(void *user_data, JSContext *context, JSValueConst error);

/*
 * Gives the object `wx` the functions uploadFile and downloadFile, before any script has run in `context`. `engine`
 * has FERRY_DISPATCH_PUMP. `report` may be NULL: errors then go to stderr. Pumps once, to see that it may.
 *
 * Returns NULL when that failed, with an exception pending in `context`.
 */
ferry_quickjs *ferry_quickjs_attach(JSContext *context, ferry_engine *engine, JSValueConst wx,
                                    ferry_quickjs_report_fn report, void *user_data);

/*
 * Tells at most `max_events` events that wait (0: all that wait now), each followed by the jobs (promises)
 * that it left pending. `out_dispatched` may be NULL. Returns what ferry_engine_dispatch does.
 */
ferry_status ferry_quickjs_pump(ferry_quickjs *bridge, uint32_t max_events, uint32_t *out_dispatched);

/* How many transfers have not been told their end. With none, no timer and no job left, a script has ended. */
size_t ferry_quickjs_running(const ferry_quickjs *bridge);

/*
 * Lets go of the context; `bridge` is gone then. NULL is fine. Running transfers are aborted and told to nobody; their
 * remains go when the engine is pumped or closed. A script that still calls wx gets `fail interrupted`. May be
 * called inside a script's callback.
 */
void ferry_quickjs_detach(ferry_quickjs *bridge);

#ifdef __cplusplus
}
#endif

#endif /* FERRY_QUICKJS_H */
