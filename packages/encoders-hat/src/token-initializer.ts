import * as tf from '@tensorflow/tfjs-core';
import { assertShape, avgPool2d, Conv2d, partitionWindows, type Init } from '@rs/nn';

export interface TokenInitializerConfig {
  readonly dim: number; // C
  readonly windowSize: number;
  readonly ctSize: number; // carrier tokens along the side of a window
}

/** Carrier tokens of an image, FasterViT (Hatamizadeh et al. 2024): a depthwise 3x3 convolution, then means over ctSize x ctSize areas of a window. */
export class TokenInitializer {
  readonly posEmbed: Conv2d;
  readonly #windowSize: number;
  readonly #ctSize: number;

  constructor({ dim, windowSize, ctSize }: TokenInitializerConfig, init: Init) {
    this.#windowSize = windowSize;
    this.#ctSize = ctSize;
    this.posEmbed = new Conv2d({ inChannels: dim, outChannels: dim, kernelSize: 3, padding: 1, groups: dim }, init);
  }

  /**
   * [N,H,W,C] -> [N, a b ctSize^2, C], windows row by row, the tokens of each row by row
   *
   * @throws RangeError when H or W is no multiple of the window size
   */
  call(x: tf.Tensor4D): tf.Tensor3D {
    const channels = this.posEmbed.weight.shape[3];
    assertShape('TokenInitializer: x', x, [null, null, null, channels]);
    const [n, height, width] = x.shape;
    if (height % this.#windowSize !== 0 || width % this.#windowSize !== 0) {
      throw new RangeError(`TokenInitializer: H and W must be multiples of windowSize ${this.#windowSize}, got [${x.shape}]`);
    }
    const outputs = [height, width].map((size) => (this.#ctSize * size) / this.#windowSize);
    const stride: [number, number] = [Math.floor(height / outputs[0]), Math.floor(width / outputs[1])];
    const kernelSize: [number, number] = [height - (outputs[0] - 1) * stride[0], width - (outputs[1] - 1) * stride[1]];
    return tf.tidy(() => {
      const means = avgPool2d(this.posEmbed.call(x), { kernelSize, stride }); // [N, a ct, b ct, C]
      return tf.reshape(partitionWindows(means, this.#ctSize), [n, outputs[0] * outputs[1], channels]);
    });
  }
}
