import { useEffect, useEffectEvent, useState } from "react";

/** Take files that are dropped onto the window; returns whether one is held above it. */
export function useFileDrop(onDrop: (file: File) => void): boolean {
  const [isOver, setOver] = useState(false);
  const drop = useEffectEvent(onDrop);
  useEffect(() => {
    const whenFiles = (act: (event: DragEvent) => void) => (event: DragEvent) => {
      if (event.dataTransfer?.types.includes("Files")) {
        event.preventDefault(); // the browser would open it in place of the app
        act(event);
      }
    };
    const handleOver = whenFiles(() => setOver(true));
    const handleLeave = (event: DragEvent) => {
      if (event.relatedTarget === null) {
        setOver(false);
      }
    };
    const handleDrop = whenFiles((event) => {
      setOver(false);
      const file = event.dataTransfer?.files[0];
      if (file !== undefined) {
        drop(file);
      }
    });
    window.addEventListener("dragover", handleOver);
    window.addEventListener("dragleave", handleLeave);
    window.addEventListener("drop", handleDrop);
    return () => {
      window.removeEventListener("dragover", handleOver);
      window.removeEventListener("dragleave", handleLeave);
      window.removeEventListener("drop", handleDrop);
    };
  }, []);
  return isOver;
}
