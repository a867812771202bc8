/** TensorFlow cannot be installed here. The message names what is missing and what to do about it. */
export class InstallError extends Error {
  override readonly name = 'InstallError';
}
