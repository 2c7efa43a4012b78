// The bridge to QuickJS as a library in another C program: bridge-test.c, which run.sh has built.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { test } from 'node:test';

import { serve, workshop } from './harness.mjs';

test('attach, pump and detach at awkward moments', async (t) => {
  const server = await serve(t);
  const child = spawn(join(workshop, 'miniprogram/bridge-test'), [server.url], { stdio: ['ignore', 'ignore', 'pipe'] });
  let err = '';
  child.stderr.setEncoding('utf8').on('data', (text) => (err += text));
  const [code, killedBy] = await once(child, 'close');
  assert.deepEqual({ code, killedBy, err }, { code: 0, killedBy: null, err: '' });
});
