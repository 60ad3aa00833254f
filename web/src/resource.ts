import { useCallback, useEffect, useRef, useState } from "react";

export interface Resource<Value> {
  value: Value | null;
  error: unknown;
  /** Reads again; what is shown stays until the answer is there. */
  reload(): Promise<void>;
  replace(value: Value): void;
}

/** A value read from the API when the component appears and when `key` changes; late answers of an old key are dropped. */
export function useResource<Value>(key: string, read: () => Promise<Value>): Resource<Value> {
  const [state, setState] = useState<{ key: string; value: Value | null; error: unknown }>({
    key,
    value: null,
    error: null,
  });
  const current = useRef({ key, read, turn: 0 });
  current.current.key = key;
  current.current.read = read;

  const reload = useCallback(async () => {
    const turn = ++current.current.turn;
    const { key: asked } = current.current;
    const isLate = () => turn !== current.current.turn || asked !== current.current.key;
    try {
      const value = await current.current.read();
      if (!isLate()) setState({ key: asked, value, error: null });
    } catch (error) {
      if (!isLate()) setState((before) => ({ key: asked, value: before.key === asked ? before.value : null, error }));
    }
  }, []);

  // biome-ignore lint/correctness/useExhaustiveDependencies: the key is what asks for another reading
  useEffect(() => {
    void reload();
  }, [key, reload]);

  const replace = useCallback((value: Value) => {
    current.current.turn += 1;
    setState({ key: current.current.key, value, error: null });
  }, []);

  const fresh = state.key === key;
  return { value: fresh ? state.value : null, error: fresh ? state.error : null, reload, replace };
}
