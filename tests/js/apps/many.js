// 2,000 transfers with aborts and listeners that come and go; each ends once, and nothing is left.
const { equal, ok, images } = require('./check.js');
const server = require('./server.json').url;
const COUNT = 2000;

images().then(([filePath]) => {
  const ends = new Map();
  let seed = 1;
  const random = (n) => {
    seed = (seed * 1103515245 + 12345) % 2147483648;
    return Math.floor((seed / 2147483648) * n);
  };
  let started = 0;

  function end(i, name, result) {
    ends.set(i, (ends.get(i) || '') + name);
    if (name === 'c') {
      ok(/^(up|down)loadFile:(ok|fail abort)$/.test(result.errMsg), result.errMsg);
      if (ends.size === COUNT && started === COUNT && [...ends.values()].every((text) => text.endsWith('c'))) finish();
    }
  }

  function begin() {
    const i = started++;
    const upload = random(3) === 0;
    const size = 1 + random(200);
    const option = {
      url: upload ? `${server}/sink` : `${server}/bytes/${size}k`,
      header: { 'X-Number': i },
      success: (result) => end(i, 's', result),
      fail: (result) => end(i, 'f', result),
      complete(result) {
        task.offProgressUpdate();
        task.offHeadersReceived(headers);
        task.abort();
        end(i, 'c', result);
        if (started < COUNT) begin();
      },
    };
    const task = upload ? wx.uploadFile({ ...option, filePath, name: 'f', formData: { i } }) : wx.downloadFile(option);
    const headers = () => { if (random(10) === 0) task.abort(); };
    const progress = () => { task.offProgressUpdate(progress); task.onProgressUpdate(() => task); };
    task.onHeadersReceived(headers);
    task.onProgressUpdate(progress);
    if (random(2) === 0) { task.offProgressUpdate(progress); task.onProgressUpdate(progress); }
    if (random(8) === 0) task.abort();
    if (random(8) === 0) setTimeout(() => task.abort(), random(5));
    if (random(4) === 0) Promise.resolve().then(() => { task.offHeadersReceived(); task.onHeadersReceived(headers); });
    task.cycle = task;
  }

  function finish() {
    let succeeded = 0;
    for (const [i, text] of ends) {
      ok(text === 'sc' || text === 'fc', `${i}: ${text}`);
      if (text === 'sc') succeeded++;
    }
    equal(ends.size, COUNT);
    ok(succeeded > COUNT / 4 && succeeded < COUNT, `${succeeded} succeeded`);
    console.log('all done');
  }

  for (let i = 0; i < 60; i++) begin();
});
