/* From what ferry tells to the JavaScript values that wx.js expects. */
#include "internal.h"

static JSValue text(JSContext *context, ferry_string string) {
  return JS_NewStringLen(context, string.data, string.length);
}

/* Takes `value`. False when there is no value, or no memory for the property. */
static bool set(JSContext *context, JSValueConst object, const char *name, JSValue value) {
  if (JS_IsException(value)) return false;
  return JS_DefinePropertyValueStr(context, object, name, value, JS_PROP_C_W_E) >= 0;
}

static bool set_at(JSContext *context, JSValueConst list, uint32_t index, JSValue value) {
  if (JS_IsException(value)) return false;
  return JS_DefinePropertyValueUint32(context, list, index, value, JS_PROP_C_W_E) >= 0;
}

/* `value`, or JS_EXCEPTION in its place. */
static JSValue whole(JSContext *context, JSValue value, bool done) {
  if (done) return value;
  JS_FreeValue(context, value);
  return JS_EXCEPTION;
}

JSValue payload_of_headers(JSContext *context, const ferry_headers *headers) {
  JSValue list = JS_NewArray(context);
  if (JS_IsException(list)) return list;
  size_t count = ferry_headers_joined_count(headers);
  bool done = true;
  for (size_t i = 0; done && i < count; i++) {
    ferry_string name, value;
    if (ferry_headers_joined_at(headers, i, &name, &value) != FERRY_OK) break;
    done = set_at(context, list, (uint32_t)(2 * i), text(context, name)) &&
           set_at(context, list, (uint32_t)(2 * i + 1), text(context, value));
  }
  return whole(context, list, done);
}

static JSValue cookies(JSContext *context, const ferry_headers *headers) {
  JSValue list = JS_NewArray(context);
  if (JS_IsException(list)) return list;
  size_t count = ferry_headers_cookie_count(headers);
  bool done = true;
  for (size_t i = 0; done && i < count; i++) {
    done = set_at(context, list, (uint32_t)i, text(context, ferry_headers_cookie_at(headers, i)));
  }
  return whole(context, list, done);
}

static JSValue profile(JSContext *context, const ferry_result *result) {
  ferry_profile from = FERRY_PROFILE_INIT;
  if (ferry_result_profile(result, &from) != FERRY_OK) return JS_UNDEFINED;
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
  JSValue object = JS_NewObject(context);
  if (JS_IsException(object)) return object;
  bool done = true;
  for (size_t i = 0; done && i < sizeof numbers / sizeof *numbers; i++) {
    done = set(context, object, numbers[i].name, JS_NewInt64(context, numbers[i].value));
  }
  const char *nettype = ferry_nettype_string(from.estimate_nettype);
  const char *protocol = ferry_protocol_string(from.protocol);
  done = done && set(context, object, "estimate_nettype_text", JS_NewString(context, nettype)) &&
         set(context, object, "protocol", JS_NewString(context, protocol)) &&
         set(context, object, "peerIP", JS_NewString(context, from.peer_ip)) &&
         set(context, object, "socketReused", JS_NewBool(context, from.socket_reused != 0)) &&
         set(context, object, "usingHighPerformanceMode", JS_NewBool(context, from.using_high_performance_mode != 0));
  return whole(context, object, done);
}

static bool set_path(JSContext *context, JSValueConst object, const char *name, ferry_string path) {
  return path.data == NULL || set(context, object, name, text(context, path));
}

JSValue payload_of_result(JSContext *context, const ferry_result *result) {
  JSValue object = JS_NewObject(context);
  if (JS_IsException(object)) return object;
  const ferry_headers *headers = ferry_result_headers(result);
  bool done = set(context, object, "errno", JS_NewInt32(context, ferry_result_errno(result))) &&
              set(context, object, "errMsg", text(context, ferry_result_err_msg(result))) &&
              set(context, object, "statusCode", JS_NewUint32(context, ferry_result_status_code(result))) &&
              set(context, object, "header", payload_of_headers(context, headers)) &&
              set(context, object, "cookies", cookies(context, headers)) &&
              set(context, object, "data", text(context, ferry_result_data(result))) &&
              set_path(context, object, "tempFilePath", ferry_result_temp_file_path(result)) &&
              set_path(context, object, "filePath", ferry_result_file_path(result)) &&
              set(context, object, "dataLength", JS_NewInt64(context, (int64_t)ferry_result_data_length(result))) &&
              set(context, object, "profile", profile(context, result));
  return whole(context, object, done);
}
