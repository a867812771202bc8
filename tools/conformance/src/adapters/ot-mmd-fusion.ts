import {
  alignTokens,
  cosineCost,
  deinterleaveTokens,
  hardTransport,
  interleaveTokens,
  localAlign,
  sinkhorn,
  unbalancedSinkhorn,
  type SinkhornOptions,
  type UnbalancedSinkhornOptions,
} from '@rs/ot-mmd-fusion';
import { functionCase, type Adapter, type Adapters } from '../adapter.js';
import type { Config } from '../case.js';

/** One-to-one transport reads costs on the host and runs op by op. */
const eagerWhenOneToOne =
  (adapter: Adapter, methodOf: (config: Config) => unknown): Adapter =>
  (theCase, options) =>
    adapter(theCase, { captured: options.captured && methodOf(theCase.config) !== 'one-to-one' });

export const adapters: Adapters = {
  'ot-mmd-fusion/cosineCost': functionCase(({ x, y }, config) => cosineCost(x, y, config)),
  'ot-mmd-fusion/hardTransport': eagerWhenOneToOne(
    functionCase(({ cost }, config) => ({ ...hardTransport(cost, config) })),
    ({ method }) => method,
  ),
  'ot-mmd-fusion/alignTokens': functionCase(({ plan, tokens }, config) => alignTokens(plan, tokens, config)),
  'ot-mmd-fusion/localAlign': eagerWhenOneToOne(
    functionCase(({ xp, xg }, config) => ({ ...localAlign(xp, xg, config) })),
    ({ method }) => method,
  ),
  'ot-mmd-fusion/sinkhorn': functionCase(({ cost, a, b }, config) => ({ plan: sinkhorn(cost, config as SinkhornOptions, a, b).plan })),
  'ot-mmd-fusion/unbalancedSinkhorn': functionCase(({ cost, a, b }, config) => ({
    plan: unbalancedSinkhorn(cost, config as UnbalancedSinkhornOptions, a, b).plan,
  })),
  'ot-mmd-fusion/interleaveTokens': functionCase(({ p, g }) => interleaveTokens(p, g)),
  'ot-mmd-fusion/deinterleaveTokens': functionCase(({ tokens }) => ({ ...deinterleaveTokens(tokens) })),
};
