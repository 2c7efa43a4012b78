/* The header twice, first in its file, and every initialiser. Compiled as C and as C++, and not run. */
#include <ferry.h>
#include <ferry.h>

uint32_t use_everything(void);

uint32_t use_everything(void) {
  ferry_engine_config config = FERRY_ENGINE_CONFIG_INIT;
  ferry_upload_options upload = FERRY_UPLOAD_OPTIONS_INIT;
  ferry_download_options download = FERRY_DOWNLOAD_OPTIONS_INIT;
  ferry_callbacks callbacks = FERRY_CALLBACKS_INIT;
  ferry_engine_stats stats = FERRY_ENGINE_STATS_INIT;
  ferry_network network = FERRY_NETWORK_INIT;
  ferry_profile profile = FERRY_PROFILE_INIT;
  return config.struct_size + upload.struct_size + download.struct_size + callbacks.struct_size + stats.struct_size +
         network.struct_size + profile.struct_size + ferry_version_number();
}
