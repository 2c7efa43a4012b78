/* From the request object that wx.js made (checked strings and numbers) to ferry's options. */
#include <stdlib.h>

#include "values.h"

char *text_of(JSContextRef context, JSValueRef value, size_t *out_length) {
  JSStringRef string = value != NULL ? JSValueToStringCopy(context, value, NULL) : NULL;
  if (string == NULL) return NULL;
  size_t most = JSStringGetMaximumUTF8CStringSize(string);
  char *text = malloc(most);
  if (text != NULL) *out_length = JSStringGetUTF8CString(string, text, most) - 1;
  JSStringRelease(string);
  return text;
}

static JSValueRef property(JSContextRef context, JSObjectRef object, const char *name) {
  JSStringRef key = JSStringCreateWithUTF8CString(name);
  JSValueRef value = JSObjectGetProperty(context, object, key, NULL);
  JSStringRelease(key);
  return value;
}

static bool read_text(JSContextRef context, JSObjectRef object, const char *name, const char **out) {
  size_t unused;
  return (*out = text_of(context, property(context, object, name), &unused)) != NULL;
}

static ferry_switch read_switch(JSContextRef context, JSObjectRef object, const char *name) {
  return JSValueToBoolean(context, property(context, object, name)) ? FERRY_ON : FERRY_OFF;
}

/* A list and how many pairs it has. */
static JSObjectRef read_list(JSContextRef context, JSObjectRef object, const char *name, size_t *out_pairs) {
  JSValueRef value = property(context, object, name);
  JSObjectRef list = value != NULL ? JSValueToObject(context, value, NULL) : NULL;
  if (list == NULL) return NULL;
  double length = JSValueToNumber(context, property(context, list, "length"), NULL);
  *out_pairs = length >= 2 ? (size_t)length / 2 : 0;
  return list;
}

static char *read_element(JSContextRef context, JSObjectRef list, size_t index, size_t *out_length) {
  return text_of(context, JSObjectGetPropertyAtIndex(context, list, (unsigned)index, NULL), out_length);
}

static bool read_headers(JSContextRef context, JSObjectRef object, struct request *request) {
  size_t pairs, unused;
  JSObjectRef list = read_list(context, object, "header", &pairs);
  if (list == NULL) return false;
  request->headers = calloc(pairs + 1, sizeof *request->headers);
  if (request->headers == NULL) return false;
  for (size_t i = 0; i < pairs; i++) {
    ferry_header *header = &request->headers[request->header_count++];
    if ((header->name = read_element(context, list, 2 * i, &unused)) == NULL) return false;
    if ((header->value = read_element(context, list, 2 * i + 1, &unused)) == NULL) return false;
  }
  return true;
}

static bool read_form(JSContextRef context, JSObjectRef object, struct request *request) {
  size_t pairs, unused;
  JSObjectRef list = read_list(context, object, "form", &pairs);
  if (list == NULL) return false;
  request->form = calloc(pairs + 1, sizeof *request->form);
  if (request->form == NULL) return false;
  for (size_t i = 0; i < pairs; i++) {
    ferry_form_field *field = &request->form[request->form_count++];
    if ((field->name = read_element(context, list, 2 * i, &unused)) == NULL) return false;
    if ((field->value = read_element(context, list, 2 * i + 1, &field->value_length)) == NULL) return false;
  }
  return true;
}

bool request_read(JSContextRef context, struct request *request, JSObjectRef object) {
  request->timeout_ms = (int64_t)JSValueToNumber(context, property(context, object, "timeout"), NULL);
  request->enable_profile = read_switch(context, object, "enableProfile");
  request->enable_http2 = read_switch(context, object, "enableHttp2");
  request->enable_quic = read_switch(context, object, "enableQuic");
  return read_text(context, object, "url", &request->url) &&
         read_text(context, object, "filePath", &request->file_path) &&
         read_text(context, object, "name", &request->name) && read_headers(context, object, request) &&
         read_form(context, object, request);
}

void request_free(struct request *request) {
  for (size_t i = 0; i < request->header_count; i++) {
    free((char *)request->headers[i].name);
    free((char *)request->headers[i].value);
  }
  for (size_t i = 0; i < request->form_count; i++) {
    free((char *)request->form[i].name);
    free((char *)request->form[i].value);
  }
  free(request->headers);
  free(request->form);
  free((char *)request->url);
  free((char *)request->file_path);
  free((char *)request->name);
}
