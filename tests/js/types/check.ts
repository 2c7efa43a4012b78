// Each of ferry's types can be given where the public one is expected, and the other way round.
/// <reference types="miniprogram-api-typings" />
import type * as ferry from 'ferry-wx';

type Public = WechatMiniprogram.Wx;

declare function same<Ours, Theirs>(
  toTheirs: (ours: Ours) => Theirs,
  toOurs: (theirs: Theirs) => Ours,
): void;

same<ferry.Wx, Pick<Public, 'uploadFile' | 'downloadFile'>>((ours) => ours, (theirs) => theirs);
same<ferry.Wx['uploadFile'], Public['uploadFile']>((ours) => ours, (theirs) => theirs);
same<ferry.Wx['downloadFile'], Public['downloadFile']>((ours) => ours, (theirs) => theirs);
same<ferry.UploadTask, WechatMiniprogram.UploadTask>((ours) => ours, (theirs) => theirs);
same<ferry.DownloadTask, WechatMiniprogram.DownloadTask>((ours) => ours, (theirs) => theirs);
same<ferry.UploadFileOption, WechatMiniprogram.UploadFileOption>((ours) => ours, (theirs) => theirs);
same<ferry.DownloadFileOption, WechatMiniprogram.DownloadFileOption>((ours) => ours, (theirs) => theirs);
same<ferry.UploadFileSuccessCallbackResult, WechatMiniprogram.UploadFileSuccessCallbackResult>((ours) => ours, (theirs) => theirs);
same<ferry.DownloadFileSuccessCallbackResult, WechatMiniprogram.DownloadFileSuccessCallbackResult>((ours) => ours, (theirs) => theirs);
same<ferry.FailCallbackResult, WechatMiniprogram.GeneralCallbackResult>((ours) => ours, (theirs) => theirs);
same<ferry.UploadProgress, WechatMiniprogram.UploadTaskOnProgressUpdateListenerResult>((ours) => ours, (theirs) => theirs);
same<ferry.DownloadProgress, WechatMiniprogram.DownloadTaskOnProgressUpdateListenerResult>((ours) => ours, (theirs) => theirs);
same<ferry.HeadersReceivedResult, WechatMiniprogram.DownloadTaskOnHeadersReceivedListenerResult>((ours) => ours, (theirs) => theirs);
same<ferry.RequestProfile, WechatMiniprogram.RequestProfile>((ours) => ours, (theirs) => theirs);

// And a program for the one compiles for the other.
function program(wx: ferry.Wx | Pick<Public, 'uploadFile' | 'downloadFile'>): void {
  const task = wx.uploadFile({
    url: 'https://example.com/',
    filePath: 'wxfile://usr/a',
    name: 'file',
    formData: { user: 'test', size: 1 },
    success: (result) => result.data.length + result.statusCode + result.profile.rtt,
    fail: ({ errMsg }) => errMsg.length,
  });
  const listener = ({ progress }: { progress: number }) => progress;
  task.onProgressUpdate(listener);
  task.offProgressUpdate(listener);
  task.offProgressUpdate();
  task.onHeadersReceived(({ header }) => header);
  wx.downloadFile({ url: 'https://example.com/', success: (result) => result.tempFilePath.length }).abort();
}
program(wx);
