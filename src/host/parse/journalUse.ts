/** The units of systemd's sizes, binary. Source: systemd src/basic/format-util.c, format_bytes_full. */
const UNITS = 'BKMGTPE';

function bytesOf(figure: string | undefined, unit: string | undefined): number | undefined {
  const power = UNITS.indexOf(unit ?? '?');
  return figure === undefined || power < 0 ? undefined : Math.round(Number(figure) * 1024 ** power);
}

/** Reads `journalctl --disk-usage`, bytes, to a tenth of its unit; undefined where it tells none. */
export function parseJournalUse(text: string): number | undefined {
  const [, figure, unit] = /take up (\d+(?:\.\d+)?)([BKMGTPE])/.exec(text) ?? [];
  return bytesOf(figure, unit);
}

/** What `journalctl --vacuum-size` says that it freed, bytes: the sum over all folders, which it tells on stderr. */
export function parseVacuumed(text: string): number {
  return [...text.matchAll(/freed (\d+(?:\.\d+)?)([BKMGTPE]) of archived journals/g)].reduce(
    (sum, [, figure, unit]) => sum + (bytesOf(figure, unit) ?? 0),
    0,
  );
}
