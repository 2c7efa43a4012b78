/* What wx.js asks to start, out of the engine's values; and its start. */
#ifndef FERRY_JS_REQUEST_H
#define FERRY_JS_REQUEST_H

#include <ferry.h>

/* Who fills it keeps the strings alive until it was started. */
struct request {
  uint32_t kind; /* FERRY_KIND_… */
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

ferry_status request_start(const struct request *request, ferry_engine *engine, const ferry_callbacks *callbacks,
                           ferry_task **out_task);

#endif
