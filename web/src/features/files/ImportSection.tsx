import { Button, Group, Text } from "@mantine/core";
import { useQueryClient } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { useEffect, useSyncExternalStore } from "react";
import { en } from "../../words/en";
import { useLocale } from "../../words/locale";
import { profileQuery } from "../session/profile";
import { Section } from "../settings/Section";
import { useFocusHere } from "../settings/use-focus-here";
import { ChosenFile } from "./ChosenFile";
import { describeCounts } from "./counts";
import { describeImportFailure } from "./describe-import-failure";
import { FileChoice } from "./FileChoice";
import { ImportProgress } from "./ImportProgress";
import type { ImportWork } from "./import-work";
import { Report } from "./Report";

const words = en.files.import;

interface Props {
  readonly work: ImportWork;
  readonly userId: string;
}

/** A file from elsewhere into the account: looked at first, then imported. */
export function ImportSection({ work, userId }: Props) {
  useEffect(() => work.beginFor(userId), [work, userId]);
  const locale = useLocale();
  const state = useSyncExternalStore(work.subscribe, work.getState);
  const { file, progress, preview, result, error } = state;
  useWarningWhile(progress?.stage === "sending" && !progress.isDry);
  useProfileOf(result?.id);
  const hasContent = preview !== undefined && preview.tasks.created + preview.lists.created > 0;
  return (
    <Section title={words.title}>
      <Text size="sm">{words.hint}</Text>
      <FileChoice
        hasFile={file !== undefined}
        isHidden={progress !== undefined || result !== undefined}
        isBusy={progress !== undefined}
        onChoose={(chosen) => void work.choose(chosen)}
      />
      {file !== undefined && (
        <ChosenFile file={file} state={state} onDescribe={(change) => work.describe(change)} />
      )}
      {progress !== undefined && <ImportProgress progress={progress} onStop={() => work.stop()} />}
      {error !== undefined && <Told role="alert" text={describeImportFailure(error)} />}
      {state.isStopped && <Told role="status" text={words.stopped} />}
      {result === undefined && preview !== undefined && progress === undefined && <Report report={preview} />}
      {result !== undefined && <Report report={result} />}
      {file !== undefined && progress === undefined && result === undefined && !state.isArchive && (
        <Group gap="sm">
          {hasContent ? (
            <Button onClick={() => void work.run(false)}>
              {words.begin(describeCounts(preview, locale))}
            </Button>
          ) : (
            preview === undefined && <Button onClick={() => void work.run(true)}>{words.look}</Button>
          )}
          <Button variant="default" onClick={() => work.clear()}>
            {words.forget}
          </Button>
        </Group>
      )}
      {result !== undefined && (
        <Group gap="sm">
          <Button renderRoot={(props) => <Link to="/all" {...props} />}>{words.show}</Button>
          <Button variant="default" onClick={() => work.clear()}>
            {words.another}
          </Button>
        </Group>
      )}
    </Section>
  );
}

/** What ended it, in the place of what had the focus. */
function Told({ role, text }: { readonly role: "alert" | "status"; readonly text: string }) {
  const target = useFocusHere<HTMLParagraphElement>();
  const color = role === "alert" ? "var(--overdue)" : undefined;
  return (
    <Text className="shown-once" size="sm" c={color} role={role} ref={target} tabIndex={-1}>
      {text}
    </Text>
  );
}

/** Have the browser ask before the page is closed. */
function useWarningWhile(isWanted: boolean): void {
  useEffect(() => {
    if (!isWanted) {
      return;
    }
    const warn = (event: Event) => event.preventDefault();
    window.addEventListener("beforeunload", warn);
    return () => window.removeEventListener("beforeunload", warn);
  }, [isWanted]);
}

/** Ask for the profile again: into an empty account a file brings one along, and no stream tells of it. */
function useProfileOf(importId: string | undefined): void {
  const client = useQueryClient();
  useEffect(() => {
    if (importId !== undefined) {
      void client.invalidateQueries({ queryKey: profileQuery.queryKey });
    }
  }, [client, importId]);
}
