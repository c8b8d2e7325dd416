/** A larger heap isn't worth the pause: 1 ms a megabyte. */
const MOST_BYTES = 64 * 1024 * 1024;

/**
 * Collects all garbage and gives free memory back to the system. Starting leaves some 15 MB of it, which V8 would keep for as long
 * as little is allocated. Blocks for some 50 ms with a heap of 20 MB, and does nothing with one over `mostBytes` (64 MiB): to be called
 * once, soon after the start, and after what is as large and as seldom.
 * Source: https://chromedevtools.github.io/devtools-protocol/v8/HeapProfiler/#method-collectGarbage
 */
export async function giveBackMemory(mostBytes = MOST_BYTES): Promise<void> {
  if (process.memoryUsage().heapUsed > mostBytes) return;
  const { Session } = await import('node:inspector/promises');
  const session = new Session();
  session.connect();
  try {
    await session.post('HeapProfiler.collectGarbage');
  } finally {
    session.disconnect();
  }
}
