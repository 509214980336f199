import { Button, FileButton, Text } from "@mantine/core";
import { IconFileUpload } from "@tabler/icons-react";
import { useRef } from "react";
import { useEver } from "../../dialogs/use-ever";
import { en } from "../../words/en";
import { useFocusHere } from "../settings/use-focus-here";
import { useFileDrop } from "./use-file-drop";

const words = en.files.import;
const TYPES = ".json,.csv,.txt,application/json,text/csv";

interface Props {
  readonly hasFile: boolean;
  readonly isHidden: boolean;
  /** Whether a file is being sent, in whose place no other can come. */
  readonly isBusy: boolean;
  readonly onChoose: (file: File) => void;
}

/** Where a file is chosen, or dropped: anywhere on the page, as a browser opens what misses. */
export function FileChoice({ hasFile, isHidden, isBusy, onChoose }: Props) {
  const hadFile = useEver(hasFile);
  const button = useFocusHere<HTMLButtonElement>(hadFile && !hasFile);
  const reset = useRef<() => void>(null);
  const isOver = useFileDrop((file) => {
    if (!isBusy) {
      onChoose(file);
    }
  });
  return (
    <div className="file-choice" data-over={isOver && !isBusy} hidden={isHidden}>
      <IconFileUpload size={20} aria-hidden />
      <Text size="sm">{words.drop}</Text>
      <FileButton
        accept={TYPES}
        resetRef={reset}
        onChange={(file) => {
          if (file !== null) {
            onChoose(file);
            reset.current?.(); // or the same file, mended meanwhile, could not be chosen again
          }
        }}
      >
        {(props) => (
          <Button {...props} ref={button} variant="default" size="compact-sm">
            {hasFile ? words.chooseOther : words.choose}
          </Button>
        )}
      </FileButton>
    </div>
  );
}
