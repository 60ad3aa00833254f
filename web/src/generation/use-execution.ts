import { useCallback, useEffect, useRef, useState } from "react";
import { type Api, ApiError } from "../api/client";
import type { Execution } from "../api/types";
import { useApi } from "../context";

const POLL_MS = 1_000;
const HIDDEN_POLL_MS = 10_000;
const MOST_WAIT_MS = 30_000;

export interface Generation {
  execution: Execution | null;
  /** A request of the person that is on its way. */
  pending: "start" | "cancel" | null;
  error: unknown;
  start(): void;
  cancel(): void;
  retry(): void;
  dismiss(): void;
}

/** Waits between two readings: a second, longer in a hidden tab, and longer and longer while the service fails. */
export function pollDelay(failures: number, isHidden: boolean, retryAfterSeconds: number | null): number {
  const wait = Math.max(isHidden ? HIDDEN_POLL_MS : POLL_MS, POLL_MS * 2 ** failures, (retryAfterSeconds ?? 0) * 1000);
  return Math.min(wait, MOST_WAIT_MS);
}

interface Listener {
  onAnswer(execution: Execution): void;
  onFailure(reason: unknown): void;
}

/** Reads a run again and again until it has ended; returns how to stop. */
function follow(api: Api, executionId: string, listener: Listener): () => void {
  let timer: number | undefined;
  let isCurrent = true;
  let failures = 0;
  const next = (retryAfterSeconds: number | null) => {
    timer = window.setTimeout(read, pollDelay(failures, document.hidden, retryAfterSeconds));
  };
  async function read() {
    try {
      const answer = await api.getExecution(executionId);
      if (!isCurrent) return;
      failures = 0;
      listener.onAnswer(answer);
      if (answer.status === "running") next(null);
    } catch (reason) {
      if (!isCurrent) return;
      failures += 1;
      // One lost reading is no news; the run goes on without us.
      if (failures > 2) listener.onFailure(reason);
      const isFinal = reason instanceof ApiError && (reason.status === 401 || reason.status === 404);
      if (!isFinal) next(reason instanceof ApiError ? reason.retryAfterSeconds : null);
    }
  }
  next(null);
  return () => {
    isCurrent = false;
    window.clearTimeout(timer);
  };
}

/** Looks for a run that began before the page opened. What ended well long ago is no news; actions left behind are. */
function findUnderWay(api: Api, goalId: string, listener: Listener): () => void {
  let isCurrent = true;
  api
    .latestExecution(goalId)
    .then((latest) => {
      const isNews = latest !== null && latest.status !== "succeeded" && latest.status !== "cancelled";
      if (isCurrent && isNews) listener.onAnswer(latest);
    })
    .catch((reason) => isCurrent && listener.onFailure(reason));
  return () => {
    isCurrent = false;
  };
}

/** The goal's task generation: starts and stops it, and follows it while it runs, also one found running on arrival. */
export function useExecution(goalId: string, onProgress: () => void): Generation {
  const api = useApi();
  const [execution, setExecution] = useState<Execution | null>(null);
  const [pending, setPending] = useState<Generation["pending"]>(null);
  const [error, setError] = useState<unknown>(null);
  const report = useRef(onProgress);
  report.current = onProgress;

  useEffect(() => findUnderWay(api, goalId, { onAnswer: setExecution, onFailure: setError }), [api, goalId]);

  const runningId = execution?.status === "running" ? execution.id : null;
  useEffect(() => {
    if (runningId === null) return;
    let seen = -1;
    return follow(api, runningId, {
      onFailure: setError,
      onAnswer(answer) {
        setError(null);
        setExecution(answer);
        if (answer.processedActions !== seen || answer.status !== "running") report.current();
        seen = answer.processedActions;
      },
    });
  }, [api, runningId]);

  const ask = useCallback(async (kind: "start" | "cancel", request: () => Promise<Execution>) => {
    setPending(kind);
    setError(null);
    try {
      setExecution(await request());
      report.current();
    } catch (reason) {
      setError(reason);
    } finally {
      setPending(null);
    }
  }, []);

  return {
    execution,
    pending,
    error,
    start: () => void ask("start", () => api.startGeneration(goalId)),
    cancel: () => execution && void ask("cancel", () => api.cancelExecution(execution.id)),
    retry: () => execution && void ask("start", () => api.retryExecution(execution.id)),
    dismiss: () => setExecution(null),
  };
}
