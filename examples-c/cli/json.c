#include "json.h"

#include <string.h>

/* ferry's text is UTF-8; what the shell handed over may not be, so bytes that cannot start or go on are replaced. */
static size_t utf8_length(const unsigned char *at, size_t left) {
  size_t length = *at < 0x80 ? 1 : *at >= 0xc2 && *at < 0xe0 ? 2 : *at >= 0xe0 && *at < 0xf0 ? 3 : *at >= 0xf0 && *at < 0xf5 ? 4 : 0;
  if (length == 0 || length > left) return 0;
  for (size_t i = 1; i < length; i++)
    if ((at[i] & 0xc0) != 0x80) return 0;
  return length;
}

static void json_text(FILE *out, const char *text, size_t length) {
  const unsigned char *at = (const unsigned char *)text;
  fputc('"', out);
  for (size_t i = 0; i < length;) {
    size_t step = utf8_length(at + i, length - i);
    if (step == 0) fputs("\\ufffd", out), step = 1;
    else if (at[i] == '"' || at[i] == '\\') fprintf(out, "\\%c", at[i]);
    else if (at[i] < 0x20) fprintf(out, "\\u%04x", at[i]);
    else fwrite(at + i, 1, step, out);
    i += step;
  }
  fputc('"', out);
}

static void json_string(FILE *out, const char *key, ferry_string text) {
  fprintf(out, ",\"%s\":", key);
  if (text.data) json_text(out, text.data, text.length);
  else fputs("null", out);
}

static void json_headers(FILE *out, const ferry_headers *headers) {
  fputs(",\"header\":{", out);
  for (size_t i = 0; i < ferry_headers_joined_count(headers); i++) {
    ferry_string name, value;
    if (ferry_headers_joined_at(headers, i, &name, &value) != FERRY_OK) break;
    if (i) fputc(',', out);
    json_text(out, name.data, name.length);
    fputc(':', out);
    json_text(out, value.data, value.length);
  }
  fputc('}', out);
}

static void json_profile(FILE *out, const ferry_profile *p) {
#define FIELD(name, value) fprintf(out, ",\"" name "\":%lld", (long long)(value))
  fprintf(out, ",\"profile\":{\"invokeStart\":%lld", (long long)p->invoke_start);
  FIELD("queueStart", p->queue_start);
  FIELD("queueEnd", p->queue_end);
  FIELD("redirectStart", p->redirect_start);
  FIELD("redirectEnd", p->redirect_end);
  FIELD("fetchStart", p->fetch_start);
  FIELD("domainLookUpStart", p->domain_lookup_start);
  FIELD("domainLookUpEnd", p->domain_lookup_end);
  FIELD("connectStart", p->connect_start);
  FIELD("connectEnd", p->connect_end);
  FIELD("SSLconnectionStart", p->ssl_connection_start);
  FIELD("SSLconnectionEnd", p->ssl_connection_end);
  FIELD("requestStart", p->request_start);
  FIELD("requestEnd", p->request_end);
  FIELD("responseStart", p->response_start);
  FIELD("responseEnd", p->response_end);
  FIELD("rtt", p->rtt);
  FIELD("throughputKbps", p->throughput_kbps);
  FIELD("port", p->port);
  FIELD("sendBytesCount", p->send_bytes_count);
  FIELD("receivedBytedCount", p->received_byted_count);
#undef FIELD
  fprintf(out, ",\"socketReused\":%s,\"protocol\":\"%s\",\"peerIP\":\"%s\",\"estimate_nettype\":\"%s\"}",
          p->socket_reused ? "true" : "false", ferry_protocol_string(p->protocol), p->peer_ip,
          ferry_nettype_string(p->estimate_nettype));
}

void json_result(FILE *out, const char *label, const ferry_result *result) {
  fputs("{\"name\":", out);
  json_text(out, label, strlen(label));
  json_string(out, "errMsg", ferry_result_err_msg(result));
  fprintf(out, ",\"errno\":%d,\"statusCode\":%u,\"dataLength\":%llu", (int)ferry_result_errno(result),
          (unsigned)ferry_result_status_code(result), (unsigned long long)ferry_result_data_length(result));
  json_string(out, "filePath", ferry_result_file_path(result));
  json_string(out, "url", ferry_result_effective_url(result));
  json_string(out, "data", ferry_result_data(result));
  json_headers(out, ferry_result_headers(result));
  ferry_profile profile = FERRY_PROFILE_INIT;
  if (ferry_result_profile(result, &profile) == FERRY_OK) json_profile(out, &profile);
  fputs("}\n", out);
}
