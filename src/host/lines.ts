/** The longest record that is handed over, in UTF-16 units; the rest of a longer one is dropped. restic's longest are paths of 4 KiB. */
const LONGEST = 1024 * 1024;

/** Cuts a stream of UTF-8 into records as it comes; each is handed over without its end. */
export class LineSplitter {
  readonly #decoder = new TextDecoder();
  readonly #delimiter: string;
  readonly #take: (line: string) => void;
  #rest = '';

  constructor(delimiter: '\n' | '\0', take: (line: string) => void) {
    this.#delimiter = delimiter;
    this.#take = take;
  }

  add(chunk: Uint8Array): void {
    this.#feed(this.#decoder.decode(chunk, { stream: true }));
  }

  /** Hands over what had no end. */
  end(): void {
    this.#feed(this.#decoder.decode());
    if (this.#rest !== '') this.#take(this.#rest);
    this.#rest = '';
  }

  #feed(text: string): void {
    const records = text.split(this.#delimiter);
    const last = records.pop() ?? '';
    for (const record of records) {
      this.#take((this.#rest + record).slice(0, LONGEST));
      this.#rest = '';
    }
    // Without the bound a stream that never ends its line would fill the memory.
    if (this.#rest.length < LONGEST) this.#rest += last;
  }
}
