// What must not compile: were a type `any` by mistake, the checks beside this file would all pass.
import type * as ferry from 'ferry-wx';

declare const wx: ferry.Wx;
// @ts-expect-error: url is missing
wx.downloadFile({});
// @ts-expect-error: a timeout is a number
wx.downloadFile({ url: '', timeout: '1' });
// @ts-expect-error: name is missing
wx.uploadFile({ url: '', filePath: '' });
// @ts-expect-error: an upload has no temporary file
wx.uploadFile({ url: '', filePath: '', name: '', success: (result) => result.tempFilePath });
// @ts-expect-error: a download has no data
wx.downloadFile({ url: '', success: (result) => result.data });
// @ts-expect-error: progress of another kind
wx.downloadFile({ url: '' }).onProgressUpdate((progress) => progress.totalBytesSent);
// @ts-expect-error: no such method
wx.downloadFile({ url: '' }).pause();
