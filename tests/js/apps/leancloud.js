// @leancloud/platform-adapters-weapp as it comes from npm: its `upload` with progress and an abort signal.
const { equal, ok, images } = require('./check.js');
const { upload, platformInfo } = require('@leancloud/platform-adapters-weapp');
const { EventTarget } = require('event-target-shim');
const server = require('./server.json').url;

// The signal of a mini-program, which has no AbortController of its own.
class Signal extends EventTarget('abort') {
  aborted = false;
  abort() {
    this.aborted = true;
    this.dispatchEvent({ type: 'abort' });
  }
}

async function rejection(promise) {
  try {
    await promise;
  } catch (error) {
    return error;
  }
  throw new Error('it was fulfilled');
}

(async () => {
  equal(platformInfo.name, 'Weapp');
  const [uri] = await images();
  const file = { field: 'file', data: { uri } };
  const seen = [];
  const response = await upload(`${server}/upload`, file, {
    headers: { 'X-Client': 'leancloud' },
    data: { key: 'value' },
    onprogress: (event) => seen.push(event),
  });
  equal(response.status, 200);
  equal(response.ok, true);
  equal(response.errMsg, 'uploadFile:ok');
  equal(response.data.file.length, 300000);
  equal(response.data.fields[0].value, 'value');
  ok(response.data.headers.some(([name, value]) => name === 'X-Client' && value === 'leancloud'));
  const last = seen.at(-1);
  equal(last.percent, 100);
  equal(last.loaded, last.total);

  const bare = await upload(`${server}/upload`, file);
  equal(bare.data.file.length, 300000);

  const signal = new Signal();
  const aborted = upload(`${server}/never`, file, { signal });
  setTimeout(() => signal.abort(), 20);
  equal((await rejection(aborted)).name, 'AbortError');
  equal((await rejection(upload(`${server}/upload`, file, { signal }))).name, 'AbortError');

  const failed = await rejection(upload('http://127.0.0.1:1/', file));
  ok(failed.message.startsWith('uploadFile:fail network error'), failed.message);
  const refused = await upload(`${server}/upload?status=500`, file);
  equal(`${refused.status} ${refused.ok}`, '500 false');
  console.log('all done');
})();
