#include "handles.h"

#include <stdlib.h>

/* A place that is used again has another generation, so that an old handle does not fit. */
struct handle_slot {
  void *item;
  uint32_t generation;
  uint32_t next_free;
};

#define MAX_SLOTS (1u << 24)
#define MAX_GENERATION ((1u << 29) - 1) /* times MAX_SLOTS, still exact in a double */

static bool grow(struct handles *handles) {
  uint32_t count = handles->slot_count == 0 ? 16 : handles->slot_count * 2;
  if (count > MAX_SLOTS) return false;
  struct handle_slot *slots = realloc(handles->slots, count * sizeof *slots);
  if (slots == NULL) return false;
  for (uint32_t i = handles->slot_count; i < count; i++) {
    slots[i] = (struct handle_slot){.generation = 1, .next_free = i + 1 < count ? i + 2 : 0};
  }
  handles->first_free = handles->slot_count + 1;
  handles->slots = slots;
  handles->slot_count = count;
  return true;
}

int64_t handles_add(struct handles *handles, void *item) {
  if (handles->first_free == 0 && !grow(handles)) return 0;
  uint32_t place = handles->first_free - 1;
  struct handle_slot *slot = &handles->slots[place];
  handles->first_free = slot->next_free;
  handles->count++;
  slot->item = item;
  return (int64_t)slot->generation * MAX_SLOTS + place;
}

static struct handle_slot *slot_of(const struct handles *handles, int64_t handle) {
  if (handle < MAX_SLOTS || handle % MAX_SLOTS >= handles->slot_count) return NULL;
  struct handle_slot *slot = &handles->slots[handle % MAX_SLOTS];
  return slot->item != NULL && slot->generation == handle / MAX_SLOTS ? slot : NULL;
}

void *handles_get(const struct handles *handles, int64_t handle) {
  struct handle_slot *slot = slot_of(handles, handle);
  return slot != NULL ? slot->item : NULL;
}

void handles_remove(struct handles *handles, int64_t handle) {
  struct handle_slot *slot = slot_of(handles, handle);
  if (slot == NULL) return;
  slot->item = NULL;
  slot->generation = slot->generation == MAX_GENERATION ? 1 : slot->generation + 1;
  slot->next_free = handles->first_free;
  handles->first_free = (uint32_t)(handle % MAX_SLOTS) + 1;
  handles->count--;
}

void *handles_next(const struct handles *handles, uint32_t *place) {
  while (*place < handles->slot_count) {
    void *item = handles->slots[(*place)++].item;
    if (item != NULL) return item;
  }
  return NULL;
}

void handles_free(struct handles *handles) {
  free(handles->slots);
  *handles = (struct handles){0};
}
