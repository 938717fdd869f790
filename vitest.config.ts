import { defineConfig } from 'vitest/config'

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    // In a run of their own: `npm run test:browser`.
    exclude: ['test/browser/**'],
    environment: 'node',
    globalSetup: ['test/support/built.ts'],
    pool: 'forks',
    // Most of a test is waiting: for sockets, files, a browser.
    maxWorkers: '100%',
    testTimeout: 20_000,
    hookTimeout: 30_000,
    reporters: ['default'],
  },
})
