// A failed check ends up as an uncaught error, and so in the exit code.
function fail(text) {
  throw new Error(text);
}

function equal(actual, expected, what) {
  if (!Object.is(actual, expected)) fail(`${what || 'value'}: ${String(actual)} instead of ${String(expected)}`);
}

function same(actual, expected, what) {
  equal(JSON.stringify(actual), JSON.stringify(expected), what);
}

function ok(condition, what) {
  if (!condition) fail(what || 'not so');
}

// A call of wx as a promise of what it was told, in order: [name, argument] …; resolved after complete.
function told(call, option, withTask) {
  return new Promise((resolve) => {
    const events = [];
    const task = call({
      ...option,
      success: (result) => events.push(['success', result]),
      fail: (result) => events.push(['fail', result]),
      complete: (result) => {
        events.push(['complete', result]);
        resolve(events);
      },
    });
    ok(task && typeof task.abort === 'function', 'a task');
    same(events, [], 'nothing is told inside the call');
    if (withTask) withTask(task, events);
  });
}

async function failure(call, option) {
  const events = await told(call, option);
  same(events.map(([name]) => name), ['fail', 'complete'], 'events');
  equal(events[0][1], events[1][1], 'one result object');
  return events[0][1];
}

async function success(call, option, withTask) {
  const events = await told(call, option, withTask);
  const result = events.at(-1)[1];
  equal(events.at(-2)[0], 'success', `the end of ${JSON.stringify(result)}`);
  equal(events.at(-2)[1], result, 'one result object');
  return result;
}

// The paths of what the host was given with --image.
function images() {
  return new Promise((resolve, reject) => {
    wx.chooseImage({ success: (result) => resolve(result.tempFilePaths), fail: reject });
  });
}

module.exports = { equal, same, ok, fail, told, failure, success, images };
