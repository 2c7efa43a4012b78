// For JavaScriptCore, which has no console, timers or storage here: one transfer after another by promises.
const call = (name, option, withTask) => new Promise((resolve) => {
  const told = [];
  const task = wx[name]({
    ...option,
    success: (result) => { told.push('success'); result.seen = true; },
    fail: (result) => { told.push('fail'); result.seen = true; },
    complete: (result) => resolve([told.join(), result]),
  });
  if (told.length > 0 || typeof task.abort !== 'function') log('wrong from the start');
  if (withTask) withTask(task);
});

(async () => {
  let [told, down] = await call('downloadFile', { url: `${server}/bytes/5000?type=image/png` });
  log([told, down.errMsg, down.statusCode, down.dataLength, down.header['Content-Type'], down.seen, down.tempFilePath.endsWith('.png')]);
  const progress = [];
  let up;
  [told, up] = await call('uploadFile', {
    url: `${server}/upload?set=Set-Cookie:a=1`,
    filePath: down.tempFilePath,
    name: '文件',
    header: { 'X-Number': 1, none: undefined },
    formData: { text: 'a\0中😀', number: 2, lone: '\ud800' },
  }, (task) => {
    task.onProgressUpdate((event) => progress.push(event));
    task.onHeadersReceived(({ header }) => log(`headers ${header['Content-Type']}`));
    task.onHeadersReceived(() => { throw new Error('in a listener'); });
  });
  const seen = JSON.parse(up.data);
  log([told, up.errMsg, up.cookies, seen.parts, seen.file.length, seen.file.name]);
  log(JSON.stringify(seen.fields.map(({ value }) => value)));
  const last = progress[progress.length - 1];
  log([last.progress, last.totalBytesSent === last.totalBytesExpectedToSend]);
  log([up.profile.protocol, up.profile.domainLookupStart === up.profile.domainLookUpStart, up.profile.peerIP]);
  const [, plain] = await call('downloadFile', { url: `${server}/say?b64=AOS4rQ==`, enableProfile: false });
  log([plain.dataLength, 'profile' in plain]);
  const [, bytes] = await call('uploadFile', { url: `${server}/say?b64=YQDkuK3wn5iA`, filePath: down.tempFilePath, name: 'f' });
  log(JSON.stringify(bytes.data));
  for (const option of [{ url: `${server}/never` }, { url: 'nonsense' }, { url: 5 }, undefined]) {
    const [ended, { errMsg, errno }] = await call('downloadFile', option, (task) => {
      if (option && String(option.url).endsWith('/never')) task.abort();
    });
    log([ended, errMsg, errno]);
  }
  const aborted = call('uploadFile', { url: `${server}/never`, filePath: down.tempFilePath, name: 'f' }, (task) => task.abort());
  log([(await aborted)[1].errMsg]);
  const many = await Promise.all(Array.from({ length: 200 }, (_, i) => call('downloadFile', { url: `${server}/bytes/${i}` })));
  log(many.every(([ended, { dataLength }], i) => ended === 'success' && dataLength === i));
  wx.downloadFile({ url: `${server}/never` });
  await call('downloadFile', { url: `${server}/bytes/1` });
  detach();
  wx.downloadFile({ url: `${server}/bytes/1`, complete: ({ errMsg }) => log(errMsg) });
})().catch((error) => log(`${error}\n${error.stack}`));
