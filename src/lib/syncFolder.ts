import { open } from 'node:fs/promises';

/** Makes the creation, renaming or deletion of files in a folder durable. */
export async function syncFolder(dir: string): Promise<void> {
  const handle = await open(dir, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}
