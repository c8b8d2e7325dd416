import { createHash } from 'node:crypto';
import { copyFile, mkdir, readFile, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { execa } from 'execa';

/** Debian's busybox-static: the one program of the images. No registry is asked. */
export const BUSYBOX = '/bin/busybox';

/** Names of the two images. Pods take them with `imagePullPolicy: Never`. */
export const IMAGES = { pause: 'cluster.local/pause:1', busybox: 'cluster.local/busybox:1' } as const;

const APPLETS = ['sh', 'sleep', 'echo', 'date', 'cat', 'true', 'false', 'df', 'ls', 'seq'];

/**
 * Packs one image as an archive that `ctr images import` reads: busybox with a few applets, which sleeps unless told otherwise. `ballast`
 * lies in it besides: it makes the image larger, and another one than all others.
 * Sources: image-layout.md, manifest.md and config.md of github.com/opencontainers/image-spec.
 */
export async function packImage(folder: string, image: string, ballast?: Buffer): Promise<string> {
  await mkdir(folder, { recursive: true });
  const layer = await packLayer(folder, ballast);
  const content = join(folder, 'oci');
  await mkdir(join(content, 'blobs', 'sha256'), { recursive: true });
  const store = async (data: Buffer | object, mediaType: string) => {
    const bytes = Buffer.isBuffer(data) ? data : Buffer.from(JSON.stringify(data));
    const hash = createHash('sha256').update(bytes).digest('hex');
    await writeFile(join(content, 'blobs', 'sha256', hash), bytes);
    return { mediaType, digest: `sha256:${hash}`, size: bytes.length };
  };
  const layerRef = await store(await readFile(layer), 'application/vnd.oci.image.layer.v1.tar');
  const config = {
    architecture: process.arch === 'x64' ? 'amd64' : process.arch,
    os: 'linux',
    config: { Env: ['PATH=/bin'], Entrypoint: ['/bin/busybox', 'sleep', '2147483647'] },
    rootfs: { type: 'layers', diff_ids: [layerRef.digest] },
  };
  const manifest = {
    schemaVersion: 2,
    mediaType: 'application/vnd.oci.image.manifest.v1+json',
    config: await store(config, 'application/vnd.oci.image.config.v1+json'),
    layers: [layerRef],
  };
  const named = {
    ...(await store(manifest, manifest.mediaType)),
    annotations: { 'io.containerd.image.name': image },
  };
  await writeFile(join(content, 'index.json'), JSON.stringify({ schemaVersion: 2, manifests: [named] }));
  await writeFile(join(content, 'oci-layout'), JSON.stringify({ imageLayoutVersion: '1.0.0' }));
  const archive = join(folder, 'image.tar');
  await tar(content, archive, ['index.json', 'oci-layout', 'blobs']);
  return archive;
}

async function packLayer(folder: string, ballast: Buffer = Buffer.alloc(0)): Promise<string> {
  const root = join(folder, 'root');
  await mkdir(join(root, 'bin'), { recursive: true });
  await mkdir(join(root, 'tmp'));
  if (ballast.length > 0) await writeFile(join(root, 'tmp', 'ballast'), ballast);
  await copyFile(BUSYBOX, join(root, 'bin', 'busybox'));
  for (const applet of APPLETS) await symlink('busybox', join(root, 'bin', applet));
  const layer = join(folder, 'layer.tar');
  await tar(root, layer, ['bin', 'tmp']);
  return layer;
}

async function tar(from: string, to: string, names: readonly string[]): Promise<void> {
  await execa('tar', ['--owner=0', '--group=0', '--numeric-owner', '-C', from, '-cf', to, ...names], {
    timeout: 60_000,
  });
}
