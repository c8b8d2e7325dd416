import { z } from 'zod';
import { DaytwoError } from '../../lib/errors.ts';

/** An image of a node's container runtime. */
export interface RuntimeImage {
  /** `sha256:…`. */
  readonly id: string;
  /** As the runtime counts it. */
  readonly bytes: number;
  /** A name for people: its first tag, else its first digest, else its id. */
  readonly name: string;
  /** The runtime keeps it whatever happens (the sandbox image). */
  readonly pinned: boolean;
  /** Id, tags and digests: all that a container may call it. */
  readonly calls: readonly string[];
}

// protojson writes 64-bit integers as strings and, by the version, leaves out what is empty or writes null.
const texts = z.array(z.string()).nullish();
const images = z.object({
  images: z
    .array(
      z.object({
        id: z.string(),
        repoTags: texts,
        repoDigests: texts,
        size: z.union([z.string().regex(/^\d+$/), z.number().nonnegative()]).nullish(),
        pinned: z.boolean().nullish(),
      }),
    )
    .nullish(),
});
const containers = z.object({
  containers: z
    .array(
      z.object({
        image: z.object({ image: z.string().nullish() }).nullish(),
        imageRef: z.string().nullish(),
        imageId: z.string().nullish(),
      }),
    )
    .nullish(),
});
const place = z.object({ fsId: z.object({ mountpoint: z.string() }) });
const fsInfo = z.object({
  status: z.union([z.object({ imageFilesystems: z.array(place).min(1) }), place]),
});

/** Reads `crictl images -o json`. Source: cri-api `ListImagesResponse`. @throws DaytwoError bad-answer */
export function parseImages(text: string): RuntimeImage[] {
  return (read(images, text, 'images').images ?? []).map(({ id, repoTags, repoDigests, size, pinned }) => {
    const tags = (repoTags ?? []).filter((tag) => tag !== '<none>:<none>');
    const digests = repoDigests ?? [];
    return {
      id,
      bytes: Number(size ?? 0),
      name: tags[0] ?? digests[0] ?? id,
      pinned: pinned ?? false,
      calls: [id, ...tags, ...digests],
    };
  });
}

/** Reads `crictl ps -a -o json`: what containers call their images. Source: cri-api `ListContainersResponse`. @throws DaytwoError bad-answer */
export function parseUsedImages(text: string): Set<string> {
  const all = read(containers, text, 'containers').containers ?? [];
  return new Set(
    all.flatMap(({ image, imageRef, imageId }) => [image?.image, imageRef, imageId].filter((call) => !!call)),
  ) as Set<string>;
}

/** Reads `crictl imagefsinfo`: where images lie. Before 1.29 it told one place and no list. @throws DaytwoError bad-answer */
export function parseImageFs(text: string): string {
  const { status } = read(fsInfo, text, 'the place of images');
  const first = 'imageFilesystems' in status ? status.imageFilesystems[0] : status;
  if (first) return first.fsId.mountpoint;
  throw new DaytwoError('bad-answer', 'crictl tells no place of images');
}

function read<T>(shape: z.ZodType<T>, text: string, what: string): T {
  try {
    return shape.parse(JSON.parse(text));
  } catch (error) {
    throw new DaytwoError('bad-answer', `crictl’s answer about ${what} can’t be read`, { cause: error });
  }
}
