import { expect, test } from 'vitest';
import { withoutChatter } from '../src/native/stderr-gate.js';

test('only the usual greetings of TensorFlow are left out', () => {
  const greetings = [
    'WARNING: All log messages before absl::InitializeLog() is called are written to STDERR',
    'I0000 00:00:1795238366.770586   14320 port.cc:153] oneDNN custom operations are on. You may see slightly different results.',
    'I0000 00:00:1795238367.059138   14320 cpu_feature_guard.cc:227] This TensorFlow binary is optimized to use available CPU instructions.',
    'To enable the following instructions: AVX2 FMA, in other operations, rebuild TensorFlow with the appropriate compiler flags.',
    '2024-01-01 10:00:00.000000: I tensorflow/core/platform/cpu_feature_guard.cc:182] This TensorFlow binary is optimized',
  ];
  const messages = [
    'E0000 00:00:1795238367.059138   14320 cuda_dnn.cc:8310] Unable to register cuDNN factory',
    'W0000 00:00:1795238367.059138   14320 gpu_device.cc:2344] Cannot dlopen some GPU libraries.',
    'terminate called after throwing an instance of std::bad_alloc',
  ];
  expect(withoutChatter([greetings[0], messages[0], ...greetings.slice(1), messages[1], messages[2], ''].join('\n'))).toBe(
    `${messages.join('\n')}\n`,
  );
});
