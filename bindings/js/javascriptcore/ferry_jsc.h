/*
 * wx.uploadFile and wx.downloadFile in a JavaScriptCore context (iOS, macOS, WebKitGTK), for a host that pumps ferry on its
 * JavaScript thread. It is used as ferry_quickjs.h, where the order of things is shown. A context is retained until it is
 * detached; the engine outlives its bridges.
 */
#ifndef FERRY_JSC_H
#define FERRY_JSC_H

#include <stddef.h>
#include <stdint.h>

#include <JavaScriptCore/JavaScript.h>
#include <ferry.h>

#ifdef __cplusplus
extern "C" {
#endif

/* A context that has the two calls. */
typedef struct ferry_jsc ferry_jsc;

/* Called with what a script's callback threw; `error` is borrowed. */
typedef void (*ferry_jsc_report_fn)(void *user_data, JSContextRef context, JSValueRef error);

/*
 * Gives the object `wx` the functions uploadFile and downloadFile, before any script has run in `context`. `engine`
 * has FERRY_DISPATCH_PUMP. Pumps once, to see that it may. NULL when that failed; `out_exception` may be NULL.
 */
ferry_jsc *ferry_jsc_attach(JSGlobalContextRef context, ferry_engine *engine, JSObjectRef wx,
                            ferry_jsc_report_fn report, void *user_data, JSValueRef *out_exception);

/* Tells at most `max_events` events that wait (0: all that wait now). JavaScriptCore runs promises after each by itself. */
ferry_status ferry_jsc_pump(ferry_jsc *bridge, uint32_t max_events, uint32_t *out_dispatched);

/* How many transfers have not been told their end. */
size_t ferry_jsc_running(const ferry_jsc *bridge);

/* Lets go of the context; running transfers are aborted and told to nobody. NULL is fine. */
void ferry_jsc_detach(ferry_jsc *bridge);

#ifdef __cplusplus
}
#endif

#endif /* FERRY_JSC_H */
