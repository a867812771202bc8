import js from '@eslint/js';
import nx from '@nx/eslint-plugin';
import tseslint from 'typescript-eslint';

/** Dependencies point one way (README, "Structure"): what each layer may import. */
const layers = [
  ['base', []],
  ['nn', []],
  ['losses', ['nn']],
  ['paper', ['nn', 'losses']],
  ['train', ['nn', 'base']],
  ['export', ['nn', 'base']],
  ['app', ['nn', 'base', 'train']],
  ['example', ['base', 'nn', 'losses', 'paper', 'train', 'export', 'app']],
  ['tool', ['base', 'nn', 'losses', 'paper', 'train', 'export', 'app', 'example']],
];

export default tseslint.config(
  { ignores: ['**/dist/**', '**/node_modules/**', '**/*.mjs', '**/fixtures/**', '.nx/**'] },
  js.configs.recommended,
  ...tseslint.configs.strict,
  ...tseslint.configs.stylistic,
  {
    plugins: { '@nx': nx },
    rules: {
      '@nx/enforce-module-boundaries': [
        'error',
        {
          allow: [String.raw`^.*/vitest\.(base|setup)\.js$`],
          depConstraints: layers.map(([layer, below]) => ({
            sourceTag: `layer:${layer}`,
            onlyDependOnLibsWithTags: below.map((name) => `layer:${name}`),
          })),
        },
      ],
      '@typescript-eslint/no-unused-vars': ['error', { argsIgnorePattern: '^_', varsIgnorePattern: '^_' }],
      '@typescript-eslint/no-non-null-assertion': 'off', // indices checked at the public edge
      '@typescript-eslint/consistent-type-definitions': 'off',
      '@typescript-eslint/no-empty-function': 'off',
      'no-constant-condition': ['error', { checkLoops: false }],
    },
  },
  // Tests may look at any package: they are not published.
  { files: ['**/test/**'], rules: { '@nx/enforce-module-boundaries': 'off' } },
);
