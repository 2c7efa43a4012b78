// A script that does its worst. Nothing here may crash the host or keep its other transfers from ending.
const { equal, ok, told, images } = require('./check.js');
const server = require('./server.json').url;
const tests = {};
const url = `${server}/bytes/10`;

const STRANGE = [
  undefined, null, true, false, 0, -0, -1, 1.5, NaN, Infinity, -Infinity, 2 ** 53, 10n, '', 'x', 'x'.repeat(100000), '\0', '\ud800',
  Symbol('s'), [], [[]], [undefined], {}, { a: { b: {} } }, () => {}, function () {}, class {}, new Date(NaN), /x/, new Map(),
  new Error('x'), Promise.resolve(), new Uint8Array(4), new ArrayBuffer(4), Object.create(null), new String('x'), new Number(1),
  new Proxy({}, { get() { throw new Error('trap'); } }),
  new Proxy({}, { ownKeys() { throw new Error('trap'); } }),
  new Proxy({}, { ownKeys: () => ['a', 'b'], getOwnPropertyDescriptor: () => ({ enumerable: true, configurable: true, value: 1 }), get() { throw 1; } }),
  new Proxy(() => {}, { apply() { throw new Error('trap'); } }),
  { toString() { throw new Error('text'); }, valueOf() { throw new Error('value'); } },
  { toJSON() { throw new Error('json'); } }, { toJSON: () => undefined }, { toJSON: () => 'y' },
  { [Symbol.toPrimitive]() { throw new Error('primitive'); } },
  (() => { const loop = {}; loop.loop = loop; return loop; })(),
  Object.defineProperty({}, 'a', { enumerable: true, get() { throw new Error('getter'); } }),
];
const OPTIONS = ['url', 'filePath', 'name', 'header', 'formData', 'timeout', 'enableProfile', 'enableHttp2', 'enableQuic'];

// How a call ends, whatever it was given; the callbacks come last, so that they are what they should be.
function ending(call, option) {
  return new Promise((resolve) => {
    const task = call(Object.assign(option, {
      success: undefined,
      fail: undefined,
      complete: (result) => resolve(result),
    }));
    ok('abort' in task, 'a task');
  });
}

tests['every option with every strange value'] = async () => {
  const [filePath] = await images();
  let count = 0;
  for (const name of OPTIONS) {
    const ends = [];
    for (const value of STRANGE) {
      ends.push(ending(wx.uploadFile, { url: `${server}/upload`, filePath, name: 'f', [name]: value }));
      ends.push(ending(wx.downloadFile, { url, [name]: value }));
      ends.push(ending(wx.uploadFile, { url: `${server}/upload`, filePath, name: 'f', header: { [`X-${count++}`]: value }, formData: { a: value } }));
    }
    for (const result of await Promise.all(ends)) {
      ok(/^(up|down)loadFile:(ok|fail .+)$/.test(result.errMsg), result.errMsg);
      ok(!result.errMsg.includes('internal error'), result.errMsg);
    }
  }
};

tests['strange values in place of the options and the callbacks'] = async () => {
  for (const value of STRANGE) {
    for (const call of [wx.uploadFile, wx.downloadFile]) {
      ok('abort' in call(value));
      ok('abort' in call({ url, success: value, fail: value, complete: value }));
      const task = call({ url });
      for (const method of Object.keys(task)) task[method](value);
      for (const method of Object.keys(task)) task[method].call(value);
    }
  }
};

tests['getters that throw, and getters that call again'] = async () => {
  for (const name of [...OPTIONS, 'success', 'fail']) {
    const option = { url, filePath: 'wxfile://usr/a', name: 'f', complete: undefined };
    const result = await new Promise((resolve) => {
      Object.defineProperty(option, name, { get() { throw new Error(name); } });
      option.complete = resolve;
      wx.uploadFile(option);
    });
    equal(result.errno, 1001);
    equal(result.errMsg, `uploadFile:fail parameter error: ${name} cannot be read`);
  }
  let depth = 0;
  await new Promise((resolve) => {
    wx.downloadFile({ get url() { if (depth++ < 50) wx.downloadFile(this); return url; }, complete: resolve });
  });
  equal(depth, 51);
};

tests['a million listeners'] = async () => {
  let heard = 0;
  const functions = [];
  const events = await told(wx.downloadFile, { url }, (task) => {
    for (let i = 0; i < 1000000; i++) {
      const listener = () => heard++;
      if (i % 10 === 0) functions.push(listener);
      task.onProgressUpdate(listener);
    }
    for (let i = 0; i < 100000; i++) task.onHeadersReceived(functions[i]);
    for (const listener of functions) task.offProgressUpdate(listener);
    for (const listener of functions) task.offHeadersReceived(listener);
  });
  equal(events.length, 2);
  ok(heard >= 900000 && heard % 900000 === 0, `${heard} calls`);
};

tests['listeners that add listeners, and listeners that remove all'] = async () => {
  let heard = 0;
  await told(wx.downloadFile, { url }, (task) => {
    task.onProgressUpdate(function again() { heard++; task.onProgressUpdate(() => again()); });
    task.onHeadersReceived(() => { task.offHeadersReceived(); task.offProgressUpdate(); task.onProgressUpdate(() => heard++); });
    task.onHeadersReceived(() => { throw new Error('removed, yet called'); });
  });
  ok(heard > 0);
};

tests['abort inside every callback, and again'] = async () => {
  const [filePath] = await images();
  for (const where of ['onHeadersReceived', 'onProgressUpdate', 'success', 'fail', 'complete']) {
    for (const [call, option] of [[wx.uploadFile, { url: `${server}/upload`, filePath, name: 'f' }], [wx.downloadFile, { url }]]) {
      const events = [];
      await new Promise((resolve) => {
        let task;
        const stop = (name) => () => { events.push(name); if (where === name) { task.abort(); task.abort(); } };
        task = call({ ...option, success: stop('success'), fail: stop('fail'), complete: () => { stop('complete')(); resolve(); } });
        task.onHeadersReceived(stop('onHeadersReceived'));
        task.onProgressUpdate(stop('onProgressUpdate'));
        if (where === 'fail') task.abort();
      });
      const ends = events.filter((name) => name === 'success' || name === 'fail');
      equal(ends.length, 1, events.join());
      equal(events.at(-1), 'complete');
      if (where.startsWith('on')) equal(ends[0], 'fail', where);
    }
  }
};

tests['calls inside every callback'] = async () => {
  let ended = 0;
  let started = 0;
  await new Promise((resolve) => {
    const more = () => {
      if (started >= 200) return;
      started++;
      const task = wx.downloadFile({ url, success: more, fail: more, complete: () => { more(); if (++ended === 200) resolve(); } });
      task.onHeadersReceived(more);
      task.onProgressUpdate(more);
      if (started % 7 === 0) task.abort();
    };
    more();
  });
  equal(ended, 200);
};

tests['a progress callback that blocks for a second'] = async () => {
  let blocked = 0;
  const others = Array.from({ length: 5 }, () => told(wx.downloadFile, { url: `${server}/bytes/2m` }));
  const [[name]] = await told(wx.downloadFile, { url: `${server}/bytes/5m` }, (task) => {
    task.onProgressUpdate(() => {
      if (blocked++ > 0) return;
      for (const end = Date.now() + 1000; Date.now() < end;);
    });
  });
  equal(name, 'success');
  ok(blocked > 0);
  for (const events of await Promise.all(others)) equal(events[0][0], 'success');
};

tests['callbacks that recurse until the stack ends'] = async () => {
  const deep = () => deep() + 1;
  const events = await new Promise((resolve) => {
    const seen = [];
    wx.downloadFile({
      url,
      success() { seen.push('success'); deep(); },
      complete() { seen.push('complete'); resolve(seen); },
    }).onProgressUpdate(deep);
  });
  equal(events.join(), 'success,complete');
  // And a call made where hardly any stack is left: it may throw, no more.
  const edge = () => { try { edge(); } catch (error) { wx.downloadFile({ url }); wx.uploadFile(); } };
  try { edge(); } catch (error) { ok(error instanceof Error || true); }
};

tests['results taken apart'] = async () => {
  await told((option) => wx.downloadFile({ ...option, success(result) {
    option.success(result);
    for (const key of Object.keys(result)) delete result[key];
    Object.setPrototypeOf(result, null);
    Object.freeze(result);
  } }), { url });
};

// Last: nothing is what it was after these.
tests['built-ins bent out of shape'] = async () => {
  const saved = [];
  const bend = (object, name, value) => {
    saved[saved.length] = [object, name, Object.getOwnPropertyDescriptor(object, name)];
    Object.defineProperty(object, name, { configurable: true, writable: true, value });
  };
  const broken = () => { throw new Error('broken'); };
  const { defineProperty } = Object;
  bend(Map.prototype, 'get', broken);
  bend(Map.prototype, 'set', broken);
  bend(Reflect, 'apply', broken);
  bend(Reflect, 'defineProperty', broken);
  bend(Function.prototype, 'call', broken);
  bend(Function.prototype, 'apply', broken);
  bend(String.prototype, 'indexOf', broken);
  bend(String.prototype, 'toWellFormed', broken);
  bend(Array.prototype, 'push', broken);
  bend(Array.prototype, Symbol.iterator, broken);
  bend(JSON, 'stringify', broken);
  bend(Object, 'keys', broken);
  bend(Date, 'now', broken);
  bend(Math, 'min', broken);
  const names = ['data', 'statusCode', 'errMsg', 'header', 'listener', 'tempFilePath', 'live', 'value', 'get', 'set'];
  for (let i = 0; i < names.length; i++) {
    defineProperty(Object.prototype, names[i], { __proto__: null, configurable: true, get: broken, set: broken });
  }
  let count = 0;
  const results = {};
  const done = new Promise((resolve) => {
    const one = (key) => (result) => { results[key] = result; if (++count === 2) resolve(); };
    const task = wx.downloadFile({ url, header: { A: 'b', C: { d: 1 } }, success: undefined, fail: undefined, complete: one('good') });
    task.onProgressUpdate(() => {});
    wx.downloadFile({ url: 5, header: undefined, success: undefined, fail: undefined, complete: one('bad') });
  });
  await done;
  for (let i = 0; i < names.length; i++) delete Object.prototype[names[i]];
  for (let i = saved.length - 1; i >= 0; i--) defineProperty(saved[i][0], saved[i][1], saved[i][2]);
  equal(results.good.errMsg, 'downloadFile:ok');
  equal(results.good.dataLength, 10);
  equal(results.bad.errMsg, 'downloadFile:fail parameter error: url should be a string');
};

(async () => {
  for (const [name, run] of Object.entries(tests)) {
    await run();
    console.log(`ok ${name}`);
  }
  console.log('all done');
})();
