// A list of things to call, and the hook that renders a component again when called.
import { useEffect, useState } from 'preact/hooks';

export interface Listeners {
  add(listener: () => void): () => void;
  call(): void;
}

export function createListeners(): Listeners {
  const all = new Set<() => void>();
  return {
    add(listener) {
      all.add(listener);
      return () => {
        all.delete(listener);
      };
    },
    call() {
      for (const listener of [...all]) listener();
    },
  };
}

/** Renders the component again at every call of the listeners. */
export function useRenderOn(listeners: Listeners): void {
  const [, setCount] = useState(0);
  useEffect(() => listeners.add(() => setCount((count) => count + 1)), [listeners]);
}
