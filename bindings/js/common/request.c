#include "request.h"

static ferry_status start_upload(const struct request *request, ferry_engine *engine, const ferry_callbacks *callbacks,
                                 ferry_task **out_task) {
  ferry_upload_options options = FERRY_UPLOAD_OPTIONS_INIT;
  options.url = request->url;
  options.file_path = request->file_path;
  options.name = request->name;
  options.headers = request->headers;
  options.header_count = request->header_count;
  options.form = request->form;
  options.form_count = request->form_count;
  options.timeout_ms = request->timeout_ms;
  options.enable_profile = request->enable_profile;
  options.enable_http2 = request->enable_http2;
  options.enable_quic = request->enable_quic;
  return ferry_upload_file(engine, &options, callbacks, out_task);
}

static ferry_status start_download(const struct request *request, ferry_engine *engine,
                                   const ferry_callbacks *callbacks, ferry_task **out_task) {
  ferry_download_options options = FERRY_DOWNLOAD_OPTIONS_INIT;
  options.url = request->url;
  options.file_path = request->file_path;
  options.headers = request->headers;
  options.header_count = request->header_count;
  options.timeout_ms = request->timeout_ms;
  options.enable_profile = request->enable_profile;
  options.enable_http2 = request->enable_http2;
  options.enable_quic = request->enable_quic;
  return ferry_download_file(engine, &options, callbacks, out_task);
}

ferry_status request_start(const struct request *request, ferry_engine *engine, const ferry_callbacks *callbacks,
                           ferry_task **out_task) {
  return request->kind == FERRY_KIND_UPLOAD ? start_upload(request, engine, callbacks, out_task)
                                            : start_download(request, engine, callbacks, out_task);
}
