import { Button, CloseButton, Group, Paper, Stack, Table, Text } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import type { ListOut, TaskOut } from "../../api/generated/taskfleet.schemas";
import { ApiProblem } from "../../api/problem";
import { en } from "../../words/en";
import { describeFailure } from "../../words/failure";
import { useLocale } from "../../words/locale";
import { restoreDraft } from "./draft";
import { nameDue } from "./due";
import { currentIn, type RefusedChange } from "./outbox";
import { useOutbox, useOutboxState } from "./outbox-context";
import { type TaskChange, titleOf, withPatch } from "./task-changes";
import { listsQuery } from "./task-queries";

const words = en.refused;

interface Props {
  /** The user's day. */
  readonly today: string;
}

/** What the service refused, each with the reason and a way on, until somebody has chosen. */
export function RefusedChanges({ today }: Props) {
  const { refused } = useOutboxState();
  return refused.map((one) => <Refused key={one.key} refused={one} today={today} />);
}

function Refused({ refused, today }: Props & { readonly refused: RefusedChange }) {
  const outbox = useOutbox();
  const { change } = refused;
  const current = refused.problem && currentIn(refused.problem);
  const isConflict = change.kind === "update" && current !== undefined;
  const drop = () => outbox.drop(refused);
  return (
    <Paper shadow="md" withBorder px="lg" py="sm" w={480} maw="calc(100% - 32px)" role="alert">
      <Stack gap="sm">
        <Group gap="md" wrap="nowrap" justify="space-between" align="start">
          <Text size="sm" c="red">
            {isConflict ? words.conflict(change.task.title) : explain(refused)}
          </Text>
          <CloseButton size="sm" aria-label={en.undo.dismiss} onClick={drop} />
        </Group>
        {isConflict && <Versions change={change} current={current} today={today} />}
        <Group gap="sm">
          {isConflict ? (
            <>
              <Button size="compact-sm" onClick={() => outbox.insist(refused)}>
                {words.useMine}
              </Button>
              <Button size="compact-sm" variant="default" onClick={drop}>
                {words.keepTheirs}
              </Button>
            </>
          ) : (
            <Button size="compact-sm" variant="default" onClick={() => outbox.insist(refused)}>
              {words.again}
            </Button>
          )}
          {change.kind === "create" && (
            <Button
              size="compact-sm"
              variant="default"
              onClick={() => {
                if (restoreDraft(change.draft.title)) {
                  drop();
                }
              }}
            >
              {words.edit}
            </Button>
          )}
        </Group>
      </Stack>
    </Paper>
  );
}

function explain({ change, problem }: RefusedChange): string {
  const reason = describeFailure(problem && new ApiProblem(problem.status, problem.document));
  const title = titleOf(change);
  return change.kind === "create" ? words.creation(title, reason) : words.title(title, reason);
}

interface VersionsProps extends Props {
  readonly change: Extract<TaskChange, { kind: "update" }>;
  readonly current: TaskOut;
}

/** Both versions side by side, where they differ. */
function Versions({ change, current, today }: VersionsProps) {
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
interface Reading extends Props {
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
    case "labels":
      return task.labels.join(", ") || words.nothing;
    case "list_id":
      return lists.find(({ id }) => id === task.list_id)?.name ?? en.views.inbox;
    default:
      return task[field] === null ? words.nothing : JSON.stringify(task[field]);
  }
}
