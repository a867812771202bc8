import { expect, test } from 'vitest';
import { parseCudaRequirements, parseRecord } from '../src/install/wheel.js';
import { releaseFor, pipTags } from '../src/install/release.js';

test('RECORD gives each hash, and leaves lines without one', () => {
  const record = 'a/b.so.2,sha256=8GCzI7Ju-ArdIbnflCjeOuryhD13LFuwmHRfer_zcJs,65222328\r\nx.dist-info/RECORD,,\n';
  expect([...parseRecord(record)]).toEqual([['a/b.so.2', '8GCzI7Ju-ArdIbnflCjeOuryhD13LFuwmHRfer_zcJs']]);
});

test('the CUDA libraries are those of the extra and-cuda', () => {
  const metadata = [
    'Requires-Dist: absl-py>=1.0.0',
    'Requires-Dist: nvidia-cublas-cu12<13.0,>=12.5.3.2; extra == "and-cuda"',
    "Requires-Dist: nvidia-nccl-cu12<3.0,>=2.27.7 ; extra == 'and-cuda'",
    'Requires-Dist: tensorflow-gcs-filesystem; extra == "gcs-filesystem"',
  ].join('\n');
  expect(parseCudaRequirements(metadata)).toEqual(['nvidia-cublas-cu12<13.0,>=12.5.3.2', 'nvidia-nccl-cu12<3.0,>=2.27.7']);
});

test('the wheel fits the platform, and a platform without one is an error that says what works there', () => {
  expect(releaseFor(false, 'linux', 'x64').requirement).toBe('tensorflow-cpu==2.21.0');
  expect(releaseFor(true, 'linux', 'x64').requirement).toBe('tensorflow==2.21.0');
  expect(releaseFor(false, 'linux', 'arm64').requirement).toBe('tensorflow==2.21.0');
  expect(pipTags(releaseFor(false, 'linux', 'arm64'))).toContain('manylinux_2_27_aarch64');
  expect(() => releaseFor(false, 'darwin', 'arm64')).toThrow('this is darwin-arm64: WebAssembly runs everywhere');
  expect(() => releaseFor(true, 'linux', 'arm64')).toThrow('leave --gpu out');
});
