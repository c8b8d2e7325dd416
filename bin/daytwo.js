#!/usr/bin/env node
// The launcher: plain JavaScript that any Node since 20 reads. It finds a Node that runs TypeScript by itself (22.18 or newer).
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import module from 'node:module';
import { fileURLToPath } from 'node:url';

const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);
const args = process.argv.slice(2);

if (major > 22 || (major === 22 && minor >= 18)) {
  module.enableCompileCache?.();
  const { main } = await import('../src/main.ts');
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
