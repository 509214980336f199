import type { KeyboardCoordinateGetter } from "@dnd-kit/core";
import { cardOf } from "./announcements";

const STEPS: Readonly<Record<string, -1 | 1>> = { ArrowLeft: -1, ArrowRight: 1 };

/** Carry a card by the arrow keys: into the middle of the next column to the left or the right. */
export const intoNextColumn: KeyboardCoordinateGetter = (event, { context, currentCoordinates }) => {
  const step = STEPS[event.code];
  const card = context.collisionRect;
  if (step === undefined || card === null) {
    return undefined;
  }
  event.preventDefault();
  const middle = card.left + card.width / 2;
  const ahead = context.droppableContainers
    .getEnabled()
    .filter((place) => cardOf(place) === undefined)
    .flatMap(({ id }) => context.droppableRects.get(id) ?? [])
    // A scroll bar keeps the card from the middle of its own column.
    .filter(({ left, right }) => middle < left || middle > right)
    .map((column) => column.left + column.width / 2)
    .filter((candidate) => (candidate - middle) * step > 0)
    .toSorted((one, other) => (one - other) * step);
  return ahead[0] === undefined
    ? undefined
    : { x: currentCoordinates.x + ahead[0] - middle, y: currentCoordinates.y };
};
