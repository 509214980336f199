import type { ListOut, ListPatch } from "../../api/generated/taskfleet.schemas";
import { en } from "../../words/en";
import { useNotices } from "../tasks/notices";
import { useListChange } from "./lists";

/** What can be done with lists. */
export interface ListActions {
  readonly patch: (list: ListOut, patch: ListPatch) => void;
  readonly archive: (list: ListOut) => void;
  readonly remove: (list: ListOut) => void;
}

/** Do things with lists, with a way back where there is one. */
export function useListActions(): ListActions {
  const change = useListChange();
  const { tell } = useNotices();
  return {
    patch: (seen, patch) => change({ seen, patch }),
    archive: (seen) => {
      change({ seen, patch: { archived: true } });
      tell(en.keepList.wasArchived(seen.name), () => change({ seen, patch: { archived: false } }));
    },
    remove: (seen) => change({ seen }),
  };
}
