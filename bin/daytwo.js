#!/usr/bin/env node
// The launcher: plain JavaScript that any Node since 20 reads. It finds a Node that runs TypeScript by itself (22.18 or newer).
import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import module from 'node:module';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);
const args = process.argv.slice(2);

/**
 * The first start on a machine compiles everything, and the compiler would stay in memory (30 MB) for as long as the process lives.
 * So its result is put into Node's compile cache, and the same process begins anew with it. Where the cache can't be written, or
 * Node can't replace its process (before 22.15, on Windows), nothing is done.
 */
function beginAnewOnce(directory) {
  if (!process.execve || !module.flushCompileCache) return;
  const { version } = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8'));
  const name = createHash('sha256')
    .update(`${fileURLToPath(import.meta.url)} ${version}`)
    .digest('hex')
    .slice(0, 16);
  const mark = join(directory, `daytwo-${name}`);
  if (existsSync(mark)) return;
  try {
    module.flushCompileCache();
    writeFileSync(mark, '');
  } catch {
    return;
  }
  process.execve(process.execPath, [process.execPath, ...process.execArgv, ...process.argv.slice(1)], process.env);
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
