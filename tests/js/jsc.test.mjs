// wx.js in a second engine, JavaScriptCore, with nothing changed: jsc-test.c, which run.sh builds where there is one.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';

import { serve, workshop } from './harness.mjs';

const here = dirname(fileURLToPath(import.meta.url));
const binary = join(workshop, 'miniprogram/jsc-test');
const skip = existsSync(binary) ? false : 'JavaScriptCore (libjavascriptcoregtk-4.1-dev) is not installed';

test('the same wx.js in JavaScriptCore', { skip }, async (t) => {
  const server = await serve(t);
  const child = spawn(binary, [server.url, join(here, 'apps/jsc.js')], { stdio: ['ignore', 'pipe', 'pipe'] });
  let [out, err] = ['', ''];
  child.stdout.setEncoding('utf8').on('data', (text) => (out += text));
  child.stderr.setEncoding('utf8').on('data', (text) => (err += text));
  const [code, killedBy] = await once(child, 'close');
  assert.deepEqual(out.split('\n').slice(0, -1), [
    'success,downloadFile:ok,200,5000,image/png,true,true',
    'headers application/json',
    'reported: Error: in a listener',
    'success,uploadFile:ok,a=1,text,number,lone,文件,5000,文件',
    '["a\\u0000中😀","2","\ufffd"]',
    '100,true',
    'http1.1,true,127.0.0.1',
    '4,false',
    '"a\\u0000中😀"',
    'fail,downloadFile:fail abort,603105',
    'fail,downloadFile:fail invalid URL,600009',
    'fail,downloadFile:fail parameter error: url should be a string,1001',
    'fail,downloadFile:fail parameter error: url is required,1001',
    'uploadFile:fail abort',
    'true',
    'downloadFile:fail interrupted',
  ]);
  assert.deepEqual({ code, killedBy, err }, { code: 0, killedBy: null, err: '' });
});
