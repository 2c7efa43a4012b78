// Public clients that know nothing of ferry, unmodified from npm, with real transfers.
import assert from 'node:assert/strict';
import { cpSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';

import { folder, randomFile, runAt, serve, workshop } from './harness.mjs';

const here = dirname(fileURLToPath(import.meta.url));

for (const [name, app, out] of [
  ['@leancloud/platform-adapters-weapp', 'leancloud.js', /^all done$/],
  ['@tarojs/shared', 'taro.js', /^playing wxfile:\/\/tmp_\w+\.\w+, 5000 bytes\nall done$/],
]) {
  test(name, async (t) => {
    const server = await serve(t);
    const place = folder(t);
    cpSync(join(here, 'apps'), place, { recursive: true });
    symlinkSync(join(workshop, 'node_modules'), join(place, 'node_modules'));
    writeFileSync(join(place, 'server.json'), JSON.stringify({ url: server.url }));
    const result = await runAt(join(place, app), ['--image', randomFile(t, 300_000)]);
    assert.deepEqual([result.code, result.killedBy, result.err], [0, null, ''], result.out);
    assert.match(result.out, out);
  });
}
