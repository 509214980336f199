import type { CommonTaskDraft } from "../../../api/generated/taskfleet.schemas";
import { en } from "../../../words/en";

const words = en.refused;
const FIELDS = ["title", "notes", "priority", "labels"] as const;

interface Props {
  readonly caption: string;
  /** What the first version is called. */
  readonly name: string;
  readonly version: CommonTaskDraft;
  readonly current: CommonTaskDraft;
}

/** Two versions of a common task side by side, where they differ. */
export function CommonTaskVersions({ caption, name, version, current }: Props) {
  const fields = FIELDS.filter((field) => show(field, version) !== show(field, current));
  return (
    <table className="common-task-versions" aria-label={caption}>
      <thead>
        <tr>
          <td />
          <th scope="col">{name}</th>
          <th scope="col">{words.theirs}</th>
        </tr>
      </thead>
      <tbody>
        {fields.map((field) => (
          <tr key={field}>
            <th scope="row">{words.fields[field]}</th>
            <td className="version" dir="auto">
              {show(field, version)}
            </td>
            <td className="version" dir="auto">
              {show(field, current)}
            </td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}

function show(field: (typeof FIELDS)[number], version: CommonTaskDraft): string {
  switch (field) {
    case "priority":
      return en.details.priorities[version.priority ?? 0] ?? String(version.priority);
    case "labels":
      return version.labels?.join(", ") || words.nothing;
    default:
      return version[field] || words.nothing;
  }
}
