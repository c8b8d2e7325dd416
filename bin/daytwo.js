#!/usr/bin/env node
// The launcher: plain JavaScript that any Node since 20 reads. It finds a Node that runs TypeScript by itself (22.18 or newer).
import { spawn } from 'node:child_process';
import { accessSync, constants, existsSync } from 'node:fs';
import module from 'node:module';
import { fileURLToPath } from 'node:url';

const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);
const args = process.argv.slice(2);

/** Node's own module that takes the types off; it is loaded where something isn't in the compile cache. */
const STRIPPER = 'internal/deps/amaro/dist/index';

/**
 * The first start of new code compiles everything, and the compiler would stay in memory (25 MB) for as long as the process lives. So
 * its result is put into Node's compile cache, and the same process begins anew with it, once. Where the cache can't be written, or
 * Node can't replace its process (before 22.15, on Windows), nothing is done.
 */
function beginAnewOnce(directory) {
  if (!process.execve || !module.flushCompileCache || process.env.DAYTWO_BEGUN_ANEW) return;
  if (!process.moduleLoadList.some((name) => name.endsWith(STRIPPER))) return;
  try {
    module.flushCompileCache();
    accessSync(directory, constants.W_OK);
  } catch {
    return;
  }
  const args = [process.execPath, ...process.execArgv, ...process.argv.slice(1)];
  process.execve(process.execPath, args, { ...process.env, DAYTWO_BEGUN_ANEW: '1' });
}

if (major > 22 || (major === 22 && minor >= 18)) {
  const cache = module.enableCompileCache?.();
  const { main } = await import('../src/main.ts');
  if (args[0] === 'serve' && cache?.directory) beginAnewOnce(cache.directory);
  process.exitCode = await main(args);
} else {
  const pinned = fileURLToPath(new URL('../node_modules/node/bin/node', import.meta.url));
  if (existsSync(pinned)) {
    const child = spawn(pinned, [fileURLToPath(import.meta.url), ...args], { stdio: 'inherit' });
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => child.kill(signal));
    child.on('exit', (code, signal) => {
      process.exitCode = code ?? (signal ? 1 : 0);
    });
  } else {
    console.error(
      `daytwo needs Node 22.18 or newer; this is ${process.versions.node}. Install Node 24 LTS, or run "npm ci" here, which brings one along.`,
    );
    process.exitCode = 1;
  }
}
