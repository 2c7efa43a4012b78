/* What the files of the bridge share. */
#ifndef FERRY_QUICKJS_INTERNAL_H
#define FERRY_QUICKJS_INTERNAL_H

#include <stdbool.h>

#include "ferry_quickjs.h"
#include "request.h"

/* read.c: fills all but the kind from the object that wx.js made. false: an exception is pending; free it all the same. */
bool request_read(JSContext *context, struct request *request, JSValueConst object);
void request_free(JSContext *context, struct request *request);

/* payload.c: what ferry tells, as JavaScript values. JS_EXCEPTION when memory is out. */
JSValue payload_of_headers(JSContext *context, const ferry_headers *headers);
JSValue payload_of_result(JSContext *context, const ferry_result *result);

#endif
