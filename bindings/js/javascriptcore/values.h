/* Between ferry's strings and structs and JavaScriptCore's values. */
#ifndef FERRY_JSC_VALUES_H
#define FERRY_JSC_VALUES_H

#include <stdbool.h>

#include "ferry_jsc.h"
#include "request.h"

/* Fills all but the kind from the object that wx.js made. false: memory is out, or an exception; free it all the same. */
bool request_read(JSContextRef context, struct request *request, JSObjectRef object);
void request_free(struct request *request);

/* A copy to free(), NUL-terminated; its length goes to `out_length`. NULL: an exception, or memory is out. */
char *text_of(JSContextRef context, JSValueRef value, size_t *out_length);

JSValueRef value_of_text(JSContextRef context, const char *text);
JSValueRef value_of_headers(JSContextRef context, const ferry_headers *headers);
JSValueRef value_of_result(JSContextRef context, const ferry_result *result);

#endif
