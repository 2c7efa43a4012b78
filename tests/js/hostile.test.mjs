// A script that does its worst, and the host that stays up.
import assert from 'node:assert/strict';
import { test } from 'node:test';

import { randomFile, run, serve } from './harness.mjs';

test('a hostile script harms nobody', async (t) => {
  const server = await serve(t);
  const { code, killedBy, lines, out, err } = await run(t, 'hostile.js', ['--image', randomFile(t, 1000)], { server });
  assert.equal(killedBy, null, err);
  assert.equal(lines.at(-1), 'all done', `${out}\n${err}`);
  // What the script itself threw was told, and it did throw on purpose.
  assert.equal(code, 1);
  assert.match(err, /RangeError|InternalError/);
  assert.doesNotMatch(err, /Assertion|removed, yet called/);
});

test('a script whose callbacks bring down its own loop only', async (t) => {
  const server = await serve(t);
  const text = `
    const { equal } = require('./check.js');
    let told = 0;
    for (let i = 0; i < 30; i++) {
      const task = wx.downloadFile({
        url: '${server.url}/bytes/1k',
        success() { throw Object.defineProperty(new Error('x'), 'stack', { get() { throw 1; } }); },
        fail() { throw { toString() { throw 1; } }; },
        complete() { if (++told === 30) console.log('all told'); throw new Proxy({}, { get() { throw 1; } }); },
      });
      if (i % 3 === 0) task.abort();
    }`;
  const { code, killedBy, lines } = await run(t, { text });
  assert.deepEqual([code, killedBy, lines], [1, null, ['all told']]);
});
