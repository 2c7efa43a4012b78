/* From what ferry tells to the JavaScript values that wx.js expects. */
#include <stdlib.h>
#include <string.h>

#include "values.h"

/* UTF-8 that ferry has made whole, to UTF-16: JavaScriptCore's own conversion stops at a NUL. Returns the units written. */
static size_t to_utf16(const char *text, size_t length, JSChar *out) {
  const unsigned char *at = (const unsigned char *)text, *end = at + length;
  size_t count = 0;
  while (at < end) {
    uint32_t code = *at++;
    int more = code < 0x80 ? 0 : code < 0xe0 ? 1 : code < 0xf0 ? 2 : 3;
    if (more > 0) code &= 0x3fu >> more;
    while (more-- > 0 && at < end) code = code << 6 | (*at++ & 0x3f);
    if (code >= 0x10000) {
      out[count++] = (JSChar)(0xd7c0 + (code >> 10));
      out[count++] = (JSChar)(0xdc00 + (code & 0x3ff));
    } else {
      out[count++] = (JSChar)code;
    }
  }
  return count;
}

static JSValueRef value_of_string(JSContextRef context, ferry_string string) {
  /* Never more units than bytes. */
  JSChar *units = malloc((string.length + 1) * sizeof *units);
  JSStringRef text = JSStringCreateWithCharacters(units, units != NULL ? to_utf16(string.data, string.length, units) : 0);
  JSValueRef value = JSValueMakeString(context, text);
  JSStringRelease(text);
  free(units);
  return value;
}

JSValueRef value_of_text(JSContextRef context, const char *text) {
  return value_of_string(context, (ferry_string){.data = text, .length = strlen(text)});
}

static void set(JSContextRef context, JSObjectRef object, const char *name, JSValueRef value) {
  JSStringRef key = JSStringCreateWithUTF8CString(name);
  JSObjectSetProperty(context, object, key, value, kJSPropertyAttributeNone, NULL);
  JSStringRelease(key);
}

static void set_number(JSContextRef context, JSObjectRef object, const char *name, double number) {
  set(context, object, name, JSValueMakeNumber(context, number));
}

JSValueRef value_of_headers(JSContextRef context, const ferry_headers *headers) {
  JSObjectRef list = JSObjectMakeArray(context, 0, NULL, NULL);
  size_t count = ferry_headers_joined_count(headers);
  for (size_t i = 0; i < count; i++) {
    ferry_string name, value;
    if (ferry_headers_joined_at(headers, i, &name, &value) != FERRY_OK) break;
    JSObjectSetPropertyAtIndex(context, list, (unsigned)(2 * i), value_of_string(context, name), NULL);
    JSObjectSetPropertyAtIndex(context, list, (unsigned)(2 * i + 1), value_of_string(context, value), NULL);
  }
  return list;
}

static JSValueRef cookies(JSContextRef context, const ferry_headers *headers) {
  JSObjectRef list = JSObjectMakeArray(context, 0, NULL, NULL);
  size_t count = ferry_headers_cookie_count(headers);
  for (size_t i = 0; i < count; i++) {
    JSValueRef cookie = value_of_string(context, ferry_headers_cookie_at(headers, i));
    JSObjectSetPropertyAtIndex(context, list, (unsigned)i, cookie, NULL);
  }
  return list;
}

static JSValueRef profile(JSContextRef context, const ferry_result *result) {
  ferry_profile from = FERRY_PROFILE_INIT;
  if (ferry_result_profile(result, &from) != FERRY_OK) return JSValueMakeUndefined(context);
  const struct {
    const char *name;
    int64_t value;
  } numbers[] = {
      {"invokeStart", from.invoke_start},
      {"queueStart", from.queue_start},
      {"queueEnd", from.queue_end},
      {"redirectStart", from.redirect_start},
      {"redirectEnd", from.redirect_end},
      {"fetchStart", from.fetch_start},
      {"domainLookUpStart", from.domain_lookup_start},
      {"domainLookUpEnd", from.domain_lookup_end},
      {"connectStart", from.connect_start},
      {"connectEnd", from.connect_end},
      {"SSLconnectionStart", from.ssl_connection_start},
      {"SSLconnectionEnd", from.ssl_connection_end},
      {"requestStart", from.request_start},
      {"requestEnd", from.request_end},
      {"responseStart", from.response_start},
      {"responseEnd", from.response_end},
      {"rtt", from.rtt},
      {"estimate_nettype", from.estimate_nettype},
      {"httpRttEstimate", from.http_rtt_estimate},
      {"transportRttEstimate", from.transport_rtt_estimate},
      {"downstreamThroughputKbpsEstimate", from.downstream_throughput_kbps_estimate},
      {"throughputKbps", from.throughput_kbps},
      {"port", from.port},
      {"sendBytesCount", from.send_bytes_count},
      {"receivedBytedCount", from.received_byted_count},
  };
  JSObjectRef object = JSObjectMake(context, NULL, NULL);
  for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++) {
    set_number(context, object, numbers[i].name, (double)numbers[i].value);
  }
  set(context, object, "estimate_nettype_text", value_of_text(context, ferry_nettype_string(from.estimate_nettype)));
  set(context, object, "protocol", value_of_text(context, ferry_protocol_string(from.protocol)));
  set(context, object, "peerIP", value_of_text(context, from.peer_ip));
  set(context, object, "socketReused", JSValueMakeBoolean(context, from.socket_reused != 0));
  set(context, object, "usingHighPerformanceMode", JSValueMakeBoolean(context, from.using_high_performance_mode != 0));
  return object;
}

JSValueRef value_of_result(JSContextRef context, const ferry_result *result) {
  const ferry_headers *headers = ferry_result_headers(result);
  ferry_string temporary = ferry_result_temp_file_path(result), stored = ferry_result_file_path(result);
  JSObjectRef object = JSObjectMake(context, NULL, NULL);
  set_number(context, object, "errno", ferry_result_errno(result));
  set(context, object, "errMsg", value_of_string(context, ferry_result_err_msg(result)));
  set_number(context, object, "statusCode", ferry_result_status_code(result));
  set(context, object, "header", value_of_headers(context, headers));
  set(context, object, "cookies", cookies(context, headers));
  set(context, object, "data", value_of_string(context, ferry_result_data(result)));
  if (temporary.data != NULL) set(context, object, "tempFilePath", value_of_string(context, temporary));
  if (stored.data != NULL) set(context, object, "filePath", value_of_string(context, stored));
  set_number(context, object, "dataLength", (double)ferry_result_data_length(result));
  set(context, object, "profile", profile(context, result));
  return object;
}
