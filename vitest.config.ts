import { configDefaults, defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    // They need a Kubernetes: vitest.cluster.config.ts.
    exclude: [...configDefaults.exclude, 'test/cluster/**'],
    testTimeout: 30_000,
    hookTimeout: 60_000,
    // Real servers, browsers and clocks on a busy machine: in CI a test gets a second try, and the report names every one that needed it.
    retry: process.env['CI'] ? 1 : 0,
    pool: 'forks',
    coverage: {
      provider: 'v8',
      include: ['src/**/*.ts', 'alerts/**/*.ts', 'commands/**/*.ts'],
      reporter: ['text-summary', 'json-summary'],
    },
  },
});
