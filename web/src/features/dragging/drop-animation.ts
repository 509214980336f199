import type { DropAnimationFunction } from "@dnd-kit/core";
import { useReducedMotion } from "@mantine/hooks";

const MOTION_MS = 150;

/** How what was dropped gets to its place; null without motion. */
export function useDropAnimation(): DropAnimationFunction | null {
  return useReducedMotion() ? null : glide;
}

/** Carry what was dropped to where it belongs now, which shows a moment after the drop. */
const glide: DropAnimationFunction = async ({ active, dragOverlay, draggableNodes }) => {
  await nextFrame();
  const place = draggableNodes.get(active.id)?.node.current?.getBoundingClientRect();
  const from = dragOverlay.node.getBoundingClientRect();
  if (place === undefined) {
    return; // it belongs where nothing is drawn
  }
  const translate = `${place.left - from.left}px ${place.top - from.top}px`;
  await dragOverlay.node.animate(
    { translate: ["0 0", translate] },
    { duration: MOTION_MS, easing: "ease-out" },
  ).finished;
};

/** Wait until what changed is drawn. */
function nextFrame(): Promise<unknown> {
  return new Promise((resolve) => requestAnimationFrame(() => window.setTimeout(resolve)));
}
