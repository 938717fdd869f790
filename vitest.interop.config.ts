import { defineConfig } from 'vitest/config'

/** What needs more than the tests may ask for: `npm run test:interop`, which brings it. */
export default defineConfig({
  test: {
    include: ['test/interop/**/*.interop.ts'],
    environment: 'node',
    globalSetup: ['test/support/built.ts'],
    pool: 'forks',
    testTimeout: 60_000,
    hookTimeout: 330_000,
    reporters: ['default'],
  },
})
