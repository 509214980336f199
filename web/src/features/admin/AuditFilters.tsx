import { Button, NativeSelect } from "@mantine/core";
import { en } from "../../words/en";
import type { AuditFilter } from "./admin-queries";
import { ACTIONS, nameOfAction } from "./audit-entries";
import { UserChoice } from "./UserChoice";

const words = en.admin.audit;

interface Props {
  readonly filter: AuditFilter;
  readonly onFilter: (filter: AuditFilter) => void;
}

/** What narrows the audit down: to a kind of act, to who did it, to whom it was done. */
export function AuditFilters({ filter, onFilter }: Props) {
  const { action, by, about } = filter;
  const isKnown = action === undefined || ACTIONS.some(({ value }) => value === action);
  const isFiltered = action !== undefined || by !== undefined || about !== undefined;
  return (
    <fieldset className="audit-filters" aria-label={words.filters}>
      <NativeSelect
        label={words.action}
        value={action ?? ""}
        data={[
          { value: "", label: words.anything },
          ...ACTIONS,
          ...(isKnown ? [] : [{ value: action, label: nameOfAction(action) }]),
        ]}
        onChange={(event) => onFilter({ ...filter, action: event.currentTarget.value || undefined })}
      />
      <UserChoice label={words.by} userId={by} onChoose={(id) => onFilter({ ...filter, by: id })} />
      <UserChoice label={words.about} userId={about} onChoose={(id) => onFilter({ ...filter, about: id })} />
      {isFiltered && (
        <Button variant="subtle" onClick={() => onFilter({})}>
          {words.clear}
        </Button>
      )}
    </fieldset>
  );
}
