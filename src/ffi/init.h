/* Initialisers: every field at its default. In C and C++. */

#define FERRY_ENGINE_CONFIG_INIT \
  { \
    sizeof(ferry_engine_config), FERRY_DISPATCH_THREAD, NULL, NULL, NULL, NULL, FERRY_LOG_OFF, 0, 0, 0, 0, 0, 0, 0, \
    0, 0, 0, 0, NULL, NULL, NULL, NULL, 0, NULL, 0, NULL, 0, NULL, NULL, 0, NULL, 0, FERRY_DEFAULT, FERRY_DEFAULT, \
    FERRY_DEFAULT, 0, NULL, NULL, 0, 0, 0 \
  }

#define FERRY_UPLOAD_OPTIONS_INIT \
  { \
    sizeof(ferry_upload_options), FERRY_DEFAULT, NULL, NULL, NULL, NULL, 0, NULL, 0, 0, 0, FERRY_DEFAULT, \
    FERRY_DEFAULT, 0 \
  }

#define FERRY_DOWNLOAD_OPTIONS_INIT \
  { sizeof(ferry_download_options), FERRY_DEFAULT, NULL, NULL, NULL, 0, 0, 0, FERRY_DEFAULT, FERRY_DEFAULT, 0 }

#define FERRY_CALLBACKS_INIT \
  { sizeof(ferry_callbacks), 0, NULL, NULL, NULL, NULL, NULL, NULL, NULL }

#define FERRY_ENGINE_STATS_INIT \
  { sizeof(ferry_engine_stats), 0, 0, 0, 0, 0, 0, 0 }

#define FERRY_NETWORK_INIT \
  { sizeof(ferry_network), 0, 0, 0, 0, 0 }

#define FERRY_PROFILE_INIT \
  { \
    sizeof(ferry_profile), 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, \
    { 0 } \
  }
