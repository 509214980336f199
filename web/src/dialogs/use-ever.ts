import { useState } from "react";

/** Whether something has been true once: a dialog's code comes when it first opens, and stays to close it. */
export function useEver(isTrue: boolean): boolean {
  const [wasTrue, setTrue] = useState(isTrue);
  if (isTrue && !wasTrue) {
    setTrue(true);
  }
  return wasTrue || isTrue;
}
