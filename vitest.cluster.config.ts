import { defineConfig } from 'vitest/config';

/** The tests that need a Kubernetes: `npm run test:cluster`. One file at a time: they share nodes. */
export default defineConfig({
  test: {
    include: ['test/cluster/**/*.test.ts'],
    globalSetup: ['test/cluster/globalSetup.ts'],
    testTimeout: 120_000,
    hookTimeout: 180_000,
    retry: process.env['CI'] ? 1 : 0,
    pool: 'forks',
    fileParallelism: false,
  },
});
