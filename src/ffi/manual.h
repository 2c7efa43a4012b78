/*
 * ferry: files up and down for hosts of mini-programs (wx.uploadFile, wx.downloadFile), behind a C ABI.
 *
 *   ferry_engine *engine = NULL;
 *   ferry_engine_create(NULL, &engine);                        all defaults, callbacks on a thread of ferry's
 *
 *   ferry_download_options options = FERRY_DOWNLOAD_OPTIONS_INIT;
 *   options.url = "https://example.com/a.png";
 *   ferry_callbacks callbacks = FERRY_CALLBACKS_INIT;
 *   callbacks.on_complete = done;
 *   ferry_download_file(engine, &options, &callbacks, NULL);
 *   ...
 *   ferry_engine_close(engine);                                 waits until all has ended and been told
 *   ferry_engine_release(engine);
 *
 * WHO FAILS HOW. A mistake of the calling program (NULL where there must be something, a struct_size that is none, a closed engine) is
 * told at once by a ferry_status: nothing was taken then, and nothing of it is called or destroyed later. Whatever a
 * mini-program can cause (a bad URL, a missing file, a server that misbehaves) starts a task all the same and
 * is told by its callbacks, with an errno and an errMsg:
 *
 *   errno     errMsg after "uploadFile:fail " or "downloadFile:fail "
 *   1         abort (upload)                                603105  abort (download)
 *   4         internal error: ...                           111     out of memory
 *   5         timeout                                       1001    parameter error: ... (names the option)
 *   600001    network error: ... (libcurl's code and words; DNS, connect, TLS, reset, protocol)
 *   600002    url not in domain list / redirect url not in domain list
 *   600003    interrupted (background, engine closed, network lost)
 *   600007    exceed max task count                         600008  exceed max redirect count
 *   600009    invalid URL                                   603300  save file error
 *   603301    exceed max file size                          603303  permission denied, open PATH
 *   1300002   file not found                                1300005 file read error
 *   1300013   permission denied                             1300021 is a directory
 *   1300202   storage limit exceeded
 *
 * After any failure no temporary or partial file is left, and a file that was there is untouched. Any answer of the
 * server is a success, whatever its status code.
 *
 * ORDER. For each task: on_headers, on_progress any number of times (an upload's also before on_headers), exactly
 * one of on_success and on_fail, on_complete, destroy, nothing more. Callbacks of one task never overlap. Every task that
 * was accepted ends exactly once, also when its engine is closed. No callback runs inside a call of the host's, but
 * for dispatch and close of a pumped engine.
 *
 * THREADS. Every function may be called on any thread and inside any callback, except: ferry_engine_close and
 * ferry_engine_dispatch say FERRY_WOULD_DEADLOCK inside a callback of the same engine. (Two engines that close each other
 * inside callbacks wait for ever; ferry_engine_close_async does not wait.) Callbacks run on a thread of the
 * engine's ("ferry-callback"), one at a time; a slow one delays the telling, never the transfers. A host with a loop of its own chooses
 * FERRY_DISPATCH_PUMP: wakeup() says that something waits, and ferry_engine_dispatch runs the callbacks on the host's
 * thread. What waits to be told of a task is bounded: progress that was not told is replaced by newer. Callbacks must
 * not throw C++ exceptions or longjmp out.
 *
 * OWNERSHIP. Strings and arrays that go in are copied before the call returns. What comes out (ferry_string, ferry_headers,
 * ferry_result, ferry_progress) is borrowed: for the callback, or for as long as the task is retained. Handles are the
 * caller's to release. user_data stays the host's; its destroy function is called exactly once, where callbacks run, after
 * the last use.
 *
 * VERSIONS. Structs begin with struct_size and only grow at their end; zero means "default" in every field. Set them up
 * with the _INIT macros, or with the _init functions and sizeof. A program built with an older, shorter struct keeps
 * working with a newer library; a newer, longer one works with an older library as long as what it does not know is 0.
 *
 * All times are milliseconds, all sizes bytes, unless the name says otherwise. All text is UTF-8.
 */
