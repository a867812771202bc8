import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll } from 'vitest';
import { testReadmeUsage } from '../../../vitest.readme.js';

const folder = mkdtempSync(path.join(tmpdir(), 'readme-'));
afterAll(() => rmSync(folder, { recursive: true }));

testReadmeUsage(import.meta.url, { edit: (usage) => usage.replaceAll(`'model.safetensors'`, `'${folder}/model.safetensors'`) });
