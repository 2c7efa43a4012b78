// bindings/js/wx.d.ts against the public types, by the TypeScript compiler at its strictest.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';

import { folder, workshop } from './harness.mjs';

const here = dirname(fileURLToPath(import.meta.url));

test('wx.d.ts is assignable to and from the public types', (t) => {
  const place = folder(t);
  cpSync(join(here, 'types'), place, { recursive: true });
  symlinkSync(join(workshop, 'node_modules'), join(place, 'node_modules'));
  mkdirSync(join(place, 'ferry-wx'));
  cpSync(join(here, '../../bindings/js/wx.d.ts'), join(place, 'ferry-wx/index.d.ts'));
  writeFileSync(join(place, 'tsconfig.json'), JSON.stringify({
    compilerOptions: {
      strict: true,
      noEmit: true,
      exactOptionalPropertyTypes: true,
      target: 'es2020',
      lib: ['es2020'],
      types: ['miniprogram-api-typings'],
      typeRoots: ['./node_modules'],
      paths: { 'ferry-wx': ['./ferry-wx/index.d.ts'] },
    },
    include: ['*.ts', 'ferry-wx'],
  }));
  const tsc = spawnSync('node', [join(workshop, 'node_modules/typescript/bin/tsc'), '-p', place], { encoding: 'utf8' });
  assert.equal(tsc.stdout, '');
  assert.equal(tsc.status, 0);
});
