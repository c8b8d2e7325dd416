import { defineConfig } from 'vitest/config';

/**
 * The tests that mutants of the gate's pure core are held against (`npm run mutation`): those that need no process, server or clock. The
 * models and the seventeen properties would kill more of them, later and slowly.
 */
export default defineConfig({
  test: {
    include: [
      'test/gate/{canonical,decide,digest,drift,execution,freeze,policy,quorum,standIns,stored}.test.ts',
      'test/gate-run/{calls,locks,running}.test.ts',
      'test/metrics.test.ts',
    ],
    isolate: false,
    testTimeout: 60_000,
  },
});
