// The three samples of the documentation, as they are written there.
import assert from 'node:assert/strict';
import { test } from 'node:test';

import { randomFile, run, serve } from './harness.mjs';

const samples = (server) => [
  '--resolve', `example.weixin.qq.com:80:127.0.0.1:${server.port}`,
  '--allow', 'http://example.weixin.qq.com',
];

test('the upload sample', async (t) => {
  const server = await serve(t);
  const image = randomFile(t, 300_000);
  const { code, out, err } = await run(t, 'seed/upload.js', [...samples(server), '--image', image]);
  assert.deepEqual({ code, out, err }, { code: 0, out: '', err: '' });
  const [request] = await server.requests();
  assert.equal(request.method, 'POST');
  assert.equal(request.target, '/upload');
  assert.equal(request.outcome, 'answered');
  assert.ok(request.bodyLength > 300_000);
  assert.ok(request.headers.some(([name, value]) => name === 'Host' && value === 'example.weixin.qq.com'));
});

test('the upload sample drawn', async (t) => {
  const server = await serve(t);
  const flags = [...samples(server), '--image', randomFile(t, 300_000), '--profile'];
  const { code, err } = await run(t, 'seed/upload.js', flags);
  assert.equal(code, 0);
  assert.match(err, /upload \[=+\] 100% {2}29\d\.\d KiB of 29\d\.\d KiB/);
  assert.match(err, /upload http:\/\/example\.weixin\.qq\.com\/upload 200 uploadFile:ok/);
  for (const stage of ['queue', 'DNS', 'connect', 'request', 'wait', 'response']) {
    assert.match(err, new RegExp(`^ {2}${stage} +\\| *#+ *\\| \\d+ ms$`, 'm'));
  }
});

test('the upload task sample: it aborts what it has just begun', async (t) => {
  const server = await serve(t);
  const app = { text: "globalThis.keepsItsAbort = true; require('./upload-task.js');" };
  const { code, lines, err } = await run(t, app, [...samples(server), '--image', randomFile(t, 300_000)]);
  assert.deepEqual({ code, lines, err }, { code: 0, lines: ['uploadFile:fail abort'], err: '' });
});

test('the upload task sample with an abort that does nothing', async (t) => {
  const server = await serve(t);
  const app = { text: "globalThis.keepsItsAbort = false; require('./upload-task.js');" };
  const { code, lines, err } = await run(t, app, [...samples(server), '--image', randomFile(t, 300_000)]);
  assert.deepEqual({ code, err }, { code: 0, err: '' });
  const [request] = await server.requests();
  assert.deepEqual(lines.slice(-4), [
    '上传进度 100',
    `已经上传的数据长度 ${request.bodyLength}`,
    `预期需要上传的数据总长度 ${request.bodyLength}`,
    'uploadFile:ok',
  ]);
});

test('the download sample', async (t) => {
  const server = await serve(t, '--tls');
  const { code, out, err } = await run(t, 'seed/download.js', [
    '--resolve', `example.com:443:127.0.0.1:${server.port}`,
    '--allow', 'https://example.com',
    '--ca', server.ca,
  ]);
  assert.deepEqual({ code, err }, { code: 0, err: '' });
  assert.match(out, /^playing wxfile:\/\/tmp_\w+\.mp3, 4096 bytes$/);
});

test('the download sample where its origin is not allowed', async (t) => {
  const server = await serve(t, '--tls');
  const app = { text: "const down = wx.downloadFile; wx.downloadFile = (o) => down({ ...o, fail: (r) => console.log(r.errMsg, r.errno) }); require('./seed/download.js');" };
  const { code, out } = await run(t, app, [
    '--resolve', `example.com:443:127.0.0.1:${server.port}`,
    '--allow', 'https://example.org',
  ]);
  assert.equal(code, 0);
  assert.equal(out, 'downloadFile:fail url not in domain list 600002');
});
