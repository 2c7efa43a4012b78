/* What prelude.js asks of the host: text out, the app's files in, and the mini-program's files by their real paths. */
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "host.h"

#ifndef PATH_MAX
#define PATH_MAX 4096
#endif

bool read_file(const char *path, char **out_text, size_t *out_length) {
  FILE *file = fopen(path, "rb");
  if (file == NULL) return false;
  struct stat about;
  char *text = NULL;
  bool done = fstat(fileno(file), &about) == 0 && S_ISREG(about.st_mode) &&
              (text = malloc((size_t)about.st_size + 1)) != NULL;
  if (done) {
    *out_length = fread(text, 1, (size_t)about.st_size, file);
    done = !ferror(file);
    text[*out_length] = '\0';
  }
  fclose(file);
  if (!done) free(text);
  *out_text = text;
  return done;
}

/* write(descriptor, text): 1 is the output, 2 the errors. */
static JSValue native_write(JSContext *context, JSValueConst this_value, int argc, JSValueConst *argv) {
  (void)this_value, (void)argc;
  int32_t descriptor = 1;
  size_t length;
  if (JS_ToInt32(context, &descriptor, argv[0]) < 0) return JS_EXCEPTION;
  const char *text = JS_ToCStringLen(context, &length, argv[1]);
  if (text == NULL) return JS_EXCEPTION;
  if (descriptor == 2) fflush(stdout);
  fwrite(text, 1, length, descriptor == 2 ? stderr : stdout);
  if (descriptor == 2) fflush(stderr);
  JS_FreeCString(context, text);
  return JS_UNDEFINED;
}

/* read(path): the text of one of the app's own files, or undefined. */
static JSValue native_read(JSContext *context, JSValueConst this_value, int argc, JSValueConst *argv) {
  (void)this_value, (void)argc;
  const char *path = JS_ToCString(context, argv[0]);
  if (path == NULL) return JS_EXCEPTION;
  char *text;
  size_t length;
  JSValue value = JS_UNDEFINED;
  if (read_file(path, &text, &length)) {
    value = JS_NewStringLen(context, text, length);
    free(text);
  }
  JS_FreeCString(context, path);
  return value;
}

/* evaluate(text, fileName) */
static JSValue native_evaluate(JSContext *context, JSValueConst this_value, int argc, JSValueConst *argv) {
  (void)this_value, (void)argc;
  size_t length;
  const char *text = JS_ToCStringLen(context, &length, argv[0]);
  const char *name = text != NULL ? JS_ToCString(context, argv[1]) : NULL;
  JSValue value = name != NULL ? JS_Eval(context, text, length, name, JS_EVAL_TYPE_GLOBAL) : JS_EXCEPTION;
  if (name != NULL) JS_FreeCString(context, name);
  if (text != NULL) JS_FreeCString(context, text);
  return value;
}

/* adoptImage(index): the image of that number on the command line as a temporary file {path, size}. */
static JSValue native_adopt_image(JSContext *context, JSValueConst this_value, int argc, JSValueConst *argv) {
  (void)this_value, (void)argc;
  struct host *host = JS_GetContextOpaque(context);
  uint32_t index;
  if (JS_ToUint32(context, &index, argv[0]) < 0) return JS_EXCEPTION;
  if (index >= host->options->image_count) return JS_ThrowRangeError(context, "there is no such image");
  char path[96];
  struct stat about = {0};
  ferry_status status = ferry_engine_adopt_file(host->engine, host->options->images[index], FERRY_ADOPT_COPY, path,
                                                sizeof path, NULL);
  if (status != FERRY_OK || stat(host->options->images[index], &about) != 0) {
    return JS_ThrowPlainError(context, "%s: %s", host->options->images[index], ferry_status_string(status));
  }
  JSValue image = JS_NewObject(context);
  if (JS_IsException(image)) return image;
  JS_DefinePropertyValueStr(context, image, "path", JS_NewString(context, path), JS_PROP_C_W_E);
  JS_DefinePropertyValueStr(context, image, "size", JS_NewInt64(context, (int64_t)about.st_size), JS_PROP_C_W_E);
  return image;
}

/* sizeOf(wxPath): the bytes of a file of the mini-program's, or undefined when there is none. */
static JSValue native_size_of(JSContext *context, JSValueConst this_value, int argc, JSValueConst *argv) {
  (void)this_value, (void)argc;
  struct host *host = JS_GetContextOpaque(context);
  const char *path = JS_ToCString(context, argv[0]);
  if (path == NULL) return JS_EXCEPTION;
  char real[PATH_MAX];
  struct stat about;
  bool there = ferry_engine_real_path(host->engine, path, real, sizeof real, NULL) == FERRY_OK &&
               stat(real, &about) == 0 && S_ISREG(about.st_mode);
  JS_FreeCString(context, path);
  return there ? JS_NewInt64(context, (int64_t)about.st_size) : JS_UNDEFINED;
}

JSValue natives_new(struct host *host) {
  static const JSCFunctionListEntry functions[] = {
      JS_CFUNC_DEF("write", 2, native_write),
      JS_CFUNC_DEF("read", 1, native_read),
      JS_CFUNC_DEF("evaluate", 2, native_evaluate),
      JS_CFUNC_DEF("adoptImage", 1, native_adopt_image),
      JS_CFUNC_DEF("sizeOf", 1, native_size_of),
  };
  JSContext *context = host->context;
  JSValue natives = JS_NewObject(context);
  JS_SetPropertyFunctionList(context, natives, functions, sizeof functions / sizeof *functions);
  JS_DefinePropertyValueStr(context, natives, "imageCount", JS_NewInt64(context, (int64_t)host->options->image_count),
                            JS_PROP_C_W_E);
  JS_DefinePropertyValueStr(context, natives, "isTerminal", JS_NewBool(context, isatty(STDERR_FILENO)),
                            JS_PROP_C_W_E);
  return natives;
}
