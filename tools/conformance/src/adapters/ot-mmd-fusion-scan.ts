import * as tf from '@tensorflow/tfjs-core';
import {
  BidirectionalSsmLayer,
  SelectiveScan2d,
  selectiveScan,
  VssEncoder,
  type BidirectionalSsmLayerConfig,
  type SelectiveScan2dConfig,
} from '@rs/ot-mmd-fusion';
import { disposeModule, parameters, Random, torchInit } from '@rs/nn';
import { functionCase, moduleCase, type Adapter, type Adapters } from '../adapter.js';

/** (b,D,L) <-> [b,L,D] */
const turned = (x: tf.Tensor3D | undefined): tf.Tensor3D | undefined => (x ? tf.transpose(x, [0, 2, 1]) : undefined);

export const adapters: Adapters = {
  'ot-mmd-fusion/selectiveScan': functionCase(
    ({ u, delta, A, B, C, D, z, deltaBias }, config) => {
      const weights = [tf.transpose(B, [0, 3, 1, 2]), tf.transpose(C, [0, 3, 1, 2])] as [tf.Tensor4D, tf.Tensor4D]; // [b,L,G,N]
      const { y, lastState } = selectiveScan(turned(u)!, turned(delta)!, A, ...weights, { ...config, D, z: turned(z), deltaBias });
      return { y: turned(y), lastState };
    },
    () => ({ B: 'asIs', C: 'asIs' }),
  ),
  'ot-mmd-fusion/BidirectionalSsmLayer': moduleCase({
    build: (config, init) => new BidirectionalSsmLayer(config as unknown as BidirectionalSsmLayerConfig, init),
    call: (layer, { tokens }) => layer.call(tokens),
  }),
  'ot-mmd-fusion/SelectiveScan2d': moduleCase({
    build: (config, init) => new SelectiveScan2d(config as unknown as SelectiveScan2dConfig, init),
    call: (scan, { x }) => scan.call(x),
    layouts: () => ({ x: 'asIs', y: 'asIs' }),
  }),
  'ot-mmd-fusion/VssEncoder': moduleCase({
    build: (config, init) => new VssEncoder({ dropPathRate: 0, ...config }, init),
    call: (encoder, { x }, mode) => Object.fromEntries(encoder.call(x, mode).map((stage, i) => [`stage${i + 1}`, stage])),
  }),
};

const ofParameters = /^(param|grad:param):/;

/**
 * An adapter for a module whose published parameter names hold capitals (`A_log`, `D`), which the paths of our parameters do not: the
 * case's names are matched to the module's without regard to case.
 */
export function inParameterCase(adapter: Adapter): Adapter {
  const { build } = adapter;
  if (!build) throw new Error('inParameterCase: the adapter builds no module');
  const named: Adapter = (theCase, options) => {
    const module = tf.tidy(() => build(theCase.config, torchInit(new Random(0)), {}) as never) as object;
    const own = new Map([...parameters(module).keys()].map((name) => [name.toLowerCase(), name]));
    disposeModule(module);
    const tensors = [...theCase.tensors].map(([key, tensor]) => {
      const prefix = ofParameters.exec(key)?.[0] ?? key;
      const name = key.slice(prefix.length);
      return [prefix + (own.get(name.toLowerCase()) ?? name), tensor] as const;
    });
    return adapter({ ...theCase, tensors: new Map(tensors) }, options);
  };
  return Object.assign(named, { build });
}
