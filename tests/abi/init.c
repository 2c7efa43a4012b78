/* The _INIT macros and the _init functions make the same bytes; the version macros are the library's. */
#include <ferry.h>
#include <stdlib.h>
#include <string.h>

#include "check.h"

/* Static, so that no byte of them is left to chance. */
static ferry_engine_config config = FERRY_ENGINE_CONFIG_INIT;
static ferry_upload_options upload = FERRY_UPLOAD_OPTIONS_INIT;
static ferry_download_options download = FERRY_DOWNLOAD_OPTIONS_INIT;
static ferry_callbacks callbacks = FERRY_CALLBACKS_INIT;
static ferry_engine_stats stats = FERRY_ENGINE_STATS_INIT;
static ferry_network network = FERRY_NETWORK_INIT;
static ferry_profile profile = FERRY_PROFILE_INIT;

/* A struct full of rubbish, filled by the function, against the macro's; and nothing written past the end. */
#define SAME(type, macro_made) \
  do { \
    unsigned char room[sizeof(type) + 8]; \
    type *target = (type *)malloc(sizeof room); \
    if (target == NULL) return 2; \
    memset(target, 0xa5, sizeof room); \
    type##_init(target, (uint32_t)sizeof(type)); \
    memcpy(room, target, sizeof room); \
    CHECK(memcmp(room, &macro_made, sizeof(type)) == 0); \
    CHECK_EQUAL(room[sizeof(type)], 0xa5); \
    CHECK_EQUAL(target->struct_size, sizeof(type)); \
    memset(target, 0xa5, sizeof room); \
    type##_init(target, 8); /* a caller built against a shorter struct */ \
    memcpy(room, target, sizeof room); \
    CHECK_EQUAL(target->struct_size, 8); \
    CHECK_EQUAL(room[7], 0); \
    CHECK_EQUAL(room[8], 0xa5); \
    memset(target, 0xa5, sizeof room); \
    type##_init(target, 3); /* no room for the size itself: nothing is done */ \
    memcpy(room, target, sizeof room); \
    CHECK_EQUAL(room[0], 0xa5); \
    type##_init(NULL, (uint32_t)sizeof(type)); \
    free(target); \
  } while (0)

/* Those that ferry fills have a macro only: the size, then zero. */
static int zero_after_size(const void *made, size_t size) {
  const unsigned char *bytes = made;
  uint32_t first;
  size_t i;
  memcpy(&first, made, sizeof first);
  if (first != size) return 0;
  for (i = sizeof first; i < size; i++)
    if (bytes[i] != 0) return 0;
  return 1;
}

int main(void) {
  SAME(ferry_engine_config, config);
  SAME(ferry_upload_options, upload);
  SAME(ferry_download_options, download);
  SAME(ferry_callbacks, callbacks);
  CHECK(zero_after_size(&config, sizeof config));
  CHECK(zero_after_size(&upload, sizeof upload));
  CHECK(zero_after_size(&download, sizeof download));
  CHECK(zero_after_size(&callbacks, sizeof callbacks));
  CHECK(zero_after_size(&stats, sizeof stats));
  CHECK(zero_after_size(&network, sizeof network));
  CHECK(zero_after_size(&profile, sizeof profile));
  CHECK_EQUAL(ferry_version_number(),
              FERRY_VERSION_MAJOR * 1000000 + FERRY_VERSION_MINOR * 1000 + FERRY_VERSION_PATCH);
  puts(ferry_version());
  return wrong != 0;
}
