/* What the files of the bridge share. */
#ifndef FERRY_QUICKJS_INTERNAL_H
#define FERRY_QUICKJS_INTERNAL_H

#include <stdbool.h>

#include "ferry_quickjs.h"

/* request.c: the request object that wx.js made, as ferry's options. */
struct request {
  ferry_header *headers;
  size_t header_count;
  ferry_form_field *form;
  size_t form_count;
  const char *url;
  const char *file_path;
  const char *name;
  int64_t timeout_ms;
  ferry_switch enable_profile;
  ferry_switch enable_http2;
  ferry_switch enable_quic;
};

/* false: an exception is pending; free it all the same. */
bool request_read(JSContext *context, struct request *request, JSValueConst object);
ferry_status request_start(const struct request *request, uint32_t kind, ferry_engine *engine,
                           const ferry_callbacks *callbacks, ferry_task **out_task);
void request_free(JSContext *context, struct request *request);

/* payload.c: what ferry tells, as JavaScript values. JS_EXCEPTION when memory is out. */
JSValue payload_of_headers(JSContext *context, const ferry_headers *headers);
JSValue payload_of_result(JSContext *context, const ferry_result *result);

#endif
