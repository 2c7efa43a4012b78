#define _DEFAULT_SOURCE
#define _DARWIN_C_SOURCE
#include "bars.h"

#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

static int drawn; /* lines on the screen that are ours */

int bars_terminal(void) { return isatty(STDERR_FILENO); }

static void window(int *width, int *height) {
  struct winsize size;
  *width = 80;
  *height = 24;
  if (ioctl(STDERR_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 0) {
    *width = size.ws_col;
    if (size.ws_row > 0) *height = size.ws_row;
  }
}

int bars_width(void) {
  int width, height;
  window(&width, &height);
  return width;
}

static void human(uint64_t bytes, char *text, size_t size) {
  static const char *const units[] = {"B", "KiB", "MiB", "GiB", "TiB"};
  double value = (double)bytes;
  int unit = 0;
  while (value >= 1024 && unit < 4) {
    value /= 1024;
    unit++;
  }
  snprintf(text, size, unit == 0 ? "%.0f %s" : "%.1f %s", value, units[unit]);
}

void bars_clear(void) {
  if (drawn == 0) return;
  fprintf(stderr, "\r\033[%dA\033[J", drawn);
  drawn = 0;
}

static void draw_one(const struct bar *bar, int width) {
  char amount[64], done[24], whole[24];
  human(bar->transferred, done, sizeof done);
  human(bar->expected, whole, sizeof whole);
  if (bar->expected)
    snprintf(amount, sizeof amount, "%3d%% %s/%s", bar->percent, done, whole);
  else
    snprintf(amount, sizeof amount, "     %s", done);
  /* On a narrow terminal the bar goes first, then the label; the line never wraps. */
  char line[512];
  int label = width < 60 ? 12 : 24;
  int room = width - 1 - label - (int)strlen(amount) - (int)strlen(bar->note) - 5;
  int length = snprintf(line, sizeof line, "%-*.*s ", label, label, bar->label);
  if (room >= 8) {
    if (room > 60) room = 60;
    int full = bar->expected ? room * bar->percent / 100 : 0;
    line[length++] = '[';
    for (int i = 0; i < room; i++) line[length++] = i < full ? '=' : (i == full && full > 0 ? '>' : ' ');
    line[length++] = ']';
    line[length++] = ' ';
  }
  snprintf(line + length, sizeof line - (size_t)length, "%s %s", amount, bar->note);
  fprintf(stderr, "%.*s\n", width > 1 ? width - 1 : 1, line);
  drawn++;
}

void bars_draw(const struct bar *bars, size_t count) {
  if (!bars_terminal()) return;
  int width, height;
  window(&width, &height);
  bars_clear();
  if (count + 1 <= (size_t)height) {
    for (size_t i = 0; i < count; i++) draw_one(&bars[i], width);
    return;
  }
  struct bar sum = {"all transfers", "", 0, 0, 0};
  uint64_t percents = 0;
  for (size_t i = 0; i < count; i++) {
    sum.transferred += bars[i].transferred;
    sum.expected += bars[i].expected;
    percents += (uint64_t)bars[i].percent;
  }
  sum.percent = (int)(percents / count);
  draw_one(&sum, width);
}
