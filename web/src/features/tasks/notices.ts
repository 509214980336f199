import { createContext, useCallback, useContext, useMemo, useRef, useState } from "react";

/** The last thing that was done, and the way back. */
export interface Notice {
  /** Tells one notice from the next with the same text. */
  readonly id: number;
  readonly text: string;
  readonly undo?: (() => void) | undefined;
}

export interface Notices {
  readonly notice: Notice | undefined;
  readonly tell: (text: string, undo?: () => void) => void;
  readonly dismiss: () => void;
}

export const NoticesContext = createContext<Notices | undefined>(undefined);

/** Make what `NoticesContext` provides: one notice for all pages, so that it stays when somebody goes on to another. */
export function useNewNotices(): Notices {
  const [notice, setNotice] = useState<Notice>();
  const last = useRef(0);
  const tell = useCallback((text: string, undo?: () => void) => {
    last.current += 1;
    setNotice({ id: last.current, text, undo });
  }, []);
  const dismiss = useCallback(() => setNotice(undefined), []);
  return useMemo(() => ({ notice, tell, dismiss }), [notice, tell, dismiss]);
}

/** What there is to say, and to take back. */
export function useNotices(): Notices {
  const notices = useContext(NoticesContext);
  if (notices === undefined) {
    throw new Error("There are no notices around this.");
  }
  return notices;
}
