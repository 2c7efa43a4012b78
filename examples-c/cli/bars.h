/* Progress bars, one line a transfer. On a terminal they are redrawn in place; in a pipe nothing is drawn. */
#ifndef BARS_H
#define BARS_H

#include <stddef.h>
#include <stdint.h>

struct bar {
  const char *label;
  const char *note; /* "waiting", "ok", "failed", ...; shown behind the bar */
  int percent;
  uint64_t transferred;
  uint64_t expected; /* 0: unknown */
};

/* Whether standard error is a terminal, and how wide. 80 where that is unknown. */
int bars_terminal(void);
int bars_width(void);

/* Draws the bars over the ones drawn before. Where there are more than fit the window, one line sums them up. */
void bars_draw(const struct bar *bars, size_t count);

/* Takes the bars away, so that something else can be printed. */
void bars_clear(void);

#endif
