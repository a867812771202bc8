import { createHash } from 'node:crypto';
import { chmod, mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { delimiter, dirname, join } from 'node:path';
import { crc32, deflateRawSync } from 'node:zlib';
import type { NativePackage } from '../src/native/packages.js';

/** Contents of a wheel with the files that an installation takes, and some it must leave. */
export const wheelFiles: Record<string, string> = {
  'tensorflow/libtensorflow_cc.so.2': 'library '.repeat(50_000),
  'tensorflow/libtensorflow_framework.so.2': 'framework '.repeat(20_000),
  'tensorflow/include/tensorflow/c/c_api.h': '// interface',
  'tensorflow/include/tensorflow/core/other.h': '// not of the C interface',
  'tensorflow/python/ops.py': 'pass',
};

/** A zip file of deflated entries, made here so that damaged ones can be made too. */
export function zipOf(files: Readonly<Record<string, string>>): Buffer {
  const [parts, directory]: [Buffer[], Buffer[]] = [[], []];
  let offset = 0;
  for (const [name, text] of Object.entries(files)) {
    const [path, content] = [Buffer.from(name), Buffer.from(text)];
    const packed = deflateRawSync(content);
    const common = Buffer.alloc(26); // from "version needed" to "extra field length", the same in both headers
    common.writeUInt16LE(20, 0);
    common.writeUInt16LE(8, 4); // deflate
    common.writeUInt32LE(crc32(content), 10);
    common.writeUInt32LE(packed.length, 14);
    common.writeUInt32LE(content.length, 18);
    common.writeUInt16LE(path.length, 22);
    parts.push(Buffer.from('PK\x03\x04', 'latin1'), common, path, packed);
    const end = Buffer.alloc(14); // comment length, disk, attributes, offset
    end.writeUInt32LE(offset, 10);
    directory.push(Buffer.from('PK\x01\x02\x14\x03', 'latin1'), common, end, path);
    offset += 30 + path.length + packed.length;
  }
  const listing = Buffer.concat(directory);
  const tail = Buffer.alloc(18);
  tail.writeUInt16LE(Object.keys(files).length, 4);
  tail.writeUInt16LE(Object.keys(files).length, 6);
  tail.writeUInt32LE(listing.length, 8);
  tail.writeUInt32LE(offset, 12);
  return Buffer.concat([...parts, listing, Buffer.from('PK\x05\x06', 'latin1'), tail]);
}

const recordName = 'tensorflow_cpu-2.21.0.dist-info/RECORD';

/** A wheel whose RECORD is right, save for what `changed` puts in place of files afterwards. */
export function wheelOf(files: Readonly<Record<string, string>>, changed: Readonly<Record<string, string>> = {}): Buffer {
  const hash = (text: string): string => createHash('sha256').update(text).digest('base64url');
  const record = Object.entries(files).map(([name, text]) => `${name},sha256=${hash(text)},${text.length}`);
  return zipOf({ ...files, [recordName]: `${record.join('\n')}\n${recordName},,\n`, ...changed });
}

export interface FakeMachine {
  readonly folder: string;
  readonly cache: string;
  readonly path: string; // for PATH: programs named python3 and g++ before all others
  readonly package: NativePackage;
  readonly log: string; // one line a call of pip or g++
  readonly wheel: string; // what pip will hand out
  remove(): Promise<void>;
}

/**
 * A folder with all that an installation meets: an npm package with sources, a pip that hands out a small wheel, and a
 * compiler that writes a file. `slow` makes both take that many seconds.
 */
export async function fakeMachine({ wheel = wheelOf(wheelFiles), slow = 0 } = {}): Promise<FakeMachine> {
  const folder = await mkdtemp(join(tmpdir(), 'rs-engine-'));
  const write = async (name: string, content: string | Buffer): Promise<void> => {
    await mkdir(dirname(join(folder, name)), { recursive: true });
    await writeFile(join(folder, name), content);
  };
  await write('package/binding/tfjs_backend.cc', '// backend');
  await write('package/binding/tfjs_binding.cc', '// binding');
  await write('fake.whl', wheel);
  const pause = `sleep ${slow}`;
  await write(
    'bin/python3',
    `#!/bin/sh
if [ "$3" = --version ]; then echo 'pip 23.2 from /somewhere (python 3.11)'; exit 0; fi
echo "pip $*" >> '${folder}/log'
while [ $# -gt 1 ]; do if [ "$1" = --dest ]; then dest=$2; fi; shift; done
${pause}
cp '${folder}/fake.whl' "$dest/tensorflow_cpu-2.21.0-cp311-cp311-manylinux_2_27_$(uname -m).whl"
`,
  );
  await write(
    'bin/g++',
    `#!/bin/sh
if [ "$1" = --version ]; then echo 'g++ 12'; exit 0; fi
echo "g++ $*" >> '${folder}/log'
while [ $# -gt 1 ]; do if [ "$1" = -o ]; then out=$2; fi; shift; done
${pause}
echo compiled > "$out"
`,
  );
  for (const name of ['python3', 'g++']) await chmod(join(folder, 'bin', name), 0o755);
  await write('log', '');
  return {
    folder,
    cache: join(folder, 'cache'),
    path: `${join(folder, 'bin')}${delimiter}${process.env.PATH ?? ''}`,
    package: { name: 'fake', folder: join(folder, 'package'), version: '4.22.0', binding: undefined },
    log: join(folder, 'log'),
    wheel: join(folder, 'fake.whl'),
    remove: () => rm(folder, { recursive: true, force: true }),
  };
}

/** A PATH with the usual shell tools but none of the given programs. */
export async function pathWithout(folder: string, kept: readonly string[]): Promise<string> {
  const bin = join(folder, 'bare');
  await mkdir(bin, { recursive: true });
  for (const name of kept) await symlink(join(folder, 'bin', name), join(bin, name));
  return bin;
}
