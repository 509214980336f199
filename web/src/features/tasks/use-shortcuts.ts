import { useHotkeys } from "@mantine/hooks";

/** What has a use of its own for keys. */
const KEEPS_KEYS =
  "input:not([type=checkbox]), textarea, select, [contenteditable], [role=dialog], [role=menu], [role=listbox]";
/** What Enter presses. */
const PRESSED_BY_ENTER = "a, button, input";

/** Act on keys of the page: not while somebody types, nor in a menu or a dialog. */
export function useShortcuts(shortcuts: Readonly<Record<string, () => void>>): void {
  useHotkeys(
    Object.entries(shortcuts).map(([key, run]) => [
      key,
      (event) => {
        if (isFree(event)) {
          event.preventDefault();
          run();
        }
      },
      { preventDefault: false },
    ]),
    [],
  );
}

function isFree(event: KeyboardEvent): boolean {
  const target = event.target;
  if (event.defaultPrevented || !(target instanceof Element)) {
    return false;
  }
  return target.closest(event.key === "Enter" ? `${KEEPS_KEYS}, ${PRESSED_BY_ENTER}` : KEEPS_KEYS) === null;
}
