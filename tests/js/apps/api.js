// What public clients rely on, checked from inside. SERVER is the test server, with one image given.
const { equal, same, ok, fail, told, failure, success, images } = require('./check.js');
const server = require('./server.json').url;
const upload = (option) => wx.uploadFile(option);
const download = (option) => wx.downloadFile(option);
const METHODS = ['abort', 'onProgressUpdate', 'offProgressUpdate', 'onHeadersReceived', 'offHeadersReceived'];
const tests = {};

tests['the functions are plain properties that can be wrapped and called unbound'] = async () => {
  for (const name of ['uploadFile', 'downloadFile']) {
    ok(Object.keys(wx).includes(name) && Object.prototype.hasOwnProperty.call(wx, name), 'own and enumerable');
    const { writable, enumerable, configurable, value } = Object.getOwnPropertyDescriptor(wx, name);
    same([writable, enumerable, configurable, typeof value], [true, true, true, 'function'], name);
    equal(value.name, name);
    const original = wx[name];
    Object.defineProperty(wx, name, { configurable: true, enumerable: true, get: () => original });
    Object.defineProperty(wx, name, { configurable: true, enumerable: true, writable: true, value: original });
  }
  const { downloadFile } = wx;
  for (const call of [downloadFile, (o) => downloadFile.call(null, o), (o) => downloadFile.apply(7, [o]), downloadFile.bind(undefined)]) {
    equal((await success(call, { url: `${server}/bytes/10` })).dataLength, 10);
  }
};

tests['a task is always there, its methods own and free of this'] = async () => {
  for (const call of [wx.uploadFile, wx.downloadFile]) {
    for (const option of [undefined, null, 0, 'text', [], {}, () => {}, { url: {} }]) {
      const task = call(option);
      for (const method of METHODS) ok(method in task && typeof task[method] === 'function', method);
      same(Object.keys(task), METHODS);
      const { abort, onProgressUpdate, offProgressUpdate, onHeadersReceived, offHeadersReceived } = task;
      for (const bare of [abort, onProgressUpdate, offProgressUpdate, onHeadersReceived, offHeadersReceived]) {
        equal(bare(), undefined);
        equal(bare.call(null, 5), undefined);
      }
      task.extra = 1;
      equal(task.extra, 1);
    }
  }
};

tests['an upload: fields before the file, text as it is, the same result for success and complete'] = async () => {
  const [filePath] = await images();
  const result = await success(upload, {
    url: `${server}/upload?set=Set-Cookie:a=1&set=Set-Cookie:b=2&set=X-Two:1&set=X-Two:2`,
    filePath,
    name: '文件',
    header: { 'X-Number': 1.5, 'X-Bool': false, 'X-Nothing': undefined, 'X-Null': null, 'Content-Type': 'image/jpeg', Referer: 'x' },
    formData: { text: '中文', number: 42, yes: true, empty: '', none: undefined, nil: null, list: [1, 'a'], date: new Date(0), f() {} },
    timeout: 0,
    unknownOption: {},
  });
  same(Object.keys(result), ['data', 'statusCode', 'header', 'cookies', 'profile', 'errMsg']);
  equal(typeof result.data, 'string');
  equal(result.statusCode, 200);
  equal(result.errMsg, 'uploadFile:ok');
  same(result.cookies, ['a=1', 'b=2']);
  equal(result.header['X-Two'], '1,2');
  equal(result.header['Set-Cookie'], 'a=1,b=2');
  const seen = JSON.parse(result.data);
  same(seen.parts, ['text', 'number', 'yes', 'empty', 'list', 'date', '文件']);
  same(seen.fields.map(({ value }) => value), ['中文', '42', 'true', '', '[1,"a"]', '1970-01-01T00:00:00.000Z']);
  const headers = Object.fromEntries(seen.headers);
  same([headers['X-Number'], headers['X-Bool'], 'X-Nothing' in headers, 'X-Null' in headers], ['1.5', 'false', false, false]);
  ok(headers['Content-Type'].startsWith('multipart/form-data; boundary='));
  ok(headers.Referer.startsWith('https://servicewechat.com/'), 'the host has the last word on Referer');
  // Plain and extensible, for those that mutate it.
  equal(Object.getPrototypeOf(result), Object.prototype);
  equal(Object.getPrototypeOf(result.header), Object.prototype);
  result.data = { parsed: true };
  result.extra = 1;
  ok(JSON.stringify(result).includes('"extra":1'));
};

tests['a download goes to a temporary file, or where it is told to'] = async () => {
  const url = `${server}/bytes/1000?type=image/png`;
  const temporary = await success(download, { url, header: undefined, timeout: null });
  same(Object.keys(temporary), ['tempFilePath', 'statusCode', 'header', 'cookies', 'dataLength', 'profile', 'errMsg']);
  ok(/^wxfile:\/\/tmp_\w+\.png$/.test(temporary.tempFilePath), temporary.tempFilePath);
  equal(temporary.dataLength, 1000);
  equal(temporary.errMsg, 'downloadFile:ok');
  const filePath = `${wx.env.USER_DATA_PATH}/a.png`;
  const stored = await success(download, { url, filePath, header: null, timeout: undefined });
  same([stored.filePath, 'tempFilePath' in stored], [filePath, false]);
  for (const none of ['', null, undefined]) ok('tempFilePath' in (await success(download, { url, filePath: none })));
  // What arrived is what was sent: it goes back, and the server tells its hash.
  const hashes = [];
  for (const path of [temporary.tempFilePath, filePath]) {
    const { data } = await success(upload, { url: `${server}/upload`, filePath: path, name: 'f' });
    hashes.push(JSON.parse(data).file.sha256);
    equal(JSON.parse(data).file.length, 1000);
  }
  equal(hashes[0], hashes[1]);
  const missing = await success(download, { url: `${server}/status/404` });
  same([missing.statusCode, missing.dataLength > 0], [404, true]);
};

tests['the profile has every field, both spellings and both forms of the network'] = async () => {
  const { profile } = await success(download, { url: `${server}/bytes/10` });
  for (const field of [
    'redirectStart', 'redirectEnd', 'fetchStart', 'domainLookUpStart', 'domainLookUpEnd', 'domainLookupStart', 'domainLookupEnd',
    'connectStart', 'connectEnd', 'SSLconnectionStart', 'SSLconnectionEnd', 'requestStart', 'requestEnd', 'responseStart',
    'responseEnd', 'rtt', 'estimate_nettype', 'httpRttEstimate', 'transportRttEstimate', 'downstreamThroughputKbpsEstimate',
    'throughputKbps', 'port', 'sendBytesCount', 'receivedBytedCount', 'invokeStart', 'queueStart', 'queueEnd',
  ]) {
    ok(Number.isInteger(profile[field]), field);
  }
  equal(profile.domainLookupStart, profile.domainLookUpStart);
  equal(profile.domainLookupEnd, profile.domainLookUpEnd);
  ok(['unknown', 'slow 2g', '2g', '3g', '4g'].includes(profile.estimate_nettype_text));
  same([profile.protocol, profile.peerIP, typeof profile.socketReused], ['http1.1', '127.0.0.1', 'boolean']);
  equal(profile.usingHighPerformanceMode, false);
  ok(Math.abs(profile.invokeStart - Date.now()) < 600000, 'since the epoch');
  ok(profile.sendBytesCount < 1000, `${profile.sendBytesCount} bytes for one request`);
  equal('profile' in (await success(download, { url: `${server}/bytes/10`, enableProfile: false })), false);
  // On failures too, those that never reached ferry included, with the same fields.
  const names = Object.keys(profile).sort();
  for (const option of [{}, { url: 'http://127.0.0.1:1/' }]) {
    const failed = await failure(download, option);
    same(Object.keys(failed.profile).sort(), names);
    ok(failed.profile.invokeStart > 0);
  }
};

tests['progress and headers come before the end, to each listener in its order'] = async () => {
  const [filePath] = await images();
  const log = [];
  const events = await told(upload, { url: `${server}/upload`, filePath, name: 'f' }, (task, ends) => {
    task.onProgressUpdate((p) => { log.push(['a', p]); ok(ends.length === 0); p.progress = 'mine'; });
    task.onProgressUpdate((p) => { log.push(['b', p]); ok(Number.isInteger(p.progress)); });
    task.onHeadersReceived((h) => { log.push(['h', h]); h.header = 0; });
    task.onHeadersReceived((h) => log.push(['i', h]));
  });
  same(events.map(([name]) => name), ['success', 'complete']);
  const order = log.map(([name]) => name).join('');
  ok(/^(ab)*hi(ab)*$/.test(order) && order.includes('ab'), order);
  const last = log.findLast(([name]) => name === 'b')[1];
  same(last, { progress: 100, totalBytesSent: last.totalBytesSent, totalBytesExpectedToSend: last.totalBytesSent });
  equal(log.find(([name]) => name === 'i')[1].header['Content-Type'], 'application/json');
  const seen = [];
  await success(download, { url: `${server}/bytes/70k` }, (task) => task.onProgressUpdate((p) => seen.push(p)));
  same(seen.at(-1), { progress: 100, totalBytesWritten: 71680, totalBytesExpectedToWrite: 71680 });
};

tests['listeners go by the function they are'] = async () => {
  const heard = [];
  const one = () => heard.push('one');
  const two = () => heard.push('two');
  await success(download, { url: `${server}/bytes/10` }, (task) => {
    task.onProgressUpdate(one);
    task.onProgressUpdate(two);
    task.onProgressUpdate(one);
    task.offProgressUpdate(() => {});
    task.offProgressUpdate(null);
    task.offProgressUpdate('one');
    task.offProgressUpdate(one);
    task.onHeadersReceived(one);
    task.onHeadersReceived(one);
    task.offHeadersReceived();
    task.onHeadersReceived(undefined);
  });
  ok(heard.length > 0 && heard.every((name) => name === 'two'), heard.join());
  heard.length = 0;
  await success(download, { url: `${server}/bytes/10` }, (task) => {
    task.onHeadersReceived(() => { task.offHeadersReceived(one); task.onHeadersReceived(two); heard.push('first'); });
    task.onHeadersReceived(one);
    task.onHeadersReceived(() => heard.push('last'));
  });
  same(heard, ['first', 'last'], 'removed and added in the middle of a round');
};

tests['abort, whenever it comes'] = async () => {
  const gone = await told(download, { url: `${server}/never` }, (task) => task.abort());
  same(gone.map(([name, { errMsg, errno }]) => [name, errMsg, errno]), [
    ['fail', 'downloadFile:fail abort', 603105],
    ['complete', 'downloadFile:fail abort', 603105],
  ]);
  const [filePath] = await images();
  const sent = await told(upload, { url: `${server}/never`, filePath, name: 'f' }, (task) => setTimeout(task.abort, 20));
  equal(sent[0][1].errMsg, 'uploadFile:fail abort');
  equal(sent[0][1].errno, 1);
  const bad = await told(upload, { url: 5 }, (task) => task.abort());
  same(bad.map(([name, { errMsg, errno }]) => [name, errMsg, errno]), [
    ['fail', 'uploadFile:fail abort', 1],
    ['complete', 'uploadFile:fail abort', 1],
  ], 'an abort wins over what was not told');
  const events = [];
  const task = wx.downloadFile({
    url: `${server}/stall-after/1k/of/1m?gate=never-opened`,
    fail: (result) => events.push(result.errMsg),
    success: () => events.push('success'),
    complete: () => { task.abort(); events.push('complete'); },
  });
  await new Promise((resolve) => {
    task.onHeadersReceived(() => { task.abort(); events.push('headers'); });
    task.onProgressUpdate(() => events.push('progress after abort'));
    setTimeout(function wait() { if (events.includes('complete')) resolve(); else setTimeout(wait, 5); }, 5);
  });
  same(events, ['headers', 'downloadFile:fail abort', 'complete']);
};

tests['failures have an errno and a text'] = async () => {
  const [filePath] = await images();
  const cases = [
    [download, { url: 'http://127.0.0.1:1/' }, 600001, /^downloadFile:fail network error: /],
    [download, { url: 'ftp://127.0.0.1/' }, 600009, /^downloadFile:fail invalid URL$/],
    [download, { url: `${server}/never`, timeout: 30 }, 5, /^downloadFile:fail timeout$/],
    [download, { url: `${server}/bytes/1`, filePath: '/etc/passwd' }, 603303, /permission denied, open/],
    [download, { url: `${server}/bytes/1`, filePath: 'wxfile://usr/no/such/folder' }, 603303, /permission denied, open/],
    [upload, { url: `${server}/upload`, filePath: 'wxfile://usr/none', name: 'f' }, 1300002, /^uploadFile:fail file not found$/],
    [upload, { url: `${server}/upload`, filePath, name: 'f', header: { A: 'b\r\nc: d' } }, 1001, /parameter error: header A/],
    [upload, { url: `${server}/upload`, filePath: '/etc/passwd', name: 'f' }, undefined, /^uploadFile:fail /],
  ];
  for (const [call, option, errno, text] of cases) {
    const result = await failure(call, option);
    if (errno !== undefined) equal(result.errno, errno, result.errMsg);
    ok(text.test(result.errMsg), result.errMsg);
  }
};

tests['what is wrong with an option is told by its name, later'] = async () => {
  const [filePath] = await images();
  const good = { url: `${server}/upload`, filePath, name: 'f' };
  const cases = [
    ['url', { ...good, url: undefined }], ['url', { ...good, url: 5 }], ['url', { ...good, url: 'http://a\0b' }],
    ['filePath', { ...good, filePath: '' }], ['filePath', { ...good, filePath: {} }], ['filePath', { ...good, filePath: 'a\0b' }],
    ['name', { ...good, name: null }], ['name', { ...good, name: [] }], ['name', { ...good, name: '\0' }],
    ['header', { ...good, header: 'X: y' }], ['header', { ...good, header: { 'X\0': 1 } }], ['header X', { ...good, header: { X: '\0' } }],
    ['formData', { ...good, formData: 7 }], ['formData', { ...good, formData: { 'a\0': 1 } }],
    ['timeout', { ...good, timeout: '100' }], ['timeout', { ...good, timeout: NaN }], ['timeout', { ...good, timeout: -1 }],
    ['url', { ...good, get url() { throw new Error('mine'); } }],
    ['enableHttp2', { ...good, get enableHttp2() { throw 1; } }],
    ['success', { name: 'f', get success() { throw 1; } }],
  ];
  for (const [name, option] of cases) {
    const events = [];
    await new Promise((resolve) => {
      const task = wx.uploadFile(Object.defineProperties(
        { fail: (r) => events.push(r), complete: (r) => { events.push(r); resolve(); } },
        Object.getOwnPropertyDescriptors(option),
      ));
      equal(events.length, 0, 'inside the call');
      ok('abort' in task);
    });
    equal(events[0], events[1]);
    equal(events[0].errno, 1001, events[0].errMsg);
    ok(events[0].errMsg.startsWith('uploadFile:fail parameter error: ') && events[0].errMsg.includes(name), events[0].errMsg);
  }
};

tests['options of every shape'] = async () => {
  const url = `${server}/bytes/10`;
  const bare = Object.assign(Object.create(null), { url, header: Object.create(null) });
  equal((await success((o) => wx.downloadFile(Object.assign(bare, o)), {})).dataLength, 10);
  class Config { constructor() { this.timeout = 1e12; } get url() { return url; } }
  equal((await success((o) => wx.downloadFile(Object.assign(new Config(), o)), {})).dataLength, 10);
  equal((await success((o) => wx.downloadFile(Object.freeze({ ...o, url, timeout: Infinity })), {})).dataLength, 10);
  equal((await success((o) => wx.downloadFile(new Proxy({ ...o, url }, {})), {})).dataLength, 10);
  // Callbacks that are no functions are none.
  wx.downloadFile({ url, success: 1, fail: 'x', complete: {} });
  // Text that no UTF-8 can carry, and text that no URL should hold.
  const odd = await success(download, { url: `${server}/say?body=a b中\ud800` });
  equal(odd.dataLength, 9);
  // A field's value may hold whatever it likes.
  const [filePath] = await images();
  const { data } = await success(upload, { url: `${server}/upload`, filePath, name: 'f', formData: { a: 'x\0y\r\n--', __proto__: null, ['__proto__']: 'p' } });
  same(JSON.parse(data).fields, [{ name: 'a', value: 'x\0y\r\n--' }, { name: '__proto__', value: 'p' }]);
};

tests['a result that a client awaits'] = async () => {
  const promised = (name) => (option) => new Promise((resolve, reject) => wx[name]({ ...option, success: resolve, fail: reject }));
  const results = await Promise.all(Array.from({ length: 25 }, (_, i) => promised('downloadFile')({ url: `${server}/bytes/${i + 1}` })));
  same(results.map(({ dataLength }) => dataLength), Array.from({ length: 25 }, (_, i) => i + 1));
  try {
    await promised('downloadFile')({ url: 'nonsense' });
    fail('it succeeded');
  } catch (error) {
    equal(error.errMsg, 'downloadFile:fail invalid URL');
  }
};

tests['what promises wait for runs before the next callback'] = async () => {
  const log = [];
  await new Promise((resolve) => {
    wx.downloadFile({
      url: `${server}/bytes/10`,
      success() { log.push('success'); Promise.resolve().then(() => log.push('job')); },
      complete() { log.push('complete'); setTimeout(resolve, 0); },
    }).onHeadersReceived(() => { log.push('headers'); Promise.resolve().then(() => log.push('job')); });
  });
  same(log, ['headers', 'job', 'success', 'complete', 'job']);
};

(async () => {
  for (const [name, run] of Object.entries(tests)) {
    try {
      await run();
      console.log(`ok ${name}`);
    } catch (error) {
      console.log(`not ok ${name}: ${error.message}\n${error.stack}`);
      throw error;
    }
  }
  console.log('all done');
})();
