import { Button, Group, Text } from "@mantine/core";
import { useMutation } from "@tanstack/react-query";
import { getExportAccountUrl, getProfile } from "../../api/generated/taskfleet";
import type { ExportAccountFormat } from "../../api/generated/taskfleet.schemas";
import { en } from "../../words/en";
import { describeFailure } from "../../words/failure";
import { Section } from "../settings/Section";

const words = en.files.export;

/** Everything of the account to take away; the browser writes it to the disk as it comes. */
export function ExportSection() {
  const exporting = useMutation({
    mutationFn: async (format: ExportAccountFormat) => {
      // A download cannot renew an expired access token; this request does.
      await getProfile();
      download(getExportAccountUrl({ format }));
    },
    networkMode: "always",
  });
  return (
    <Section title={words.title}>
      <Text size="sm">{words.hint}</Text>
      <Group gap="sm">
        <Button
          variant="default"
          disabled={exporting.isPending}
          onClick={() => exporting.mutate("taskfleet")}
        >
          {words.json}
        </Button>
        <Button variant="default" disabled={exporting.isPending} onClick={() => exporting.mutate("csv")}>
          {words.csv}
        </Button>
      </Group>
      <Text size="sm" c="dimmed" role="status">
        {exporting.isSuccess && words.begun}
      </Text>
      {exporting.isError && (
        <Text size="sm" c="var(--overdue)" role="alert">
          {describeFailure(exporting.error)}
        </Text>
      )}
    </Section>
  );
}

function download(url: string): void {
  const link = document.createElement("a");
  link.href = url;
  link.download = ""; // the service names the file
  link.click();
}
