/* Numbers for things that a script may name long after they are gone: no number is given twice. */
#ifndef FERRY_JS_HANDLES_H
#define FERRY_JS_HANDLES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct handle_slot;

/* All zero is empty. */
struct handles {
  struct handle_slot *slots;
  uint32_t slot_count;
  uint32_t first_free; /* 1 more than its place; 0: none */
  size_t count;
};

/* A handle for `item`, never 0 and exact in a double; 0 when memory is out. */
int64_t handles_add(struct handles *handles, void *item);

/* NULL when the handle is none of these, or not any more. */
void *handles_get(const struct handles *handles, int64_t handle);

void handles_remove(struct handles *handles, int64_t handle);

/* Some item at or after *place, which is left behind it; NULL at the end. Start from 0. */
void *handles_next(const struct handles *handles, uint32_t *place);

void handles_free(struct handles *handles);

#endif
