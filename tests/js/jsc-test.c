/*
 * wx.js in JavaScriptCore: the same calls through another engine's bridge. The arguments are the URL of a test server and a
 * script, whose log() lines go to the output. Exits with 0 when every transfer has ended.
 */
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "ferry_jsc.h"

static int wake[2];
static ferry_jsc *bridge;

static void check(int good, const char *what) {
  if (good) return;
  fprintf(stderr, "jsc: %s\n", what);
  exit(1);
}

static void wakeup(void *user_data) {
  (void)user_data;
  check(write(wake[1], "", 1) == 1, "write");
}

static void print(FILE *file, const char *title, JSContextRef context, JSValueRef value) {
  JSStringRef string = JSValueToStringCopy(context, value, NULL);
  size_t most = string != NULL ? JSStringGetMaximumUTF8CStringSize(string) : 1;
  char *text = calloc(1, most);
  check(text != NULL, "memory");
  if (string != NULL) {
    JSStringGetUTF8CString(string, text, most);
    JSStringRelease(string);
  }
  fprintf(file, "%s%s\n", title, text);
  free(text);
}

static void report(void *user_data, JSContextRef context, JSValueRef error) {
  (void)user_data;
  print(stdout, "reported: ", context, error);
}

static JSValueRef log_line(JSContextRef context, JSObjectRef function, JSObjectRef this_object, size_t argc,
                           const JSValueRef argv[], JSValueRef *exception) {
  (void)function, (void)this_object, (void)exception;
  if (argc > 0) print(stdout, "", context, argv[0]);
  return JSValueMakeUndefined(context);
}

static JSValueRef detach(JSContextRef context, JSObjectRef function, JSObjectRef this_object, size_t argc,
                         const JSValueRef argv[], JSValueRef *exception) {
  (void)function, (void)this_object, (void)argc, (void)argv, (void)exception;
  ferry_jsc_detach(bridge);
  bridge = NULL;
  return JSValueMakeUndefined(context);
}

static void set(JSContextRef context, JSObjectRef object, const char *name, JSValueRef value) {
  JSStringRef key = JSStringCreateWithUTF8CString(name);
  JSObjectSetProperty(context, object, key, value, kJSPropertyAttributeNone, NULL);
  JSStringRelease(key);
}

static void set_function(JSContextRef context, const char *name, JSObjectCallAsFunctionCallback function) {
  set(context, JSContextGetGlobalObject(context), name, JSObjectMakeFunctionWithCallback(context, NULL, function));
}

static char *read_all(const char *path) {
  static char text[65536];
  FILE *file = fopen(path, "rb");
  check(file != NULL, "the script cannot be read");
  text[fread(text, 1, sizeof text - 1, file)] = '\0';
  fclose(file);
  return text;
}

int main(int argc, char **argv) {
  check(argc == 3 && pipe(wake) == 0, "usage: jsc-test URL SCRIPT");
  ferry_engine_config config = FERRY_ENGINE_CONFIG_INIT;
  ferry_engine *engine = NULL;
  config.dispatch = FERRY_DISPATCH_PUMP;
  config.wakeup = wakeup;
  check(ferry_engine_create(&config, &engine) == FERRY_OK, "engine");

  JSGlobalContextRef context = JSGlobalContextCreate(NULL);
  JSObjectRef wx = JSObjectMake(context, NULL, NULL);
  JSStringRef url = JSStringCreateWithUTF8CString(argv[1]);
  set(context, JSContextGetGlobalObject(context), "wx", wx);
  set(context, JSContextGetGlobalObject(context), "server", JSValueMakeString(context, url));
  JSStringRelease(url);
  set_function(context, "log", log_line);
  set_function(context, "detach", detach);
  bridge = ferry_jsc_attach(context, engine, wx, report, NULL, NULL);
  check(bridge != NULL, "attach");

  JSStringRef script = JSStringCreateWithUTF8CString(read_all(argv[2]));
  JSValueRef error = NULL;
  JSEvaluateScript(context, script, NULL, NULL, 1, &error);
  JSStringRelease(script);
  if (error != NULL) report(NULL, context, error);

  while (bridge != NULL && ferry_jsc_running(bridge) > 0) {
    struct pollfd wait = {.fd = wake[0], .events = POLLIN};
    char bytes[64];
    poll(&wait, 1, -1);
    check(read(wake[0], bytes, sizeof bytes) > 0, "read");
    check(ferry_jsc_pump(bridge, 0, NULL) == FERRY_OK, "pump");
  }
  ferry_jsc_detach(bridge);
  check(ferry_engine_close(engine) == FERRY_OK, "close");
  ferry_engine_release(engine);
  JSGarbageCollect(context);
  JSGlobalContextRelease(context);
  return 0;
}
