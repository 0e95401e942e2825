import tseslint from 'typescript-eslint';

/** Names of architectures and MMUs as words of a text; "hash" is one for itself alone. */
const NAME_OF_A_ROOM = String.raw`/\b(x86_64|arm64|ppc64|s390|riscv64|loongarch64|radix)\b|^hash$/`;

/** Files that are about one machine: bugs, evidence, publications and a story. */
const NAMES_OF_ROOMS_ALLOWED = [
  'src/catalogue/bugs/**',
  'src/history/**',
  'src/explore/campaign/explained.ts',
  'src/bench/validation/measurements.ts',
  'src/cli/story.ts',
];

export default tseslint.config(
  { ignores: ['dist', 'coverage', 'node_modules', '**/*.cjs', 'eslint.config.js'] },
  ...tseslint.configs.strictTypeChecked,
  ...tseslint.configs.stylisticTypeChecked,
  {
    languageOptions: { parserOptions: { projectService: true, tsconfigRootDir: import.meta.dirname } },
    rules: {
      // Indexes are checked by the loops around them; noUncheckedIndexedAccess asks for the mark.
      '@typescript-eslint/no-non-null-assertion': 'off',
      '@typescript-eslint/restrict-template-expressions': ['error', { allowNumber: true }],
      '@typescript-eslint/prefer-nullish-coalescing': 'off',
      '@typescript-eslint/no-confusing-void-expression': ['error', { ignoreArrowShorthand: true }],
      '@typescript-eslint/consistent-type-definitions': 'off',
      '@typescript-eslint/prefer-for-of': 'off',
    },
  },
  {
    // What is said of one architecture or one MMU is said in its room, arch/NAME.
    files: ['src/**/*.ts', 'src/**/*.tsx'],
    ignores: NAMES_OF_ROOMS_ALLOWED,
    rules: {
      'no-restricted-syntax': [
        'error',
        ...['Literal[value', 'TemplateElement[value.raw'].map((node) => ({
          selector: `${node}=${NAME_OF_A_ROOM}]:not(CallExpression[callee.name='examples'] > Literal)`,
          message: 'src/ names no architecture and no MMU: what is theirs comes from arch/NAME.',
        })),
      ],
    },
  },
);
