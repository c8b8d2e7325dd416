import { createCipheriv, createHash, randomBytes, scryptSync } from 'node:crypto';
import { readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { execa } from 'execa';

/** scrypt's cost for a test's repository: restic takes what the key's file says, and its own choice costs half a second a call. */
const COST = { N: 1024, r: 8, p: 1 } as const;

/**
 * Gives a repository a key whose password costs next to nothing to check, in place of its own: for tests that call restic hundreds of
 * times. The master key and all data stay. Source: restic's design document, "Keys, Encryption and MAC".
 */
export async function cheapKey(repository: string, passwordFile: string): Promise<void> {
  const base = ['--repo', repository, '--password-file', passwordFile, '--no-cache'];
  const master = (await execa('restic', [...base, 'cat', 'masterkey'])).stdout;
  const password = (await readFile(passwordFile, 'utf8')).trim();
  const salt = randomBytes(64);
  const derived = scryptSync(password, salt, 64, COST);
  const nonce = randomBytes(16);
  const cipher = createCipheriv('aes-256-ctr', derived.subarray(0, 32), nonce);
  const sealed = Buffer.concat([cipher.update(JSON.stringify(JSON.parse(master))), cipher.final()]);
  const mac = poly1305Aes(sealed, nonce, derived.subarray(32, 48), derived.subarray(48, 64));
  const text = JSON.stringify({
    ...{ created: new Date().toISOString(), username: 'test', hostname: 'test', kdf: 'scrypt', ...COST },
    ...{ salt: salt.toString('base64'), data: Buffer.concat([nonce, sealed, mac]).toString('base64') },
  });
  const folder = join(repository, 'keys');
  const old = await readdir(folder);
  await writeFile(join(folder, createHash('sha256').update(text).digest('hex')), text);
  for (const name of old) await rm(join(folder, name));
}

/** Source: D. J. Bernstein, "The Poly1305-AES message-authentication code", 2005. */
function poly1305Aes(message: Buffer, nonce: Buffer, key: Buffer, rawR: Buffer): Buffer {
  const prime = (1n << 130n) - 5n;
  const r = little(rawR) & 0x0ffffffc0ffffffc0ffffffc0fffffffn;
  let sum = 0n;
  for (let at = 0; at < message.length; at += 16) {
    const block = message.subarray(at, at + 16);
    sum = ((sum + little(block) + (1n << BigInt(8 * block.length))) * r) % prime;
  }
  const aes = createCipheriv('aes-128-ecb', key, null).setAutoPadding(false);
  const tag = (sum + little(Buffer.concat([aes.update(nonce), aes.final()]))) % (1n << 128n);
  return Buffer.from(tag.toString(16).padStart(32, '0'), 'hex').reverse();
}

const little = (bytes: Buffer): bigint => BigInt(`0x${Buffer.from(bytes).reverse().toString('hex')}`);
