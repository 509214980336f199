import { SegmentedControl } from "@mantine/core";
import { useNavigate } from "@tanstack/react-router";
import { en } from "../../words/en";

/** Shows the same tasks as a list or as a board; the address bar says which. */
export function ViewSwitch({ isBoard }: { readonly isBoard: boolean }) {
  const navigate = useNavigate();
  return (
    <SegmentedControl
      size="xs"
      aria-label={en.board.shape}
      value={isBoard ? "board" : "list"}
      onChange={(shape) =>
        void navigate({
          to: ".",
          search: (previous) => ({ ...previous, view: shape === "board" ? "board" : undefined }),
        })
      }
      data={[
        { value: "list", label: en.board.asList },
        { value: "board", label: en.board.asBoard },
      ]}
    />
  );
}
