/** A way to something that costs nothing before it is needed. */
export interface Door<T> {
  /** Opens it at the first question, and gives the same to all who ask. What goes wrong is told to who asked, and tried again by the next. */
  open(): Promise<T>;
  /** What it opened onto, if it did. */
  readonly opened: T | undefined;
}

/** Builds a door. `make` gets the way to shut it again: the next who asks opens it anew (credentials that no longer hold). */
export function createDoor<T>(make: (shut: () => void) => Promise<T>): Door<T> {
  let opening: Promise<T> | undefined;
  let opened: T | undefined;
  const shut = (): void => {
    opening = undefined;
  };
  return {
    open: () => {
      if (opening) return opening;
      const trying = make(shut);
      opening = trying;
      trying.then((behind) => {
        opened = behind;
      }, shut);
      return trying;
    },
    get opened() {
      return opened;
    },
  };
}
