// The second sample takes `tempFilePaths` from around it, and says nothing about its end: this gives it both.
const upload = wx.uploadFile;
wx.uploadFile = (option) => {
  const task = upload({ ...option, complete: (result) => console.log(result.errMsg) });
  if (!keepsItsAbort) task.abort = () => {};
  return task;
};
wx.chooseImage({
  success(result) {
    globalThis.tempFilePaths = result.tempFilePaths;
    require('./seed/upload-task.js');
  },
});
