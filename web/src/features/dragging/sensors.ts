import {
  type CollisionDetection,
  closestCenter,
  type KeyboardCoordinateGetter,
  KeyboardSensor,
  MouseSensor,
  pointerWithin,
  rectIntersection,
  TouchSensor,
  useSensor,
  useSensors,
} from "@dnd-kit/core";

/** Farther than a hand moves that only clicks. */
const CLICK_PX = 6;
/** How long a finger rests on what it drags; sooner it scrolls. */
const TOUCH_MS = 250;

/** Dragging by mouse and by finger. */
export function usePointerSensors() {
  return useSensors(useMouse(), useTouch());
}

/** Dragging by mouse, by finger and by keyboard. */
export function useAllSensors(coordinateGetter: KeyboardCoordinateGetter) {
  return useSensors(useMouse(), useTouch(), useSensor(KeyboardSensor, { coordinateGetter }));
}

function useMouse() {
  return useSensor(MouseSensor, { activationConstraint: { distance: CLICK_PX } });
}

function useTouch() {
  return useSensor(TouchSensor, { activationConstraint: { delay: TOUCH_MS, tolerance: CLICK_PX } });
}

/** What lies under the pointer, or else most under what is dragged; by keyboard, what is nearest. */
export const underPointer: CollisionDetection = (scene) => {
  if (scene.pointerCoordinates === null) {
    return closestCenter(scene);
  }
  const hit = pointerWithin(scene);
  return hit.length > 0 ? hit : rectIntersection(scene);
};
