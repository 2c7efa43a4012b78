// Many transfers from one script. The engine's leak check is on in every run here: a leak ends the host by a signal.
import assert from 'node:assert/strict';
import { test } from 'node:test';

import { randomFile, run, serve } from './harness.mjs';

test('2,000 transfers with aborts and changing listeners leave nothing', async (t) => {
  const server = await serve(t);
  const { code, killedBy, lines, err } = await run(t, 'many.js', ['--image', randomFile(t, 100_000)], { server });
  assert.deepEqual({ code, killedBy, lines, err }, { code: 0, killedBy: null, lines: ['all done'], err: '' });
});

test('a host that is stopped with many in flight leaves nothing', async (t) => {
  const server = await serve(t);
  const text = `
    let told = 0;
    for (let i = 0; i < 100; i++) {
      wx.downloadFile({ url: '${server.url}/never', complete: ({ errMsg }) => { if (++told === 100) console.log(errMsg); } })
        .onProgressUpdate(() => {});
    }
    console.log('begun');`;
  const { code, lines, err } = await run(t, { text }, [], { onLine: (line, child) => line === 'begun' && child.kill('SIGINT') });
  assert.deepEqual({ code, lines, err }, { code: 130, lines: ['begun', 'downloadFile:fail interrupted'], err: '' });
});
