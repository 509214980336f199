const SHAPES = ["whole", "split"] as const;
const shape = SHAPES.find((each) => each === (process.env.SHAPE ?? "whole"));
if (shape === undefined) {
  throw new Error(`SHAPE is one of ${SHAPES.join(", ")}, and is ${process.env.SHAPE}`);
}

/** Whether the service runs as auth, tasks and notifications behind the gateway, and not as one process. */
export const isSplit = shape === "split";
