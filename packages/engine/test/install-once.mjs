// One installation on a fake machine, in a process that a test can end: node install-once.mjs CACHE PACKAGE
import { installNative } from '../dist/install/install.js';

const [cache, folder] = process.argv.slice(2);
const { status } = await installNative({
  cache,
  package: { name: 'fake', folder, version: '4.22.0', binding: undefined },
  prove: async () => ({ works: true, version: '2.21.0', onGpu: false }),
});
process.stdout.write(status);
