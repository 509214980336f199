import { Table } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import type { ListOut, TaskOut } from "../../api/generated/taskfleet.schemas";
import { en } from "../../words/en";
import { useLocale } from "../../words/locale";
import { describeRecurrence } from "../recurrence/sentence";
import { nameDue } from "./due";
import { type TaskChange, withPatch } from "./task-changes";
import { listsQuery } from "./task-queries";

const words = en.refused;

interface Props {
  readonly change: Extract<TaskChange, { kind: "update" }>;
  readonly current: TaskOut;
  /** The user's day. */
  readonly today: string;
}

/** Both versions side by side, where they differ. */
export function Versions({ change, current, today }: Props) {
  const lists = useQuery(listsQuery).data ?? [];
  const locale = useLocale();
  const mine = withPatch(current, change.patch, "UTC");
  const fields = (Object.keys(change.patch) as (keyof typeof words.fields)[]).filter(
    (field) => JSON.stringify(mine[field]) !== JSON.stringify(current[field]),
  );
  return (
    <Table layout="fixed" verticalSpacing={4} horizontalSpacing="sm">
      <Table.Thead>
        <Table.Tr>
          <Table.Th w={72} />
          <Table.Th>{words.mine}</Table.Th>
          <Table.Th>{words.theirs}</Table.Th>
        </Table.Tr>
      </Table.Thead>
      <Table.Tbody>
        {fields.map((field) => (
          <Table.Tr key={field}>
            <Table.Th scope="row" className="version">
              {words.fields[field]}
            </Table.Th>
            <Table.Td className="version">{show(field, mine, { lists, today, locale })}</Table.Td>
            <Table.Td className="version">{show(field, current, { lists, today, locale })}</Table.Td>
          </Table.Tr>
        ))}
      </Table.Tbody>
    </Table>
  );
}

/** What a version is read by. */
interface Reading extends Pick<Props, "today"> {
  readonly lists: readonly ListOut[];
  readonly locale: string | undefined;
}

function show(field: keyof typeof words.fields, task: TaskOut, { lists, today, locale }: Reading): string {
  switch (field) {
    case "title":
    case "notes":
      return task[field] || words.nothing;
    case "status":
      return en.details.statuses[task.status];
    case "priority":
      return en.details.priorities[task.priority] ?? String(task.priority);
    case "due":
      return task.due ? nameDue(task.due, today, locale) : words.nothing;
    case "recurrence":
      return task.recurrence ? describeRecurrence(task.recurrence, locale) : words.nothing;
    case "labels":
      return task.labels.join(", ") || words.nothing;
    case "list_id":
      return lists.find(({ id }) => id === task.list_id)?.name ?? en.views.inbox;
    default:
      return task[field] === null ? words.nothing : JSON.stringify(task[field]);
  }
}
