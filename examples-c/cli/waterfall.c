/* Each stage is a row: its name, a bar from its start to its end on a common time line, its length. */
#include "waterfall.h"

#include <string.h>

struct stage {
  const char *name;
  int64_t start;
  int64_t end;
};

enum { NAME_WIDTH = 9, TIME_WIDTH = 10, LEAST_BAR = 8, MOST_BAR = 100 };

static void row(FILE *out, const struct stage *stage, int64_t origin, int64_t span, int bar) {
  int64_t from = (stage->start - origin) * bar / span;
  int64_t to = (stage->end - origin) * bar / span;
  if (to >= bar) to = bar - 1;
  if (from > to) from = to;
  fprintf(out, "  %-*s |", NAME_WIDTH, stage->name);
  for (int column = 0; column < bar; column++) fputc(column < from || column > to ? ' ' : '#', out);
  fprintf(out, "| %6lld ms\n", (long long)(stage->end - stage->start));
}

void waterfall(FILE *out, const ferry_profile *p, int width) {
  const struct stage stages[] = {
      {"queue", p->queue_start, p->queue_end},
      {"redirect", p->redirect_start, p->redirect_end},
      {"dns", p->domain_lookup_start, p->domain_lookup_end},
      /* connect_end is the end of TLS, where there is TLS. */
      {"connect", p->connect_start, p->ssl_connection_start ? p->ssl_connection_start : p->connect_end},
      {"tls", p->ssl_connection_start, p->ssl_connection_end},
      {"send", p->request_start, p->request_end},
      {"wait", p->request_end, p->response_start},
      {"receive", p->response_start, p->response_end},
  };
  const size_t count = sizeof stages / sizeof stages[0];
  int64_t last = p->invoke_start;
  for (size_t i = 0; i < count; i++)
    if (stages[i].end > last) last = stages[i].end;
  int64_t span = last - p->invoke_start + 1;
  int bar = width - NAME_WIDTH - TIME_WIDTH - 6;
  if (bar < LEAST_BAR) bar = LEAST_BAR;
  if (bar > MOST_BAR) bar = MOST_BAR;
  for (size_t i = 0; i < count; i++) {
    /* 0: the stage did not happen, or did not end. */
    if (stages[i].start == 0 || stages[i].end < stages[i].start) continue;
    row(out, &stages[i], p->invoke_start, span, bar);
  }
  fprintf(out, "  %s, %s:%u%s, sent %lld B, received %lld B, %u kbit/s", ferry_protocol_string(p->protocol), p->peer_ip[0] ? p->peer_ip : "-",
          (unsigned)p->port, p->socket_reused ? " (reused)" : "", (long long)p->send_bytes_count,
          (long long)p->received_byted_count, (unsigned)p->throughput_kbps);
  if (p->rtt) fprintf(out, ", rtt %u ms", (unsigned)p->rtt);
  fprintf(out, ", network %s\n", ferry_nettype_string(p->estimate_nettype));
}
