// Starts the test server and runs scripts in ferry-miniprogram, for the tests beside this file. run.sh says where both are.
import { spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { cpSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

const here = dirname(fileURLToPath(import.meta.url));
export const binary = process.env.FERRY_MINIPROGRAM;
export const workshop = process.env.FERRY_JS_WORK;
const server = process.env.FERRY_TEST_SERVER;

/** A folder that is gone after the test. */
export function folder(test) {
  const path = mkdtempSync(join(tmpdir(), 'ferry-js-'));
  test.after(() => rmSync(path, { recursive: true, force: true }));
  return path;
}

/** A file of random bytes. */
export function randomFile(test, size, name = 'picture.png') {
  const path = join(folder(test), name);
  writeFileSync(path, randomBytes(size));
  return path;
}

/** The test server, until the test ends. */
export async function serve(test, ...flags) {
  const ca = join(folder(test), 'ca.pem');
  const child = spawn(server, ['--until-stdin-closes', '--records', '5000', '--ca-out', ca, ...flags], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  test.after(async () => {
    const gone = once(child, 'exit');
    child.stdin.end();
    await gone;
  });
  const [line] = await once(createInterface(child.stdout), 'line');
  const url = line.replace('listening ', '');
  const get = async (path) => (await fetch(url + path)).json();
  return {
    url,
    ca,
    port: Number(new URL(url).port),
    requests: () => get('/_requests'),
    stats: () => get('/stats'),
    open: (gate) => fetch(`${url}/_open/${gate}`),
  };
}

/**
 * Runs an app to its end: a name in apps/, or { text } to run that. Leaks of the engine end it by a signal. An app finds
 * the server's address in server.json. Answers its exit code, output and errors.
 */
export async function run(test, app, flags = [], { server, onLine } = {}) {
  const place = folder(test);
  cpSync(join(here, 'apps'), place, { recursive: true });
  cpSync(join(here, 'seed'), join(place, 'seed'), { recursive: true });
  if (server) writeFileSync(join(place, 'server.json'), JSON.stringify({ url: server.url }));
  let path = join(place, String(app));
  if (typeof app === 'object') {
    path = join(place, 'app-of-the-test.js');
    writeFileSync(path, app.text);
  }
  return runAt(path, flags, onLine);
}

/** As `run`, with the app where it is. */
export async function runAt(path, flags = [], onLine = () => {}) {
  const child = spawn(binary, [path, '--leak-check', ...flags], { stdio: ['ignore', 'pipe', 'pipe'] });
  const lines = [];
  let err = '';
  createInterface(child.stdout).on('line', (line) => {
    lines.push(line);
    onLine(line, child);
  });
  child.stderr.setEncoding('utf8').on('data', (text) => (err += text));
  const [code, killedBy] = await once(child, 'close');
  return { code, killedBy, lines, out: lines.join('\n'), err };
}
