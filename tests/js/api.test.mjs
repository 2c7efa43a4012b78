// The API as a script sees it, and the host around it.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';

import { folder, randomFile, run, serve } from './harness.mjs';

test('the API from inside', async (t) => {
  const server = await serve(t);
  const { code, killedBy, lines, out, err } = await run(t, 'api.js', ['--image', randomFile(t, 300_000)], { server });
  assert.deepEqual({ code, killedBy, err }, { code: 0, killedBy: null, err: '' }, out);
  assert.equal(lines.at(-1), 'all done');
  assert.ok(lines.slice(0, -1).every((line) => line.startsWith('ok ')), out);
});

test('exceptions in callbacks are told with their stack and stop nothing else', async (t) => {
  const server = await serve(t);
  const text = `
    const task = wx.downloadFile({
      url: '${server.url}/bytes/10',
      success() { console.log('success'); throw new RangeError('in success'); },
      complete() { console.log('complete'); notThere(); },
    });
    task.onHeadersReceived(() => { throw 'a text'; });
    task.onHeadersReceived(() => console.log('second'));
    wx.downloadFile({ url: '${server.url}/bytes/10', complete: async () => { throw new Error('later'); } });
    wx.downloadFile({ fail: () => { throw null; }, complete: () => console.log('told') });
    setTimeout(() => { throw new Error('in a timer'); }, 0);
    Promise.reject(new Error('handled in time')).catch(() => {});
    throw new Error('at the end');`;
  const { code, lines, err } = await run(t, { text });
  assert.equal(code, 1);
  assert.deepEqual(lines.toSorted(), ['complete', 'second', 'success', 'told']);
  assert.match(err, /Uncaught RangeError: in success\n +at success \(.*app-of-the-test\.js:4:\d+\)/);
  assert.match(err, /Uncaught ReferenceError: notThere is not defined\n +at complete/);
  assert.match(err, /Uncaught a text\n/);
  assert.match(err, /Uncaught null\n/);
  assert.match(err, /Unhandled promise rejection: Error: later\n/);
  assert.match(err, /Uncaught Error: in a timer\n/);
  assert.match(err, /Uncaught Error: at the end\n +at .*app-of-the-test\.js:13/);
  assert.doesNotMatch(err, /handled in time/);
});

test('a script that is stopped still hears how its transfers end', async (t) => {
  const server = await serve(t);
  const text = `
    const task = wx.downloadFile({
      url: '${server.url}/stall-after/1k/of/1m?gate=shut',
      fail: (result) => console.log(result.errMsg, result.errno),
      complete() {
        wx.downloadFile({ url: '${server.url}/bytes/1', fail: (result) => console.log('too late:', result.errMsg) });
      },
    });
    task.onHeadersReceived(() => console.log('running'));
    setInterval(() => {}, 5);`;
  const { code, lines } = await run(t, { text }, [], { onLine: (line, child) => line === 'running' && child.kill('SIGTERM') });
  assert.equal(code, 128 + 15);
  assert.deepEqual(lines, [
    'running',
    'downloadFile:fail interrupted 600003',
    'too late: downloadFile:fail interrupted',
  ]);
});

test('timers, require, and the parts of wx that a terminal has', async (t) => {
  const text = `
    const log = (...words) => console.log(...words);
    setTimeout((a, b) => log('timeout', a, b), 20, 1, 2);
    setTimeout(() => log('sooner'), 10);
    clearTimeout(setTimeout(() => log('cleared'), 0));
    clearTimeout(undefined); clearTimeout({}); clearInterval(999);
    let count = 0;
    const interval = setInterval(() => { log('interval'); if (++count === 2) clearInterval(interval); }, 1);
    const loop = { name: 'loop' }; loop.self = loop;
    log('log', 1, null, undefined, true, 10n, loop, [1], () => 1, Symbol('s'));
    console.warn('warned');
    const { equal } = require('./check');
    equal([wx.canIUse('uploadFile'), wx.canIUse('downloadFile.object.timeout'), wx.canIUse('request')].join(), 'true,true,false');
    if (window || self || typeof document !== 'undefined') throw new Error('a browser');
    equal(require('./check.js').equal, equal, 'one module');
    for (const path of ['../x', '/etc/passwd', './none', 'none', 5]) {
      try { require(path); log('required', path); } catch { }
    }
    (async () => {
      const { tempFiles, errMsg } = await wx.chooseImage({ count: 1 });
      log(errMsg, tempFiles.length, tempFiles[0].size, /^wxfile:\\/\\/tmp_\\w+\\.png$/.test(tempFiles[0].path));
      await wx.playVoice({ filePath: tempFiles[0].path.replace('tmp', 'no') }).catch(({ errMsg }) => log(errMsg));
      wx.playVoice({ filePath: '/etc/passwd', fail: ({ errMsg }) => log(errMsg), complete: ({ errMsg }) => log(errMsg) });
    })();`;
  const [one, two] = [randomFile(t, 10), randomFile(t, 20)];
  const { code, lines, err } = await run(t, { text }, ['--image', one, '--image', two]);
  assert.deepEqual({ code, err }, { code: 0, err: 'warned\n' });
  const first = 'log 1 null undefined true 10n {"name":"loop","self":"[Circular]"} [1] [Function <anonymous>] Symbol(s)';
  assert.equal(lines[0].replace('[Function ]', '[Function <anonymous>]'), first);
  assert.deepEqual(lines.slice(1).toSorted(), [
    'chooseImage:ok 1 10 true', 'interval', 'interval', 'playVoice:fail file not found',
    'playVoice:fail file not found', 'playVoice:fail file not found', 'sooner', 'timeout 1 2',
  ]);
});

test('without an image the user has cancelled', async (t) => {
  const text = 'wx.chooseImage({ fail: (result) => console.log(result.errMsg) }); wx.chooseImage().catch(() => console.log("caught"));';
  const { code, lines } = await run(t, { text });
  assert.deepEqual({ code, lines }, { code: 0, lines: ['chooseImage:fail cancel', 'caught'] });
});

test('its files stay in the root, and nothing else does', async (t) => {
  const server = await serve(t);
  const root = join(folder(t), 'storage');
  const down = `wx.downloadFile({ url: '${server.url}/bytes/10', filePath: 'wxfile://usr/kept', success: () => console.log('stored') });`;
  const up = `wx.uploadFile({ url: '${server.url}/upload', filePath: 'wxfile://usr/kept', name: 'f', success: (r) => console.log(JSON.parse(r.data).file.length) });`;
  assert.deepEqual((await run(t, { text: down }, ['--root', root])).lines, ['stored']);
  assert.deepEqual((await run(t, { text: up }, ['--root', root])).lines, ['10']);
  assert.ok(existsSync(root) && readdirSync(root).length > 0);
});

test('wrong usage', async (t) => {
  for (const flags of [['--nonsense'], ['--resolve', 'a:b:c'], ['--ca'], ['another.js'], ['--root', '/dev/null/root']]) {
    const { code, err } = await run(t, { text: '' }, flags);
    assert.equal(code, 2, flags.join(' '));
    assert.notEqual(err, '');
  }
  assert.equal((await run(t, 'no-such-app.js')).code, 1);
});
