/* For the C tests of this folder: counts what does not hold, and goes on. */
#ifndef CHECK_H
#define CHECK_H

#include <stdio.h>

static int wrong = 0;

#define CHECK(condition) \
  do { \
    if (!(condition)) { \
      fprintf(stderr, "%s:%d: %s\n", __FILE__, __LINE__, #condition); \
      wrong++; \
    } \
  } while (0)

/* With both values, which say more than the condition. */
#define CHECK_EQUAL(value, expected) check_equal((long long)(value), (long long)(expected), #value, __LINE__)

static void check_equal(long long value, long long expected, const char *text, int line) {
  if (value == expected) return;
  fprintf(stderr, "line %d: %s is %lld, not %lld\n", line, text, value, expected);
  wrong++;
}

#endif
