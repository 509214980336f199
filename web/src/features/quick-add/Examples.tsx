import { Text } from "@mantine/core";
import { en } from "../../words/en";
import "./quick-add.css";

const words = en.quickAdd;

/** What a line for a task can say, by examples. */
export function Examples() {
  return (
    <>
      <dl className="quick-add-examples">
        {words.examples.map(([what, examples]) => (
          <div key={what}>
            <dt>{what}</dt>
            <dd>
              {examples.map((example) => (
                <code key={example}>{example}</code>
              ))}
            </dd>
          </div>
        ))}
      </dl>
      <Text size="sm" c="dimmed" mt="xs">
        {words.literalHint}
      </Text>
    </>
  );
}
