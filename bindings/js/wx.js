// wx.uploadFile and wx.downloadFile over a handful of native functions that any JavaScript engine's host can give:
// README.md has their list. The value of this script is a function: hand it the native functions, get the two of wx.
//
// It runs among code that nobody vetted: whatever a script does to its options, its listeners or the built-in
// prototypes may harm that script alone. So the built-ins are taken here, before any other script runs.
(function ferryWx(native) {
  'use strict';

  const { apply, defineProperty } = Reflect;
  const { keys } = Object;
  const { stringify, parse } = JSON;
  const { ceil, min } = Math;
  const { now } = Date;
  const MapOfListeners = Map;
  const unbound = (method) => (self, a, b) => apply(method, self, [a, b]);
  const mapGet = unbound(Map.prototype.get);
  const mapSet = unbound(Map.prototype.set);
  const mapDelete = unbound(Map.prototype.delete);
  const indexOf = unbound(String.prototype.indexOf);
  const charCodeAt = unbound(String.prototype.charCodeAt);
  const wellFormed = String.prototype.toWellFormed ? unbound(String.prototype.toWellFormed) : withoutLoneSurrogates;

  const PARAMETER = 1001;
  const INTERNAL = 4;
  const INTERRUPTED = 600003;
  const ABORTED = { upload: 1, download: 603105 };

  // For engines without String.prototype.toWellFormed. What UTF-8 cannot carry becomes U+FFFD, as in a browser's forms.
  function withoutLoneSurrogates(text) {
    let clean = '';
    for (let i = 0; i < text.length; i++) {
      const code = charCodeAt(text, i);
      const next = i + 1 < text.length ? charCodeAt(text, i + 1) : 0;
      if (code < 0xd800 || code > 0xdfff) {
        clean += text[i];
      } else if (code < 0xdc00 && next >= 0xdc00 && next <= 0xdfff) {
        clean += text[i] + text[++i];
      } else {
        clean += '\ufffd';
      }
    }
    return clean;
  }

  // A plain own property, whatever setter a script has put on Object.prototype, and also for a name like __proto__.
  function own(object, name, value) {
    defineProperty(object, name, { __proto__: null, value, writable: true, enumerable: true, configurable: true });
  }

  // Calls a script's function. What it throws is reported, and stops nothing else.
  function call(callback, argument) {
    try {
      apply(callback, undefined, [argument]);
    } catch (error) {
      native.report(error);
    }
  }

  // ---- options: from whatever a script passed to strings and numbers -------------------------------------------

  class Mistake {
    constructor(text) {
      this.text = text;
    }
  }

  // Each option is read once, so that a getter or a proxy cannot give another value after the check.
  function read(options, name) {
    try {
      return options[name];
    } catch {
      throw new Mistake(`${name} cannot be read`);
    }
  }

  function withoutNul(text, what) {
    if (indexOf(text, '\0') >= 0) throw new Mistake(`${what} must not hold a NUL character`);
    return wellFormed(text);
  }

  function requiredString(options, name) {
    const value = read(options, name);
    if (value === undefined || value === null || value === '') throw new Mistake(`${name} is required`);
    if (typeof value !== 'string') throw new Mistake(`${name} should be a string`);
    return withoutNul(value, name);
  }

  function optionalString(options, name) {
    const value = read(options, name);
    if (value === undefined || value === null) return '';
    if (typeof value !== 'string') throw new Mistake(`${name} should be a string`);
    return withoutNul(value, name);
  }

  function flag(options, name, fallback) {
    const value = read(options, name);
    return value === undefined || value === null ? fallback : Boolean(value);
  }

  // 0 is the engine's default; what is negative stays so, for ferry to refuse.
  function milliseconds(options, name) {
    const value = read(options, name);
    if (value === undefined || value === null) return 0;
    if (typeof value !== 'number' || value !== value) throw new Mistake(`${name} should be a number`);
    return value < 0 ? -1 : min(ceil(value), Number.MAX_SAFE_INTEGER);
  }

  // The text of a header's or a form field's value; undefined where there is none to send. Objects go as JSON, which
  // is what crosses the bridge of a mini-program, and a Date or a String object as the text within.
  function valueText(value, what) {
    switch (typeof value) {
      case 'string':
        return wellFormed(value);
      case 'number':
      case 'boolean':
      case 'bigint':
        return `${value}`;
      case 'object':
        break;
      default:
        return undefined;
    }
    if (value === null) return undefined;
    let json;
    try {
      json = stringify(value);
    } catch {
      throw new Mistake(`${what} cannot be made text`);
    }
    if (typeof json !== 'string') return undefined;
    return wellFormed(json[0] === '"' ? parse(json) : json);
  }

  // An object's own entries as a flat list: name, value, name, value …
  function entries(options, option, checkValue) {
    const object = read(options, option);
    const flat = [];
    if (object === undefined || object === null) return flat;
    if (typeof object !== 'object') throw new Mistake(`${option} should be an object`);
    let names;
    try {
      names = keys(object);
    } catch {
      throw new Mistake(`${option} cannot be read`);
    }
    for (let i = 0; i < names.length; i++) {
      const what = `${option} ${names[i]}`;
      let value;
      try {
        value = object[names[i]];
      } catch {
        throw new Mistake(`${what} cannot be read`);
      }
      const text = valueText(value, what);
      if (text === undefined) continue;
      flat[flat.length] = withoutNul(names[i], `a name in ${option}`);
      flat[flat.length] = checkValue ? withoutNul(text, what) : text;
    }
    return flat;
  }

  function request(kind, options) {
    const upload = kind === 'upload';
    return {
      url: requiredString(options, 'url'),
      filePath: upload ? requiredString(options, 'filePath') : optionalString(options, 'filePath'),
      name: upload ? requiredString(options, 'name') : '',
      header: entries(options, 'header', true),
      // A form field's value may hold any character, NUL included.
      form: upload ? entries(options, 'formData', false) : [],
      timeout: milliseconds(options, 'timeout'),
      enableProfile: flag(options, 'enableProfile', true),
      enableHttp2: flag(options, 'enableHttp2', false),
      enableQuic: flag(options, 'enableQuic', false),
    };
  }

  // A callback that was given, or undefined. One that cannot be read is a mistake like any other, but it must not keep
  // the others from being told.
  function callbackOf(options, name, found) {
    try {
      const value = read(options, name);
      return typeof value === 'function' ? value : undefined;
    } catch (mistake) {
      found.mistake = found.mistake || mistake;
      return undefined;
    }
  }

  function callbacks(options) {
    const found = { mistake: undefined };
    own(found, 'success', callbackOf(options, 'success', found));
    own(found, 'fail', callbackOf(options, 'fail', found));
    own(found, 'complete', callbackOf(options, 'complete', found));
    return found;
  }

  // ---- what a script gets --------------------------------------------------------------------------------------

  function headerObject(flat) {
    const header = {};
    for (let i = 0; i + 1 < flat.length; i += 2) own(header, flat[i], flat[i + 1]);
    return header;
  }

  // Two editions of the documentation spell two fields in different ways, and one gives a number where the other
  // gives its text: both are there.
  function completeProfile(profile) {
    own(profile, 'domainLookupStart', profile.domainLookUpStart);
    own(profile, 'domainLookupEnd', profile.domainLookUpEnd);
    own(profile, 'httpDNSDomainLookUpStart', 0);
    own(profile, 'httpDNSDomainLookUpEnd', 0);
    return profile;
  }

  // For a task that ferry never saw: it was called, and nothing else happened.
  function profileOfNothing(at) {
    return completeProfile({
      invokeStart: at, queueStart: at, queueEnd: at, redirectStart: 0, redirectEnd: 0, fetchStart: 0,
      domainLookUpStart: 0, domainLookUpEnd: 0, connectStart: 0, connectEnd: 0, SSLconnectionStart: 0,
      SSLconnectionEnd: 0, requestStart: 0, requestEnd: 0, responseStart: 0, responseEnd: 0, rtt: 0,
      estimate_nettype: 0, estimate_nettype_text: 'unknown', httpRttEstimate: 0, transportRttEstimate: 0,
      downstreamThroughputKbpsEstimate: 0, throughputKbps: 0, peerIP: '', port: 0, protocol: 'unknown',
      socketReused: false, sendBytesCount: 0, receivedBytedCount: 0, usingHighPerformanceMode: false,
    });
  }

  function resultObject(kind, end) {
    const result = {};
    if (end.errno === 0) {
      if (kind === 'upload') own(result, 'data', end.data);
      else if (end.tempFilePath !== undefined) own(result, 'tempFilePath', end.tempFilePath);
      else own(result, 'filePath', end.filePath);
      own(result, 'statusCode', end.statusCode);
      own(result, 'header', headerObject(end.header));
      own(result, 'cookies', end.cookies);
      if (kind === 'download') own(result, 'dataLength', end.dataLength);
    } else {
      own(result, 'errno', end.errno);
    }
    if (end.profile !== undefined) own(result, 'profile', completeProfile(end.profile));
    own(result, 'errMsg', end.errMsg);
    return result;
  }

  function progressObject(kind, percent, transferred, expected) {
    return kind === 'upload'
      ? { progress: percent, totalBytesSent: transferred, totalBytesExpectedToSend: expected }
      : { progress: percent, totalBytesWritten: transferred, totalBytesExpectedToWrite: expected };
  }

  // ---- listeners -----------------------------------------------------------------------------------------------

  // The listeners for one event of one task. `watch` is told when the first comes and when the last goes, so that the
  // native side makes no events that nobody hears. Adding and removing cost the same however many there are.
  function channel(watch) {
    let listeners = [];
    let live = 0;
    let byFunction;
    let closed = false;

    function clear() {
      for (let i = 0; i < listeners.length; i++) listeners[i].live = false;
      listeners = [];
      byFunction = undefined;
      live = 0;
    }

    return {
      on(callback) {
        if (closed || typeof callback !== 'function') return;
        byFunction = byFunction || new MapOfListeners();
        const listener = { callback, live: true, same: mapGet(byFunction, callback) };
        mapSet(byFunction, callback, listener);
        listeners[listeners.length] = listener;
        live++;
        if (live === 1) watch(true);
      },
      // Without a function all go. One that was added twice goes altogether.
      off(callback) {
        if (live === 0) return;
        if (callback === undefined) {
          clear();
        } else {
          for (let one = mapGet(byFunction, callback); one !== undefined; one = one.same) {
            one.live = false;
            live--;
          }
          mapDelete(byFunction, callback);
          if (listeners.length > 2 * live + 8) {
            // A new list: the old one may be in the middle of a round.
            const rest = [];
            for (let i = 0; i < listeners.length; i++) if (listeners[i].live) rest[rest.length] = listeners[i];
            listeners = rest;
          }
        }
        if (live === 0) watch(false);
      },
      // One removed in the middle of a round is not called any more; one added in it is called from the next on.
      // Each gets an object of its own, to do with as it likes.
      tell(make) {
        const round = listeners;
        const count = round.length;
        for (let i = 0; i < count; i++) if (round[i].live) call(round[i].callback, make());
      },
      close() {
        closed = true;
        clear();
      },
    };
  }

  // ---- the two calls -------------------------------------------------------------------------------------------

  function start(kind, options) {
    const asked = typeof options === 'object' && options !== null ? options : {};
    const heard = callbacks(asked);
    let handle = 0;
    let waiting; // a failure that ferry has no part in, until it is told
    let ended = false;
    const watcher = (event) => (on) => {
      if (handle !== 0) native.listen(handle, event, on);
    };
    const progress = channel(watcher('progress'));
    const headers = channel(watcher('headers'));

    function end(details) {
      if (ended) return;
      ended = true;
      progress.close();
      headers.close();
      const result = resultObject(kind, details);
      const told = details.errno === 0 ? heard.success : heard.fail;
      if (told !== undefined) call(told, result);
      if (heard.complete !== undefined) call(heard.complete, result);
    }

    function tell(event, a, b, c) {
      if (ended) return;
      if (event === 'progress') progress.tell(() => progressObject(kind, a, b, c));
      else if (event === 'headers') headers.tell(() => ({ header: headerObject(a) }));
      else end(a);
    }

    // Told later, as everything is: no callback runs inside the call.
    function failLater(errno, text) {
      let profile;
      try {
        profile = flag(asked, 'enableProfile', true) ? profileOfNothing(now()) : undefined;
      } catch {
        // Its mistake is what is being told.
      }
      waiting = { errno, errMsg: `${kind}File:fail ${text}`, profile };
      native.later(() => end(waiting));
    }

    try {
      if (heard.mistake !== undefined) throw heard.mistake;
      handle = native.start(kind, request(kind, asked), tell);
      if (handle === 0) failLater(INTERRUPTED, 'interrupted');
    } catch (error) {
      if (error instanceof Mistake) failLater(PARAMETER, `parameter error: ${error.text}`);
      else failLater(INTERNAL, 'internal error: the transfer could not be started');
    }

    // Own and independent of `this`: scripts copy, bind and unpack them.
    return {
      abort() {
        if (ended) return;
        if (waiting === undefined) native.abort(handle);
        // As in ferry, an abort wins as long as nothing was told.
        else waiting = { errno: ABORTED[kind], errMsg: `${kind}File:fail abort`, profile: waiting.profile };
      },
      onProgressUpdate(listener) {
        progress.on(listener);
      },
      offProgressUpdate(listener) {
        progress.off(listener);
      },
      onHeadersReceived(listener) {
        headers.on(listener);
      },
      offHeadersReceived(listener) {
        headers.off(listener);
      },
    };
  }

  return {
    uploadFile(option) {
      return start('upload', option);
    },
    downloadFile(option) {
      return start('download', option);
    },
  };
});
