// @tarojs/shared as it comes from npm: processApis makes promises of both calls and hangs the task's methods on them.
const { equal, ok, images } = require('./check.js');
const server = require('./server.json').url;

// What Taro's build and a mini-program's framework have around it.
globalThis.process = { env: { NODE_ENV: 'production', TARO_ENV: 'weapp' } };
globalThis.getCurrentPages = () => [];
globalThis.getApp = () => ({});
globalThis.requirePlugin = () => ({});
const { processApis } = require('@tarojs/shared');

const Taro = {
  options: {},
  config: {},
  Link: class {
    request() {}
    addInterceptor() {}
    cleanInterceptors() {}
  },
};
processApis(Taro, wx);

(async () => {
  equal(Taro.env.USER_DATA_PATH, 'wxfile://usr');
  const [filePath] = (await Taro.chooseImage({})).tempFilePaths;

  const seen = [];
  const called = [];
  const uploading = Taro.uploadFile({
    url: `${server}/upload`,
    filePath,
    name: 'file',
    formData: { user: 'test' },
    success: () => called.push('success'),
    complete: () => called.push('complete'),
  });
  equal(uploading.progress((event) => seen.push(event)), uploading);
  uploading.onHeadersReceived(({ header }) => called.push(header['Content-Type']));
  const sent = await uploading;
  equal(sent.statusCode, 200);
  equal(JSON.parse(sent.data).file.length, 300000);
  equal(called.join(), 'application/json,success,complete');
  equal(seen.at(-1).progress, 100);

  const down = await Taro.downloadFile({ url: `${server}/bytes/5000` }).progress((event) => seen.push(event));
  equal(down.dataLength, 5000);
  equal(seen.at(-1).totalBytesWritten, 5000);
  await Taro.playVoice({ filePath: down.tempFilePath });

  const stopped = Taro.downloadFile({ url: `${server}/never` });
  let asked = 0;
  setTimeout(() => stopped.abort(() => asked++), 20);
  equal((await stopped.catch((result) => result)).errMsg, 'downloadFile:fail abort');
  equal(asked, 1);
  const failed = await Taro.uploadFile({ url: `${server}/upload`, filePath: 'wxfile://usr/none', name: 'f' }).catch((result) => result);
  equal(failed.errMsg, 'uploadFile:fail file not found');

  // The one that finds itself on `global` and renames: Object.keys and hasOwnProperty of wx.
  const renamed = { ...Taro };
  processApis(renamed, wx, {
    transformMeta: (key, options) => ({ key, options }),
    modifyAsyncResult: (key, result) => { result.modifiedBy = key; },
  });
  ok((await renamed.downloadFile({ url: `${server}/bytes/1` })).modifiedBy === 'downloadFile');
  console.log('all done');
})();
