import { NativeSelect, Text, TextInput } from "@mantine/core";
import { en } from "../../words/en";
import { useLocale } from "../../words/locale";
import { FORMAT_NAMES, type FormatName, MAX_LIST_NAME_LENGTH, needsListName } from "./formats";
import type { ImportState } from "./import-work";

const words = en.files.import;
const KILOBYTE = 1_000;

interface Props {
  readonly file: File;
  readonly state: ImportState;
  readonly onDescribe: (change: Partial<Pick<ImportState, "format" | "listName">>) => void;
}

/** The file, and what it is taken for. */
export function ChosenFile({ file, state, onDescribe }: Props) {
  const locale = useLocale();
  const isFixed = state.progress !== undefined;
  const isAsked = state.result === undefined && !state.isArchive;
  return (
    <>
      <Text className="device-name" role="status">
        <bdi>{file.name}</bdi>{" "}
        <Text span size="sm" c="dimmed">
          {describeSize(file.size, locale)}
        </Text>
      </Text>
      {state.isArchive && (
        <Text size="sm" role="alert">
          {words.archive}
        </Text>
      )}
      {isAsked && (
        <NativeSelect
          label={words.format}
          description={words.formatHints[state.format]}
          disabled={isFixed}
          value={state.format}
          data={FORMAT_NAMES.map((value) => ({ value, label: words.formats[value] }))}
          onChange={(event) => onDescribe({ format: event.currentTarget.value as FormatName })}
        />
      )}
      {isAsked && needsListName(state.format) && (
        <TextInput
          label={words.listName}
          description={words.listNameHint}
          disabled={isFixed}
          maxLength={MAX_LIST_NAME_LENGTH}
          value={state.listName}
          onChange={(event) => onDescribe({ listName: event.currentTarget.value })}
        />
      )}
    </>
  );
}

function describeSize(bytes: number, locale: string | undefined): string {
  const [amount, unit, unitDisplay] =
    bytes < KILOBYTE
      ? ([bytes, "byte", "long"] as const)
      : bytes < KILOBYTE ** 2
        ? ([bytes / KILOBYTE, "kilobyte", "short"] as const)
        : ([bytes / KILOBYTE ** 2, "megabyte", "short"] as const);
  const format = new Intl.NumberFormat(locale, {
    style: "unit",
    unit,
    unitDisplay,
    maximumFractionDigits: 1,
  });
  return format.format(amount);
}
