// `--profile`: draws the progress of each transfer and where its time went. It wraps the two calls of wx as any
// script could; what the app sees of them is the same.
(function profile(host) {
  'use strict';

  const WIDTH = 40;
  const UNITS = ['bytes', 'KiB', 'MiB', 'GiB'];

  function sizeText(bytes) {
    let unit = 0;
    let size = bytes;
    while (size >= 1024 && unit < UNITS.length - 1) {
      size /= 1024;
      unit++;
    }
    return `${unit === 0 ? size : size.toFixed(1)} ${UNITS[unit]}`;
  }

  const print = (text) => host.write(2, text);

  // One line that is drawn over and over on a terminal, and a line for each quarter elsewhere.
  function progressDrawer(title) {
    let quarter = -1;
    return ({ progress, totalBytesSent, totalBytesWritten, totalBytesExpectedToSend, totalBytesExpectedToWrite }) => {
      const now = totalBytesSent ?? totalBytesWritten;
      const all = totalBytesExpectedToSend ?? totalBytesExpectedToWrite;
      const done = Math.floor((progress * WIDTH) / 100);
      const line = `${title} [${'='.repeat(done)}${' '.repeat(WIDTH - done)}] ${String(progress).padStart(3)}%  ${sizeText(now)} of ${all > 0 ? sizeText(all) : '?'}`;
      if (host.isTerminal) print(`\r${line}\u001b[K${progress === 100 ? '\n' : ''}`);
      else if (Math.floor(progress / 25) > quarter) print(`${line}\n`);
      quarter = Math.floor(progress / 25);
    };
  }

  function stages(p) {
    const all = [
      ['queue', p.queueStart, p.queueEnd],
      ['redirects', p.redirectStart, p.redirectEnd],
      ['DNS', p.domainLookUpStart, p.domainLookUpEnd],
      ['connect', p.connectStart, p.SSLconnectionStart || p.connectEnd],
      ['TLS', p.SSLconnectionStart, p.SSLconnectionEnd],
      ['request', p.requestStart, p.requestEnd],
      ['wait', p.requestEnd, p.responseStart],
      ['response', p.responseStart, p.responseEnd],
    ];
    return all.filter(([, start, end]) => start > 0 && end >= start);
  }

  function drawWaterfall(title, result) {
    const p = result.profile;
    print(`${title} ${result.statusCode || ''} ${result.errMsg}${result.errno ? ` (errno ${result.errno})` : ''}\n`);
    if (!p) return;
    const rows = stages(p);
    const end = rows.reduce((last, row) => Math.max(last, row[2]), p.invokeStart);
    const scale = WIDTH / Math.max(1, end - p.invokeStart);
    for (const [name, from, to] of rows) {
      const start = Math.min(WIDTH - 1, Math.floor((from - p.invokeStart) * scale));
      const length = Math.max(1, Math.min(WIDTH - start, Math.round((to - from) * scale)));
      const bar = `${' '.repeat(start)}${'#'.repeat(length)}`.padEnd(WIDTH);
      print(`  ${name.padEnd(10)}|${bar}| ${to - from} ms\n`);
    }
    const peer = p.peerIP ? `${p.peerIP} port ${p.port}, ` : '';
    print(`  ${peer}${p.protocol}, ${p.socketReused ? 'connection used again' : 'new connection'}, ${sizeText(p.sendBytesCount)} sent, ${sizeText(p.receivedBytedCount)} received\n`);
    print(`  round trip ${p.rtt} ms, network ${p.estimate_nettype_text}\n`);
  }

  function drawing(call, verb) {
    return (option) => {
      if (typeof option !== 'object' || option === null) return call(option);
      const title = `${verb} ${option.url}`;
      const { complete } = option;
      const task = call({
        ...option,
        complete(result) {
          drawWaterfall(title, result);
          if (typeof complete === 'function') complete(result);
        },
      });
      task.onProgressUpdate(progressDrawer(verb));
      return task;
    };
  }

  wx.uploadFile = drawing(wx.uploadFile, 'upload');
  wx.downloadFile = drawing(wx.downloadFile, 'download');
});
