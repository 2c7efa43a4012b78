// What a mini-program finds around it: console, require, and the parts of wx that a terminal can honestly offer.
// The value of this script is a function: hand it the host's natives, get what runs an app.
(function prelude(host) {
  'use strict';

  // ---- console -------------------------------------------------------------------------------------------------

  function textOf(value) {
    if (typeof value === 'string') return value;
    if (typeof value === 'function') return `[Function ${value.name}]`;
    if (typeof value !== 'object' || value === null) return typeof value === 'bigint' ? `${value}n` : String(value);
    if (value instanceof Error) return `${value}\n${value.stack}`;
    const above = [];
    return JSON.stringify(value, function (key, inner) {
      while (above.length > 0 && above[above.length - 1] !== this) above.pop();
      if (typeof inner === 'bigint') return `${inner}n`;
      if (typeof inner !== 'object' || inner === null) return inner;
      if (above.includes(inner)) return '[Circular]';
      above.push(inner);
      return inner;
    });
  }

  function printer(descriptor) {
    return (...values) => {
      const words = values.map((value) => {
        try {
          return textOf(value);
        } catch {
          return '[unreadable]';
        }
      });
      host.write(descriptor, `${words.join(' ')}\n`);
    };
  }

  const out = printer(1);
  const err = printer(2);
  globalThis.console = {
    log: out, info: out, debug: out, group: out, groupEnd() {},
    warn: err, error: err,
    assert: (condition, ...values) => condition || err('Assertion failed:', ...values),
    trace: (...values) => err(...values, new Error('trace').stack),
  };

  // ---- wx ------------------------------------------------------------------------------------------------------

  // One of wx's calls that answers later, by callbacks or, where none is given, by a promise.
  function answering(name, answer) {
    return (option) => {
      const { success, fail, complete } = option || {};
      const promise = new Promise((resolve, reject) => {
        setTimeout(() => {
          let result;
          let told = success;
          let settle = resolve;
          try {
            result = { ...answer(option || {}), errMsg: `${name}:ok` };
          } catch (error) {
            result = { errMsg: `${name}:fail ${error.message}` };
            told = fail;
            settle = reject;
          }
          settle(result);
          try {
            if (typeof told === 'function') told(result);
          } finally {
            if (typeof complete === 'function') complete(result);
          }
        }, 0);
      });
      if (!success && !fail && !complete) return promise;
      promise.catch(() => {});
      return undefined;
    };
  }

  const isCount = (value) => typeof value === 'number' && value >= 1;

  Object.assign(wx, {
    env: { USER_DATA_PATH: 'wxfile://usr' },

    // There is no album to show: the user has chosen on the command line.
    chooseImage: answering('chooseImage', ({ count }) => {
      if (host.imageCount === 0) throw new Error('cancel');
      const tempFiles = [];
      const most = Math.min(host.imageCount, isCount(count) ? count : 9);
      for (let i = 0; i < most; i++) tempFiles.push(host.adoptImage(i));
      return { tempFilePaths: tempFiles.map((file) => file.path), tempFiles };
    }),

    // There is no loudspeaker: it says what it would play.
    playVoice: answering('playVoice', ({ filePath }) => {
      const size = typeof filePath === 'string' ? host.sizeOf(filePath) : undefined;
      if (size === undefined) throw new Error('file not found');
      out(`playing ${filePath}, ${size} bytes`);
      return {};
    }),
  });

  // ---- require -------------------------------------------------------------------------------------------------

  // Folders and names of a path without `.` and `..`; undefined when it would leave the app's folder.
  function resolve(from, path) {
    const parts = [];
    for (const part of [...from, ...path.split('/')]) {
      if (part === '' || part === '.') continue;
      if (part !== '..') parts.push(part);
      else if (parts.pop() === undefined) return undefined;
    }
    return parts;
  }

  function requireFor(root, cache, folder) {
    const fullName = (parts) => `${root}/${parts.join('/')}`;

    function load(parts) {
      const name = fullName(parts);
      if (cache.has(name)) return cache.get(name).exports;
      const text = host.read(name);
      if (text === undefined) return undefined;
      const module = { exports: {} };
      cache.set(name, module);
      if (name.endsWith('.json')) {
        module.exports = JSON.parse(text);
      } else {
        // On one line with the script's first, so that its errors name the right lines.
        const run = host.evaluate(`(function (require, module, exports) {${text}\n})`, name);
        run.call(module.exports, requireFor(root, cache, parts.slice(0, -1)), module, module.exports);
      }
      return module.exports;
    }

    return function require(path) {
      let parts;
      if (path.startsWith('./') || path.startsWith('../')) {
        parts = resolve(folder, path);
      } else if (!path.startsWith('/')) {
        const manifest = load(resolve([], `node_modules/${path}/package.json`) || []);
        parts = resolve([], `node_modules/${path}/${manifest ? manifest.main || 'index.js' : ''}`);
      }
      const ways = parts && parts.length > 0 ? [parts, [...parts.slice(0, -1), `${parts.at(-1)}.js`], [...parts, 'index.js']] : [];
      for (const way of ways) {
        const exports = load(way);
        if (exports !== undefined) return exports;
      }
      throw new Error(`module '${path}' is not there`);
    };
  }

  return function run(app) {
    const cut = app.lastIndexOf('/');
    const root = cut < 0 ? '.' : app.slice(0, cut) || '/';
    const name = app.slice(cut + 1);
    if (host.read(app) === undefined) throw new Error(`${app} cannot be read`);
    requireFor(root, new Map(), [])(`./${name}`);
  };
});
