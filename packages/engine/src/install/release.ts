import { InstallError } from './install-error.js';

/** The build of TensorFlow to install: which wheel of the Python package index holds it, and how large it is. */
export interface Release {
  readonly version: string;
  readonly gpu: boolean; // CUDA libraries come with it
  readonly requirement: string; // as pip takes it
  readonly architecture: string; // of the platform tag, as Linux names it
  readonly downloadBytes: number; // of all wheels
  readonly diskBytes: number; // at most, while it installs
}

const version = '2.21.0';
const architectures: Partial<Record<string, string>> = { x64: 'x86_64', arm64: 'aarch64' };
const MB = 1e6;
const sizes = {
  cpu: { downloadBytes: 273_829_956, diskBytes: 1450 * MB }, // of the x86_64 wheel
  gpu: { downloadBytes: 3200 * MB, diskBytes: 11_000 * MB },
};

/** @throws InstallError when TensorFlow is not published for the platform */
export function releaseFor(gpu: boolean, platform: string = process.platform, arch: string = process.arch): Release {
  const architecture = architectures[arch];
  if (platform !== 'linux' || !architecture) {
    throw new InstallError(
      `TensorFlow is installed on Linux x64 and arm64 only, this is ${platform}-${arch}: WebAssembly runs everywhere, and a working @tensorflow/tfjs-node of your own is used where there is one`,
    );
  }
  const onX64 = architecture === 'x86_64';
  if (gpu && !onX64) throw new InstallError('TensorFlow for a GPU is installed on x64 only: leave --gpu out');
  const name = gpu || !onX64 ? 'tensorflow' : 'tensorflow-cpu'; // on arm64 the package `tensorflow` is the one for the CPU
  return { version, gpu, requirement: `${name}==${version}`, architecture, ...(gpu ? sizes.gpu : sizes.cpu) };
}

/**
 * pip's arguments that pick the same wheel with whichever Python runs pip: only the C library inside is used, so Python's own
 * version does not matter.
 */
export function pipTags({ architecture }: Release): string[] {
  const systems = ['manylinux_2_27', 'manylinux_2_24', 'manylinux_2_17', 'manylinux2014', 'manylinux1'];
  const platforms = systems.flatMap((system) => ['--platform', `${system}_${architecture}`]);
  return ['--python-version', '3.11', '--implementation', 'cp', '--abi', 'cp311', '--abi', 'none', '--abi', 'abi3', ...platforms];
}

/** Folder of a release in the cache. */
export const releaseFolder = ({ requirement, architecture }: Release): string => `${requirement.replace('==', '-')}-linux-${architecture}`;
