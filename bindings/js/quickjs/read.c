/* From the request object that wx.js made (checked strings and numbers) to ferry's options. */
#include "internal.h"

static bool read_string(JSContext *context, JSValueConst object, const char *name, const char **out) {
  JSValue value = JS_GetPropertyStr(context, object, name);
  if (JS_IsException(value)) return false;
  *out = JS_ToCString(context, value);
  JS_FreeValue(context, value);
  return *out != NULL;
}

static bool read_switch(JSContext *context, JSValueConst object, const char *name, ferry_switch *out) {
  JSValue value = JS_GetPropertyStr(context, object, name);
  int on = JS_ToBool(context, value);
  JS_FreeValue(context, value);
  *out = on > 0 ? FERRY_ON : FERRY_OFF;
  return on >= 0;
}

static bool read_timeout(JSContext *context, JSValueConst object, int64_t *out) {
  JSValue value = JS_GetPropertyStr(context, object, "timeout");
  int failed = JS_ToInt64(context, out, value);
  JS_FreeValue(context, value);
  return failed == 0;
}

static const char *read_element(JSContext *context, JSValueConst list, int64_t index, size_t *out_length) {
  JSValue value = JS_GetPropertyInt64(context, list, index);
  if (JS_IsException(value)) return NULL;
  const char *text = JS_ToCStringLen(context, out_length, value);
  JS_FreeValue(context, value);
  return text;
}

static bool read_headers(JSContext *context, JSValueConst list, struct request *request) {
  int64_t length = 0;
  if (JS_GetLength(context, list, &length) < 0) return false;
  if (length < 2) return true;
  request->headers = js_mallocz(context, (size_t)length / 2 * sizeof *request->headers);
  if (request->headers == NULL) return false;
  for (int64_t i = 0; i + 1 < length; i += 2) {
    ferry_header *header = &request->headers[request->header_count++];
    size_t unused;
    header->name = read_element(context, list, i, &unused);
    if (header->name == NULL) return false;
    header->value = read_element(context, list, i + 1, &unused);
    if (header->value == NULL) return false;
  }
  return true;
}

static bool read_form(JSContext *context, JSValueConst list, struct request *request) {
  int64_t length = 0;
  if (JS_GetLength(context, list, &length) < 0) return false;
  if (length < 2) return true;
  request->form = js_mallocz(context, (size_t)length / 2 * sizeof *request->form);
  if (request->form == NULL) return false;
  for (int64_t i = 0; i + 1 < length; i += 2) {
    ferry_form_field *field = &request->form[request->form_count++];
    size_t unused;
    field->name = read_element(context, list, i, &unused);
    if (field->name == NULL) return false;
    field->value = read_element(context, list, i + 1, &field->value_length);
    if (field->value == NULL) return false;
  }
  return true;
}

static bool read_list(JSContext *context, JSValueConst object, const char *name, struct request *request,
                      bool (*read)(JSContext *, JSValueConst, struct request *)) {
  JSValue list = JS_GetPropertyStr(context, object, name);
  bool done = !JS_IsException(list) && read(context, list, request);
  JS_FreeValue(context, list);
  return done;
}

bool request_read(JSContext *context, struct request *request, JSValueConst object) {
  return read_string(context, object, "url", &request->url) &&
         read_string(context, object, "filePath", &request->file_path) &&
         read_string(context, object, "name", &request->name) &&
         read_list(context, object, "header", request, read_headers) &&
         read_list(context, object, "form", request, read_form) &&
         read_timeout(context, object, &request->timeout_ms) &&
         read_switch(context, object, "enableProfile", &request->enable_profile) &&
         read_switch(context, object, "enableHttp2", &request->enable_http2) &&
         read_switch(context, object, "enableQuic", &request->enable_quic);
}

static void free_string(JSContext *context, const char *text) {
  if (text != NULL) JS_FreeCString(context, text);
}

void request_free(JSContext *context, struct request *request) {
  for (size_t i = 0; i < request->header_count; i++) {
    free_string(context, request->headers[i].name);
    free_string(context, request->headers[i].value);
  }
  for (size_t i = 0; i < request->form_count; i++) {
    free_string(context, request->form[i].name);
    free_string(context, request->form[i].value);
  }
  js_free(context, request->headers);
  js_free(context, request->form);
  free_string(context, request->url);
  free_string(context, request->file_path);
  free_string(context, request->name);
}
